//! What state a stint and a person are in, and whether anything may act on it.

use std::collections::BTreeSet;

use chrono::{DateTime, NaiveDate, Utc};
use chrono_tz::Tz;
use serde::{Deserialize, Serialize};

use super::{SourceStatus, WorkerRecord, words};
use crate::time::{Ends, readable};

words! {
    /// Where a stint, or a person, stands between hiring and leaving.
    EmploymentState {
        /// The first day has not come.
        PreHire = "pre_hire",
        /// Employed, no end known.
        Active = "active",
        /// Employed, the end is known and has not come.
        NoticePeriod = "notice_period",
        /// Access has ended, or had to.
        Terminated = "terminated",
        /// HR's words cannot be understood and no date helps: no timer, one review item.
        Unknown = "unknown",
    }
}

words! {
    /// What else is true of a stint.
    StatusFlag {
        /// HR says: on leave.
        OnLeave = "on_leave",
        /// HR says: suspended.
        Suspended = "suspended",
        /// Access has ended, the employment has not: contained, not removed.
        GardenLeave = "garden_leave",
        /// HR took back an end that it had stated.
        RescindedTermination = "rescinded_termination",
        /// The end had already passed when HR first stated it.
        Backdated = "backdated",
        /// HR's dates or words contradict one another; a person should look.
        DateConflict = "date_conflict",
    }
}

/// Whether anything may ever act on a stint's end, and when. Ordered by how much it allows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(tag = "timing", content = "at", rename_all = "snake_case")]
pub enum Timing {
    /// Nothing to do.
    None,
    /// Was over when we first heard of it: a Backlog row for a person to decide, never a timer.
    BaselineBacklog,
    /// News about somebody employed until now, and already due.
    Now,
    /// At this instant (UTC), which may have passed while we slept.
    At(DateTime<Utc>),
}

/// What earlier reads tell about a stint. A read counts only if it was complete.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct History {
    /// When the end that HR now states (this date, or `terminated` without one) was first read (UTC).
    pub first_observed: DateTime<Utc>,
    /// Whether a read before that one showed the stint as not terminated.
    pub seen_employed: bool,
    /// Whether that read was the baseline: the first complete read of the source.
    pub baseline: bool,
    /// Whether an earlier read stated an end that HR has taken back since.
    pub rescinded: bool,
    /// When access was cut for this stint (UTC), while no restore task for it has been closed.
    pub cut_at: Option<DateTime<Utc>>,
    /// Whether another stint of the person began before this one and reaches into it.
    pub earlier_overlapping_stint: bool,
    /// Whether the source's status map lets `pending` count as active once the first day has come.
    pub pending_becomes_active: bool,
}

/// The state of one stint at one instant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StintState {
    /// The state.
    pub state: EmploymentState,
    /// What else is true.
    pub flags: BTreeSet<StatusFlag>,
    /// First day, as HR wrote it.
    pub start_date: Option<NaiveDate>,
    /// The zone whose calendar counts.
    pub zone: Tz,
    /// When access ends or ended (UTC); for a backdated end, when we first heard of it.
    pub access_end_at: Option<DateTime<Utc>>,
    /// When access should have ended (UTC), for a backdated end: the exposure begins here.
    pub access_end_at_ideal: Option<DateTime<Utc>>,
    /// When the employment ends (UTC); none means not known, so nothing final may happen yet.
    pub employment_end_at: Option<DateTime<Utc>>,
    /// Whether and when anything may act.
    pub timing: Timing,
}

/// Decides the state of one stint at `now`.
///
/// `Timing::Now` comes from two things only: an end that had passed when it was first read, and `terminated`
/// without a usable end; both only as news about somebody whom an earlier complete read showed as employed.
pub fn stint_state(record: &WorkerRecord, ends: &Ends, now: DateTime<Utc>, history: &History) -> StintState {
    let end = effective_end(record, ends, now, history);
    let state = state_of(record, ends, now, history, &end);
    let employment_end_at = match ends.employment.at {
        // HR says the employment is over and names no last day: it lasted no longer than access.
        None if record.source_status == SourceStatus::Terminated => end.at,
        known => known,
    };
    let mut flags = BTreeSet::new();
    let mut flag = |name, holds: bool| holds.then(|| flags.insert(name));
    flag(StatusFlag::OnLeave, record.source_status == SourceStatus::OnLeave);
    flag(StatusFlag::Suspended, record.source_status == SourceStatus::Suspended);
    flag(StatusFlag::RescindedTermination, history.rescinded && end.at.is_none());
    flag(StatusFlag::Backdated, end.ideal.is_some());
    flag(
        StatusFlag::GardenLeave,
        end.at.is_some_and(|at| at <= now) && employment_end_at.is_none_or(|at| now < at),
    );
    flag(
        StatusFlag::DateConflict,
        ends.access.date_conflict()
            || ends.employment.date_conflict()
            || record.source_status == SourceStatus::Terminated && state != EmploymentState::Terminated,
    );
    StintState {
        state,
        flags,
        start_date: record.start_date,
        zone: ends.zone,
        access_end_at: end.at.or(history.cut_at),
        access_end_at_ideal: end.ideal,
        employment_end_at,
        timing: if history.cut_at.is_some() { Timing::None } else { end.timing },
    }
}

