//! A simulated BambooHR, from its public OpenAPI description
//! (<https://github.com/BambooHR/bhr-api-php/blob/main/specs/public.yaml>), awkward parts included: fields that the
//! key may not see are left out without a word, dates are days in the company's zone, a termination entered for today
//! counts at once, an empty map comes as an empty list, and JSON has to be asked for.

mod employee;
mod lists;
mod refuse;
mod reports;
mod state;

use std::sync::{Mutex, MutexGuard, PoisonError};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use chrono::{DateTime, NaiveDate, Utc};

use crate::answer::Answer;
use crate::office::Contact;
use crate::population::{Person, Population};
use crate::strict::{Asked, Refusal, Route, Simulator};
use crate::time::PracticeClock;
use state::State;
pub use state::{Employee, StatusRow};

/// The key of the practice company; worth nothing anywhere else.
pub const API_KEY: &str = "practice-bamboohr-key";

/// The zone in which this company's days begin and end. The vendor tells it nowhere in its API.
pub const COMPANY_ZONE: chrono_tz::Tz = chrono_tz::America::Denver;

/// A company's BambooHR.
#[derive(Debug)]
pub struct BambooHr {
    clock: PracticeClock,
    state: Mutex<State>,
}

impl BambooHr {
    /// With these people, as HR entered them before the practice began.
    pub fn new(population: &Population, clock: &PracticeClock) -> Self {
        Self { clock: clock.clone(), state: Mutex::new(State::new(population, clock.now())) }
    }

    /// HR enters somebody new; a number that is taken is replaced.
    pub fn enter(&self, person: Person) {
        let now = self.clock.now();
        self.state().enter(&person, now, true);
    }

    /// HR enters that somebody leaves: the last day, in the vendor's words why.
    pub fn terminate(&self, number: u32, last_day: NaiveDate, kind: &str) {
        self.add_row(number, StatusRow::terminated(last_day, kind));
    }

    /// HR enters that somebody is hired (again) from a day on.
    pub fn hire(&self, number: u32, first_day: NaiveDate) {
        self.add_row(number, StatusRow::hired(first_day, "Full-Time"));
    }

    /// HR adds any row to somebody's employment status table.
    pub fn add_row(&self, number: u32, row: StatusRow) {
        let now = self.clock.now();
        self.state().add_row(number, row, now);
    }

    /// HR takes away the row that it entered last in somebody's employment status table.
    pub fn withdraw_last_row(&self, number: u32) {
        self.edit(number, |employee| drop(employee.rows.drain(..1.min(employee.rows.len()))));
    }

    /// HR changes a record; the vendor notes that it changed.
    pub fn edit(&self, number: u32, change: impl FnOnce(&mut Employee)) {
        let now = self.clock.now();
        self.state().edit(number, now, change);
    }

    /// HR deletes a record.
    pub fn delete(&self, number: u32) {
        let now = self.clock.now();
        self.state().delete(number, now);
    }

    /// Takes from the key the right to see a field, or a column of the employment status table.
    pub fn hide(&self, field: &str) {
        self.state().hidden.insert(field.to_owned());
    }

    /// Gives all rights back.
    pub fn show_all(&self) {
        self.state().hidden.clear();
    }

    /// One record, told without the API.
    pub fn employee(&self, number: u32) -> Option<Employee> {
        self.state().employees.get(&number).cloned()
    }

    pub(crate) fn contact(&self, base_url: &str) -> Contact {
        Contact {
            vendor: Self::NAME,
            base_url: base_url.to_owned(),
            settings: vec![
                ("base_url", base_url.to_owned()),
                ("allow_local", "true".into()),
                ("zone", COMPANY_ZONE.name().into()),
            ],
            secrets: vec![("api_key", API_KEY.into())],
        }
    }

    fn now(&self) -> DateTime<Utc> {
        self.clock.now()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Simulator for BambooHr {
    const NAME: &'static str = "bamboohr";

    fn routes() -> Vec<Route<Self>> {
        vec![
            Route::get("/api/v1/employees", Self::oauth_only),
            Route::get("/api/v1/employees/changed", Self::changed).query(&["since", "type"]),
            Route::get("/api/v1/employees/changed/tables/{table}", Self::changed_table).query(&["since"]),
            Route::get("/api/v1/employees/directory", Self::directory).query(&["onlyCurrent"]),
            Route::get("/api/v1/employees/{id}", Self::one).query(&["fields", "onlyCurrent"]),
            Route::get("/api/v1/employees/{id}/tables/{table}", Self::table),
            Route::post("/api/v1/employees/{id}/tables/{table}", Self::add_table_row),
            Route::post("/api/v1/reports/custom", Self::report).query(&["format", "onlyCurrent"]),
            Route::get("/api/v1/meta/fields", Self::fields),
            Route::get("/api/v1/meta/tables", Self::tables),
            Route::get("/api/v1/meta/users", Self::users).query(&["status"]),
        ]
    }

    fn admit(&self, asked: &Asked) -> Result<(), Refusal> {
        let sent = asked.credentials("Basic").ok_or(Refusal::MissingCredentials)?;
        let pair = BASE64_STANDARD.decode(sent).map_err(|_| Refusal::WrongCredentials)?;
        // The password may be anything; the key is the name.
        let key = pair.split(|b| *b == b':').next().unwrap_or_default();
        if key == API_KEY.as_bytes() { Ok(()) } else { Err(Refusal::WrongCredentials) }
    }

    fn refuse(refusal: &Refusal) -> Answer {
        refuse::refuse(refusal)
    }
}
