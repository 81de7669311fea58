use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use lockstep_practice::office::Contact;
use lockstep_practice::{Case, Office, OfficeOptions, Person, PracticeClock};
use serde_json::Value;

use crate::{Home, Lockstep, Output, PASSPHRASE};

/// Names the library that shifts a program's clock (libfaketime); `cargo xtask test` installs it and sets this.
const FAKETIME: &str = "FAKETIME_LIB";

/// The practice company with a home that has all of it connected, and a clock that company and program share and
/// that the test moves.
#[derive(Debug)]
pub struct Practice {
    /// Lockstep's home.
    pub home: Home,
    /// The program on that home.
    pub lockstep: Lockstep,
    /// The company's systems.
    pub office: Office,
    library: PathBuf,
    shift: PathBuf,
    shifted: Duration,
    /// Runs the company's servers; dropped last.
    _runtime: tokio::runtime::Runtime,
}

impl Practice {
    /// A company of so many people, connected, read once, and open to be acted on.
    pub fn of(people: usize) -> Self {
        let practice = Self::observed(people);
        practice.lockstep.run(&["sync"]).expect_code(0, "the first read is the baseline of every story");
        for contact in practice.office.contacts() {
            if contact.vendor != "bamboohr" {
                let mode = ["connection", "mode", contact.vendor, "full", "--reason", "links were looked at"];
                practice.lockstep.run(&mode).expect_code(0, "an operator may raise the mode");
            }
        }
        practice
    }

    /// The same with nothing read yet, and every connection only observing.
    pub fn observed(people: usize) -> Self {
        let Some(library) = std::env::var_os(FAKETIME) else {
            panic!(
                "{FAKETIME} does not name libfaketime. Run the tests with `cargo xtask test`, which installs it."
            );
        };
        let home = Home::new();
        let lockstep = Lockstep::new(&home);
        let practice = Self::unconnected(people, home, lockstep, library.into());
        practice.connect();
        practice
    }

