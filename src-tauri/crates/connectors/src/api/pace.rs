//! Not asking faster than a vendor likes.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use tokio::sync::{Semaphore, SemaphorePermit};

use crate::clock::Clock;
use crate::descriptor::Pace;

/// The slowest pace: one request in this time.
const SLOWEST: Duration = Duration::from_secs(10);
/// The longest that a turn is held back; a longer wait is the caller's to decide.
const LONGEST_HOLD: TimeDelta = TimeDelta::seconds(60);

/// Spaces requests out, slows down when the vendor says "too many" and speeds up again as it answers.
#[derive(Debug)]
pub(super) struct Pacer {
    clock: Arc<dyn Clock>,
    slots: Semaphore,
    fastest: Duration,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    interval: Duration,
    next: DateTime<Utc>,
}

impl Pacer {
    pub(super) fn new(pace: Pace, clock: Arc<dyn Clock>) -> Self {
        let fastest = Duration::from_secs(1) / u32::from(pace.per_second.max(1));
        Self {
            slots: Semaphore::new(pace.parallel.max(1).into()),
            fastest,
            state: Mutex::new(State { interval: fastest, next: clock.now() }),
            clock,
        }
    }

    /// Waits for a turn. The permit is held while the request is under way.
    pub(super) async fn turn(&self) -> Option<SemaphorePermit<'_>> {
        let permit = self.slots.acquire().await.ok();
        let wait = {
            let now = self.clock.now();
            let mut state = self.lock();
            // Bounded, so that a clock set back does not hold requests for hours.
            let at = state.next.clamp(now, now + LONGEST_HOLD);
            state.next = at + state.interval;
            (at - now).to_std().unwrap_or_default()
        };
        if !wait.is_zero() {
            self.clock.sleep(wait).await;
        }
        permit
    }

    /// The vendor said "too many": halve the pace, and hold everybody until `retry_at`.
    pub(super) fn slow_down(&self, retry_at: DateTime<Utc>) {
        let mut state = self.lock();
        state.interval = (state.interval * 2).min(SLOWEST).max(self.fastest);
        state.next = state.next.max(retry_at);
    }

    /// The vendor answered: creep back to the pace it is known for.
    pub(super) fn ease(&self) {
        let mut state = self.lock();
        state.interval = (state.interval * 9 / 10).max(self.fastest);
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::ManualClock;

    fn start() -> DateTime<Utc> {
        "2026-09-25T14:00:00Z".parse().unwrap()
    }

    async fn seconds_for(pacer: &Pacer, clock: &ManualClock, turns: u32) -> f64 {
        let before = clock.now();
        for _ in 0..turns {
            pacer.turn().await;
        }
        (clock.now() - before).as_seconds_f64()
    }

    #[tokio::test]
    async fn requests_are_spaced_and_slow_down_after_too_many() {
        let clock = Arc::new(ManualClock::new(start()));
        let pacer = Pacer::new(Pace { parallel: 2, per_second: 10 }, clock.clone());
        assert!(seconds_for(&pacer, &clock, 11).await >= 1.0, "ten a second means a tenth between two");

        pacer.slow_down(clock.now() + TimeDelta::seconds(5));
        let first = seconds_for(&pacer, &clock, 1).await;
        assert!(first >= 5.0, "everybody waits as long as the vendor asked: {first}");
        let slow = seconds_for(&pacer, &clock, 10).await;
        assert!((1.9..2.2).contains(&slow), "then at half the pace: {slow}");

        for _ in 0..50 {
            pacer.ease();
        }
        seconds_for(&pacer, &clock, 1).await;
        let eased = seconds_for(&pacer, &clock, 10).await;
        assert!((0.9..1.1).contains(&eased), "good answers bring the old pace back, and no more: {eased}");
    }

    #[tokio::test]
    async fn a_clock_set_back_does_not_hold_requests_for_hours() {
        let clock = Arc::new(ManualClock::new(start()));
        let pacer = Pacer::new(Pace { parallel: 1, per_second: 1 }, clock.clone());
        pacer.turn().await;
        clock.set(start() - TimeDelta::hours(8));
        let waited = seconds_for(&pacer, &clock, 1).await;
        assert!(waited <= 60.0, "a leaver cannot wait for a clock to catch up: {waited}");
    }
}
