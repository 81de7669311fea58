//! Rows of an HR export as stints of people.

use std::collections::{BTreeSet, HashMap};

use chrono_tz::Tz;
use lockstep_domain::digest::Digest;
use lockstep_domain::people::{EmploymentType, SourceStatus, TerminationKind, WorkerKind, WorkerRecord};

use super::cells::Cells;
use super::columns::{Columns, Field, fold};
use super::dates;
use super::report::{Fault, Place, Report, shown};
use super::settings::Settings;
use super::settle::{ReadRow, Settled, settle};
use super::table::Row;

/// Reads all rows.
pub(super) fn read(
    rows: &[Row],
    columns: &Columns,
    settings: &Settings,
    report: &mut Report,
) -> Settled<WorkerRecord> {
    let mut scratch = Vec::new();
    let mut numeric_id = None;
    let read = rows
        .iter()
        .map(|row| {
            let raw = row.raw_sha256(&mut scratch);
            let mut cells = Cells::new(row, columns, settings, report);
            let record = worker(&mut cells, settings, raw);
            if cells.is_number(Field::PersonId) {
                numeric_id.get_or_insert(row.place);
            }
            let is_bad = cells.is_bad();
            ReadRow {
                place: row.place,
                owner: Some(record.remote_person_id.clone()).filter(|id| !id.is_empty()),
                key: Some(record.remote_employment_id.clone()).filter(|id| !id.is_empty()),
                raw,
                record: (!is_bad).then_some(record),
            }
        })
        .collect();
    if let Some(place) = numeric_id {
        report.find(
            place,
            Field::PersonId.name(),
            Fault::new(
                "numeric_id",
                "the ids are numbers in this sheet; zeros in front of them, if there were any, are lost",
                "format the column as text if ids begin with zeros",
            ),
        );
    }
    let settled = settle(read, key_column(columns), report);
    find_shared_emails(&settled.records, report);
    settled
}

fn key_column(columns: &Columns) -> &'static str {
    let field =
        if columns.index(Field::EmploymentId).is_some() { Field::EmploymentId } else { Field::PersonId };
    field.name()
}

/// The record of one row; what forbids its use is said to `cells`.
fn worker(cells: &mut Cells<'_>, settings: &Settings, raw_sha256: Digest) -> WorkerRecord {
    let person = cells.id(Field::PersonId);
    if person.is_none() {
        cells.quarantine(
            Field::PersonId,
            Fault::new(
                "id_missing",
                "the row has no id, so nobody knows whom it is about",
                "enter the id in the HR system",
            ),
        );
    }
    let person = person.unwrap_or_default();
    let start_date = cells.date(Field::StartDate);
    if start_date.is_none() && cells.is_mapped(Field::StartDate) && !cells.is_bad() {
        cells.quarantine(
            Field::StartDate,
            Fault::new(
                "date_missing",
                "the row has no start date",
                "enter the date in the HR system, or take start_date out of the column map",
            ),
        );
    }
    let first_name = cells.owned(Field::FirstName).unwrap_or_default();
    let last_name = cells.owned(Field::LastName).unwrap_or_default();
    let display_name = cells
        .owned(Field::DisplayName)
        .unwrap_or_else(|| format!("{first_name} {last_name}").trim().to_owned());
    WorkerRecord {
        remote_employment_id: cells.id(Field::EmploymentId).unwrap_or_else(|| person.clone()),
        remote_person_id: person,
        employee_number: cells.owned(Field::EmployeeNumber),
        first_name,
        last_name,
        display_name,
        work_email: cells.owned(Field::WorkEmail),
        personal_email: cells.owned(Field::PersonalEmail),
        manager_remote_id: cells.owned(Field::ManagerId),
        worker_kind: word(cells, Field::WorkerKind, WorkerKind::ALL, WorkerKind::as_str)
            .unwrap_or(WorkerKind::Unknown),
        employment_type: word(cells, Field::EmploymentType, EmploymentType::ALL, EmploymentType::as_str)
            .unwrap_or(EmploymentType::Unknown),
        start_date,
        termination_date: cells.date(Field::TerminationDate),
        last_day_worked: cells.date(Field::LastDayWorked),
        notice_given_date: cells.date(Field::NoticeDate),
        termination_at: instant(cells),
        termination_kind: word(cells, Field::TerminationKind, TerminationKind::ALL, TerminationKind::as_str)
            .unwrap_or(TerminationKind::Unknown),
        source_status: status(cells, settings),
        source_status_raw: cells.owned(Field::Status).unwrap_or_default(),
        time_zone: zone(cells, settings),
        location: cells.owned(Field::Location),
        legal_entity: cells.owned(Field::LegalEntity),
        department: cells.owned(Field::Department),
        job_title: cells.owned(Field::JobTitle),
        cost_center: cells.owned(Field::CostCenter),
        raw_sha256,
    }
}

