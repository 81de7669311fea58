//! The world behind the simulated vendor: it outlives every connection to it, as a real vendor outlives our
//! process, and it counts what was done to it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use lockstep_domain::access::Wish;
use lockstep_domain::activity::ActivityRecord;
use lockstep_domain::people::WorkerRecord;

use crate::error::{Error, Kind, Result};

/// How long a removed grant is still shown, in seconds.
pub const GRANT_LAG_S: u32 = 20;

/// An account of the simulated vendor, as it truly is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SimAccount {
    /// What the holder types to sign in.
    pub login: String,
    /// Name shown.
    pub display_name: Option<String>,
    /// E-mails.
    pub emails: Vec<String>,
    /// The id that our side gave it.
    pub external_id: Option<String>,
    /// Whether sign-in works.
    pub enabled: bool,
    /// Whether it administers the vendor.
    pub admin: bool,
    /// Ids of the keys that work.
    pub keys: BTreeSet<String>,
    /// Ids of the groups it is in.
    pub groups: BTreeSet<String>,
    /// When its sessions were last ended (UTC); no observation shows this.
    pub sessions_ended_at: Option<DateTime<Utc>>,
    /// Removed groups that are still shown, until when (UTC).
    pub(super) lingering: BTreeMap<String, DateTime<Utc>>,
}

impl SimAccount {
    /// An enabled account with this login and e-mail.
    pub fn enabled(login: &str) -> Self {
        Self { login: login.into(), emails: vec![login.into()], enabled: true, ..Self::default() }
    }

    /// The groups that a read shows at `now` (UTC).
    pub fn shown_groups(&self, now: DateTime<Utc>) -> BTreeSet<String> {
        let lingering = self.lingering.iter().filter(|(_, until)| **until > now).map(|(group, _)| group);
        self.groups.iter().chain(lingering).cloned().collect()
    }
}

/// A group of the simulated vendor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SimGroup {
    /// Name shown.
    pub name: String,
    /// Whether it gives power over others' access.
    pub privileged: bool,
}

/// How a read of workers ends.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum WorkersRead {
    /// Completely.
    #[default]
    Complete,
    /// Incompletely, for this reason.
    Incomplete(String),
}

/// Everything that is true in the world. Tests change it through [`SimWorld::edit`].
#[derive(Clone, Debug, Default)]
pub struct SimState {
    /// Accounts by vendor id.
    pub accounts: BTreeMap<String, SimAccount>,
    /// Groups by vendor id.
    pub groups: BTreeMap<String, SimGroup>,
    /// Its own log, in order.
    pub activity: Vec<ActivityRecord>,
    /// What the source of workers lists.
    pub workers: Vec<WorkerRecord>,
    /// How reads of workers end.
    pub workers_read: WorkersRead,
    /// The vendor id of the account behind our own credentials.
    pub own_account: Option<String>,
    /// The vendor's clock minus ours in seconds, as answers show it.
    pub skew_s: Option<i64>,
}

/// A call that can be made to fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Op {
    /// Reading all workers.
    ReadWorkers,
    /// Reading one worker (the last look).
    ReadWorker,
    /// Reading all accounts.
    ReadAccounts,
    /// Reading the log.
    ReadActivity,
    /// Reading one account back.
    Observe,
    /// A write.
    Apply,
    /// Asking for our own account.
    OwnAccount,
    /// Trying the connection.
    Probe,
}

/// What goes wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The call is refused with this kind; nothing is done.
    Refused(Kind),
    /// The write is done, but the caller gets `Unavailable`.
    AnswerLost,
    /// The caller gets a success, but nothing is done.
    Ignored,
    /// The call takes this long on the connection's clock, then goes on.
    Delayed(Duration),
}

/// How often a fault strikes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Times {
    /// At the next call only.
    Once,
    /// Until [`SimWorld::heal`].
    Always,
}

/// What a write did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It changed the world, or found it already so.
    Acted,
    /// It did nothing, and the caller was told an error.
    Refused,
    /// It did nothing, and the caller was told a success.
    Ignored,
}

/// One write that reached the vendor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SimWrite {
    /// When (UTC, the connection's clock).
    pub at: DateTime<Utc>,
    /// The vendor's id of the account.
    pub account: String,
    /// The wish, with its object.
    pub wish: Wish,
    /// What it did.
    pub outcome: Outcome,
}

/// The simulated vendor's world.
#[derive(Debug, Default)]
pub struct SimWorld {
    inner: Mutex<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    state: SimState,
    faults: Vec<(Op, Option<String>, Fault, Times)>,
    writes: Vec<SimWrite>,
}

