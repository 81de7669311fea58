//! A simulated OpenAI organisation, from the vendor's OpenAPI description
//! (<https://github.com/openai/openai-openapi>), awkward parts included: the default list of keys hides those whose
//! owner lost access to the project, cursors come and go, an archived project refuses its lists, a service account's
//! key cannot be deleted, the last owner cannot be removed. Where the description is silent the worse is taken:
//! keys of a removed member go on working.

mod audit;
mod keys;
mod lists;
mod members;
mod projects;
mod state;
mod usage;

use std::sync::{Mutex, MutexGuard, PoisonError};

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::json;

use crate::answer::{Answer, json};
use crate::office::Contact;
use crate::population::Population;
use crate::strict::{Asked, Refusal, Route, Simulator};
use crate::time::PracticeClock;
use state::State;
pub use state::{Key, Manner, Member, Owner, Project};

/// The admin key of the practice company; worth nothing anywhere else.
pub const ADMIN_KEY: &str = "sk-admin-practice-0123456789abcdef-0123456789PRAC";

/// A company's organisation at OpenAI.
#[derive(Debug)]
pub struct OpenAi {
    clock: PracticeClock,
    state: Mutex<State>,
}

impl OpenAi {
    /// With these people, as far as they use it.
    pub fn new(population: &Population, clock: &PracticeClock) -> Self {
        Self { clock: clock.clone(), state: Mutex::new(State::new(population, clock.now())) }
    }

    /// The vendor's id of a person.
    pub fn id_of(number: u32) -> String {
        format!("user-{number:05}")
    }

    /// How it behaves where its description leaves room.
    pub fn behave(&self, manner: Manner) {
        self.state().manner = manner;
    }

    /// The members, told without the API.
    pub fn members(&self) -> Vec<Member> {
        self.state().members.iter().filter(|m| m.gone_at.is_none()).cloned().collect()
    }

    /// The enabled keys that somebody owns, told without the API.
    pub fn keys_of(&self, owner: &str) -> Vec<Key> {
        let state = self.state();
        state.all_keys().filter(|k| k.gone_at.is_none() && k.owner.id() == owner).cloned().collect()
    }

    /// Who is in a project, told without the API.
    pub fn members_of(&self, project: &str) -> Vec<String> {
        let state = self.state();
        let inside = state.project(project).map(|p| p.members.clone()).unwrap_or_default();
        inside.into_iter().filter(|m| m.gone_at.is_none()).map(|m| m.id).collect()
    }

    /// Logins of pending invitations, told without the API.
    pub fn invited(&self) -> Vec<String> {
        self.state().invites.iter().filter(|i| i.pending()).map(|i| i.email.clone()).collect()
    }

    /// Changes anything at once, as somebody else in the company would.
    pub fn edit(&self, change: impl FnOnce(&mut Vec<Member>, &mut Vec<Project>)) {
        let mut state = self.state();
        let State { members, projects, .. } = &mut *state;
        change(members, projects);
    }

    pub(crate) fn contact(&self, base_url: &str) -> Contact {
        Contact {
            vendor: Self::NAME,
            base_url: format!("{base_url}/v1"),
            settings: vec![
                ("organization", "org-practice".into()),
                ("base_url", format!("{base_url}/v1")),
                ("allow_local", "true".into()),
                ("lag_seconds", "0".into()),
            ],
            secrets: vec![("token", ADMIN_KEY.into())],
        }
    }

    fn now(&self) -> DateTime<Utc> {
        self.clock.now()
    }

    /// When something that is removed now is no longer shown.
    fn shown_until(&self, state: &State) -> DateTime<Utc> {
        self.now() + TimeDelta::seconds(state.manner.lag_s.into())
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Paging of the Administration API.
const PAGED: &[&str] = &["limit", "after"];

impl Simulator for OpenAi {
    const NAME: &'static str = "openai";

    fn routes() -> Vec<Route<Self>> {
        let project = "/v1/organization/projects/{project}";
        // Patterns live as long as the program; each is made once for it.
        let below = |rest: &str| -> &'static str { Box::leak(format!("{project}{rest}").into_boxed_str()) };
        let mut routes = vec![
            Route::get("/v1/organization/users", Self::users).query(&["limit", "after", "emails"]),
            Route::get("/v1/organization/users/{user}", Self::user),
            Route::delete("/v1/organization/users/{user}", Self::remove_user),
            Route::get("/v1/organization/invites", Self::invites).query(PAGED),
            Route::get("/v1/organization/invites/{invite}", Self::invite),
            Route::delete("/v1/organization/invites/{invite}", Self::delete_invite),
            Route::get("/v1/organization/projects", Self::projects).query(&[
                "limit",
                "after",
                "include_archived",
            ]),
            Route::get(below(""), Self::one_project),
            Route::get(below("/users"), Self::project_users).query(PAGED),
            Route::get(below("/users/{user}"), Self::project_user),
            Route::delete(below("/users/{user}"), Self::remove_project_user),
            Route::get(below("/service_accounts"), Self::service_accounts).query(PAGED),
            Route::get(below("/api_keys"), Self::api_keys).query(&["limit", "after", "owner_project_access"]),
            Route::get(below("/api_keys/{key}"), Self::api_key),
            Route::delete(below("/api_keys/{key}"), Self::delete_api_key),
            Route::get("/v1/organization/admin_api_keys", Self::admin_keys)
                .query(&["limit", "after", "order"]),
            Route::get("/v1/organization/admin_api_keys/{key}", Self::admin_key),
            Route::delete("/v1/organization/admin_api_keys/{key}", Self::delete_admin_key),
            Route::get("/v1/organization/audit_logs", Self::audit_logs).query(audit::QUERY),
        ];
        routes.extend(usage::routes());
        routes
    }

    fn admit(&self, asked: &Asked) -> Result<(), Refusal> {
        match asked.credentials("Bearer") {
            None => Err(Refusal::MissingCredentials),
            // A project key is one that nobody has, as far as this API is concerned.
            Some(ADMIN_KEY) => Ok(()),
            Some(_) => Err(Refusal::WrongCredentials),
        }
    }

    fn refuse(refusal: &Refusal) -> Answer {
        let (status, message) = match refusal {
            Refusal::UnknownPath => (404, "Invalid URL".to_owned()),
            Refusal::WrongMethod => (405, "Not allowed to use this method on this URL".into()),
            Refusal::UnknownParameter(name) => (400, format!("Unknown parameter: '{name}'.")),
            Refusal::WrongContentType => (415, "Unsupported content type".into()),
            Refusal::MalformedBody => (400, "We could not parse the JSON body of your request.".into()),
            Refusal::MissingCredentials => (401, "You didn't provide an API key.".into()),
            Refusal::WrongCredentials => {
                (401, "Incorrect API key provided, or one without the scope api.management.read.".into())
            }
            Refusal::ExpiredCredentials => (401, "This API key has expired.".into()),
        };
        error(status, &message)
    }
}

/// The vendor's shape of an error.
fn error(status: u16, message: &str) -> Answer {
    json(
        status,
        &json!({"error": {"message": message, "type": "invalid_request_error", "param": null, "code": null}}),
    )
}

fn not_found(what: &str) -> Answer {
    error(404, &format!("No such {what}."))
}

fn deleted(object: &str, id: &str) -> Answer {
    json(200, &json!({"object": format!("{object}.deleted"), "id": id, "deleted": true}))
}
