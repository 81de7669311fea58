//! What every connector promises, by role.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use lockstep_domain::access::{AccountRecord, EntitlementRecord, GrantRecord, Observation, Wish};
use lockstep_domain::activity::{ActivityRecord, UsageRecord};
use lockstep_domain::capability::Can;
use lockstep_domain::digest::Digest;
use lockstep_domain::people::WorkerRecord;
use serde::{Deserialize, Serialize};
use tokio::sync::mpsc;
use uuid::Uuid;
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
    /// Tells who signed in and who changed what.
    pub activity: Option<Arc<dyn ActivitySource>>,
    /// Tells how much was used, and by whom.
    pub usage: Option<Arc<dyn UsageSource>>,
    /// Passes notices on to people.
    pub notices: Option<Arc<dyn NoticeSink>>,
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

    /// Reads what changed since the place that an earlier read or this gave in its cursor. `None`: the source
    /// keeps no such list, or no longer from there; read everybody then.
    async fn read_changes(&self, cursor: &str) -> Result<Option<Changes>> {
        let _ = cursor;
        Ok(None)
    }

    /// The vendor's clock minus ours in seconds, by its last answer. `None`: it told no time.
    fn clock_skew_s(&self) -> Option<i64> {
        None
    }

    /// Tries the connection without changing anything.
    async fn probe(&self) -> Result<Probe>;
}

/// What a source of workers says changed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Changes {
    /// Everybody who changed, with all stints.
    pub workers: Vec<WorkerRecord>,
    /// Vendor ids of people that the source says it no longer has. Never taken for an end of employment.
    pub gone: Vec<String>,
    /// Rows that could not be used, and remarks; with any of the former nothing of these changes may be used.
    pub quarantined: Vec<Quarantined>,
    /// Where to go on from.
    pub cursor: String,
}

/// Lists accounts.
#[async_trait]
pub trait AccountSource: Send + Sync {
    /// Reads all accounts, entitlements and grants, page by page.
    async fn read_accounts(&self, out: mpsc::Sender<AccountPage>) -> Result<ReadSummary>;

    /// Reads one account with all that hangs on it: what the list leaves out because it would cost requests
    /// for every account (roles, factors, keys). `None`: the list tells everything. An account that is not
    /// there is an empty page.
    async fn read_account(&self, account_remote_id: &str) -> Result<Option<AccountPage>> {
        let _ = account_remote_id;
        Ok(None)
    }

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

    /// The vendor's clock minus ours in seconds, by its last answer. `None`: it told no time.
    fn clock_skew_s(&self) -> Option<i64> {
        None
    }
}

/// Tells who signed in and who changed what.
#[async_trait]
pub trait ActivitySource: Send + Sync {
    /// Reads events in the order in which the vendor gives them, page by page, up to the present. An event may be
    /// told more than once.
    async fn read_activity(&self, from: &ActivityFrom, out: mpsc::Sender<ActivityPage>) -> Result<()>;
}

/// Where to begin to read events.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ActivityFrom {
    /// At an instant (UTC), or as far back as the vendor keeps events.
    Since(DateTime<Utc>),
    /// Where an earlier page ended.
    Cursor(String),
}

/// Some events, and where to go on from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ActivityPage {
    /// The events.
    pub events: Vec<ActivityRecord>,
    /// Where to go on from once these are stored.
    pub cursor: String,
}

/// Tells how much was used, and by whom.
#[async_trait]
pub trait UsageSource: Send + Sync {
    /// Reads use by account, key, model and hour, from `from` (included) until `until` (not included), both UTC.
    async fn read_usage(
        &self,
        from: DateTime<Utc>,
        until: DateTime<Utc>,
        out: mpsc::Sender<Vec<UsageRecord>>,
    ) -> Result<()>;
}

/// Passes notices on to people who are elsewhere.
#[async_trait]
pub trait NoticeSink: Send + Sync {
    /// Sends one notice, once. After an error that does not say "nothing was sent" it may have arrived all the same.
    async fn send(&self, notice: &Notice) -> Result<()>;
}

/// A message that leaves the machine. Its words are neutral: no name, e-mail, system or reason, since a chat or a
/// mailbox is read by more people than may know who leaves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// The same for every attempt, so that a receiver can tell a repeated one.
    pub id: Uuid,
    /// How soon somebody has to look.
    pub severity: Severity,
    /// One line.
    pub subject: String,
    /// What happened and what to do.
    pub body: String,
    /// When it was noticed (UTC).
    pub at: DateTime<Utc>,
}

/// How soon somebody has to look.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// Nothing has to be done.
    Info,
    /// Today.
    Warning,
    /// Now.
    Urgent,
}

impl Severity {
    const ALL: [Self; 3] = [Self::Info, Self::Warning, Self::Urgent];

    /// The word that is stored and sent.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Warning => "warning",
            Self::Urgent => "urgent",
        }
    }

    /// What has this word.
    pub fn of_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|severity| severity.as_str() == word)
    }
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
    /// Where [`WorkerSource::read_changes`] may go on from, where the source keeps a list of changes.
    pub cursor: Option<String>,
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
