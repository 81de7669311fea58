//! Documents and files of a run, and where they are kept.

use chrono::{DateTime, Utc};
use lockstep_domain::digest::Digest;
use lockstep_domain::ids::RunId;
use rusqlite::params;
use serde::{Deserialize, Serialize};

use crate::error::Result;
use crate::handle::{Reader, Row, Tx, instant, json};
use crate::tables::ledger::integer;

/// A stored document or file. Its bytes lie in vaults, not here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Artefact {
    /// The run.
    pub run: RunId,
    /// Its name in the bundle, unique in the run.
    pub name: String,
    /// What it is ("run_record", "attestation").
    pub kind: String,
    /// SHA-256 of its bytes.
    pub sha256: Digest,
    /// Size in bytes.
    pub size: u64,
    /// Where it is kept.
    pub locations: Vec<Location>,
    /// When it was stored and read back (UTC).
    pub stored_at: DateTime<Utc>,
}

/// A place in a vault.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Location {
    /// The vault ("local").
    pub vault: String,
    /// The key in it.
    pub key: String,
    /// The vault's version of the object, where it has versions.
    pub version: Option<String>,
}

impl Reader<'_> {
    /// A run's artefacts, by name.
    ///
    /// # Errors
    /// Those of the database.
    pub fn artefacts(&self, run: RunId) -> Result<Vec<Artefact>> {
        self.all(
            "reading artefacts",
            "SELECT * FROM artefact WHERE run_id = ?1 ORDER BY name",
            [run.to_string()],
            |row: &Row<'_>| {
                Ok(Artefact {
                    run,
                    name: row.text("name")?,
                    kind: row.text("kind")?,
                    sha256: row.digest("sha256")?,
                    size: row.number("size")?,
                    locations: row.json("locations")?,
                    stored_at: row.instant("stored_at")?,
                })
            },
        )
    }
}

impl Tx<'_> {
    /// Adds an artefact; storing the same bytes again replaces the list of places.
    ///
    /// # Errors
    /// `Conflict` when the run is not there.
    pub fn put_artefact(&self, artefact: &Artefact) -> Result<()> {
        self.exec(
            "writing an artefact",
            "INSERT INTO artefact (run_id, org_id, name, kind, sha256, size, locations, stored_at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
             ON CONFLICT (run_id, name) DO UPDATE SET kind = excluded.kind, sha256 = excluded.sha256,
                 size = excluded.size, locations = excluded.locations, stored_at = excluded.stored_at",
            params![
                artefact.run.to_string(),
                self.org_id()?.to_string(),
                artefact.name,
                artefact.kind,
                artefact.sha256.0,
                integer(artefact.size),
                json(&artefact.locations)?,
                instant(artefact.stored_at)
            ],
        )?;
        Ok(())
    }
}
