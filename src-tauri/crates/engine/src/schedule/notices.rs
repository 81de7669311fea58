//! Alarms leave the machine: queued once for each sink, case, kind and day, in words that name nobody, and sent
//! beside everything else. A sink that is down delays neither a timer nor a run.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};
use lockstep_connectors::{Error as VendorError, Kind, Notice, NoticeSink, Probe, Severity};
use lockstep_domain::ids::{ConnectionId, PersonId};
use lockstep_store::{ConnectionRow, OutboxRow, fresh_id};

use crate::api::AlarmView;
use crate::desk::Desk;
use crate::error::Result;
use crate::vendors;

/// How long an attempt is left alone: longer than any takes.
const CLAIM: TimeDelta = TimeDelta::minutes(5);

/// After the first failure of a notice; twice that after each further one, up to [`LONGEST_WAIT_S`].
const FIRST_WAIT_S: i64 = 30;
const LONGEST_WAIT_S: i64 = 3600;

/// How long a notice is kept once it was sent, and how long it is tried.
const KEPT: TimeDelta = TimeDelta::days(7);

/// The subject of every alarm.
const SUBJECT: &str = "Lockstep needs a person";

/// A case in a few characters: enough to find it in Lockstep, nothing to learn from elsewhere.
pub(super) fn case_of(person: PersonId) -> String {
    let id = person.0.simple().to_string();
    // The end of such an id is random; its start is a time.
    id.chars().skip(26).collect()
}

impl Desk {
    /// Queues what the alarms say for every sink, and clears what is old.
    ///
    /// # Errors
    /// Those of the store.
    pub(crate) async fn queue_notices(&self, alarms: &[AlarmView]) -> Result<()> {
        let now = self.clock.now();
        let connections = self.store.read(|r| r.connections()).await?;
        let mut rows = Vec::new();
        for sink in connections.iter().filter(|row| vendors::takes_notices(&self.vendors, &row.vendor)) {
            for alarm in alarms {
                rows.push(queued(sink.id, alarm, now)?);
            }
        }
        let given_up = self
            .store
            .write(move |tx| {
                for row in &rows {
                    tx.queue_notice(row)?;
                }
                tx.clear_outbox(now - KEPT)
            })
            .await?;
        if given_up > 0 {
            tracing::error!(given_up, "notices could not be sent for a week and are given up");
        }
        Ok(())
    }

    /// The notices that are to be tried now, by sink.
    pub(crate) async fn due_notices(&self) -> Result<BTreeMap<ConnectionId, Vec<OutboxRow>>> {
        let now = self.clock.now();
        let mut by_sink: BTreeMap<_, Vec<_>> = BTreeMap::new();
        for row in self.store.read(move |r| r.due_notices(now)).await? {
            by_sink.entry(row.connection).or_default().push(row);
        }
        Ok(by_sink)
    }

    /// Sends one sink's notices, one after the other, up to the first that fails: all of them wait then.
    ///
    /// # Errors
    /// Those of the store. What the sink answers is told in the log and kept on the connection.
    pub(crate) async fn send_notices(&self, sink: ConnectionId, due: Vec<OutboxRow>) -> Result<()> {
        let connections = self.store.read(|r| r.connections()).await?;
        let Some(row) = connections.into_iter().find(|c| c.id == sink) else { return Ok(()) };
        for notice in due {
            let (id, now) = (notice.id, self.clock.now());
            if !self.store.write(move |tx| tx.take_notice(id, now, now + CLAIM)).await? {
                continue;
            }
            match self.send_one(&row, &notice).await {
                Ok(()) => {
                    let at = self.clock.now();
                    self.store.write(move |tx| tx.notice_sent(id, at)).await?;
                    tracing::info!(connection = row.name, notice = %id, "a notice was sent");
                    if row.trouble.is_some() {
                        self.keep_trouble(&row, None).await?;
                    }
                }
                Err(e) => return self.put_off_sink(&row, &notice, &e).await,
            }
        }
        Ok(())
    }

