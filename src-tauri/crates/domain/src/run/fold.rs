//! The fold: state = f(entries). An order that cannot have happened is an error, and events of different
//! steps may stand in any order.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};

use super::event::{Assurance, EventError, Opened, RunEvent};
use super::state::{Attempt, Progress, StepState};
use crate::access::WishKind;
use crate::capability::{Effect, Proof};
use crate::ledger::Entry;
use crate::plan::{Outline, StepId, Wave};

/// A run as its entries tell it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Run {
    /// What it was opened with.
    pub opened: Opened,
    /// When it was opened (UTC): nothing read before proves anything.
    pub since: DateTime<Utc>,
    /// Its steps in plan order, amendments last.
    pub steps: Vec<Progress>,
    /// The waves that are open, with the time they opened (UTC).
    pub waves: Vec<(Wave, DateTime<Utc>)>,
    /// Whether HR was read at the last look or since.
    pub hr_reread: bool,
    /// Why it is held, if it is.
    pub held: Option<String>,
    /// Whether evidence of the state before the cut is stored in every vault of the plan.
    pub evidence_stored: bool,
    /// The last sweep: when (UTC), accounts left, connections unread.
    pub swept: Option<(DateTime<Utc>, u32, u32)>,
    /// Whether an operator stopped it.
    pub cancelled: bool,
    /// When it was sealed (UTC), latest seal.
    pub sealed_at: Option<DateTime<Utc>>,
}

/// Entries that cannot be the story of a run.
#[derive(Debug, thiserror::Error)]
pub enum FoldError {
    /// An entry is no event that this version knows.
    #[error("entry {seq}: {source}")]
    Unreadable {
        /// Its place in the ledger.
        seq: u64,
        /// Why.
        source: EventError,
    },
    /// An event stands where it cannot have happened.
    #[error("entry {seq}: {what}")]
    Illegal {
        /// Its place in the ledger; 0 for an event that is not stored yet.
        seq: u64,
        /// What is wrong.
        what: &'static str,
    },
}

type Legal = Result<(), &'static str>;

