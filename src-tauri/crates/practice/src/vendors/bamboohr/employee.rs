//! The fields of a record, as one key may see them.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, SecondsFormat, Utc};
use serde_json::{Map, Value, json};

use super::COMPANY_ZONE;
use super::state::{Employee, State, StatusRow};

/// The fields of this company: alias and type.
pub(super) const FIELDS: [(&str, &str); 24] = [
    ("id", "int"),
    ("employeeNumber", "employee_number"),
    ("firstName", "text"),
    ("lastName", "text"),
    ("preferredName", "text"),
    ("displayName", "text"),
    ("workEmail", "email"),
    ("homeEmail", "email"),
    ("jobTitle", "list"),
    ("jobTitleName", "list"),
    ("department", "list"),
    ("division", "list"),
    ("location", "list"),
    ("supervisor", "employee"),
    ("supervisorEId", "int"),
    ("reportsToId", "int"),
    ("hireDate", "date"),
    ("originalHireDate", "date"),
    ("terminationDate", "date"),
    ("status", "status"),
    ("employmentHistoryStatus", "list"),
    ("employmentStatus", "list"),
    ("customShirtSize", "list"),
    ("lastChanged", "timestamp"),
];

/// How a value that is not there is written.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Absent {
    Null,
    /// As reports do: empty, and `0000-00-00` for a date.
    AsText,
}

/// The wanted fields that exist and that the key may see; others are left out without a word.
pub(super) fn fields(
    state: &State,
    employee: &Employee,
    wanted: &[String],
    only_current: bool,
    absent: Absent,
    now: DateTime<Utc>,
) -> Map<String, Value> {
    let seen = wanted.iter().filter(|name| visible(state, name));
    let value = |(name, kind): (&String, &str)| {
        let value = match field(employee, name, only_current, now) {
            Some(text) => json!(text),
            None if absent == Absent::Null => Value::Null,
            None if kind == "date" => json!("0000-00-00"),
            None => json!(""),
        };
        (name.clone(), value)
    };
    seen.filter_map(|name| Some((name, kind(name)?))).map(value).collect()
}

/// Whether the field exists and the key may see it.
pub(super) fn visible(state: &State, name: &str) -> bool {
    kind(name).is_some() && !state.hidden.contains(name)
}

pub(super) fn kind(name: &str) -> Option<&'static str> {
    FIELDS.iter().find(|(alias, _)| *alias == name).map(|(_, kind)| *kind)
}

/// The columns of a row of the employment status table that the key may see. What is empty is empty, null or left
/// out, as the vendor does.
pub(super) fn row(state: &State, number: u32, row: &StatusRow) -> Map<String, Value> {
    let mut columns = BTreeMap::from([
        ("id", json!(row.id.to_string())),
        ("employeeId", json!(number.to_string())),
        ("date", json!(row.date)),
        ("employmentStatus", json!(row.status)),
        ("comment", Value::Null),
    ]);
    if row.is_end() {
        // Labels, whatever the names say.
        columns.insert("terminationTypeId", json!(row.termination_type));
        columns.insert("terminationReasonId", json!(""));
        columns.insert("terminationRehireId", json!("Upon review"));
    }
    columns
        .into_iter()
        .filter(|(name, _)| !state.hidden.contains(*name))
        .map(|(k, v)| (k.to_owned(), v))
        .collect()
}

/// Whether the record is switched on. People who have not started are off.
pub(super) fn is_active(employee: &Employee, now: DateTime<Utc>) -> bool {
    current(employee, now).is_some_and(|row| !row.is_end())
}

/// The row that counts: the latest, the higher id on a tie.
fn current(employee: &Employee, now: DateTime<Utc>) -> Option<&StatusRow> {
    employee.rows.iter().filter(|row| row.counts(now)).max_by_key(|row| (row.date.clone(), row.id))
}

fn field(employee: &Employee, name: &str, only_current: bool, now: DateTime<Utc>) -> Option<String> {
    let person = &employee.person;
    let today = now.with_timezone(&COMPANY_ZONE).date_naive();
    match name {
        "id" => Some(person.number.to_string()),
        "employeeNumber" => Some(person.employee_number()),
        "firstName" => Some(person.first_name.clone()),
        "lastName" => Some(person.last_name.clone()),
        "displayName" => Some(person.display_name()),
        "workEmail" => Some(person.work_email.clone()),
        "homeEmail" => Some(person.personal_email.clone()),
        "jobTitle" | "jobTitleName" => Some(person.job_title.clone()),
        "department" => Some(department(employee, only_current, today)),
        "location" => Some(person.location.name.into()),
        "supervisorEId" | "reportsToId" => person.manager.map(|number| number.to_string()),
        "hireDate" => hire_date(employee, today),
        "originalHireDate" => Some(person.stints.first()?.start.to_string()),
        "terminationDate" => termination_date(employee, only_current, now),
        "status" => Some(if is_active(employee, now) { "Active" } else { "Inactive" }.into()),
        "employmentHistoryStatus" | "employmentStatus" => Some(current(employee, now)?.status.clone()),
        "lastChanged" => employee.last_changed.map(stamp),
        _ => None,
    }
}

fn department(employee: &Employee, only_current: bool, today: NaiveDate) -> String {
    match &employee.person.next_department {
        Some((from, next)) if !only_current || *from <= today => next.clone(),
        _ => employee.person.department.clone(),
    }
}

/// The start of the latest employment that has begun, or of the first that will.
fn hire_date(employee: &Employee, today: NaiveDate) -> Option<String> {
    let mut rows: Vec<&StatusRow> = employee.rows.iter().collect();
    rows.sort_by_key(|row| (row.date.clone(), row.id));
    let mut found: Option<&str> = None;
    let mut employed = false;
    for row in rows {
        let begins = !row.is_end() && !employed;
        let begun = row.date.parse::<NaiveDate>().is_ok_and(|day| day <= today);
        if begins && (found.is_none() || begun) {
            found = Some(&row.date);
        }
        employed = !row.is_end();
    }
    found.map(str::to_owned)
}

fn termination_date(employee: &Employee, only_current: bool, now: DateTime<Utc>) -> Option<String> {
    let hired = hire_date(employee, now.with_timezone(&COMPANY_ZONE).date_naive())?;
    let ends = employee.rows.iter().filter(|row| row.is_end() && row.date >= hired);
    ends.filter(|row| !only_current || row.counts(now)).map(|row| row.date.clone()).min()
}

pub(super) fn stamp(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Secs, false)
}
