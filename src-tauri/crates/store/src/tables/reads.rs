//! Reads of sources: how each began and ended, and the rows it could not use.

use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, Utc};
use lockstep_domain::digest::Digest;
use lockstep_domain::ids::{ConnectionId, ReadId};
use rusqlite::{Params, params};
use serde::{Deserialize, Serialize};

use crate::error::{Error, Kind, Result};
use crate::handle::{Reader, Row, Tx, instant};
use crate::tables::ledger::integer;

/// What a read reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReadKind {
    /// People and their stints.
    Workers,
    /// Accounts, entitlements and grants.
    Accounts,
}

impl ReadKind {
    /// The word that is stored.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Workers => "workers",
            Self::Accounts => "accounts",
        }
    }
}

impl fmt::Display for ReadKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for ReadKind {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        [Self::Workers, Self::Accounts].into_iter().find(|kind| kind.as_str() == text).ok_or(())
    }
}

/// A read that begins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewRead {
    /// Its id.
    pub id: ReadId,
    /// The source.
    pub connection: ConnectionId,
    /// What is read.
    pub kind: ReadKind,
    /// When it began (UTC).
    pub started_at: DateTime<Utc>,
}

/// How a read ended, as the connector says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReadEnd {
    /// When (UTC).
    pub at: DateTime<Utc>,
    /// Records that came.
    pub rows: u64,
    /// The number that the source says there are.
    pub claimed_total: Option<u64>,
    /// SHA-256 over the source's bytes.
    pub source_sha256: Option<Digest>,
}

/// A read that ended or goes on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReadRow {
    /// What began.
    pub read: NewRead,
    /// How it ended; `None` while it goes on, or after a crash.
    pub end: Option<ReadEnd>,
    /// Whether it can be relied on as a whole and became the present state.
    pub complete: bool,
    /// Why it cannot.
    pub reason: Option<String>,
    /// Whether it was the first complete read of its source.
    pub baseline: bool,
}

/// A row that could not be used. Texts are shortened and stripped of control characters by the reader.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QuarantinedRow {
    /// Where: row number as a spreadsheet shows it, or the vendor's id.
    pub row: String,
    /// The column or field.
    pub column: String,
    /// What is wrong.
    pub reason: String,
    /// What to do.
    pub remedy: String,
}

const READING: &str = "reading the list of reads";

impl Reader<'_> {
    /// The last complete reads of a source, newest first.
    ///
    /// # Errors
    /// Those of the database.
    pub fn complete_reads(
        &self,
        connection: ConnectionId,
        kind: ReadKind,
        limit: u32,
    ) -> Result<Vec<ReadRow>> {
        self.reads_where(
            "WHERE connection_id = ?1 AND kind = ?2 AND complete = 1 ORDER BY ended_at DESC LIMIT ?3",
            params![connection.to_string(), kind.as_str(), limit],
        )
    }

    /// The last reads of everything in a source that ended, complete or not, newest first.
    ///
    /// # Errors
    /// Those of the database.
    pub fn ended_reads(&self, connection: ConnectionId, kind: ReadKind, limit: u32) -> Result<Vec<ReadRow>> {
        self.reads_where(
            "WHERE connection_id = ?1 AND kind = ?2 AND changes_only = 0 AND ended_at IS NOT NULL
                 ORDER BY ended_at DESC LIMIT ?3",
            params![connection.to_string(), kind.as_str(), limit],
        )
    }

    /// The last read to whose end the source told something: complete or not, but not one that failed on the way.
    ///
    /// # Errors
    /// Those of the database.
    pub fn last_told_read(&self, connection: ConnectionId, kind: ReadKind) -> Result<Option<ReadRow>> {
        let reads = self.reads_where(
            "WHERE connection_id = ?1 AND kind = ?2 AND changes_only = 0 AND ended_at IS NOT NULL
                 AND (complete = 1 OR source_sha256 IS NOT NULL) ORDER BY ended_at DESC LIMIT 1",
            params![connection.to_string(), kind.as_str()],
        )?;
        Ok(reads.into_iter().next())
    }

    /// Reads that go on, or that a crash broke off: [`Tx::discard_read`] is due for those.
    ///
    /// # Errors
    /// Those of the database.
    pub fn unfinished_reads(&self) -> Result<Vec<ReadRow>> {
        self.reads_where("WHERE ended_at IS NULL ORDER BY id", [])
    }

    /// One read.
    ///
    /// # Errors
    /// Those of the database.
    pub fn read_row(&self, id: ReadId) -> Result<Option<ReadRow>> {
        Ok(self.reads_where("WHERE id = ?1", [id.to_string()])?.pop())
    }

    /// The rows that a read could not use.
    ///
    /// # Errors
    /// Those of the database.
    pub fn quarantined(&self, read: ReadId) -> Result<Vec<QuarantinedRow>> {
        self.all(
            READING,
            "SELECT row_name, column_name, reason, remedy FROM quarantine WHERE read_id = ?1 ORDER BY place",
            [read.to_string()],
            |row| {
                Ok(QuarantinedRow {
                    row: row.text("row_name")?,
                    column: row.text("column_name")?,
                    reason: row.text("reason")?,
                    remedy: row.text("remedy")?,
                })
            },
        )
    }

    fn reads_where(&self, condition: &str, params: impl Params) -> Result<Vec<ReadRow>> {
        self.all(READING, &format!("SELECT * FROM read {condition}"), params, read_read)
    }
}

