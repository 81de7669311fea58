//! The practice company: HR, directory and applications that behave as their vendors say they do, and weeks that pass
//! in a second. What became of an account is asked of the simulated vendor, not of Lockstep.

mod scheduled;
mod trouble;
mod unscheduled;

use std::time::Duration;

use chrono::{DateTime, NaiveDate, Utc};
use lockstep_practice::vendors::okta::{User, user_id};
use lockstep_practice::{Case, Person};
use lockstep_testkit::{Output, Practice, Running};
use serde_json::Value;

const DAY: Duration = Duration::from_secs(24 * 3600);

/// The account in the directory, told by the directory itself.
fn at_okta(practice: &Practice, person: &Person) -> User {
    let users = practice.office.okta.vendor.truth().users;
    users.get(&user_id(person.number)).unwrap_or_else(|| panic!("{} is gone", person.work_email)).clone()
}

/// Changes an account in the directory by other means.
fn edit_okta(practice: &Practice, person: &Person, change: impl FnOnce(&mut User)) {
    practice.office.okta.vendor.edit(|org| change(org.users.get_mut(&user_id(person.number)).unwrap()));
}

/// Writes to the directory about somebody, in order: method and path, with "ID" for the person's id.
fn writes_about(practice: &Practice, person: &Person) -> Vec<String> {
    let id = user_id(person.number);
    let entries = practice.office.okta.log.writes().into_iter();
    entries
        .filter(|e| e.path.contains(&id))
        .map(|e| format!("{} {}", e.method, e.path.replace(&id, "ID")))
        .collect()
}

/// When access ends by HR's record, as Lockstep says.
fn access_end(practice: &Practice, person: &Person) -> DateTime<Utc> {
    let shown = practice.lockstep.run(&["--json", "person", "show", &person.work_email]);
    let shown = shown.expect_code(0, "HR lists everybody").json();
    shown["access_end_at"].as_str().unwrap_or_else(|| panic!("no end: {shown}")).parse().unwrap()
}

/// Lets time pass until this many seconds after an instant, or before it.
fn wait_until(practice: &mut Practice, instant: DateTime<Utc>, seconds: i64) {
    let left = instant + chrono::TimeDelta::seconds(seconds) - practice.office.clock.now();
    practice.pass(left.to_std().unwrap_or_else(|_| panic!("{instant} is over")));
}

/// The last day that HR planned.
fn last_day(person: &Person) -> NaiveDate {
    person.latest().and_then(|stint| stint.last_day).unwrap()
}

/// Offboards somebody at once, by an operator's explicit act.
fn now(practice: &Practice, person: &Person) -> Output {
    begin_now(practice, person).wait()
}

/// The same, without waiting for the end.
fn begin_now(practice: &Practice, person: &Person) -> Running {
    practice.confirm_links(person);
    let who = [person.work_email.as_str(), "--now", "--reason", "dismissed today"];
    let digest = practice.digest(&who);
    let args = ["--json", "offboard", "start"].into_iter().chain(who).chain(["--approve", &digest]);
    practice.lockstep.spawn(&args.collect::<Vec<_>>())
}

/// Somebody for whom nothing is planned.
fn somebody(practice: &Practice) -> Person {
    practice.person(Case::Ordinary)
}

/// The step of a run whose wish says this.
fn step<'a>(run: &'a Value, wish: &str) -> &'a Value {
    let steps = run["steps"].as_array().unwrap();
    let found = |s: &&Value| s["wish"].as_str().is_some_and(|w| w.contains(wish));
    steps.iter().find(found).unwrap_or_else(|| panic!("no step {wish:?}: {run:#}"))
}
