//! What can happen to a run: one ledger entry each, under opaque ids.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::digest::Digest;
use crate::guards::Blocker;
use crate::ids::{EmploymentId, EntryId, PersonId};
use crate::people::words;
use crate::plan::{Outline, StepId, Wave};

words! {
    /// How sure we are that a wish holds; printed on the evidence.
    Assurance {
        /// Read back after our write.
        ReadBack = "read_back",
        /// It was so before we did anything.
        AlreadyTrue = "already_true",
        /// The vendor answered our write; the state cannot be read.
        Receipt = "receipt",
    }
}

words! {
    /// Why a wave opened.
    WaveCause {
        /// Its instant came, or it stands beside one whose instant came.
        Instant = "instant",
        /// The wave before is settled.
        Settled = "settled",
        /// The wave before used up its time.
        Budget = "budget",
    }
}

/// What opening a run binds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Opened {
    /// Whose life event.
    pub person: PersonId,
    /// Of which stint.
    pub employment: EmploymentId,
    /// Which start of that event.
    pub generation: u32,
    /// When access ends (UTC).
    pub access_end_at: Option<DateTime<Utc>>,
    /// When employment ends (UTC).
    pub employment_end_at: Option<DateTime<Utc>>,
    /// Whether an operator said "now".
    pub explicit_now: bool,
    /// The authority digest that was approved.
    pub authority: Digest,
    /// Digest of the plan in the payload.
    pub plan: Digest,
    /// The policy it was made under.
    pub policy: Digest,
    /// Opaque ids of the operators who approved, the requester first.
    pub approvers: Vec<String>,
    /// Whether HR was read again just before; otherwise final steps wait.
    pub hr_reread: bool,
    /// Whether this start counts toward the mass breaker.
    pub counts: bool,
    /// The ledger entry that armed it, where its timer opened it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub armed: Option<EntryId>,
    /// The steps.
    pub steps: Vec<Outline>,
}

/// One thing that happened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", content = "body", deny_unknown_fields)]
pub enum RunEvent {
    /// The run began. The payload holds the whole plan with its names.
    #[serde(rename = "run.opened")]
    Opened(Opened),
    /// Steps were added for accounts found later.
    #[serde(rename = "run.amended")]
    Amended {
        /// The new steps.
        steps: Vec<Outline>,
    },
    /// HR was read again after all, and says the same.
    #[serde(rename = "run.hr_reread")]
    HrReread {},
    /// Writing stopped until a person lets it go on.
    #[serde(rename = "run.held")]
    Held {
        /// Why, in one word or two.
        why: String,
    },
    /// A person let it go on.
    #[serde(rename = "run.released")]
    Released {},
    /// A wave opened.
    #[serde(rename = "wave.opened")]
    WaveOpened {
        /// Which.
        wave: Wave,
        /// Why.
        cause: WaveCause,
    },
    /// A write is about to be sent. Durable before it is.
    #[serde(rename = "step.intended")]
    Intended {
        /// The step.
        step: StepId,
        /// Counts from 1.
        attempt: u32,
        /// Index of the way taken.
        way: usize,
    },
    /// The vendor took the write.
    #[serde(rename = "step.applied")]
    Applied {
        /// The step.
        step: StepId,
        /// The attempt.
        attempt: u32,
        /// Digest of the receipt in the payload.
        receipt: Digest,
    },
    /// The write was answered with an error, or not at all.
    #[serde(rename = "step.failed")]
    Failed {
        /// The step.
        step: StepId,
        /// The attempt.
        attempt: u32,
        /// The kind of error.
        error: String,
        /// Whether the vendor certainly did nothing.
        refused: bool,
    },
    /// It holds.
    #[serde(rename = "step.settled")]
    Settled {
        /// The step.
        step: StepId,
        /// How sure we are.
        assurance: Assurance,
        /// When the vendor answered the read (UTC); the receipt's time for a receipt.
        seen_at: DateTime<Utc>,
        /// Digest of the observation in the payload.
        observation: Digest,
    },
    /// Nothing to do until then.
    #[serde(rename = "step.deferred")]
    Deferred {
        /// The step.
        step: StepId,
        /// When to look again (UTC).
        until: DateTime<Utc>,
        /// The kind of hindrance ("lag", "rate_limited").
        why: String,
    },
    /// A person has to act.
    #[serde(rename = "step.blocked")]
    Blocked {
        /// The step.
        step: StepId,
        /// Why.
        blocker: Blocker,
    },
    /// A person asked for another try.
    #[serde(rename = "step.retried")]
    Retried {
        /// The step.
        step: StepId,
    },
    /// Accepted as an exception. The payload says why.
    #[serde(rename = "step.waived")]
    Waived {
        /// The step.
        step: StepId,
    },
    /// Confirmed by hand. The payload says which account and in what words.
    #[serde(rename = "step.attested")]
    Attested {
        /// The step.
        step: StepId,
        /// When it was done, by the person's word (UTC).
        done_at: DateTime<Utc>,
        /// Digest of the file given as proof.
        file: Option<Digest>,
    },
    /// A document or file was stored and read back.
    #[serde(rename = "artefact.stored")]
    Stored {
        /// Its name in the bundle.
        artefact: String,
        /// SHA-256 of its bytes.
        sha256: Digest,
        /// Its size in bytes.
        size: u64,
        /// Where ("local").
        vault: String,
    },
    /// Every connection was looked over for what is left.
    #[serde(rename = "run.swept")]
    Swept {
        /// Accounts of the person that can still sign in.
        left: u32,
        /// Connections that could not be read.
        unread: u32,
    },
    /// An operator stopped it; what is done stays done.
    #[serde(rename = "run.cancelled")]
    Cancelled {},
    /// The run record was sealed.
    #[serde(rename = "run.sealed")]
    Sealed {
        /// SHA-256 of the record.
        record: Digest,
        /// Entries of this run up to the seal, itself not counted.
        entries: u64,
        /// Sequence number of the run's first entry.
        first_seq: u64,
        /// Sequence number of the run's last entry before the seal.
        last_seq: u64,
    },
}

/// An entry is no event of a run that this version knows. It stops the fold; it is never skipped.
#[derive(Debug, thiserror::Error)]
#[error("ledger entry of kind {kind:?} cannot be read: {cause}")]
pub struct EventError {
    kind: String,
    cause: String,
}

impl RunEvent {
    /// Kind and body as the ledger stores them.
    pub fn to_parts(&self) -> (String, Value) {
        let Ok(Value::Object(mut parts)) = serde_json::to_value(self) else {
            return (String::new(), Value::Null); // an adjacently tagged enum always is an object
        };
        let kind = parts.get("kind").and_then(Value::as_str).unwrap_or_default().to_owned();
        (kind, parts.remove("body").unwrap_or(Value::Null))
    }

    /// The event of a stored entry.
    ///
    /// # Errors
    /// When the kind is unknown or the body is not of its form.
    pub fn from_parts(kind: &str, body: &Value) -> Result<Self, EventError> {
        serde_json::from_value(json!({ "kind": kind, "body": body }))
            .map_err(|e| EventError { kind: kind.to_owned(), cause: e.to_string() })
    }

    /// The step it is about, if it is about one.
    pub fn step(&self) -> Option<StepId> {
        match self {
            Self::Intended { step, .. }
            | Self::Applied { step, .. }
            | Self::Failed { step, .. }
            | Self::Settled { step, .. }
            | Self::Deferred { step, .. }
            | Self::Blocked { step, .. }
            | Self::Retried { step }
            | Self::Waived { step }
            | Self::Attested { step, .. } => Some(*step),
            _ => None,
        }
    }
}
