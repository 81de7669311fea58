//! Asking a source only for what changed. Absence from that says nothing, so everybody is read again at least once
//! in the time that the policy sets.

use chrono::TimeDelta;
use lockstep_connectors::{Changes, Connector};
use lockstep_domain::ids::ReadId;
use lockstep_store::{ConnectionRow, CursorRow, NewRead, ReadEnd, ReadKind, fresh_id};
use serde_json::json;

use super::failed;
use crate::api::{ConnectionSync, RowRemark};
use crate::desk::Desk;
use crate::error::Result;

impl Desk {
    /// Takes over what changed at a source of workers; `None` when everybody has to be read.
    pub(super) async fn sync_changes(
        &self,
        row: &ConnectionRow,
        connector: &Connector,
    ) -> Result<Option<ConnectionSync>> {
        let source = row.id;
        let Some(workers) = &connector.workers else { return Ok(None) };
        let Some(from) = self.store.read(move |r| r.cursor(source)).await? else { return Ok(None) };
        let now = self.clock.now();
        let age = now - from.full_read_at;
        // A clock that was set back says nothing about the age.
        if age < TimeDelta::zero()
            || age >= TimeDelta::hours(self.policy.policy.leaver.full_read_hours.into())
        {
            return Ok(None);
        }
        let changes = match workers.read_changes(&from.cursor).await {
            Err(e) => {
                self.keep_trouble(row, Some(&e)).await?;
                return Ok(Some(failed(
                    row,
                    ReadKind::Workers.as_str(),
                    format!("{}. {}", e.context(), e.remedy()),
                )));
            }
            // Somebody's record cannot be used: the read of everybody says whose and why.
            Ok(Some(changes)) if !changes.quarantined.is_empty() => return Ok(None),
            Ok(None) => return Ok(None),
            Ok(Some(changes)) => changes,
        };
        self.keep_trouble(row, None).await?;
        let next = CursorRow { cursor: changes.cursor.clone(), asked_at: self.clock.now(), ..from };
        let read = NewRead {
            id: ReadId(fresh_id(now)?),
            connection: source,
            kind: ReadKind::Workers,
            started_at: now,
        };
        let done = told(row, &changes);
        self.take_over(read, next, changes).await?;
        Ok(Some(done))
    }

    /// Writes changes and the place to go on from, together or not at all.
    async fn take_over(&self, read: NewRead, next: CursorRow, changes: Changes) -> Result<()> {
        let act = self.act();
        let rows = changes.workers.len() as u64;
        let end = ReadEnd { at: next.asked_at, rows, claimed_total: None, source_sha256: None };
        self.store
            .write(move |tx| {
                tx.put_cursor(read.connection, &next)?;
                if changes.workers.is_empty() {
                    return Ok(());
                }
                tx.begin_read(&read)?;
                tx.stage_workers(read.id, &changes.workers)?;
                let flipped = tx.flip_changes(read.id, &end)?;
                let body = json!({
                    "read": read.id, "rows": rows, "added": flipped.added, "changed": flipped.changed,
                    "gone": changes.gone.len(),
                });
                act.append(tx, "read.changes", body)?;
                Ok(())
            })
            .await?;
        Ok(())
    }
}

fn told(row: &ConnectionRow, changes: &Changes) -> ConnectionSync {
    let gone = |id: &String| RowRemark {
        row: format!("person {id}"),
        column: "id".into(),
        reason: "gone: the source no longer has this record; that is no end of employment".into(),
        remedy: "Ask HR. If the person left, act with `lockstep offboard preview PERSON --now`.".into(),
    };
    ConnectionSync {
        connection: row.name.clone(),
        what: ReadKind::Workers.as_str().into(),
        rows: changes.workers.len() as u64,
        complete: true,
        baseline: false,
        changes_only: true,
        trouble: Vec::new(),
        quarantined: Vec::new(),
        findings: changes.gone.iter().map(gone).collect(),
    }
}