impl Tx<'_> {
    /// The read, if it is going on and staged here. Taken over by another process, which has nothing of it, it
    /// would show everybody as missing.
    pub(crate) fn read_in_progress(&self, id: ReadId, kind: ReadKind) -> Result<NewRead> {
        let here = "SELECT EXISTS (SELECT 1 FROM staged_read WHERE read_id = ?1) AS n";
        let staged_here = self.count(READING, here, [id.to_string()])? == 1;
        match self.read_row(id)? {
            Some(ReadRow { read, end: None, .. }) if read.kind == kind && staged_here => Ok(read),
            _ => Err(Error::new(
                Kind::Missing,
                format!("no read {id} of {kind} is going on"),
                "Sync again; this read was ended meanwhile.",
            )),
        }
    }

    /// Begins a read. It is staged and taken over through this store alone.
    ///
    /// # Errors
    /// `Conflict` when the connection is not there.
    pub fn begin_read(&self, read: &NewRead) -> Result<()> {
        self.exec(
            "beginning a read",
            "INSERT INTO read (id, org_id, connection_id, kind, started_at) VALUES (?1, ?2, ?3, ?4, ?5)",
            params![
                read.id.to_string(),
                self.org_id()?.to_string(),
                read.connection.to_string(),
                read.kind.as_str(),
                instant(read.started_at)
            ],
        )?;
        let stage = "INSERT INTO staged_read (read_id) VALUES (?1)";
        self.exec("beginning a read", stage, [read.id.to_string()])?;
        Ok(())
    }

    /// Ends a read that cannot be relied on, for a reason in words. What it staged is thrown away; nobody's state
    /// changes by it.
    ///
    /// # Errors
    /// `Missing` when it is not going on.
    pub fn discard_read(&self, read: ReadId, end: &ReadEnd, reason: &str) -> Result<()> {
        self.unstage(read)?;
        self.end_read(read, end, "complete = 0, reason = ?6", reason)
    }

    /// Adds rows that a read could not use.
    ///
    /// # Errors
    /// Those of the database.
    pub fn quarantine(&self, read: ReadId, rows: &[QuarantinedRow]) -> Result<()> {
        let (id, org) = (read.to_string(), self.org_id()?.to_string());
        let before: i64 =
            integer(self.count(READING, "SELECT count(*) AS n FROM quarantine WHERE read_id = ?1", [&id])?);
        for (place, row) in (before..).zip(rows) {
            self.exec(
                "noting a row that could not be used",
                "INSERT INTO quarantine (read_id, org_id, place, row_name, column_name, reason, remedy)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
                params![id, org, place, row.row, row.column, row.reason, row.remedy],
            )?;
        }
        Ok(())
    }

    /// Writes how a read ended; `outcome` sets what else there is to say, with `?6` for `value`.
    pub(crate) fn end_read(
        &self,
        read: ReadId,
        end: &ReadEnd,
        outcome: &str,
        value: impl rusqlite::ToSql,
    ) -> Result<()> {
        let sql = format!(
            "UPDATE read SET ended_at = ?2, row_count = ?3, claimed_total = ?4, source_sha256 = ?5, {outcome}
             WHERE id = ?1 AND ended_at IS NULL"
        );
        let params = params![
            read.to_string(),
            instant(end.at),
            integer(end.rows),
            end.claimed_total.map(integer),
            end.source_sha256.map(|digest| digest.0),
            value
        ];
        match self.exec("ending a read", &sql, params)? {
            0 => Err(Error::missing("read that goes on:", read)),
            _ => Ok(()),
        }
    }
}

fn read_read(row: &Row<'_>) -> Result<ReadRow> {
    let end = row.maybe("ended_at", |row, ended_at| {
        Ok(ReadEnd {
            at: row.instant(ended_at)?,
            rows: row.number("row_count")?,
            claimed_total: row.maybe("claimed_total", Row::number)?,
            source_sha256: row.maybe("source_sha256", Row::digest)?,
        })
    })?;
    Ok(ReadRow {
        read: NewRead {
            id: ReadId(row.id("id")?),
            connection: ConnectionId(row.id("connection_id")?),
            kind: row.parsed("kind")?,
            started_at: row.instant("started_at")?,
        },
        end,
        complete: row.flag("complete")?,
        reason: row.maybe("reason", Row::text)?,
        baseline: row.flag("baseline")?,
    })
}
