//! Leases: who drives a run. Checked in the transaction that appends.

use chrono::{DateTime, TimeDelta, Utc};
use lockstep_domain::ids::RunId;
use rusqlite::params;

use crate::error::{Error, Kind, Result};
use crate::handle::{Reader, Row, Tx, instant};
use crate::tables::ledger::integer;

/// Who drives a run, and until when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lease {
    /// The holder ([`crate::Store::holder`]).
    pub holder: String,
    /// Counts takeovers; an older epoch's holder may no longer append.
    pub epoch: u64,
    /// When it runs out (UTC).
    pub expires_at: DateTime<Utc>,
}

impl Reader<'_> {
    /// The lease on a run, run out or not.
    ///
    /// # Errors
    /// Those of the database.
    pub fn lease(&self, run: RunId) -> Result<Option<Lease>> {
        let sql = "SELECT holder, epoch, expires_at FROM lease WHERE run_id = ?1";
        self.one("reading a lease", sql, [run.to_string()], |row: &Row<'_>| {
            Ok(Lease {
                holder: row.text("holder")?,
                epoch: row.number("epoch")?,
                expires_at: row.instant("expires_at")?,
            })
        })
    }

    /// Passes only while the run is driven by this holder in this epoch. Call it in the transaction that appends.
    ///
    /// A lease that ran out but that nobody took is still held: the epoch decides, no clock.
    ///
    /// # Errors
    /// `LeaseLost`.
    pub fn check_lease(&self, run: RunId, holder: &str, epoch: u64) -> Result<()> {
        match self.lease(run)? {
            Some(lease) if lease.holder == holder && lease.epoch == epoch => Ok(()),
            _ => Err(Error::new(
                Kind::LeaseLost,
                format!("run {run} is driven by another process now"),
                "Nothing to do: the other process goes on with it. Look at it with `lockstep run show`.",
            )),
        }
    }
}

impl Tx<'_> {
    /// Takes or prolongs the lease on a run for `ttl` from `now` (UTC). `None` while another holder has it.
    ///
    /// The holder keeps its epoch when it prolongs; every takeover counts one up.
    ///
    /// # Errors
    /// `Conflict` when there is no such run.
    pub fn take_lease(
        &self,
        run: RunId,
        holder: &str,
        now: DateTime<Utc>,
        ttl: TimeDelta,
    ) -> Result<Option<u64>> {
        let epoch = match self.lease(run)? {
            None => 1,
            Some(lease) if lease.holder == holder => lease.epoch,
            Some(lease) if lease.expires_at <= now => lease.epoch + 1,
            Some(_) => return Ok(None),
        };
        self.exec(
            "taking a lease",
            "INSERT INTO lease (run_id, org_id, holder, epoch, expires_at) VALUES (?1, ?2, ?3, ?4, ?5)
             ON CONFLICT (run_id) DO UPDATE SET holder = excluded.holder, epoch = excluded.epoch,
                 expires_at = excluded.expires_at",
            params![run.to_string(), self.org_id()?.to_string(), holder, integer(epoch), instant(now + ttl)],
        )?;
        Ok(Some(epoch))
    }

    /// Ends a lease, whoever holds it: by its holder when done, by anybody when the holder is dead
    /// ([`crate::Store::is_alive`]). The next one to take it gets a new epoch.
    ///
    /// # Errors
    /// Those of the database.
    pub fn break_lease(&self, run: RunId) -> Result<()> {
        let sql = "UPDATE lease SET holder = '', expires_at = ?2 WHERE run_id = ?1";
        self.exec("ending a lease", sql, params![run.to_string(), instant(DateTime::UNIX_EPOCH)])?;
        Ok(())
    }
}
