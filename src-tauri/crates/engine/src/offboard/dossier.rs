//! What a run keeps, encrypted, of the person and of the state before the cut. It is the run's own memory:
//! resuming, evidence and the record are made from it and from the ledger, not from tables that have moved on.

use chrono::{DateTime, Utc};
use lockstep_domain::access::{AccountRecord, AccountRef};
use lockstep_domain::people::{StintState, WorkerRecord};
use lockstep_domain::plan::{Plan, Step, StepId};
use lockstep_domain::time::Ends;
use serde::{Deserialize, Serialize};

use super::facts::Case;
use super::usage::KnownUsage;

/// Everything that a run was opened on.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Dossier {
    pub(crate) plan: Plan,
    /// HR's record of the stint.
    pub(crate) worker: WorkerRecord,
    /// Name of the connection that it comes from.
    pub(crate) source: String,
    /// The ends, with what they were computed from.
    pub(crate) ends: Ends,
    pub(crate) state: StintState,
    pub(crate) accounts: Vec<KnownAccount>,
    /// Why now, in the operator's words.
    pub(crate) reason: Option<String>,
    /// Names of those who approved.
    pub(crate) approvers: Vec<String>,
    /// When it was approved (UTC), where that was before the run was opened.
    #[serde(default)]
    pub(crate) approved_at: Option<DateTime<Utc>>,
    /// When HR was last read completely (UTC).
    pub(crate) hr_read_at: Option<DateTime<Utc>>,
}

/// One account before the cut.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct KnownAccount {
    pub(crate) account: AccountRef,
    /// The system's name for people.
    pub(crate) system: String,
    pub(crate) record: AccountRecord,
    /// Vendor id and name of what it is granted.
    pub(crate) entitlements: Vec<(String, String)>,
    pub(crate) confidence: u8,
    pub(crate) reasons: Vec<String>,
    pub(crate) link_state: String,
    /// The operator who confirmed the link, where a person did.
    pub(crate) confirmed_by: Option<String>,
    /// Whether the last complete list had it.
    pub(crate) listed: bool,
    /// When it was last read (UTC).
    pub(crate) seen_at: DateTime<Utc>,
    /// Whether it was found after the run had begun.
    #[serde(default)]
    pub(crate) found_later: bool,
    /// What it was used for before; `None` when that was not collected.
    #[serde(default)]
    pub(crate) usage: Option<KnownUsage>,
}

/// What a run got beside what it was opened on: accounts, and what hangs on accounts, found later.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Amendment {
    pub(crate) steps: Vec<Step>,
    pub(crate) accounts: Vec<KnownAccount>,
}

/// The dossier of a case as it is now.
pub(crate) fn dossier_of(case: Case, reason: Option<String>, approvers: &[String]) -> Dossier {
    Dossier {
        plan: case.plan,
        worker: case.stint.row.record,
        source: case.source.name,
        ends: case.stint.ends,
        state: case.stint.state,
        accounts: case.accounts,
        reason,
        approvers: approvers.to_vec(),
        approved_at: None,
        hr_read_at: case.hr_read_at,
    }
}

impl Dossier {
    /// With what was found later.
    pub(crate) fn amended(mut self, amendment: Amendment) -> Self {
        self.plan.steps.extend(amendment.steps);
        self.accounts.extend(amendment.accounts);
        self
    }

    /// The accounts that the run was opened on.
    pub(crate) fn first_accounts(&self) -> impl Iterator<Item = &KnownAccount> {
        self.accounts.iter().filter(|k| !k.found_later)
    }

    pub(crate) fn step(&self, id: StepId) -> Option<&Step> {
        self.plan.steps.iter().find(|s| s.id == id)
    }
}
