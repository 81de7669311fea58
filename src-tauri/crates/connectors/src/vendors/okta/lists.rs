//! Whole lists: pages are followed as the vendor names them, never put together by us
//! (<https://developer.okta.com/docs/api/#pagination>).

use std::collections::HashSet;

use lockstep_domain::digest::Digest;
use serde_json::Value;

use super::Okta;
use crate::api::{Document, PageLink};
use crate::error::{Error, Kind, Result};

/// Pages that a whole list may take; more is a list without an end.
const MOST_PAGES: usize = 20_000;

/// A list under way.
pub(super) struct List<'a> {
    okta: &'a Okta,
    name: &'static str,
    next: Next<'a>,
    seen: HashSet<PageLink>,
    digests: Vec<u8>,
}

enum Next<'a> {
    First(Vec<&'a str>, Vec<(&'a str, &'a str)>),
    Page(PageLink),
    End,
}

impl<'a> List<'a> {
    /// The list at this path. `name` is what people call it.
    pub(super) fn of(
        okta: &'a Okta,
        name: &'static str,
        segments: &[&'a str],
        query: &[(&'a str, &'a str)],
    ) -> Self {
        let next = Next::First(segments.to_vec(), query.to_vec());
        Self { okta, name, next, seen: HashSet::new(), digests: Vec::new() }
    }

    /// The next page; `None` after the last.
    pub(super) async fn next(&mut self) -> Result<Option<Vec<Value>>> {
        let answer = match std::mem::replace(&mut self.next, Next::End) {
            Next::First(segments, query) => self.okta.api.get(&segments, &query).await?,
            Next::Page(page) => self.okta.api.get_page(&page).await?,
            Next::End => return Ok(None),
        };
        self.digests.extend(answer.sha256.0);
        let next = self.link(&answer)?;
        if let Some(page) = next {
            if self.seen.len() >= MOST_PAGES || !self.seen.insert(page.clone()) {
                return Err(self.malformed("it leads in a circle or has no end"));
            }
            self.next = Next::Page(page);
        }
        match answer.body {
            Value::Array(list) => Ok(Some(list)),
            // Role assignees are the one list in an object, with its links inside.
            Value::Object(mut object) => match object.remove("value") {
                Some(Value::Array(list)) => Ok(Some(list)),
                _ => Err(self.malformed("the answer holds no list")),
            },
            _ => Err(self.malformed("the answer is no list")),
        }
    }

    /// All pages in one.
    pub(super) async fn all(mut self) -> Result<(Vec<Value>, Digest)> {
        let mut all = Vec::new();
        while let Some(page) = self.next().await? {
            all.extend(page);
        }
        Ok((all, self.digest()))
    }

    /// SHA-256 over the digests of the pages so far.
    pub(super) fn digest(&self) -> Digest {
        Digest::of(&self.digests)
    }

    fn link(&self, answer: &Document) -> Result<Option<PageLink>> {
        match answer.body.pointer("/_links/next/href").and_then(Value::as_str) {
            Some(inside) => self.okta.api.page(inside).map(Some),
            None => Ok(answer.next.clone()),
        }
    }

    fn malformed(&self, what: &str) -> Error {
        Error::new(
            Kind::Malformed,
            format!("reading {}: {what}", self.name),
            "Check that the base URL is that of an Okta organisation; nothing of this read was used.",
        )
    }
}
