//! Reading systems' own logs: continuously, from where the last read ended, and kept.

use chrono::TimeDelta;
use lockstep_connectors::{ActivityFrom, ActivityPage};
use lockstep_store::{ActivityLog, ConnectionRow};

use super::{failed, stage};
use crate::api::ConnectionSync;
use crate::desk::Desk;
use crate::error::Result;

/// How far back the first read asks. What a vendor keeps may be less.
const FIRST_READ_DAYS: i64 = 90;

/// What is read, in the answer of a sync.
const ACTIVITY: &str = "activity";

impl Desk {
    /// Reads what is new in a connection's log; `None` when it keeps none. Pages that were read before a
    /// failure are kept: the next read goes on after them.
    pub(super) async fn sync_activity(&self, row: &ConnectionRow) -> Result<Option<ConnectionSync>> {
        // A connection that cannot be opened was told with its other reads.
        let Some(source) = self.connector(row).ok().and_then(|c| c.activity) else { return Ok(None) };
        let id = row.id;
        let known = self.store.read(move |r| r.activity_log(id)).await?;
        let now = self.clock.now();
        let since = known.as_ref().map_or(now - TimeDelta::days(FIRST_READ_DAYS), |log| log.since);
        let from = known.map_or(ActivityFrom::Since(since), |log| ActivityFrom::Cursor(log.cursor));
        let read = stage::pump(
            self,
            row,
            |out| source.read_activity(&from, out),
            |page: &ActivityPage| page.events.len(),
            move |tx, page: ActivityPage| {
                let log = ActivityLog { since, cursor: page.cursor, read_at: now };
                tx.keep_activity(id, &page.events, &log)
            },
        )
        .await?;
        Ok(Some(match read.answer {
            Ok(()) => ConnectionSync {
                rows: read.rows,
                complete: true,
                trouble: Vec::new(),
                ..failed(row, ACTIVITY, String::new())
            },
            Err(e) => {
                self.keep_trouble(row, Some(&e)).await?;
                failed(row, ACTIVITY, format!("{}. {}", e.context(), e.remedy()))
            }
        }))
    }
}
