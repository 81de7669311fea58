//! The run record: what happened, in the true order.

use chrono::{DateTime, Utc};
use lockstep_domain::digest::Digest;
use lockstep_domain::run::Assurance;
use lockstep_domain::systems::Lane;
use serde::{Deserialize, Serialize};

use super::common::{Ends, Fact, Header, IdentityLink};
use super::usage::UsageSummary;

/// Everything that a run record prints. The engine fills it from the ledger and the payloads.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunRecord {
    /// Where the document comes from.
    pub header: Header,
    /// Who the person is.
    pub person: Vec<Fact>,
    /// When access and employment end.
    pub ends: Ends,
    /// Who approved.
    pub approvals: Vec<Approval>,
    /// Whether HR was read again at the last look.
    pub hr_reread: bool,
    /// The two facts with two clocks.
    pub clocks: Clocks,
    /// What was to become true, system by system.
    pub systems: Vec<SystemRecord>,
    /// What stays, although everything was done.
    pub residuals: Vec<ResidualLine>,
    /// Work that people confirmed by hand.
    pub manual: Vec<ManualStep>,
    /// The entries of the run, in ledger order.
    pub events: Vec<EventLine>,
    /// What the accounts were used for before the cut, where that was collected.
    pub usage: Vec<UsageSummary>,
}

/// One person's approval.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Approval {
    /// Who.
    pub who: String,
    /// As what: "requested and approved", "second approval", …
    pub role: String,
    /// When (UTC).
    pub at: DateTime<Utc>,
    /// What was approved, by its authority digest.
    pub authority: Digest,
    /// The policy version that the preview was made under.
    pub preview_policy: Digest,
}

/// The two facts with two clocks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Clocks {
    /// Accounts whose sign-in is shown to be blocked, each by its own read-back.
    pub cut: usize,
    /// Accounts that are to be cut.
    pub of: usize,
    /// When the last of them was seen to be, if all are (UTC).
    pub cut_at: Option<DateTime<Utc>>,
    /// Steps and tasks left.
    pub open: usize,
    /// When nothing was left (UTC).
    pub closed_at: Option<DateTime<Utc>>,
}

/// One system, or one account in it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SystemRecord {
    /// The system.
    pub system: String,
    /// The tenant.
    pub tenant: Option<String>,
    /// The account there: login and vendor id.
    pub account: Option<String>,
    /// Who does the work.
    pub lane: Lane,
    /// Why the account is taken for the person's; `None` where there is no account.
    pub identity: Option<IdentityLink>,
    /// The steps, in plan order.
    pub steps: Vec<StepRecord>,
}

/// One step.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StepRecord {
    /// What must become true, in plain words.
    pub wish: String,
    /// How it ended.
    pub outcome: Outcome,
    /// When the first write was about to be sent (UTC).
    pub requested_at: Option<DateTime<Utc>>,
    /// When the vendor took it (UTC).
    pub executed_at: Option<DateTime<Utc>>,
    /// When the state was read back (UTC).
    pub read_back_at: Option<DateTime<Utc>>,
    /// Writes sent; repeats after a crash are counted.
    pub attempts: u32,
    /// The vendor's dialect that was used, where there are several.
    pub dialect: Option<String>,
    /// Digest of the vendor's answer to the write.
    pub receipt: Option<Digest>,
    /// Digest of the observation that was judged.
    pub observation: Option<Digest>,
    /// Controls it gives evidence for.
    pub controls: Vec<String>,
}

/// How a step ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "outcome", rename_all = "snake_case")]
pub enum Outcome {
    /// It holds.
    Settled {
        /// How sure we are.
        assurance: Assurance,
    },
    /// A person confirmed it; the details stand under the manual steps.
    Attested,
    /// Accepted as an exception.
    Waived {
        /// By whom.
        who: String,
        /// Why, in that person's words.
        why: String,
    },
    /// A person has to act.
    Blocked {
        /// Why, in words.
        why: String,
    },
    /// Not done, or not known to be.
    Open {
        /// What it waits for, in words.
        why: String,
    },
}

/// What there is to show for a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Evidence {
    /// Something shows that it is so.
    Complete,
    /// Somebody accepted that it is not.
    Exception,
    /// Nothing shows it.
    Missing,
}

/// What stays, although everything was done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ResidualLine {
    /// The system.
    pub system: String,
    /// What stays, in a sentence.
    pub what: String,
    /// Until when (UTC), where that is known.
    pub until: Option<DateTime<Utc>>,
}

/// Work that a person confirmed by hand.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ManualStep {
    /// The system.
    pub system: String,
    /// The account it was done to.
    pub account: String,
    /// What was to be done.
    pub instruction: String,
    /// When it was done, by the person's word (UTC).
    pub done_at: DateTime<Utc>,
    /// When that was recorded (UTC).
    pub recorded_at: DateTime<Utc>,
    /// Who says so.
    pub who: String,
    /// In what words.
    pub note: String,
    /// SHA-256 of the file given as proof.
    pub file: Option<Digest>,
}

/// One entry of the run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EventLine {
    /// Its sequence number in the ledger.
    pub seq: u64,
    /// When (UTC).
    pub at: DateTime<Utc>,
    /// Who.
    pub actor: String,
    /// What happened, in words.
    pub what: String,
}

impl Outcome {
    /// What there is to show.
    pub fn evidence(&self) -> Evidence {
        match self {
            Self::Settled { .. } | Self::Attested => Evidence::Complete,
            Self::Waived { .. } => Evidence::Exception,
            Self::Blocked { .. } | Self::Open { .. } => Evidence::Missing,
        }
    }
}

impl Evidence {
    /// The words that the documents use; never a verdict.
    pub fn words(self) -> &'static str {
        match self {
            Self::Complete => "evidence complete",
            Self::Exception => "exception",
            Self::Missing => "evidence missing",
        }
    }
}

impl RunRecord {
    /// The weakest of all steps; missing when there is no step to show.
    pub fn evidence(&self) -> Evidence {
        let steps = self.systems.iter().flat_map(|system| &system.steps);
        steps.map(|step| step.outcome.evidence()).max().unwrap_or(Evidence::Missing)
    }
}