impl SimWorld {
    /// An empty world.
    pub fn new() -> Arc<Self> {
        Arc::default()
    }

    /// Changes the world from outside, as an administrator there would; not counted as a write of ours.
    pub fn edit<T>(&self, change: impl FnOnce(&mut SimState) -> T) -> T {
        change(&mut self.lock().state)
    }

    /// The truth, whatever reads show.
    pub fn truth(&self) -> SimState {
        self.lock().state.clone()
    }

    /// The truth about one account.
    pub(super) fn account(&self, remote_id: &str) -> Option<SimAccount> {
        self.lock().state.accounts.get(remote_id).cloned()
    }

    /// The truth about one person's stints.
    pub(super) fn stints(&self, remote_person_id: &str) -> Vec<WorkerRecord> {
        let inner = self.lock();
        inner.state.workers.iter().filter(|w| w.remote_person_id == remote_person_id).cloned().collect()
    }

    /// Makes `op` fail; faults strike in the order in which they were set.
    pub fn fail(&self, op: Op, fault: Fault, times: Times) {
        self.lock().faults.push((op, None, fault, times));
    }

    /// Makes `op` fail for one account or person only.
    pub fn fail_for(&self, op: Op, remote_id: &str, fault: Fault, times: Times) {
        self.lock().faults.push((op, Some(remote_id.into()), fault, times));
    }

    /// Ends all faults.
    pub fn heal(&self) {
        self.lock().faults.clear();
    }

    /// Every write that reached the vendor, in order.
    pub fn writes(&self) -> Vec<SimWrite> {
        self.lock().writes.clone()
    }

    /// How many writes for this wish of this account reached the vendor, whatever they did.
    pub fn write_count(&self, account: &str, wish: &Wish) -> usize {
        self.lock().writes.iter().filter(|w| w.account == account && w.wish == *wish).count()
    }

    /// The fault that strikes this call, if one does.
    pub(super) fn fault(&self, op: Op, remote_id: &str) -> Option<Fault> {
        let mut inner = self.lock();
        let strikes = |f: &(Op, Option<String>, Fault, Times)| {
            f.0 == op && f.1.as_deref().is_none_or(|only| only == remote_id)
        };
        let at = inner.faults.iter().position(strikes)?;
        let fault = inner.faults[at].2.clone();
        if inner.faults[at].3 == Times::Once {
            inner.faults.remove(at);
        }
        Some(fault)
    }

    /// Acts on a write, or does not, and counts it, in one step: no death of the caller comes in between.
    pub(super) fn write(
        &self,
        account: &str,
        wish: &Wish,
        now: DateTime<Utc>,
        fault: Option<&Fault>,
    ) -> Result<()> {
        let mut inner = self.lock();
        let (outcome, answer) = match fault {
            Some(Fault::Refused(kind)) => (Outcome::Refused, Err(simulated(kind.clone()))),
            Some(Fault::Ignored) => (Outcome::Ignored, Ok(())),
            other => match act(&mut inner.state, account, wish, now) {
                Err(e) => (Outcome::Refused, Err(e)),
                Ok(()) if other == Some(&Fault::AnswerLost) => {
                    (Outcome::Acted, Err(simulated(Kind::Unavailable)))
                }
                Ok(()) => (Outcome::Acted, Ok(())),
            },
        };
        inner.writes.push(SimWrite { at: now, account: account.into(), wish: wish.clone(), outcome });
        answer
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn act(state: &mut SimState, account: &str, wish: &Wish, now: DateTime<Utc>) -> Result<()> {
    let found = state.accounts.get_mut(account).ok_or_else(|| simulated(Kind::NotFound))?;
    match wish {
        Wish::Disabled => found.enabled = false,
        Wish::SessionsEnded => found.sessions_ended_at = Some(now),
        Wish::CredentialRevoked { credential } => {
            if !found.keys.remove(credential) {
                return Err(simulated(Kind::NotFound));
            }
        }
        Wish::GrantAbsent { entitlement } => {
            if found.groups.remove(entitlement) {
                let until = now + TimeDelta::seconds(GRANT_LAG_S.into());
                found.lingering.insert(entitlement.clone(), until);
            }
        }
        Wish::EvidenceStored | Wish::TaskDone => return Err(simulated(Kind::Unsupported)),
    }
    Ok(())
}

pub(super) fn simulated(kind: Kind) -> Error {
    let context = format!("the simulated vendor answered: {}", kind.as_str());
    Error::new(kind, context, "This is a test; look at the faults that it set.")
}
