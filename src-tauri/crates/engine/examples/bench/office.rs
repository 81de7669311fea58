//! An organisation to measure with: a home on the disk, an HR system and an application that are simulated,
//! and a clock that stands still, so that nothing waits but for our own work.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use lockstep_connectors::vendors::sim::{self, SimAccount, SimWorld};
use lockstep_connectors::{Vendor, vendors::csv};
use lockstep_domain::capability::Mode;
use lockstep_domain::digest::Digest;
use lockstep_domain::people::{SourceStatus, WorkerRecord};
use lockstep_engine::api::{AddConnection, OffboardRequest, RunView, SetMode, StartRequest, SyncRequest};
use lockstep_engine::{Desk, DeskOptions, Init, SecretsChoice};
use lockstep_store::SecretStore;
use tempfile::TempDir;
use zeroize::Zeroizing;

use crate::Result;
use crate::clock::BenchClock;
use crate::watch::Watch;

/// The application in which people have accounts.
const APP: &str = "app";

/// The HR system, where the people do not come from a file.
const HR: &str = "hr";

pub(crate) struct Office {
    dir: TempDir,
    pub(crate) clock: Arc<BenchClock>,
    keyring: Arc<Keyring>,
    pub(crate) hr: Arc<SimWorld>,
    pub(crate) app: Arc<SimWorld>,
}

impl Office {
    /// A home with an application in mode full, and nobody in it.
    pub(crate) async fn empty() -> Result<Self> {
        let office = Self {
            dir: folder()?,
            clock: Arc::new(BenchClock::new("2026-09-20T08:00:00Z".parse()?)),
            keyring: Arc::default(),
            hr: SimWorld::new(),
            app: SimWorld::new(),
        };
        let init = Init { organisation: "Bench".into(), operator_email: None };
        Desk::init(&office.home(), init, office.options(&Watch::new())).await?;
        // The breaker would stop a benchmark, as it should.
        std::fs::write(office.home().join("policy.toml"), "[guards]\nleavers_count = 1000000\n")?;
        let desk = office.desk(&Watch::new()).await?;
        desk.add_connection(connection(APP, APP, [("role", "access".into())])).await?;
        let reason = "measuring".into();
        desk.set_mode(SetMode { connection: APP.into(), mode: Mode::Full, reason }).await?;
        Ok(office)
    }

    /// Everybody of `people` left yesterday, was employed at the first read, and has `accounts` accounts.
    pub(crate) async fn of_leavers(people: u32, accounts: u32) -> Result<Self> {
        Self::after_hr_says(people, accounts, leave).await
    }

    /// The same, but their last day is the last of the month; access ends with it.
    pub(crate) async fn in_notice(people: u32, accounts: u32) -> Result<Self> {
        Self::after_hr_says(people, accounts, |worker| {
            worker.termination_date = Some("2026-09-30".parse()?);
            worker.raw_sha256 = Digest::of(&serde_json::to_vec(worker)?);
            Ok(())
        })
        .await
    }

    async fn after_hr_says(
        people: u32,
        accounts: u32,
        change: impl FnMut(&mut WorkerRecord) -> Result<()>,
    ) -> Result<Self> {
        let office = Self::empty().await?;
        office.hr.edit(|s| s.workers = (1..=people).map(worker).collect());
        (1..=people).for_each(|n| office.open_accounts(n, accounts));
        let desk = office.desk(&Watch::new()).await?;
        desk.add_connection(connection(HR, HR, [("role", "workers".into()), ("zone", "UTC".into())])).await?;
        office.sync(&desk).await?;
        office.hr.edit(|s| s.workers.iter_mut().try_for_each(change))?;
        office.clock.pass_until("2026-09-25T08:00:00Z".parse()?);
        office.sync(&desk).await?;
        Ok(office)
    }

    /// Accounts of person `n` with one key and one group each.
    pub(crate) fn open_accounts(&self, n: u32, accounts: u32) {
        self.app.edit(|s| {
            for nth in 0..accounts {
                let mut account = SimAccount::enabled(&email(n));
                account.external_id = Some(format!("N{n}"));
                account.keys.insert(format!("k{n}-{nth}"));
                account.groups.insert("everybody".into());
                s.accounts.insert(format!("u{n}-{nth}"), account);
            }
        });
    }

