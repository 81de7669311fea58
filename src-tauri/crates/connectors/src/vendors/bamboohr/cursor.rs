//! The place in the vendor's list of changes.
//!
//! The vendor counts in whole seconds and tells whoever changed *on or after* one. A second that was over when it was
//! read holds nothing new; one that was not may, and is read again.

use chrono::{DateTime, FixedOffset, TimeDelta, Utc};

/// A second must be over by so much, since two machines of the vendor may not agree on the time.
const SAFELY_OVER: TimeDelta = TimeDelta::seconds(5);

const SETTLED: &str = "settled";

/// Where to go on from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Cursor {
    /// The newest change that was told, as the vendor wrote it: our clock is never used.
    since: String,
    at: DateTime<FixedOffset>,
    settled: bool,
}

impl Cursor {
    /// After a read that began at `asked_at` (the vendor's time) and told this newest change.
    pub(super) fn after(newest: &str, asked_at: DateTime<Utc>) -> Option<Self> {
        let at = instant(newest)?;
        Some(Self { since: newest.to_owned(), at, settled: asked_at >= at + SAFELY_OVER })
    }

    /// From the form that was kept; `None` for what nobody here wrote.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (since, settled) = match text.split_once(' ') {
            Some((since, SETTLED)) => (since, true),
            Some(_) => return None,
            None => (text, false),
        };
        Some(Self { since: since.to_owned(), at: instant(since)?, settled })
    }

    /// The form to keep.
    pub(super) fn to_text(&self) -> String {
        if self.settled { format!("{} {SETTLED}", self.since) } else { self.since.clone() }
    }

    /// What to ask the vendor.
    pub(super) fn since(&self) -> &str {
        &self.since
    }

    /// Whether a change at this time may be news. A time that cannot be read may.
    pub(super) fn is_news(&self, changed: &str) -> bool {
        instant(changed).is_none_or(|at| at > self.at || !self.settled)
    }
}

/// A vendor's time stamp.
pub(super) fn instant(text: &str) -> Option<DateTime<FixedOffset>> {
    DateTime::parse_from_rfc3339(text).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_lost_in_a_second_that_was_not_over() {
        let newest = "2026-09-25T14:00:00+00:00";
        for (asked_at, same, next) in
            [("2026-09-25T14:00:03Z", true, true), ("2026-09-25T14:00:05Z", false, true)]
        {
            let cursor = Cursor::after(newest, asked_at.parse().unwrap()).unwrap();
            let kept = Cursor::parse(&cursor.to_text()).unwrap();
            assert_eq!(kept, cursor, "what is kept is what was meant");
            assert_eq!(kept.since(), newest, "the vendor's own words go back to it");
            assert_eq!(kept.is_news(newest), same, "asked at {asked_at}: the same second");
            assert_eq!(kept.is_news("2026-09-25T14:00:01+00:00"), next, "asked at {asked_at}: the next one");
        }
        let settled = Cursor::parse("2026-09-25T14:00:00+00:00 settled").unwrap();
        assert!(settled.is_news("soon"), "what cannot be read is looked at");
        for garbage in ["", "yesterday", "2026-09-25T14:00:00+00:00 maybe"] {
            assert_eq!(Cursor::parse(garbage), None, "{garbage:?}: everybody is read instead");
        }
    }
}
