//! People and their stints, as the last complete reads show them.

use chrono::{DateTime, NaiveDate, Utc};
use lockstep_domain::ids::{ConnectionId, EmploymentId, PersonId, ReadId};
use lockstep_domain::people::{SourceStatus, WorkerRecord};
use rusqlite::{Params, params};
use serde::{Deserialize, Serialize};

use crate::error::Result;
use crate::handle::{Reader, Row, date};

/// A person, with the names of their newest stint. Every text is verbatim and hostile.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PersonRow {
    /// Our id.
    pub id: PersonId,
    /// The source that lists them.
    pub connection: ConnectionId,
    /// The source's id of the person.
    pub remote_id: String,
    /// Given name.
    pub first_name: String,
    /// Family name.
    pub last_name: String,
    /// The name the person goes by.
    pub display_name: String,
    /// Work e-mail as written.
    pub work_email: Option<String>,
    /// The number on the badge.
    pub employee_number: Option<String>,
}

/// One stint of employment: the record of the last complete read, and what earlier complete reads showed.
///
/// A read that was broken off or is incomplete changes nothing here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EmploymentRow {
    /// Our id.
    pub id: EmploymentId,
    /// Whose stint.
    pub person: PersonId,
    /// The source.
    pub connection: ConnectionId,
    /// What the source says.
    pub record: WorkerRecord,
    /// Whether the first complete read of its source brought it.
    pub baseline: bool,
    /// The end of the read that first brought it (UTC).
    pub first_seen_at: DateTime<Utc>,
    /// The end of the last complete read that had it (UTC).
    pub last_seen_at: DateTime<Utc>,
    /// The end of the first complete read that no longer had it (UTC). Absence never means terminated.
    pub missing_since: Option<DateTime<Utc>>,
    /// Whether any complete read showed it pending, active, on leave or suspended.
    pub seen_not_terminated: bool,
    /// The end of the read that first showed it terminated (UTC); empty again when a later one took that back.
    pub first_terminated_at: Option<DateTime<Utc>>,
    /// The read that first gave the present ends, of everybody or of changes only. While the stint is not missing,
    /// every complete read since gave the same: two agree once a complete read began after [`Self::ends_since`].
    pub ends_read: ReadId,
    /// The end of that read (UTC).
    pub ends_since: DateTime<Utc>,
    /// What the complete read before that one gave; `None` when that one was the first to have the stint.
    pub ends_before: Option<Ends>,
}

/// What a record says about the end of a stint.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ends {
    /// What HR said.
    pub source_status: SourceStatus,
    /// Last calendar day of employment, inclusive.
    pub termination_date: Option<NaiveDate>,
    /// Last day worked, inclusive.
    pub last_day_worked: Option<NaiveDate>,
    /// The exact instant of the end (UTC).
    pub termination_at: Option<DateTime<Utc>>,
}

impl Ends {
    /// What this record says.
    pub fn of(record: &WorkerRecord) -> Self {
        Self {
            source_status: record.source_status,
            termination_date: record.termination_date,
            last_day_worked: record.last_day_worked,
            termination_at: record.termination_at,
        }
    }

    /// The earliest day mentioned, for finding whoever may end soon; an instant counts with its UTC day less one,
    /// whatever the zone. Never a basis for acting.
    pub(crate) fn earliest(&self) -> Option<NaiveDate> {
        let at = self.termination_at.and_then(|at| at.date_naive().pred_opt());
        [self.termination_date, self.last_day_worked, at].into_iter().flatten().min()
    }
}

const READING: &str = "reading people";
/// A stint that is not missing was last seen in its source's last complete read.
const STINT: &str = "SELECT e.*, CASE WHEN e.missing_since IS NULL THEN
        (SELECT max(r.ended_at) FROM read r WHERE r.connection_id = e.connection_id AND r.kind = 'workers' AND r.complete = 1)
    ELSE e.last_seen_at END AS seen_at FROM employment e";

