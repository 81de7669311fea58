//! When people are looked at again after their run's record was sealed.

use chrono::{DateTime, Utc};
use lockstep_domain::ids::RunId;
use rusqlite::params;

use crate::error::Result;
use crate::handle::{Reader, Tx, instant};

impl Reader<'_> {
    /// The runs whose person is to be looked at again by `now` (UTC), each once.
    ///
    /// # Errors
    /// Those of the database.
    pub fn due_watches(&self, now: DateTime<Utc>) -> Result<Vec<RunId>> {
        self.all(
            "reading what is to be watched",
            "SELECT DISTINCT run_id FROM watch WHERE done_at IS NULL AND due_at <= ?1 ORDER BY run_id",
            [instant(now)],
            |row| Ok(RunId(row.id("run_id")?)),
        )
    }
}

impl Tx<'_> {
    /// Notes when a run's person is to be looked at again (UTC).
    ///
    /// # Errors
    /// Those of the database.
    pub fn set_watches(&self, run: RunId, due: &[DateTime<Utc>]) -> Result<()> {
        let org = self.org_id()?.to_string();
        for at in due {
            self.exec(
                "noting when to look again",
                "INSERT INTO watch (run_id, due_at, org_id) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING",
                params![run.to_string(), instant(*at), org],
            )?;
        }
        Ok(())
    }

    /// Notes that a run's person was looked at: whatever was due by then is done. `false` when another process
    /// was faster.
    ///
    /// # Errors
    /// Those of the database.
    pub fn end_watches(&self, run: RunId, now: DateTime<Utc>, left: u32, unread: u32) -> Result<bool> {
        let ended = self.exec(
            "noting what was found",
            "UPDATE watch SET done_at = ?2, left_over = ?3, unread = ?4
             WHERE run_id = ?1 AND done_at IS NULL AND due_at <= ?2",
            params![run.to_string(), instant(now), left, unread],
        )?;
        Ok(ended > 0)
    }
}
