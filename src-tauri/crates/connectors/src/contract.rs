//! What every connector promises, by role.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use lockstep_domain::access::{AccountRecord, EntitlementRecord, GrantRecord, Observation, Wish};
use lockstep_domain::capability::Can;
use lockstep_domain::digest::Digest;
use lockstep_domain::people::WorkerRecord;
use serde::{Deserialize, Serialize};
use tokio::sync::mpsc;
use zeroize::Zeroizing;

use crate::clock::Clock;
use crate::descriptor::Descriptor;
use crate::error::Result;

/// A vendor: its description and how to open a connection to it.
#[derive(Clone)]
pub struct Vendor {
    /// What it is.
    pub descriptor: Descriptor,
    /// Opens a connection; talks to nobody yet.
    pub open: Arc<dyn Fn(OpenContext) -> Result<Connector> + Send + Sync>,
}

impl fmt::Debug for Vendor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Vendor").field(&self.descriptor.id).finish()
    }
}

/// What opening a connection needs.
pub struct OpenContext {
    /// Settings by field name, secrets not among them.
    pub settings: BTreeMap<String, String>,
    /// Secrets by field name.
    pub secrets: BTreeMap<String, Zeroizing<String>>,
    /// The clock that paces and stamps.
    pub clock: Arc<dyn Clock>,
}

/// An open connection: the roles that this vendor plays with these settings.
#[derive(Clone, Default)]
pub struct Connector {
    /// Source of workers.
    pub workers: Option<Arc<dyn WorkerSource>>,
    /// Lists accounts.
    pub accounts: Option<Arc<dyn AccountSource>>,
    /// Changes accounts.
    pub access: Option<Arc<dyn AccessTarget>>,
    /// Tells one tenant of the vendor from another (host and path, file name); part of natural ids.
    pub tenant: String,
}

/// A source of workers.
#[async_trait]
pub trait WorkerSource: Send + Sync {
    /// Reads everybody, chunk by chunk. An error means that nothing of this read may be used.
    async fn read_workers(&self, out: mpsc::Sender<Vec<WorkerRecord>>) -> Result<ReadSummary>;

    /// Reads all stints of one person now (the last look). Empty: the source does not list the person,
    /// which never means that they left.
    async fn read_worker(&self, remote_person_id: &str) -> Result<Vec<WorkerRecord>>;

    /// Tries the connection without changing anything.
    async fn probe(&self) -> Result<Probe>;
}

/// Lists accounts.
#[async_trait]
pub trait AccountSource: Send + Sync {
    /// Reads all accounts, entitlements and grants, page by page.
    async fn read_accounts(&self, out: mpsc::Sender<AccountPage>) -> Result<ReadSummary>;

    /// Tries the connection without changing anything.
    async fn probe(&self) -> Result<Probe>;
}

/// Reads one account back and changes it.
#[async_trait]
pub trait AccessTarget: Send + Sync {
    /// What it can do with these settings; for one wish, dialects in the order in which to try them.
    fn can(&self) -> Vec<Can>;

    /// Reads one account by the vendor's id. Not being there is a value. Never a search: searches lag.
    async fn observe(&self, account_remote_id: &str) -> Result<Observation>;

    /// Sends one write, once. A success says only that the vendor took it.
    async fn apply(&self, order: &Order) -> Result<Receipt>;

    /// The vendor id of the account that our own credentials belong to, if the vendor tells.
    async fn own_account(&self) -> Result<Option<String>>;
}

/// One write to send.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Order {
    /// The step's id, for vendors that take an idempotency key.
    pub step: Digest,
    /// The vendor's id of the account.
    pub account_remote_id: String,
    /// What must become true.
    pub wish: Wish,
    /// The dialect to speak; one of those that `can` lists for this wish.
    pub dialect: Option<String>,
}

/// The vendor's answer to a write.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Receipt {
    /// When the answer came (UTC, our clock).
    pub at: DateTime<Utc>,
    /// The vendor's status ("204").
    pub status: String,
    /// The vendor's id of the request, if it gave one.
    pub request_id: Option<String>,
    /// SHA-256 of the answer's body.
    pub body_sha256: Digest,
}

/// A page of accounts with what belongs to them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AccountPage {
    /// Accounts.
    pub accounts: Vec<AccountRecord>,
    /// Entitlements.
    pub entitlements: Vec<EntitlementRecord>,
    /// Who holds what.
    pub grants: Vec<GrantRecord>,
}

/// How a read ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReadSummary {
    /// Records passed on.
    pub rows: u64,
    /// The number that the vendor says there are, where it says so.
    pub claimed_total: Option<u64>,
    /// Rows that could not be used; each makes the read incomplete.
    pub quarantined: Vec<Quarantined>,
    /// Remarks on rows that were used ("a time of day was dropped").
    pub findings: Vec<Quarantined>,
    /// Whether absence from this read may be believed.
    pub completeness: Completeness,
    /// SHA-256 over the source's bytes, to tell a second read from the same bytes again.
    pub source_sha256: Digest,
    /// The vendor's clock minus ours in seconds, where an answer carried a date.
    pub clock_skew_s: Option<i64>,
}

/// Whether a read can be relied on as a whole.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "completeness", content = "reasons", rename_all = "snake_case")]
pub enum Completeness {
    /// The last page came, totals agree, and the fields relied on were readable.
    Complete,
    /// It cannot; why, in words for the operator.
    Incomplete(Vec<String>),
}

/// A row with a fault. Values are shortened and stripped of control characters.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Quarantined {
    /// Where: row number as a spreadsheet shows it, or the vendor's id.
    pub row: String,
    /// The column or field.
    pub column: String,
    /// What is wrong.
    pub reason: String,
    /// What to do.
    pub remedy: String,
}

/// What trying a connection found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Probe {
    /// What answered ("SCIM 2.0, 5 users").
    pub summary: String,
    /// Rights held, as far as the vendor tells.
    pub held: Vec<String>,
    /// Rights needed and not held.
    pub missing: Vec<String>,
    /// Rights held and not needed.
    pub excess: Vec<String>,
}
