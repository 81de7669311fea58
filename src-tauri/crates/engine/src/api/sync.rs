//! Reading the sources and the targets.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// Which connections to read.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct SyncRequest {
    /// One connection by name or id; all when `None`.
    pub connection: Option<String>,
    /// Accept that a source became much smaller, and why. A logged act.
    pub accept_smaller: Option<String>,
}

/// What a sync did.
#[derive(Clone, Debug, Serialize)]
pub struct SyncView {
    /// One row per connection, in the order in which they were read.
    pub connections: Vec<ConnectionSync>,
    /// Stints that are new on the list of leavers.
    pub new_leavers: usize,
    /// People who left before the first read and still have access.
    pub backlog: usize,
    /// Links that a person has to look at.
    pub links_to_confirm: usize,
    /// Whether every read was complete; otherwise nobody becomes a leaver by it.
    pub complete: bool,
}

/// How reading one connection went.
#[derive(Clone, Debug, Serialize)]
pub struct ConnectionSync {
    /// The connection's name.
    pub connection: String,
    /// What was read: "workers", "accounts" or "activity".
    pub what: String,
    /// Rows read.
    pub rows: u64,
    /// Whether the read can be relied on as a whole.
    pub complete: bool,
    /// Whether it is the first complete read of its source.
    pub baseline: bool,
    /// Whether only what changed was asked for; the rows are those of the people who changed.
    pub changes_only: bool,
    /// Why it is not complete, or what failed, with remedy.
    pub trouble: Vec<String>,
    /// Rows that could not be used.
    pub quarantined: Vec<RowRemark>,
    /// Remarks on rows that were used.
    pub findings: Vec<RowRemark>,
}

/// A remark on a row.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RowRemark {
    /// Where.
    pub row: String,
    /// Which column.
    pub column: String,
    /// What is wrong.
    pub reason: String,
    /// What to do.
    pub remedy: String,
}

/// How long work is coming along; sent while it goes on.
#[derive(Clone, Debug, Serialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum Progress {
    /// A connection is being read.
    Reading {
        /// Its name.
        connection: String,
        /// Rows so far.
        rows: u64,
    },
    /// Something happened in a run.
    Run {
        /// The run.
        run: String,
        /// The ledger entry.
        seq: u64,
        /// What happened, in words.
        line: String,
        /// When (UTC).
        at: DateTime<Utc>,
    },
}
