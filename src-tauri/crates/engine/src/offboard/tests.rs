//! Whom a run may touch: an account in doubt, a rehire that no sync has brought, a pause.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use lockstep_connectors::vendors::sim::{self, SimAccount, SimGroup, SimWorld, worker};
use lockstep_connectors::{ManualClock, Vendor};
use lockstep_domain::access::Target;
use lockstep_domain::capability::Mode;
use lockstep_domain::digest::Digest;
use lockstep_domain::guards::{Blocker, Refusal};
use lockstep_domain::people::WorkerRecord;
use lockstep_domain::systems::Lane;
use lockstep_store::{Result as StoreResult, SecretStore};
use zeroize::Zeroizing;

use super::facts::Targets;
use crate::api::{AddConnection, DecideLink, OffboardRequest, SetMode, SetSystem, StartRequest, SyncRequest};
use crate::words;
use crate::{Desk, DeskOptions, Init, SecretsChoice};

#[derive(Debug, Default)]
struct Memory(Mutex<BTreeMap<String, Vec<u8>>>);

impl SecretStore for Memory {
    fn get(&self, name: &str) -> StoreResult<Option<Zeroizing<Vec<u8>>>> {
        Ok(self.0.lock().unwrap().get(name).cloned().map(Zeroizing::new))
    }

    fn set(&self, name: &str, value: &[u8]) -> StoreResult<()> {
        self.0.lock().unwrap().insert(name.into(), value.into());
        Ok(())
    }

    fn delete(&self, name: &str) -> StoreResult<()> {
        self.0.lock().unwrap().remove(name);
        Ok(())
    }
}

/// A home with an HR system, an application in mode full, a leaver whose last day was yesterday, and somebody
/// who stays.
struct House {
    desk: Desk,
    clock: Arc<ManualClock>,
    hr: Arc<SimWorld>,
    app: Arc<SimWorld>,
    _dir: tempfile::TempDir,
}

const LEAVER: &str = "lee@acme.test";

impl House {
    /// `accounts` by vendor id: number of the person, login.
    async fn with(accounts: &[(&str, &str, &str)]) -> Self {
        let (hr, app) = (SimWorld::new(), SimWorld::new());
        hr.edit(|s| {
            let ended = WorkerRecord { termination_date: Some("2026-09-24".parse().unwrap()), ..lee() };
            s.workers = vec![ended, worker("2", "2-1", "kim@acme.test")];
        });
        for (id, number, login) in accounts {
            let mut account = SimAccount::enabled(login);
            account.external_id = Some((*number).into());
            app.edit(|s| s.accounts.insert((*id).into(), account));
        }
        let dir = tempfile::tempdir().unwrap();
        let init = Init { organisation: "Acme".into(), operator_email: None };
        let clock = Arc::new(ManualClock::new("2026-09-25T14:00:00Z".parse().unwrap()));
        let options = DeskOptions {
            clock: clock.clone(),
            vendors: vec![vendor("hr", &hr), vendor("app", &app)],
            operator: "olga".into(),
            secrets: SecretsChoice::Given(Arc::new(Memory::default())),
            progress: None,
            fuse: None,
        };
        let desk = Desk::init(&dir.path().join("home"), init, options).await.unwrap();
        for (name, role) in [("hr", "workers"), ("app", "access")] {
            let mut settings = BTreeMap::from([("role".to_owned(), role.to_owned())]);
            if name == "hr" {
                settings.insert("zone".into(), "UTC".into());
            }
            let (vendor, name) = (name.to_owned(), name.to_owned());
            let add = AddConnection { vendor, name, settings, secrets: BTreeMap::new() };
            desk.add_connection(add).await.unwrap();
        }
        let mode = SetMode { connection: "app".into(), mode: Mode::Full, reason: "looked".into() };
        desk.set_mode(mode).await.unwrap();
        desk.sync(SyncRequest::default()).await.unwrap();
        Self { desk, clock, hr, app, _dir: dir }
    }

    async fn approved(&self) -> StartRequest {
        let who = OffboardRequest { people: vec![LEAVER.into()], ..OffboardRequest::default() };
        let digest = self.desk.preview(&who).await.unwrap().digest;
        StartRequest { who, approve: Some(digest), second_approver: None }
    }

