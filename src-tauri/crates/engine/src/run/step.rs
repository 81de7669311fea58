//! The one loop that serves every step of every run: observe; if the wish holds, done; else write the
//! intent down, apply once, observe again. First try, retry and recovery after a crash are this same code.

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use lockstep_connectors::{AccessTarget, Clock, Kind, Order, Receipt};
use lockstep_domain::access::{AccountRef, Observation, Verdict, holds_in};
use lockstep_domain::capability::Proof;
use lockstep_domain::digest::Digest;
use lockstep_domain::guards::Blocker;
use lockstep_domain::plan::Step;
use lockstep_domain::run::{Assurance, Progress, RunEvent};
use serde::{Deserialize, Serialize};

use super::journal::{Journal, Record};
use crate::error::Result;
use crate::offboard::Judge;

/// What judges a write just before it is sent.
#[async_trait::async_trait]
pub(crate) trait WriteGuard: Send + Sync {
    /// The judge of writing this step now. It is asked in the transaction that records the intent, so that no
    /// pause and no lowered mode comes between its answer and the intent.
    async fn judge(&self, step: &Step, way: usize, seen: &Observation) -> Judge;
}

/// Everything that doing one step of an account needs.
pub(crate) struct StepDriver<'a> {
    pub(crate) journal: &'a Journal,
    pub(crate) clock: &'a Arc<dyn Clock>,
    pub(crate) guard: &'a dyn WriteGuard,
    pub(crate) target: &'a dyn AccessTarget,
    pub(crate) step: &'a Step,
    pub(crate) account: &'a AccountRef,
    /// How often this step was put off already in this process.
    pub(crate) put_off: u32,
}

/// A write that the vendor took and that the ledger does not know of yet. It rides along with the next
/// record, so that a step costs two durable commits: the intent, and the outcome.
struct Taken {
    at: DateTime<Utc>,
    record: Record,
}

/// Waiting after a failure that may pass, doubling up to five minutes.
const FIRST_WAIT_S: i64 = 2;
const LONGEST_WAIT_S: i64 = 300;

/// Why a step goes no further in this round.
enum Stop {
    Until(DateTime<Utc>, &'static str),
    Blocked(Blocker),
    /// The ledger tells why already: the guard refused the write, or a person closed the step, or held or
    /// stopped the run, while we were at it.
    Told,
}

impl StepDriver<'_> {
    /// Brings the step as far as it will go now. `seen` is the account's latest observation; it serves every
    /// step of the account until the next write, and is left behind for the next step.
    pub(crate) async fn drive(&self, seen: &mut Option<Observation>) -> Result<()> {
        let mut taken: Option<Taken> = None;
        loop {
            let progress = self.progress().await;
            if progress.state.is_closed() {
                return Ok(());
            }
            let since = self.journal.ask(|run| run.since).await;
            let observation = match self.observe(seen, since).await {
                Ok(observation) => observation,
                Err(stop) => return self.stop(seen, taken, stop).await,
            };
            let verdict = holds_in(&self.step.wish, &observation, since);
            if let Some(outcome) = self.settles(&verdict, &progress, taken.as_ref(), &observation) {
                self.journal.record(taken.into_iter().map(|t| t.record).chain([outcome]).collect()).await?;
                return Ok(());
            }
            if matches!(verdict, Verdict::Unknowable(_)) && !self.by_receipt() {
                return self.stop(seen, taken, Stop::Blocked(Blocker::CannotVerify)).await;
            }
            let way = match self.way_now(&progress, taken.as_ref()) {
                Ok(way) => way,
                Err(stop) => return self.stop(seen, taken, stop).await,
            };
            let judge = self.guard.judge(self.step, way, &observation).await;
            let attempt = u32::try_from(progress.attempts.len() + 1).unwrap_or(u32::MAX);
            taken = match self.write(way, attempt, taken, judge).await? {
                Ok(taken) => Some(taken),
                Err(Some(stop)) => return self.stop(seen, None, stop).await,
                Err(None) => None, // the vendor did not understand this way; the next one is tried
            };
            *seen = None;
        }
    }

    /// The record that closes the step, if what was seen suffices.
    fn settles(
        &self,
        verdict: &Verdict,
        progress: &Progress,
        taken: Option<&Taken>,
        seen: &Observation,
    ) -> Option<Record> {
        let (assurance, at) = match verdict {
            Verdict::Satisfied if progress.attempts.is_empty() => (Assurance::AlreadyTrue, seen.at),
            Verdict::Satisfied => (Assurance::ReadBack, seen.at),
            Verdict::Unknowable(_) if progress.last_way().is_some_and(|w| w.proof == Proof::Receipt) => {
                (Assurance::Receipt, taken.map(|t| t.at).or_else(|| progress.receipt_at())?)
            }
            Verdict::Unknowable(_) | Verdict::Unsatisfied(_) => return None,
        };
        let observation = Digest::of_json(seen).unwrap_or(Digest::ZERO);
        let event = RunEvent::Settled { step: self.step.id, assurance, seen_at: at, observation };
        Some(Record::with(event, seen))
    }

    async fn progress(&self) -> Progress {
        let id = self.step.id;
        self.journal
            .ask(|run| run.step(id).cloned())
            .await
            .unwrap_or_else(|| Progress::new(self.step.outline()))
    }

