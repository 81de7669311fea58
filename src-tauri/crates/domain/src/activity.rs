//! What systems tell about who did what: sign-ins and acts of administration, and use of what costs money.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::people::words;

/// One event of a system's own log. Names are verbatim and hostile.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ActivityRecord {
    /// The vendor's id of the event; the same event is told again under the same id.
    pub remote_id: String,
    /// When it happened, by the vendor's clock (UTC).
    pub at: DateTime<Utc>,
    /// What happened.
    pub action: Action,
    /// The vendor's own word for it.
    pub vendor_action: String,
    /// Who did it.
    pub actor: ActivityActor,
    /// The vendor's id of the account that it was done to, or that signed in.
    pub account_remote_id: Option<String>,
    /// Whether it came about; `None` when the vendor does not say.
    pub succeeded: Option<bool>,
}

words! {
    /// What happened, as far as we tell events apart.
    Action {
        /// Somebody signed in.
        SignedIn = "signed_in",
        /// Sign-in was blocked in a way that can be undone.
        Suspended = "suspended",
        /// The account was switched off.
        Deactivated = "deactivated",
        /// The account works again.
        Reactivated = "reactivated",
        /// The account was deleted.
        Deleted = "deleted",
        /// The account was made.
        Created = "created",
        /// Its sessions were ended.
        SessionsEnded = "sessions_ended",
        /// A token or key was revoked.
        CredentialRevoked = "credential_revoked",
        /// A token or key was made.
        CredentialCreated = "credential_created",
        /// A membership, role or application was taken away.
        GrantRemoved = "grant_removed",
        /// A membership, role or application was given.
        GrantAdded = "grant_added",
        /// Anything else.
        Other = "other",
    }
}

/// Who did what an event tells of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ActivityActor {
    /// The vendor's id.
    pub remote_id: Option<String>,
    /// Whether a person or a program did it.
    pub kind: ActorKind,
    /// The name or login that the vendor gives.
    pub name: Option<String>,
}

words! {
    /// What kind of actor did something, as far as the vendor tells.
    ActorKind {
        /// A person.
        Person = "person",
        /// The system itself, an integration or a service account.
        Program = "program",
        /// The vendor does not say.
        Unknown = "unknown",
    }
}

/// Use within one hour.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UsageRecord {
    /// Begin of the hour (UTC).
    pub hour: DateTime<Utc>,
    /// The account that used it.
    pub account_remote_id: Option<String>,
    /// The key it was used with.
    pub credential_remote_id: Option<String>,
    /// The model, by the vendor's name.
    pub model: Option<String>,
    /// Requests.
    pub requests: u64,
    /// Tokens in, cached ones among them.
    pub input_tokens: u64,
    /// Tokens out.
    pub output_tokens: u64,
}
