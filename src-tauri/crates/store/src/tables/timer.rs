//! Plans that wait for their instant. A row's state is a projection of the ledger; who tries to fire it, and when
//! again, is working data beside it.

use chrono::{DateTime, Utc};
use lockstep_domain::ids::{EmploymentId, EntryId, PersonId, RunId};
use rusqlite::{Params, params};

use crate::error::{Error, Kind, Result};
use crate::handle::{Reader, Row, Tx, instant};

/// A timer that shall be armed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewTimer {
    /// The ledger entry that arms it.
    pub id: EntryId,
    /// Whose life event.
    pub person: PersonId,
    /// Of which stint.
    pub employment: EmploymentId,
    /// Which start of that event.
    pub generation: u32,
    /// The life event ("leaver").
    pub event: String,
    /// When it fires (UTC).
    pub due_at: DateTime<Utc>,
}

/// How a timer stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TimerState {
    /// It waits for its instant.
    Armed,
    /// It opened a run.
    Fired,
    /// A person took the approval back.
    Disarmed,
    /// What was approved no longer is what HR says.
    Void,
}

impl TimerState {
    const ALL: [Self; 4] = [Self::Armed, Self::Fired, Self::Disarmed, Self::Void];

    /// The word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Armed => "armed",
            Self::Fired => "fired",
            Self::Disarmed => "disarmed",
            Self::Void => "void",
        }
    }
}

/// A timer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TimerRow {
    /// What was armed.
    pub timer: NewTimer,
    /// How it stands.
    pub state: TimerState,
    /// The run that it opened.
    pub run: Option<RunId>,
    /// When to try next (UTC); the instant itself until a first try was hindered.
    pub try_at: DateTime<Utc>,
    /// Who tries now, and until when that counts (UTC).
    pub held: Option<(String, DateTime<Utc>)>,
    /// What hindered the last try, in a word.
    pub hindrance: Option<String>,
}

const READING: &str = "reading timers";
const CHANGING: &str = "changing a timer";

/// Whether a timer is to be tried at ?1, if nothing is put off to beyond ?2.
const DUE: &str = "(try_at <= ?1 OR (due_at <= ?1 AND try_at > ?2))";

impl Reader<'_> {
    /// One timer.
    ///
    /// # Errors
    /// Those of the database.
    pub fn timer(&self, id: EntryId) -> Result<Option<TimerRow>> {
        self.one(READING, "SELECT * FROM timer WHERE id = ?1", [id.to_string()], read_timer)
    }

    /// Every timer, the earliest instant first.
    ///
    /// # Errors
    /// Those of the database.
    pub fn timers(&self) -> Result<Vec<TimerRow>> {
        self.timers_where("ORDER BY due_at, id", [])
    }

    /// The armed timers, the earliest instant first.
    ///
    /// # Errors
    /// Those of the database.
    pub fn armed_timers(&self) -> Result<Vec<TimerRow>> {
        self.timers_where("WHERE state = 'armed' ORDER BY due_at, id", [])
    }

    /// The armed timers that are to be tried at `now` (UTC), the earliest first. What was put off to beyond
    /// `furthest` was put off by a clock that was ahead, and is due.
    ///
    /// # Errors
    /// Those of the database.
    pub fn due_timers(&self, now: DateTime<Utc>, furthest: DateTime<Utc>) -> Result<Vec<TimerRow>> {
        self.timers_where(
            &format!("WHERE state = 'armed' AND {DUE} ORDER BY try_at, id"),
            [instant(now), instant(furthest)],
        )
    }

    /// The timers of a stint's life event, newest first.
    ///
    /// # Errors
    /// Those of the database.
    pub fn timers_of(&self, employment: EmploymentId, event: &str) -> Result<Vec<TimerRow>> {
        self.timers_where(
            "WHERE employment_id = ?1 AND event = ?2 ORDER BY id DESC",
            params![employment.to_string(), event],
        )
    }

    fn timers_where(&self, condition: &str, params: impl Params) -> Result<Vec<TimerRow>> {
        self.all(READING, &format!("SELECT * FROM timer {condition}"), params, read_timer)
    }
}

