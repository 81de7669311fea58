//! Reading an answer without trusting its size or its form.

use lockstep_domain::digest::Digest;
use reqwest::Response;
use reqwest::header::CONTENT_TYPE;
use serde_json::Value;

use super::auth::Auth;
use super::text::clean;
use crate::error::{Error, Kind, Result};

/// How an answer's bytes ended.
pub(super) enum Bytes {
    /// All of them.
    Whole(Vec<u8>),
    /// More than the limit; the rest was not read.
    TooLarge,
}

/// Reads an answer up to `limit` bytes.
pub(super) async fn read(mut response: Response, limit: usize) -> reqwest::Result<Bytes> {
    let mut bytes = Vec::new();
    while let Some(chunk) = response.chunk().await? {
        if bytes.len() + chunk.len() > limit {
            return Ok(Bytes::TooLarge);
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(Bytes::Whole(bytes))
}

/// Whether an answer calls itself JSON: `application/json`, `application/scim+json` or another `+json`.
/// One that does not call itself anything is judged by its content.
pub(super) fn says_json(response: &Response) -> bool {
    let Some(value) = response.headers().get(CONTENT_TYPE) else { return true };
    let text = value.to_str().unwrap_or_default().to_ascii_lowercase();
    let media = text.split(';').next().unwrap_or_default().trim();
    media == "application/json" || media.ends_with("+json") || media == "text/json"
}

/// Parses JSON and its digest.
pub(super) fn json(bytes: &[u8], says_json: bool, what: &str, auth: &Auth) -> Result<(Value, Digest)> {
    let garbage = |why: &str| {
        let start = String::from_utf8_lossy(bytes.get(..512).unwrap_or(bytes)).into_owned();
        let start = clean(&auth.mask(&start), 80);
        Error::new(
            Kind::Malformed,
            format!("{what}: the answer is not JSON ({why}); it begins “{start}”"),
            "Check that the base URL is the API's address, not a sign-in or status page.",
        )
    };
    if !says_json {
        return Err(garbage("by its content type"));
    }
    match serde_json::from_slice(bytes) {
        Ok(value) => Ok((value, Digest::of(bytes))),
        Err(e) => {
            Err(garbage(&format!("{:?} error in line {}, column {}", e.classify(), e.line(), e.column())))
        }
    }
}

/// An answer over the limit.
pub(super) fn too_large(what: &str, limit: usize) -> Error {
    Error::new(
        Kind::Malformed,
        format!("{what}: the answer is larger than {} MiB and was not read further", limit / (1024 * 1024)),
        "Look at the server for a record with an oversized field; nothing of this read was used.",
    )
}

/// What a vendor says about a refusal, fit for an error: a JSON answer's message, or the text itself.
pub(super) fn vendor_words(bytes: &[u8], auth: &Auth) -> String {
    let text = match serde_json::from_slice::<Value>(bytes) {
        Ok(value) => ["detail", "message", "error_description", "errorSummary", "error"]
            .iter()
            .find_map(|key| value.get(key)?.as_str())
            .or_else(|| value.pointer("/error/message")?.as_str())
            .map(str::to_owned)
            .unwrap_or_else(|| value.to_string()),
        Err(_) => String::from_utf8_lossy(bytes.get(..2048).unwrap_or(bytes)).into_owned(),
    };
    clean(&auth.mask(&text), 200)
}
