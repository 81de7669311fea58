//! What goes in and out of the door.

use std::time::Duration;

use lockstep_domain::digest::Digest;
use reqwest::Method;
use serde_json::Value;

use super::link::PageLink;

/// What differs between connections.
#[derive(Clone, Debug)]
pub struct ApiOptions {
    /// Whether private and loopback addresses may be reached, and plain http to them.
    pub allow_local: bool,
    /// How long connecting may take.
    pub connect_timeout: Duration,
    /// How long the server may send nothing.
    pub read_timeout: Duration,
    /// How long one whole answer may take, however busily it dribbles.
    pub total_timeout: Duration,
    /// The largest answer that is read, in bytes.
    pub largest_answer: usize,
    /// The media type of what is sent, and the one preferred in answers.
    pub media_type: &'static str,
}

impl Default for ApiOptions {
    fn default() -> Self {
        Self {
            allow_local: false,
            connect_timeout: Duration::from_secs(10),
            read_timeout: Duration::from_secs(30),
            total_timeout: Duration::from_secs(120),
            largest_answer: 8 * 1024 * 1024,
            media_type: "application/json",
        }
    }
}

/// The answer to a read.
#[derive(Clone, Debug, PartialEq)]
pub struct Document {
    /// The JSON.
    pub body: Value,
    /// The `ETag` header, verbatim.
    pub etag: Option<String>,
    /// SHA-256 of the answer's bytes.
    pub sha256: Digest,
    /// The page that follows, where a `Link` header names one.
    pub next: Option<PageLink>,
}

/// One write.
#[derive(Clone, Copy, Debug)]
pub struct Write<'a> {
    /// `PATCH`, `PUT`, `POST` or `DELETE`.
    pub method: &'a Method,
    /// The path below the base URL, segment by segment; each is encoded.
    pub segments: &'a [&'a str],
    /// The query, by name and value.
    pub query: &'a [(&'a str, &'a str)],
    /// The JSON to send.
    pub body: Option<&'a Value>,
    /// The version that must still stand, for `If-Match`.
    pub if_match: Option<&'a str>,
}