impl Run {
    /// Folds the entries of one run.
    ///
    /// # Errors
    /// When an entry is unknown or stands where it cannot have happened.
    pub fn fold<'a>(entries: impl IntoIterator<Item = &'a Entry>) -> Result<Self, FoldError> {
        let mut run = None;
        for entry in entries {
            let seq = entry.seq;
            let event = RunEvent::from_parts(&entry.kind, &entry.body)
                .map_err(|source| FoldError::Unreadable { seq, source })?;
            match (&mut run, event) {
                (None, RunEvent::Opened(opened)) => {
                    if !all_new(&[], &opened.steps) {
                        return Err(FoldError::Illegal { seq, what: "a step is there twice" });
                    }
                    run = Some(Self::open(opened, entry.at));
                }
                (None, _) => return Err(FoldError::Illegal { seq, what: "the run was not opened" }),
                (Some(run), event) => {
                    run.check_and_apply(&event, entry.at).map_err(|what| FoldError::Illegal { seq, what })?;
                }
            }
        }
        run.ok_or(FoldError::Illegal { seq: 0, what: "the run has no entries" })
    }

    /// A run that was just opened.
    pub fn open(opened: Opened, at: DateTime<Utc>) -> Self {
        let steps = opened.steps.iter().cloned().map(Progress::new).collect();
        Self {
            hr_reread: opened.hr_reread,
            opened,
            since: at,
            steps,
            waves: Vec::new(),
            held: None,
            evidence_stored: false,
            swept: None,
            cancelled: false,
            sealed_at: None,
        }
    }

    /// Takes one more event, which was or is about to be appended.
    ///
    /// # Errors
    /// When it cannot have happened now; the run is unchanged then.
    pub fn apply(&mut self, event: &RunEvent, at: DateTime<Utc>) -> Result<(), FoldError> {
        self.check_and_apply(event, at).map_err(|what| FoldError::Illegal { seq: 0, what })
    }

    /// The progress of a step.
    pub fn step(&self, id: StepId) -> Option<&Progress> {
        self.steps.iter().find(|s| s.outline.id == id)
    }

    /// When a wave opened (UTC).
    pub fn wave_opened(&self, wave: Wave) -> Option<DateTime<Utc>> {
        self.waves.iter().find(|(w, _)| *w == wave).map(|(_, at)| *at)
    }

    fn check_and_apply(&mut self, event: &RunEvent, at: DateTime<Utc>) -> Legal {
        self.check_phase(event)?;
        match event {
            RunEvent::Opened(_) => Err("the run was opened before"),
            RunEvent::Amended { steps } => {
                if !all_new(&self.steps, steps) {
                    return Err("an added step was there before");
                }
                // Nobody has seen these steps: what cannot be undone has to be approved by name.
                if steps.iter().flat_map(|s| &s.ways).any(|w| w.effect != Effect::Reversible) {
                    return Err("an added step may do what nobody approved");
                }
                self.steps.extend(steps.iter().cloned().map(Progress::new));
                self.swept = None; // it looked before these were known
                Ok(())
            }
            RunEvent::HrReread {} => {
                self.hr_reread = true;
                Ok(())
            }
            RunEvent::Held { why } => {
                self.held = Some(why.clone());
                Ok(())
            }
            RunEvent::Released {} => self.held.take().map(|_| ()).ok_or("the run was not held"),
            RunEvent::WaveOpened { wave, .. } => {
                if self.wave_opened(*wave).is_some() {
                    return Err("the wave was open before");
                }
                if !self.instant_has_come(*wave, at) {
                    return Err("the wave opens before its instant");
                }
                self.waves.push((*wave, at));
                self.waves.sort_unstable();
                Ok(())
            }
            RunEvent::Stored { .. } => Ok(()),
            RunEvent::Swept { left, unread } => {
                self.swept = Some((at, *left, *unread));
                Ok(())
            }
            RunEvent::Cancelled {} => {
                self.cancelled = true;
                Ok(())
            }
            RunEvent::Sealed { .. } => {
                // A seal ends the run: before its time it would keep a leaver in.
                if !self.cancelled && (self.swept.is_none() || self.automatic_open().next().is_some()) {
                    return Err("the run is sealed before it is through");
                }
                self.sealed_at = Some(at);
                Ok(())
            }
            RunEvent::Intended { .. }
            | RunEvent::Applied { .. }
            | RunEvent::Failed { .. }
            | RunEvent::Settled { .. }
            | RunEvent::Deferred { .. }
            | RunEvent::Blocked { .. }
            | RunEvent::Retried { .. }
            | RunEvent::Waived { .. }
            | RunEvent::Attested { .. } => self.apply_to_step(event, at),
        }
    }

    /// After the seal, or after a stop, nothing may be written to a vendor; people may still close tasks.
    fn check_phase(&self, event: &RunEvent) -> Legal {
        let by_people = matches!(
            event,
            RunEvent::Waived { .. }
                | RunEvent::Attested { .. }
                | RunEvent::Stored { .. }
                | RunEvent::Sealed { .. }
        );
        if self.sealed_at.is_some() && !by_people {
            return Err("the run was sealed before");
        }
        // Answers to a write that was under way when the operator stopped are still recorded.
        let answer =
            matches!(event, RunEvent::Applied { .. } | RunEvent::Failed { .. } | RunEvent::Settled { .. });
        if self.cancelled && !by_people && !answer {
            return Err("the run was stopped before");
        }
        Ok(())
    }

    fn apply_to_step(&mut self, event: &RunEvent, at: DateTime<Utc>) -> Legal {
        let id = event.step().ok_or("not about a step")?;
        let index = self.steps.iter().position(|s| s.outline.id == id).ok_or("the run has no such step")?;
        let wave_open = self.wave_opened(self.steps[index].outline.wave).is_some();
        let step = &mut self.steps[index];
        // A person may close a step while a write of it is under way; its outcome is still recorded.
        let outcome =
            matches!(event, RunEvent::Applied { .. } | RunEvent::Failed { .. } | RunEvent::Settled { .. });
        let by_person = matches!(step.state, StepState::Waived | StepState::Attested { .. });
        if step.state.is_closed() && !(outcome && by_person) {
            return Err("the step was closed before");
        }
        match event {
            RunEvent::Intended { attempt, way, .. } => {
                if self.held.is_some() {
                    return Err("the run is held");
                }
                if !wave_open {
                    return Err("the step's wave is not open");
                }
                intend(step, *attempt, *way, self.hr_reread, at)?;
            }
            RunEvent::Applied { attempt, .. } => answered(step, *attempt)?.applied_at = Some(at),
            RunEvent::Failed { attempt, error, refused, .. } => {
                let last = answered(step, *attempt)?;
                last.failed = Some(error.clone());
                last.refused = *refused;
            }
            RunEvent::Settled { assurance, seen_at, .. } => {
                if !wave_open {
                    return Err("what holds before its wave opens may change until then");
                }
                settle(step, *assurance, *seen_at, self.since)?;
            }
            RunEvent::Deferred { until, why, .. } => {
                if matches!(step.state, StepState::Blocked { .. }) {
                    return Err("the step waits for a person");
                }
                step.state = StepState::Waiting { until: *until, why: why.clone() };
            }
            RunEvent::Blocked { blocker, .. } => step.state = StepState::Blocked { blocker: *blocker },
            RunEvent::Retried { .. } => {
                let (StepState::Blocked { .. } | StepState::Waiting { .. }) = step.state else {
                    return Err("the step was not waiting for anybody");
                };
                step.state = StepState::Pending;
                step.tried_before = step.attempts.len();
            }
            RunEvent::Waived { .. } => step.state = StepState::Waived,
            RunEvent::Attested { done_at, .. } => step.state = StepState::Attested { done_at: *done_at },
            _ => return Err("not about a step"),
        }
        self.evidence_stored = evidence_stored(&self.steps);
        Ok(())
    }
}