    /// The account as it is now, or why it cannot be told.
    async fn observe(
        &self,
        seen: &mut Option<Observation>,
        since: DateTime<Utc>,
    ) -> Result<Observation, Stop> {
        if let Some(observation) = seen.as_ref().filter(|o| o.at >= since) {
            return Ok(observation.clone());
        }
        match self.target.observe(&self.account.remote_id).await {
            Ok(observation) => Ok(seen.insert(observation).clone()),
            Err(e) => Err(self.stop_for(&e)),
        }
    }

    /// Whether some way could be proven without reading the state back.
    fn by_receipt(&self) -> bool {
        self.step.ways.iter().any(|w| w.proof == Proof::Receipt)
    }

    /// The way to write next, or why not to write now.
    fn way_now(&self, progress: &Progress, taken: Option<&Taken>) -> Result<usize, Stop> {
        let mut progress = progress.clone();
        if let (Some(taken), Some(last)) = (taken, progress.attempts.last_mut()) {
            last.applied_at = Some(taken.at);
        }
        // While the vendor may lag behind our last write, "not yet" means wait and never write again.
        // Looked at again sooner than at its end, since most vendors are faster than they promise.
        let now = self.clock.now();
        if let Some(until) = progress.lag_until().filter(|until| *until > now) {
            let again = now + TimeDelta::seconds(FIRST_WAIT_S << (2 * self.put_off).min(8));
            return Err(Stop::Until(until.min(again), "lag"));
        }
        if progress.final_maybe_sent() {
            return Err(Stop::Blocked(Blocker::MaybeSent));
        }
        progress.next_way().ok_or(Stop::Blocked(Blocker::NothingWorked))
    }

    /// Sends one write, if `judge` lets it. The intent is durable before it goes out.
    async fn write(
        &self,
        way: usize,
        attempt: u32,
        taken: Option<Taken>,
        judge: Judge,
    ) -> Result<Result<Taken, Option<Stop>>> {
        let step = self.step.id;
        if !self.journal.intend(taken.map(|t| t.record), (step, attempt, way), judge).await? {
            return Ok(Err(Some(Stop::Told)));
        }
        let order = Order {
            step: step.0,
            account_remote_id: self.account.remote_id.clone(),
            wish: self.step.wish.clone(),
            dialect: self.step.ways.get(way).and_then(|w| w.dialect.clone()),
        };
        match self.target.apply(&order).await {
            Ok(receipt) => Ok(Ok(Taken { at: receipt.at, record: applied(step, attempt, &receipt) })),
            Err(e) => {
                let refused = !matches!(e.kind(), Kind::Unavailable | Kind::Malformed);
                let error = e.kind().as_str().to_owned();
                let told = ToldByVendor { context: e.context().into(), remedy: e.remedy().into() };
                let failed = RunEvent::Failed { step, attempt, error, refused };
                self.journal.record(vec![Record::with(failed, &told)]).await?;
                let other_way =
                    matches!(e.kind(), Kind::Unsupported | Kind::Malformed | Kind::Conflict | Kind::NotFound);
                Ok(Err((!other_way).then(|| self.stop_for(&e))))
            }
        }
    }

    fn stop_for(&self, error: &lockstep_connectors::Error) -> Stop {
        match error.kind() {
            Kind::RateLimited { retry_at } => Stop::Until(*retry_at, "rate_limited"),
            Kind::Unavailable | Kind::TokenExpired => {
                let wait = FIRST_WAIT_S << self.put_off.min(8);
                let why = if *error.kind() == Kind::TokenExpired { "token_expired" } else { "unavailable" };
                Stop::Until(self.clock.now() + TimeDelta::seconds(wait.min(LONGEST_WAIT_S)), why)
            }
            Kind::Auth => Stop::Blocked(Blocker::Auth),
            Kind::Forbidden => Stop::Blocked(Blocker::Forbidden),
            Kind::Unsupported => Stop::Blocked(Blocker::Unsupported),
            Kind::Malformed => Stop::Blocked(Blocker::Malformed),
            Kind::Conflict | Kind::NotFound => Stop::Blocked(Blocker::Conflict),
            Kind::Setting => Stop::Blocked(Blocker::ConnectionGone),
        }
    }

    /// Records why the step goes no further now. What was seen is not believed the next time.
    async fn stop(&self, seen: &mut Option<Observation>, taken: Option<Taken>, stop: Stop) -> Result<()> {
        *seen = None;
        let step = self.step.id;
        let stopped = match stop {
            Stop::Until(until, why) => Some(RunEvent::Deferred { step, until, why: why.into() }),
            Stop::Blocked(blocker) => Some(RunEvent::Blocked { step, blocker }),
            Stop::Told => None,
        };
        let records: Vec<Record> =
            taken.into_iter().map(|t| t.record).chain(stopped.map(Record::of)).collect();
        if !records.is_empty() {
            self.journal.record(records).await?;
        }
        Ok(())
    }
}

fn applied(step: lockstep_domain::plan::StepId, attempt: u32, receipt: &Receipt) -> Record {
    let digest = Digest::of_json(receipt).unwrap_or(Digest::ZERO);
    Record::with(RunEvent::Applied { step, attempt, receipt: digest }, receipt)
}

/// What the payload of a failed write keeps of the vendor's answer.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct ToldByVendor {
    pub(crate) context: String,
    pub(crate) remedy: String,
}
