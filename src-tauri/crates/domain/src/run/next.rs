//! What a run wants next: pure, from its state and the time.

use chrono::{DateTime, TimeDelta, Utc};

use super::event::WaveCause;
use super::fold::Run;
use super::state::{Progress, StepState};
use crate::access::WishKind;
use crate::capability::Effect;
use crate::plan::{StepId, Wave};
use crate::policy::LeaverPolicy;

/// What to do next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Next {
    /// Record that these waves are open, then ask again.
    Open(Vec<(Wave, WaveCause)>),
    /// Do these steps, one of each lane, at the same time.
    Do(Vec<StepId>),
    /// Nothing until then (UTC).
    WaitUntil(DateTime<Utc>),
    /// Look over every connection for what is left.
    Sweep,
    /// Only people can bring it further: blocked steps, or a hold.
    NeedsPerson,
    /// Everything automatic is closed and swept; the record can be sealed.
    Seal,
    /// Nothing.
    Done,
}

/// How long waves may take, from the policy.
#[derive(Clone, Copy, Debug)]
pub struct WaveClock {
    /// After this long, removal no longer waits for containment.
    pub contain: TimeDelta,
    /// After this long, removal of what is not final no longer waits for evidence.
    pub preserve: TimeDelta,
}

impl From<&LeaverPolicy> for WaveClock {
    fn from(policy: &LeaverPolicy) -> Self {
        Self {
            contain: TimeDelta::seconds(policy.contain_budget_s.into()),
            preserve: TimeDelta::seconds(policy.preserve_budget_s.into()),
        }
    }
}

impl Run {
    /// What to do at `now`.
    pub fn next(&self, now: DateTime<Utc>, clock: WaveClock) -> Next {
        if self.sealed_at.is_some() {
            return Next::Done;
        }
        if self.cancelled {
            return Next::Seal;
        }
        if self.held.is_some() {
            return Next::NeedsPerson;
        }
        let opening = self.waves_to_open(now, clock);
        if !opening.is_empty() {
            return Next::Open(opening);
        }
        let ready = self.ready(now);
        if !ready.is_empty() {
            return Next::Do(ready);
        }
        match self.wake_at(now, clock) {
            Some(at) => Next::WaitUntil(at),
            None if self.steps.iter().any(|s| automatic(s) && !s.state.is_closed()) => Next::NeedsPerson,
            None if self.swept.is_none() => Next::Sweep,
            None => Next::Seal,
        }
    }

    fn waves_to_open(&self, now: DateTime<Utc>, clock: WaveClock) -> Vec<(Wave, WaveCause)> {
        let mut opening = Vec::new();
        let due = self.opened.explicit_now || self.opened.access_end_at.is_none_or(|at| at <= now);
        if due {
            for wave in [Wave::Contain, Wave::Preserve, Wave::Recover] {
                if self.wave_opened(wave).is_none() {
                    opening.push((wave, WaveCause::Instant));
                }
            }
        }
        if self.wave_opened(Wave::Remove).is_none()
            && let Some(contained_since) = self.wave_opened(Wave::Contain)
            && self.opened.employment_end_at.is_none_or(|at| at <= now)
        {
            if self.settled_or_blocked(Wave::Contain) && self.settled_or_blocked(Wave::Preserve) {
                opening.push((Wave::Remove, WaveCause::Settled));
            } else if self.budget_over(contained_since, now, clock) {
                opening.push((Wave::Remove, WaveCause::Budget));
            }
        }
        opening
    }

    fn budget_over(&self, contained_since: DateTime<Utc>, now: DateTime<Utc>, clock: WaveClock) -> bool {
        now >= self.budget_end(contained_since, clock)
    }

    fn budget_end(&self, contained_since: DateTime<Utc>, clock: WaveClock) -> DateTime<Utc> {
        let contain = if self.settled_or_blocked(Wave::Contain) { TimeDelta::zero() } else { clock.contain };
        let preserve =
            if self.settled_or_blocked(Wave::Preserve) { TimeDelta::zero() } else { clock.preserve };
        contained_since + contain.max(preserve)
    }

    fn settled_or_blocked(&self, wave: Wave) -> bool {
        self.steps
            .iter()
            .filter(|s| s.outline.wave == wave)
            .all(|s| s.state.is_closed() || matches!(s.state, StepState::Blocked { .. }))
    }

    /// The first open step of every lane whose wave is open and which may be done now. A blocked step does
    /// not stop the next of its lane, nor does one that lacks evidence; a waiting one does, since vendors'
    /// order matters.
    fn ready(&self, now: DateTime<Utc>) -> Vec<StepId> {
        self.lane_heads().filter(|s| self.may_go(s, now)).map(|s| s.outline.id).collect()
    }

    fn lane_heads(&self) -> impl Iterator<Item = &Progress> {
        let mut lanes = std::collections::BTreeSet::new();
        self.steps.iter().filter(move |s| {
            automatic(s)
                && !s.state.is_closed()
                && !matches!(s.state, StepState::Blocked { .. })
                && self.wave_opened(s.outline.wave).is_some()
                && !self.must_wait_for_evidence(s)
                && lanes.insert((s.outline.wave, s.outline.lane.clone()))
        })
    }

    fn may_go(&self, step: &Progress, now: DateTime<Utc>) -> bool {
        let waiting = matches!(&step.state, StepState::Waiting { until, .. } if *until > now);
        let early = !self.opened.explicit_now && step.outline.not_before.is_some_and(|at| at > now);
        !waiting && !early
    }

    /// A final step waits for stored evidence and for HR's record to have been read again. No time lifts that.
    pub fn must_wait_for_evidence(&self, step: &Progress) -> bool {
        let is_final = step.outline.ways.iter().any(|w| w.effect == Effect::Final);
        is_final && (!self.evidence_stored || !self.hr_reread)
    }

    /// When something may change by itself.
    fn wake_at(&self, now: DateTime<Utc>, clock: WaveClock) -> Option<DateTime<Utc>> {
        let waits = self.lane_heads().filter_map(|s| match &s.state {
            StepState::Waiting { until, .. } => Some(*until),
            _ => s.outline.not_before,
        });
        let contain = self.opened.access_end_at.filter(|_| self.wave_opened(Wave::Contain).is_none());
        let remove = if self.wave_opened(Wave::Remove).is_none() {
            self.wave_opened(Wave::Contain).map(|since| {
                let budget = self.budget_end(since, clock);
                self.opened.employment_end_at.map_or(budget, |end| end.max(budget))
            })
        } else {
            None
        };
        waits.chain(contain).chain(remove).filter(|at| *at > now).min()
    }
}

fn automatic(step: &Progress) -> bool {
    step.outline.wish != WishKind::TaskDone
}

#[cfg(test)]
#[path = "next_tests.rs"]
mod tests;