fn all_new(known: &[Progress], added: &[Outline]) -> bool {
    let mut seen: BTreeSet<StepId> = known.iter().map(|s| s.outline.id).collect();
    added.iter().all(|s| seen.insert(s.id))
}

/// Whether every vault of the plan has confirmed it. A waived evidence step is an exception on paper; it
/// never authorises a final step.
fn evidence_stored(steps: &[Progress]) -> bool {
    let mut vaults = steps.iter().filter(|s| s.outline.wish == WishKind::EvidenceStored).peekable();
    vaults.peek().is_some() && vaults.all(|s| matches!(s.state, StepState::Settled { .. }))
}

fn intend(step: &mut Progress, attempt: u32, way: usize, hr_reread: bool, at: DateTime<Utc>) -> Legal {
    if matches!(step.state, StepState::Blocked { .. }) {
        return Err("the step waits for a person");
    }
    if usize::try_from(attempt).ok() != Some(step.attempts.len() + 1) {
        return Err("attempts are counted one by one");
    }
    let is_vault = step.outline.wish == WishKind::EvidenceStored;
    let is_final = match step.outline.ways.get(way) {
        Some(can) => can.effect == Effect::Final,
        None if is_vault => false,
        None => return Err("the step has no such way"),
    };
    if is_final && step.final_maybe_sent() {
        return Err("a final write is sent at most once");
    }
    if is_final && !hr_reread {
        return Err("a final write waits until HR was read again");
    }
    step.state = StepState::Pending;
    step.attempts.push(Attempt { way, intended_at: at, applied_at: None, failed: None, refused: false });
    Ok(())
}

fn answered(step: &mut Progress, attempt: u32) -> Result<&mut Attempt, &'static str> {
    if usize::try_from(attempt).ok() != Some(step.attempts.len()) {
        return Err("the answer belongs to no open attempt");
    }
    match step.attempts.last_mut() {
        Some(last) if last.is_open() => Ok(last),
        _ => Err("the attempt was answered before"),
    }
}

fn settle(step: &mut Progress, assurance: Assurance, seen_at: DateTime<Utc>, since: DateTime<Utc>) -> Legal {
    if seen_at < since {
        return Err("what was seen is older than the run");
    }
    match assurance {
        Assurance::AlreadyTrue if !step.attempts.is_empty() => {
            return Err("after a write, nothing is already true");
        }
        Assurance::ReadBack if step.attempts.is_empty() => return Err("a read-back needs a write before it"),
        Assurance::Receipt => {
            let by_receipt = step.last_way().is_some_and(|w| w.proof == Proof::Receipt);
            if !by_receipt || step.attempts.last().is_none_or(|a| a.applied_at.is_none()) {
                return Err("there is no receipt to rely on");
            }
        }
        _ => {}
    }
    step.state = StepState::Settled { assurance, seen_at };
    Ok(())
}

#[cfg(test)]
#[path = "fold_tests.rs"]
mod tests;
