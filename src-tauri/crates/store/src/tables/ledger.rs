//! The ledger: appending at its end, reading it back as entries.

use std::ops::RangeInclusive;

use lockstep_domain::digest::{Digest, canonical_json};
use lockstep_domain::ids::{EntryId, OrgId, RunId};
use lockstep_domain::ledger::{Actor, Draft, Entry, leaf_hash};
use rusqlite::{Params, params};

use crate::error::{Error, Kind, Result};
use crate::handle::{Reader, Row, Tx, instant};
use crate::tables::scan::Line;

/// The end of the ledger.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Head {
    /// Number of entries, which is the last one's sequence number; 0 when there is none.
    pub seq: u64,
    /// The last entry's leaf hash; zeros when there is none.
    pub hash: Digest,
}

const READING: &str = "reading the ledger";
/// `prev` is not stored: it is the hash of the row before.
const COLUMNS: &str = "SELECT l.*, p.hash AS prev FROM ledger l LEFT JOIN ledger p ON p.seq = l.seq - 1";

impl Reader<'_> {
    /// The end of the ledger.
    ///
    /// # Errors
    /// Those of the database.
    pub fn head(&self) -> Result<Head> {
        let last =
            self.one(READING, "SELECT seq, hash FROM ledger ORDER BY seq DESC LIMIT 1", [], |row| {
                Ok(Head { seq: row.number("seq")?, hash: row.digest("hash")? })
            })?;
        Ok(last.unwrap_or(Head { seq: 0, hash: Digest::ZERO }))
    }

    /// The entries with these sequence numbers, in order. Nothing is verified here; see
    /// [`Reader::scan_ledger`].
    ///
    /// # Errors
    /// `Malformed` when a row is not an entry.
    pub fn entries(&self, seqs: RangeInclusive<u64>) -> Result<Vec<Entry>> {
        let (from, to) = (integer(*seqs.start()), integer(*seqs.end()));
        self.entries_where("WHERE l.seq BETWEEN ?1 AND ?2 ORDER BY l.seq", params![from, to])
    }

    /// The entries of one run, in order.
    ///
    /// # Errors
    /// `Malformed` when a row is not an entry.
    pub fn entries_of_run(&self, run: RunId) -> Result<Vec<Entry>> {
        self.entries_of_run_after(run, 0)
    }

    /// The entries of one run behind a sequence number, in order: what came since somebody last looked.
    ///
    /// # Errors
    /// `Malformed` when a row is not an entry.
    pub fn entries_of_run_after(&self, run: RunId, seq: u64) -> Result<Vec<Entry>> {
        self.entries_where(
            "WHERE l.run_id = ?1 AND l.seq > ?2 ORDER BY l.seq",
            params![run.to_string(), integer(seq)],
        )
    }

    /// The entries of one kind from a sequence number on, in order.
    ///
    /// # Errors
    /// `Malformed` when a row is not an entry.
    pub fn entries_of_kind(&self, kind: &str, from_seq: u64) -> Result<Vec<Entry>> {
        self.entries_where(
            "WHERE l.kind = ?1 AND l.seq >= ?2 ORDER BY l.seq",
            params![kind, integer(from_seq)],
        )
    }

    /// One entry by its id.
    ///
    /// # Errors
    /// `Malformed` when the row is not an entry.
    pub fn entry(&self, id: EntryId) -> Result<Option<Entry>> {
        Ok(self.entries_where("WHERE l.id = ?1", params![id.to_string()])?.pop())
    }

    fn entries_where(&self, condition: &str, params: impl Params) -> Result<Vec<Entry>> {
        self.all(READING, &format!("{COLUMNS} {condition}"), params, read_entry)
    }
}

impl Tx<'_> {
    /// Appends one entry. It is durable when the transaction is.
    ///
    /// # Errors
    /// `Malformed` for a draft that the ledger does not take; `Conflict` for an id that is there already.
    pub fn append(&self, draft: Draft) -> Result<Entry> {
        let head = self.head()?;
        let entry = draft.place(self.org_id()?, head.seq + 1, head.hash).map_err(unfit)?;
        let body = canonical_json(&entry.body).map_err(unfit)?;
        let body = std::str::from_utf8(&body).map_err(unfit)?;
        let (org, id, at) = (entry.org.to_string(), entry.id.to_string(), instant(entry.at));
        let run = entry.run.map(|run| run.to_string());
        let line = Line {
            seq: entry.seq,
            org: &org,
            id: &id,
            at: &at,
            actor: entry.actor.as_str(),
            kind: &entry.kind,
            run: run.as_deref(),
            body,
            commitment: entry.commitment.as_ref().map(|c| c.0.as_slice()),
        };
        let mut bytes = Vec::new();
        line.write(&head.hash, &mut bytes);
        let hash = leaf_hash(&bytes);
        self.exec(
            "appending to the ledger",
            "INSERT INTO ledger (seq, org_id, id, at, actor, kind, run_id, body, commitment, hash)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
            params![
                integer(line.seq),
                line.org,
                line.id,
                line.at,
                line.actor,
                line.kind,
                line.run,
                line.body,
                line.commitment,
                hash.0
            ],
        )?;
        Ok(entry)
    }
}

/// SQLite's integers are signed; no ledger reaches the difference.
pub(crate) fn integer(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

fn unfit(cause: impl std::error::Error + Send + Sync + 'static) -> Error {
    Error::new(
        Kind::Malformed,
        format!("the entry does not fit into the ledger: {cause}"),
        "Report this; nothing was written.",
    )
    .caused_by(cause)
}

fn read_entry(row: &Row<'_>) -> Result<Entry> {
    let actor = row.str("actor")?;
    let actor = Actor::new(actor).map_err(|e| Error::malformed("a ledger row's actor").caused_by(e))?;
    Ok(Entry {
        actor,
        at: row.instant("at")?,
        body: row.json("body")?,
        commitment: row.maybe("commitment", Row::digest)?,
        id: EntryId(row.id("id")?),
        kind: row.text("kind")?,
        org: OrgId(row.id("org_id")?),
        prev: row.maybe("prev", Row::digest)?.unwrap_or(Digest::ZERO),
        run: row.maybe("run_id", |row, column| row.id(column).map(RunId))?,
        seq: row.number("seq")?,
        v: 1,
    })
}
