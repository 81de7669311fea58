//! Timers.

use chrono::{DateTime, Utc};
use lockstep_domain::ids::{EntryId, PersonId, RunId};
use serde::Serialize;

use super::RunView;

/// A plan that waits, or waited, for its instant.
#[derive(Clone, Debug, Serialize)]
pub struct TimerView {
    /// Its id: the ledger entry that armed it.
    pub id: EntryId,
    /// The person.
    pub person: PersonId,
    /// Name.
    pub name: String,
    /// When it fires (UTC).
    pub due_at: DateTime<Utc>,
    /// The same by the clock on the wall there.
    pub due_local: Option<String>,
    /// "armed", "fired", "disarmed" or "void".
    pub state: String,
    /// The run that it opened.
    pub run: Option<RunId>,
    /// What hindered its last try, or why it is void, in a word.
    pub hindrance: Option<String>,
    /// When it is tried next (UTC), while it is armed.
    pub try_at: Option<DateTime<Utc>>,
}

/// What firing the timers whose instant had come did.
#[derive(Clone, Debug, Default, Serialize)]
pub struct FireView {
    /// The runs that were opened, as they then were.
    pub runs: Vec<RunView>,
    /// Timers that something speaks against; they are tried again.
    pub hindered: Vec<EntryId>,
    /// Timers whose approval no longer stood.
    pub void: Vec<EntryId>,
}

/// What needs somebody's attention before an instant, or because one has passed.
#[derive(Clone, Debug, Serialize)]
pub struct AlarmView {
    /// "not_armed", "ended_unapproved", "hindered", "hr_old", "connection_closed", "connection_trouble" or
    /// "mode_observe".
    pub kind: String,
    /// The person whom it concerns.
    pub person: PersonId,
    /// The same in a few characters, as notices that leave the machine name it.
    pub case: String,
    /// The instant (UTC).
    pub due_at: Option<DateTime<Utc>>,
    /// Whether it is at most an hour away.
    pub last_call: bool,
    /// What, with the person's name.
    pub text: String,
    /// What to do.
    pub remedy: String,
}
