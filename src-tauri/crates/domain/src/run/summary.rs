//! The two facts that are shown everywhere, each with its own clock: access cut, and case closed.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::event::Assurance;
use super::fold::Run;
use super::state::StepState;
use crate::access::WishKind;
use crate::people::words;
use crate::plan::Wave;

/// How many accounts are cut off, each judged by its own read-back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct AccessCut {
    /// Accounts whose sign-in was read and is blocked. A vendor's receipt or a person's word is no reading.
    pub cut: usize,
    /// Accounts of the person on which the run acts, those included whose sign-in no connection can block.
    pub of: usize,
    /// When the last of them was, if all are (UTC).
    pub at: Option<DateTime<Utc>>,
}

words! {
    /// Where a run stands.
    Standing {
        /// Steps are being done or wait for their time.
        Working = "working",
        /// A person has to act.
        NeedsPerson = "needs_person",
        /// Access is dealt with; work for people is left.
        TasksOpen = "tasks_open",
        /// Nothing is left to do.
        Closed = "closed",
        /// An operator stopped it.
        Cancelled = "cancelled",
    }
}

/// From how many seconds on a start is called late.
const MOST_LATE_S: i64 = 60;

/// How many seconds after its instant `due` (UTC) something was started at `at` (UTC), if that is late.
pub fn late_s(due: DateTime<Utc>, at: DateTime<Utc>) -> Option<i64> {
    Some((at - due).num_seconds()).filter(|late| *late > MOST_LATE_S)
}

impl Run {
    /// How many seconds after the instant its timer opened it, if that is late.
    pub fn late_s(&self) -> Option<i64> {
        late_s(self.opened.access_end_at.filter(|_| self.opened.armed.is_some())?, self.since)
    }

    /// Access cut: the accounts, and those whose sign-in was read and is blocked.
    pub fn access_cut(&self) -> AccessCut {
        let of = self
            .steps
            .iter()
            .filter(|s| is_about_an_account(s.outline.wish))
            .map(|s| &s.outline.lane)
            .collect::<BTreeSet<_>>()
            .len();
        let cut: Vec<DateTime<Utc>> = self
            .steps
            .iter()
            .filter(|s| s.outline.wish == WishKind::Disabled)
            .filter_map(|s| match s.state {
                StepState::Settled { assurance: Assurance::ReadBack | Assurance::AlreadyTrue, seen_at } => {
                    Some(seen_at)
                }
                _ => None,
            })
            .collect();
        let at = if cut.len() == of { cut.iter().max().copied() } else { None };
        AccessCut { cut: cut.len(), of, at }
    }

    /// Steps that are not closed, work for people included.
    pub fn open_steps(&self) -> usize {
        self.steps.iter().filter(|s| !s.state.is_closed()).count()
    }

    /// Where it stands.
    pub fn standing(&self) -> Standing {
        let open = || self.steps.iter().filter(|s| !s.state.is_closed());
        let blocked = || open().any(|s| matches!(s.state, StepState::Blocked { .. }));
        // A final step that waits for evidence or for HR waits for a person, too.
        let stuck =
            || self.wave_opened(Wave::Remove).is_some() && open().any(|s| self.must_wait_for_evidence(s));
        // Whatever was done, somebody who can still sign in is not a closed case.
        let left = self.swept.is_some_and(|(_, left, unread)| left > 0 || unread > 0);
        if self.cancelled {
            Standing::Cancelled
        } else if self.held.is_some() || blocked() || stuck() || left {
            Standing::NeedsPerson
        } else if open().any(|s| !s.outline.is_task()) || self.swept.is_none() {
            Standing::Working
        } else if self.open_steps() > 0 {
            Standing::TasksOpen
        } else {
            Standing::Closed
        }
    }
}

fn is_about_an_account(wish: WishKind) -> bool {
    match wish {
        WishKind::Disabled
        | WishKind::SessionsEnded
        | WishKind::CredentialRevoked
        | WishKind::GrantAbsent => true,
        WishKind::EvidenceStored | WishKind::TaskDone => false,
    }
}

#[cfg(test)]
#[path = "summary_tests.rs"]
mod tests;
