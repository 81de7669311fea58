//! Our names for things that the vendor names in two parts. They stand in plans and evidence, so their form
//! never changes.

use crate::error::{Error, Kind, Result};

/// Ids end up in addresses and between slashes; the vendor's are letters, digits, `-` and `_`.
pub(super) fn is_id(id: &str) -> bool {
    !id.is_empty() && id.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | ':'))
}

/// A key: which list it stands in, and its id there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum KeyId<'a> {
    /// A key of a project.
    Project {
        /// The project's id.
        project: &'a str,
        /// The key's id.
        key: &'a str,
    },
    /// An admin key of the organisation.
    Admin {
        /// The key's id.
        key: &'a str,
    },
}

impl<'a> KeyId<'a> {
    pub(super) fn parse(text: &'a str) -> Result<Self> {
        let parts: Vec<&str> = text.split('/').collect();
        match parts[..] {
            ["project", project, key] if is_id(project) && is_id(key) => Ok(Self::Project { project, key }),
            ["admin", key] if is_id(key) => Ok(Self::Admin { key }),
            _ => Err(not_ours("key")),
        }
    }
}

impl std::fmt::Display for KeyId<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Project { project, key } => write!(f, "project/{project}/{key}"),
            Self::Admin { key } => write!(f, "admin/{key}"),
        }
    }
}

/// The entitlement of being in a project.
pub(super) fn membership(project: &str) -> String {
    format!("project/{project}")
}

/// The project of [`membership`].
pub(super) fn project_of(entitlement: &str) -> Result<&str> {
    entitlement.strip_prefix("project/").filter(|id| is_id(id)).ok_or_else(|| not_ours("membership"))
}

/// An invitation that nobody has accepted yet, as an account to be.
pub(super) fn invitation(invite: &str) -> String {
    format!("invite/{invite}")
}

/// The invitation of [`invitation`], if it is one.
pub(super) fn invite_of(account: &str) -> Option<&str> {
    account.strip_prefix("invite/").filter(|id| is_id(id))
}

fn not_ours(what: &str) -> Error {
    Error::new(
        Kind::Unsupported,
        format!("this {what} has no name that was read from OpenAI"),
        "Sync the connection and make a new preview.",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_leads_back_to_the_same_key_and_no_other() {
        for key in [KeyId::Project { project: "proj_1", key: "key_9" }, KeyId::Admin { key: "key_9" }] {
            assert_eq!(KeyId::parse(&key.to_string()).unwrap(), key, "a final act hits only what was named");
        }
        for hostile in
            ["", "project/p", "project/p/k/x", "project//k", "admin/", "admin/a/b", "key_9", "admin/ä"]
        {
            assert!(KeyId::parse(hostile).is_err(), "{hostile:?} must not become some other address");
        }
        assert_eq!(project_of(&membership("proj_1")).unwrap(), "proj_1", "read back as written");
        assert!(project_of("project/a/b").is_err(), "a key is no membership");
        assert_eq!(invite_of(&invitation("invite-1")), Some("invite-1"), "read back as written");
        assert_eq!(invite_of("user-1"), None, "a member is no invitation");
    }
}
