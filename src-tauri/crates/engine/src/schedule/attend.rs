//! Going on with open runs when something may change by itself: after a crash, at a wave's instant, when a vendor
//! may answer again, when a pause or a wrong clock is over.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use chrono::{DateTime, TimeDelta, Utc};
use lockstep_domain::ids::RunId;
use lockstep_domain::run::{Next, Run, StepState, WaveClock};

use crate::desk::Desk;
use crate::error::{Code, Result};

/// How often a run that only people can bring further is looked at: people act in other processes.
const LOOK_AGAIN: TimeDelta = TimeDelta::minutes(5);

/// After a drive, and while it waits for something that may pass any time.
const SOON: TimeDelta = TimeDelta::minutes(1);

/// When each open run is to be looked at next (UTC).
#[derive(Clone, Default)]
pub(crate) struct Attendance(Arc<Mutex<BTreeMap<RunId, DateTime<Utc>>>>);

impl Attendance {
    /// The runs that can go on now. They count as begun.
    pub(crate) async fn due(&self, desk: &Desk) -> Result<Vec<RunId>> {
        let now = desk.clock.now();
        let open = desk.store.read(|r| r.open_runs()).await?;
        self.lock().retain(|run, _| open.iter().any(|row| row.run.id == *run));
        let paused = desk.pause_status().await?.paused;
        let mut due = Vec::new();
        for id in open.into_iter().filter(|row| row.sealed_seq.is_none()).map(|row| row.run.id) {
            // A clock that was set back must not put anybody off for hours.
            let waits = self.lock().get(&id).copied().filter(|at| *at > now && *at <= now + LOOK_AGAIN);
            if waits.is_some() || paused {
                continue;
            }
            let run = desk.fold(id).await?;
            let (goes, again) = goes_on(&run, now, WaveClock::from(&desk.policy.policy.leaver));
            self.lock().insert(id, again.clamp(now + TimeDelta::seconds(1), now + LOOK_AGAIN));
            if goes {
                due.push(id);
            }
        }
        Ok(due)
    }

    /// Drives a run as far as it goes with nobody there.
    pub(crate) async fn go_on(&self, desk: &Desk, run: RunId) {
        let driven = async { desk.drive_unattended(run, &desk.targets().await?).await };
        match driven.await {
            Ok(()) => tracing::info!(%run, "went on with a run"),
            Err(e) if e.code() == Code::Busy => {}
            Err(e) => desk.tell_failure(&format!("run {run} cannot go on"), &e),
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, BTreeMap<RunId, DateTime<Utc>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether a run can go on at `now` with nobody there, and when to look again.
fn goes_on(run: &Run, now: DateTime<Utc>, clock: WaveClock) -> (bool, DateTime<Utc>) {
    let passed = run.held.is_none()
        && !run.cancelled
        && run.steps.iter().any(|s| match s.state {
            StepState::Blocked { blocker } => blocker.passes_by_itself(),
            _ => false,
        });
    match run.next(now, clock) {
        Next::Open(_) | Next::Do(_) | Next::Sweep | Next::Seal => (true, now + SOON),
        _ if passed => (true, now + SOON),
        Next::WaitUntil(at) => (false, at),
        Next::NeedsPerson | Next::Done => (false, now + LOOK_AGAIN),
    }
}
