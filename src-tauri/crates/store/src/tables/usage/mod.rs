//! Use of what costs money, by account, key, model and hour.

mod pack;

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use lockstep_domain::activity::UsageRecord;
use lockstep_domain::ids::ConnectionId;
use rusqlite::params;

use crate::error::{Error, Result};
use crate::handle::{Reader, Row, Tx, instant};
use pack::{Day, Hour, pack, unpack};

const HOUR: i64 = 3600;
const DAY: i64 = 24 * HOUR;
/// Days of use that are kept: enough to compare two weeks with what was usual before.
const KEPT_DAYS: i64 = 100;
const READING: &str = "reading use";
const WRITING: &str = "writing use";

/// From when until when the use of a connection is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UsageSpan {
    /// From this hour on (UTC).
    pub since: DateTime<Utc>,
    /// Until the begin of this hour (UTC).
    pub until: DateTime<Utc>,
}

/// Account, key and model; empty where the vendor does not tell.
type Series = (String, String, String);

impl Reader<'_> {
    /// How much of a connection's use is known; `None` when none was ever read.
    ///
    /// # Errors
    /// Those of the database.
    pub fn usage_span(&self, connection: ConnectionId) -> Result<Option<UsageSpan>> {
        let sql = "SELECT since, until FROM usage_span WHERE connection_id = ?1";
        self.one(READING, sql, [connection.to_string()], |row| {
            Ok(UsageSpan { since: row.instant("since")?, until: row.instant("until")? })
        })
    }

    /// The use by an account, or with one of these keys, from `from` (included) until `until` (not included), both
    /// UTC, by key, model and hour.
    ///
    /// # Errors
    /// Those of the database.
    pub fn usage_of(
        &self,
        connection: ConnectionId,
        account: &str,
        credentials: &[String],
        from: DateTime<Utc>,
        until: DateTime<Utc>,
    ) -> Result<Vec<UsageRecord>> {
        let mut found = BTreeMap::new();
        let (first, last) = (day_of(from), day_of(until));
        let columns = "SELECT s.account, s.credential, s.model, d.day, d.hours FROM usage_series s
             JOIN usage_day d ON d.series = s.id AND d.day BETWEEN ?3 AND ?4 WHERE s.connection_id = ?1";
        let mut take = |row: &Row<'_>| -> Result<()> {
            found.insert((series(row)?, row.number::<i64>("day")?), unpack(row.bytes("hours")?)?);
            Ok(())
        };
        let connection = connection.to_string();
        if !account.is_empty() {
            let sql = format!("{columns} AND s.account = ?2");
            self.each(READING, &sql, params![connection, account, first, last], &mut take)?;
        }
        let sql = format!("{columns} AND s.credential = ?2");
        for credential in credentials.iter().filter(|c| !c.is_empty()) {
            self.each(READING, &sql, params![connection, credential, first, last], &mut take)?;
        }
        let mut records = Vec::new();
        for ((series, day), hours) in &found {
            for (number, hour) in (0..).zip(hours).filter(|(_, hour)| !hour.is_empty()) {
                let at = DateTime::from_timestamp(day * DAY + number * HOUR, 0)
                    .ok_or_else(|| Error::malformed("a day of use is out of all time".to_owned()))?;
                if from <= at && at < until {
                    records.push(record(series, at, hour));
                }
            }
        }
        Ok(records)
    }
}

