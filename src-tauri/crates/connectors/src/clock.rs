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

    /// How long the machine has been up, suspended or not, from a point that never moves while it is. `None` where
    /// the platform does not tell. Beside [`Clock::now`] it shows that somebody set the clock.
    fn uptime(&self) -> Option<Duration>;
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

    /// Linux counts suspends in `CLOCK_BOOTTIME` (<https://man7.org/linux/man-pages/man2/clock_gettime.2.html>),
    /// macOS in `CLOCK_MONOTONIC` (its clock_gettime(3): "will continue to increment while the system is asleep").
    fn uptime(&self) -> Option<Duration> {
        uptime()
    }
}

#[cfg(any(target_os = "linux", target_os = "macos"))]
fn uptime() -> Option<Duration> {
    #[cfg(target_os = "linux")]
    const SINCE_BOOT: rustix::time::ClockId = rustix::time::ClockId::Boottime;
    #[cfg(target_os = "macos")]
    const SINCE_BOOT: rustix::time::ClockId = rustix::time::ClockId::Monotonic;
    Duration::try_from(rustix::time::clock_gettime(SINCE_BOOT)).ok()
}

/// Windows has such a clock, but no safe interface to it among our libraries; there only the vendors' clocks tell.
#[cfg(not(any(target_os = "linux", target_os = "macos")))]
fn uptime() -> Option<Duration> {
    None
}

/// A clock that stands still until it is moved; a sleep moves it, so that no test waits.
#[derive(Debug)]
pub struct ManualClock {
    now: Mutex<DateTime<Utc>>,
    up: Mutex<Duration>,
    moved: watch::Sender<()>,
    /// Whether a sleep itself moves the time on (or waits for [`ManualClock::advance`]).
    sleeping_moves: bool,
}

impl ManualClock {
    /// A clock at `now` that a sleep moves on at once.
    pub fn new(now: DateTime<Utc>) -> Self {
        Self {
            now: Mutex::new(now),
            up: Mutex::default(),
            moved: watch::Sender::new(()),
            sleeping_moves: true,
        }
    }

    /// A clock at `now` on which sleepers wait until somebody else moves it.
    pub fn held(now: DateTime<Utc>) -> Self {
        Self { sleeping_moves: false, ..Self::new(now) }
    }

    /// Lets `duration` pass, the machine awake or suspended.
    pub fn advance(&self, duration: Duration) {
        *self.up.lock().unwrap_or_else(std::sync::PoisonError::into_inner) += duration;
        *self.lock() += TimeDelta::from_std(duration).unwrap_or(TimeDelta::MAX);
        self.moved.send_replace(());
    }

    /// Sets the clock, backwards too; no time passes.
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

    fn uptime(&self) -> Option<Duration> {
        Some(*self.up.lock().unwrap_or_else(std::sync::PoisonError::into_inner))
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

    #[test]
    fn time_that_passes_and_a_clock_that_is_set_can_be_told_apart() {
        let clock = ManualClock::new(start());
        clock.advance(Duration::from_hours(8));
        clock.set(start());
        assert_eq!(clock.uptime(), Some(Duration::from_hours(8)), "setting the clock lets no time pass");
        let (one, two) = (SystemClock.uptime(), SystemClock.uptime());
        assert!(one <= two, "the machine's own count never goes back: {one:?} {two:?}");
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
