//! Driving a run: ask the fold what is next, do it, account by account in parallel, until nothing can be
//! done now. One dead vendor never shields the others.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::{Either, select};
use futures_util::stream::{FuturesUnordered, Stream, StreamExt};
use lockstep_connectors::{AccessTarget, Clock};
use lockstep_domain::access::{Observation, Target};
use lockstep_domain::guards::Blocker;
use lockstep_domain::ids::ConnectionId;
use lockstep_domain::plan::{Step, StepId, Wave};
use lockstep_domain::run::{Next, RunEvent, WaveCause, WaveClock};
use tokio::sync::Mutex;

use super::journal::{Journal, Record};
use super::step::{StepDriver, WriteGuard};
use crate::error::Result;

/// How long a run is driven by one call before what waits is left to a later one.
const PATIENCE: Duration = Duration::from_secs(120);

/// What a run needs from around it, beside its own steps.
#[async_trait::async_trait]
pub(crate) trait Surroundings: WriteGuard {
    /// Stores evidence of the state before the cut and records it, or records what hinders it.
    async fn preserve(&self, journal: &Journal, step: &Step) -> Result<()>;

    /// Looks over every connection for what is left and records it.
    async fn sweep(&self, journal: &Journal) -> Result<()>;

    /// Tells the anchor outside the database how far the ledger is.
    async fn wave_opened(&self);

    /// Makes and seals the run record.
    async fn seal(&self, journal: &Journal) -> Result<()>;
}

/// A run being driven.
pub(crate) struct Driver<'a> {
    pub(crate) journal: &'a Journal,
    pub(crate) clock: &'a Arc<dyn Clock>,
    pub(crate) around: &'a dyn Surroundings,
    pub(crate) targets: &'a BTreeMap<ConnectionId, Arc<dyn AccessTarget>>,
    pub(crate) steps: &'a BTreeMap<StepId, Step>,
    pub(crate) waves: WaveClock,
}

/// What is remembered of a lane between its steps: the latest observation of its account.
type Lane = Arc<Mutex<Option<Observation>>>;

impl Driver<'_> {
    /// Drives until sealed, until only people can help, or until what is left waits longer than our patience.
    pub(crate) async fn drive(&self) -> Result<()> {
        let give_up_at = self.clock.now() + PATIENCE;
        let mut under_way = FuturesUnordered::new();
        let mut finished: Vec<Result<String>> = Vec::new();
        let mut busy: BTreeSet<String> = BTreeSet::new();
        let mut lanes: BTreeMap<String, Lane> = BTreeMap::new();
        let mut put_off: BTreeMap<StepId, u32> = BTreeMap::new();
        loop {
            let now = self.clock.now();
            let asked = self.journal.ask(|run| run.next(now, self.waves));
            let next = beside(&mut under_way, &mut finished, asked).await;
            if !finished.is_empty() {
                for lane in finished.drain(..) {
                    busy.remove(&lane?);
                }
                continue; // the answer may be from before they were through
            }
            if let Next::Open(waves) = next {
                let opening = self.open(waves);
                beside(&mut under_way, &mut finished, opening).await?;
                continue;
            }
            if let Next::Do(ready) = &next {
                for step in ready.iter().filter_map(|id| self.steps.get(id)) {
                    let lane = step.outline().lane;
                    if busy.insert(lane.clone()) {
                        let seen = lanes.entry(lane.clone()).or_default().clone();
                        let before = put_off.entry(step.id).or_default();
                        under_way.push(self.one(step, lane, seen, *before));
                        *before += 1;
                    }
                }
            }
            // Whatever is under way is waited for first: its outcome may change what is next.
            if let Some(done) = under_way.next().await {
                let lane: String = done?;
                busy.remove(&lane);
                continue;
            }
            match next {
                Next::Open(_) | Next::Do(_) => {}
                Next::WaitUntil(at) if at <= give_up_at => {
                    self.clock.sleep((at - now).to_std().unwrap_or_default()).await;
                }
                Next::Sweep => self.around.sweep(self.journal).await?,
                Next::Seal => self.around.seal(self.journal).await?,
                Next::WaitUntil(_) | Next::NeedsPerson | Next::Done => return Ok(()),
            }
        }
    }

    async fn open(&self, waves: Vec<(Wave, WaveCause)>) -> Result<()> {
        let opened = waves.into_iter().map(|(wave, cause)| RunEvent::WaveOpened { wave, cause });
        self.journal.record(opened.map(Record::of).collect()).await?;
        self.around.wave_opened().await;
        Ok(())
    }

    /// Does one step; answers with its lane.
    async fn one(&self, step: &Step, lane: String, seen: Lane, put_off: u32) -> Result<String> {
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
        Ok(lane)
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
