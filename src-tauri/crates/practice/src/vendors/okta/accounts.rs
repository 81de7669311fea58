//! Users: lists, one by one, and their lifecycle.

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};

use super::refuse::No;
use super::state::{Org, User, stamp};
use super::{Call, Okta, refuse};
use crate::answer::{Answer, empty, json as json_answer};
use crate::strict::{Asked, Route};

pub(super) fn routes() -> Vec<Route<Okta>> {
    let user = "/api/v1/users/{id}";
    vec![
        Route::get("/api/v1/users", Okta::users).query(&["search", "filter", "limit", "after"]),
        Route::get(user, Okta::one_user),
        Route::delete(user, Okta::delete_user).query(&["sendEmail"]),
        Route::post("/api/v1/users/{id}/lifecycle/suspend", Okta::suspend),
        Route::post("/api/v1/users/{id}/lifecycle/unsuspend", Okta::unsuspend),
        Route::post("/api/v1/users/{id}/lifecycle/deactivate", Okta::deactivate).query(&["sendEmail"]),
        Route::delete("/api/v1/users/{id}/sessions", Okta::end_sessions)
            .query(&["oauthTokens", "forgetDevices"]),
    ]
}

impl Okta {
    fn users(&self, asked: &Asked) -> Answer {
        self.serve(asked, "okta.users.read", |org, call| {
            if !org.manner.admin_role {
                return Ok(json_answer(200, &json!([])));
            }
            let users = org.users.values();
            let all: Vec<Value> = match (asked.query("search"), asked.query("filter")) {
                (Some("status pr"), None) => users.map(|u| shown(u, searched(u, call.now))).collect(),
                (None, None) => {
                    users.filter(|u| u.status != "DEPROVISIONED").map(|u| shown(u, u.status)).collect()
                }
                _ => return Err(refuse::invalid("search or filter")),
            };
            call.page(&all, (200, 200), "id")
        })
    }

    fn one_user(&self, asked: &Asked) -> Answer {
        self.serve(asked, "okta.users.read", |org, call| {
            let id = if call.param("id") == "me" {
                org.api_token_owner.clone()
            } else {
                call.param("id").to_owned()
            };
            // The one path that also takes a login.
            let found = org.users.values().find(|u| u.id == id || u.profile["login"] == id.as_str());
            match found {
                _ if !org.manner.admin_role => Err(refuse::forbidden()),
                Some(user) => Ok(json_answer(200, &shown(user, user.status))),
                None => Err(refuse::not_found(&id)),
            }
        })
    }

    fn suspend(&self, asked: &Asked) -> Answer {
        self.lifecycle(asked, |org, call, id| match org.users[id].status {
            "ACTIVE" if org.users[id].deactivated_at.is_none() => {
                org.set_status(id, "SUSPENDED", call.now);
                note(org, "user.lifecycle.suspend", id, call);
                Ok(json_answer(200, &json!({})))
            }
            _ => Err(refuse::cannot("suspend")),
        })
    }

    fn unsuspend(&self, asked: &Asked) -> Answer {
        self.lifecycle(asked, |org, call, id| match org.users[id].status {
            "SUSPENDED" => {
                org.set_status(id, "ACTIVE", call.now);
                note(org, "user.lifecycle.unsuspend", id, call);
                Ok(json_answer(200, &json!({})))
            }
            _ => Err(refuse::cannot("unsuspend")),
        })
    }

    fn deactivate(&self, asked: &Asked) -> Answer {
        self.lifecycle(asked, |org, call, id| {
            if org.users[id].status == "DEPROVISIONED" {
                return Err(refuse::not_found(id)); // although it is there
            }
            begin_deactivation(org, call, id);
            Ok(json_answer(200, &json!({})))
        })
    }

    /// The first deactivates, the second destroys; both are answered alike.
    fn delete_user(&self, asked: &Asked) -> Answer {
        self.lifecycle(asked, |org, call, id| {
            if org.users[id].status == "DEPROVISIONED" {
                org.users.remove(id);
            } else {
                begin_deactivation(org, call, id);
            }
            Ok(empty(204))
        })
    }

    fn end_sessions(&self, asked: &Asked) -> Answer {
        self.lifecycle(asked, |org, call, id| {
            if let Some(user) = org.users.get_mut(id) {
                user.session = false;
                if asked.query("oauthTokens") == Some("true") {
                    user.clients.clear();
                }
            }
            note(org, "user.session.clear", id, call);
            Ok(empty(204))
        })
    }

    /// A change of one user, by id only.
    pub(super) fn lifecycle(
        &self,
        asked: &Asked,
        change: impl FnOnce(&mut Org, &Call<'_>, &str) -> Result<Answer, No>,
    ) -> Answer {
        self.serve(asked, "okta.users.manage", |org, call| {
            let id = call.param("id").to_owned();
            match org.users.contains_key(&id) {
                _ if !org.manner.admin_role => Err(refuse::forbidden()),
                false => Err(refuse::not_found(&id)),
                true => change(org, call, &id),
            }
        })
    }
}

fn begin_deactivation(org: &mut Org, call: &Call<'_>, id: &str) {
    let takes = if org.apps_of(id).is_empty() { TimeDelta::zero() } else { org.manner.deactivation };
    if let Some(user) = org.users.get_mut(id) {
        user.deactivated_at.get_or_insert(call.now + takes);
    }
    note(org, "user.lifecycle.deactivate", id, call);
    org.settle(call.now);
}

pub(super) fn note(org: &mut Org, event_type: &str, id: &str, call: &Call<'_>) {
    let actor = call.holder.actor(org);
    org.note(event_type, id, actor, &call.request_id, call.now);
}

/// The status that a search shows.
fn searched(user: &User, now: DateTime<Utc>) -> &'static str {
    match user.shown_until {
        Some((before, until)) if now < until => before,
        _ => user.status,
    }
}

pub(super) fn shown(user: &User, status: &str) -> Value {
    let mut shown = json!({
        "id": user.id,
        "status": status,
        "created": "2024-01-15T09:00:00.000Z",
        "statusChanged": stamp(user.status_changed),
        "lastLogin": user.last_login.map(stamp),
        "type": {"id": "otypractice"},
        "credentials": {"provider": {"type": "OKTA", "name": "OKTA"}},
        "profile": user.profile,
    });
    if user.deactivated_at.is_some() {
        shown["transitioningToStatus"] = json!("DEPROVISIONED");
    }
    shown
}
