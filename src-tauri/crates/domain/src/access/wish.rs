//! A wish says what must become true of a target. It is never a verb about an API.

use serde::{Deserialize, Serialize};

use crate::people::words;

/// What must become true.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(tag = "wish", rename_all = "snake_case")]
pub enum Wish {
    /// Sign-in is refused.
    Disabled,
    /// No session or token from before the run lives on.
    SessionsEnded,
    /// One credential no longer works.
    CredentialRevoked {
        /// The vendor's id of the credential.
        credential: String,
    },
    /// The account no longer holds one entitlement.
    GrantAbsent {
        /// The vendor's id of the entitlement.
        entitlement: String,
    },
    /// The state before the cut is stored in a vault and was read back from it.
    EvidenceStored,
    /// A person did what no connector can, and said so.
    TaskDone,
}

words! {
    /// A wish without its object: what connectors declare and policies speak about.
    WishKind {
        /// See [`Wish::Disabled`].
        Disabled = "disabled",
        /// See [`Wish::SessionsEnded`].
        SessionsEnded = "sessions_ended",
        /// See [`Wish::CredentialRevoked`].
        CredentialRevoked = "credential_revoked",
        /// See [`Wish::GrantAbsent`].
        GrantAbsent = "grant_absent",
        /// See [`Wish::EvidenceStored`].
        EvidenceStored = "evidence_stored",
        /// See [`Wish::TaskDone`].
        TaskDone = "task_done",
    }
}

impl Wish {
    /// The wish without its object.
    pub fn kind(&self) -> WishKind {
        match self {
            Self::Disabled => WishKind::Disabled,
            Self::SessionsEnded => WishKind::SessionsEnded,
            Self::CredentialRevoked { .. } => WishKind::CredentialRevoked,
            Self::GrantAbsent { .. } => WishKind::GrantAbsent,
            Self::EvidenceStored => WishKind::EvidenceStored,
            Self::TaskDone => WishKind::TaskDone,
        }
    }

    /// The vendor's id of the thing on the account that the wish is about, if it is about one.
    pub fn object(&self) -> Option<&str> {
        match self {
            Self::CredentialRevoked { credential } => Some(credential),
            Self::GrantAbsent { entitlement } => Some(entitlement),
            Self::Disabled | Self::SessionsEnded | Self::EvidenceStored | Self::TaskDone => None,
        }
    }
}
