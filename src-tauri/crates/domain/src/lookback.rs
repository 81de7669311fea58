//! Looking back: when was access cut for somebody who left, and by whom, as far as systems still tell.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::access::SignIn;
use crate::activity::{Action, ActivityRecord, ActorKind};
use crate::people::words;

/// What is known of one account of somebody who left.
#[derive(Clone, Debug)]
pub struct AccountHistory<'a> {
    /// Whether sign-in works now.
    pub sign_in: SignIn,
    /// When the system says that this last changed (UTC).
    pub status_changed_at: Option<DateTime<Utc>>,
    /// When a run of ours wrote that sign-in is blocked and saw it so (UTC).
    pub cut_by_us_at: Option<DateTime<Utc>>,
    /// The system's own events about the account, in the order of time.
    pub events: &'a [ActivityRecord],
    /// Since when the system's events are known (UTC); `None` when there is no such log.
    pub log_since: Option<DateTime<Utc>>,
}

words! {
    /// Who cut access.
    PerformedBy {
        /// A run of ours.
        Lockstep = "lockstep",
        /// A person, in the system itself.
        Person = "person",
        /// The directory or an integration.
        DirectoryAutomation = "directory_automation",
        /// Nothing tells.
        Unknown = "unknown",
    }
}

words! {
    /// What the time of a cut rests on.
    CutPrecision {
        /// Our own read-back.
        ReadBack = "read_back",
        /// An event of the system's log: exact.
        Event = "event",
        /// The system's field for the last change of state: the cut, or something later.
        StatusChanged = "status_changed",
        /// Nothing: it is blocked, and nobody knows since when.
        Unknown = "unknown",
        /// There is no cut.
        NoCut = "no_cut",
    }
}

words! {
    /// What is missing or wrong, to be looked at by a person.
    Gap {
        /// Sign-in still works.
        StillOpen = "still_open",
        /// The system did not say whether sign-in works.
        SignInUnknown = "sign_in_unknown",
        /// No log of this system's events is connected.
        NoLog = "no_log",
        /// The log begins after access should have ended.
        LogBeginsLater = "log_begins_later",
        /// The system says "blocked", and its log, which reaches back far enough, tells of no block.
        NotInLog = "not_in_log",
        /// Somebody signed in after access should have ended.
        SignedInAfterEnd = "signed_in_after_end",
        /// Access was given back in between.
        ReopenedInBetween = "reopened_in_between",
    }
}

/// When and by whom access was cut, and what nobody can tell.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cut {
    /// When (UTC).
    pub at: Option<DateTime<Utc>>,
    /// What the time rests on.
    pub precision: CutPrecision,
    /// By whom.
    pub performed_by: PerformedBy,
    /// The actor, by the system's name for it.
    pub actor: Option<String>,
    /// The system's id of the event.
    pub event: Option<String>,
    /// Successful sign-ins after access should have ended.
    pub sign_ins_after_end: usize,
    /// What is missing or wrong.
    pub gaps: Vec<Gap>,
}

/// Judges the history of an account against the instant at which access should have ended (UTC).
pub fn look_back(account: &AccountHistory<'_>, access_end_at: DateTime<Utc>) -> Cut {
    let happened = |e: &&ActivityRecord| e.succeeded != Some(false);
    let events: Vec<&ActivityRecord> = account.events.iter().filter(happened).collect();
    let reopened = events.iter().rposition(|e| e.action == Action::Reactivated);
    let since_reopened = &events[reopened.map_or(0, |at| at + 1)..];
    let block = since_reopened.iter().find(|e| blocks(e.action)).copied();
    let sign_ins_after_end =
        events.iter().filter(|e| e.action == Action::SignedIn && e.at > access_end_at).count();
    let mut gaps = gaps_of(account, access_end_at, block.is_some());
    if sign_ins_after_end > 0 {
        gaps.push(Gap::SignedInAfterEnd);
    }
    if reopened.is_some_and(|at| events[at].at > access_end_at) {
        gaps.push(Gap::ReopenedInBetween);
    }
    Cut { sign_ins_after_end, gaps, ..cut_of(account, block) }
}

fn blocks(action: Action) -> bool {
    matches!(action, Action::Suspended | Action::Deactivated | Action::Deleted)
}

fn gaps_of(account: &AccountHistory<'_>, access_end_at: DateTime<Utc>, in_log: bool) -> Vec<Gap> {
    let mut gaps = Vec::new();
    match account.sign_in {
        SignIn::Enabled => gaps.push(Gap::StillOpen),
        SignIn::Unknown => gaps.push(Gap::SignInUnknown),
        SignIn::Disabled => {}
    }
    let blocked = account.sign_in == SignIn::Disabled;
    match account.log_since {
        None => gaps.push(Gap::NoLog),
        Some(since) if since > access_end_at => gaps.push(Gap::LogBeginsLater),
        Some(_) if blocked && !in_log && account.cut_by_us_at.is_none() => gaps.push(Gap::NotInLog),
        Some(_) => {}
    }
    gaps
}

fn cut_of(account: &AccountHistory<'_>, block: Option<&ActivityRecord>) -> Cut {
    let nothing = Cut {
        at: None,
        precision: CutPrecision::NoCut,
        performed_by: PerformedBy::Unknown,
        actor: None,
        event: None,
        sign_ins_after_end: 0,
        gaps: Vec::new(),
    };
    if account.sign_in != SignIn::Disabled {
        return nothing;
    }
    match (account.cut_by_us_at, block, account.status_changed_at) {
        // Who was first cut it; what came later found it cut.
        (Some(ours), Some(event), _) if event.at < ours && event.actor.kind == ActorKind::Person => {
            by_event(nothing, event)
        }
        (Some(ours), event, _) => Cut {
            at: Some(ours),
            precision: CutPrecision::ReadBack,
            performed_by: PerformedBy::Lockstep,
            event: event.map(|e| e.remote_id.clone()),
            ..nothing
        },
        (None, Some(event), _) => by_event(nothing, event),
        (None, None, Some(at)) => Cut { at: Some(at), precision: CutPrecision::StatusChanged, ..nothing },
        (None, None, None) => Cut { precision: CutPrecision::Unknown, ..nothing },
    }
}

fn by_event(nothing: Cut, event: &ActivityRecord) -> Cut {
    Cut {
        at: Some(event.at),
        precision: CutPrecision::Event,
        performed_by: match event.actor.kind {
            ActorKind::Person => PerformedBy::Person,
            ActorKind::Program => PerformedBy::DirectoryAutomation,
            ActorKind::Unknown => PerformedBy::Unknown,
        },
        actor: event.actor.name.clone().or_else(|| event.actor.remote_id.clone()),
        event: Some(event.remote_id.clone()),
        ..nothing
    }
}

#[cfg(test)]
#[path = "lookback_tests.rs"]
mod tests;