impl Tx<'_> {
    /// Replaces a connection's use from `from` (included) until `until` (not included), both UTC and on the hour.
    /// What was read again is not added twice.
    ///
    /// # Errors
    /// Those of the database.
    pub fn put_usage(
        &self,
        connection: ConnectionId,
        from: DateTime<Utc>,
        until: DateTime<Utc>,
        records: &[UsageRecord],
    ) -> Result<()> {
        let mut days = self.outside(connection, from, until)?;
        for record in records.iter().filter(|r| from <= r.hour && r.hour < until) {
            let day = days.entry((series_of(record), day_of(record.hour))).or_default();
            if let Some(hour) = day.get_mut(hour_of(record.hour)) {
                hour.requests = hour.requests.saturating_add(record.requests);
                hour.input_tokens = hour.input_tokens.saturating_add(record.input_tokens);
                hour.output_tokens = hour.output_tokens.saturating_add(record.output_tokens);
            }
        }
        self.exec(
            WRITING,
            "DELETE FROM usage_day WHERE (day BETWEEN ?2 AND ?3 OR day < ?4)
             AND series IN (SELECT id FROM usage_series WHERE connection_id = ?1)",
            params![connection.to_string(), day_of(from), last_day(until), day_of(until) - KEPT_DAYS],
        )?;
        for ((series, day), hours) in &days {
            let bytes = pack(hours);
            if !bytes.is_empty() {
                let id = self.series_id(connection, series)?;
                let sql = "INSERT INTO usage_day (series, day, hours) VALUES (?1, ?2, ?3)";
                self.exec(WRITING, sql, params![id, day, bytes])?;
            }
        }
        self.note_span(connection, from, until)
    }

    /// The days that the span touches, without the hours within it.
    fn outside(
        &self,
        connection: ConnectionId,
        from: DateTime<Utc>,
        until: DateTime<Utc>,
    ) -> Result<BTreeMap<(Series, i64), Day>> {
        let mut days = BTreeMap::new();
        let within = from.timestamp()..until.timestamp();
        self.each(
            READING,
            "SELECT s.account, s.credential, s.model, d.day, d.hours FROM usage_series s
             JOIN usage_day d ON d.series = s.id AND d.day BETWEEN ?2 AND ?3 WHERE s.connection_id = ?1",
            params![connection.to_string(), day_of(from), last_day(until)],
            |row| {
                let (day, mut hours) = (row.number::<i64>("day")?, unpack(row.bytes("hours")?)?);
                let replaced =
                    (0..).zip(&mut hours).filter(|(n, _)| within.contains(&(day * DAY + n * HOUR)));
                replaced.for_each(|(_, hour)| *hour = Hour::default());
                days.insert((series(row)?, day), hours);
                Ok(())
            },
        )?;
        Ok(days)
    }

    fn series_id(&self, connection: ConnectionId, (account, credential, model): &Series) -> Result<i64> {
        let (org, connection) = (self.org_id()?.to_string(), connection.to_string());
        self.exec(
            WRITING,
            "INSERT INTO usage_series (org_id, connection_id, account, credential, model)
             VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT DO NOTHING",
            params![org, connection, account, credential, model],
        )?;
        let found = self.one(
            READING,
            "SELECT id FROM usage_series
             WHERE connection_id = ?1 AND account = ?2 AND credential = ?3 AND model = ?4",
            params![connection, account, credential, model],
            |row| row.number("id"),
        )?;
        found.ok_or_else(|| Error::malformed("a series of use was written and is not there".to_owned()))
    }

    fn note_span(&self, connection: ConnectionId, from: DateTime<Utc>, until: DateTime<Utc>) -> Result<()> {
        let org = self.org_id()?.to_string();
        let span = match self.usage_span(connection)? {
            // Between two spans that do not touch something would be missing.
            Some(known) if from <= known.until => (known.since.min(from), known.until.max(until)),
            _ => (from, until),
        };
        self.exec(
            WRITING,
            "INSERT INTO usage_span (connection_id, org_id, since, until) VALUES (?1, ?2, ?3, ?4)
             ON CONFLICT (connection_id) DO UPDATE SET since = excluded.since, until = excluded.until",
            params![connection.to_string(), org, instant(span.0), instant(span.1)],
        )?;
        Ok(())
    }
}

fn day_of(at: DateTime<Utc>) -> i64 {
    at.timestamp().div_euclid(DAY)
}

/// The last day that a span with this end touches.
fn last_day(until: DateTime<Utc>) -> i64 {
    (until.timestamp() - 1).div_euclid(DAY)
}

fn hour_of(at: DateTime<Utc>) -> usize {
    usize::try_from(at.timestamp().rem_euclid(DAY) / HOUR).unwrap_or_default()
}

fn series_of(record: &UsageRecord) -> Series {
    let text = |t: &Option<String>| t.clone().unwrap_or_default();
    (text(&record.account_remote_id), text(&record.credential_remote_id), text(&record.model))
}

fn series(row: &Row<'_>) -> Result<Series> {
    Ok((row.text("account")?, row.text("credential")?, row.text("model")?))
}

fn record((account, credential, model): &Series, hour: DateTime<Utc>, used: &Hour) -> UsageRecord {
    let told = |text: &String| Some(text.clone()).filter(|t| !t.is_empty());
    UsageRecord {
        hour,
        account_remote_id: told(account),
        credential_remote_id: told(credential),
        model: told(model),
        requests: used.requests,
        input_tokens: used.input_tokens,
        output_tokens: used.output_tokens,
    }
}
