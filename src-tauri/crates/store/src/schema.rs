//! The schema and its versions.
//!
//! SQL that only SQLite speaks, all of it: `PRAGMA`s (here, `open.rs`, `health.rs`, `payload.rs`), `STRICT` and
//! `WITHOUT ROWID` tables, `TEMP` tables and `RAISE` in triggers (`schema/*.sql`), `BEGIN IMMEDIATE` (`writer.rs`), and
//! `instr` for substring search (`tables/people.rs`), `max` of two values (`tables/flip.rs`). `ON CONFLICT`, partial indexes and `RETURNING` are
//! PostgreSQL's too.

use rusqlite::{Connection, Transaction, TransactionBehavior};

use crate::error::{Error, Kind, Result};

/// "Lkst" in the file's header tells our databases from others
/// (<https://sqlite.org/fileformat2.html#application_id>).
pub(crate) const APPLICATION_ID: u32 = 0x4c6b_7374;

/// One script per version, applied in order, each in a transaction of its own.
const VERSIONS: &[&str] = &[
    include_str!("schema/0001.sql"),
    include_str!("schema/0002.sql"),
    include_str!("schema/0003.sql"),
    include_str!("schema/0004.sql"),
];

/// Run for each writing connection.
const STAGING: &str = include_str!("schema/staging.sql");

/// The version that this build writes.
pub(crate) fn current() -> u32 {
    u32::try_from(VERSIONS.len()).unwrap_or(u32::MAX)
}

pub(crate) fn version(conn: &Connection) -> Result<u32> {
    conn.pragma_query_value(None, "user_version", |row| row.get(0))
        .map_err(|e| Error::sql("reading the database's version", e))
}

/// Brings the schema up to date.
pub(crate) fn migrate(conn: &Connection) -> Result<()> {
    loop {
        let tx = Transaction::new_unchecked(conn, TransactionBehavior::Immediate)
            .map_err(|e| Error::sql("updating the database's form", e))?;
        // Read inside the transaction: another process may have been faster.
        let Some(script) = usize::try_from(refuse_newer(version(&tx)?)?).ok().and_then(|v| VERSIONS.get(v))
        else {
            return Ok(());
        };
        let next = version(&tx)? + 1;
        tx.execute_batch(script)
            .and_then(|()| tx.pragma_update(None, "user_version", next))
            .and_then(|()| tx.commit())
            .map_err(|e| Error::sql("updating the database's form", e))?;
    }
}

/// Makes the tables in which this connection stages what it reads.
pub(crate) fn make_stage(conn: &Connection) -> Result<()> {
    conn.execute_batch(STAGING).map_err(|e| Error::sql("making room for what is read", e))
}

/// Passes a version that this build can read.
pub(crate) fn refuse_newer(version: u32) -> Result<u32> {
    if version <= current() {
        return Ok(version);
    }
    Err(Error::new(
        Kind::Newer,
        format!("the database is of version {version}; this Lockstep knows {} at most", current()),
        "Install the Lockstep version that this home was last used with, or a newer one. Nothing was changed.",
    ))
}