    pub(crate) fn home(&self) -> PathBuf {
        self.dir.path().join("home")
    }

    pub(crate) async fn desk(&self, watch: &Arc<Watch>) -> Result<Desk> {
        Ok(Desk::open(&self.home(), self.options(watch)).await?)
    }

    fn options(&self, watch: &Arc<Watch>) -> DeskOptions {
        let vendor = |id: &'static str, world: &Arc<SimWorld>| -> Vendor {
            let mut vendor = sim::vendor(Arc::clone(world));
            vendor.descriptor.id = id;
            vendor
        };
        DeskOptions {
            clock: Arc::clone(&self.clock) as _,
            vendors: vec![csv::vendor(), vendor(HR, &self.hr), vendor(APP, &self.app)],
            operator: "bench".into(),
            secrets: SecretsChoice::Given(Arc::clone(&self.keyring) as _),
            progress: Some(watch.sink()),
            fuse: Some(Arc::clone(watch) as _),
        }
    }

    /// Reads every connection.
    pub(crate) async fn sync(&self, desk: &Desk) -> Result<()> {
        let view = desk.sync(SyncRequest::default()).await?;
        if view.complete { Ok(()) } else { Err(format!("a read is not complete: {view:?}").into()) }
    }
}

/// A folder on the disk that holds this program: the target folder's, and never memory.
pub(crate) fn folder() -> Result<TempDir> {
    let program = std::env::current_exe()?;
    let beside = program.parent().ok_or("this program lies nowhere")?;
    Ok(TempDir::with_prefix_in("bench-", beside)?)
}

/// A connection of this vendor.
pub(crate) fn connection<const N: usize>(
    vendor: &str,
    name: &str,
    settings: [(&str, String); N],
) -> AddConnection {
    let settings = settings.map(|(field, value)| (field.to_owned(), value)).into();
    AddConnection { vendor: vendor.into(), name: name.into(), settings, secrets: BTreeMap::new() }
}

/// A request for these people, by HR's dates.
pub(crate) fn people(numbers: impl IntoIterator<Item = u32>) -> OffboardRequest {
    OffboardRequest { people: numbers.into_iter().map(email).collect(), ..OffboardRequest::default() }
}

/// Previews, approves and starts.
pub(crate) async fn offboard(desk: &Desk, who: OffboardRequest) -> Result<Vec<RunView>> {
    let approve = Some(desk.preview(&who).await?.digest);
    Ok(desk.start(StartRequest { who, approve, second_approver: None }).await?)
}

/// The work e-mail of person `n`.
pub(crate) fn email(n: u32) -> String {
    format!("p{n}@bench.test")
}

/// Person `n`, employed since 2024.
fn worker(n: u32) -> WorkerRecord {
    sim::worker(&n.to_string(), &format!("{n}-1"), &email(n))
}

fn leave(worker: &mut WorkerRecord) -> Result<()> {
    worker.termination_date = Some("2026-09-24".parse()?);
    worker.source_status = SourceStatus::Terminated;
    worker.source_status_raw = "Terminated".into();
    worker.raw_sha256 = Digest::of(&serde_json::to_vec(worker)?);
    Ok(())
}

/// Secrets in memory: what a keychain takes is not ours to measure.
#[derive(Debug, Default)]
struct Keyring(Mutex<BTreeMap<String, Vec<u8>>>);

impl Keyring {
    fn with<T>(&self, work: impl FnOnce(&mut BTreeMap<String, Vec<u8>>) -> T) -> T {
        work(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl SecretStore for Keyring {
    fn get(&self, name: &str) -> lockstep_store::Result<Option<Zeroizing<Vec<u8>>>> {
        Ok(self.with(|all| all.get(name).cloned().map(Zeroizing::new)))
    }

    fn set(&self, name: &str, value: &[u8]) -> lockstep_store::Result<()> {
        self.with(|all| all.insert(name.into(), value.into()));
        Ok(())
    }

    fn delete(&self, name: &str) -> lockstep_store::Result<()> {
        self.with(|all| all.remove(name));
        Ok(())
    }
}
