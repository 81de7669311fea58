//! Driving a run: ask the fold what is next, do it, account by account in parallel, until nothing can be
//! done now. One dead vendor never shields the others.

use std::collections::{BTreeMap, BTreeSet};
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use futures_util::future::{Either, select};
use futures_util::stream::{FuturesUnordered, Stream, StreamExt};
use lockstep_connectors::{AccessTarget, Clock};
use lockstep_domain::access::{Observation, Target};
use lockstep_domain::guards::Blocker;
use lockstep_domain::ids::ConnectionId;
use lockstep_domain::plan::{Step, StepId};
use lockstep_domain::run::{Next, RunEvent, WaveClock};
use tokio::sync::Mutex;

use super::journal::{Journal, Record};
use super::step::{StepDriver, WriteGuard};
use crate::error::Result;
use crate::schedule::Stop;

/// Something under way: a lane, by name, or nothing that a lane waits for.
type UnderWay<'a> = Pin<Box<dyn Future<Output = Result<Option<String>>> + Send + 'a>>;

/// How long a run is driven by one call before what waits is left to a later one.
const PATIENCE: Duration = Duration::from_secs(120);

/// What a run needs from around it, beside its own steps.
#[async_trait::async_trait]
pub(crate) trait Surroundings: WriteGuard {
    /// Stores evidence of the state before the cut and records it, or records what hinders it.
    async fn preserve(&self, journal: &Journal, step: &Step) -> Result<()>;

    /// Looks over every connection for what is left and records it.
    async fn sweep(&self, journal: &Journal) -> Result<Sweep>;

    /// Tells the anchor outside the database how far the ledger is.
    async fn wave_opened(&self);

    /// Makes and seals the run record.
    async fn seal(&self, journal: &Journal) -> Result<()>;
}

/// How a sweep ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sweep {
    /// What is left is recorded.
    Recorded,
    /// Steps were added for what was found; they come first.
    Amended,
}

/// How far a drive went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Driven {
    /// As far as it goes now.
    Through,
    /// Until the run got steps that this driver does not know.
    Amended,
}

/// A run being driven.
pub(crate) struct Driver<'a> {
    pub(crate) journal: &'a Journal,
    pub(crate) clock: &'a Arc<dyn Clock>,
    pub(crate) around: &'a dyn Surroundings,
    pub(crate) targets: &'a BTreeMap<ConnectionId, Arc<dyn AccessTarget>>,
    pub(crate) steps: &'a BTreeMap<StepId, Step>,
    pub(crate) waves: WaveClock,
    pub(crate) stop: &'a Stop,
}

/// What is remembered of a lane between its steps: the latest observation of its account.
type Lane = Arc<Mutex<Option<Observation>>>;

