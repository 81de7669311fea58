//! The organisation of a home, and small settings.

use chrono::{DateTime, Utc};
use lockstep_domain::ids::OrgId;
use rusqlite::params;

use crate::error::Result;
use crate::handle::{Reader, Tx, instant};

/// The organisation that a home belongs to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Org {
    /// Its id, on every row.
    pub id: OrgId,
    /// Its name, for people.
    pub name: String,
    /// When the home was set up (UTC).
    pub created_at: DateTime<Utc>,
}

impl Reader<'_> {
    /// The organisation; `None` before the home was set up.
    ///
    /// # Errors
    /// Those of the database.
    pub fn org(&self) -> Result<Option<Org>> {
        self.one("reading the organisation", "SELECT id, name, created_at FROM org", [], |row| {
            Ok(Org {
                id: OrgId(row.id("id")?),
                name: row.text("name")?,
                created_at: row.instant("created_at")?,
            })
        })
    }

    /// A small setting of the home. Never a secret.
    ///
    /// # Errors
    /// Those of the database.
    pub fn setting(&self, key: &str) -> Result<Option<String>> {
        let org = self.org_id()?.to_string();
        self.one(
            "reading a setting",
            "SELECT value FROM meta WHERE org_id = ?1 AND key = ?2",
            params![org, key],
            |row| row.text("value"),
        )
    }
}

impl Tx<'_> {
    /// Sets the home up.
    ///
    /// # Errors
    /// `Conflict` when it has an organisation already.
    pub fn create_org(&self, org: &Org) -> Result<()> {
        self.exec(
            "setting up the home",
            "INSERT INTO org (id, name, created_at) VALUES (?1, ?2, ?3)",
            params![org.id.to_string(), org.name, instant(org.created_at)],
        )?;
        Ok(())
    }

    /// Writes a small setting of the home. Never a secret.
    ///
    /// # Errors
    /// Those of the database.
    pub fn set_setting(&self, key: &str, value: &str) -> Result<()> {
        self.exec(
            "writing a setting",
            "INSERT INTO meta (org_id, key, value) VALUES (?1, ?2, ?3)
             ON CONFLICT (org_id, key) DO UPDATE SET value = excluded.value",
            params![self.org_id()?.to_string(), key, value],
        )?;
        Ok(())
    }
}
