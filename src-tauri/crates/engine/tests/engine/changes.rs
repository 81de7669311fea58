//! A source that tells who changed: asked for that only, and read as a whole when that would not do.

use std::time::Duration;

use chrono::TimeDelta;
use lockstep_connectors::vendors::bamboohr;
use lockstep_engine::api::{AddConnection, ConnectionSync, SyncView};
use lockstep_engine::{Desk, DeskOptions, Init};
use lockstep_practice::{Case, Fault, OfficeOptions, PracticeClock};
use zeroize::Zeroizing;

use super::fate::Witness;
use super::office::{Office, today};

/// A home that is connected to the practice company's HR system and has read everybody once.
struct Company {
    office: Office,
    practice: lockstep_practice::Office,
    desk: Desk,
}

impl Company {
    async fn new() -> Self {
        let office = Office::empty();
        office.clock.set(today());
        let shown = office.clock.clone();
        let clock = PracticeClock::following(move || lockstep_connectors::Clock::now(&*shown));
        let practice = lockstep_practice::Office::start(OfficeOptions::new(40, clock)).await.unwrap();
        let init = Init { organisation: "Acme".into(), operator_email: Some("op@acme.test".into()) };
        let desk = Desk::init(&office.home(), init, options(&office)).await.unwrap();
        let contact = practice.contacts().remove(0);
        let add = AddConnection {
            vendor: contact.vendor.into(),
            name: "hr".into(),
            settings: contact.settings.into_iter().map(|(k, v)| (k.to_owned(), v)).collect(),
            secrets: contact.secrets.into_iter().map(|(k, v)| (k.to_owned(), Zeroizing::new(v))).collect(),
        };
        desk.add_connection(add).await.unwrap();
        let company = Self { office, practice, desk };
        let first = company.sync().await;
        assert!(first.complete && company.read(&first).baseline, "the first read: {first:?}");
        company.requests();
        company
    }

    async fn sync(&self) -> SyncView {
        self.office.sync(&self.desk).await
    }

    fn read<'a>(&self, sync: &'a SyncView) -> &'a ConnectionSync {
        &sync.connections[0]
    }

    /// Requests since the last time this was asked.
    fn requests(&self) -> usize {
        let count = self.practice.bamboohr.log.all().len();
        self.practice.bamboohr.log.clear();
        count
    }

    /// HR enters that somebody ordinary leaves after so many days.
    fn leaves_in(&self, days: i64) -> u32 {
        let number = self.practice.population.one(Case::Ordinary).unwrap().number;
        let last = self.practice.population.today + TimeDelta::days(days);
        self.practice.bamboohr.vendor.terminate(number, last, "Resignation (Voluntary)");
        number
    }
}

fn options(office: &Office) -> DeskOptions {
    DeskOptions { vendors: vec![bamboohr::vendor()], ..office.options("olga", &Witness::none()) }
}

#[tokio::test]
async fn a_sync_of_nothing_costs_one_request_and_a_new_end_makes_a_leaver() {
    let company = Company::new().await;
    for _ in 0..3 {
        company.office.pass(Duration::from_mins(5));
        let sync = company.sync().await;
        let read = company.read(&sync);
        assert!(sync.complete && read.changes_only && read.rows == 0, "nobody changed: {sync:?}");
        assert!(company.requests() <= 2, "asking often must cost next to nothing");
    }
    for (days, state, why) in
        [(20, "notice_period", "in notice"), (0, "terminated", "ended today, at once and not at midnight")]
    {
        let number = company.leaves_in(days);
        let sync = company.sync().await;
        assert!(company.read(&sync).changes_only, "{why}: {sync:?}");
        assert_eq!(company.read(&sync).rows, 1, "{why}: only who changed");
        // The same person: first in notice, then out.
        assert_eq!(sync.new_leavers, usize::from(days > 0), "{why}");
        let name = company.practice.population.person(number).unwrap().display_name();
        let leavers = company.desk.leavers().await.unwrap();
        let leaver = leavers.iter().find(|row| row.name == name).expect("on the list");
        assert_eq!(leaver.state, state, "{why}: {leaver:?}");
        company.office.pass(Duration::from_mins(5));
    }
    let kinds: Vec<String> = company.office.entries().await.into_iter().map(|e| e.kind).collect();
    assert_eq!(
        kinds.iter().filter(|k| *k == "read.changes").count(),
        2,
        "an auditor sees what was taken over"
    );
}

