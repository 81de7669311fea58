//! Names in a vault: our own ids and a time; nothing from outside ever becomes a path.

use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, Utc};
use lockstep_domain::digest::Digest;
use lockstep_domain::ids::{OrgId, PersonId};

const MAX_PART: usize = 120;
const MAX_PARTS: usize = 6;

/// A name in a vault: parts of ASCII letters, digits, `.`, `_` and `-`, joined by `/`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct VaultKey(String);

/// The text is no key of a vault.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no name in a vault")]
pub struct NotAKey(String);

impl VaultKey {
    /// The snapshot of the state before the cut: `offboarding-snapshots/{org}/{person}/{time}.pdf`.
    pub fn snapshot(org: OrgId, person: PersonId, at: DateTime<Utc>) -> Self {
        Self(format!("offboarding-snapshots/{org}/{person}/{}.pdf", stamp(at)))
    }

    /// The run record: `offboarding-records/{org}/{person}/{time}.pdf`.
    pub fn record(org: OrgId, person: PersonId, at: DateTime<Utc>) -> Self {
        Self(format!("offboarding-records/{org}/{person}/{}.pdf", stamp(at)))
    }

    /// A file that somebody gave as proof, whatever they called it:
    /// `offboarding-files/{org}/{person}/{time}-{sha256}`.
    pub fn file(org: OrgId, person: PersonId, at: DateTime<Utc>, sha256: &Digest) -> Self {
        Self(format!("offboarding-files/{org}/{person}/{}-{sha256}", stamp(at)))
    }

    /// The whole name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// UTC, basic ISO 8601 to the millisecond: sorts as text and is a file name everywhere.
fn stamp(at: DateTime<Utc>) -> String {
    at.format("%Y%m%dT%H%M%S%3fZ").to_string()
}

impl fmt::Display for VaultKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for VaultKey {
    type Err = NotAKey;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let part = |part: &str| {
            !part.is_empty()
                && part.len() <= MAX_PART
                && !part.starts_with('.')
                && part.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-".contains(&b))
        };
        let parts: Vec<&str> = text.split('/').collect();
        if parts.len() <= MAX_PARTS && parts.iter().all(|p| part(p)) {
            Ok(Self(text.into()))
        } else {
            Err(NotAKey(text.chars().take(80).collect()))
        }
    }
}
