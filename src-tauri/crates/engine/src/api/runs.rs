//! Previews and runs.

use chrono::{DateTime, Utc};
use lockstep_domain::digest::Digest;
use lockstep_domain::guards::Refusal;
use lockstep_domain::ids::{PersonId, RunId};
use lockstep_domain::plan::{BlastRadius, Residual, StepId};
use lockstep_domain::run::{AccessCut, Standing};
use serde::{Deserialize, Serialize};

/// Who shall be offboarded, and when.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct OffboardRequest {
    /// People by id, e-mail, employee number or exact name. Several are one batch.
    pub people: Vec<String>,
    /// Now, whatever HR's dates say: an operator's explicit act.
    pub now: bool,
    /// Why now; required with `now`.
    pub reason: Option<String>,
}

/// What would be done, and what speaks against it.
#[derive(Clone, Debug, Serialize)]
pub struct PreviewView {
    /// One per person.
    pub people: Vec<PersonPreview>,
    /// What `offboard start --approve` has to be given.
    pub digest: Digest,
}

/// The preview for one person.
#[derive(Clone, Debug, Serialize)]
pub struct PersonPreview {
    /// The person.
    pub person: PersonId,
    /// Name.
    pub name: String,
    /// Work e-mail.
    pub work_email: Option<String>,
    /// State by the dates.
    pub state: String,
    /// When access ends (UTC).
    pub access_end_at: Option<DateTime<Utc>>,
    /// The same by the clock on the wall there.
    pub access_end_local: Option<String>,
    /// When employment ends (UTC); removal waits for it.
    pub employment_end_at: Option<DateTime<Utc>>,
    /// This person's authority digest.
    pub authority: Digest,
    /// What it cuts and may break.
    pub blast_radius: BlastRadius,
    /// The steps.
    pub steps: Vec<PreviewStep>,
    /// What stays.
    pub residuals: Vec<Residual>,
    /// What speaks against starting; empty means it may start.
    pub refusals: Vec<RefusalView>,
}

/// Something that speaks against starting.
#[derive(Clone, Debug, Serialize)]
pub struct RefusalView {
    /// What.
    #[serde(flatten)]
    pub refusal: Refusal,
    /// What to do.
    pub remedy: String,
}

impl From<Refusal> for RefusalView {
    fn from(refusal: Refusal) -> Self {
        let remedy = refusal.remedy().to_owned();
        Self { refusal, remedy }
    }
}

/// A step of a preview.
#[derive(Clone, Debug, Serialize)]
pub struct PreviewStep {
    /// The step, named.
    #[serde(flatten)]
    pub step: NamedStep,
    /// What would block it as things are now, with remedy.
    pub blocked: Option<(String, String)>,
}

/// A step with the names that people need.
#[derive(Clone, Debug, Serialize)]
pub struct NamedStep {
    /// Id.
    pub id: StepId,
    /// Wave.
    pub wave: String,
    /// The system's name.
    pub system: String,
    /// The account there.
    pub account: Option<String>,
    /// What must become true, in words.
    pub wish: String,
    /// The strongest effect, as long as the system refuses nothing.
    pub effect: String,
    /// What is done where the system refuses that, and what it costs; part of what is approved.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fallback: Option<String>,
    /// Who answers for it.
    pub owner: Option<String>,
    /// Due (UTC).
    pub due: Option<DateTime<Utc>>,
}

/// Start what was previewed.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct StartRequest {
    /// The same request as previewed.
    #[serde(flatten)]
    pub who: OffboardRequest,
    /// The digest that the preview showed.
    pub approve: Option<Digest>,
    /// A second operator's name, where the policy asks for two.
    pub second_approver: Option<String>,
}

/// A run on a list.
#[derive(Clone, Debug, Serialize)]
pub struct RunRow {
    /// Id.
    pub id: RunId,
    /// The person.
    pub person: PersonId,
    /// Name.
    pub name: String,
    /// When it was opened (UTC).
    pub opened_at: DateTime<Utc>,
    /// Where it stands.
    pub standing: Standing,
    /// Access cut.
    pub access_cut: AccessCut,
    /// Steps left, people's work included.
    pub open_steps: usize,
    /// When it was sealed (UTC).
    pub sealed_at: Option<DateTime<Utc>>,
}

/// A run with its steps.
#[derive(Clone, Debug, Serialize)]
pub struct RunView {
    /// The row.
    #[serde(flatten)]
    pub row: RunRow,
    /// When access ends (UTC).
    pub access_end_at: Option<DateTime<Utc>>,
    /// The authority digest that was approved.
    pub authority: Digest,
    /// Whether HR was read again at the last look.
    pub hr_reread: bool,
    /// How many seconds after its instant its timer opened it, if that was late.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub late_s: Option<i64>,
    /// Why it is held.
    pub held: Option<String>,
    /// Steps in plan order.
    pub steps: Vec<StepView>,
    /// What stays.
    pub residuals: Vec<Residual>,
    /// SHA-256 of the sealed record.
    pub record_sha256: Option<Digest>,
}

/// A step of a run.
#[derive(Clone, Debug, Serialize)]
pub struct StepView {
    /// The step, named.
    #[serde(flatten)]
    pub step: NamedStep,
    /// State in a word.
    pub state: String,
    /// How sure we are, or why it waits.
    pub detail: Option<String>,
    /// What to do, where a person has to act.
    pub remedy: Option<String>,
    /// Writes sent.
    pub attempts: usize,
    /// When it was seen to hold, or was confirmed to have been done (UTC).
    pub at: Option<DateTime<Utc>>,
}

/// A person's word that a step was done by hand.
#[derive(Clone, Debug, Deserialize)]
pub struct Attestation {
    /// The run.
    pub run: RunId,
    /// The step, by id or a unique beginning of it.
    pub step: String,
    /// The account it was done to.
    pub account: String,
    /// When it was done (UTC).
    pub done_at: DateTime<Utc>,
    /// What was done, in words.
    pub note: String,
    /// A file as proof: name and bytes.
    pub file: Option<(String, Vec<u8>)>,
}
