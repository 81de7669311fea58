//! When a read is asked again.

use std::time::Duration;

use backon::{BackoffBuilder, ExponentialBackoff, ExponentialBuilder};
use chrono::{DateTime, TimeDelta, Utc};
use reqwest::header::{DATE, HeaderMap, RETRY_AFTER};

use crate::error::{Error, Kind};

/// A wait that a read may take on itself; anything longer is told to the caller.
const LONGEST_WAIT: Duration = Duration::from_secs(60);
/// A vendor's wish beyond this is taken for a mistake.
const LONGEST_RETRY_AFTER: i64 = 24 * 3600;
/// How long to stand back when too many requests were under way at once.
const CROWDED_WAIT: Duration = Duration::from_secs(2);

/// One failed attempt.
pub(super) struct Failure {
    /// What to tell.
    pub(super) error: Error,
    /// Whether asking again may help.
    pub(super) again: bool,
    /// How long the vendor asked us to wait.
    pub(super) wait: Option<Duration>,
}

impl Failure {
    /// A failure that asking again cannot cure.
    pub(super) fn lasting(error: Error) -> Self {
        Self { error, again: false, wait: None }
    }

    /// A failure that may pass.
    pub(super) fn passing(error: Error) -> Self {
        Self { error, again: true, wait: None }
    }

    /// The same failure under another kind.
    pub(super) fn of_kind(self, kind: Kind) -> Self {
        Self { error: self.error.of_kind(kind), ..self }
    }

    /// How long to wait before the next attempt, given what the backoff proposes; `None` gives up.
    pub(super) fn next_wait(&self, proposed: Option<Duration>) -> Option<Duration> {
        let proposed = proposed.filter(|_| self.again)?;
        match self.wait {
            Some(asked) if asked > LONGEST_WAIT => None,
            Some(asked) => Some(asked.max(proposed)),
            None => Some(proposed),
        }
    }
}

/// Half a second, one, two: enough for a restart, short enough for a run.
pub(super) fn backoff() -> ExponentialBackoff {
    ExponentialBuilder::default()
        .with_min_delay(Duration::from_millis(500))
        .with_max_times(3)
        .with_jitter()
        .build()
}

/// How long the vendor asks us to wait, in whichever header it says so.
pub(super) fn asked_wait(headers: &HeaderMap, now: DateTime<Utc>) -> Option<Duration> {
    retry_after(headers, now).or_else(|| rate_limit_reset(headers, now))
}

/// `X-Rate-Limit-Reset`, in seconds since 1970 by the vendor's clock
/// (<https://developer.okta.com/docs/reference/rl-best-practices/>). A limit of 0 is the one on requests at the
/// same time, where the reset means nothing.
fn rate_limit_reset(headers: &HeaderMap, now: DateTime<Utc>) -> Option<Duration> {
    let number = |name| headers.get(name)?.to_str().ok()?.trim().parse::<i64>().ok();
    let reset = number("x-rate-limit-reset")?;
    if number("x-rate-limit-limit") == Some(0) {
        return Some(CROWDED_WAIT);
    }
    let their_now = headers.get(DATE).and_then(|v| http_date(v.to_str().ok()?)).unwrap_or(now);
    // Both are cut to whole seconds.
    let wait = reset.saturating_sub(their_now.timestamp()).clamp(0, LONGEST_RETRY_AFTER) + 1;
    TimeDelta::seconds(wait).to_std().ok()
}

/// `Retry-After` as seconds or as an HTTP date (RFC 9110 §10.2.3).
fn retry_after(headers: &HeaderMap, now: DateTime<Utc>) -> Option<Duration> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    let seconds = match text.parse::<u64>() {
        Ok(seconds) => i64::try_from(seconds).unwrap_or(i64::MAX),
        Err(_) => (http_date(text)? - now).num_seconds(),
    };
    TimeDelta::seconds(seconds.clamp(0, LONGEST_RETRY_AFTER)).to_std().ok()
}

/// An HTTP date (RFC 9110 §5.6.7).
pub(super) fn http_date(text: &str) -> Option<DateTime<Utc>> {
    httpdate::parse_http_date(text).ok().map(DateTime::from)
}

#[cfg(test)]
mod tests {
    use reqwest::header::HeaderValue;

    use super::*;

    #[test]
    fn retry_after_is_read_in_both_forms_and_bounded() {
        let now = "2026-09-25T14:00:00Z".parse().unwrap();
        for (text, expected) in [
            ("120", Some(120)),
            ("0", Some(0)),
            ("Fri, 25 Sep 2026 14:00:30 GMT", Some(30)),
            ("Fri, 25 Sep 2026 13:00:00 GMT", Some(0)),
            ("99999999999999999999999", None),
            ("18446744073709551615", Some(86_400)),
            ("-5", None),
            ("soon", None),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(RETRY_AFTER, HeaderValue::from_str(text).unwrap());
            assert_eq!(
                retry_after(&headers, now).map(|d| d.as_secs()),
                expected,
                "{text:?} decides how long access stays open"
            );
        }
    }

    #[test]
    fn a_rate_limits_reset_is_read_by_the_vendors_clock() {
        let now: DateTime<Utc> = "2026-09-25T14:00:00Z".parse().unwrap();
        let in_20 = (now + TimeDelta::seconds(20)).timestamp().to_string();
        for (limit, date, reset, expected) in [
            ("600", None, in_20.as_str(), Some(21)),
            ("600", Some("Fri, 25 Sep 2026 14:00:15 GMT"), in_20.as_str(), Some(6)),
            ("600", None, "0", Some(1)),
            ("0", None, in_20.as_str(), Some(2)),
            ("600", None, "soon", None),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert("x-rate-limit-limit", HeaderValue::from_str(limit).unwrap());
            headers.insert("x-rate-limit-reset", HeaderValue::from_str(reset).unwrap());
            if let Some(date) = date {
                headers.insert(DATE, HeaderValue::from_static(date));
            }
            let wait = asked_wait(&headers, now).map(|w| w.as_secs());
            assert_eq!(
                wait, expected,
                "limit {limit}, date {date:?}, reset {reset}: neither hammer nor sleep"
            );
            headers.insert(RETRY_AFTER, HeaderValue::from_static("7"));
            assert_eq!(asked_wait(&headers, now).map(|w| w.as_secs()), Some(7), "the standard's header wins");
        }
    }

    #[test]
    fn a_long_wait_is_told_and_not_slept_through() {
        let waiting = |secs| Failure {
            wait: Some(Duration::from_secs(secs)),
            ..Failure::passing(Error::new(Kind::Unavailable, "busy", "wait"))
        };
        let proposed = Some(Duration::from_secs(1));
        assert_eq!(waiting(30).next_wait(proposed), Some(Duration::from_secs(30)), "the vendor knows best");
        assert_eq!(waiting(0).next_wait(proposed), proposed, "zero would hammer it");
        assert_eq!(waiting(61).next_wait(proposed), None, "the engine plans long waits, not the door");
        let lasting = Failure::lasting(Error::new(Kind::Auth, "refused", "mend"));
        assert_eq!(lasting.next_wait(proposed), None, "a refused secret asked again may lock an account");
        assert_eq!(waiting(1).next_wait(None), None, "attempts have an end");
    }
}