impl Tx<'_> {
    /// Arms a timer, in the transaction of its entry. One per stint, generation and event.
    ///
    /// # Errors
    /// `Conflict` when that event has an armed one already.
    pub fn arm_timer(&self, timer: &NewTimer) -> Result<()> {
        self.exec(
            "arming a timer",
            "INSERT INTO timer (id, org_id, person_id, employment_id, generation, event, due_at, state, try_at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, 'armed', ?7)",
            params![
                timer.id.to_string(),
                self.org_id()?.to_string(),
                timer.person.to_string(),
                timer.employment.to_string(),
                timer.generation,
                timer.event,
                instant(timer.due_at),
            ],
        )?;
        Ok(())
    }

    /// Claims an armed timer that is due, as [`Reader::due_timers`] says, for one try that lasts until `until` at most. A holder
    /// that is known to be `dead` holds nothing. `false` while somebody else tries.
    ///
    /// The claim only spares a second look at HR. That a timer opens one run is ensured where that is opened.
    ///
    /// # Errors
    /// Those of the database.
    pub fn claim_timer(
        &self,
        id: EntryId,
        holder: &str,
        dead: Option<&str>,
        (now, furthest): (DateTime<Utc>, DateTime<Utc>),
        until: DateTime<Utc>,
    ) -> Result<bool> {
        let changed = self.exec(
            CHANGING,
            &format!(
                "UPDATE timer SET holder = ?4, held_until = ?6 WHERE id = ?3 AND state = 'armed' AND {DUE}
                     AND (holder IS NULL OR holder = ?4 OR holder = ?5 OR held_until <= ?1)"
            ),
            params![instant(now), instant(furthest), id.to_string(), holder, dead, instant(until)],
        )?;
        Ok(changed > 0)
    }

    /// Gives an armed timer back, to be tried again at `try_at` (UTC).
    ///
    /// # Errors
    /// Those of the database.
    pub fn put_off_timer(&self, id: EntryId, try_at: DateTime<Utc>, hindrance: Option<&str>) -> Result<()> {
        self.exec(
            CHANGING,
            "UPDATE timer SET holder = NULL, held_until = NULL, try_at = ?2, hindrance = ?3
             WHERE id = ?1 AND state = 'armed'",
            params![id.to_string(), instant(try_at), hindrance],
        )?;
        Ok(())
    }

    /// Ends an armed timer, in the transaction of the entry that says why.
    ///
    /// # Errors
    /// `Conflict` when it is not armed any more: somebody else was faster.
    pub fn end_timer(&self, id: EntryId, state: TimerState, run: Option<RunId>) -> Result<()> {
        let changed = self.exec(
            CHANGING,
            "UPDATE timer SET state = ?2, run_id = ?3, holder = NULL, held_until = NULL
             WHERE id = ?1 AND state = 'armed'",
            params![id.to_string(), state.as_str(), run.map(|run| run.to_string())],
        )?;
        match changed {
            0 => Err(Error::new(
                Kind::Conflict,
                format!("timer {id} is not armed any more"),
                "Look at it with `lockstep timer list`.",
            )),
            _ => Ok(()),
        }
    }
}

fn read_timer(row: &Row<'_>) -> Result<TimerRow> {
    let holder = row.maybe("holder", Row::text)?;
    let word = row.text("state")?;
    Ok(TimerRow {
        timer: NewTimer {
            id: EntryId(row.id("id")?),
            person: PersonId(row.id("person_id")?),
            employment: EmploymentId(row.id("employment_id")?),
            generation: row.number("generation")?,
            event: row.text("event")?,
            due_at: row.instant("due_at")?,
        },
        state: TimerState::ALL
            .into_iter()
            .find(|state| state.as_str() == word)
            .ok_or_else(|| Error::malformed(format!("a timer is {word:?}, which is no state of one")))?,
        run: row.maybe("run_id", |row, column| row.id(column).map(RunId))?,
        try_at: row.instant("try_at")?,
        held: holder.zip(row.maybe("held_until", Row::instant)?),
        hindrance: row.maybe("hindrance", Row::text)?,
    })
}