    /// A company of so many people beside a folder in which nothing was set up yet, for whoever shows each command.
    /// `library` shifts the program's clock.
    pub fn unconnected(people: usize, home: Home, lockstep: Lockstep, library: PathBuf) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build();
        let runtime = runtime.unwrap_or_else(|error| panic!("cannot start a runtime: {error}"));
        let office = runtime.block_on(Office::start(OfficeOptions::new(people, PracticeClock::real())));
        let office = office.unwrap_or_else(|error| panic!("cannot start the practice company: {error}"));
        let shift = home.write("clock-shift", "+0");
        let mut lockstep = lockstep.with_env("LOCKSTEP_PASSPHRASE", PASSPHRASE);
        for contact in office.contacts() {
            for (field, secret) in &contact.secrets {
                lockstep = lockstep.with_env(variable(contact.vendor, field), secret);
            }
        }
        let mut practice =
            Self { home, lockstep, office, library, shift, shifted: Duration::ZERO, _runtime: runtime };
        for (name, value) in practice.clock_env() {
            practice.lockstep = practice.lockstep.with_env(name, value);
        }
        practice
    }

    /// The variables by which any program shares the company's clock.
    pub fn clock_env(&self) -> [(&'static str, OsString); 4] {
        let preload = if cfg!(target_os = "macos") { "DYLD_INSERT_LIBRARIES" } else { "LD_PRELOAD" };
        // Only the time of day is shifted: how long the machine has been up stays true.
        [
            (preload, self.library.clone().into()),
            ("FAKETIME_TIMESTAMP_FILE", self.shift.clone().into()),
            ("FAKETIME_NO_CACHE", "1".into()),
            ("FAKETIME_DONT_FAKE_MONOTONIC", "1".into()),
        ]
    }

    fn connect(&self) {
        for args in std::iter::once(self.init_args()).chain(self.connection_args()) {
            let args: Vec<&str> = args.iter().map(String::as_str).collect();
            self.lockstep.run(&args).expect_code(0, "the practice company's own words connect to it");
        }
    }

    /// What sets up the home.
    pub fn init_args(&self) -> Vec<String> {
        let operator = self.person(Case::Operator).work_email;
        let init = ["init", "--org", "Practice", "--operator-email", &operator, "--secrets", "sealed-file"];
        init.map(String::from).into()
    }

    /// What connects each of the company's vendors.
    pub fn connection_args(&self) -> Vec<Vec<String>> {
        self.office.contacts().iter().map(add_args).collect()
    }

    /// The first person who is in the company for this reason.
    pub fn person(&self, case: Case) -> Person {
        let found = self.office.population.people.iter().find(|p| p.case == case);
        found.unwrap_or_else(|| panic!("nobody is a {case:?}")).clone()
    }

    /// Lets time pass for the company and for the program, one that runs too.
    pub fn pass(&mut self, time: Duration) {
        self.shifted += time;
        self.office.clock.advance(time);
        self.set_programs_clock();
    }

    /// Sets only the program's clock: by this much before or after the company's.
    pub fn mis_set(&self, seconds: i64) {
        let shift = i64::try_from(self.shifted.as_secs()).unwrap_or(i64::MAX) + seconds;
        self.write_shift(&format!("{shift:+}"));
    }

    /// Sets the program's clock right again.
    pub fn set_programs_clock(&self) {
        self.write_shift(&format!("+{}", self.shifted.as_secs()));
    }

    fn write_shift(&self, shift: &str) {
        // Renamed into place: the program reads it at any moment.
        let new = self.shift.with_extension("new");
        let written = std::fs::write(&new, shift).and_then(|()| std::fs::rename(&new, &self.shift));
        written.unwrap_or_else(|error| panic!("cannot set the program's clock: {error}"));
    }

    /// An operator looks at whose accounts those of this person's e-mail are, and says yes.
    pub fn confirm_links(&self, person: &Person) {
        let links = self.lockstep.run(&["--json", "link", "list"]).expect_code(0, "a list").json();
        let name = person.display_name();
        for link in links.as_array().into_iter().flatten().filter(|link| link["person_name"] == name.as_str())
        {
            let id = link["id"].as_str().unwrap_or_default();
            self.lockstep
                .run(&["link", "confirm", id, "--reason", "asked them"])
                .expect_code(0, "an operator may confirm");
        }
    }

    /// The digest that a preview asks to have approved.
    pub fn digest(&self, who: &[&str]) -> String {
        let args: Vec<_> = ["--json", "offboard", "preview"].iter().chain(who).copied().collect();
        let preview = self.lockstep.run(&args).expect_code(0, "a preview changes nothing").json();
        preview["digest"].as_str().map_or_else(|| panic!("no digest: {preview}"), String::from)
    }

    /// Previews, and arms what was shown.
    pub fn arm(&self, who: &str) -> Output {
        self.lockstep.run(&["--json", "offboard", "arm", who, "--approve", &self.digest(&[who])])
    }

    /// Fires whatever is due.
    pub fn fire(&self) -> Output {
        self.lockstep.run(&["--json", "timer", "fire"])
    }

    /// The newest run of somebody, with its steps.
    pub fn run_of(&self, person: &Person) -> Option<Value> {
        let runs = self.lockstep.run(&["--json", "run", "list"]).expect_code(0, "it is a list").json();
        let name = person.display_name();
        let run = runs.as_array()?.iter().find(|run| run["name"] == name.as_str())?.clone();
        let id = run["id"].as_str()?.to_owned();
        Some(self.lockstep.run(&["--json", "run", "show", &id]).expect_code(0, "it is there").json())
    }
}

/// The environment variable that a secret is handed over in.
fn variable(vendor: &str, field: &str) -> String {
    format!("PRACTICE_{vendor}_{field}").to_uppercase()
}

fn add_args(contact: &Contact) -> Vec<String> {
    let mut args: Vec<String> =
        ["connection", "add", contact.vendor, "--name", contact.vendor].map(String::from).into();
    for (field, value) in &contact.settings {
        args.extend(["--set".into(), format!("{field}={value}")]);
    }
    for (field, _) in &contact.secrets {
        args.extend(["--secret".into(), format!("{field}=env:{}", variable(contact.vendor, field))]);
    }
    args
}
