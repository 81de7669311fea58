//! Rows of an account list.

use chrono::{DateTime, NaiveTime, Utc};
use lockstep_domain::access::{AccountRecord, OwnerKind, SignIn};

use super::cells::Cells;
use super::columns::{Columns, Field};
use super::report::{Fault, Report, shown};
use super::settings::Settings;
use super::settle::{ReadRow, Settled, settle};
use super::table::Row;
use super::{dates, words};

/// Reads all rows.
pub(super) fn read(
    rows: &[Row],
    columns: &Columns,
    settings: &Settings,
    report: &mut Report,
) -> Settled<AccountRecord> {
    let mut scratch = Vec::new();
    let read = rows
        .iter()
        .map(|row| {
            let raw = row.raw_sha256(&mut scratch);
            let mut cells = Cells::new(row, columns, settings, report);
            let record = account(&mut cells, settings);
            let is_bad = cells.is_bad();
            let id = Some(record.remote_id.clone()).filter(|id| !id.is_empty());
            ReadRow { place: row.place, owner: id.clone(), key: id, raw, record: (!is_bad).then_some(record) }
        })
        .collect();
    let field = if columns.index(Field::AccountId).is_some() { Field::AccountId } else { Field::Login };
    settle(read, field.name(), report)
}

/// The record of one row; what forbids its use is said to `cells`.
fn account(cells: &mut Cells<'_>, settings: &Settings) -> AccountRecord {
    let id_field = if cells.is_mapped(Field::AccountId) { Field::AccountId } else { Field::Login };
    let remote_id = cells.id(id_field);
    if remote_id.is_none() {
        cells.quarantine(
            id_field,
            Fault::new("id_missing", "the row has no id", "enter the id in the system"),
        );
    }
    let remote_id = remote_id.unwrap_or_default();
    AccountRecord {
        login: cells.owned(Field::Login).unwrap_or_else(|| remote_id.clone()),
        remote_id,
        display_name: cells.owned(Field::AccountName),
        emails: emails(cells.text(Field::Emails).unwrap_or_default()),
        external_id: cells.id(Field::ExternalId),
        sign_in: sign_in(cells, settings),
        admin: admin(cells),
        owner_kind: OwnerKind::Unknown,
        created_at: None,
        last_used_at: last_used(cells),
        status_changed_at: None,
        credentials: Vec::new(),
    }
}

fn emails(text: &str) -> Vec<String> {
    text.split([';', ',', ' ', '\n']).map(str::trim).filter(|e| !e.is_empty()).map(str::to_owned).collect()
}

fn sign_in(cells: &mut Cells<'_>, settings: &Settings) -> SignIn {
    let Some(word) = cells.text(Field::Active) else { return SignIn::Unknown };
    settings.words.sign_in(word).unwrap_or_else(|| {
        find_unknown(cells, Field::Active, word, "add the word to the setting `status_map`");
        SignIn::Unknown
    })
}

fn admin(cells: &mut Cells<'_>) -> Option<bool> {
    let word = cells.text(Field::Admin)?;
    let means = words::admin(word);
    if means.is_none() {
        find_unknown(cells, Field::Admin, word, "write yes or no");
    }
    means
}

fn find_unknown(cells: &mut Cells<'_>, field: Field, word: &str, remedy: &'static str) {
    cells.find(field, Fault::new("unknown_word", format!("nobody said what {} means", shown(word)), remedy));
}

/// The last use: an instant, or a date, which then counts from its first moment in UTC. What cannot be read is
/// a remark only: the account exists, whenever it was used.
fn last_used(cells: &mut Cells<'_>) -> Option<DateTime<Utc>> {
    if let Some(at) = cells.text(Field::LastUsed).and_then(|text| dates::instant(text).ok()) {
        return Some(at);
    }
    match cells.read_date(Field::LastUsed)? {
        Ok(read) => Some(read.date?.and_time(NaiveTime::MIN).and_utc()),
        Err(fault) => {
            cells.find(Field::LastUsed, fault);
            None
        }
    }
}
