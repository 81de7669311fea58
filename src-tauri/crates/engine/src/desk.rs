//! The Desk: opening a home, and the verbs that shells call (each noun in a file of its own).

use std::path::Path;
use std::sync::Arc;

use lockstep_connectors::{Clock, Vendor};
use lockstep_domain::ids::{OrgId, RunId};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::api::*;
use crate::error::Result;

/// Where progress goes while long work is under way.
pub type ProgressSink = Arc<dyn Fn(Progress) + Send + Sync>;

/// Which secret store a home uses; chosen at `init`, written in the home.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SecretsKind {
    /// The operating system's keychain.
    Keychain,
    /// A sealed file in the home, opened by a passphrase. Only by explicit choice.
    SealedFile,
}

/// How to reach the secrets of this home.
pub enum SecretsChoice {
    /// The keychain.
    Keychain,
    /// The sealed file, with its passphrase.
    SealedFile(Zeroizing<String>),
}

/// What a Desk is opened with.
pub struct DeskOptions {
    /// The clock.
    pub clock: Arc<dyn Clock>,
    /// The vendors of this build.
    pub vendors: Vec<Vendor>,
    /// The operator, as the operating system names them.
    pub operator: String,
    /// How to reach the secrets.
    pub secrets: SecretsChoice,
    /// Where progress goes.
    pub progress: Option<ProgressSink>,
}

/// A new home.
#[derive(Clone, Debug, Deserialize)]
pub struct Init {
    /// The organisation's name.
    pub organisation: String,
    /// The operator's own work e-mail, so that nobody cuts themselves off.
    pub operator_email: Option<String>,
}

/// An open home.
pub struct Desk;

impl Desk {
    /// Sets up a new home in an empty or missing folder and opens it.
    pub async fn init(_home: &Path, _init: Init, _options: DeskOptions) -> Result<Self> { todo!() }
    /// Opens a home.
    pub async fn open(_home: &Path, _options: DeskOptions) -> Result<Self> { todo!() }
    /// Which secret store a home uses.
    pub fn secrets_kind(_home: &Path) -> Result<SecretsKind> { todo!() }
    pub fn org(&self) -> OrgId { todo!() }
    /// Remarks at opening that the operator must see (unclean stop, stale anchor).
    pub fn notices(&self) -> Vec<String> { todo!() }

    pub fn vendors(&self) -> Vec<VendorView> { todo!() }
    pub fn vendor(&self, _id: &str) -> Result<VendorView> { todo!() }

    pub async fn add_connection(&self, _add: AddConnection) -> Result<ConnectionView> { todo!() }
    pub async fn connections(&self) -> Result<Vec<ConnectionView>> { todo!() }
    pub async fn test_connection(&self, _name: &str) -> Result<ProbeView> { todo!() }
    pub async fn set_mode(&self, _set: SetMode) -> Result<ConnectionView> { todo!() }
    pub async fn remove_connection(&self, _name: &str, _reason: &str) -> Result<()> { todo!() }

    pub async fn systems(&self) -> Result<Vec<SystemView>> { todo!() }
    pub async fn set_system(&self, _set: SetSystem) -> Result<SystemView> { todo!() }
    pub async fn import_systems(&self, _csv: &[u8]) -> Result<SystemImport> { todo!() }

    pub async fn sync(&self, _request: SyncRequest) -> Result<SyncView> { todo!() }

    pub async fn people(&self, _query: PeopleQuery) -> Result<Vec<PersonRow>> { todo!() }
    /// By id, e-mail, employee number or exact name.
    pub async fn person(&self, _person: &str) -> Result<PersonView> { todo!() }
    /// All links, or those that wait for a decision.
    pub async fn links(&self, _only_proposed: bool) -> Result<Vec<LinkView>> { todo!() }
    pub async fn decide_link(&self, _decide: DecideLink) -> Result<LinkView> { todo!() }
    pub async fn leavers(&self) -> Result<Vec<LeaverRow>> { todo!() }
    pub async fn backlog(&self) -> Result<Vec<BacklogRow>> { todo!() }

    pub async fn preview(&self, _request: &OffboardRequest) -> Result<PreviewView> { todo!() }
    /// Starts and drives until nothing more can be done now.
    pub async fn start(&self, _request: StartRequest) -> Result<Vec<RunView>> { todo!() }
    pub async fn cancel(&self, _run: RunId, _reason: &str) -> Result<RunView> { todo!() }
    pub async fn runs(&self) -> Result<Vec<RunRow>> { todo!() }
    pub async fn run(&self, _run: RunId) -> Result<RunView> { todo!() }
    /// The run whose id begins so.
    pub async fn find_run(&self, _prefix: &str) -> Result<RunId> { todo!() }
    /// Goes on with a run, or with all open ones; blocked steps are tried again.
    pub async fn resume(&self, _run: Option<RunId>) -> Result<Vec<RunView>> { todo!() }
    /// `step` by id or a unique beginning of it.
    pub async fn waive(&self, _run: RunId, _step: &str, _reason: &str) -> Result<RunView> { todo!() }
    pub async fn attest(&self, _attestation: Attestation) -> Result<RunView> { todo!() }

    pub async fn export_evidence(&self, _run: RunId) -> Result<ExportedBundle> { todo!() }
    /// Needs no home. `trust`: verifier key text; `checkpoint`: a later checkpoint note.
    pub fn verify_evidence(_bundle: &[u8], _trust: Option<&str>, _checkpoint: Option<&str>) -> VerifyView { todo!() }
    pub async fn verify_ledger(&self) -> Result<LedgerView> { todo!() }
    pub async fn key(&self) -> Result<KeyView> { todo!() }

    pub fn policy(&self) -> PolicyView { todo!() }
    pub async fn pause(&self, _reason: &str, _hours: u32) -> Result<PauseView> { todo!() }
    pub async fn unpause(&self, _reason: &str) -> Result<PauseView> { todo!() }
    pub async fn pause_status(&self) -> Result<PauseView> { todo!() }
}