    /// An operator decides the link between this account and person.
    async fn decide(&self, remote_id: &str, person: &str, confirm: bool) {
        let person = self.desk.one_person(person).await.unwrap().id;
        let links = self.desk.links(false).await.unwrap();
        let link = links.into_iter().find(|l| l.remote_id == remote_id && l.person == person).unwrap();
        let decide = DecideLink { link: link.id, confirm, reason: "asked them".into() };
        self.desk.decide_link(decide).await.unwrap();
    }

    fn works(&self, remote_id: &str) -> bool {
        self.app.truth().accounts[remote_id].enabled
    }
}

fn vendor(id: &'static str, world: &Arc<SimWorld>) -> Vendor {
    let mut vendor = sim::vendor(world.clone());
    vendor.descriptor.id = id;
    vendor
}

fn lee() -> WorkerRecord {
    worker("1", "1-1", LEAVER)
}

#[tokio::test]
async fn an_account_that_is_confirmed_as_somebody_else_s_is_not_cut_with_the_leaver() {
    // The number is Kim's and the address the leaver's: both are candidates, and an operator says whose it is.
    let house = House::with(&[("mine", "N1", LEAVER), ("doubt", "N2", LEAVER)]).await;
    house.decide("doubt", "kim@acme.test", true).await;
    let run = house.desk.start(house.approved().await).await.unwrap().remove(0);
    assert!(!house.works("mine"), "the leaver's own account is cut");
    assert!(house.works("doubt"), "Kim stays, and so does Kim's account");
    let blocked = Blocker::UnconfirmedLink.remedy();
    assert!(
        run.steps.iter().any(|s| s.remedy.as_deref() == Some(blocked)),
        "the account in doubt waits for a person, in sight: {:?}",
        run.steps
    );
}

#[tokio::test]
async fn an_account_that_two_people_hold_waits_for_a_decision() {
    let house = House::with(&[("shared", "N2", LEAVER)]).await;
    house.decide("shared", "kim@acme.test", true).await;
    house.decide("shared", LEAVER, true).await;
    house.desk.start(house.approved().await).await.unwrap();
    assert!(house.works("shared"), "cutting it would cut Kim, who stays");
    house.decide("shared", "kim@acme.test", false).await;
    house.desk.resume(None).await.unwrap();
    assert!(!house.works("shared"), "once nobody else's, it is cut");
}

#[tokio::test]
async fn a_rehire_that_no_sync_has_brought_is_seen_at_the_last_look() {
    for ends in [None, Some("2027-06-30")] {
        let house = House::with(&[("mine", "N1", LEAVER)]).await;
        let request = house.approved().await;
        let again = WorkerRecord {
            start_date: Some("2026-09-25".parse().unwrap()),
            termination_date: ends.map(|day| day.parse().unwrap()),
            ..worker("1", "1-2", LEAVER)
        };
        house.hr.edit(|s| s.workers.push(again));
        let error = house.desk.start(request).await.unwrap_err();
        assert!(
            matches!(error.refusals(), [Refusal::HrChanged { .. }]),
            "hired again until {ends:?}, with the old record as it was: {error}"
        );
        assert!(house.works("mine") && house.app.writes().is_empty(), "nothing is written against a rehire");
    }
}

#[tokio::test]
async fn two_administrators_who_leave_together_do_not_leave_a_system_without_one() {
    let kim = "kim@acme.test";
    let house = House::with(&[("a1", "N1", LEAVER), ("a2", "N2", kim)]).await;
    house.hr.edit(|s| {
        s.workers[1].termination_date = s.workers[0].termination_date;
        s.workers[1].raw_sha256 = Digest::of(b"kim leaves");
    });
    house.app.edit(|s| s.accounts.values_mut().for_each(|a| a.admin = true));
    house.desk.sync(SyncRequest::default()).await.unwrap();
    let who = OffboardRequest { people: vec![LEAVER.into(), kim.into()], ..OffboardRequest::default() };
    let digest = house.desk.preview(&who).await.unwrap().digest;
    let request = StartRequest { who, approve: Some(digest), second_approver: None };
    house.desk.start(request).await.unwrap();
    assert!(house.works("a1") || house.works("a2"), "somebody must be able to let people in again");
    let mut third = SimAccount::enabled("third@acme.test");
    third.admin = true;
    house.app.edit(|s| s.accounts.insert("a3".into(), third));
    house.desk.sync(SyncRequest::default()).await.unwrap();
    house.desk.resume(None).await.unwrap();
    assert!(!house.works("a1") && !house.works("a2"), "with a third administrator nothing holds them");
}

