//! Reading use by the hour. Trouble with it is told and holds up nothing: telemetry never decides over access.

use chrono::{DateTime, DurationRound, TimeDelta, Utc};
use lockstep_connectors::UsageSource;
use lockstep_domain::activity::UsageRecord;
use lockstep_store::ConnectionRow;
use tokio::sync::mpsc;

use super::failed;
use crate::api::ConnectionSync;
use crate::desk::Desk;
use crate::error::Result;
use crate::offboard::LOOK_BACK;

/// The newest hours may be incomplete at the vendor and are read once more.
const READ_AGAIN: TimeDelta = TimeDelta::hours(3);
/// What is read and stored at once: no more than vendors send in a page, so that a first read can be broken off
/// and goes on from there.
const AT_ONCE: TimeDelta = TimeDelta::hours(168);
/// Chunks under way between reading and taking.
const IN_FLIGHT: usize = 4;

impl Desk {
    /// Reads the use that is not known yet; `None` when the connection tells none.
    pub(super) async fn sync_usage(&self, row: &ConnectionRow) -> Result<Option<ConnectionSync>> {
        // That a connection cannot be opened is told with its first kind.
        let Some(source) = self.connector(row).ok().and_then(|c| c.usage) else { return Ok(None) };
        let Ok(until) = self.clock.now().duration_trunc(TimeDelta::hours(1)) else { return Ok(None) };
        let id = row.id;
        let known = self.store.read(move |r| r.usage_span(id)).await?;
        let oldest = until - LOOK_BACK;
        let mut from = known.map_or(oldest, |span| (span.until - READ_AGAIN).clamp(oldest, until));
        let mut rows = 0;
        while from < until {
            let to = until.min(from + AT_ONCE);
            match read(source.as_ref(), from, to).await {
                Ok(records) => {
                    rows += u64::try_from(records.len()).unwrap_or(u64::MAX);
                    self.store.write(move |tx| tx.put_usage(id, from, to, &records)).await?;
                }
                Err(e) => return Ok(Some(failed(row, "usage", format!("{}. {}", e.context(), e.remedy())))),
            }
            from = to;
        }
        Ok(Some(ConnectionSync {
            connection: row.name.clone(),
            what: "usage".into(),
            rows,
            complete: true,
            baseline: false,
            changes_only: false,
            trouble: Vec::new(),
            quarantined: Vec::new(),
            findings: Vec::new(),
        }))
    }
}

async fn read(
    source: &dyn UsageSource,
    from: DateTime<Utc>,
    until: DateTime<Utc>,
) -> lockstep_connectors::Result<Vec<UsageRecord>> {
    let (sender, mut chunks) = mpsc::channel::<Vec<UsageRecord>>(IN_FLIGHT);
    let take = async {
        let mut all = Vec::new();
        while let Some(chunk) = chunks.recv().await {
            all.extend(chunk);
        }
        all
    };
    let (read, all) = tokio::join!(source.read_usage(from, until, sender), take);
    read.map(|()| all)
}
