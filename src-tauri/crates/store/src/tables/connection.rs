//! Connections, and the dialects found for them.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use lockstep_domain::access::WishKind;
use lockstep_domain::capability::Mode;
use lockstep_domain::ids::ConnectionId;
use rusqlite::params;
use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};
use crate::handle::{Reader, Row, Tx, instant, json};

/// A configured tie to one tenant of one vendor. Its secrets lie in the secret store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConnectionRow {
    /// Its id.
    pub id: ConnectionId,
    /// The vendor's name in our code.
    pub vendor: String,
    /// Which tenant of the vendor; part of natural ids.
    pub tenant: String,
    /// Unique name among the connections that are not removed.
    pub name: String,
    /// Settings by field name; never a secret.
    pub settings: BTreeMap<String, String>,
    /// How far it may go.
    pub mode: Mode,
    /// Its last failure; `None` while it works.
    pub trouble: Option<Trouble>,
    /// When it was added (UTC).
    pub created_at: DateTime<Utc>,
    /// When it was removed (UTC).
    pub removed_at: Option<DateTime<Utc>>,
}

/// A failure of a connection. Texts hold no secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trouble {
    /// The kind, in the connectors' words.
    pub kind: String,
    /// What was being done, and what was met.
    pub context: String,
    /// What the operator can do.
    pub remedy: String,
    /// When (UTC).
    pub at: DateTime<Utc>,
}

const READING: &str = "reading connections";
const CHANGING: &str = "changing a connection";

impl Reader<'_> {
    /// The connections that are not removed, by name.
    ///
    /// # Errors
    /// Those of the database.
    pub fn connections(&self) -> Result<Vec<ConnectionRow>> {
        self.all(
            READING,
            "SELECT * FROM connection WHERE removed_at IS NULL ORDER BY name",
            [],
            read_connection,
        )
    }

    /// One connection, removed or not.
    ///
    /// # Errors
    /// Those of the database.
    pub fn connection(&self, id: ConnectionId) -> Result<Option<ConnectionRow>> {
        self.one(READING, "SELECT * FROM connection WHERE id = ?1", [id.to_string()], read_connection)
    }

    /// The connection of that name that is not removed.
    ///
    /// # Errors
    /// Those of the database.
    pub fn connection_named(&self, name: &str) -> Result<Option<ConnectionRow>> {
        let sql = "SELECT * FROM connection WHERE name = ?1 AND removed_at IS NULL";
        self.one(READING, sql, [name], read_connection)
    }

    /// The dialects found for a connection.
    ///
    /// # Errors
    /// Those of the database.
    pub fn dialects(&self, connection: ConnectionId) -> Result<BTreeMap<WishKind, String>> {
        let sql = "SELECT wish, dialect FROM dialect WHERE connection_id = ?1";
        let found = self.all("reading dialects", sql, [connection.to_string()], |row| {
            Ok((row.parsed("wish")?, row.text("dialect")?))
        })?;
        Ok(found.into_iter().collect())
    }
}

impl Tx<'_> {
    /// Adds a connection.
    ///
    /// # Errors
    /// `Conflict` when another one has the name.
    pub fn add_connection(&self, row: &ConnectionRow) -> Result<()> {
        self.exec(
            "adding a connection",
            "INSERT INTO connection (id, org_id, vendor, tenant, name, settings, mode, trouble, created_at, removed_at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
            params![
                row.id.to_string(),
                self.org_id()?.to_string(),
                row.vendor,
                row.tenant,
                row.name,
                json(&row.settings)?,
                row.mode.as_str(),
                row.trouble.as_ref().map(json).transpose()?,
                instant(row.created_at),
                row.removed_at.map(instant),
            ],
        )?;
        Ok(())
    }

    /// Sets how far a connection may go. The act is the caller's to log, in this transaction.
    ///
    /// # Errors
    /// `Missing` when there is no such connection.
    pub fn set_connection_mode(&self, id: ConnectionId, mode: Mode) -> Result<()> {
        self.change(id, "UPDATE connection SET mode = ?2 WHERE id = ?1", mode.as_str())
    }

    /// Replaces a connection's settings; never a secret among them.
    ///
    /// # Errors
    /// `Missing` when there is no such connection.
    pub fn set_connection_settings(
        &self,
        id: ConnectionId,
        settings: &BTreeMap<String, String>,
    ) -> Result<()> {
        self.change(id, "UPDATE connection SET settings = ?2 WHERE id = ?1", json(settings)?)
    }

    /// Marks a connection as failing, or as working again.
    ///
    /// # Errors
    /// `Missing` when there is no such connection.
    pub fn set_connection_trouble(&self, id: ConnectionId, trouble: Option<&Trouble>) -> Result<()> {
        let trouble = trouble.map(json).transpose()?;
        self.change(id, "UPDATE connection SET trouble = ?2 WHERE id = ?1", trouble)
    }

    /// Marks a connection as removed at `at` (UTC). What was read through it stays, for the evidence.
    ///
    /// # Errors
    /// `Missing` when there is no such connection.
    pub fn remove_connection(&self, id: ConnectionId, at: DateTime<Utc>) -> Result<()> {
        self.change(id, "UPDATE connection SET removed_at = ?2 WHERE id = ?1", instant(at))
    }

    /// Saves the dialect that a connection was found to speak for a kind of wish.
    ///
    /// # Errors
    /// `Conflict` when there is no such connection.
    pub fn save_dialect(&self, connection: ConnectionId, wish: WishKind, dialect: &str) -> Result<()> {
        self.exec(
            "saving a dialect",
            "INSERT INTO dialect (connection_id, org_id, wish, dialect) VALUES (?1, ?2, ?3, ?4)
             ON CONFLICT (connection_id, wish) DO UPDATE SET dialect = excluded.dialect",
            params![connection.to_string(), self.org_id()?.to_string(), wish.as_str(), dialect],
        )?;
        Ok(())
    }

    fn change(&self, id: ConnectionId, sql: &str, value: impl rusqlite::ToSql) -> Result<()> {
        match self.exec(CHANGING, sql, params![id.to_string(), value])? {
            0 => Err(Error::missing("connection", id)),
            _ => Ok(()),
        }
    }
}

fn read_connection(row: &Row<'_>) -> Result<ConnectionRow> {
    Ok(ConnectionRow {
        id: ConnectionId(row.id("id")?),
        vendor: row.text("vendor")?,
        tenant: row.text("tenant")?,
        name: row.text("name")?,
        settings: row.json("settings")?,
        mode: row.parsed("mode")?,
        trouble: row.maybe("trouble", Row::json)?,
        created_at: row.instant("created_at")?,
        removed_at: row.maybe("removed_at", Row::instant)?,
    })
}
