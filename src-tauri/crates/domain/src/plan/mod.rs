//! A plan: the steps of one life event, in waves, as data that a person can approve.

mod authority;
mod blast;
#[cfg(test)]
mod fixtures;
mod leaver;
mod step;

pub use authority::{Authority, RemoteKey};
pub use blast::{BlastRadius, SystemImpact, blast_radius};
pub use leaver::{AccountFactsAtPlan, FoundLater, LeaverFacts, plan_found_later, plan_leaver};
pub use step::{Outline, Step, StepId, StepOrigin, Wave};

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::digest::Digest;
use crate::ids::{EmploymentId, OrgId, PersonId};

/// A life event of one stint; a run serves exactly one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EventKey {
    /// Whose organisation.
    pub org: OrgId,
    /// Whose life.
    pub person: PersonId,
    /// Which stint.
    pub employment: EmploymentId,
    /// Counts restarts of the same stint's event (withdrawn and entered again), from 1.
    pub generation: u32,
}

/// What is to be done, in order. Immutable once approved; amendments are ledgered apart.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Plan {
    /// Version of this form.
    pub v: u16,
    /// The event it serves.
    pub event: EventKey,
    /// When access ends (UTC); `None` when only an operator's explicit act opens containment.
    pub access_end_at: Option<DateTime<Utc>>,
    /// When employment ends (UTC); opens removal.
    pub employment_end_at: Option<DateTime<Utc>>,
    /// Whether an operator said "now", whatever the dates.
    pub explicit_now: bool,
    /// The policy it was made under.
    pub policy: Digest,
    /// Steps in plan order.
    pub steps: Vec<Step>,
    /// What no connector can do and no task replaces: shown, and printed on the evidence.
    pub residuals: Vec<Residual>,
}

/// Access that stays for a while, or that cannot be proven gone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Residual {
    /// The system.
    pub system: String,
    /// What stays, in a sentence.
    pub what: String,
}
