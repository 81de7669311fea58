//! Lists, page by page: `limit` and `after`, until `has_more` says no. The vendor gives no totals.

use std::collections::HashSet;

use lockstep_domain::digest::Digest;
use serde_json::Value;

use super::facts::text;
use crate::api::Api;
use crate::error::{Error, Kind, Result};

/// The most that the vendor sends in a page.
pub(super) const PAGE: &str = "100";
/// Pages that a list may have: a million records, more than any organisation has.
const MOST_PAGES: usize = 10_000;

/// A list under way.
pub(super) struct List<'a> {
    api: &'a Api,
    segments: Vec<&'a str>,
    filter: &'a [(&'a str, &'a str)],
    after: Option<String>,
    seen: HashSet<String>,
    pages: usize,
    digests: Vec<u8>,
    done: bool,
}

/// A whole list.
#[derive(Debug, Default)]
pub(super) struct Whole {
    pub(super) records: Vec<Value>,
    /// SHA-256 over the pages; empty when there was nothing to read.
    pub(super) sha256: Vec<u8>,
}

impl<'a> List<'a> {
    /// The list under this path, with these parameters beside the paging.
    pub(super) fn of(api: &'a Api, segments: &[&'a str], filter: &'a [(&'a str, &'a str)]) -> Self {
        Self {
            api,
            segments: segments.to_vec(),
            filter,
            after: None,
            seen: HashSet::new(),
            pages: 0,
            digests: Vec::new(),
            done: false,
        }
    }

    /// The next page's records, none twice; `None` after the last.
    pub(super) async fn next(&mut self) -> Result<Option<Vec<Value>>> {
        if self.done {
            return Ok(None);
        }
        let mut query = vec![("limit", PAGE)];
        query.extend(self.filter);
        query.extend(self.after.as_deref().map(|id| ("after", id)));
        let mut answer = self.api.get(&self.segments, &query).await?;
        self.digests.extend(answer.sha256.0);
        let more = answer.body.get("has_more").and_then(Value::as_bool);
        let more = more.ok_or_else(|| self.malformed("has_more is missing"))?;
        // Said to be optional and nullable; the last record's own id means the same.
        let last_id = text(&answer.body, "last_id").map(str::to_owned);
        let Some(Value::Array(records)) = answer.body.get_mut("data").map(Value::take) else {
            return Err(self.malformed("data is no list"));
        };
        let last_id = last_id.or_else(|| records.last().and_then(|r| text(r, "id")).map(str::to_owned));
        for record in &records {
            // A record without an id is set aside by name later; it cannot lead the list in a circle.
            if text(record, "id").is_some_and(|id| !self.seen.insert(id.to_owned())) {
                return Err(self.malformed("a record came twice, so others may have slipped through"));
            }
        }
        self.pages += 1;
        self.done = !more;
        if more && (last_id.is_none() || last_id == self.after || records.is_empty()) {
            return Err(self.malformed("there is said to be more, but not where"));
        }
        if more && self.pages >= MOST_PAGES {
            return Err(self.malformed("it does not come to an end"));
        }
        self.after = last_id;
        Ok(Some(records))
    }

    /// Everything at once.
    pub(super) async fn all(mut self) -> Result<Whole> {
        let mut records = Vec::new();
        while let Some(page) = self.next().await? {
            records.extend(page);
        }
        Ok(Whole { records, sha256: self.sha256().0.to_vec() })
    }

    /// SHA-256 over the pages so far.
    pub(super) fn sha256(&self) -> Digest {
        Digest::of(&self.digests)
    }

    fn malformed(&self, what: &str) -> Error {
        Error::new(
            Kind::Malformed,
            format!("reading the list {}: {what}", self.segments.last().copied().unwrap_or_default()),
            "Read again; if it stays, report it. Nothing of this read was used.",
        )
    }
}
