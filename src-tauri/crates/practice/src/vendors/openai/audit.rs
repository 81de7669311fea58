//! The audit log. Acts of an admin key are booked on the default project, whatever project they touched.

use serde_json::{Value, json};

use super::OpenAi;
use super::lists::page;
use super::state::Event;
use crate::answer::Answer;
use crate::strict::Asked;

pub(super) const QUERY: &[&str] = &[
    "limit",
    "after",
    "before",
    "effective_at[gt]",
    "effective_at[gte]",
    "effective_at[lt]",
    "effective_at[lte]",
    "project_ids[]",
    "event_types[]",
    "actor_ids[]",
    "actor_emails[]",
    "resource_ids[]",
];

impl OpenAi {
    pub(super) fn audit_logs(&self, asked: &Asked) -> Answer {
        let state = self.state();
        let wanted = |name: &str, value: &str| {
            let mut asked_for = asked.query.iter().filter(|(key, _)| key == name).peekable();
            asked_for.peek().is_none() || asked_for.any(|(_, v)| v == value)
        };
        let bound = |name: &str| asked.query(name).and_then(|v| v.parse::<i64>().ok());
        let within = |at: i64| {
            bound("effective_at[gt]").is_none_or(|b| at > b)
                && bound("effective_at[gte]").is_none_or(|b| at >= b)
                && bound("effective_at[lt]").is_none_or(|b| at < b)
                && bound("effective_at[lte]").is_none_or(|b| at <= b)
        };
        let fits = |(_, event): &(usize, &Event)| {
            within(event.at.timestamp())
                && wanted("event_types[]", event.kind)
                && wanted("resource_ids[]", &event.about)
                && wanted("project_ids[]", "proj_default")
                && wanted("actor_ids[]", event.by.as_ref().map_or("", |(id, _)| id))
                && wanted("actor_emails[]", event.by.as_ref().map_or("", |(_, email)| email))
        };
        // The newest first.
        let events = state.events.iter().enumerate().rev().filter(fits);
        let records: Vec<Value> = events.map(|(place, event)| told(place, event)).collect();
        page(&state, asked, &records)
    }
}

fn told(place: usize, event: &Event) -> Value {
    let actor = match &event.by {
        Some((id, email)) => json!({"type": "session", "session": {"user": {"id": id, "email": email}}}),
        None => Value::Null,
    };
    let mut told = json!({"id": format!("audit_log-{place}"), "type": event.kind,
        "effective_at": event.at.timestamp(), "project": {"id": "proj_default", "name": "Default project"},
        "actor": actor});
    told[event.kind] = json!({"id": event.about});
    told
}
