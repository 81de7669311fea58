//! The requests, and the form of their answers.

use serde_json::{Value, json};

use super::cursor::Cursor;
use super::facts::{ASKED, is_id};
use crate::api::{Api, Document};
use crate::error::{Error, Kind, Result};

/// The table that holds planned ends and rehires.
const TABLE: &str = "employmentStatus";

/// The report: the fields that the key may see, and the records.
pub(super) struct Report {
    pub(super) shown: Vec<String>,
    pub(super) records: Vec<Value>,
    pub(super) bytes: Document,
}

/// Everybody, or the people with these ids. Active and inactive, with what is to come. The vendor calls it deprecated;
/// what shall replace it does not tell which fields are hidden.
/// <https://documentation.bamboohr.com/reference/request-custom-report>
pub(super) async fn report(api: &Api, only: Option<&[String]>) -> Result<Report> {
    let mut question = json!({"title": "Lockstep", "fields": ASKED});
    if let Some(ids) = only {
        let ids: Vec<u64> = ids.iter().filter_map(|id| id.parse().ok()).collect();
        question["filters"] = json!({"employeeIds": ids});
    }
    let query = [("format", "json"), ("onlyCurrent", "false")];
    let mut bytes = api.ask(&["api", "v1", "reports", "custom"], &query, &question).await?;
    let fields = list(bytes.body.get_mut("fields")).ok_or_else(|| malformed("the report names no fields"))?;
    let records =
        list(bytes.body.get_mut("employees")).ok_or_else(|| malformed("the report lists nobody"))?;
    let shown = fields.iter().filter_map(|f| f.get("id")?.as_str().map(str::to_owned)).collect();
    Ok(Report { shown, records, bytes })
}

/// All rows of everybody's table, or of one person's. The vendor sorts nothing.
/// <https://documentation.bamboohr.com/reference/get-employee-table-data>
pub(super) async fn table(api: &Api, whose: &str) -> Result<(Vec<Value>, Document)> {
    let mut bytes = api.get(&["api", "v1", "employees", whose, "tables", TABLE], &[]).await?;
    let rows = list(Some(&mut bytes.body)).ok_or_else(|| malformed("the table is no list of rows"))?;
    Ok((rows, bytes))
}

/// One record, with what is to come.
/// <https://documentation.bamboohr.com/reference/get-employee>
pub(super) async fn record(api: &Api, id: &str) -> Result<Value> {
    let query = [("fields", &*ASKED.join(",")), ("onlyCurrent", "false")];
    Ok(api.get(&["api", "v1", "employees", id], &query).await?.body)
}

/// Somebody who changed.
pub(super) struct Changed {
    pub(super) id: String,
    pub(super) at: String,
    pub(super) deleted: bool,
}

/// Whoever changed on or after the cursor's second.
/// <https://documentation.bamboohr.com/reference/get-changed-employee-ids>
pub(super) async fn changed(api: &Api, cursor: &Cursor) -> Result<Vec<Changed>> {
    let body = api.get(&["api", "v1", "employees", "changed"], &[("since", cursor.since())]).await?.body;
    let entries = map(body.get("employees")).ok_or_else(|| malformed("the list of changes lists nobody"))?;
    entries.into_iter().map(|(id, entry)| one_change(id, entry)).collect()
}

fn one_change(id: &str, entry: &Value) -> Result<Changed> {
    let word = |name: &str| entry.get(name).and_then(Value::as_str);
    let (Some(action), Some(at), true) = (word("action"), word("lastChanged"), is_id(id)) else {
        return Err(malformed("an entry in the list of changes has no id, action or time"));
    };
    Ok(Changed { id: id.to_owned(), at: at.to_owned(), deleted: action.eq_ignore_ascii_case("deleted") })
}

/// The rows of whoever changed on or after the cursor's second, with the owner in each row.
/// <https://documentation.bamboohr.com/reference/get-changed-employee-table-data>
pub(super) async fn changed_rows(api: &Api, cursor: &Cursor) -> Result<Vec<Value>> {
    let path = ["api", "v1", "employees", "changed", "tables", TABLE];
    let body = api.get(&path, &[("since", cursor.since())]).await?.body;
    let entries = map(body.get("employees")).ok_or_else(|| malformed("the changed tables list nobody"))?;
    let mut all = Vec::new();
    for (id, entry) in entries {
        let rows = entry.get("rows").and_then(Value::as_array);
        for row in rows.ok_or_else(|| malformed("a changed table has no rows"))? {
            let mut row = row.clone();
            if let Some(columns) = row.as_object_mut() {
                columns.insert("employeeId".into(), json!(id));
            }
            all.push(row);
        }
    }
    Ok(all)
}

fn list(value: Option<&mut Value>) -> Option<Vec<Value>> {
    match value.map(Value::take) {
        Some(Value::Array(list)) => Some(list),
        _ => None,
    }
}

/// A map by id. The vendor writes an empty one as an empty list.
fn map(value: Option<&Value>) -> Option<Vec<(&str, &Value)>> {
    match value? {
        Value::Object(map) => Some(map.iter().map(|(id, entry)| (id.as_str(), entry)).collect()),
        Value::Array(list) if list.is_empty() => Some(vec![]),
        _ => None,
    }
}

fn malformed(what: &str) -> Error {
    Error::new(
        Kind::Malformed,
        format!("reading BambooHR: {what}"),
        "Check that the address is your company's own at bamboohr.com; nothing of this read was used.",
    )
}
