//! Staged imports: what a read has brought so far stands apart until the read is complete.

use lockstep_domain::access::{AccountRecord, EntitlementRecord, GrantRecord};
use lockstep_domain::ids::ReadId;
use lockstep_domain::people::WorkerRecord;
use rusqlite::params;

use crate::error::{Error, Result};
use crate::handle::{Tx, json};
use crate::tables::reads::ReadKind;

const STAGING: &str = "staging what was read";

impl Tx<'_> {
    /// Adds a chunk of stints to a read; some 10,000 per transaction go well.
    ///
    /// # Errors
    /// `Conflict` when the read has a stint of that id already; `Missing` when it is not going on.
    pub fn stage_workers(&self, read: ReadId, workers: &[WorkerRecord]) -> Result<()> {
        self.read_in_progress(read, ReadKind::Workers)?;
        let (read, org) = (read.to_string(), self.org_id()?.to_string());
        let sql = "INSERT INTO staged_worker (read_id, org_id, remote_id, record) VALUES (?1, ?2, ?3, ?4)";
        let mut insert = self.prepare(STAGING, sql)?;
        for worker in workers {
            insert
                .execute(params![read, org, worker.remote_employment_id, json(worker)?])
                .map_err(|e| Error::sql(STAGING, e))?;
        }
        Ok(())
    }

    /// Adds a page of accounts, entitlements and grants to a read.
    ///
    /// # Errors
    /// `Conflict` when the read has an account or entitlement of that id already; `Missing` when it is not going on.
    pub fn stage_accounts(
        &self,
        read: ReadId,
        accounts: &[AccountRecord],
        entitlements: &[EntitlementRecord],
        grants: &[GrantRecord],
    ) -> Result<()> {
        self.read_in_progress(read, ReadKind::Accounts)?;
        let (read, org) = (read.to_string(), self.org_id()?.to_string());
        for account in accounts {
            let sql =
                "INSERT INTO staged_account (read_id, org_id, remote_id, record) VALUES (?1, ?2, ?3, ?4)";
            self.exec(STAGING, sql, params![read, org, account.remote_id, json(account)?])?;
        }
        for entitlement in entitlements {
            let sql = "INSERT INTO staged_entitlement (read_id, org_id, remote_id, name, privileged)
                       VALUES (?1, ?2, ?3, ?4, ?5)";
            let EntitlementRecord { remote_id, name, privileged } = entitlement;
            self.exec(STAGING, sql, params![read, org, remote_id, name, privileged])?;
        }
        for grant in grants {
            // A vendor that lists a grant twice, by group and by member, means one grant.
            let sql =
                "INSERT INTO staged_grant (read_id, org_id, account, entitlement) VALUES (?1, ?2, ?3, ?4)
                       ON CONFLICT DO NOTHING";
            self.exec(
                STAGING,
                sql,
                params![read, org, grant.account_remote_id, grant.entitlement_remote_id],
            )?;
        }
        Ok(())
    }

    /// Throws away what a read staged.
    pub(crate) fn unstage(&self, read: ReadId) -> Result<()> {
        let read = read.to_string();
        for table in ["staged_read", "staged_worker", "staged_account", "staged_entitlement", "staged_grant"]
        {
            let others = format!(
                "SELECT EXISTS (SELECT 1 FROM {table} WHERE read_id < ?1)
                      + EXISTS (SELECT 1 FROM {table} WHERE read_id > ?1) AS n"
            );
            // Without a condition SQLite empties a table at once instead of row by row.
            if self.count(STAGING, &others, [&read])? == 0 {
                self.exec(STAGING, &format!("DELETE FROM {table}"), [])?;
            } else {
                self.exec(STAGING, &format!("DELETE FROM {table} WHERE read_id = ?1"), [&read])?;
            }
        }
        Ok(())
    }
}
