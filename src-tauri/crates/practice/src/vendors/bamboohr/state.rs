//! What the simulated HR system knows.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, NaiveDate, SubsecRound as _, TimeDelta, Utc};

use super::COMPANY_ZONE;
use crate::population::{Case, Person, Population};

/// A row of the employment status table. It holds from its date on, but for a `Terminated` one, whose date is the
/// last day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StatusRow {
    /// The row's id.
    pub id: u64,
    /// As it is written: a day, empty, or `0000-00-00`.
    pub date: String,
    /// A label of the customer's list; `Terminated` is the vendor's own.
    pub status: String,
    /// Label of the kind of end; empty for other rows.
    pub termination_type: String,
    /// When HR entered it (UTC): an end that is entered on its day or later counts at once.
    pub entered_at: DateTime<Utc>,
}

impl StatusRow {
    /// A row by which somebody is employed with this label from a day on.
    pub fn hired(day: NaiveDate, label: &str) -> Self {
        Self {
            id: 0,
            date: day.to_string(),
            status: label.into(),
            termination_type: String::new(),
            entered_at: DateTime::UNIX_EPOCH,
        }
    }

    /// A row by which the employment ends with a day.
    pub fn terminated(last_day: NaiveDate, kind: &str) -> Self {
        Self { termination_type: kind.into(), ..Self::hired(last_day, "Terminated") }
    }

    /// Whether it counts now, by the company's calendar.
    pub(super) fn counts(&self, now: DateTime<Utc>) -> bool {
        let Ok(day) = self.date.parse::<NaiveDate>() else { return false };
        let today = now.with_timezone(&COMPANY_ZONE).date_naive();
        match self.is_end() {
            // The vendor ends a future-dated employment at 23:59 of the day; here, when the day is over.
            true => day < today || day <= self.entered_at.with_timezone(&COMPANY_ZONE).date_naive(),
            false => day <= today,
        }
    }

    pub(super) fn is_end(&self) -> bool {
        self.status == "Terminated"
    }
}

/// A record of the simulated HR system.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Employee {
    /// Who it is.
    pub person: Person,
    /// The employment status table, in no order that means anything.
    pub rows: Vec<StatusRow>,
    /// When anything of it changed; some old records never did.
    pub last_changed: Option<DateTime<Utc>>,
    /// Whether HR only just entered it.
    pub inserted: bool,
}

#[derive(Debug)]
pub(super) struct State {
    pub(super) employees: BTreeMap<u32, Employee>,
    pub(super) deleted: BTreeMap<u32, DateTime<Utc>>,
    pub(super) hidden: BTreeSet<String>,
    next_row: u64,
}

impl State {
    pub(super) fn new(population: &Population, now: DateTime<Utc>) -> Self {
        let (employees, hidden, deleted) = (BTreeMap::new(), BTreeSet::new(), BTreeMap::new());
        let mut state = Self { employees, deleted, hidden, next_row: 700 };
        for person in &population.people {
            let before = now - TimeDelta::days(30) - TimeDelta::seconds(i64::from(person.number));
            state.enter(person, before, false);
            // Every seventh record is from before the vendor kept that time.
            if let Some(old) = state.employees.get_mut(&person.number).filter(|_| person.number % 7 == 0) {
                old.last_changed = None;
            }
        }
        state
    }

    /// Enters a person with all rows, at `now` (UTC).
    pub(super) fn enter(&mut self, person: &Person, now: DateTime<Utc>, inserted: bool) {
        let last_changed = Some(now.trunc_subsecs(0));
        let employee = Employee { person: person.clone(), rows: Vec::new(), last_changed, inserted };
        self.employees.insert(person.number, employee);
        for row in rows(person) {
            self.put_row(person.number, StatusRow { entered_at: now, ..row });
        }
    }

    pub(super) fn add_row(&mut self, number: u32, row: StatusRow, now: DateTime<Utc>) {
        self.put_row(number, StatusRow { entered_at: now, ..row });
        self.edit(number, now, |_| {});
    }

    pub(super) fn edit(&mut self, number: u32, now: DateTime<Utc>, change: impl FnOnce(&mut Employee)) {
        if let Some(employee) = self.employees.get_mut(&number) {
            change(employee);
            employee.last_changed = Some(now.trunc_subsecs(0));
            employee.inserted = false;
        }
    }

    pub(super) fn delete(&mut self, number: u32, now: DateTime<Utc>) {
        if self.employees.remove(&number).is_some() {
            self.deleted.insert(number, now.trunc_subsecs(0));
        }
    }

    fn put_row(&mut self, number: u32, row: StatusRow) {
        self.next_row += 1;
        let id = self.next_row;
        if let Some(employee) = self.employees.get_mut(&number) {
            // Newest first: whoever relies on the order is wrong.
            employee.rows.insert(0, StatusRow { id, ..row });
        }
    }
}

fn rows(person: &Person) -> Vec<StatusRow> {
    let label = if person.case == Case::Contractor { "Contractor" } else { "Full-Time" };
    let mut rows = Vec::new();
    for stint in &person.stints {
        rows.push(StatusRow::hired(stint.start, label));
        if let Some(last) = stint.last_day {
            let kind = if stint.voluntary { "Resignation (Voluntary)" } else { "Termination (Involuntary)" };
            rows.push(StatusRow::terminated(last, kind));
        }
    }
    rows
}
