//! What hangs on a user: admin roles, factors, clients with tokens, consents, API tokens.

use serde_json::{Value, json};

use super::accounts::note;
use super::groups::known;
use super::refuse::No;
use super::state::Org;
use super::{CLIENT_ID, Okta, refuse};
use crate::answer::{Answer, empty, json as json_answer};
use crate::strict::{Asked, Route};

pub(super) fn routes() -> Vec<Route<Okta>> {
    vec![
        Route::get("/api/v1/iam/assignees/users", Okta::assignees).query(&["after", "limit"]),
        Route::get("/api/v1/users/{id}/roles", Okta::roles),
        Route::delete("/api/v1/users/{id}/roles/{thing}", Okta::take_role),
        Route::get("/oauth2/v1/clients/{client}/roles", Okta::own_roles),
        Route::get("/api/v1/users/{id}/factors", Okta::factors),
        Route::delete("/api/v1/users/{id}/factors/{thing}", Okta::take_factor),
        Route::get("/api/v1/users/{id}/clients", Okta::clients),
        Route::delete("/api/v1/users/{id}/clients/{thing}/tokens", Okta::take_client),
        Route::get("/api/v1/users/{id}/grants", Okta::consents).query(&["limit", "after"]),
        Route::delete("/api/v1/users/{id}/grants/{thing}", Okta::take_consent),
        Route::get("/api/v1/api-tokens", Okta::api_tokens),
        Route::delete("/api/v1/api-tokens/{thing}", Okta::take_api_token),
    ]
}

impl Okta {
    /// One page holds two; the next is named inside the body, unlike in every other list.
    fn assignees(&self, asked: &Asked) -> Answer {
        self.serve(asked, "okta.roles.read", |org, call| {
            if !org.manner.admin_role {
                return Err(refuse::forbidden());
            }
            let after = asked.query("after").unwrap_or_default();
            let left: Vec<&String> = org
                .users
                .values()
                .filter(|u| !u.roles.is_empty() && u.id.as_str() > after)
                .map(|u| &u.id)
                .collect();
            let page: Vec<Value> = left.iter().take(2).map(|id| json!({"id": id})).collect();
            let mut body = json!({"value": page, "_links": {}});
            if left.len() > 2 {
                let next = format!("http://{}{}?after={}", asked.header("host"), call.asked.path, left[1]);
                body["_links"]["next"] = json!({"href": next});
            }
            Ok(json_answer(200, &body))
        })
    }

    fn roles(&self, asked: &Asked) -> Answer {
        self.list(asked, "okta.roles.read", |org, id| {
            let of = |(id, kind): (&String, &String)| {
                json!({"id": id, "type": kind, "label": "Super Administrator", "status": "ACTIVE", "assignmentType": "USER"})
            };
            Ok(org.users[id].roles.iter().map(of).collect())
        })
    }

    fn own_roles(&self, asked: &Asked) -> Answer {
        self.serve(asked, "okta.roles.read", |org, call| match call.param("client") {
            CLIENT_ID if org.manner.admin_role => Ok(json_answer(
                200,
                &json!([{"id": "irbpractice", "type": "SUPER_ADMIN", "status": "ACTIVE"}]),
            )),
            CLIENT_ID => Ok(json_answer(200, &json!([]))),
            other => Err(refuse::not_found(other)),
        })
    }

    fn factors(&self, asked: &Asked) -> Answer {
        self.list(asked, "okta.users.read", |org, id| {
            let user = &org.users[id];
            if user.status == "DEPROVISIONED" {
                return Err(refuse::forbidden());
            }
            let of =
                |(id, kind): (&String, &String)| json!({"id": id, "factorType": kind, "status": "ACTIVE"});
            Ok(user.factors.iter().map(of).collect())
        })
    }

    fn clients(&self, asked: &Asked) -> Answer {
        self.list(asked, "okta.users.read", |org, id| {
            let of = |id: &String| json!({"client_id": id, "client_name": org.apps.get(id)});
            Ok(org.users[id].clients.iter().map(of).collect())
        })
    }

    fn consents(&self, asked: &Asked) -> Answer {
        self.list(asked, "okta.users.read", |org, id| {
            let of =
                |(id, scope): (&String, &String)| json!({"id": id, "scopeId": scope, "status": "ACTIVE"});
            Ok(org.users[id].consents.iter().map(of).collect())
        })
    }

    fn api_tokens(&self, asked: &Asked) -> Answer {
        self.serve(asked, "okta.apiTokens.read", |org, _| {
            if !org.manner.admin_role {
                return Err(refuse::forbidden());
            }
            let of = |(id, owner): (&String, &String)| json!({"id": id, "name": "script", "userId": owner});
            Ok(json_answer(200, &org.api_tokens.iter().map(of).collect()))
        })
    }

    fn take_role(&self, asked: &Asked) -> Answer {
        self.take(asked, "okta.roles.manage", "user.account.privilege.revoke", |org, id, thing| {
            org.users.get_mut(id)?.roles.remove(thing).map(drop)
        })
    }

    fn take_factor(&self, asked: &Asked) -> Answer {
        self.take(asked, "okta.users.manage", "user.mfa.factor.deactivate", |org, id, thing| {
            org.users.get_mut(id)?.factors.remove(thing).map(drop)
        })
    }

    fn take_client(&self, asked: &Asked) -> Answer {
        self.take(asked, "okta.users.manage", "app.oauth2.client.token.revoke", |org, id, thing| {
            org.users.get_mut(id)?.clients.remove(thing);
            Some(())
        })
    }

    fn take_consent(&self, asked: &Asked) -> Answer {
        self.take(asked, "okta.users.manage", "app.oauth2.consent.revoke", |org, id, thing| {
            org.users.get_mut(id)?.consents.remove(thing).map(drop)
        })
    }

    fn take_api_token(&self, asked: &Asked) -> Answer {
        self.serve(asked, "okta.apiTokens.manage", |org, call| {
            let id = call.param("thing");
            let owner = org.api_tokens.remove(id).ok_or_else(|| refuse::not_found(id))?;
            note(org, "system.api_token.revoke", &owner, call);
            Ok(empty(204))
        })
    }

    fn list(
        &self,
        asked: &Asked,
        scope: &str,
        list: impl FnOnce(&Org, &str) -> Result<Vec<Value>, No>,
    ) -> Answer {
        self.serve(asked, scope, |org, call| Ok(json_answer(200, &list(org, known(org, call)?)?.into())))
    }

    fn take(
        &self,
        asked: &Asked,
        scope: &str,
        event: &str,
        take: impl FnOnce(&mut Org, &str, &str) -> Option<()>,
    ) -> Answer {
        self.serve(asked, scope, |org, call| {
            let (id, thing) = (known(org, call)?.to_owned(), call.param("thing").to_owned());
            take(org, &id, &thing).ok_or_else(|| refuse::not_found(&thing))?;
            note(org, event, &id, call);
            Ok(empty(204))
        })
    }
}
