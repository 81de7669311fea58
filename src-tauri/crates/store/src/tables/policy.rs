//! Every version of the policy that was ever in force.

use chrono::{DateTime, Utc};
use lockstep_domain::digest::Digest;
use rusqlite::params;

use crate::error::Result;
use crate::handle::{Reader, Row, Tx, instant};

/// One version of the policy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PolicyVersion {
    /// The digest by which runs name it.
    pub sha256: Digest,
    /// Its text.
    pub toml: String,
    /// When it was first seen (UTC).
    pub seen_at: DateTime<Utc>,
}

impl Reader<'_> {
    /// The version with that digest.
    ///
    /// # Errors
    /// Those of the database.
    pub fn policy_version(&self, sha256: Digest) -> Result<Option<PolicyVersion>> {
        let sql = "SELECT toml, seen_at FROM policy_version WHERE sha256 = ?1";
        self.one("reading the policy", sql, [sha256.0], |row: &Row<'_>| {
            Ok(PolicyVersion { sha256, toml: row.text("toml")?, seen_at: row.instant("seen_at")? })
        })
    }
}

impl Tx<'_> {
    /// Keeps a version. Returns whether it was new.
    ///
    /// # Errors
    /// Those of the database.
    pub fn keep_policy(&self, version: &PolicyVersion) -> Result<bool> {
        let added = self.exec(
            "keeping the policy",
            "INSERT INTO policy_version (sha256, org_id, toml, seen_at) VALUES (?1, ?2, ?3, ?4)
             ON CONFLICT (sha256) DO NOTHING",
            params![version.sha256.0, self.org_id()?.to_string(), version.toml, instant(version.seen_at)],
        )?;
        Ok(added > 0)
    }
}
