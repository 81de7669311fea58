//! Reading the sources and the targets into the present state: staged in chunks and flipped at once, or not
//! at all. A read that cannot be relied on as a whole changes nobody's state.

mod activity;
mod changes;
mod links;
mod stage;
mod usage;

use std::collections::BTreeSet;

use lockstep_connectors::{AccountPage, Completeness, Connector, Quarantined, ReadSummary};
use lockstep_domain::ids::ReadId;
use lockstep_domain::people::{EmploymentState, WorkerRecord};
use lockstep_store::{ConnectionRow, CursorRow, NewRead, QuarantinedRow, ReadEnd, ReadKind, fresh_id};
use serde_json::json;

use crate::api::{ConnectionSync, RowRemark, SyncRequest, SyncView};
use crate::desk::Desk;
use crate::error::{Code, Error, Result};
use crate::pause::said;

/// How a connector marks a file whose last line has no end: it may have been cut off there.
const OPEN_END: &str = "open_end";

impl Desk {
    /// Reads one connection, or all: sources of workers first, so that accounts find their people.
    ///
    /// # Errors
    /// [`crate::Code::NotFound`] for an unknown connection. A connection that fails is told in the answer and
    /// does not stop the others.
    pub async fn sync(&self, request: SyncRequest) -> Result<SyncView> {
        self.sound().await?;
        let accept_smaller = request.accept_smaller.as_deref().map(said).transpose()?;
        if accept_smaller.is_some() && request.connection.is_none() {
            return Err(Error::new(
                Code::Usage,
                "a smaller source is accepted one by one",
                "Say with --connection which source may be smaller.",
            ));
        }
        let rows = match &request.connection {
            Some(name) => vec![self.connection_row(name).await?],
            None => self.store.read(|r| r.connections()).await?,
        };
        let before = self.leaver_ids().await?;
        let mut done = Vec::new();
        for kind in [ReadKind::Workers, ReadKind::Accounts] {
            for row in &rows {
                done.extend(self.sync_one(row, kind, accept_smaller.as_deref()).await?);
            }
        }
        for row in &rows {
            done.extend(self.sync_activity(row).await?);
            done.extend(self.sync_usage(row).await?);
        }
        let links_to_confirm = self.match_accounts().await?;
        self.follow_hr().await?;
        let after = self.leaver_ids().await?;
        Ok(SyncView {
            complete: done.iter().all(|c: &ConnectionSync| c.complete),
            connections: done,
            new_leavers: after.difference(&before).count(),
            backlog: self.backlog().await?.len(),
            links_to_confirm,
        })
    }

    async fn leaver_ids(&self) -> Result<BTreeSet<lockstep_domain::ids::EmploymentId>> {
        let states = [EmploymentState::NoticePeriod.as_str(), EmploymentState::Terminated.as_str()];
        let rows = self.leavers().await?;
        Ok(rows.into_iter().filter(|r| states.contains(&r.state.as_str())).map(|r| r.employment).collect())
    }

    /// Reads what one connection has of one kind; `None` when it does not play that role.
    async fn sync_one(
        &self,
        row: &ConnectionRow,
        kind: ReadKind,
        accept_smaller: Option<&str>,
    ) -> Result<Option<ConnectionSync>> {
        let connector = match self.connector(row) {
            Ok(connector) => connector,
            // Told once, with the first kind.
            Err(e) if kind == ReadKind::Workers => {
                return Ok(Some(failed(row, "connection", format!("{e}. {}", e.remedy()))));
            }
            Err(_) => return Ok(None),
        };
        let plays = match kind {
            ReadKind::Workers => connector.workers.is_some(),
            ReadKind::Accounts => connector.accounts.is_some(),
        };
        if !plays {
            return Ok(None);
        }
        if kind == ReadKind::Workers
            && accept_smaller.is_none()
            && let Some(done) = self.sync_changes(row, &connector).await?
        {
            return Ok(Some(done));
        }
        let at = self.clock.now();
        let read = NewRead { id: ReadId(fresh_id(at)?), connection: row.id, kind, started_at: at };
        let begun = read.clone();
        self.store.write(move |tx| tx.begin_read(&begun)).await?;
        match self.stage(row, &connector, &read).await? {
            Ok(summary) => {
                self.keep_trouble(row, None).await?;
                self.end(row, &read, summary, accept_smaller).await.map(Some)
            }
            Err(e) => {
                self.keep_trouble(row, Some(&e)).await?;
                let why = format!("{}. {}", e.context(), e.remedy());
                let (id, reason) = (read.id, why.clone());
                let end = ReadEnd { at: self.clock.now(), rows: 0, claimed_total: None, source_sha256: None };
                self.store.write(move |tx| tx.discard_read(id, &end, &reason)).await?;
                Ok(Some(failed(row, kind.as_str(), why)))
            }
        }
    }

