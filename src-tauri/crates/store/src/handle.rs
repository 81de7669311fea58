//! What work on the database gets in its hands: a reader, or a transaction. No SQL leaves this crate.

use std::cell::OnceCell;
use std::ops::Deref;
use std::sync::Arc;

use chrono::{DateTime, NaiveDate, SecondsFormat, Utc};
use lockstep_domain::digest::Digest;
use lockstep_domain::ids::OrgId;
use rusqlite::types::ValueRef;
use rusqlite::{Connection, Params};
use serde::Serialize;
use serde::de::DeserializeOwned;
use uuid::Uuid;

use crate::error::{Error, Kind, Result};
use crate::store::Shared;

/// One consistent state of the database.
pub struct Reader<'a> {
    conn: &'a Connection,
    pub(crate) shared: &'a Arc<Shared>,
    org: OnceCell<OrgId>,
}

/// One transaction: everything that a [`Reader`] can, and changes.
pub struct Tx<'a>(Reader<'a>);

impl<'a> Deref for Tx<'a> {
    type Target = Reader<'a>;

    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

impl<'a> Tx<'a> {
    pub(crate) fn new(conn: &'a Connection, shared: &'a Arc<Shared>) -> Self {
        Self(Reader::new(conn, shared))
    }

    /// Runs one statement and returns how many rows it changed.
    pub(crate) fn exec(&self, doing: &str, sql: &str, params: impl Params) -> Result<usize> {
        let mut statement = self.prepare(doing, sql)?;
        statement.execute(params).map_err(|e| Error::sql(doing, e))
    }
}

impl<'a> Reader<'a> {
    pub(crate) fn new(conn: &'a Connection, shared: &'a Arc<Shared>) -> Self {
        Self { conn, shared, org: OnceCell::new() }
    }

    /// The organisation that this home belongs to.
    ///
    /// # Errors
    /// `Missing` before the home was set up.
    pub fn org_id(&self) -> Result<OrgId> {
        if let Some(org) = self.org.get().or_else(|| self.shared.org.get()) {
            return Ok(*org);
        }
        let org = self.org()?.ok_or_else(|| {
            Error::new(Kind::Missing, "this home has not been set up", "Run `lockstep init` first.")
        })?;
        Ok(*self.org.get_or_init(|| org.id))
    }

    /// The organisation, where this work asked for it.
    pub(crate) fn known_org(&self) -> Option<OrgId> {
        self.org.get().copied()
    }

    pub(crate) fn prepare(&self, doing: &str, sql: &str) -> Result<rusqlite::CachedStatement<'_>> {
        self.conn.prepare_cached(sql).map_err(|e| Error::sql(doing, e))
    }

    /// Every row of a query.
    pub(crate) fn all<T>(
        &self,
        doing: &str,
        sql: &str,
        params: impl Params,
        mut map: impl FnMut(&Row<'_>) -> Result<T>,
    ) -> Result<Vec<T>> {
        let mut found = Vec::new();
        self.each(doing, sql, params, |row| {
            found.push(map(row)?);
            Ok(())
        })?;
        Ok(found)
    }

    /// The first row of a query, if there is one.
    pub(crate) fn one<T>(
        &self,
        doing: &str,
        sql: &str,
        params: impl Params,
        map: impl FnOnce(&Row<'_>) -> Result<T>,
    ) -> Result<Option<T>> {
        let mut statement = self.prepare(doing, sql)?;
        let mut rows = statement.query(params).map_err(|e| Error::sql(doing, e))?;
        rows.next().map_err(|e| Error::sql(doing, e))?.map(|row| map(&Row(row))).transpose()
    }

    /// The number that a query counts.
    pub(crate) fn count(&self, doing: &str, sql: &str, params: impl Params) -> Result<u64> {
        self.one(doing, sql, params, |row| row.number("n")).map(Option::unwrap_or_default)
    }

    /// Walks over the rows of a query.
    pub(crate) fn each(
        &self,
        doing: &str,
        sql: &str,
        params: impl Params,
        mut visit: impl FnMut(&Row<'_>) -> Result<()>,
    ) -> Result<()> {
        let mut statement = self.prepare(doing, sql)?;
        let mut rows = statement.query(params).map_err(|e| Error::sql(doing, e))?;
        while let Some(row) = rows.next().map_err(|e| Error::sql(doing, e))? {
            visit(&Row(row))?;
        }
        Ok(())
    }
}

/// A row whose columns are read by name; what is not of our form is an error that names the column.
pub(crate) struct Row<'a>(pub(crate) &'a rusqlite::Row<'a>);

impl Row<'_> {
    fn value(&self, column: &str) -> Result<ValueRef<'_>> {
        self.0.get_ref(column).map_err(|e| Error::sql("reading a row", e))
    }

    pub(crate) fn str(&self, column: &str) -> Result<&str> {
        self.value(column)?.as_str().map_err(|_| bad(column))
    }

    pub(crate) fn text(&self, column: &str) -> Result<String> {
        self.str(column).map(str::to_owned)
    }

    pub(crate) fn bytes(&self, column: &str) -> Result<&[u8]> {
        self.value(column)?.as_blob().map_err(|_| bad(column))
    }

    pub(crate) fn number<N: TryFrom<i64>>(&self, column: &str) -> Result<N> {
        self.value(column)?.as_i64().ok().and_then(|n| n.try_into().ok()).ok_or_else(|| bad(column))
    }

    pub(crate) fn flag(&self, column: &str) -> Result<bool> {
        Ok(self.number::<i64>(column)? != 0)
    }

    pub(crate) fn id(&self, column: &str) -> Result<Uuid> {
        Uuid::parse_str(self.str(column)?).map_err(|_| bad(column))
    }

    /// A word of one of the domain's lists, or a date.
    pub(crate) fn parsed<T: std::str::FromStr>(&self, column: &str) -> Result<T> {
        self.str(column)?.parse().map_err(|_| bad(column))
    }

    pub(crate) fn instant(&self, column: &str) -> Result<DateTime<Utc>> {
        self.parsed(column)
    }

    pub(crate) fn json<T: DeserializeOwned>(&self, column: &str) -> Result<T> {
        serde_json::from_str(self.str(column)?).map_err(|e| bad(column).caused_by(e))
    }

    pub(crate) fn digest(&self, column: &str) -> Result<Digest> {
        self.bytes(column)?.try_into().map(Digest).map_err(|_| bad(column))
    }

    /// `None` where the column is empty, otherwise what `read` makes of it.
    pub(crate) fn maybe<T>(
        &self,
        column: &str,
        read: impl FnOnce(&Self, &str) -> Result<T>,
    ) -> Result<Option<T>> {
        if self.value(column)? == ValueRef::Null { Ok(None) } else { read(self, column).map(Some) }
    }
}

fn bad(column: &str) -> Error {
    Error::malformed(format!("a row's {column} is not of the expected form"))
}

/// How an instant is stored (UTC, microseconds), so that text order is time order.
pub(crate) fn instant(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Micros, true)
}

pub(crate) fn date(date: NaiveDate) -> String {
    date.format("%Y-%m-%d").to_string()
}

pub(crate) fn json<T: Serialize + ?Sized>(value: &T) -> Result<String> {
    serde_json::to_string(value).map_err(|e| Error::malformed("a value has no JSON form").caused_by(e))
}