#[tokio::test]
async fn changes_lead_to_the_state_that_a_read_of_everybody_leads_to() {
    let company = Company::new().await;
    let number = company.leaves_in(20);
    company.practice.bamboohr.vendor.edit(number + 1, |e| e.person.department = "Elsewhere".into());
    company.office.pass(Duration::from_mins(5));
    company.sync().await;
    let by_changes = format!("{:?}", company.desk.leavers().await.unwrap());
    company.requests();
    company.office.policy("[leaver]\nfull_read_hours = 0\n");
    let desk = Desk::open(&company.office.home(), options(&company.office)).await.unwrap();
    let full = company.office.sync(&desk).await;
    assert!(!company.read(&full).changes_only, "the policy says when everybody is read: {full:?}");
    assert_eq!(company.requests(), 2, "everybody and the table");
    let by_all = format!("{:?}", company.desk.leavers().await.unwrap());
    assert_eq!(by_changes, by_all, "and nothing is news in it");
}

#[tokio::test]
async fn everybody_is_read_at_least_daily_and_when_the_clock_is_odd() {
    let company = Company::new().await;
    for (minutes, changes_only, why) in [
        (19 * 60 + 59, true, "not yet due"),
        (1, false, "due within a day, with time to try again"),
        (1, true, "counted from that read"),
    ] {
        company.office.pass(Duration::from_mins(minutes));
        let sync = company.sync().await;
        assert_eq!(company.read(&sync).changes_only, changes_only, "{why}: {sync:?}");
    }
    company.office.clock.set(today() - TimeDelta::hours(2));
    let sync = company.sync().await;
    assert!(!company.read(&sync).changes_only, "a clock that was set back tells no age: {sync:?}");
}

#[tokio::test]
async fn whatever_changes_cannot_tell_is_read_from_everybody() {
    let company = Company::new().await;
    let hr = &company.practice.bamboohr;
    company.office.pass(Duration::from_mins(5));

    hr.faults.next(1, "GET /api/v1/employees/changed", Fault::status(400));
    let sync = company.sync().await;
    assert!(sync.complete && !company.read(&sync).changes_only, "the place expired: {sync:?}");
    assert_eq!(company.requests(), 3, "one question too many, and then everybody");

    hr.faults.always("GET /api/v1/employees/changed", Fault::status(403));
    let sync = company.sync().await;
    assert!(!sync.complete, "a source that refuses is told, not worked around: {sync:?}");
    hr.faults.clear();

    let before = company.desk.leavers().await.unwrap().len();
    hr.vendor.hide("terminationDate");
    company.leaves_in(3);
    let sync = company.sync().await;
    assert!(!sync.complete && !company.read(&sync).changes_only, "a right was lost: {sync:?}");
    assert!(company.read(&sync).trouble.iter().any(|t| t.contains("terminationDate")), "by name: {sync:?}");
    assert_eq!(company.desk.leavers().await.unwrap().len(), before, "nobody's state changes by such a read");

    hr.vendor.show_all();
    let sync = company.sync().await;
    assert_eq!(sync.new_leavers, 1, "what was missed meanwhile is still told: {sync:?}");
}

#[tokio::test]
async fn a_deleted_record_is_told_and_ends_nothing() {
    let company = Company::new().await;
    let gone = company.practice.population.one(Case::OnLeave).unwrap().number;
    company.practice.bamboohr.vendor.delete(gone);
    let sync = company.sync().await;
    let told = &company.read(&sync).findings;
    assert!(told.iter().any(|f| f.reason.starts_with("gone")), "HR has to be asked: {told:?}");
    assert_eq!(sync.new_leavers, 0, "absence never means that somebody left");
}
