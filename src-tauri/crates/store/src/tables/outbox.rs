//! Notices on their way out of the machine: queued once for each sink, topic and day, tried until they are sent.

use chrono::{DateTime, Utc};
use lockstep_domain::ids::ConnectionId;
use rusqlite::params;
use uuid::Uuid;

use crate::error::Result;
use crate::handle::{Reader, Row, Tx, date, instant};

/// A notice for one sink.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutboxRow {
    /// The same for every attempt.
    pub id: Uuid,
    /// The sink.
    pub connection: ConnectionId,
    /// What it is about: case and kind. One notice per sink, topic and day (UTC).
    pub topic: String,
    /// How soon somebody has to look, in a word.
    pub severity: String,
    /// One line of neutral words.
    pub subject: String,
    /// Neutral words.
    pub body: String,
    /// When it was queued (UTC).
    pub at: DateTime<Utc>,
    /// Attempts so far.
    pub tries: u32,
    /// When it is tried next (UTC).
    pub try_at: DateTime<Utc>,
}

const CHANGING: &str = "changing the outbox";

impl Reader<'_> {
    /// The notices of connections that are there, to be tried at `now` (UTC), the oldest first.
    ///
    /// # Errors
    /// Those of the database.
    pub fn due_notices(&self, now: DateTime<Utc>) -> Result<Vec<OutboxRow>> {
        self.all(
            "reading the outbox",
            "SELECT o.* FROM outbox o JOIN connection c ON c.id = o.connection_id AND c.removed_at IS NULL
             WHERE o.sent_at IS NULL AND o.try_at <= ?1 ORDER BY o.at, o.id",
            [instant(now)],
            read,
        )
    }
}

impl Tx<'_> {
    /// Queues a notice; `false` when its sink was given one of that topic and day already.
    ///
    /// # Errors
    /// `Conflict` when the connection is not there.
    pub fn queue_notice(&self, row: &OutboxRow) -> Result<bool> {
        let changed = self.exec(
            "queueing a notice",
            "INSERT INTO outbox (id, org_id, connection_id, topic, day, severity, subject, body, at, tries, try_at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)
             ON CONFLICT (connection_id, topic, day) DO NOTHING",
            params![
                row.id.to_string(),
                self.org_id()?.to_string(),
                row.connection.to_string(),
                row.topic,
                date(row.at.date_naive()),
                row.severity,
                row.subject,
                row.body,
                instant(row.at),
                row.tries,
                instant(row.try_at),
            ],
        )?;
        Ok(changed > 0)
    }

    /// Takes a notice for one attempt, and says when the next is due if this one does not end well: nobody else
    /// tries until then. `false` when somebody else has it, or sent it.
    ///
    /// # Errors
    /// Those of the database.
    pub fn take_notice(&self, id: Uuid, now: DateTime<Utc>, next: DateTime<Utc>) -> Result<bool> {
        let changed = self.exec(
            CHANGING,
            "UPDATE outbox SET tries = tries + 1, try_at = ?3
             WHERE id = ?1 AND sent_at IS NULL AND try_at <= ?2",
            params![id.to_string(), instant(now), instant(next)],
        )?;
        Ok(changed > 0)
    }

    /// Marks a notice as sent.
    ///
    /// # Errors
    /// Those of the database.
    pub fn notice_sent(&self, id: Uuid, at: DateTime<Utc>) -> Result<()> {
        let sql = "UPDATE outbox SET sent_at = ?2 WHERE id = ?1";
        self.exec(CHANGING, sql, params![id.to_string(), instant(at)])?;
        Ok(())
    }

    /// Puts off every notice of a sink that is not sent yet, until `again` (UTC).
    ///
    /// # Errors
    /// Those of the database.
    pub fn put_off_notices(&self, connection: ConnectionId, again: DateTime<Utc>) -> Result<()> {
        let sql = "UPDATE outbox SET try_at = ?2 WHERE connection_id = ?1 AND sent_at IS NULL";
        self.exec(CHANGING, sql, params![connection.to_string(), instant(again)])?;
        Ok(())
    }

    /// Deletes what was sent before `before` (UTC), and what was queued before and never sent: how many of those.
    ///
    /// # Errors
    /// Those of the database.
    pub fn clear_outbox(&self, before: DateTime<Utc>) -> Result<usize> {
        self.exec(CHANGING, "DELETE FROM outbox WHERE sent_at < ?1", [instant(before)])?;
        self.exec(CHANGING, "DELETE FROM outbox WHERE sent_at IS NULL AND at < ?1", [instant(before)])
    }
}

fn read(row: &Row<'_>) -> Result<OutboxRow> {
    Ok(OutboxRow {
        id: row.id("id")?,
        connection: ConnectionId(row.id("connection_id")?),
        topic: row.text("topic")?,
        severity: row.text("severity")?,
        subject: row.text("subject")?,
        body: row.text("body")?,
        at: row.instant("at")?,
        tries: row.number("tries")?,
        try_at: row.instant("try_at")?,
    })
}
