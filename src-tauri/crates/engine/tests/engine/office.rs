//! An organisation for a test: a home, an HR system and two applications, all of one clock.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use lockstep_connectors::vendors::sim::{self, SimAccount, SimWorld, SimWrite};
use lockstep_connectors::{Clock, ManualClock, Vendor};
use lockstep_domain::access::Wish;
use lockstep_domain::capability::Mode;
use lockstep_domain::digest::Digest;
use lockstep_domain::ledger::Entry;
use lockstep_domain::people::{SourceStatus, WorkerRecord};
use lockstep_engine::api::{
    AddConnection, OffboardRequest, RunView, SetMode, StartRequest, StepView, SyncRequest, SyncView,
};
use lockstep_engine::{Desk, DeskOptions, Init, Result, SecretsChoice};
use lockstep_store::{Store, StoreOptions};
use tempfile::TempDir;

use super::fate::{Keyring, Witness};
use super::wrap::{self, Manner, Sent};

/// The last day on which somebody of [`Office::leave`] works: the day before "today".
pub(crate) const LAST_DAY: &str = "2026-09-24";

/// The names of the connections.
pub(crate) const HR: &str = "hr";
pub(crate) const APP: &str = "app";
pub(crate) const WEB: &str = "web";

/// "Today", well after the end of [`LAST_DAY`].
pub(crate) fn today() -> DateTime<Utc> {
    "2026-09-25T14:00:00Z".parse().unwrap()
}

pub(crate) struct Office {
    dir: TempDir,
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) keyring: Keyring,
    pub(crate) hr: Arc<SimWorld>,
    pub(crate) app: Arc<SimWorld>,
    pub(crate) web: Arc<SimWorld>,
    pub(crate) sent: Sent,
    pub(crate) manner: Manner,
    /// Writes to the application from before this office was thawed.
    pub(crate) past: Vec<SimWrite>,
}

impl Office {
    /// Worlds and a folder, nothing in them. Memory where there is a disk of it: the tests wait for commits.
    pub(crate) fn empty() -> Self {
        let memory = Path::new("/dev/shm");
        let dir = if memory.is_dir() { TempDir::new_in(memory) } else { TempDir::new() };
        Self {
            dir: dir.unwrap(),
            clock: Arc::new(ManualClock::new("2026-09-20T08:00:00Z".parse().unwrap())),
            keyring: Keyring::default(),
            hr: SimWorld::new(),
            app: SimWorld::new(),
            web: SimWorld::new(),
            sent: Sent::default(),
            manner: Manner::default(),
            past: Vec::new(),
        }
    }

    /// A home whose HR system and application are connected and in mode full; nothing is read yet.
    pub(crate) async fn connected() -> Self {
        let office = Self::empty();
        office.set_up().await;
        office
    }

    /// People 1 to `people`, each with an account in the application, all employed at the first read. Today
    /// is [`today`].
    pub(crate) async fn of(people: usize) -> Self {
        let office = Self::empty();
        office.populate(people).await;
        office
    }

    /// As [`Office::of`], with applications of another manner.
    pub(crate) async fn with_manner(people: usize, manner: Manner) -> Self {
        let office = Self { manner, ..Self::empty() };
        office.populate(people).await;
        office
    }

    /// As [`Office::of`], on a clock that only the test moves.
    pub(crate) async fn with_held_clock(people: usize) -> Self {
        let empty = Self::empty();
        let office = Self { clock: Arc::new(ManualClock::held(empty.clock.now())), ..empty };
        office.populate(people).await;
        office
    }

    async fn populate(&self, people: usize) {
        self.set_up().await;
        for n in 1..=people {
            self.hr.edit(|s| s.workers.push(worker(n)));
            self.app.edit(|s| s.accounts.insert(format!("u{n}"), account(n)));
        }
        let desk = self.desk().await;
        assert!(self.sync(&desk).await.complete, "the first read of a healthy world is complete");
        self.clock.set(today());
    }

    async fn set_up(&self) {
        let init = Init { organisation: "Acme".into(), operator_email: Some("op@acme.test".into()) };
        let desk = Desk::init(&self.home(), init, self.options("olga", &Witness::none())).await.unwrap();
        let zone = ("zone".to_owned(), "UTC".to_owned());
        connect(&desk, HR, [("role".to_owned(), "workers".to_owned()), zone].into()).await;
        connect(&desk, APP, [("role".to_owned(), "access".to_owned())].into()).await;
        self.mode(&desk, APP, Mode::Full).await;
    }

    /// Connects the second application too, in mode full, with an account for person `n`.
    pub(crate) async fn also_web(&self, desk: &Desk, n: usize) {
        self.web.edit(|s| s.accounts.insert(format!("w{n}"), account(n)));
        connect(desk, WEB, [("role".to_owned(), "access".to_owned())].into()).await;
        self.mode(desk, WEB, Mode::Full).await;
        self.sync(desk).await;
    }

    pub(crate) fn home(&self) -> PathBuf {
        self.dir.path().join("home")
    }

    /// The Desk of the operator who set the home up.
    pub(crate) async fn desk(&self) -> Desk {
        self.desk_of("olga").await
    }

    pub(crate) async fn desk_of(&self, operator: &str) -> Desk {
        Desk::open(&self.home(), self.options(operator, &Witness::none())).await.unwrap()
    }

