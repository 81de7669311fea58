//! Putting answers together.

use axum::body::Body;
use axum::http::{HeaderName, HeaderValue, Response, StatusCode, header};
use serde_json::Value;

/// What a simulated vendor answers.
pub type Answer = Response<Body>;

/// JSON with this status.
pub fn json(status: u16, body: &Value) -> Answer {
    with(status, &[("content-type", "application/json")], body.to_string())
}

/// A status without a body.
pub fn empty(status: u16) -> Answer {
    with(status, &[], String::new())
}

/// Any answer. A header that cannot be sent is left out.
pub fn with(status: u16, headers: &[(&str, &str)], body: impl Into<Body>) -> Answer {
    let mut answer = Response::new(body.into());
    *answer.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    for (name, value) in headers {
        if let (Ok(name), Ok(value)) = (HeaderName::try_from(*name), HeaderValue::try_from(*value)) {
            answer.headers_mut().append(name, value);
        }
    }
    answer
}

/// Stamps an answer with the practice company's time (RFC 9110 §6.6.1), so that a clock guard sees no skew.
pub(crate) fn dated(mut answer: Answer, now: chrono::DateTime<chrono::Utc>) -> Answer {
    // Only years that HTTP dates can show.
    let now = now.max(chrono::DateTime::UNIX_EPOCH);
    if let Ok(value) = HeaderValue::try_from(httpdate::fmt_http_date(now.into())) {
        answer.headers_mut().entry(header::DATE).or_insert(value);
    }
    answer
}
