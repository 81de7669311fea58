//! Accounts, entitlements and grants, as the last complete reads show them.

use chrono::{DateTime, Utc};
use lockstep_domain::access::{AccountRecord, EntitlementRecord, SignIn};
use lockstep_domain::ids::{AccountId, ConnectionId};
use rusqlite::{Params, params};

use crate::error::{Error, Result};
use crate::handle::{Reader, Row, Tx, json};

/// An account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountRow {
    /// Our id.
    pub id: AccountId,
    /// The connection that lists it.
    pub connection: ConnectionId,
    /// What the vendor says, or what was read back since.
    pub record: AccountRecord,
    /// The end of the read that first brought it (UTC).
    pub first_seen_at: DateTime<Utc>,
    /// The end of the last complete read that had it (UTC).
    pub last_seen_at: DateTime<Utc>,
    /// The end of the first complete read that no longer had it (UTC).
    pub missing_since: Option<DateTime<Utc>>,
}

/// Something that an account is granted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Held {
    /// The vendor's id of the entitlement.
    pub remote_id: String,
    /// What the vendor says of it; `None` when it was granted but not listed.
    pub record: Option<EntitlementRecord>,
}

/// Who administers a connection's system.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Admins {
    /// Accounts that do and whose sign-in is not known to be disabled.
    pub enabled: u64,
    /// Whether the vendor told of every account; otherwise there may be more.
    pub all_known: bool,
}

const READING: &str = "reading accounts";
const ACCOUNT: &str = "SELECT a.*, CASE WHEN a.missing_since IS NULL THEN
        (SELECT max(r.ended_at) FROM read r WHERE r.connection_id = a.connection_id AND r.kind = 'accounts' AND r.complete = 1)
    ELSE a.last_seen_at END AS seen_at FROM account a";

impl Reader<'_> {
    /// One account, missing or not.
    ///
    /// # Errors
    /// Those of the database.
    pub fn account(&self, id: AccountId) -> Result<Option<AccountRow>> {
        Ok(self.accounts_where("WHERE a.id = ?1", [id.to_string()])?.pop())
    }

    /// The account that a connection lists under that id, missing or not.
    ///
    /// # Errors
    /// Those of the database.
    pub fn account_by_remote_id(
        &self,
        connection: ConnectionId,
        remote_id: &str,
    ) -> Result<Option<AccountRow>> {
        let condition = "WHERE a.connection_id = ?1 AND a.remote_id = ?2";
        Ok(self.accounts_where(condition, params![connection.to_string(), remote_id])?.pop())
    }

    /// A connection's accounts that are not missing, by login.
    ///
    /// # Errors
    /// Those of the database.
    pub fn accounts(&self, connection: ConnectionId) -> Result<Vec<AccountRow>> {
        let condition = "WHERE a.connection_id = ?1 AND a.missing_since IS NULL ORDER BY a.login, a.id";
        self.accounts_where(condition, [connection.to_string()])
    }

    /// The accounts that administer a connection's system, are not missing, and whose sign-in is not known to be
    /// disabled; by login.
    ///
    /// # Errors
    /// Those of the database.
    pub fn enabled_admins(&self, connection: ConnectionId) -> Result<Vec<AccountRow>> {
        let condition = "WHERE a.connection_id = ?1 AND a.admin = 1 AND a.missing_since IS NULL
                             AND a.sign_in <> 'disabled' ORDER BY a.login, a.id";
        self.accounts_where(condition, [connection.to_string()])
    }

    /// How many accounts of a connection are not missing.
    ///
    /// # Errors
    /// Those of the database.
    pub fn account_count(&self, connection: ConnectionId) -> Result<u64> {
        let sql = "SELECT count(*) AS n FROM account WHERE connection_id = ?1 AND missing_since IS NULL";
        self.count(READING, sql, [connection.to_string()])
    }

    /// What an account is granted, by the vendor's id.
    ///
    /// # Errors
    /// Those of the database.
    pub fn entitlements_of(&self, account: AccountId) -> Result<Vec<Held>> {
        self.all(
            READING,
            "SELECT g.entitlement, e.name, e.privileged FROM account_grant g
             JOIN account a ON a.id = g.account_id
             LEFT JOIN entitlement e ON e.connection_id = a.connection_id AND e.remote_id = g.entitlement
             WHERE g.account_id = ?1 ORDER BY g.entitlement",
            [account.to_string()],
            |row| {
                let remote_id = row.text("entitlement")?;
                let record = row.maybe("name", |row, name| {
                    let (remote_id, name) = (remote_id.clone(), row.text(name)?);
                    Ok(EntitlementRecord { remote_id, name, privileged: row.flag("privileged")? })
                })?;
                Ok(Held { remote_id, record })
            },
        )
    }

    /// Who administers a connection's system, so that nobody cuts its last admin.
    ///
    /// # Errors
    /// Those of the database.
    pub fn admins(&self, connection: ConnectionId) -> Result<Admins> {
        let connection = connection.to_string();
        let enabled = self.count(
            READING,
            "SELECT count(*) AS n FROM account
             WHERE connection_id = ?1 AND admin = 1 AND missing_since IS NULL AND sign_in <> 'disabled'",
            [&connection],
        )?;
        let unknown = self.count(
            READING,
            "SELECT EXISTS (SELECT 1 FROM account
             WHERE connection_id = ?1 AND admin IS NULL AND missing_since IS NULL) AS n",
            [&connection],
        )?;
        Ok(Admins { enabled, all_known: unknown == 0 })
    }

    fn accounts_where(&self, condition: &str, params: impl Params) -> Result<Vec<AccountRow>> {
        self.all(READING, &format!("{ACCOUNT} {condition}"), params, read_account)
    }
}

impl Tx<'_> {
    /// Notes what was read back of an account between two reads of its connection.
    ///
    /// # Errors
    /// `Missing` when there is no such account.
    pub fn update_account(&self, id: AccountId, record: &AccountRecord) -> Result<()> {
        let sql = "UPDATE account SET login = ?2, sign_in = ?3, admin = ?4, record = ?5 WHERE id = ?1";
        let params = params![id.to_string(), record.login, word(record.sign_in), record.admin, json(record)?];
        match self.exec("updating an account", sql, params)? {
            0 => Err(Error::missing("account", id)),
            _ => Ok(()),
        }
    }
}

pub(crate) fn word(sign_in: SignIn) -> &'static str {
    match sign_in {
        SignIn::Enabled => "enabled",
        SignIn::Disabled => "disabled",
        SignIn::Unknown => "unknown",
    }
}

fn read_account(row: &Row<'_>) -> Result<AccountRow> {
    Ok(AccountRow {
        id: AccountId(row.id("id")?),
        connection: ConnectionId(row.id("connection_id")?),
        record: row.json("record")?,
        first_seen_at: row.instant("first_seen_at")?,
        last_seen_at: row.instant("seen_at")?,
        missing_since: row.maybe("missing_since", Row::instant)?,
    })
}