/// The end that counts after history has been heard.
struct EffectiveEnd {
    at: Option<DateTime<Utc>>,
    ideal: Option<DateTime<Utc>>,
    timing: Timing,
}

fn effective_end(record: &WorkerRecord, ends: &Ends, now: DateTime<Utc>, history: &History) -> EffectiveEnd {
    let news = history.seen_employed && !history.baseline;
    // A clock that was set back must not make a passed observation look like one to come.
    let observed = history.first_observed.min(now);
    match ends.access.at {
        Some(at) if at > observed => EffectiveEnd { at: Some(at), ideal: None, timing: Timing::At(at) },
        Some(at) if news => EffectiveEnd { at: Some(observed), ideal: Some(at), timing: Timing::Now },
        Some(at) => EffectiveEnd { at: Some(at), ideal: None, timing: Timing::BaselineBacklog },
        None if !ended_without_date(record, ends, now) => {
            EffectiveEnd { at: None, ideal: None, timing: Timing::None }
        }
        None if news => EffectiveEnd { at: Some(observed), ideal: None, timing: Timing::Now },
        None => EffectiveEnd { at: None, ideal: None, timing: Timing::BaselineBacklog },
    }
}

/// HR says `terminated` and no end is usable. A last day worked that is still to come speaks against it: it is
/// there without being an end where only the termination date ends access.
fn ended_without_date(record: &WorkerRecord, ends: &Ends, now: DateTime<Utc>) -> bool {
    let today = now.with_timezone(&ends.zone).date_naive();
    record.source_status == SourceStatus::Terminated
        && ends.start_at.is_none_or(|at| at <= now)
        && !record.last_day_worked.is_some_and(|day| readable(day) && day > today)
}

fn state_of(
    record: &WorkerRecord,
    ends: &Ends,
    now: DateTime<Utc>,
    history: &History,
    end: &EffectiveEnd,
) -> EmploymentState {
    let to_start = ends.start_at.is_some_and(|at| now < at);
    if history.cut_at.is_some() {
        return EmploymentState::Terminated;
    }
    if to_start && !history.earlier_overlapping_stint {
        return EmploymentState::PreHire;
    }
    match (end.at, record.source_status) {
        (Some(at), _) if at <= now => EmploymentState::Terminated,
        (Some(_), _) => EmploymentState::NoticePeriod,
        (None, SourceStatus::Terminated) if end.timing == Timing::BaselineBacklog => {
            EmploymentState::Terminated
        }
        (None, SourceStatus::Terminated | SourceStatus::Unknown) => EmploymentState::Unknown,
        (None, SourceStatus::Active | SourceStatus::OnLeave | SourceStatus::Suspended) => {
            EmploymentState::Active
        }
        // The earlier stint that reaches into this one keeps the person employed until then.
        (None, SourceStatus::Pending) if to_start => EmploymentState::Active,
        (None, SourceStatus::Pending) if ends.start_at.is_some() && history.pending_becomes_active => {
            EmploymentState::Active
        }
        (None, SourceStatus::Pending) => EmploymentState::Unknown,
    }
}

/// The state of a person over all their stints.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PersonState {
    /// The state.
    pub state: EmploymentState,
    /// When the last of all access ends (UTC); none while a stint is open.
    pub access_end_at: Option<DateTime<Utc>>,
}

/// Decides a person's state: terminated only when every stint is.
///
/// The first present of active, notice period, unknown, pre-hire, terminated. Unknown stands before pre-hire so
/// that a stint nobody understands is seen. A person without stints is unknown.
pub fn person_state(stints: &[StintState]) -> PersonState {
    const ORDER: [EmploymentState; 5] = [
        EmploymentState::Active,
        EmploymentState::NoticePeriod,
        EmploymentState::Unknown,
        EmploymentState::PreHire,
        EmploymentState::Terminated,
    ];
    let present = |state: &EmploymentState| stints.iter().any(|stint| stint.state == *state);
    let open =
        |stint: &StintState| stint.access_end_at.is_none() && stint.state != EmploymentState::Terminated;
    PersonState {
        state: ORDER.into_iter().find(present).unwrap_or(EmploymentState::Unknown),
        access_end_at: if stints.iter().any(open) {
            None
        } else {
            stints.iter().filter_map(|stint| stint.access_end_at).max()
        },
    }
}

#[cfg(test)]
#[path = "state_tests.rs"]
mod tests;
