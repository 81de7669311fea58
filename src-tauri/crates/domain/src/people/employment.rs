//! What several stints, or a changed word about one, mean for an act that is planned.

use chrono::{DateTime, Days, NaiveDate, Utc};
use chrono_tz::Tz;
use serde::{Deserialize, Serialize};

use super::state::{EmploymentState, StintState};
use super::{SourceStatus, words};
use crate::digest::Digest;
use crate::time::{End, Precision, first_instant_of};

/// A new stint that starts this many calendar days after an old end, or sooner, holds the act.
pub const REHIRE_DAYS: u64 = 7;

/// Whether a stint starting on `new_start` comes so soon after `old_end` (UTC, its day taken in `zone`) that the
/// old stint's act must wait for a person: a rehire, a conversion, a change of company within a group.
pub fn rehire_holds(old_end: DateTime<Utc>, zone: Tz, new_start: NaiveDate) -> bool {
    old_end
        .with_timezone(&zone)
        .date_naive()
        .checked_add_days(Days::new(REHIRE_DAYS))
        .is_none_or(|last| new_start <= last)
}

/// Whether a start date under the key of an ended stint is a new stint: it begins at or after the former end.
/// The old stint's timer is cancelled then, and [`rehire_holds`] judged anew.
pub fn starts_new_stint(former_end: DateTime<Utc>, zone: Tz, new_start: NaiveDate) -> bool {
    first_instant_of(new_start, zone).is_some_and(|start| start >= former_end)
}

/// Whether `other` holds the act on `leaving`, both of one person: it goes on, or starts within
/// [`REHIRE_DAYS`]. What is not understood holds too.
pub fn held_by(leaving: &StintState, other: &StintState) -> bool {
    let Some(end) = leaving.access_end_at.max(leaving.employment_end_at) else {
        return other.state != EmploymentState::Terminated;
    };
    match other.state {
        EmploymentState::Active | EmploymentState::Unknown => true,
        EmploymentState::NoticePeriod => other.access_end_at > leaving.access_end_at,
        EmploymentState::PreHire => {
            other.start_date.is_none_or(|start| rehire_holds(end, leaving.zone, start))
        }
        EmploymentState::Terminated => false,
    }
}

words! {
    /// What becomes of a planned end when HR says something else.
    ChangeOfEnd {
        /// Nothing changed that counts.
        Keep = "keep",
        /// The timer moves to the earlier instant at once.
        MoveEarlier = "move_earlier",
        /// The timer stays until a second complete read says the same.
        AwaitSecondRead = "await_second_read",
        /// The timer moves to the later instant.
        MoveLater = "move_later",
        /// The timer is cancelled.
        Withdraw = "withdraw",
        /// A person decides. The timer is not cancelled; after a cut, nothing is given back by itself.
        Hold = "hold",
    }
}

/// What a read says about a stint whose end is planned.
#[derive(Clone, Copy, Debug)]
pub enum News<'a> {
    /// The stint is not in the read. Absence is never an end, nor the withdrawal of one.
    Missing,
    /// The stint is there.
    Read {
        /// When access ends by this read.
        end: &'a End,
        /// HR's word beside it.
        status: SourceStatus,
    },
}

/// One read of a source, and the end that it gave for the stint in question.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reading {
    /// Whether the read was complete.
    pub complete: bool,
    /// SHA-256 of an imported file; none for a live read, where every read is a new question.
    pub file: Option<Digest>,
    /// When access ends by this read (UTC).
    pub access_end_at: Option<DateTime<Utc>>,
}

/// The circumstances of a change.
#[derive(Clone, Copy, Debug)]
pub struct Circumstances<'a> {
    /// The source's latest reads, oldest first; the read that brought the news is the last.
    pub reads: &'a [Reading],
    /// HR took the end back, or moved it, in so many words (a rescind event, an operator's act).
    pub explicit_rescind: bool,
    /// This is the last look, at the instant of the act.
    pub last_look: bool,
    /// Access was cut already.
    pub executed: bool,
}

/// Decides what a read does to a planned end.
///
/// Earlier counts at once; later, or withdrawn, only when HR positively says so: in so many words, or twice in
/// a row. At the last look every difference holds the run; after the cut nothing is given back by itself.
pub fn change_of_end(old: &End, news: News<'_>, seen: Circumstances<'_>) -> ChangeOfEnd {
    let (new, status) = match news {
        News::Missing if seen.last_look && !seen.executed => return ChangeOfEnd::Hold,
        News::Missing => return ChangeOfEnd::Keep,
        News::Read { end, status } => (end, status),
    };
    if new.at == old.at {
        return ChangeOfEnd::Keep;
    }
    let to = match (old.at, new.at) {
        (_, None) => ChangeOfEnd::Withdraw,
        (Some(old), Some(new)) if new > old => ChangeOfEnd::MoveLater,
        _ => ChangeOfEnd::MoveEarlier,
    };
    if seen.executed {
        return if to == ChangeOfEnd::MoveEarlier { ChangeOfEnd::Keep } else { ChangeOfEnd::Hold };
    }
    if to == ChangeOfEnd::Withdraw {
        match status {
            // Nobody understands what HR says: that takes nothing back.
            _ if status == SourceStatus::Unknown || !new.findings.is_empty() => return ChangeOfEnd::Hold,
            // Over, and no longer dated: due at the latest now, which the last look only confirms.
            SourceStatus::Terminated if seen.last_look => return ChangeOfEnd::Keep,
            SourceStatus::Terminated => return ChangeOfEnd::MoveEarlier,
            _ => {}
        }
    }
    if seen.explicit_rescind || same_date(old, new) {
        return to;
    }
    if seen.last_look {
        return ChangeOfEnd::Hold;
    }
    match to {
        ChangeOfEnd::MoveEarlier => to,
        _ if said_twice(seen.reads, new.at) => to,
        _ => ChangeOfEnd::AwaitSecondRead,
    }
}

/// HR's date is unchanged, only our reading of it moved: another zone, another tz database.
fn same_date(old: &End, new: &End) -> bool {
    match (&old.inputs, &new.inputs) {
        (Some(old), Some(new)) => {
            (old.field, old.day) == (new.field, new.day) && new.precision == Precision::Date
        }
        _ => false,
    }
}

/// Two complete reads in a row give this end; the same file imported again is no second read.
fn said_twice(reads: &[Reading], end: Option<DateTime<Utc>>) -> bool {
    let mut complete: Vec<&Reading> = reads.iter().filter(|read| read.complete).collect();
    complete.dedup_by(|a, b| a.file.is_some() && a.file == b.file);
    matches!(complete[..], [.., a, b] if a.access_end_at == end && b.access_end_at == end)
}

#[cfg(test)]
#[path = "employment_tests.rs"]
mod tests;
