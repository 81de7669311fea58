//! What a status means, and what to do about it.

use chrono::{DateTime, TimeDelta, Utc};
use reqwest::StatusCode;
use reqwest::header::HeaderMap;

use super::retry::{Failure, asked_wait};
use crate::error::{Error, Kind};

/// How long "too many requests" lasts when the vendor does not say.
const UNSAID_WAIT: TimeDelta = TimeDelta::seconds(60);

/// Turns a refusal (any status but 2xx and 3xx) into a failure. `what` names the request, `words` the
/// vendor's reason, already cleaned.
pub(super) fn refusal(
    status: StatusCode,
    headers: &HeaderMap,
    what: &str,
    words: &str,
    now: DateTime<Utc>,
) -> Failure {
    let wait = asked_wait(headers, now);
    let (kind, remedy) =
        judge(status, now + wait.and_then(|w| TimeDelta::from_std(w).ok()).unwrap_or(UNSAID_WAIT));
    let reason = if words.is_empty() { String::new() } else { format!(": “{words}”") };
    let again = matches!(status.as_u16(), 408 | 429 | 500 | 502 | 503 | 504);
    let error = Error::new(kind, format!("{what}: the server answered {}{reason}", status.as_u16()), remedy);
    Failure { error, again, wait }
}

fn judge(status: StatusCode, retry_at: DateTime<Utc>) -> (Kind, &'static str) {
    match status.as_u16() {
        401 => (
            Kind::Auth,
            "The credentials were refused. Make a new token at the vendor and set it on this connection.",
        ),
        402 => (
            Kind::Forbidden,
            "The vendor asks for payment or another plan for this. Ask who owns the contract.",
        ),
        403 => (
            Kind::Forbidden,
            "The credentials are accepted but may not do this. Give the token's account the rights listed for this vendor.",
        ),
        404 | 410 => {
            (Kind::NotFound, "Check the base URL if this concerns every record; else the record is gone.")
        }
        405 | 501 => {
            (Kind::Unsupported, "The server does not offer this. Handle it by hand or in another way.")
        }
        409 => (Kind::Conflict, "The server's own state forbids this now. Look at the record there."),
        412 => (
            Kind::Conflict,
            "The record changed while we looked at it. It will be read again before another try.",
        ),
        413 | 431 => (Kind::Unsupported, "The server finds the request too large. Report this to us."),
        429 => (
            Kind::RateLimited { retry_at },
            "The server asks for a pause. It is asked again after that; other tools on the same account may share the limit.",
        ),
        408 | 500..=599 => (
            Kind::Unavailable,
            "The server has trouble at the moment. It will be tried again; see the vendor's status page.",
        ),
        400..=499 => (
            Kind::Unsupported,
            "The server did not accept the form of the request. Another dialect may be tried; else handle it by hand.",
        ),
        _ => (Kind::Malformed, "The server answered outside of HTTP's rules. Check the base URL."),
    }
}

#[cfg(test)]
mod tests {
    use reqwest::header::{HeaderValue, RETRY_AFTER};

    use super::*;

    #[test]
    fn every_status_has_its_kind_and_a_remedy() {
        let now: DateTime<Utc> = "2026-09-25T14:00:00Z".parse().unwrap();
        let mut headers = HeaderMap::new();
        headers.insert(RETRY_AFTER, HeaderValue::from_static("30"));
        for (status, kind, again) in [
            (400, "unsupported", false),
            (401, "auth", false),
            (402, "forbidden", false),
            (403, "forbidden", false),
            (404, "not_found", false),
            (405, "unsupported", false),
            (408, "unavailable", true),
            (409, "conflict", false),
            (410, "not_found", false),
            (412, "conflict", false),
            (415, "unsupported", false),
            (422, "unsupported", false),
            (429, "rate_limited", true),
            (500, "unavailable", true),
            (501, "unsupported", false),
            (503, "unavailable", true),
            (504, "unavailable", true),
            (599, "unavailable", false),
            (600, "malformed", false),
        ] {
            let failure = refusal(StatusCode::from_u16(status).unwrap(), &headers, "GET /Users", "no", now);
            assert_eq!(failure.error.kind().as_str(), kind, "{status} decides what the engine does next");
            assert_eq!(failure.again, again, "{status}: a lasting refusal is not asked again");
            assert!(!failure.error.remedy().is_empty(), "{status}: people must learn what to do");
            assert!(
                failure.error.to_string().contains(&status.to_string()),
                "{status} helps the vendor's support"
            );
            if let Kind::RateLimited { retry_at } = failure.error.kind() {
                assert_eq!(*retry_at, now + TimeDelta::seconds(30), "the vendor said when");
            }
        }
    }
}
