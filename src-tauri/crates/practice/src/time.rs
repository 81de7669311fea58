//! The practice company's own clock. Whatever depends on time in a simulator (lag, expiry, rate windows, "today")
//! reads it, so that a test can move it.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};

/// A settable clock; clones share the time.
#[derive(Clone)]
pub struct PracticeClock {
    source: Arc<dyn Fn() -> DateTime<Utc> + Send + Sync>,
    offset: Arc<Mutex<TimeDelta>>,
}

impl fmt::Debug for PracticeClock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("PracticeClock").field(&self.now()).finish()
    }
}

impl PracticeClock {
    /// Runs with the machine's clock.
    #[expect(
        clippy::disallowed_methods,
        reason = "the one place in the practice company that asks the system"
    )]
    pub fn real() -> Self {
        Self::following(|| std::time::SystemTime::now().into())
    }

    /// Stands still at `now` (UTC) until it is moved.
    pub fn manual(now: DateTime<Utc>) -> Self {
        Self::following(move || now)
    }

    /// Shows what another clock shows, such as the clock of the program under test.
    pub fn following(source: impl Fn() -> DateTime<Utc> + Send + Sync + 'static) -> Self {
        Self { source: Arc::new(source), offset: Arc::new(Mutex::new(TimeDelta::zero())) }
    }

    /// The present (UTC).
    pub fn now(&self) -> DateTime<Utc> {
        let offset = *self.offset();
        (self.source)().checked_add_signed(offset).unwrap_or(DateTime::<Utc>::MAX_UTC)
    }

    /// Sets the present (UTC), backwards too; what it follows moves it on from there.
    pub fn set(&self, now: DateTime<Utc>) {
        *self.offset() = now - (self.source)();
    }

    /// Lets `duration` pass at once.
    pub fn advance(&self, duration: Duration) {
        let mut offset = self.offset();
        *offset = TimeDelta::from_std(duration).ok().and_then(|d| offset.checked_add(&d)).unwrap_or(*offset);
    }

    fn offset(&self) -> MutexGuard<'_, TimeDelta> {
        self.offset.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Lets real time pass: a slow network is slow by the caller's watch, whatever the practice clock shows.
#[expect(clippy::disallowed_methods, reason = "the one place in the practice company that waits")]
pub(crate) async fn wait(duration: Duration) {
    tokio::time::sleep(duration).await;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_clock_moves_only_as_it_is_told_and_clones_share_it() {
        let start: DateTime<Utc> = "2026-09-25T14:00:00Z".parse().unwrap();
        let clock = PracticeClock::manual(start);
        let seen_by_a_vendor = clock.clone();
        clock.advance(Duration::from_mins(5));
        assert_eq!(seen_by_a_vendor.now(), start + TimeDelta::minutes(5), "vendors live in one company");
        clock.set(start - TimeDelta::hours(1));
        assert_eq!(seen_by_a_vendor.now(), start - TimeDelta::hours(1), "a clock set back is a case to test");
    }
}