    pub(crate) fn options(&self, operator: &str, witness: &Witness) -> DeskOptions {
        let vendor = |id: &'static str, world: &Arc<SimWorld>| -> Vendor {
            let mut vendor = sim::vendor(world.clone());
            vendor.descriptor.id = id;
            wrap::seen_by(witness, &self.sent, &self.home(), &self.manner, vendor)
        };
        DeskOptions {
            clock: self.clock.clone(),
            vendors: vec![vendor(HR, &self.hr), vendor(APP, &self.app), vendor(WEB, &self.web)],
            operator: operator.into(),
            secrets: SecretsChoice::Given(self.keyring.seen_by(witness)),
            progress: None,
            fuse: Some(Arc::new(witness.clone())),
        }
    }

    /// Writes the policy of the home; Desks opened from now on follow it.
    pub(crate) fn policy(&self, toml: &str) {
        std::fs::write(self.home().join("policy.toml"), toml).unwrap();
    }

    pub(crate) async fn mode(&self, desk: &Desk, connection: &str, mode: Mode) {
        let reason = "looked at its previews".into();
        desk.set_mode(SetMode { connection: connection.into(), mode, reason }).await.unwrap();
    }

    pub(crate) async fn sync(&self, desk: &Desk) -> SyncView {
        desk.sync(SyncRequest::default()).await.unwrap()
    }

    /// HR changes the record of person `n`.
    pub(crate) fn hr_says(&self, n: usize, change: impl FnOnce(&mut WorkerRecord)) {
        self.hr.edit(|s| {
            let record = s.workers.iter_mut().find(|w| w.remote_person_id == n.to_string()).unwrap();
            change(record);
            record.raw_sha256 = Digest::of(&serde_json::to_vec(&*record).unwrap());
        });
    }

    /// HR says that person `n` left on [`LAST_DAY`], and that was read.
    pub(crate) async fn leave(&self, desk: &Desk, n: usize) {
        self.hr_says(n, |w| {
            w.termination_date = Some(LAST_DAY.parse().unwrap());
            w.source_status = SourceStatus::Terminated;
            w.source_status_raw = "Terminated".into();
        });
        assert!(self.sync(desk).await.complete, "the read that brings the news is complete");
    }

    pub(crate) fn pass(&self, time: Duration) {
        self.clock.advance(time);
    }

    /// How many writes reached any vendor.
    pub(crate) fn writes(&self) -> usize {
        self.hr.writes().len() + self.app.writes().len() + self.web.writes().len()
    }

    /// Every write that ever reached the application, those from before a thaw included.
    pub(crate) fn app_writes(&self) -> Vec<SimWrite> {
        self.past.iter().cloned().chain(self.app.writes()).collect()
    }

    /// The ledger, read as another process would.
    pub(crate) async fn entries(&self) -> Vec<Entry> {
        let store = Store::open(&self.home(), StoreOptions::default()).unwrap().store;
        store.read(|r| r.entries(1..=u64::MAX)).await.unwrap()
    }
}

async fn connect(desk: &Desk, name: &str, settings: BTreeMap<String, String>) {
    let (vendor, name) = (name.to_owned(), name.to_owned());
    let add = AddConnection { vendor, name, settings, secrets: BTreeMap::new() };
    desk.add_connection(add).await.unwrap();
}

/// Person `n`, employed since 2024.
pub(crate) fn worker(n: usize) -> WorkerRecord {
    sim::worker(&n.to_string(), &format!("{n}-1"), &email(n))
}

/// An enabled account of person `n`, known by number and e-mail.
pub(crate) fn account(n: usize) -> SimAccount {
    let mut account = SimAccount::enabled(&email(n));
    account.external_id = Some(format!("N{n}"));
    account
}

pub(crate) fn email(n: usize) -> String {
    format!("p{n}@acme.test")
}

pub(crate) fn key(id: &str) -> Wish {
    Wish::CredentialRevoked { credential: id.into() }
}

/// These people, by HR's dates.
pub(crate) fn people(numbers: &[usize]) -> OffboardRequest {
    OffboardRequest { people: numbers.iter().map(|n| email(*n)).collect(), ..OffboardRequest::default() }
}

/// Previews and approves what was seen.
pub(crate) async fn approve(desk: &Desk, who: OffboardRequest) -> StartRequest {
    let digest = desk.preview(&who).await.unwrap().digest;
    StartRequest { who, approve: Some(digest), second_approver: None }
}

/// Previews, approves and starts.
pub(crate) async fn offboard(desk: &Desk, who: OffboardRequest) -> Result<Vec<RunView>> {
    desk.start(approve(desk, who).await).await
}

/// Offboards one person whom nothing speaks against.
pub(crate) async fn offboard_one(desk: &Desk, n: usize) -> RunView {
    offboard(desk, people(&[n])).await.unwrap().remove(0)
}

/// The step of this wish at this account.
pub(crate) fn step<'a>(run: &'a RunView, account: &str, wish: &str) -> &'a StepView {
    let found = |s: &&StepView| s.step.account.as_deref() == Some(account) && s.step.wish.contains(wish);
    run.steps.iter().find(found).unwrap_or_else(|| panic!("no step {wish:?} for {account}: {:?}", run.steps))
}
