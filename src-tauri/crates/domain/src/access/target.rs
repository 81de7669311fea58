//! What a wish is about.

use serde::{Deserialize, Serialize};

use crate::ids::{AccountId, ConnectionId, SystemId};

/// What a step acts on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "target", rename_all = "snake_case")]
pub enum Target {
    /// An account that exists.
    Account(AccountRef),
    /// An account that shall exist (for joiners).
    AccountToBe {
        /// Where it shall be.
        connection: ConnectionId,
        /// The vendor's name in our code.
        vendor: String,
        /// The vendor's tenant, as the connection names it.
        tenant: String,
        /// The key it will be known by there.
        natural_key: String,
    },
    /// A managed device.
    Device {
        /// The channel to it.
        connection: ConnectionId,
        /// The vendor's name in our code.
        vendor: String,
        /// The vendor's tenant, as the connection names it.
        tenant: String,
        /// The vendor's id of the device.
        remote_id: String,
    },
    /// A place where evidence is kept.
    Vault {
        /// The vault's name in policy.
        name: String,
    },
    /// Something that a person has to do.
    Task(TaskRef),
}

/// A known account: our id, and the vendor's own names for it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccountRef {
    /// Our id; opaque, safe to print in the ledger.
    pub account: AccountId,
    /// The connection that reaches it.
    pub connection: ConnectionId,
    /// The vendor's name in our code ("scim").
    pub vendor: String,
    /// The vendor's tenant, as the connection names it.
    pub tenant: String,
    /// The vendor's immutable id of the account.
    pub remote_id: String,
    /// What the holder types to sign in; for people's eyes only.
    pub login: String,
}

/// A piece of work for a person in one system.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TaskRef {
    /// The system it is about.
    pub system: SystemId,
    /// The system's name when the plan was made.
    pub system_name: String,
    /// The account there, where an account list told us.
    pub account_hint: Option<String>,
    /// What is to be done, in words.
    pub instruction: String,
}

impl Target {
    /// The name that stays the same on every machine: vendor, tenant and vendor id, or the like.
    pub fn natural_id(&self) -> String {
        let parts: Vec<&str> = match self {
            Self::Account(a) => vec!["account", &a.vendor, &a.tenant, &a.remote_id],
            Self::AccountToBe { vendor, tenant, natural_key, .. } => {
                vec!["account_to_be", vendor, tenant, natural_key]
            }
            Self::Device { vendor, tenant, remote_id, .. } => vec!["device", vendor, tenant, remote_id],
            Self::Vault { name } => vec!["vault", name],
            Self::Task(t) => vec!["task", &t.system_name, t.account_hint.as_deref().unwrap_or_default()],
        };
        // Length-prefixed, so that no choice of hostile names makes two targets look the same.
        parts.iter().map(|p| format!("{}:{p}", p.len())).collect::<Vec<_>>().join("|")
    }
}
