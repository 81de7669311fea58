//! Flipping a complete read: in one transaction it becomes the present state of its source.
//!
//! Only what changed is written. History that guards need is kept with each stint (see [`EmploymentRow`]).

use chrono::{DateTime, Utc};
use lockstep_domain::access::AccountRecord;
use lockstep_domain::ids::{ConnectionId, ReadId};
use lockstep_domain::people::{SourceStatus, WorkerRecord};
use rusqlite::params;
use uuid::Uuid;

use crate::error::{Error, Kind, Result};
use crate::handle::{Row, Tx, date, instant, json};
use crate::random::Ids;
use crate::tables::accounts::word;
use crate::tables::ledger::integer;
use crate::tables::people::{Ends, key, searchable};
use crate::tables::reads::{ReadEnd, ReadKind};

#[cfg(doc)]
use crate::EmploymentRow;

/// What a flip changed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Flipped {
    /// Whether this was the first complete read of its source.
    pub baseline: bool,
    /// Stints or accounts that are new.
    pub added: u64,
    /// Those whose record changed, or that came back.
    pub changed: u64,
    /// Those that the source no longer lists.
    pub missing: u64,
    /// Grants to accounts that the read did not list; they are not kept.
    pub stray_grants: u64,
}

const FLIPPING: &str = "taking over what was read";

/// What one flip works with.
struct Flip {
    read: ReadId,
    connection: ConnectionId,
    kind: ReadKind,
    /// The read's end, as it is stored.
    at: String,
    org: String,
    ids: Ids,
    done: Flipped,
}