impl Driver<'_> {
    /// Drives until sealed, until only people can help, or until what is left waits longer than our patience.
    pub(crate) async fn drive(&self) -> Result<Driven> {
        let mut under_way = FuturesUnordered::new();
        let driven = self.rounds(&mut under_way).await;
        // A write that is out is not dropped because another lane failed: its answer would be lost.
        while under_way.next().await.is_some() {}
        driven
    }

    async fn rounds<'a>(&'a self, under_way: &mut FuturesUnordered<UnderWay<'a>>) -> Result<Driven> {
        let give_up_at = self.clock.now() + PATIENCE;
        let mut finished: Vec<Result<Option<String>>> = Vec::new();
        let mut busy: BTreeSet<String> = BTreeSet::new();
        let mut lanes: BTreeMap<String, Lane> = BTreeMap::new();
        let mut put_off: BTreeMap<StepId, u32> = BTreeMap::new();
        // Asked to end, no new step is begun; those under way come to their end.
        while !self.stop.is_asked() {
            let now = self.clock.now();
            let asked = self.journal.ask(|run| (run.next(now, self.waves), run.wake_at(now, self.waves)));
            let (next, wake_at) = beside(under_way, &mut finished, asked).await;
            if !finished.is_empty() {
                for lane in finished.drain(..) {
                    if let Some(lane) = lane? {
                        busy.remove(&lane);
                    }
                }
                continue; // the answer may be from before they were through
            }
            if let Next::Open(waves) = next {
                let opened = waves.into_iter().map(|(wave, cause)| RunEvent::WaveOpened { wave, cause });
                let opening = self.journal.record(opened.map(Record::of).collect());
                beside(under_way, &mut finished, opening).await?;
                // Beside the lanes: a keychain that hangs must not keep anybody's access open.
                under_way.push(Box::pin(async {
                    self.around.wave_opened().await;
                    Ok(None)
                }));
                continue;
            }
            if let Next::Do(ready) = &next {
                for step in ready.iter().filter_map(|id| self.steps.get(id)) {
                    let lane = step.outline().lane;
                    if busy.insert(lane.clone()) {
                        let seen = lanes.entry(lane.clone()).or_default().clone();
                        let before = put_off.entry(step.id).or_default();
                        under_way.push(Box::pin(self.one(step, lane, seen, *before)));
                        *before += 1;
                    }
                }
            }
            // Whatever is under way may change what is next; but a lane whose time has come does not wait for
            // a slow one.
            if !under_way.is_empty() {
                finished.extend(self.one_more(under_way, wake_at).await);
                continue;
            }
            match next {
                Next::Open(_) | Next::Do(_) => {}
                Next::WaitUntil(at) if at <= give_up_at => {
                    self.stop.or(self.clock.sleep((at - now).to_std().unwrap_or_default())).await;
                }
                Next::Sweep => {
                    if self.around.sweep(self.journal).await? == Sweep::Amended {
                        return Ok(Driven::Amended);
                    }
                }
                Next::Seal => self.around.seal(self.journal).await?,
                Next::WaitUntil(_) | Next::NeedsPerson | Next::Done => return Ok(Driven::Through),
            }
        }
        Ok(Driven::Through)
    }

    /// The next of what is under way that ends, unless the clock comes to `wake_at` before.
    async fn one_more(
        &self,
        under_way: &mut FuturesUnordered<UnderWay<'_>>,
        wake_at: Option<DateTime<Utc>>,
    ) -> Option<Result<Option<String>>> {
        let Some(at) = wake_at else { return under_way.next().await };
        match select(under_way.next(), self.clock.reached(at)).await {
            Either::Left((done, _)) => done,
            Either::Right(_) => None,
        }
    }

    /// Does one step; answers with its lane.
    async fn one(&self, step: &Step, lane: String, seen: Lane, put_off: u32) -> Result<Option<String>> {
        match &step.target {
            Target::Account(account) => match self.targets.get(&account.connection) {
                Some(target) => {
                    let (journal, clock, guard) = (self.journal, self.clock, self.around);
                    let target = target.as_ref();
                    let driver = StepDriver { journal, clock, guard, target, step, account, put_off };
                    driver.drive(&mut *seen.lock().await).await?;
                }
                None => self.block(step, Blocker::ConnectionGone).await?,
            },
            Target::Vault { .. } => self.around.preserve(self.journal, step).await?,
            Target::AccountToBe { .. } | Target::Device { .. } | Target::Task(_) => {
                self.block(step, Blocker::Unsupported).await?;
            }
        }
        Ok(Some(lane))
    }

    async fn block(&self, step: &Step, blocker: Blocker) -> Result<()> {
        self.journal.record(vec![Record::of(RunEvent::Blocked { step: step.id, blocker })]).await?;
        Ok(())
    }
}

/// Awaits `work` while the lanes go on: one of them may hold what the work waits for, and would hold it forever
/// if nobody polled it.
async fn beside<T, L: Stream + Unpin>(
    lanes: &mut L,
    finished: &mut Vec<L::Item>,
    work: impl Future<Output = T>,
) -> T {
    let mut work = std::pin::pin!(work);
    loop {
        match select(work.as_mut(), lanes.next()).await {
            Either::Left((answer, _)) => return answer,
            Either::Right((Some(done), _)) => finished.push(done),
            Either::Right((None, _)) => return work.await,
        }
    }
}
