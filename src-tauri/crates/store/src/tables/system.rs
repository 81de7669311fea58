//! The register of systems.

use lockstep_domain::ids::SystemId;
use lockstep_domain::systems::System;
use rusqlite::params;

use crate::error::Result;
use crate::handle::{Reader, Row, Tx, json};

const READING: &str = "reading the register of systems";

impl Reader<'_> {
    /// Every system, by name.
    ///
    /// # Errors
    /// Those of the database.
    pub fn systems(&self) -> Result<Vec<System>> {
        self.all(READING, "SELECT record FROM system ORDER BY name", [], read_system)
    }

    /// One system.
    ///
    /// # Errors
    /// Those of the database.
    pub fn system(&self, id: SystemId) -> Result<Option<System>> {
        self.one(READING, "SELECT record FROM system WHERE id = ?1", [id.to_string()], read_system)
    }

    /// The system of that name.
    ///
    /// # Errors
    /// Those of the database.
    pub fn system_named(&self, name: &str) -> Result<Option<System>> {
        self.one(READING, "SELECT record FROM system WHERE name = ?1", [name], read_system)
    }
}

impl Tx<'_> {
    /// Adds a system or replaces the one with its id.
    ///
    /// # Errors
    /// `Conflict` when another system has the name, or the connection is not there.
    pub fn put_system(&self, system: &System) -> Result<()> {
        self.exec(
            "writing the register of systems",
            "INSERT INTO system (id, org_id, name, connection_id, record) VALUES (?1, ?2, ?3, ?4, ?5)
             ON CONFLICT (id) DO UPDATE SET name = excluded.name, connection_id = excluded.connection_id,
                 record = excluded.record",
            params![
                system.id.to_string(),
                self.org_id()?.to_string(),
                system.name,
                system.connection.map(|c| c.to_string()),
                json(system)?
            ],
        )?;
        Ok(())
    }
}

fn read_system(row: &Row<'_>) -> Result<System> {
    row.json("record")
}
