//! Groups and applications.

use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use super::accounts::{note, shown};
use super::refuse::No;
use super::state::{Group, Org};
use super::{Call, Okta, refuse};
use crate::answer::{Answer, empty, json as json_answer};
use crate::strict::{Asked, Route};

pub(super) fn routes() -> Vec<Route<Okta>> {
    vec![
        Route::get("/api/v1/groups", Okta::groups).query(&["limit", "after"]),
        Route::get("/api/v1/groups/{group}/users", Okta::members).query(&["limit", "after"]),
        Route::delete("/api/v1/groups/{group}/users/{id}", Okta::leave_group),
        Route::get("/api/v1/users/{id}/groups", Okta::groups_of),
        Route::get("/api/v1/apps", Okta::apps).query(&["filter", "expand", "limit", "after"]),
        Route::delete("/api/v1/apps/{app}/users/{id}", Okta::unassign).query(&["sendEmail"]),
    ]
}

impl Okta {
    fn groups(&self, asked: &Asked) -> Answer {
        self.serve(asked, "okta.groups.read", |org, call| {
            let all: Vec<Value> = if org.manner.admin_role {
                org.groups.iter().map(|(id, group)| group_json(id, group)).collect()
            } else {
                vec![]
            };
            call.page(&all, (200, 10_000), "id")
        })
    }

    fn members(&self, asked: &Asked) -> Answer {
        self.serve(asked, "okta.groups.read", |org, call| {
            let group = org.groups.get(call.param("group"));
            let group = group.ok_or_else(|| refuse::not_found(call.param("group")))?;
            let members = group.members.iter().filter_map(|id| org.users.get(id));
            call.page(&members.map(|u| shown(u, u.status)).collect::<Vec<_>>(), (200, 1000), "id")
        })
    }

    fn groups_of(&self, asked: &Asked) -> Answer {
        self.serve(asked, "okta.users.read", |org, call| {
            let id = known(org, call)?;
            let held = org.groups.iter().filter(|(_, g)| g.members.contains(id));
            Ok(json_answer(200, &held.map(|(id, g)| group_json(id, g)).collect()))
        })
    }

    /// Members kept elsewhere are refused in the very words for a lack of rights; no member is no error.
    fn leave_group(&self, asked: &Asked) -> Answer {
        self.serve(asked, "okta.groups.manage", |org, call| {
            let (user, readd_at): (&str, DateTime<Utc>) = (call.param("id"), call.now + org.manner.rule_lag);
            let group = org.groups.get_mut(call.param("group"));
            let group = group.ok_or_else(|| refuse::not_found(call.param("group")))?;
            if group.kind != "OKTA_GROUP" {
                return Err(refuse::forbidden());
            }
            if group.members.remove(user) {
                if let Some(rule) = &mut group.rule {
                    rule.insert(user.to_owned(), readd_at);
                }
                note(org, "group.user_membership.remove", user, call);
            }
            Ok(empty(204))
        })
    }

    fn apps(&self, asked: &Asked) -> Answer {
        self.serve(asked, "okta.apps.read", |org, call| {
            let Some(filter) = asked.query("filter") else {
                let all: Vec<Value> = org.apps.iter().map(|(id, label)| app_json(id, label)).collect();
                return call.page(&all, (20, 200), "id");
            };
            let user = filter.strip_prefix("user.id eq \"").and_then(|f| f.strip_suffix('"'));
            let user = user.ok_or_else(|| refuse::invalid("filter"))?;
            let expanded = asked.query("expand") == Some(&format!("user/{user}"));
            let all: Vec<Value> = org
                .apps_of(user)
                .iter()
                .map(|(id, direct)| {
                    let mut app = app_json(id, org.apps.get(id).map_or("", String::as_str));
                    if expanded {
                        let scope = if *direct { "USER" } else { "GROUP" };
                        app["_embedded"] = json!({"user": {"id": user, "scope": scope}});
                    }
                    app
                })
                .collect();
            call.page(&all, (20, 200), "id")
        })
    }

    /// Provisioning tells the application; what a group brings cannot be taken away here.
    fn unassign(&self, asked: &Asked) -> Answer {
        self.serve(asked, "okta.apps.manage", |org, call| {
            let (app, id) = (call.param("app").to_owned(), known(org, call)?.to_owned());
            match org.apps_of(&id).get(&app) {
                None => Err(refuse::not_found(&app)),
                Some(false) => Err(No::new(
                    403,
                    "E0000046",
                    "Cannot delete this assignment since it is inherited from a group",
                )),
                Some(true) => {
                    org.users.get_mut(&id).map(|u| u.apps.remove(&app));
                    org.told.push((app, id.clone(), "active=false"));
                    note(org, "application.user_membership.remove", &id, call);
                    Ok(empty(204))
                }
            }
        })
    }
}

/// The id of the path, if somebody has it.
pub(super) fn known<'a>(org: &Org, call: &'a Call<'_>) -> Result<&'a str, No> {
    let id = call.param("id");
    match org.users.contains_key(id) {
        _ if !org.manner.admin_role => Err(refuse::forbidden()),
        true => Ok(id),
        false => Err(refuse::not_found(id)),
    }
}

fn group_json(id: &str, group: &Group) -> Value {
    json!({"id": id, "type": group.kind, "profile": {"name": group.name}})
}

fn app_json(id: &str, label: &str) -> Value {
    json!({"id": id, "name": id, "label": label, "status": "ACTIVE", "signOnMode": "SAML_2_0"})
}
