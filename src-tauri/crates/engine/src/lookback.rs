//! Looking back: who left since a day, and when and by whom their access was cut, from before Lockstep too.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use lockstep_domain::access::WishKind;
use lockstep_domain::ids::{AccountId, EmploymentId};
use lockstep_domain::lookback::{AccountHistory, look_back};
use lockstep_domain::people::EmploymentState;
use lockstep_domain::run::{Assurance, Run, StepState};
use lockstep_evidence::csv_export;
use lockstep_store::{AccountRow, LinkRow, LinkState, Reader};

use crate::api::{LookbackAccount, LookbackRow, LookbackView};
use crate::desk::Desk;
use crate::error::{Code, Error, Result};
use crate::offboard::facts::LEAVER;
use crate::stints::{self, Sources, Stint};

impl Desk {
    /// Everybody whose access should have ended between a day and now, with what is known of each account.
    /// Asks no vendor: sync first.
    ///
    /// # Errors
    /// [`Code::Usage`] for a day to come; those of the store.
    pub async fn lookback(&self, from: NaiveDate) -> Result<LookbackView> {
        let now = self.clock.now();
        if from > now.date_naive() {
            return Err(Error::new(
                Code::Usage,
                format!("{from} is still to come"),
                "Give the day from which on people who left are looked at.",
            ));
        }
        let mut view = self
            .store
            .read(move |r| {
                let sources = Sources::load(r)?;
                let mut view = LookbackView { from, until: now, rows: Vec::new(), undated: Vec::new() };
                // A day more, since a day begins earlier in some zones.
                for row in r.stints_ending(from - TimeDelta::days(1))? {
                    let Some(stint) = sources.stint(row, now) else { continue };
                    add(r, &sources, &stint, &mut view)?;
                }
                Ok(view)
            })
            .await?;
        view.rows.sort_by_key(|row| (row.access_end_at, row.name.clone()));
        view.undated.sort_unstable();
        Ok(view)
    }
}

fn add(
    r: &Reader<'_>,
    sources: &Sources,
    stint: &Stint,
    view: &mut LookbackView,
) -> lockstep_store::Result<()> {
    let state = &stint.state;
    let Some(person) = r.person(stint.row.person)? else { return Ok(()) };
    if state.state != EmploymentState::Terminated {
        return Ok(());
    }
    let Some(access_end_at) = state.access_end_at else {
        view.undated.push(person.display_name);
        return Ok(());
    };
    if access_end_at.with_timezone(&state.zone).date_naive() < view.from {
        return Ok(());
    }
    let ours = cut_by_us(r, stint.row.id)?;
    let accounts =
        r.accounts_of(person.id)?.into_iter().filter(|(link, _)| link.state != LinkState::Rejected);
    view.rows.push(LookbackRow {
        person: person.id,
        name: person.display_name,
        employee_number: person.employee_number,
        work_email: person.work_email,
        source: sources.name(stint.row.connection),
        termination_date: stint.row.record.termination_date,
        access_end_at,
        access_end_local: stints::local(access_end_at, state.zone),
        first_read_at: stint.row.first_seen_at,
        accounts: accounts
            .map(|(link, account)| account_of(r, sources, &ours, (link, account), access_end_at))
            .collect::<lockstep_store::Result<_>>()?,
    });
    Ok(())
}

fn account_of(
    r: &Reader<'_>,
    sources: &Sources,
    ours: &BTreeMap<AccountId, DateTime<Utc>>,
    (link, account): (LinkRow, AccountRow),
    access_end_at: DateTime<Utc>,
) -> lockstep_store::Result<LookbackAccount> {
    let events = r.activity_of(account.connection, &account.record.remote_id)?;
    let history = AccountHistory {
        sign_in: account.record.sign_in,
        status_changed_at: account.record.status_changed_at,
        cut_by_us_at: ours.get(&account.id).copied(),
        events: &events,
        log_since: r.activity_log(account.connection)?.map(|log| log.since),
    };
    let cut = look_back(&history, access_end_at);
    Ok(LookbackAccount {
        account: account.id,
        system: sources.name(account.connection),
        login: account.record.login,
        remote_id: account.record.remote_id,
        link_state: link.state.as_str().into(),
        confidence: link.confidence,
        read_at: account.last_seen_at,
        late_by_s: cut.at.map(|at| (at - access_end_at).num_seconds()),
        cut,
    })
}

