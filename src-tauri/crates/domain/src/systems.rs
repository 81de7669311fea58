//! The register of systems: everything people have access to, connected or not.

use serde::{Deserialize, Serialize};

use crate::ids::{ConnectionId, SystemId};
use crate::people::words;

words! {
    /// Who does the work when somebody leaves.
    Lane {
        /// A connection does.
        Automatic = "automatic",
        /// A person does, led by a link, and a connection reads back.
        Assisted = "assisted",
        /// A person does and attests it.
        Manual = "manual",
    }
}

words! {
    /// Whether sign-in goes through the directory.
    Sso {
        /// Only through it.
        Enforced = "enforced",
        /// Through it or with a password of its own.
        Optional = "optional",
        /// Not at all.
        None = "none",
        /// Nobody has said yet.
        Unknown = "unknown",
    }
}

/// One system of the register.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct System {
    /// Our id.
    pub id: SystemId,
    /// Unique name, as people call it.
    pub name: String,
    /// Who answers for it (a name, role or address).
    pub owner: Option<String>,
    /// Who does when the owner is away.
    pub backup_owner: Option<String>,
    /// How people sign in.
    pub sso: Sso,
    /// What kind of data it holds, in the organisation's own words.
    pub data_class: Option<String>,
    /// Who does the work.
    pub lane: Lane,
    /// Where the steps for removing somebody are written down (https).
    pub how_to: Option<String>,
    /// The connection that reads it or acts on it.
    pub connection: Option<ConnectionId>,
    /// Everybody is assumed to have an account here, whatever the account list says.
    pub everyone: bool,
}
