//! One record as the vendor tells it: in a report, where absent values are empty texts, or alone, where they are null.

use chrono::{Datelike, NaiveDate};
use lockstep_domain::digest::Digest;
use serde_json::Value;

use crate::api::text::clean;
use crate::contract::Quarantined;

/// What no judgement can do without. The vendor leaves out what the key may not see, so each must be there, even if
/// empty.
pub(super) const RELIED_ON: [&str; 6] =
    ["status", "hireDate", "terminationDate", "firstName", "lastName", "workEmail"];

/// What is asked for, in the spelling of the documentation and in that of other clients, where they differ.
pub(super) const ASKED: [&str; 19] = [
    "status",
    "hireDate",
    "terminationDate",
    "firstName",
    "lastName",
    "workEmail",
    "originalHireDate",
    "displayName",
    "homeEmail",
    "employeeNumber",
    "jobTitle",
    "jobTitleName",
    "department",
    "location",
    "supervisorEId",
    "reportsToId",
    "employmentHistoryStatus",
    "employmentStatus",
    "lastChanged",
];

/// Years in which a date of employment can lie; what is outside is a slip of the pen.
const YEARS: std::ops::RangeInclusive<i32> = 1900..=2199;
/// The year by which many say "no end".
const NO_END: i32 = 9999;

/// What is wrong with a record, and what to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Fault {
    pub(super) column: &'static str,
    pub(super) reason: String,
    pub(super) remedy: &'static str,
}

impl Fault {
    pub(super) fn new(column: &'static str, reason: impl Into<String>, remedy: &'static str) -> Self {
        Self { column, reason: reason.into(), remedy }
    }

    /// About this record.
    pub(super) fn of(self, person: &str) -> Quarantined {
        Quarantined {
            row: format!("employee {}", clean(person, 40)),
            column: self.column.into(),
            reason: self.reason,
            remedy: self.remedy.into(),
        }
    }
}

/// A record, read.
#[derive(Clone, Debug)]
pub(super) struct Facts {
    pub(super) person: String,
    pub(super) employee_number: Option<String>,
    pub(super) first_name: String,
    pub(super) last_name: String,
    pub(super) display_name: String,
    pub(super) work_email: Option<String>,
    pub(super) personal_email: Option<String>,
    pub(super) manager: Option<String>,
    pub(super) job_title: Option<String>,
    pub(super) department: Option<String>,
    pub(super) location: Option<String>,
    pub(super) hired: Option<NaiveDate>,
    pub(super) first_hired: Option<NaiveDate>,
    pub(super) ends: Option<NaiveDate>,
    /// `Active` or `Inactive`.
    pub(super) status: String,
    /// A label of the customer's own list.
    pub(super) label: Option<String>,
    pub(super) raw: Digest,
}

impl Facts {
    /// Reads a record.
    ///
    /// # Errors
    /// What forbids using it.
    pub(super) fn read(record: &Value) -> Result<Self, Fault> {
        let person = id(record)?;
        for name in RELIED_ON {
            if record.get(name).is_none() {
                return Err(Fault::new(
                    name,
                    "hidden_field: the key may not see this field of this person",
                    "Give the access level of the key's owner the right to view it for everybody.",
                ));
            }
        }
        let first_name = text(record, "firstName").unwrap_or_default();
        let last_name = text(record, "lastName").unwrap_or_default();
        let display_name = text(record, "displayName")
            .unwrap_or_else(|| format!("{first_name} {last_name}").trim().to_owned());
        Ok(Self {
            employee_number: text(record, "employeeNumber"),
            display_name,
            first_name,
            last_name,
            work_email: text(record, "workEmail"),
            personal_email: text(record, "homeEmail"),
            manager: text(record, "supervisorEId").or_else(|| text(record, "reportsToId")),
            job_title: text(record, "jobTitle").or_else(|| text(record, "jobTitleName")),
            department: text(record, "department"),
            location: text(record, "location"),
            hired: date(record, "hireDate")?,
            first_hired: date(record, "originalHireDate")?,
            ends: date(record, "terminationDate")?,
            status: text(record, "status").unwrap_or_default(),
            label: text(record, "employmentHistoryStatus").or_else(|| text(record, "employmentStatus")),
            raw: Digest::of(record.to_string().as_bytes()),
            person,
        })
    }
}

/// The id of a record: digits. `0` means the key's owner and `all` everybody, so neither may go into an address.
fn id(record: &Value) -> Result<String, Fault> {
    let id = text(record, "id").unwrap_or_default();
    if is_id(&id) {
        return Ok(id);
    }
    Err(Fault::new(
        "id",
        "id_missing: the record has no usable id, so nobody knows whom it is about",
        "Report this to BambooHR's support.",
    ))
}

/// Whether this can be the id of a record.
pub(super) fn is_id(text: &str) -> bool {
    text.len() <= 20 && text.bytes().all(|b| b.is_ascii_digit()) && text.bytes().any(|b| b != b'0')
}

/// A text or number that is not empty.
pub(super) fn text(record: &Value, name: &str) -> Option<String> {
    let text = match record.get(name)? {
        Value::String(text) => text.trim().to_owned(),
        Value::Number(number) => number.to_string(),
        _ => return None,
    };
    (!text.is_empty()).then_some(text)
}

/// A day. Empty, null and `0000-00-00` mean that there is none.
pub(super) fn date(record: &Value, name: &'static str) -> Result<Option<NaiveDate>, Fault> {
    let Some(text) = text(record, name).filter(|t| t != "0000-00-00") else { return Ok(None) };
    let read = text.parse::<NaiveDate>().ok();
    match read {
        Some(day) if day.year() == NO_END => Ok(None),
        Some(day) if YEARS.contains(&day.year()) => Ok(Some(day)),
        _ => Err(Fault::new(
            name,
            format!("unreadable_date: “{}” is no date of an employment", clean(&text, 40)),
            "Correct the date in BambooHR.",
        )),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn absent_dates_have_many_forms_and_broken_ones_are_never_taken_for_absent() {
        let day = NaiveDate::from_ymd_opt(2026, 9, 30);
        for (value, expected) in [
            (json!("2026-09-30"), Ok(day)),
            (json!(""), Ok(None)),
            (json!(null), Ok(None)),
            (json!("0000-00-00"), Ok(None)),
            (json!("9999-12-31"), Ok(None)),
            (json!("30.09.2026"), Err(())),
            (json!("2026-13-01"), Err(())),
            (json!("0026-09-30"), Err(())),
            (json!("soon"), Err(())),
        ] {
            let read = date(&json!({"terminationDate": value}), "terminationDate").map_err(|_| ());
            assert_eq!(read, expected, "{value}: an end that is lost keeps a leaver's access");
        }
    }

    #[test]
    fn a_field_that_is_left_out_is_hidden_and_not_empty() {
        let whole = json!({"id": "42", "status": "Active", "hireDate": "2021-03-01", "terminationDate": "",
            "firstName": "Ava", "lastName": "Nguyen", "workEmail": null});
        assert!(Facts::read(&whole).is_ok(), "empty is a value");
        for name in RELIED_ON {
            let mut part = whole.clone();
            part.as_object_mut().unwrap().remove(name);
            assert_eq!(Facts::read(&part).unwrap_err().column, name, "a lost right must not look like news");
        }
        for id in [json!("0"), json!("all"), json!("../1"), json!(""), json!(null)] {
            let mut record = whole.clone();
            record["id"] = id.clone();
            assert_eq!(
                Facts::read(&record).unwrap_err().column,
                "id",
                "{id} would be asked for as somebody else"
            );
        }
    }
}
