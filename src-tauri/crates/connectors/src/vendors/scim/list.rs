//! Lists, page by page (RFC 7644 §3.4.2.4), and whether they can be believed.

use std::collections::{BTreeSet, HashSet};

use lockstep_domain::digest::Digest;
use serde_json::Value;

use super::resource::text;
use crate::api::Api;
use crate::error::{Error, Kind, Result};

/// Asked for per page; servers may send fewer.
const PAGE: &str = "100";
/// More than any organisation has; a server that claims more is not taken seriously.
const MOST_ROWS: u64 = 1_000_000;
/// Requests that a whole list may take: half an hour at our pace, and enough for `MOST_ROWS` in pages of 50.
const MOST_PAGES: u64 = 20_000;
/// Pages after which the rest can be reckoned.
const TELLING_PAGES: u64 = 20;

/// A list under way.
pub(super) struct List<'a> {
    api: &'a Api,
    kind: &'static str,
    claimed: Option<u64>,
    received: u64,
    pages: u64,
    seen: HashSet<String>,
    doubts: BTreeSet<String>,
    digests: Vec<u8>,
    done: bool,
}

/// How a list ended.
pub(super) struct ListEnd {
    /// The number that the server first said there are.
    pub(super) claimed: u64,
    /// Why absence from the list proves nothing; empty when it does.
    pub(super) doubts: BTreeSet<String>,
    /// SHA-256 over the pages' digests.
    pub(super) sha256: Digest,
}

impl<'a> List<'a> {
    /// All resources of a kind (`Users`, `Groups`).
    pub(super) fn of(api: &'a Api, kind: &'static str) -> Self {
        Self {
            api,
            kind,
            claimed: None,
            received: 0,
            pages: 0,
            seen: HashSet::new(),
            doubts: BTreeSet::new(),
            digests: Vec::new(),
            done: false,
        }
    }

    /// The next page's resources, each with its number in the list, no id twice; `None` after the last.
    pub(super) async fn next(&mut self) -> Result<Option<Vec<(u64, Value)>>> {
        if self.done {
            return Ok(None);
        }
        let start = self.received + 1;
        let query = [("startIndex", start.to_string()), ("count", PAGE.to_owned())];
        let query = query.each_ref().map(|(name, value)| (*name, value.as_str()));
        let answer = self.api.get(&[self.kind], &query).await?;
        self.digests.extend(answer.sha256.0);
        let (total, resources) = page(self.kind, answer.body)?;
        let claimed = *self.claimed.get_or_insert(total);
        if total != claimed {
            self.doubt(format!("their number changed while they were read ({claimed}, then {total})"));
        }
        if claimed > MOST_ROWS {
            return Err(self.malformed(&format!("the server claims {claimed}, more than can be true")));
        }
        if resources.is_empty() {
            self.done = true;
            return Ok(None);
        }
        let sent = resources.len();
        let fresh: Vec<_> = (start..).zip(resources).filter(|(_, r)| self.is_new(r)).collect();
        if fresh.is_empty() {
            return Err(
                self.malformed(&format!("asked for number {start} on, the server repeats earlier ones"))
            );
        }
        if fresh.len() < sent {
            self.doubt("some were sent twice, so others may have slipped through".into());
        }
        self.received += sent as u64;
        self.pages += 1;
        // A trickle of tiny pages would hold up the read for days.
        if self.pages >= TELLING_PAGES && claimed * self.pages > MOST_PAGES * self.received {
            return Err(self.malformed(&format!(
                "the server sends so few in a page ({} in {}) that {claimed} would not come to an end",
                self.received, self.pages
            )));
        }
        // The first total bounds the reading, so that a server cannot lead us on for ever.
        self.done = self.received >= claimed;
        Ok(Some(fresh))
    }

    /// Ends the list after its last page.
    pub(super) fn end(mut self) -> ListEnd {
        let claimed = self.claimed.unwrap_or_default();
        if self.received != claimed {
            self.doubt(format!("the server says there are {claimed} but sent {}", self.received));
        }
        ListEnd { claimed, doubts: self.doubts, sha256: Digest::of(&self.digests) }
    }

    fn is_new(&mut self, resource: &Value) -> bool {
        // One without an id passes: it is set aside by name, and the total bounds how many there can be.
        text(resource, "id").is_none_or(|id| self.seen.insert(id.to_owned()))
    }

    fn doubt(&mut self, why: String) {
        self.doubts.insert(format!("{}: {why}", self.kind));
    }

    fn malformed(&self, what: &str) -> Error {
        malformed(self.kind, what)
    }
}

/// The total and the resources of one answer.
pub(super) fn page(kind: &str, mut body: Value) -> Result<(u64, Vec<Value>)> {
    let total = body
        .get("totalResults")
        .and_then(Value::as_u64)
        .ok_or_else(|| malformed(kind, "the answer is no SCIM list: totalResults is missing"))?;
    // RFC 7644 §3.4.2: Resources may be missing when there is nothing to list.
    match body.get_mut("Resources").map(Value::take) {
        Some(Value::Array(list)) => Ok((total, list)),
        None | Some(Value::Null) => Ok((total, vec![])),
        Some(_) => Err(malformed(kind, "the answer is no SCIM list: Resources is not a list")),
    }
}

fn malformed(kind: &str, what: &str) -> Error {
    Error::new(
        Kind::Malformed,
        format!("reading {kind}: {what}"),
        "Check that the base URL is that of a SCIM 2.0 server; nothing of this read was used.",
    )
}
