//! A clock on a day of its own that stands still until time is wanted.

use std::sync::OnceLock;
use std::time::{Duration, Instant};

use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};
use lockstep_connectors::{Clock, ManualClock, SystemClock};

/// Stands still, so that nothing waits but for our own work, until [`BenchClock::run`]: then what waits really waits.
#[derive(Debug)]
pub(crate) struct BenchClock {
    shown: ManualClock,
    running_since: OnceLock<Instant>,
}

impl BenchClock {
    /// Stands still at `now` (UTC).
    pub(crate) fn new(now: DateTime<Utc>) -> Self {
        Self { shown: ManualClock::new(now), running_since: OnceLock::new() }
    }

    /// Lets time run from now on.
    pub(crate) fn run(&self) {
        self.running_since.get_or_init(Instant::now);
    }

    /// Lets time pass at once until the clock shows `at` (UTC).
    pub(crate) fn pass_until(&self, at: DateTime<Utc>) {
        self.shown.advance((at - self.now()).to_std().unwrap_or_default());
    }

    fn ran(&self) -> Duration {
        self.running_since.get().map(Instant::elapsed).unwrap_or_default()
    }
}

#[async_trait]
impl Clock for BenchClock {
    fn now(&self) -> DateTime<Utc> {
        self.shown.now() + TimeDelta::from_std(self.ran()).unwrap_or_default()
    }

    async fn sleep(&self, duration: Duration) {
        if self.running_since.get().is_some() {
            SystemClock.sleep(duration).await;
        } else {
            self.shown.sleep(duration).await;
        }
    }

    async fn reached(&self, at: DateTime<Utc>) {
        while let Ok(left) = (at - self.now()).to_std()
            && !left.is_zero()
        {
            SystemClock.sleep(left.min(Duration::from_millis(10))).await;
        }
    }

    fn uptime(&self) -> Option<Duration> {
        Some(self.shown.uptime()? + self.ran())
    }
}