impl Tx<'_> {
    /// Makes a complete read of workers the present state of its source.
    ///
    /// Whoever is no longer listed is marked as missing, never as terminated.
    ///
    /// # Errors
    /// `Missing` when the read is not going on; `Malformed`.
    pub fn flip_workers(&self, read: ReadId, end: &ReadEnd) -> Result<Flipped> {
        let mut flip = self.begin_flip(read, ReadKind::Workers, end.at)?;
        self.take_over_workers(&mut flip)?;
        flip.done.missing = self.mark_missing(&flip, "employment", "staged_worker")?;
        let employed = self.count(
            FLIPPING,
            "SELECT count(DISTINCT person_id) AS n FROM employment WHERE connection_id = ?1
                 AND missing_since IS NULL AND source_status IN ('active', 'on_leave', 'suspended')",
            [flip.connection.to_string()],
        )?;
        self.end_flip(flip, end, employed)
    }

    /// Takes over the stints of a few people whom the source says changed; nobody else is concerned by it, and who is
    /// not listed is not missing.
    ///
    /// # Errors
    /// `Missing` when the read is not going on; `Conflict` before the first complete read of the source.
    pub fn flip_changes(&self, read: ReadId, end: &ReadEnd) -> Result<Flipped> {
        let mut flip = self.begin_flip(read, ReadKind::Workers, end.at)?;
        if flip.done.baseline {
            return Err(Error::new(
                Kind::Conflict,
                "changes of a source came before its first complete read",
                "Sync again; everybody is read first.",
            ));
        }
        self.take_over_workers(&mut flip)?;
        self.unstage(read)?;
        self.end_read(read, end, "changes_only = ?6", true)?;
        Ok(flip.done)
    }

    /// Writes every staged stint that is new, came back or differs.
    fn take_over_workers(&self, flip: &mut Flip) -> Result<()> {
        self.each(
            FLIPPING,
            "SELECT s.record AS fresh, e.id, e.person_id, e.record, e.first_terminated_at FROM staged_worker s
             LEFT JOIN employment e ON e.connection_id = ?2 AND e.remote_id = s.remote_id
             WHERE s.read_id = ?1 AND (e.id IS NULL OR e.missing_since IS NOT NULL OR e.record <> s.record)",
            params![flip.read.to_string(), flip.connection.to_string()],
            |row| {
                let fresh: WorkerRecord = row.json("fresh")?;
                match row.maybe("id", Row::id)? {
                    None => self.add_stint(flip, &fresh, row.str("fresh")?),
                    Some(id) => self.change_stint(flip, id, &fresh, row),
                }
            },
        )
    }

    /// Makes a complete read of accounts, entitlements and grants the present state of its connection.
    ///
    /// # Errors
    /// `Missing` when the read is not going on; `Malformed`.
    pub fn flip_accounts(&self, read: ReadId, end: &ReadEnd) -> Result<Flipped> {
        let mut flip = self.begin_flip(read, ReadKind::Accounts, end.at)?;
        let (id, connection) = (read.to_string(), flip.connection.to_string());
        self.each(
            FLIPPING,
            "SELECT s.record AS fresh, a.id FROM staged_account s
             LEFT JOIN account a ON a.connection_id = ?2 AND a.remote_id = s.remote_id
             WHERE s.read_id = ?1 AND (a.id IS NULL OR a.missing_since IS NOT NULL OR a.record <> s.record)",
            params![id, connection],
            |row| {
                let fresh: AccountRecord = row.json("fresh")?;
                let known = row.maybe("id", Row::id)?;
                self.put_account(&mut flip, known, &fresh, row.str("fresh")?)
            },
        )?;
        flip.done.missing = self.mark_missing(&flip, "account", "staged_account")?;
        self.exec(FLIPPING, "DELETE FROM entitlement WHERE connection_id = ?1", [&connection])?;
        self.exec(
            FLIPPING,
            "INSERT INTO entitlement (connection_id, org_id, remote_id, name, privileged)
             SELECT ?2, org_id, remote_id, name, privileged FROM staged_entitlement WHERE read_id = ?1",
            params![id, connection],
        )?;
        self.exec(
            FLIPPING,
            "DELETE FROM account_grant WHERE account_id IN (SELECT id FROM account WHERE connection_id = ?1)",
            [&connection],
        )?;
        let kept = self.exec(
            FLIPPING,
            "INSERT INTO account_grant (account_id, org_id, entitlement)
             SELECT a.id, g.org_id, g.entitlement FROM staged_grant g
             JOIN account a ON a.connection_id = ?2 AND a.remote_id = g.account AND a.missing_since IS NULL
             WHERE g.read_id = ?1",
            params![id, connection],
        )?;
        let listed =
            self.count(FLIPPING, "SELECT count(*) AS n FROM staged_grant WHERE read_id = ?1", [&id])?;
        flip.done.stray_grants = listed - kept as u64;
        self.end_flip(flip, end, 0)
    }

    fn begin_flip(&self, read: ReadId, kind: ReadKind, at: DateTime<Utc>) -> Result<Flip> {
        let connection = self.read_in_progress(read, kind)?.connection;
        let baseline = self.complete_reads(connection, kind, 1)?.is_empty();
        Ok(Flip {
            read,
            connection,
            kind,
            at: instant(at),
            org: self.org_id()?.to_string(),
            ids: Ids::new(at)?,
            done: Flipped { baseline, ..Flipped::default() },
        })
    }

    fn end_flip(&self, flip: Flip, end: &ReadEnd, employed: u64) -> Result<Flipped> {
        self.unstage(flip.read)?;
        let outcome = if flip.done.baseline {
            "complete = 1, baseline = 1, employed = ?6"
        } else {
            "complete = 1, employed = ?6"
        };
        self.end_read(flip.read, end, outcome, integer(employed))?;
        Ok(flip.done)
    }

    fn add_stint(&self, flip: &mut Flip, fresh: &WorkerRecord, record: &str) -> Result<()> {
        flip.done.added += 1;
        let known = self.one(
            FLIPPING,
            "SELECT id FROM person WHERE connection_id = ?1 AND remote_id = ?2",
            params![flip.connection.to_string(), fresh.remote_person_id],
            |row| row.id("id"),
        )?;
        let person = match known {
            Some(person) => {
                self.name_person(person, fresh)?;
                person
            }
            None => self.add_person(flip, fresh)?,
        };
        let ends = Ends::of(fresh);
        self.exec(
            FLIPPING,
            "INSERT INTO employment (id, org_id, person_id, connection_id, remote_id, record, source_status, ends_on,
                 baseline, first_seen_at, seen_not_terminated, first_terminated_at, ends_read, ends_since)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?10)",
            params![
                flip.ids.next_id().to_string(),
                flip.org,
                person.to_string(),
                flip.connection.to_string(),
                fresh.remote_employment_id,
                record,
                fresh.source_status.as_str(),
                ends.earliest().map(date),
                flip.done.baseline,
                flip.at,
                is_employed(fresh.source_status),
                (fresh.source_status == SourceStatus::Terminated).then_some(&flip.at),
                flip.read.to_string(),
            ],
        )?;
        Ok(())
    }

    fn change_stint(&self, flip: &mut Flip, id: Uuid, fresh: &WorkerRecord, row: &Row<'_>) -> Result<()> {
        flip.done.changed += 1;
        let known: WorkerRecord = row.json("record")?;
        let (before, after) = (Ends::of(&known), Ends::of(fresh));
        let first_terminated = match after.source_status {
            SourceStatus::Terminated => {
                Some(row.maybe("first_terminated_at", Row::text)?.unwrap_or_else(|| flip.at.clone()))
            }
            // A word that nobody understands takes nothing back.
            SourceStatus::Unknown => row.maybe("first_terminated_at", Row::text)?,
            _ => None,
        };
        self.exec(
            FLIPPING,
            "UPDATE employment SET record = ?2, source_status = ?3, ends_on = ?4, missing_since = NULL,
                 last_seen_at = NULL, seen_not_terminated = max(seen_not_terminated, ?5),
                 first_terminated_at = ?6 WHERE id = ?1",
            params![
                id.to_string(),
                row.str("fresh")?,
                after.source_status.as_str(),
                after.earliest().map(date),
                is_employed(after.source_status),
                first_terminated
            ],
        )?;
        if before != after {
            self.exec(
                FLIPPING,
                "UPDATE employment SET ends_read = ?2, ends_since = ?3, ends_before = ?4 WHERE id = ?1",
                params![id.to_string(), flip.read.to_string(), flip.at, json(&before)?],
            )?;
        }
        if fresh.remote_person_id != known.remote_person_id {
            return Err(Error::new(
                Kind::Conflict,
                format!("the source gives stint {id} to another person than in its last complete read"),
                "Look at both people in HR. If HR merged them, add the source as a new connection; nothing of \
                 this read was taken over.",
            ));
        }
        self.name_person(row.id("person_id")?, fresh)
    }

    fn add_person(&self, flip: &mut Flip, fresh: &WorkerRecord) -> Result<Uuid> {
        let id = flip.ids.next_id();
        self.exec(
            FLIPPING,
            "INSERT INTO person (id, org_id, connection_id, remote_id, first_name, last_name, display_name, work_email,
                 employee_number, name_key, email_key, search)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)",
            params![
                id.to_string(),
                flip.org,
                flip.connection.to_string(),
                fresh.remote_person_id,
                fresh.first_name,
                fresh.last_name,
                fresh.display_name,
                fresh.work_email,
                fresh.employee_number,
                key(&fresh.display_name),
                fresh.work_email.as_deref().map(key),
                search_text(fresh),
            ],
        )?;
        Ok(id)
    }

    /// Gives a person the names of this stint, unless another one began later.
    fn name_person(&self, person: Uuid, fresh: &WorkerRecord) -> Result<()> {
        let newer = self.all(
            FLIPPING,
            "SELECT record FROM employment WHERE person_id = ?1",
            [person.to_string()],
            |row| Ok(row.json::<WorkerRecord>("record")?.start_date > fresh.start_date),
        )?;
        if newer.contains(&true) {
            return Ok(());
        }
        self.exec(
            FLIPPING,
            "UPDATE person SET first_name = ?2, last_name = ?3, display_name = ?4, work_email = ?5,
                 employee_number = ?6, name_key = ?7, email_key = ?8, search = ?9 WHERE id = ?1",
            params![
                person.to_string(),
                fresh.first_name,
                fresh.last_name,
                fresh.display_name,
                fresh.work_email,
                fresh.employee_number,
                key(&fresh.display_name),
                fresh.work_email.as_deref().map(key),
                search_text(fresh)
            ],
        )?;
        Ok(())
    }

    fn put_account(
        &self,
        flip: &mut Flip,
        known: Option<Uuid>,
        fresh: &AccountRecord,
        record: &str,
    ) -> Result<()> {
        let sign_in = word(fresh.sign_in);
        match known {
            Some(id) => {
                flip.done.changed += 1;
                self.exec(
                    FLIPPING,
                    "UPDATE account SET login = ?2, sign_in = ?3, admin = ?4, record = ?5, missing_since = NULL,
                         last_seen_at = NULL WHERE id = ?1",
                    params![id.to_string(), fresh.login, sign_in, fresh.admin, record],
                )?;
            }
            None => {
                flip.done.added += 1;
                self.exec(
                    FLIPPING,
                    "INSERT INTO account (id, org_id, connection_id, remote_id, login, sign_in, admin, record,
                         first_seen_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
                    params![
                        flip.ids.next_id().to_string(),
                        flip.org,
                        flip.connection.to_string(),
                        fresh.remote_id,
                        fresh.login,
                        sign_in,
                        fresh.admin,
                        record,
                        flip.at
                    ],
                )?;
            }
        }
        Ok(())
    }

    /// Marks what this read no longer lists, with the end of the last complete read that had it.
    fn mark_missing(&self, flip: &Flip, table: &str, staged: &str) -> Result<u64> {
        if flip.done.baseline {
            return Ok(0); // everything there is came with this very read
        }
        let sql = format!(
            "UPDATE {table} SET missing_since = ?3, last_seen_at =
                 (SELECT max(ended_at) FROM read WHERE connection_id = ?2 AND kind = ?4 AND complete = 1)
             WHERE connection_id = ?2 AND missing_since IS NULL AND NOT EXISTS (
                 SELECT 1 FROM {staged} s WHERE s.read_id = ?1 AND s.remote_id = {table}.remote_id)"
        );
        let params = params![flip.read.to_string(), flip.connection.to_string(), flip.at, flip.kind.as_str()];
        self.exec(FLIPPING, &sql, params).map(|rows| rows as u64)
    }
}

/// Unknown is neither employed nor terminated.
fn is_employed(status: SourceStatus) -> bool {
    matches!(
        status,
        SourceStatus::Pending | SourceStatus::Active | SourceStatus::OnLeave | SourceStatus::Suspended
    )
}

/// Every text that a search looks into. A line break keeps a search from matching across two of them.
fn search_text(worker: &WorkerRecord) -> String {
    let parts = [
        Some(worker.display_name.as_str()),
        Some(&worker.first_name),
        Some(&worker.last_name),
        worker.work_email.as_deref(),
        worker.employee_number.as_deref(),
    ];
    parts.into_iter().flatten().map(searchable).collect::<Vec<_>>().join("\n")
}
