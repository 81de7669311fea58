//! Signed checkpoints of the ledger.

use chrono::{DateTime, Utc};
use lockstep_domain::digest::Digest;
use rusqlite::params;

use crate::error::Result;
use crate::handle::{Reader, Row, Tx, instant};
use crate::tables::ledger::integer;

/// A signed statement of the ledger's size and root.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checkpoint {
    /// Entries covered.
    pub size: u64,
    /// Merkle root over them.
    pub root: Digest,
    /// The signed note.
    pub note: Vec<u8>,
    /// The tree's right edge, in the evidence crate's own form, so that the next root needs no full walk.
    pub frontier: Vec<u8>,
    /// When it was signed (UTC).
    pub at: DateTime<Utc>,
}

const READING: &str = "reading checkpoints";

impl Reader<'_> {
    /// The checkpoint that covers most.
    ///
    /// # Errors
    /// Those of the database.
    pub fn last_checkpoint(&self) -> Result<Option<Checkpoint>> {
        self.one(READING, "SELECT * FROM checkpoint ORDER BY size DESC LIMIT 1", [], read_checkpoint)
    }

    /// Every checkpoint, smallest first.
    ///
    /// # Errors
    /// Those of the database.
    pub fn checkpoints(&self) -> Result<Vec<Checkpoint>> {
        self.all(READING, "SELECT * FROM checkpoint ORDER BY size", [], read_checkpoint)
    }
}

impl Tx<'_> {
    /// Adds a checkpoint.
    ///
    /// # Errors
    /// `Guarded` when it covers no more than the last one.
    pub fn add_checkpoint(&self, checkpoint: &Checkpoint) -> Result<()> {
        self.exec(
            "writing a checkpoint",
            "INSERT INTO checkpoint (size, org_id, root, note, frontier, at) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
            params![
                integer(checkpoint.size),
                self.org_id()?.to_string(),
                checkpoint.root.0,
                checkpoint.note,
                checkpoint.frontier,
                instant(checkpoint.at)
            ],
        )?;
        Ok(())
    }
}

fn read_checkpoint(row: &Row<'_>) -> Result<Checkpoint> {
    Ok(Checkpoint {
        size: row.number("size")?,
        root: row.digest("root")?,
        note: row.bytes("note")?.to_vec(),
        frontier: row.bytes("frontier")?.to_vec(),
        at: row.instant("at")?,
    })
}
