//! When each connection is read: in its own interval, a little apart from the others, never two at once.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use chrono::{DateTime, TimeDelta, Utc};
use lockstep_connectors::{Field, FieldKind};
use lockstep_domain::digest::Digest;
use lockstep_domain::ids::ConnectionId;
use lockstep_store::{ConnectionRow, ReadKind, Reader};

use crate::api::SyncRequest;
use crate::connections::wrong;
use crate::desk::Desk;
use crate::error::{Error, Result};
use crate::vendors;

/// The setting that every connection takes.
const EVERY: &str = "every";

/// Minutes between reads where nothing is said.
const PRESET: i64 = 60;

/// The same for sources of workers while somebody is armed: news of a moved end must not be an hour old.
const PRESET_WHILE_ARMED: i64 = 15;

/// After a read that failed or was not whole, it is tried again this much later, or in its interval if that is less.
const AGAIN: TimeDelta = TimeDelta::minutes(5);

/// What every connection that is read has to be told, beside the vendor's own fields.
pub(crate) const COMMON_FIELDS: &[Field] = &[Field {
    name: EVERY,
    label: "Minutes between reads",
    help: "How often `lockstep serve` reads it. Empty: every 60 minutes, HR every 15 while somebody is armed.",
    kind: FieldKind::Text,
    required: false,
    default: None,
    example: "30",
}];

/// The interval that a connection's settings name.
pub(crate) fn every(settings: &BTreeMap<String, String>) -> Result<Option<TimeDelta>> {
    let Some(text) = settings.get(EVERY).map(|t| t.trim()).filter(|t| !t.is_empty()) else { return Ok(None) };
    match text.parse::<u16>() {
        Ok(minutes) if (1..=1440).contains(&minutes) => Ok(Some(TimeDelta::minutes(minutes.into()))),
        _ => Err(wrong(EVERY, format!("{text:?} is no number of minutes"), "Write a number from 1 to 1440.")),
    }
}

/// When each connection is to be read next (UTC).
#[derive(Clone, Default)]
pub(crate) struct Polls(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    next: BTreeMap<ConnectionId, DateTime<Utc>>,
    /// By how many seconds the clock was set, while no vendor has confirmed it.
    clock_set_by: Option<i64>,
}

impl Polls {
    /// The connections that are to be read now. They count as begun.
    pub(crate) async fn due(&self, desk: &Desk) -> Result<Vec<ConnectionRow>> {
        let now = desk.clock.now();
        let (rows, armed) = desk
            .store
            .read(|r| {
                let with_last = |row| last_read(r, &row).map(|last| (row, last));
                let rows = r.connections()?.into_iter().map(with_last);
                Ok((rows.collect::<Result<Vec<_>, _>>()?, !r.armed_timers()?.is_empty()))
            })
            .await?;
        // A clock that was set is believed once a vendor confirms it, so all are asked now.
        let set_by = desk.clock_watch.was_set_by();
        let mut state = self.lock();
        let all = set_by.is_some() && set_by != state.clock_set_by;
        state.clock_set_by = set_by;
        let mut due = Vec::new();
        for (row, last) in rows.into_iter().filter(|(row, _)| vendors::is_read(&desk.vendors, &row.vendor)) {
            let every = interval(&row, last.is_some_and(|(_, workers)| workers) && armed);
            let read_until = last.map(|(at, _)| at.min(now) + every);
            let next = *state.next.entry(row.id).or_insert(read_until.unwrap_or(now));
            // A clock that was set back must not put it off for hours.
            if !all && next > now && next <= now + every * 2 {
                continue;
            }
            // Another process may have read it meanwhile.
            let by_another = read_until.filter(|until| !all && *until > now);
            state.next.insert(row.id, by_another.unwrap_or(now + every) + apart(row.id, every));
            if by_another.is_none() {
                due.push(row);
            }
        }
        Ok(due)
    }

    /// Counts a connection as read now.
    pub(crate) fn put_off(&self, desk: &Desk, row: &ConnectionRow) {
        let every = interval(row, false);
        self.lock().next.insert(row.id, desk.clock.now() + every);
    }

    /// Reads one connection.
    pub(crate) async fn read(&self, desk: &Desk, row: &ConnectionRow) {
        let request = SyncRequest { connection: Some(row.name.clone()), accept_smaller: None };
        let read = desk.sync(request).await;
        let failed = match &read {
            Ok(view) => !view.complete,
            Err(_) => true,
        };
        if failed {
            let again = desk.clock.now() + AGAIN.min(interval(row, false));
            self.lock().next.insert(row.id, again);
        }
        match read {
            Ok(view) => {
                let trouble: Vec<&String> = view.connections.iter().flat_map(|c| &c.trouble).collect();
                tracing::info!(connection = row.name, complete = view.complete, ?trouble, "read");
            }
            Err(e) => desk.tell_failure(&format!("{} could not be read", row.name), &e),
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Desk {
    /// Logs what went wrong and is tried again.
    pub(crate) fn tell_failure(&self, what: &str, error: &Error) {
        tracing::error!("{what}: {error}. {}", error.remedy());
    }
}

fn interval(row: &ConnectionRow, watched: bool) -> TimeDelta {
    let preset = TimeDelta::minutes(if watched { PRESET_WHILE_ARMED } else { PRESET });
    every(&row.settings).ok().flatten().unwrap_or(preset)
}

/// Keeps connections of one interval apart: the same share of a tenth of it on any machine.
fn apart(id: ConnectionId, every: TimeDelta) -> TimeDelta {
    let share = i32::from(Digest::of(id.0.as_bytes()).0[0]);
    every * share / 2560
}

/// When a connection was last read to the end (UTC), and whether it is a source of workers.
fn last_read(r: &Reader<'_>, row: &ConnectionRow) -> lockstep_store::Result<Option<(DateTime<Utc>, bool)>> {
    let mut last = None;
    for kind in [ReadKind::Workers, ReadKind::Accounts] {
        let read = r.ended_reads(row.id, kind, 1)?.into_iter().next();
        let ended = read.filter(|read| read.complete).and_then(|read| read.end).map(|end| end.at);
        last = last.max(ended.map(|at| (at, kind == ReadKind::Workers)));
    }
    Ok(last)
}
