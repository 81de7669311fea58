//! A simulated BambooHR.

use crate::answer::{Answer, json, with};
use crate::office::Contact;
use crate::population::Population;
use crate::strict::{Asked, Refusal, Route, Simulator};
use crate::time::PracticeClock;

/// The key of the practice company; worth nothing anywhere else.
pub const API_KEY: &str = "practice-bamboohr-key";

/// A company's BambooHR.
#[derive(Debug)]
pub struct BambooHr {
    clock: PracticeClock,
    people: usize,
}

impl BambooHr {
    /// With these people.
    pub fn new(population: &Population, clock: &PracticeClock) -> Self {
        Self { clock: clock.clone(), people: population.people.len() }
    }

    pub(crate) fn contact(&self, base_url: &str) -> Contact {
        Contact {
            vendor: Self::NAME,
            base_url: base_url.to_owned(),
            settings: vec![("base_url", base_url.to_owned()), ("allow_local", "true".into())],
            secrets: vec![("api_key", API_KEY.into())],
        }
    }

    fn timezones(&self, _: &Asked) -> Answer {
        json(200, &serde_json::json!({"people": self.people, "now": self.clock.now()}))
    }
}

impl Simulator for BambooHr {
    const NAME: &'static str = "bamboohr";

    fn routes() -> Vec<Route<Self>> {
        vec![Route::get("/api/v1/meta/timezones", Self::timezones)]
    }

    fn admit(&self, asked: &Asked) -> Result<(), Refusal> {
        asked.credentials("Basic").map(drop).ok_or(Refusal::MissingCredentials)
    }

    fn refuse(refusal: &Refusal) -> Answer {
        let status = match refusal {
            Refusal::UnknownPath => 404,
            Refusal::WrongMethod => 405,
            Refusal::MissingCredentials | Refusal::WrongCredentials | Refusal::ExpiredCredentials => 401,
            _ => 400,
        };
        with(status, &[("x-bamboohr-error-message", &format!("{refusal:?}"))], String::new())
    }
}
