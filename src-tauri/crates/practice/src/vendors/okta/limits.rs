//! Rate limits by endpoint and minute (<https://developer.okta.com/docs/reference/rate-limits/>).

use std::collections::BTreeMap;

use axum::http::HeaderValue;
use chrono::{DateTime, Utc};

use super::refuse::No;
use crate::answer::Answer;

/// The counts of the current minute.
#[derive(Clone, Debug)]
pub(super) struct Limits {
    /// Requests a minute to one endpoint.
    pub(super) limit: i64,
    counts: BTreeMap<String, (i64, i64)>,
}

impl Default for Limits {
    fn default() -> Self {
        Self { limit: 600, counts: BTreeMap::new() }
    }
}

impl Limits {
    /// Counts a request; the refusal when the minute is used up.
    pub(super) fn count(&mut self, path: &str, now: DateTime<Utc>) -> Option<Answer> {
        let minute = now.timestamp().div_euclid(60);
        let (at, used) = self.counts.entry(bucket(path)).or_insert((minute, 0));
        if *at != minute {
            (*at, *used) = (minute, 0);
        }
        *used += 1;
        if *used <= self.limit {
            return None;
        }
        let mut full =
            No::new(429, "E0000047", "API call exceeded rate limit due to too many requests.").answer();
        self.tell(path, &mut full);
        Some(full)
    }

    /// Tells limit, what is left, and when the next minute begins.
    pub(super) fn tell(&self, path: &str, answer: &mut Answer) {
        let Some((minute, used)) = self.counts.get(&bucket(path)) else { return };
        let headers = answer.headers_mut();
        headers.insert("x-rate-limit-limit", HeaderValue::from(self.limit));
        headers.insert("x-rate-limit-remaining", HeaderValue::from((self.limit - used).max(0)));
        headers.insert("x-rate-limit-reset", HeaderValue::from((minute + 1) * 60));
    }
}

/// Requests to one kind of thing share a bucket.
fn bucket(path: &str) -> String {
    let parts: Vec<&str> = path.split('/').skip(3).collect();
    let kind = parts.first().copied().unwrap_or_default();
    match parts.len() {
        0 | 1 => kind.to_owned(),
        2 => format!("{kind}/id"),
        _ => format!("{kind}/id/{}", parts[2]),
    }
}