/// What HR says now; a word that nobody explained is unknown, never active or terminated.
fn status(cells: &mut Cells<'_>, settings: &Settings) -> SourceStatus {
    let word = cells.text(Field::Status).unwrap_or_default();
    settings.words.status(word).unwrap_or_else(|| {
        cells.find(
            Field::Status,
            Fault::new(
                "unknown_status",
                format!("nobody said what {} means", shown(word)),
                "add the word to the setting `status_map`",
            ),
        );
        SourceStatus::Unknown
    })
}

/// One of our own words, written in any case and with any signs between.
fn word<T: Copy>(cells: &mut Cells<'_>, field: Field, all: &[T], name: fn(T) -> &'static str) -> Option<T> {
    let text = cells.text(field)?;
    // Most files write the word as we do; folding every known word for every row would cost more than the rest.
    let exact = all.iter().copied().find(|value| name(*value).eq_ignore_ascii_case(text));
    let found = exact.or_else(|| {
        let folded = fold(text);
        all.iter().copied().find(|value| fold(name(*value)) == folded)
    });
    if found.is_none() {
        cells.find(
            field,
            Fault::new(
                "unknown_word",
                format!("{} is none of the known words", shown(text)),
                "nothing; the value is kept as unknown and decides nothing",
            ),
        );
    }
    found
}

fn instant(cells: &mut Cells<'_>) -> Option<chrono::DateTime<chrono::Utc>> {
    match dates::instant(cells.text(Field::TerminationAt)?) {
        Ok(at) => Some(at),
        Err(fault) => {
            cells.quarantine(Field::TerminationAt, fault);
            None
        }
    }
}

/// The zone of the employment. A name without a region (`EST`, `CET`) is an abbreviation that several places
/// share, although the database lists some of them.
fn zone(cells: &mut Cells<'_>, settings: &Settings) -> Option<Tz> {
    let text = cells.text(Field::TimeZone)?;
    let declared = || settings.zone_aliases.get(&fold(text)).copied();
    let zone = text.contains('/').then(|| text.parse().ok()).flatten().or_else(declared);
    if zone.is_none() {
        cells.quarantine(
            Field::TimeZone,
            Fault::new(
                "unknown_zone",
                format!("{} is no IANA time zone and no declared alias", shown(text)),
                "write it as Europe/Berlin, or declare the name in the setting `zone_aliases`",
            ),
        );
    }
    zone
}

/// The stable word of the finding for e-mails that two people share; acts for these people are held.
pub const SHARED_EMAIL: &str = "shared_email";

fn find_shared_emails(records: &[(Place, WorkerRecord)], report: &mut Report) {
    let mut people: HashMap<String, BTreeSet<&str>> = HashMap::with_capacity(records.len());
    let key = |record: &WorkerRecord| record.work_email.as_deref().map(str::to_lowercase);
    for (_, record) in records {
        if let Some(email) = key(record) {
            people.entry(email).or_default().insert(&record.remote_person_id);
        }
    }
    people.retain(|_, who| who.len() > 1);
    for (place, record) in records {
        if let Some(who) = key(record).and_then(|email| people.get(&email)) {
            report.find(
                *place,
                Field::WorkEmail.name(),
                Fault::new(
                    SHARED_EMAIL,
                    format!("{} people have this e-mail; acts for them are held", who.len()),
                    "give each their own e-mail in the HR system",
                ),
            );
        }
    }
}
