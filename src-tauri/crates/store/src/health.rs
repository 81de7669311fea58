//! Whether the file is sound.

use crate::error::{Error, Result};
use crate::handle::{Reader, Row};
use crate::store::Store;
use crate::tables::scan::Fault;

/// How many of SQLite's messages are kept.
const MAX_MESSAGES: usize = 50;

impl Store {
    /// Checks the whole file: pages, indexes, rules between tables. Empty means sound.
    ///
    /// Reads the whole database on a reading connection, beside other work; due after an unclean stop.
    ///
    /// # Errors
    /// `Corrupt` when the file is too damaged to be checked.
    pub async fn check_integrity(&self) -> Result<Vec<String>> {
        self.read(|reader| {
            let doing = "checking the database file";
            let column = |name: &'static str| move |row: &Row<'_>| row.text(name);
            let sql = format!("PRAGMA integrity_check({MAX_MESSAGES})");
            let mut messages = reader.all(doing, &sql, [], column("integrity_check"))?;
            messages.retain(|message| message != "ok");
            let orphans = reader.all(doing, "PRAGMA foreign_key_check", [], |row| {
                Ok(format!(
                    "a row of {} names a row of {} that is not there",
                    row.text("table")?,
                    row.text("parent")?
                ))
            })?;
            messages.extend(orphans.into_iter().take(MAX_MESSAGES));
            Ok(messages)
        })
        .await
    }

    /// Copies the write-ahead log into the file and empties it, so that erased bytes are in neither. Waits for
    /// other processes' reads; on `Busy` try again later.
    ///
    /// # Errors
    /// `Busy`, `Full`, `Io`.
    pub async fn flush(&self) -> Result<()> {
        self.on_writer(|conn, shared| {
            shared.refuse_stopped()?;
            let doing = "emptying the write-ahead log";
            let busy: bool = conn
                .query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0))
                .map_err(|e| Error::sql(doing, e))?;
            if busy { Err(Error::busy(doing)) } else { Ok(()) }
        })
        .await
    }
}

impl Reader<'_> {
    /// Checks the last entries of the ledger (at most `rows`) against their hashes: quick enough for every start.
    ///
    /// # Errors
    /// Those of the database.
    pub fn check_tail(&self, rows: u64) -> Result<Vec<Fault>> {
        let head = self.head()?.seq;
        Ok(self.scan_ledger(head.saturating_sub(rows) + 1, head, |_| Ok(()))?.faults)
    }
}
