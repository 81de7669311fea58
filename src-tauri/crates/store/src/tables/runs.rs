//! The index of runs: what the ledger says, found quickly. Written in the transaction of the entry.

use chrono::{DateTime, Utc};
use lockstep_domain::ids::{EmploymentId, PersonId, RunId};
use lockstep_domain::ledger::Entry;
use rusqlite::{Params, params};

use crate::error::{Error, Result};
use crate::handle::{Reader, Row, Tx, instant};
use crate::tables::ledger::integer;

/// A run that shall be opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewRun {
    /// Its id.
    pub id: RunId,
    /// Whose life event.
    pub person: PersonId,
    /// Of which stint.
    pub employment: EmploymentId,
    /// Which start of that event.
    pub generation: u32,
    /// The life event ("leaver").
    pub event: String,
    /// Whether this start counts toward the mass breaker.
    pub counts: bool,
}

/// A run of the index.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunRow {
    /// What was opened.
    pub run: NewRun,
    /// When (UTC).
    pub opened_at: DateTime<Utc>,
    /// The ledger entry that opened it.
    pub opened_seq: u64,
    /// Whether anything is left to do.
    pub is_open: bool,
    /// The ledger entry that sealed it.
    pub sealed_seq: Option<u64>,
}

const READING: &str = "reading runs";

impl Reader<'_> {
    /// One run.
    ///
    /// # Errors
    /// Those of the database.
    pub fn run(&self, id: RunId) -> Result<Option<RunRow>> {
        self.one(READING, "SELECT * FROM run WHERE id = ?1", [id.to_string()], read_run)
    }

    /// Every run, newest first.
    ///
    /// # Errors
    /// Those of the database.
    pub fn runs(&self) -> Result<Vec<RunRow>> {
        self.runs_where("ORDER BY opened_seq DESC", [])
    }

    /// The open runs, oldest first.
    ///
    /// # Errors
    /// Those of the database.
    pub fn open_runs(&self) -> Result<Vec<RunRow>> {
        self.runs_where("WHERE is_open = 1 ORDER BY opened_seq", [])
    }

    /// A person's runs, newest first.
    ///
    /// # Errors
    /// Those of the database.
    pub fn runs_of(&self, person: PersonId) -> Result<Vec<RunRow>> {
        self.runs_where("WHERE person_id = ?1 ORDER BY opened_seq DESC", [person.to_string()])
    }

    /// A stint's runs for a life event, newest generation first.
    ///
    /// # Errors
    /// Those of the database.
    pub fn runs_of_employment(&self, employment: EmploymentId, event: &str) -> Result<Vec<RunRow>> {
        self.runs_where(
            "WHERE employment_id = ?1 AND event = ?2 ORDER BY generation DESC",
            params![employment.to_string(), event],
        )
    }

    /// How many runs that count toward the mass breaker were opened since `since` (UTC), that instant included.
    ///
    /// # Errors
    /// Those of the database.
    pub fn counting_runs_since(&self, since: DateTime<Utc>) -> Result<u64> {
        self.count(
            READING,
            "SELECT count(*) AS n FROM run WHERE counts = 1 AND opened_at >= ?1",
            [instant(since)],
        )
    }

    fn runs_where(&self, condition: &str, params: impl Params) -> Result<Vec<RunRow>> {
        self.all(READING, &format!("SELECT * FROM run {condition}"), params, read_run)
    }
}

impl Tx<'_> {
    /// Puts a run into the index, by the entry that opened it. One run per stint, generation and event.
    ///
    /// # Errors
    /// `Conflict` when that event has its run already; look with [`Reader::runs_of_employment`].
    pub fn open_run(&self, run: &NewRun, opened: &Entry) -> Result<()> {
        self.exec(
            "opening a run",
            "INSERT INTO run (id, org_id, person_id, employment_id, generation, event, counts, opened_at,
                 opened_seq, is_open) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, 1)",
            params![
                run.id.to_string(),
                self.org_id()?.to_string(),
                run.person.to_string(),
                run.employment.to_string(),
                run.generation,
                run.event,
                run.counts,
                instant(opened.at),
                integer(opened.seq)
            ],
        )?;
        Ok(())
    }

    /// Notes the entry that sealed a run's record.
    ///
    /// # Errors
    /// `Missing` when there is no such run.
    pub fn seal_run(&self, id: RunId, sealed: &Entry) -> Result<()> {
        self.change_run(id, "UPDATE run SET sealed_seq = ?2 WHERE id = ?1", integer(sealed.seq))
    }

    /// Notes whether anything is left to do in a run.
    ///
    /// # Errors
    /// `Missing` when there is no such run.
    pub fn set_run_open(&self, id: RunId, is_open: bool) -> Result<()> {
        self.change_run(id, "UPDATE run SET is_open = ?2 WHERE id = ?1", is_open)
    }

    fn change_run(&self, id: RunId, sql: &str, value: impl rusqlite::ToSql) -> Result<()> {
        match self.exec("changing the index of runs", sql, params![id.to_string(), value])? {
            0 => Err(Error::missing("run", id)),
            _ => Ok(()),
        }
    }
}

fn read_run(row: &Row<'_>) -> Result<RunRow> {
    Ok(RunRow {
        run: NewRun {
            id: RunId(row.id("id")?),
            person: PersonId(row.id("person_id")?),
            employment: EmploymentId(row.id("employment_id")?),
            generation: row.number("generation")?,
            event: row.text("event")?,
            counts: row.flag("counts")?,
        },
        opened_at: row.instant("opened_at")?,
        opened_seq: row.number("opened_seq")?,
        is_open: row.flag("is_open")?,
        sealed_seq: row.maybe("sealed_seq", Row::number)?,
    })
}
