//! A simulated Okta organisation, from the vendor's API description
//! (<https://github.com/okta/okta-management-openapi-spec>), awkward parts included: lists that are 200 but empty
//! without an admin role, a search that lags and a plain list without deactivated accounts, suspending refused by
//! status with the same words as for what is already suspended, deactivation that goes on after the answer, a
//! delete that answers alike for "deactivated" and "destroyed", group rules that add again, and a log that lags.

mod accounts;
mod groups;
mod hung;
mod limits;
mod logs;
mod oauth;
mod refuse;
mod state;

use std::sync::{Mutex, MutexGuard, PoisonError};

use chrono::{DateTime, Utc};
use serde_json::Value;

use crate::answer::{Answer, json};
use crate::office::Contact;
use crate::population::Population;
use crate::strict::{Asked, Refusal, Route, Simulator};
use crate::time::PracticeClock;
use oauth::Holder;
use refuse::No;
pub use state::{Group, Manner, Org, Status, User, user_id};

/// The service app of the practice company.
pub const CLIENT_ID: &str = "0oapractice0lockstep";
/// Its private key; worth nothing anywhere else.
pub const PRIVATE_KEY: &str = r#"{"kty":"EC","crv":"P-256","kid":"practice-1","alg":"ES256","x":"o0D0KGaFzlhxVYJhYok-H3jEJTMAgkh4v5gSI3zVNk8","y":"YlVygaFgPnLL6ZdpUxQp-S0vv0v3IZxPX0kVRbmNBLE","d":"9LZhW06f2lbFh9G7cZUxUtmFZexSNgnQZlDScqQs48s"}"#;
const PUBLIC_X: &str = "o0D0KGaFzlhxVYJhYok-H3jEJTMAgkh4v5gSI3zVNk8";
const PUBLIC_Y: &str = "YlVygaFgPnLL6ZdpUxQp-S0vv0v3IZxPX0kVRbmNBLE";
/// An administrator's API token; worth nothing anywhere else.
pub const API_TOKEN: &str = "00practice-okta-api-token";

/// An Okta organisation.
#[derive(Debug)]
pub struct Okta {
    clock: PracticeClock,
    org: Mutex<Org>,
}

impl Okta {
    /// With an account for everybody who works or worked at the company.
    pub fn new(population: &Population, clock: &PracticeClock) -> Self {
        Self { clock: clock.clone(), org: Mutex::new(Org::new(population, clock.now())) }
    }

    /// The organisation as it is now, for tests to look at.
    pub fn truth(&self) -> Org {
        self.org().clone()
    }

    /// Somebody changes the organisation by other means.
    pub fn edit(&self, change: impl FnOnce(&mut Org)) {
        change(&mut self.org());
    }

    pub(crate) fn contact(&self, base_url: &str) -> Contact {
        Contact {
            vendor: Self::NAME,
            base_url: base_url.to_owned(),
            settings: vec![
                ("base_url", base_url.to_owned()),
                ("client_id", CLIENT_ID.into()),
                ("allow_local", "true".into()),
            ],
            secrets: vec![("private_key", PRIVATE_KEY.into())],
        }
    }

    /// The organisation as of now: what was under way and is over has happened.
    fn org(&self) -> MutexGuard<'_, Org> {
        let mut org = self.org.lock().unwrap_or_else(PoisonError::into_inner);
        org.settle(self.clock.now());
        org
    }

    /// Answers within the limits of a bucket, for credentials that have the scope.
    fn serve(
        &self,
        asked: &Asked,
        scope: &str,
        answer: impl FnOnce(&mut Org, &Call<'_>) -> Result<Answer, No>,
    ) -> Answer {
        let now = self.clock.now();
        let mut org = self.org();
        let Some(holder) = org.holder(asked, now) else { return refuse::expired().answer() };
        if let Some(full) = org.limits.count(&asked.path, now) {
            return full;
        }
        if !holder.may(scope) {
            return refuse::forbidden().answer();
        }
        org.requests += 1;
        let call = Call { asked, now, holder, request_id: format!("practice-request-{}", org.requests) };
        let mut answer = answer(&mut org, &call).unwrap_or_else(|no| no.answer());
        org.limits.tell(&asked.path, &mut answer);
        if let Ok(id) = call.request_id.parse() {
            answer.headers_mut().insert("x-okta-request-id", id);
        }
        answer
    }
}

/// A request that was let in.
struct Call<'a> {
    asked: &'a Asked,
    now: DateTime<Utc>,
    holder: Holder,
    request_id: String,
}

impl Call<'_> {
    /// A page of a list with its links, each in a header of its own. `limit`: default and most.
    fn page(&self, all: &[Value], limit: (usize, usize), id: &str) -> Result<Answer, No> {
        let asked_limit = match self.asked.query("limit").map(str::parse) {
            None => limit.0,
            Some(Ok(n)) if (1..=limit.1).contains(&n) => n,
            Some(_) => return Err(refuse::invalid("limit")),
        };
        let from = match self.asked.query("after") {
            None => 0,
            Some(after) => {
                let place = all.iter().position(|v| v[id] == after);
                place.ok_or_else(|| refuse::invalid("after"))? + 1
            }
        };
        let page: Vec<Value> = all.iter().skip(from).take(asked_limit).cloned().collect();
        let mut answer = json(200, &Value::Array(page.clone()));
        self.link(&mut answer, "self", self.asked.query("after"));
        if let Some(last) = page.last().filter(|_| from + page.len() < all.len()) {
            self.link(&mut answer, "next", last[id].as_str());
        }
        Ok(answer)
    }

    fn link(&self, answer: &mut Answer, rel: &str, after: Option<&str>) {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        query.extend_pairs(after.map(|a| ("after", a)));
        query.extend_pairs(self.asked.query.iter().filter(|(key, _)| key != "after"));
        let host = self.asked.header("host");
        let link = format!("<http://{host}{}?{}>; rel=\"{rel}\"", self.asked.path, query.finish());
        if let Ok(value) = link.parse() {
            answer.headers_mut().append("link", value);
        }
    }

    fn param(&self, name: &str) -> &str {
        self.asked.param(name)
    }
}

impl Simulator for Okta {
    const NAME: &'static str = "okta";

    fn routes() -> Vec<Route<Self>> {
        let mut routes = vec![Route::post("/oauth2/v1/token", Self::token).form().open()];
        routes.extend(accounts::routes());
        routes.extend(groups::routes());
        routes.extend(hung::routes());
        routes.extend(logs::routes());
        routes
    }

    fn admit(&self, asked: &Asked) -> Result<(), Refusal> {
        if asked.header("authorization").is_empty() {
            return Err(Refusal::MissingCredentials);
        }
        let now = self.clock.now();
        self.org().holder(asked, now).map(drop).ok_or(Refusal::WrongCredentials)
    }

    fn refuse(refusal: &Refusal) -> Answer {
        refuse::of(refusal).answer()
    }
}
