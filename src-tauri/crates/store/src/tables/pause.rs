//! The pause in force: a projection of the ledger, written in the transaction of its entry.

use chrono::{DateTime, Utc};
use rusqlite::params;

use crate::error::Result;
use crate::handle::{Reader, Row, Tx, instant};

/// Everything stands still until `until`. Whether that is past, the caller's clock tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pause {
    /// Why.
    pub reason: String,
    /// Since when (UTC).
    pub since: DateTime<Utc>,
    /// Until when (UTC).
    pub until: DateTime<Utc>,
    /// The operator's opaque id.
    pub set_by: String,
}

impl Reader<'_> {
    /// The pause that was set last and not ended.
    ///
    /// # Errors
    /// Those of the database.
    pub fn pause(&self) -> Result<Option<Pause>> {
        self.one("reading the pause", "SELECT * FROM pause", [], |row: &Row<'_>| {
            Ok(Pause {
                reason: row.text("reason")?,
                since: row.instant("since")?,
                until: row.instant("until")?,
                set_by: row.text("set_by")?,
            })
        })
    }
}

impl Tx<'_> {
    /// Sets the pause, or ends it with `None`.
    ///
    /// # Errors
    /// Those of the database.
    pub fn set_pause(&self, pause: Option<&Pause>) -> Result<()> {
        let doing = "writing the pause";
        let org = self.org_id()?.to_string();
        self.exec(doing, "DELETE FROM pause WHERE org_id = ?1", [&org])?;
        if let Some(pause) = pause {
            self.exec(
                doing,
                "INSERT INTO pause (org_id, reason, since, until, set_by) VALUES (?1, ?2, ?3, ?4, ?5)",
                params![org, pause.reason, instant(pause.since), instant(pause.until), pause.set_by],
            )?;
        }
        Ok(())
    }
}
