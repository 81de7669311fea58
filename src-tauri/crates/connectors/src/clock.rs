//! The clock, which also owns sleeping: what waits here can be moved in a test.

use std::fmt::Debug;
use std::sync::Mutex;
use std::time::Duration;

use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};
use tokio::sync::watch;

/// Tells the time and lets it pass.
#[async_trait]
pub trait Clock: Debug + Send + Sync {
    /// The present (UTC).
    fn now(&self) -> DateTime<Utc>;

    /// Returns after `duration` has passed on this clock.
    async fn sleep(&self, duration: Duration);

    /// Returns once this clock shows `at` (UTC) or later. For waiting beside other work: unlike a sleep it never
    /// moves a test's clock, since the other work may have to happen first.
    async fn reached(&self, at: DateTime<Utc>);
}

/// The machine's clock.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

#[async_trait]
impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is the one place that asks the system for the time")]
    fn now(&self) -> DateTime<Utc> {
        std::time::SystemTime::now().into()
    }

    #[expect(clippy::disallowed_methods, reason = "this is the one place that sleeps")]
    async fn sleep(&self, duration: Duration) {
        tokio::time::sleep(duration).await;
    }

    async fn reached(&self, at: DateTime<Utc>) {
        while let Ok(left) = (at - self.now()).to_std()
            && !left.is_zero()
        {
            // The wall clock may be set meanwhile, and a sleep does not notice.
            self.sleep(left.min(Duration::from_secs(1))).await;
        }
    }
}

/// A clock that stands still until it is moved; a sleep moves it, so that no test waits.
#[derive(Debug)]
pub struct ManualClock {
    now: Mutex<DateTime<Utc>>,
    moved: watch::Sender<()>,
    /// Whether a sleep itself moves the time on (or waits for [`ManualClock::advance`]).
    sleeping_moves: bool,
}

impl ManualClock {
    /// A clock at `now` that a sleep moves on at once.
    pub fn new(now: DateTime<Utc>) -> Self {
        Self { now: Mutex::new(now), moved: watch::Sender::new(()), sleeping_moves: true }
    }

    /// A clock at `now` on which sleepers wait until somebody else moves it.
    pub fn held(now: DateTime<Utc>) -> Self {
        Self { sleeping_moves: false, ..Self::new(now) }
    }

    /// Lets `duration` pass.
    pub fn advance(&self, duration: Duration) {
        *self.lock() += TimeDelta::from_std(duration).unwrap_or(TimeDelta::MAX);
        self.moved.send_replace(());
    }

    /// Sets the clock, backwards too.
    pub fn set(&self, now: DateTime<Utc>) {
        *self.lock() = now;
        self.moved.send_replace(());
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, DateTime<Utc>> {
        self.now.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

#[async_trait]
impl Clock for ManualClock {
    fn now(&self) -> DateTime<Utc> {
        *self.lock()
    }

    async fn sleep(&self, duration: Duration) {
        if self.sleeping_moves {
            self.advance(duration);
            tokio::task::yield_now().await;
            return;
        }
        self.reached(self.now() + TimeDelta::from_std(duration).unwrap_or(TimeDelta::MAX)).await;
    }

    async fn reached(&self, at: DateTime<Utc>) {
        let mut moved = self.moved.subscribe();
        while self.now() < at {
            if moved.changed().await.is_err() {
                return;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn start() -> DateTime<Utc> {
        "2026-09-25T14:00:00Z".parse().unwrap()
    }

    #[tokio::test]
    async fn a_sleep_on_a_manual_clock_takes_no_real_time() {
        let clock = ManualClock::new(start());
        clock.sleep(Duration::from_hours(8)).await;
        assert_eq!(clock.now(), start() + TimeDelta::hours(8), "tests must see the waiting without waiting");
    }

    #[tokio::test]
    async fn a_held_clock_wakes_its_sleepers_only_when_moved_far_enough() {
        let clock = std::sync::Arc::new(ManualClock::held(start()));
        let sleeper = tokio::spawn({
            let clock = clock.clone();
            async move { clock.sleep(Duration::from_mins(1)).await }
        });
        tokio::task::yield_now().await;
        clock.advance(Duration::from_secs(59));
        tokio::task::yield_now().await;
        assert!(!sleeper.is_finished(), "a second early is early");
        clock.advance(Duration::from_secs(1));
        sleeper.await.unwrap();
    }
}
