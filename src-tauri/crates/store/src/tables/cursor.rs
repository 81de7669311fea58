//! Where a source's list of changes goes on.

use chrono::{DateTime, Utc};
use lockstep_domain::ids::ConnectionId;
use rusqlite::params;

use crate::error::Result;
use crate::handle::{Reader, Tx, instant};

/// A place in a source's list of changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CursorRow {
    /// What the connector gave; it alone understands it.
    pub cursor: String,
    /// When everybody was read last, completely (UTC).
    pub full_read_at: DateTime<Utc>,
    /// When the source was asked last, for everybody or for changes (UTC).
    pub asked_at: DateTime<Utc>,
}

impl Reader<'_> {
    /// Where a source's list of changes goes on; none when everybody has to be read.
    ///
    /// # Errors
    /// Those of the database.
    pub fn cursor(&self, connection: ConnectionId) -> Result<Option<CursorRow>> {
        self.one(
            "reading where a source's changes go on",
            "SELECT cursor, full_read_at, asked_at FROM sync_cursor WHERE connection_id = ?1",
            [connection.to_string()],
            |row| {
                Ok(CursorRow {
                    cursor: row.text("cursor")?,
                    full_read_at: row.instant("full_read_at")?,
                    asked_at: row.instant("asked_at")?,
                })
            },
        )
    }
}

impl Tx<'_> {
    /// Keeps where a source's list of changes goes on, in place of what was kept before.
    ///
    /// # Errors
    /// `Conflict` when the connection is not there.
    pub fn put_cursor(&self, connection: ConnectionId, row: &CursorRow) -> Result<()> {
        let org = self.org_id()?.to_string();
        self.exec(
            "keeping where a source's changes go on",
            "INSERT INTO sync_cursor (connection_id, org_id, cursor, full_read_at, asked_at)
             VALUES (?1, ?2, ?3, ?4, ?5)
             ON CONFLICT (connection_id) DO UPDATE SET cursor = excluded.cursor,
                 full_read_at = excluded.full_read_at, asked_at = excluded.asked_at",
            params![
                connection.to_string(),
                org,
                row.cursor,
                instant(row.full_read_at),
                instant(row.asked_at)
            ],
        )?;
        Ok(())
    }

    /// Forgets where a source's list of changes goes on: everybody is read next.
    ///
    /// # Errors
    /// Those of the database.
    pub fn drop_cursor(&self, connection: ConnectionId) -> Result<()> {
        self.exec(
            "forgetting where a source's changes go on",
            "DELETE FROM sync_cursor WHERE connection_id = ?1",
            [connection.to_string()],
        )?;
        Ok(())
    }
}
