//! What would keep a timer from doing its work, and who leaves without one: told a day and an hour ahead.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, TimeDelta, Utc};
use lockstep_domain::capability::Mode;
use lockstep_domain::ids::PersonId;
use lockstep_store::{ConnectionRow, ReadKind, TimerRow};

use super::notices::case_of;
use crate::api::{AlarmView, LeaverRow};
use crate::desk::Desk;
use crate::error::Result;

/// How long before its instant a timer is looked after.
const AHEAD: TimeDelta = TimeDelta::hours(24);

/// When what was told is told once more.
const LAST_CALL: TimeDelta = TimeDelta::hours(1);

/// How old HR's last complete read may be.
const OLD_READ: TimeDelta = TimeDelta::hours(24);

impl Desk {
    /// What needs somebody's attention before an instant, or because one has passed without an approval.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn alarms(&self) -> Result<Vec<AlarmView>> {
        let now = self.clock.now();
        let (armed, connections) = self.store.read(|r| Ok((r.armed_timers()?, r.connections()?))).await?;
        let mut alarms = Vec::new();
        let with_timer: BTreeSet<PersonId> = armed.iter().map(|t| t.timer.person).collect();
        for leaver in self.leavers().await? {
            if leaver.run.is_none() && !with_timer.contains(&leaver.person) {
                alarms.extend(unapproved(&leaver, now));
            }
        }
        let connections: BTreeMap<_, _> = connections.into_iter().map(|c| (c.id, c)).collect();
        for timer in armed.iter().filter(|t| t.timer.due_at <= now + AHEAD) {
            alarms.extend(self.unready(timer, &connections, now).await?);
        }
        Ok(alarms)
    }

    async fn unready(
        &self,
        timer: &TimerRow,
        connections: &BTreeMap<lockstep_domain::ids::ConnectionId, ConnectionRow>,
        now: DateTime<Utc>,
    ) -> Result<Vec<AlarmView>> {
        let id = timer.timer.person;
        let (person, accounts, reads) = self
            .store
            .read(move |r| {
                let person = r.person(id)?;
                let source = person.as_ref().map(|p| p.connection);
                let reads = source.map(|c| r.complete_reads(c, ReadKind::Workers, 1)).transpose()?;
                Ok((person, r.accounts_of(id)?, reads.unwrap_or_default()))
            })
            .await?;
        let Some(person) = person else { return Ok(Vec::new()) };
        let due = timer.timer.due_at;
        let tell = |kind: &str, text: String, remedy: &str| AlarmView {
            kind: kind.into(),
            person: id,
            case: case_of(id),
            due_at: Some(due),
            last_call: due <= now + LAST_CALL,
            text: format!("{}: {text}", person.display_name),
            remedy: remedy.into(),
        };
        let mut alarms = Vec::new();
        if let Some(why) = timer.hindrance.as_deref().filter(|_| due <= now) {
            let text =
                format!("the instant has come and the timer does not fire ({})", why.replace('_', " "));
            alarms.push(tell(
                "hindered",
                text,
                "Look at `lockstep timer list`; it is tried again by itself.",
            ));
        }
        let read_at = reads.into_iter().next().and_then(|read| read.end).map(|end| end.at);
        if read_at.is_none_or(|at| at < now - OLD_READ) {
            let text = "HR was not read completely for a day".to_owned();
            alarms.push(tell("hr_old", text, "Look at `lockstep connection test`, then sync."));
        }
        let mut behind: BTreeSet<_> = accounts.iter().map(|(_, account)| account.connection).collect();
        behind.insert(person.connection);
        for row in behind.iter().filter_map(|c| connections.get(c)) {
            if let Err(e) = self.connector(row) {
                alarms.push(tell(
                    "connection_closed",
                    format!("{} cannot be opened: {e}", row.name),
                    e.remedy(),
                ));
            } else if let Some(trouble) = &row.trouble {
                let text = format!("{} is in trouble: {}", row.name, trouble.context);
                alarms.push(tell("connection_trouble", text, &trouble.remedy));
            }
            if row.mode == Mode::Observe && row.id != person.connection {
                let text = format!("{} is only observed, so nothing will be cut there", row.name);
                alarms.push(tell("mode_observe", text, "Raise it with `lockstep connection mode`."));
            }
        }
        Ok(alarms)
    }
}

/// Somebody who leaves within a day, or whose access has ended, with nobody's approval.
fn unapproved(leaver: &LeaverRow, now: DateTime<Utc>) -> Option<AlarmView> {
    let due = leaver.access_end_at.filter(|due| *due <= now + AHEAD)?;
    let (kind, text) = if due <= now {
        ("ended_unapproved", "access ended at HR's instant, and nobody approved")
    } else {
        ("not_armed", "access ends within a day, and nothing is armed")
    };
    (leaver.open_accounts > 0).then(|| AlarmView {
        kind: kind.into(),
        person: leaver.person,
        case: case_of(leaver.person),
        due_at: Some(due),
        last_call: due <= now + LAST_CALL,
        text: format!("{}: {text}", leaver.name),
        remedy: "Preview with `lockstep offboard preview`, then arm or start it.".into(),
    })
}

/// The alarms that were told, so that each is told once, and once more an hour ahead.
#[derive(Default)]
pub(crate) struct Told(BTreeSet<(String, PersonId, bool)>);

impl Told {
    /// Tells what is new.
    pub(crate) fn tell(&mut self, alarms: &[AlarmView]) {
        let key = |a: &AlarmView| (a.kind.clone() + &a.text, a.person, a.last_call);
        for alarm in alarms.iter().filter(|a| !self.0.contains(&key(a))) {
            tracing::error!(kind = alarm.kind, due_at = ?alarm.due_at, "ALARM {}. {}", alarm.text, alarm.remedy);
        }
        self.0 = alarms.iter().map(key).collect();
    }
}
