//! Whether our clock can be relied on: by the vendors' clocks, and by the machine's own count since it started.

use std::sync::{Arc, Mutex, PoisonError};

use chrono::TimeDelta;
use lockstep_connectors::Clock;

/// How far our clock may be from a vendor's, in seconds. Vendors sign and check requests with the same limit.
pub(crate) const MOST_SKEW_S: i64 = 300;

/// By how much the clock may be set without a vendor's clock confirming it, in seconds. What keeps clocks right
/// moves them by less.
const MOST_STEP_S: i64 = 30;

/// Watches the clock of this process.
#[derive(Debug)]
pub(crate) struct ClockWatch {
    clock: Arc<dyn Clock>,
    /// Wall clock minus uptime when the clock was last believed.
    believed: Mutex<Option<TimeDelta>>,
}

impl ClockWatch {
    /// Believes the clock as it is now.
    pub(crate) fn new(clock: Arc<dyn Clock>) -> Self {
        let watch = Self { clock, believed: Mutex::new(None) };
        watch.believe();
        watch
    }

    /// By how many seconds the clock was set, if by more than belief bears. Time that passed while the machine was
    /// suspended counts as passed.
    pub(crate) fn was_set_by(&self) -> Option<i64> {
        let now = self.offset()?;
        let mut believed = self.believed.lock().unwrap_or_else(PoisonError::into_inner);
        let step = (now - (*believed)?).num_seconds();
        if step.abs() > MOST_STEP_S {
            return Some(step);
        }
        // A clock that is kept right is moved a little all the time; that must not add up.
        if step != 0 {
            *believed = Some(now);
        }
        None
    }

    /// Judges the clock by what a vendor's clock shows (theirs minus ours in seconds), where it shows something.
    /// `Some` says by how many seconds it is off.
    pub(crate) fn off_by(&self, skew_s: Option<i64>) -> Option<i64> {
        match skew_s {
            Some(skew) if skew.abs() > MOST_SKEW_S => Some(skew),
            Some(_) => {
                self.believe();
                None
            }
            None => self.was_set_by(),
        }
    }

    fn believe(&self) {
        *self.believed.lock().unwrap_or_else(PoisonError::into_inner) = self.offset();
    }

    fn offset(&self) -> Option<TimeDelta> {
        let up = TimeDelta::from_std(self.clock.uptime()?).ok()?;
        Some(self.clock.now().signed_duration_since(chrono::DateTime::UNIX_EPOCH) - up)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use lockstep_connectors::ManualClock;

    use super::*;

    #[test]
    fn a_clock_that_was_set_is_believed_again_when_a_vendor_agrees_or_it_is_set_back() {
        let start = "2026-09-25T14:00:00Z".parse().unwrap();
        let clock = Arc::new(ManualClock::new(start));
        let watch = ClockWatch::new(clock.clone());
        clock.advance(Duration::from_hours(8));
        assert_eq!(watch.was_set_by(), None, "a night asleep is time that passed");
        let hour = TimeDelta::hours(1);
        clock.set(clock.now() + hour);
        assert_eq!(watch.off_by(None), Some(3600), "an hour that did not pass");
        clock.set(clock.now() - hour);
        assert_eq!(watch.off_by(None), None, "set right again");
        clock.set(clock.now() - hour);
        assert_eq!(watch.off_by(Some(3600)), Some(3600), "the vendor's clock says the same");
        assert_eq!(watch.off_by(Some(-2)), None, "the vendor's clock says that ours is right now");
        assert_eq!(watch.off_by(None), None, "and so it is believed");
    }
}