    /// Makes a read the present state if it can be relied on as a whole, and says why if not.
    async fn end(
        &self,
        row: &ConnectionRow,
        read: &NewRead,
        summary: ReadSummary,
        accept_smaller: Option<&str>,
    ) -> Result<ConnectionSync> {
        // A clock that agrees with ours is worth knowing; one that does not is judged when something rests on it.
        self.clock_watch.off_by(summary.clock_skew_s);
        let end = ReadEnd {
            at: self.clock.now(),
            rows: summary.rows,
            claimed_total: summary.claimed_total,
            source_sha256: Some(summary.source_sha256),
        };
        let mut trouble = match &summary.completeness {
            Completeness::Complete => Vec::new(),
            Completeness::Incomplete(reasons) => reasons.clone(),
        };
        let cut_off = summary.findings.iter().any(|f| f.reason.starts_with(OPEN_END));
        let shrunk = self.shrunk(read, summary.rows, cut_off).await?;
        // Nothing after something is never accepted: nobody's company is empty from one day to the next.
        if accept_smaller.is_none() || summary.rows == 0 {
            trouble.extend(shrunk.clone());
        }
        let quarantined: Vec<QuarantinedRow> = summary.quarantined.iter().map(quarantined_row).collect();
        if !quarantined.is_empty() && matches!(summary.completeness, Completeness::Complete) {
            trouble.push(format!("{} rows could not be used", quarantined.len()));
        }
        let (id, kind, act) = (read.id, read.kind, self.act());
        let reason = (!trouble.is_empty()).then(|| trouble.join("; "));
        let accepted = accept_smaller.filter(|_| shrunk.is_some()).map(str::to_owned);
        let (source, from) = (read.connection, cursor_row(read, &end, summary.cursor));
        let baseline = self
            .store
            .write(move |tx| {
                tx.quarantine(id, &quarantined)?;
                if let Some(reason) = reason {
                    tx.discard_read(id, &end, &reason)?;
                    return Ok(false);
                }
                if let Some(why) = accepted {
                    act.append_said(tx, "read.smaller_accepted", json!({ "read": id }), None, &why)?;
                }
                let flipped = match kind {
                    ReadKind::Workers => {
                        match &from {
                            Some(from) => tx.put_cursor(source, from)?,
                            None => tx.drop_cursor(source)?,
                        }
                        tx.flip_workers(id, &end)?
                    }
                    ReadKind::Accounts => tx.flip_accounts(id, &end)?,
                };
                let body = json!({
                    "read": id, "what": kind.as_str(), "rows": end.rows, "baseline": flipped.baseline,
                    "added": flipped.added, "changed": flipped.changed, "missing": flipped.missing,
                    "source_sha256": end.source_sha256,
                });
                act.append(tx, "read.complete", body)?;
                Ok(flipped.baseline)
            })
            .await?;
        Ok(ConnectionSync {
            connection: row.name.clone(),
            what: kind.as_str().into(),
            rows: summary.rows,
            complete: trouble.is_empty(),
            baseline,
            changes_only: false,
            trouble,
            quarantined: summary.quarantined.iter().map(remark).collect(),
            findings: summary.findings.iter().map(remark).collect(),
        })
    }

    /// Why a read is suspiciously smaller than the complete one before it. Nothing after something never
    /// means that everybody left.
    async fn shrunk(&self, read: &NewRead, rows: u64, cut_off: bool) -> Result<Option<String>> {
        let (connection, kind) = (read.connection, read.kind);
        let last = self.store.read(move |r| r.complete_reads(connection, kind, 1)).await?;
        let Some(before) = last.into_iter().next().and_then(|r| r.end).map(|e| e.rows).filter(|n| *n > 0)
        else {
            return Ok(None);
        };
        let percent = self.policy.policy.guards.source_shrink_percent;
        #[expect(clippy::cast_precision_loss, reason = "row counts are far below 2^52")]
        let too_small = rows == 0
            || (rows < before && (cut_off || (before - rows) as f64 * 100.0 / before as f64 > percent));
        Ok(too_small.then(|| {
            format!(
                "the source shrank from {before} to {rows} rows, and more than {percent} % (or any, in a file that may be cut off) is not believed. If that is right, accept it with `lockstep sync --connection NAME --accept-smaller REASON`"
            )
        }))
    }

    async fn stage(
        &self,
        row: &ConnectionRow,
        connector: &Connector,
        read: &NewRead,
    ) -> Result<lockstep_connectors::Result<ReadSummary>> {
        match (read.kind, &connector.workers, &connector.accounts) {
            (ReadKind::Workers, Some(workers), _) => {
                stage::pump(self, row, |out| workers.read_workers(out), Vec::<WorkerRecord>::len, {
                    let id = read.id;
                    move |tx, chunk: Vec<WorkerRecord>| tx.stage_workers(id, &chunk)
                })
                .await
                .map(|pumped| pumped.answer)
            }
            (ReadKind::Accounts, _, Some(accounts)) => stage::pump(
                self,
                row,
                |out| accounts.read_accounts(out),
                |page: &AccountPage| page.accounts.len(),
                {
                    let id = read.id;
                    move |tx, page: AccountPage| {
                        tx.stage_accounts(id, &page.accounts, &page.entitlements, &page.grants)
                    }
                },
            )
            .await
            .map(|pumped| pumped.answer),
            _ => Ok(Err(lockstep_connectors::Error::new(
                lockstep_connectors::Kind::Setting,
                "the connection does not play this role",
                "Look at its settings.",
            ))),
        }
    }
}

/// Where changes go on after a read of everybody.
fn cursor_row(read: &NewRead, end: &ReadEnd, cursor: Option<String>) -> Option<CursorRow> {
    cursor.map(|cursor| CursorRow { cursor, full_read_at: read.started_at, asked_at: end.at })
}

fn failed(row: &ConnectionRow, what: &str, why: String) -> ConnectionSync {
    ConnectionSync {
        connection: row.name.clone(),
        what: what.into(),
        rows: 0,
        complete: false,
        baseline: false,
        changes_only: false,
        trouble: vec![why],
        quarantined: Vec::new(),
        findings: Vec::new(),
    }
}

fn remark(q: &Quarantined) -> RowRemark {
    RowRemark {
        row: q.row.clone(),
        column: q.column.clone(),
        reason: q.reason.clone(),
        remedy: q.remedy.clone(),
    }
}

fn quarantined_row(q: &Quarantined) -> QuarantinedRow {
    QuarantinedRow {
        row: q.row.clone(),
        column: q.column.clone(),
        reason: q.reason.clone(),
        remedy: q.remedy.clone(),
    }
}
