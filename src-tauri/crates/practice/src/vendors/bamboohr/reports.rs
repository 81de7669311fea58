//! The ad-hoc report, the directory, and what the company's account looks like.

use serde_json::{Value, json};

use super::BambooHr;
use super::employee::{self, Absent, FIELDS};
use super::lists::in_json;
use super::refuse::error;
use crate::answer::{Answer, json as answer};
use crate::strict::Asked;

const FORMATS: [&str; 5] = ["json", "xml", "csv", "xls", "pdf"];

impl BambooHr {
    /// Everybody, active or not, in one answer. What the key may not see is left out.
    pub(super) fn report(&self, asked: &Asked) -> Answer {
        let format = asked.query("format").map(str::to_lowercase);
        let by_accept = asked.header("accept") == "application/json";
        match format.as_deref() {
            Some("json") => {}
            None if by_accept => {}
            Some(other) if FORMATS.contains(&other) => return error(406, "Not simulated"),
            _ => return error(404, "Report format not found"),
        }
        if asked.header("content-type") != "application/json" {
            return error(400, "Malformed XML");
        }
        let body = asked.json();
        let wanted: Vec<String> = texts(body.get("fields"));
        if wanted.is_empty() || wanted.len() > 400 {
            return error(400, "fields is missing or too long");
        }
        let only: Option<Vec<String>> = body.pointer("/filters/employeeIds").map(|ids| texts(Some(ids)));
        let only_current = asked.query("onlyCurrent") != Some("false");
        let (state, now) = (self.state(), self.now());
        let chosen = state
            .employees
            .values()
            .filter(|e| only.as_ref().is_none_or(|ids| ids.contains(&e.person.number.to_string())));
        let employees: Vec<Value> = chosen
            .map(|e| {
                let mut row = employee::fields(&state, e, &wanted, only_current, Absent::AsText, now);
                row.insert("id".into(), json!(e.person.number.to_string()));
                Value::Object(row)
            })
            .collect();
        let seen = wanted.iter().filter(|name| employee::visible(&state, name));
        let fields: Vec<Value> =
            seen.map(|name| json!({"id": name, "type": employee::kind(name), "name": name})).collect();
        answer(200, &json!({"title": "Report", "fields": fields, "employees": employees}))
    }

    /// Those who are active, and nobody else.
    pub(super) fn directory(&self, asked: &Asked) -> Answer {
        let (state, now) = (self.state(), self.now());
        let wanted = ["displayName", "workEmail", "department"].map(str::to_owned);
        let active = state.employees.values().filter(|e| employee::is_active(e, now));
        let employees: Vec<Value> = active
            .map(|e| Value::Object(employee::fields(&state, e, &wanted, true, Absent::Null, now)))
            .collect();
        if employees.is_empty() {
            return error(404, "No employees");
        }
        in_json(asked, &json!({"fields": [], "employees": employees}))
    }

    pub(super) fn fields(&self, asked: &Asked) -> Answer {
        let all: Vec<Value> = (1..)
            .zip(FIELDS)
            .map(|(id, (alias, kind))| json!({"id": id, "name": alias, "type": kind, "alias": alias}))
            .collect();
        in_json(asked, &Value::Array(all))
    }

    pub(super) fn tables(&self, asked: &Asked) -> Answer {
        let column = |alias: &str, kind: &str| json!({"id": 1, "name": alias, "alias": alias, "type": kind});
        let columns =
            [column("date", "date"), column("employmentStatus", "list"), column("comment", "textarea")];
        in_json(asked, &json!([{"alias": "employmentStatus", "fields": columns}]))
    }

    /// Whoever may sign in to the HR system itself.
    pub(super) fn users(&self, asked: &Asked) -> Answer {
        let state = self.state();
        let wanted = asked.query("status").unwrap_or("enabled,disabled").to_owned();
        let now = self.now();
        let mut users = serde_json::Map::new();
        for e in state.employees.values() {
            let status = if employee::is_active(e, now) { "enabled" } else { "disabled" };
            if wanted.split(',').any(|w| w == status) {
                let id = 2000 + e.person.number;
                let user = json!({"id": id, "employeeId": e.person.number, "firstName": e.person.first_name,
                    "lastName": e.person.last_name, "email": e.person.work_email, "status": status});
                users.insert(id.to_string(), user);
            }
        }
        in_json(asked, &Value::Object(users))
    }
}

/// Texts and numbers of a list, as texts.
fn texts(list: Option<&Value>) -> Vec<String> {
    let text = |v: &Value| v.as_str().map(str::to_owned).or_else(|| v.as_i64().map(|n| n.to_string()));
    list.and_then(Value::as_array).into_iter().flatten().filter_map(text).collect()
}