#[tokio::test]
async fn removal_days_after_the_cut_asks_hr_again() {
    for (said, held) in [("2026-09-30", false), ("2026-12-31", true)] {
        let house = House::with(&[("mine", "N1", LEAVER)]).await;
        house.app.edit(|s| {
            s.groups.insert("g".into(), SimGroup { name: "Staff".into(), privileged: false });
            s.accounts.get_mut("mine").unwrap().groups.insert("g".into());
        });
        let says = |end: &str| {
            house.hr.edit(|s| {
                s.workers[0].last_day_worked = Some("2026-09-24".parse().unwrap());
                s.workers[0].termination_date = Some(end.parse().unwrap());
                s.workers[0].raw_sha256 = Digest::of(end.as_bytes());
            });
        };
        says("2026-09-30");
        house.desk.sync(SyncRequest::default()).await.unwrap();
        house.desk.start(house.approved().await).await.unwrap();
        let removed = || house.app.truth().accounts["mine"].groups.is_empty();
        assert!(!house.works("mine") && !removed(), "cut on the last day worked, employed until the 30th");
        says(said);
        house.clock.advance(Duration::from_hours(166)); // the 2nd, at noon
        let run = house.desk.resume(None).await.unwrap().remove(0);
        assert_eq!(run.held.is_some(), held, "HR says {said}: {:?}", run.held);
        assert_eq!(removed(), !held, "HR says {said}: nothing is removed before the employment ends");
    }
}

#[tokio::test]
async fn starts_at_the_same_moment_do_not_slip_past_the_mass_breaker() {
    let house = House::with(&[]).await;
    let emails: Vec<String> = (10..16).map(|n| format!("p{n}@acme.test")).collect();
    house.hr.edit(|s| {
        let end = s.workers[0].termination_date;
        let leaver = |(n, e): (usize, &String)| worker(&format!("1{n}"), &format!("1{n}-1"), e);
        let all = emails.iter().enumerate().map(leaver);
        s.workers.extend(all.map(|w| WorkerRecord { termination_date: end, ..w }));
    });
    house.desk.sync(SyncRequest::default()).await.unwrap();
    let mut requests = Vec::new();
    for email in &emails {
        let who = OffboardRequest { people: vec![email.clone()], ..OffboardRequest::default() };
        let digest = house.desk.preview(&who).await.unwrap().digest;
        requests.push(StartRequest { who, approve: Some(digest), second_approver: None });
    }
    let starts = requests.into_iter().map(|request| house.desk.start(request));
    let ends = futures_util::future::join_all(starts).await;
    let refused = ends.iter().filter_map(|end| end.as_ref().err());
    assert_eq!(refused.count(), 3, "three leavers in a day go through, and no haste gets a fourth past");
}

#[tokio::test]
async fn an_account_list_that_the_register_no_longer_names_is_still_work() {
    let house = House::with(&[("mine", "N1", LEAVER)]).await;
    let register = |connection: &str| SetSystem {
        name: "app".into(),
        connection: Some(connection.into()),
        lane: Some(Lane::Manual),
        ..SetSystem::default()
    };
    // The register's row of the application now stands for HR's connection; nothing opens the application.
    house.desk.set_system(register("hr")).await.unwrap();
    let case = house.desk.case(LEAVER, false, &Targets::default()).await.unwrap();
    let tasks = case.plan.steps.iter().filter(|s| matches!(s.target, Target::Task(_)));
    let hints: Vec<_> = tasks.filter_map(|s| words::of_target(s).1).collect();
    assert_eq!(hints, [LEAVER], "an account that no connection can cut is never left out in silence");
}

#[tokio::test]
async fn a_pause_speaks_against_every_write() {
    let house = House::with(&[("mine", "N1", LEAVER)]).await;
    house.desk.pause("drill", 1).await.unwrap();
    let who = OffboardRequest { people: vec![LEAVER.into()], ..OffboardRequest::default() };
    let preview = house.desk.preview(&who).await.unwrap();
    let held = |s: &&crate::api::PreviewStep| s.blocked.as_ref().is_some_and(|(why, _)| why == "paused");
    assert!(preview.people[0].steps.iter().any(|s| held(&s)), "a run under way is stopped by this guard too");
}
