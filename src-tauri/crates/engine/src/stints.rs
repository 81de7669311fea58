//! Stints in the state that they are in now: worked out from what HR said, never stored.

use std::collections::BTreeMap;

use chrono::{DateTime, SecondsFormat, Utc};
use lockstep_domain::ids::ConnectionId;
use lockstep_domain::people::{
    History, PersonState, StintState, WorkerRecord, held_by, person_state, stint_state,
};
use lockstep_domain::time::{DateRules, Ends, ends_of};
use lockstep_store::{ConnectionRow, EmploymentRow, Reader};

use crate::date_settings::date_rules;

/// A stint with its ends and its state.
#[derive(Clone, Debug)]
pub(crate) struct Stint {
    pub(crate) row: EmploymentRow,
    pub(crate) ends: Ends,
    pub(crate) state: StintState,
}

/// The date rules of every source, read once for many stints.
pub(crate) struct Sources {
    rules: BTreeMap<ConnectionId, DateRules>,
    pub(crate) connections: BTreeMap<ConnectionId, ConnectionRow>,
}

impl Sources {
    pub(crate) fn load(r: &Reader<'_>) -> lockstep_store::Result<Self> {
        let connections: BTreeMap<ConnectionId, ConnectionRow> =
            r.connections()?.into_iter().map(|c| (c.id, c)).collect();
        let rules =
            connections.values().filter_map(|c| Some((c.id, date_rules(&c.settings).ok()?))).collect();
        Ok(Self { rules, connections })
    }

    pub(crate) fn name(&self, id: ConnectionId) -> String {
        self.connections.get(&id).map_or_else(|| "removed connection".into(), |c| c.name.clone())
    }

    /// The rules by which a source's dates are read; `None` once the source was removed.
    pub(crate) fn rules(&self, id: ConnectionId) -> Option<&DateRules> {
        self.rules.get(&id)
    }

    /// The stint as it is at `now`. A stint whose source was removed says nothing any more.
    pub(crate) fn stint(&self, row: EmploymentRow, now: DateTime<Utc>) -> Option<Stint> {
        let ends = ends_of(&row.record, self.rules(row.connection)?);
        let state = stint_state(&row.record, &ends, now, &history(&row));
        Some(Stint { row, ends, state })
    }

    /// All stints of a person.
    pub(crate) fn stints(&self, rows: Vec<EmploymentRow>, now: DateTime<Utc>) -> Vec<Stint> {
        rows.into_iter().filter_map(|row| self.stint(row, now)).collect()
    }
}

/// What the reads so far tell about a stint.
fn history(row: &EmploymentRow) -> History {
    type Said = lockstep_store::Ends;
    let dates = |e: &Said| (e.termination_date, e.last_day_worked, e.termination_at);
    let dated = |e: &Said| dates(e) != (None, None, None);
    let said = Said::of(&row.record);
    let before = row.ends_before.as_ref();
    let first_observed = if !dated(&said) {
        row.first_terminated_at.unwrap_or(row.ends_since)
    } else if before.is_some_and(|b| dates(b) == dates(&said)) {
        row.first_seen_at // only HR's word beside the date changed; the date was known before
    } else {
        row.ends_since
    };
    History {
        first_observed,
        seen_employed: row.seen_not_terminated && before.is_some(),
        baseline: row.baseline && before.is_none(),
        rescinded: before.is_some_and(dated),
        cut_at: None,
        earlier_overlapping_stint: false,
        pending_becomes_active: false,
    }
}

/// The state of a stint that HR has just told of and that no read has brought yet.
pub(crate) fn just_told(record: &WorkerRecord, rules: &DateRules, now: DateTime<Utc>) -> StintState {
    let history = History {
        first_observed: now,
        seen_employed: false,
        baseline: false,
        rescinded: false,
        cut_at: None,
        earlier_overlapping_stint: false,
        pending_becomes_active: false,
    };
    stint_state(record, &ends_of(record, rules), now, &history)
}

/// The state of a person over all stints.
pub(crate) fn of_person(stints: &[Stint]) -> PersonState {
    person_state(&stints.iter().map(|s| s.state.clone()).collect::<Vec<_>>())
}

/// Whether another stint of the person speaks against acting on this one.
pub(crate) fn others_hold(leaving: &Stint, stints: &[Stint]) -> bool {
    stints.iter().filter(|s| s.row.id != leaving.row.id).any(|other| held_by(&leaving.state, &other.state))
}

/// An instant by the clock on the wall in its zone, with offset and zone name.
pub(crate) fn local(at: DateTime<Utc>, zone: chrono_tz::Tz) -> String {
    format!("{} ({zone})", at.with_timezone(&zone).to_rfc3339_opts(SecondsFormat::Secs, false))
}
