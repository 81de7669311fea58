//! What was read of one account alone, beyond what the list of accounts tells.

use chrono::{DateTime, Utc};
use lockstep_domain::access::AccountDetail;
use lockstep_domain::ids::AccountId;
use rusqlite::params;

use crate::error::Result;
use crate::handle::{Reader, Tx, instant, json};

/// The detail of an account, and when it was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DetailRow {
    /// What was read.
    pub detail: AccountDetail,
    /// When (UTC).
    pub read_at: DateTime<Utc>,
}

impl Reader<'_> {
    /// The last detail read of an account.
    ///
    /// # Errors
    /// Those of the database; `Malformed`.
    pub fn account_detail(&self, account: AccountId) -> Result<Option<DetailRow>> {
        self.one(
            "reading an account's detail",
            "SELECT detail, read_at FROM account_detail WHERE account_id = ?1",
            [account.to_string()],
            |row| Ok(DetailRow { detail: row.json("detail")?, read_at: row.instant("read_at")? }),
        )
    }
}

impl Tx<'_> {
    /// Keeps what was read of an account, in place of what was read before.
    ///
    /// # Errors
    /// Those of the database.
    pub fn put_account_detail(
        &self,
        account: AccountId,
        detail: &AccountDetail,
        read_at: DateTime<Utc>,
    ) -> Result<()> {
        let org = self.org_id()?.to_string();
        self.exec(
            "keeping an account's detail",
            "INSERT INTO account_detail (account_id, org_id, detail, read_at) VALUES (?1, ?2, ?3, ?4)
             ON CONFLICT (account_id) DO UPDATE SET detail = excluded.detail, read_at = excluded.read_at",
            params![account.to_string(), org, json(detail)?, instant(read_at)],
        )?;
        Ok(())
    }
}