/// When runs of ours blocked sign-in, by account: only what we wrote, not what was so already.
fn cut_by_us(
    r: &Reader<'_>,
    employment: EmploymentId,
) -> lockstep_store::Result<BTreeMap<AccountId, DateTime<Utc>>> {
    let mut cuts = BTreeMap::new();
    for row in r.runs_of_employment(employment, LEAVER)? {
        // A run whose story cannot be followed proves nothing; `ledger verify` tells of it.
        let Ok(run) = Run::fold(&r.entries_of_run(row.run.id)?) else { continue };
        for step in run.steps.iter().filter(|s| s.outline.wish == WishKind::Disabled) {
            if let StepState::Settled { assurance: Assurance::ReadBack | Assurance::Receipt, seen_at } =
                step.state
                && let Ok(account) = step.outline.lane.parse()
            {
                cuts.entry(account)
                    .and_modify(|at: &mut DateTime<Utc>| *at = seen_at.min(*at))
                    .or_insert(seen_at);
            }
        }
    }
    Ok(cuts)
}

const COLUMNS: [&str; 21] = [
    "person_id",
    "employee_no",
    "legal_name",
    "work_email",
    "source_system",
    "termination_date",
    "access_end_at_utc",
    "access_end_at_local",
    "first_read_at_utc",
    "system",
    "account",
    "account_id",
    "match",
    "match_confidence",
    "cut_at_utc",
    "delta_to_effective_s",
    "precision",
    "performed_by",
    "actor",
    "sign_ins_after_effective",
    "gaps",
];

impl LookbackView {
    /// The look-back as a table: one line per person and account, times in UTC.
    ///
    /// # Errors
    /// [`Code::Failed`] when the table cannot be written.
    pub fn to_csv(&self) -> Result<Vec<u8>> {
        let lines = self.rows.iter().flat_map(|row| {
            let person = person_cells(row);
            let line = move |cells: Vec<String>| [person.clone(), cells].concat();
            if row.accounts.is_empty() {
                let mut none = vec![String::new(); COLUMNS.len() - PERSON_CELLS];
                none.pop();
                none.push("no_account".into());
                vec![line(none)]
            } else {
                row.accounts.iter().map(account_cells).map(line).collect()
            }
        });
        csv_export::export(&COLUMNS, lines).map_err(|e| {
            Error::new(Code::Failed, "the look-back could not be written", "Report this; it is a defect.")
                .caused_by(e)
        })
    }
}

/// How many columns are about the person.
const PERSON_CELLS: usize = 9;

fn utc(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(chrono::SecondsFormat::Secs, true)
}

fn person_cells(row: &LookbackRow) -> Vec<String> {
    vec![
        row.person.to_string(),
        row.employee_number.clone().unwrap_or_default(),
        row.name.clone(),
        row.work_email.clone().unwrap_or_default(),
        row.source.clone(),
        row.termination_date.map(|d| d.to_string()).unwrap_or_default(),
        utc(row.access_end_at),
        row.access_end_local.clone(),
        utc(row.first_read_at),
    ]
}

fn account_cells(account: &LookbackAccount) -> Vec<String> {
    let cut = &account.cut;
    vec![
        account.system.clone(),
        account.login.clone(),
        account.remote_id.clone(),
        account.link_state.clone(),
        account.confidence.to_string(),
        cut.at.map(utc).unwrap_or_default(),
        account.late_by_s.map(|s| s.to_string()).unwrap_or_default(),
        cut.precision.to_string(),
        cut.performed_by.to_string(),
        cut.actor.clone().unwrap_or_default(),
        cut.sign_ins_after_end.to_string(),
        cut.gaps.iter().map(ToString::to_string).collect::<Vec<_>>().join(" "),
    ]
}
