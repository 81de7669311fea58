//! Single records, tables, and what changed.

use chrono::{DateTime, SubsecRound as _, Utc};
use serde_json::{Map, Value, json};

use super::BambooHr;
use super::employee::{self, Absent, stamp};
use super::refuse::error;
use super::state::{State, StatusRow};
use crate::answer::{Answer, empty, json as answer, with};
use crate::strict::Asked;

const TABLE: &str = "employmentStatus";

impl BambooHr {
    /// The newer list takes OAuth only; its description lists no other way to sign in.
    pub(super) fn oauth_only(&self, _: &Asked) -> Answer {
        error(401, "OAuth token required")
    }

    pub(super) fn one(&self, asked: &Asked) -> Answer {
        let (state, now) = (self.state(), self.now());
        let Some(employee) = number(asked).and_then(|n| state.employees.get(&n)) else {
            return error(404, "Employee not found");
        };
        let wanted: Vec<String> =
            asked.query("fields").unwrap_or("firstName,lastName").split(',').map(str::to_owned).collect();
        if wanted.len() > 400 {
            return error(400, "Too many fields");
        }
        let only_current = asked.query("onlyCurrent") != Some("false");
        let mut body = employee::fields(&state, employee, &wanted, only_current, Absent::Null, now);
        body.insert("id".into(), json!(employee.person.number.to_string()));
        in_json(asked, &Value::Object(body))
    }

    pub(super) fn table(&self, asked: &Asked) -> Answer {
        let state = self.state();
        if asked.param("table") != TABLE {
            return error(404, "Table not found");
        }
        let of = |n: u32| rows(&state, n);
        let found: Vec<Value> = match (asked.param("id"), number(asked)) {
            ("all", _) => state.employees.keys().copied().flat_map(of).collect(),
            (_, Some(n)) if state.employees.contains_key(&n) => of(n),
            _ => return error(404, "Employee not found"),
        };
        in_json(asked, &Value::Array(found))
    }

    pub(super) fn add_table_row(&self, asked: &Asked) -> Answer {
        let body = asked.json();
        let text = |name: &str| body.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
        let known = number(asked).filter(|n| self.state().employees.contains_key(n));
        let (Some(number), TABLE) = (known, asked.param("table")) else {
            return error(404, "Employee or table not found");
        };
        let Ok(day) = text("date").parse() else { return error(400, "date is required") };
        let row = StatusRow {
            termination_type: text("terminationTypeId"),
            ..StatusRow::hired(day, &text("employmentStatus"))
        };
        self.add_row(number, row);
        empty(200)
    }

    pub(super) fn changed(&self, asked: &Asked) -> Answer {
        let Some(since) = since(asked) else { return error(400, "since is missing or invalid") };
        let kind = asked.query("type").unwrap_or("all").to_lowercase();
        if !["inserted", "updated", "deleted", "all"].contains(&kind.as_str()) {
            return error(400, "type is invalid");
        }
        let changed: Vec<(u32, &str, DateTime<Utc>)> = changes(&self.state())
            .into_iter()
            .filter(|(_, action, at)| *at >= since && (kind == "all" || action.to_lowercase() == kind))
            .collect();
        let latest = changed.iter().map(|(_, _, at)| *at).max();
        let entry = |(n, action, at): (u32, &str, DateTime<Utc>)| {
            (n.to_string(), json!({"id": n.to_string(), "action": action, "lastChanged": stamp(at)}))
        };
        let employees = map_or_list(changed.into_iter().map(entry).collect());
        in_json(asked, &json!({"latest": latest.map(stamp).unwrap_or_default(), "employees": employees}))
    }

    pub(super) fn changed_table(&self, asked: &Asked) -> Answer {
        let Some(since) = since(asked) else { return error(400, "since is missing or invalid") };
        if asked.param("table") != TABLE {
            return error(404, "Table not found");
        }
        let state = self.state();
        let changed =
            changes(&state).into_iter().filter(|(_, action, at)| *at >= since && *action != "Deleted");
        let employees = changed
            .map(|(n, _, at)| (n.to_string(), json!({"lastChanged": stamp(at), "rows": rows(&state, n)})))
            .collect();
        in_json(asked, &json!({"table": TABLE, "employees": map_or_list(employees)}))
    }
}

/// Every record with its last change. One without such a time has none to tell.
fn changes(state: &State) -> Vec<(u32, &'static str, DateTime<Utc>)> {
    let action = |inserted| if inserted { "Inserted" } else { "Updated" };
    let live =
        state.employees.values().filter_map(|e| Some((e.person.number, action(e.inserted), e.last_changed?)));
    let gone = state.deleted.iter().map(|(n, at)| (*n, "Deleted", *at));
    live.chain(gone).collect()
}

fn rows(state: &State, number: u32) -> Vec<Value> {
    let employee = state.employees.get(&number);
    let rows = employee.into_iter().flat_map(|e| &e.rows);
    rows.map(|row| Value::Object(employee::row(state, number, row))).collect()
}

fn number(asked: &Asked) -> Option<u32> {
    asked.param("id").parse().ok()
}

fn since(asked: &Asked) -> Option<DateTime<Utc>> {
    let at = DateTime::parse_from_rfc3339(asked.query("since")?).ok()?;
    Some(at.to_utc().trunc_subsecs(0))
}

/// An empty map comes as an empty list: the vendor's language does not tell them apart.
fn map_or_list(map: Map<String, Value>) -> Value {
    if map.is_empty() { json!([]) } else { Value::Object(map) }
}

/// JSON where the caller asked for it; XML, which nobody here reads, where not.
pub(super) fn in_json(asked: &Asked, body: &Value) -> Answer {
    if asked.header("accept").contains("application/json") {
        answer(200, body)
    } else {
        with(200, &[("content-type", "text/xml")], "<?xml version=\"1.0\"?>\n<result/>\n")
    }
}
