//! What a run wants next: pure, from its state and the time.

use std::collections::BTreeSet;

use chrono::{DateTime, TimeDelta, Utc};

use super::event::{Opened, WaveCause};
use super::fold::Run;
use super::state::{Progress, StepState};
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
            None if self.automatic_open().next().is_some() => Next::NeedsPerson,
            None if self.swept.is_none() => Next::Sweep,
            None => Next::Seal,
        }
    }

    fn waves_to_open(&self, now: DateTime<Utc>, clock: WaveClock) -> Vec<(Wave, WaveCause)> {
        let mut opening: Vec<_> = [Wave::Contain, Wave::Preserve, Wave::Recover]
            .into_iter()
            .filter(|wave| self.wave_opened(*wave).is_none() && self.instant_has_come(*wave, now))
            .map(|wave| (wave, WaveCause::Instant))
            .collect();
        if self.wave_opened(Wave::Remove).is_none()
            && let Some(contained_since) = self.wave_opened(Wave::Contain)
            && self.instant_has_come(Wave::Remove, now)
        {
            if self.settled_or_blocked(Wave::Contain) && self.settled_or_blocked(Wave::Preserve) {
                opening.push((Wave::Remove, WaveCause::Settled));
            } else if self.budget_over(contained_since, now, clock) {
                opening.push((Wave::Remove, WaveCause::Budget));
            }
        }
        opening
    }

    /// Whether a wave may be open at `at`. Nothing acts earlier than HR's instant without an operator's
    /// explicit act; and that act opens removal only where HR gives no end of employment.
    pub(super) fn instant_has_come(&self, wave: Wave, at: DateTime<Utc>) -> bool {
        let Opened { explicit_now, access_end_at, employment_end_at, .. } = &self.opened;
        match wave {
            Wave::Prepare => true,
            Wave::Contain | Wave::Preserve | Wave::Recover | Wave::Confirm => {
                *explicit_now || access_end_at.is_some_and(|end| end <= at)
            }
            Wave::Remove => {
                self.wave_opened(Wave::Contain).is_some()
                    && employment_end_at.map_or(*explicit_now, |end| end <= at)
            }
        }
    }

    /// Steps that are left and that no person does.
    pub(super) fn automatic_open(&self) -> impl Iterator<Item = &Progress> {
        self.steps.iter().filter(|s| !s.outline.is_task() && !s.state.is_closed())
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

    /// What may be done now, one step of a lane at a time, earlier waves first.
    fn ready(&self, now: DateTime<Utc>) -> Vec<StepId> {
        let mut able: Vec<&Progress> = self.lane_heads().filter(|s| self.may_go(s, now)).collect();
        able.sort_by_key(|s| s.outline.wave); // stable: plan order within a wave
        let mut lanes = BTreeSet::new();
        able.into_iter().filter(|s| lanes.insert(&s.outline.lane)).map(|s| s.outline.id).collect()
    }

    /// The first open step of every lane in each open wave. A blocked step does not stop the next of its lane
    /// and wave, nor does one that lacks evidence; a waiting one does, since vendors' order matters. The lane's
    /// next wave does not wait for it: that opened because the time was up.
    fn lane_heads(&self) -> impl Iterator<Item = &Progress> {
        let mut lanes = BTreeSet::new();
        self.automatic_open().filter(move |s| {
            !matches!(s.state, StepState::Blocked { .. })
                && self.wave_opened(s.outline.wave).is_some()
                && !self.must_wait_for_evidence(s)
                && lanes.insert((s.outline.wave, &s.outline.lane))
        })
    }

    fn may_go(&self, step: &Progress, now: DateTime<Utc>) -> bool {
        let waiting = matches!(&step.state, StepState::Waiting { until, .. } if *until > now);
        // "Now" brings forward what is reversible; removal keeps waiting for the end of employment.
        let brought_forward = self.opened.explicit_now && step.outline.wave != Wave::Remove;
        let early = !brought_forward && step.outline.not_before.is_some_and(|at| at > now);
        !waiting && !early
    }

    /// A final step waits for stored evidence and for HR's record to have been read again. No time lifts that.
    pub fn must_wait_for_evidence(&self, step: &Progress) -> bool {
        let is_final = step.outline.ways.iter().any(|w| w.effect == Effect::Final);
        is_final && (!self.evidence_stored || !self.hr_reread)
    }

    /// When something may change by itself (UTC).
    pub fn wake_at(&self, now: DateTime<Utc>, clock: WaveClock) -> Option<DateTime<Utc>> {
        let waits = self.lane_heads().filter_map(|s| match &s.state {
            StepState::Waiting { until, .. } => Some(*until),
            _ => s.outline.not_before,
        });
        let contain = self.opened.access_end_at.filter(|_| self.wave_opened(Wave::Contain).is_none());
        waits.chain(contain).chain(self.remove_opens_at(clock)).filter(|at| *at > now).min()
    }

    /// When removal opens at the latest, if it is still to open and there is something to remove.
    fn remove_opens_at(&self, clock: WaveClock) -> Option<DateTime<Utc>> {
        let wanted = self.automatic_open().any(|s| s.outline.wave == Wave::Remove);
        let contained_since =
            self.wave_opened(Wave::Contain).filter(|_| wanted && self.wave_opened(Wave::Remove).is_none())?;
        let budget = self.budget_end(contained_since, clock);
        match self.opened.employment_end_at {
            Some(end) => Some(end.max(budget)),
            None => self.opened.explicit_now.then_some(budget),
        }
    }
}

#[cfg(test)]
#[path = "next_tests.rs"]
mod tests;
