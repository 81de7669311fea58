//! Keys of projects, and admin keys.

use serde_json::{Value, json};

use super::lists::page;
use super::projects::in_use;
use super::state::{Event, Key, Owner, Project, shown};
use super::{ADMIN_KEY, OpenAi, deleted, error, not_found};
use crate::answer::{Answer, json};
use crate::strict::Asked;

impl OpenAi {
    pub(super) fn api_keys(&self, asked: &Asked) -> Answer {
        let (state, now) = (self.state(), self.now());
        let project = match in_use(&state, asked) {
            Ok(project) => project,
            Err(closed) => return closed.answer(),
        };
        let access = asked.query("owner_project_access");
        let wanted = |key: &&Key| match access {
            // "membership-based visibility rules, which may exclude enabled keys"
            None | Some("active") => has_access(project, key),
            Some("inactive") => !has_access(project, key),
            _ => true,
        };
        if !matches!(access, None | Some("active" | "inactive" | "any")) {
            return error(400, "Invalid 'owner_project_access'.");
        }
        let keys = project.keys.iter().filter(|k| shown(k.gone_at, now)).filter(wanted);
        let records: Vec<Value> = keys.map(|k| told(project, k)).collect();
        page(&state, asked, &records)
    }

    pub(super) fn api_key(&self, asked: &Asked) -> Answer {
        let (state, now) = (self.state(), self.now());
        match in_use(&state, asked) {
            Err(closed) => closed.answer(),
            Ok(project) => {
                let is_it = |k: &&Key| k.id == asked.param("key") && shown(k.gone_at, now);
                let key = project.keys.iter().find(is_it);
                key.map_or_else(|| not_found("API key"), |k| json(200, &told(project, k)))
            }
        }
    }

    pub(super) fn delete_api_key(&self, asked: &Asked) -> Answer {
        let mut state = self.state();
        let (id, until, at) = (asked.param("key").to_owned(), self.shown_until(&state), self.now());
        if let Err(closed) = in_use(&state, asked) {
            return closed.answer();
        }
        let keys = state.project_mut(asked.param("project")).map(|p| &mut p.keys);
        let Some(key) = keys.and_then(|all| all.iter_mut().find(|k| k.id == id && k.gone_at.is_none()))
        else {
            return not_found("API key");
        };
        if matches!(key.owner, Owner::Service(_)) {
            return error(400, "Keys of a service account cannot be deleted; delete the service account.");
        }
        key.gone_at = Some(until);
        state.events.push(Event { at, kind: "api_key.deleted", by: None, about: id.clone() });
        deleted("organization.project.api_key", &id)
    }

    pub(super) fn admin_keys(&self, asked: &Asked) -> Answer {
        let (state, now) = (self.state(), self.now());
        let keys = state.admin_keys.iter().filter(|k| shown(k.gone_at, now));
        let records: Vec<Value> = keys.map(told_admin).collect();
        page(&state, asked, &records)
    }

    pub(super) fn admin_key(&self, asked: &Asked) -> Answer {
        let (state, now) = (self.state(), self.now());
        let key = state.admin_keys.iter().find(|k| k.id == asked.param("key") && shown(k.gone_at, now));
        key.map_or_else(|| not_found("API key"), |k| json(200, &told_admin(k)))
    }

    pub(super) fn delete_admin_key(&self, asked: &Asked) -> Answer {
        let mut state = self.state();
        let (id, until) = (asked.param("key").to_owned(), self.shown_until(&state));
        match state.admin_keys.iter_mut().find(|k| k.id == id && k.gone_at.is_none()) {
            None => not_found("API key"),
            Some(key) => {
                key.gone_at = Some(until);
                deleted("organization.admin_api_key", &id)
            }
        }
    }
}

fn has_access(project: &Project, key: &Key) -> bool {
    match &key.owner {
        Owner::Service(id) => project.services.iter().any(|(service, _)| service == id),
        Owner::User(id) => project.members.iter().any(|m| m.id == *id && m.gone_at.is_none()),
    }
}

fn told(project: &Project, key: &Key) -> Value {
    let owner = match &key.owner {
        Owner::User(id) => json!({"type": "user", "user": {"id": id, "email": key.email, "name": id,
            "created_at": 1_711_471_533, "role": "member"}}),
        Owner::Service(id) => json!({"type": "service_account", "service_account": {"id": id, "name": id,
            "created_at": 1_711_471_533, "role": "none"}}),
    };
    let access = if has_access(project, key) { "active" } else { "inactive" };
    json!({"object": "organization.project.api_key", "id": key.id, "name": format!("{} key", key.id),
        "redacted_value": "sk-abc...def", "created_at": 1_711_471_533, "last_used_at": null,
        "owner_project_access": access, "owner": owner})
}

fn told_admin(key: &Key) -> Value {
    let end = &ADMIN_KEY[ADMIN_KEY.len() - 3..];
    let service = matches!(key.owner, Owner::Service(_));
    json!({"object": "organization.admin_api_key", "id": key.id, "name": null,
        "redacted_value": format!("sk-admin...{end}"), "created_at": 1_711_471_533, "expires_at": null,
        "last_used_at": null, "owner": {"type": if service { "service_account" } else { "user" },
        "object": "organization.user", "id": key.owner.id(), "name": key.owner.id(),
        "created_at": 1_711_471_533, "role": "owner"}})
}