impl Reader<'_> {
    /// One person.
    ///
    /// # Errors
    /// Those of the database.
    pub fn person(&self, id: PersonId) -> Result<Option<PersonRow>> {
        self.one(READING, "SELECT * FROM person WHERE id = ?1", [id.to_string()], read_person)
    }

    /// The person that a source lists under that id.
    ///
    /// # Errors
    /// Those of the database.
    pub fn person_by_remote_id(
        &self,
        connection: ConnectionId,
        remote_id: &str,
    ) -> Result<Option<PersonRow>> {
        let sql = "SELECT * FROM person WHERE connection_id = ?1 AND remote_id = ?2";
        self.one(READING, sql, params![connection.to_string(), remote_id], read_person)
    }

    /// Everybody, by name.
    ///
    /// # Errors
    /// Those of the database.
    pub fn people(&self) -> Result<Vec<PersonRow>> {
        self.people_where("ORDER BY name_key, id", [])
    }

    /// Whoever has exactly this id, work e-mail, employee number or display name; e-mail and name without regard
    /// to case. More than one means that the operator has to choose.
    ///
    /// # Errors
    /// Those of the database.
    pub fn find_people(&self, text: &str) -> Result<Vec<PersonRow>> {
        self.people_where(
            "WHERE id = ?1 OR email_key = ?1 OR employee_number = ?2 OR name_key = ?1 ORDER BY name_key, id",
            params![key(text), text.trim()],
        )
    }

    /// At most `limit` people whose name, e-mail or number contains the text, without regard to case, by name.
    ///
    /// # Errors
    /// Those of the database.
    pub fn search_people(&self, text: &str, limit: u32) -> Result<Vec<PersonRow>> {
        self.people_where(
            "WHERE instr(search, ?1) > 0 ORDER BY name_key, id LIMIT ?2",
            params![searchable(text), limit],
        )
    }

    /// One stint.
    ///
    /// # Errors
    /// Those of the database.
    pub fn stint(&self, id: EmploymentId) -> Result<Option<EmploymentRow>> {
        Ok(self.stints_where("WHERE e.id = ?1", [id.to_string()])?.pop())
    }

    /// A person's stints, newest first.
    ///
    /// # Errors
    /// Those of the database.
    pub fn stints_of(&self, person: PersonId) -> Result<Vec<EmploymentRow>> {
        let mut stints = self.stints_where("WHERE e.person_id = ?1", [person.to_string()])?;
        stints.sort_by_key(|stint| std::cmp::Reverse((stint.record.start_date, stint.id)));
        Ok(stints)
    }

    /// The stints that mention an end on `from` or later, those that got an earlier one since then (HR is often
    /// late), and those that are terminated without any date.
    ///
    /// # Errors
    /// Those of the database.
    pub fn stints_ending(&self, from: NaiveDate) -> Result<Vec<EmploymentRow>> {
        let dated = "WHERE e.ends_on >= ?1 OR (e.ends_on IS NOT NULL AND e.ends_since >= ?1
                 AND (e.baseline = 0 OR e.ends_before IS NOT NULL)) ORDER BY e.ends_on, e.id";
        let mut stints = self.stints_where(dated, [date(from)])?;
        let undated = "WHERE e.source_status = 'terminated' AND e.ends_on IS NULL ORDER BY e.id";
        stints.extend(self.stints_where(undated, [])?);
        Ok(stints)
    }

    /// The stints of first reads that are terminated or mention an end before `today`, of people who hold an account
    /// (by a link that is not rejected) whose sign-in is not known to be disabled: candidates of the Backlog.
    ///
    /// # Errors
    /// Those of the database.
    pub fn backlog_stints(&self, today: NaiveDate) -> Result<Vec<EmploymentRow>> {
        self.stints_where(
            "WHERE e.baseline = 1 AND (e.source_status = 'terminated' OR e.ends_on < ?1) AND EXISTS (
                 SELECT 1 FROM link k JOIN account a ON a.id = k.account_id
                 WHERE k.person_id = e.person_id AND k.state <> 'rejected'
                     AND a.missing_since IS NULL AND a.sign_in <> 'disabled') ORDER BY e.id",
            [date(today)],
        )
    }

    /// The head-count: people whom the last complete read of each source shows as active, on leave or suspended.
    ///
    /// # Errors
    /// Those of the database.
    pub fn employed_people(&self) -> Result<u64> {
        self.count(
            READING,
            "SELECT coalesce(sum(r.employed), 0) AS n FROM connection c JOIN read r ON r.id =
                 (SELECT l.id FROM read l WHERE l.connection_id = c.id AND l.kind = 'workers' AND l.complete = 1
                  ORDER BY l.ended_at DESC LIMIT 1)
             WHERE c.removed_at IS NULL",
            [],
        )
    }

    fn people_where(&self, condition: &str, params: impl Params) -> Result<Vec<PersonRow>> {
        self.all(READING, &format!("SELECT * FROM person {condition}"), params, read_person)
    }

    fn stints_where(&self, condition: &str, params: impl Params) -> Result<Vec<EmploymentRow>> {
        self.all(READING, &format!("{STINT} {condition}"), params, read_stint)
    }
}

/// How names and addresses are compared.
pub(crate) fn key(text: &str) -> String {
    text.trim().to_lowercase()
}

/// How a text is searched for: without line breaks, which stand between the texts that are looked into.
pub(crate) fn searchable(text: &str) -> String {
    key(text).replace('\n', " ")
}

fn read_person(row: &Row<'_>) -> Result<PersonRow> {
    Ok(PersonRow {
        id: PersonId(row.id("id")?),
        connection: ConnectionId(row.id("connection_id")?),
        remote_id: row.text("remote_id")?,
        first_name: row.text("first_name")?,
        last_name: row.text("last_name")?,
        display_name: row.text("display_name")?,
        work_email: row.maybe("work_email", Row::text)?,
        employee_number: row.maybe("employee_number", Row::text)?,
    })
}

fn read_stint(row: &Row<'_>) -> Result<EmploymentRow> {
    Ok(EmploymentRow {
        id: EmploymentId(row.id("id")?),
        person: PersonId(row.id("person_id")?),
        connection: ConnectionId(row.id("connection_id")?),
        record: row.json("record")?,
        baseline: row.flag("baseline")?,
        first_seen_at: row.instant("first_seen_at")?,
        last_seen_at: row.instant("seen_at")?,
        missing_since: row.maybe("missing_since", Row::instant)?,
        seen_not_terminated: row.flag("seen_not_terminated")?,
        first_terminated_at: row.maybe("first_terminated_at", Row::instant)?,
        ends_read: ReadId(row.id("ends_read")?),
        ends_since: row.instant("ends_since")?,
        ends_before: row.maybe("ends_before", Row::json)?,
    })
}
