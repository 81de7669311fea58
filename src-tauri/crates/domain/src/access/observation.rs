//! What was read back from a vendor, in words the judge understands.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// One read of one account; it serves every step of that account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Observation {
    /// When the read was answered, by our clock (UTC).
    pub at: DateTime<Utc>,
    /// What was there.
    pub presence: Presence,
}

/// Whether the account exists. Not being there is a value, not an error.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "presence", rename_all = "snake_case")]
pub enum Presence {
    /// The vendor knows no such id, and the credentials would have let us see it.
    Absent,
    /// The vendor answered with the account.
    Present(AccountFacts),
}

/// The facts of a present account. What could not be read is said to be unknown, never assumed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccountFacts {
    /// Whether sign-in works.
    pub sign_in: SignIn,
    /// What is known of live sessions and tokens.
    pub sessions: Sessions,
    /// Vendor ids of the entitlements held; `None` when they could not be read completely.
    pub grants: Option<BTreeSet<String>>,
    /// Credentials by vendor id; `None` when they could not be read completely. A missing id is gone.
    pub credentials: Option<BTreeMap<String, CredentialState>>,
    /// Whether the account administers the system; `None` when it could not be read.
    pub admin: Option<bool>,
}

/// Whether the account can sign in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SignIn {
    /// It can.
    Enabled,
    /// It cannot.
    Disabled,
    /// The vendor did not say, or said something we do not know.
    Unknown,
}

/// What is known of the account's live sessions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "sessions", content = "at", rename_all = "snake_case")]
pub enum Sessions {
    /// The vendor lists none.
    NoneLive,
    /// The vendor lists some.
    Live,
    /// All sessions from before this instant (UTC) are void.
    EndedAt(DateTime<Utc>),
    /// The vendor does not tell.
    Unknown,
}

/// Whether a credential works.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CredentialState {
    /// It works.
    Active,
    /// It is switched off and could be switched on again.
    Inactive,
    /// It is gone for good.
    Revoked,
    /// The vendor did not say.
    Unknown,
}
