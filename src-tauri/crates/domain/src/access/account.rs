//! What a target of access lists: accounts, entitlements, grants and credentials.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::observation::{CredentialState, SignIn};

/// One account as the vendor lists it. Ids and names are verbatim and hostile.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccountRecord {
    /// The vendor's immutable id.
    pub remote_id: String,
    /// What the holder types to sign in.
    pub login: String,
    /// Name shown by the vendor.
    pub display_name: Option<String>,
    /// E-mails on the account.
    pub emails: Vec<String>,
    /// The id that our side gave the account (SCIM `externalId`, employee number); a strong key.
    pub external_id: Option<String>,
    /// Whether sign-in works.
    pub sign_in: SignIn,
    /// Whether the account administers the system; `None` when it could not be read.
    pub admin: Option<bool>,
    /// Human or not, as far as the vendor tells.
    pub owner_kind: OwnerKind,
    /// When the vendor made the account.
    pub created_at: Option<DateTime<Utc>>,
    /// Last sign-in or use.
    pub last_used_at: Option<DateTime<Utc>>,
    /// When the vendor last changed whether sign-in works, where it tells (UTC).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status_changed_at: Option<DateTime<Utc>>,
    /// API keys and the like that hang on the account.
    pub credentials: Vec<CredentialRecord>,
}

/// Who can be behind an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OwnerKind {
    /// A person signs in with it.
    Human,
    /// A program does; never cut by a leaver run.
    Service,
    /// The vendor does not tell.
    Unknown,
}

/// An API key, token or certificate that can be revoked on its own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CredentialRecord {
    /// The vendor's id of the credential; never the secret itself.
    pub remote_id: String,
    /// Name shown by the vendor.
    pub name: Option<String>,
    /// Whether it works.
    pub state: CredentialState,
    /// Last use.
    pub last_used_at: Option<DateTime<Utc>>,
}

/// What hangs on one account beyond what the vendor's list of accounts tells.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccountDetail {
    /// Whether the account administers the system, where this read tells.
    pub admin: Option<bool>,
    /// Credentials that hang on it.
    pub credentials: Vec<CredentialRecord>,
    /// Entitlements that it holds.
    pub entitlements: Vec<EntitlementRecord>,
}

impl AccountRecord {
    /// Takes over what was read of the account alone. What both name is as that read says.
    pub fn with_detail(mut self, detail: &AccountDetail) -> Self {
        self.admin = detail.admin.or(self.admin);
        self.credentials.retain(|c| detail.credentials.iter().all(|d| d.remote_id != c.remote_id));
        self.credentials.extend(detail.credentials.iter().cloned());
        self
    }
}

/// A group, role, licence or seat that an account can be granted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EntitlementRecord {
    /// The vendor's id.
    pub remote_id: String,
    /// Name shown by the vendor.
    pub name: String,
    /// Whether it gives power over others' access.
    pub privileged: bool,
}

/// The fact that an account has an entitlement.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct GrantRecord {
    /// The account's vendor id.
    pub account_remote_id: String,
    /// The entitlement's vendor id.
    pub entitlement_remote_id: String,
}
