//! Events of systems' own logs, and how far each log was read.

use chrono::{DateTime, Utc};
use lockstep_domain::activity::ActivityRecord;
use lockstep_domain::ids::ConnectionId;
use rusqlite::params;

use crate::error::Result;
use crate::handle::{Reader, Tx, instant, json};

/// How far a connection's log was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ActivityLog {
    /// Since when its events are known (UTC).
    pub since: DateTime<Utc>,
    /// Where to go on from, as the connector gave it.
    pub cursor: String,
    /// When it was read last (UTC).
    pub read_at: DateTime<Utc>,
}

impl Reader<'_> {
    /// How far a connection's log was read.
    ///
    /// # Errors
    /// Those of the database.
    pub fn activity_log(&self, connection: ConnectionId) -> Result<Option<ActivityLog>> {
        self.one(
            "reading how far a log was read",
            "SELECT since, cursor, read_at FROM activity_log WHERE connection_id = ?1",
            [connection.to_string()],
            |row| {
                Ok(ActivityLog {
                    since: row.instant("since")?,
                    cursor: row.text("cursor")?,
                    read_at: row.instant("read_at")?,
                })
            },
        )
    }

    /// The events about one account, in the order of time.
    ///
    /// # Errors
    /// Those of the database; `Malformed`.
    pub fn activity_of(
        &self,
        connection: ConnectionId,
        account_remote_id: &str,
    ) -> Result<Vec<ActivityRecord>> {
        self.all(
            "reading an account's activity",
            "SELECT record FROM activity WHERE connection_id = ?1 AND account = ?2 ORDER BY at, remote_id",
            params![connection.to_string(), account_remote_id],
            |row| row.json("record"),
        )
    }
}

impl Tx<'_> {
    /// Keeps events that were not known, and how far the log is read with them.
    ///
    /// # Errors
    /// Those of the database.
    pub fn keep_activity(
        &self,
        connection: ConnectionId,
        events: &[ActivityRecord],
        log: &ActivityLog,
    ) -> Result<()> {
        let doing = "keeping activity";
        let (connection, org) = (connection.to_string(), self.org_id()?.to_string());
        for event in events {
            self.exec(
                doing,
                "INSERT INTO activity (connection_id, org_id, remote_id, at, account, record)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT DO NOTHING",
                params![
                    connection,
                    org,
                    event.remote_id,
                    instant(event.at),
                    event.account_remote_id,
                    json(event)?
                ],
            )?;
        }
        self.exec(
            doing,
            "INSERT INTO activity_log (connection_id, org_id, since, cursor, read_at) VALUES (?1, ?2, ?3, ?4, ?5)
             ON CONFLICT (connection_id) DO UPDATE SET cursor = excluded.cursor, read_at = excluded.read_at",
            params![connection, org, instant(log.since), log.cursor, instant(log.read_at)],
        )?;
        Ok(())
    }
}