    async fn put_off_sink(&self, row: &ConnectionRow, notice: &OutboxRow, error: &VendorError) -> Result<()> {
        tracing::error!(
            connection = row.name,
            tries = notice.tries + 1,
            "a notice could not be sent: {error}. {}",
            error.remedy()
        );
        let mut again = self.clock.now() + wait(notice.tries);
        if let Kind::RateLimited { retry_at } = error.kind() {
            again = again.max(*retry_at);
        }
        let sink = row.id;
        self.store.write(move |tx| tx.put_off_notices(sink, again)).await?;
        self.keep_trouble(row, Some(error)).await
    }

    async fn send_one(&self, row: &ConnectionRow, notice: &OutboxRow) -> lockstep_connectors::Result<()> {
        let connector = self
            .connector(row)
            .map_err(|e| VendorError::new(Kind::Setting, e.to_string(), e.remedy().to_owned()))?;
        let Some(sink) = connector.notices else {
            let remedy = "Look at its settings with `lockstep connection list`.";
            return Err(VendorError::new(Kind::Setting, "the connection takes no notices", remedy));
        };
        sink.send(&Notice {
            id: notice.id,
            severity: Severity::of_word(&notice.severity).unwrap_or(Severity::Urgent),
            subject: notice.subject.clone(),
            body: notice.body.clone(),
            at: notice.at,
        })
        .await
    }

    /// Sends a notice that says that it is a test.
    pub(crate) async fn send_test_notice(&self, sink: &dyn NoticeSink) -> lockstep_connectors::Result<Probe> {
        let at = self.clock.now();
        let no_id = |e: lockstep_store::Error| VendorError::new(Kind::Unavailable, e.to_string(), e.remedy());
        sink.send(&Notice {
            id: fresh_id(at).map_err(no_id)?,
            severity: Severity::Info,
            subject: "Lockstep: a test".into(),
            body: "This is a test of Lockstep's notices. Nothing has to be done.".into(),
            at,
        })
        .await?;
        Ok(Probe {
            summary: "a test notice was handed over; see whether it arrives".into(),
            held: Vec::new(),
            missing: Vec::new(),
            excess: Vec::new(),
        })
    }
}

fn queued(sink: ConnectionId, alarm: &AlarmView, now: DateTime<Utc>) -> Result<OutboxRow> {
    let last_call = if alarm.last_call { "/last_call" } else { "" };
    let urgent = alarm.last_call || matches!(alarm.kind.as_str(), "hindered" | "ended_unapproved");
    let severity = if urgent { Severity::Urgent } else { Severity::Warning };
    Ok(OutboxRow {
        id: fresh_id(now)?,
        connection: sink,
        topic: format!("{}/{}{last_call}", alarm.person, alarm.kind),
        severity: severity.as_str().into(),
        subject: SUBJECT.into(),
        body: format!("{SUBJECT}: {} (case {}). Open Lockstep.", words(&alarm.kind), alarm.case),
        at: now,
        tries: 0,
        try_at: now,
    })
}

/// What an alarm is about, without saying whom, which system or why.
fn words(kind: &str) -> &'static str {
    match kind {
        "not_armed" => "an offboarding is due within a day, and nobody has approved it",
        "ended_unapproved" => "an offboarding is overdue, and nobody has approved it",
        "hindered" => "a scheduled offboarding cannot start",
        "hr_old" => "a scheduled offboarding rests on data that are more than a day old",
        "connection_closed" | "connection_trouble" | "mode_observe" => {
            "a scheduled offboarding may not reach everything that it has to"
        }
        _ => "a case needs attention",
    }
}

/// How long to wait after a failure that came after so many others.
fn wait(failures: u32) -> TimeDelta {
    let doubled = FIRST_WAIT_S.saturating_mul(2_i64.saturating_pow(failures));
    TimeDelta::seconds(doubled.min(LONGEST_WAIT_S))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_and_end_at_an_hour() {
        for (failures, seconds) in [(0, 30), (1, 60), (6, 1920), (7, 3600), (200, 3600)] {
            assert_eq!(wait(failures), TimeDelta::seconds(seconds), "after {failures} others");
        }
    }
}
