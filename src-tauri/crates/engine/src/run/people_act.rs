//! What people do to a run: stop it, accept an exception, confirm by hand.

use lockstep_domain::digest::Digest;
use lockstep_domain::ids::RunId;
use lockstep_domain::plan::StepId;
use lockstep_domain::run::{Run, RunEvent, StepState};
use lockstep_evidence::vault::{Vault, VaultKey};
use serde::{Deserialize, Serialize};

use super::journal::Record;
use super::last_look::LookBack;
use crate::api::{Attestation, RunView};
use crate::desk::Desk;
use crate::error::{Code, Error, Result};
use crate::pause::said;

/// What the payload of an act keeps of the person's own words.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Said {
    /// Who, by name.
    pub(crate) by: String,
    /// Why, or what was done.
    pub(crate) words: String,
    /// The account it was done to.
    pub(crate) account: Option<String>,
    /// The file given as proof, by its own name.
    pub(crate) file_name: Option<String>,
}

impl Desk {
    /// Stops a run before its next step; what is done stays done.
    ///
    /// # Errors
    /// [`Code::NotFound`], [`Code::Usage`] without a reason or when it is through.
    pub async fn cancel(&self, id: RunId, reason: &str) -> Result<RunView> {
        let words = said(reason)?;
        self.fold(id).await?;
        let told = Said { by: self.operator.name.clone(), words, account: None, file_name: None };
        self.record_act(id, vec![Record::with(RunEvent::Cancelled {}, &told)]).await?;
        self.go_on(id).await // seals what was done
    }

    /// Lets a held run go on, once HR's record again says what was approved.
    ///
    /// # Errors
    /// [`Code::NotFound`]; [`Code::Usage`] without a reason or when it is not held; [`Code::NeedsPerson`] while HR
    /// says something else or cannot be read.
    pub async fn release(&self, id: RunId, reason: &str) -> Result<RunView> {
        let words = said(reason)?;
        if self.fold(id).await?.held.is_none() {
            return Err(Error::new(
                Code::Usage,
                format!("run {id} is not held"),
                "Look at it with `lockstep run show`; `lockstep run resume` goes on with what is open.",
            ));
        }
        let (what, remedy) = match self.look_back(&self.dossier(id).await?).await? {
            LookBack::Same => {
                let told = Said { by: self.operator.name.clone(), words, account: None, file_name: None };
                self.record_act(id, vec![Record::with(RunEvent::Released {}, &told)]).await?;
                return self.go_on(id).await;
            }
            LookBack::Changed => (
                "HR's record still is not what was approved",
                "Stop the run with `lockstep offboard cancel`, then preview the person again: what HR says now has to be approved.",
            ),
            LookBack::Unread => (
                "HR cannot be read, so that nobody can tell whether the approval still fits",
                "Restore the HR connection, then release the run.",
            ),
            LookBack::ClockOff(_) => (
                "this machine's clock is off, and what HR says rests on instants",
                "Set the clock right, then release the run.",
            ),
        };
        Err(Error::new(Code::NeedsPerson, format!("run {id} stays held: {what}"), remedy))
    }

    /// Accepts a step as an exception. `step` by id or a unique beginning of it.
    ///
    /// # Errors
    /// [`Code::NotFound`], [`Code::Usage`] without a reason or when the step is closed.
    pub async fn waive(&self, id: RunId, step: &str, reason: &str) -> Result<RunView> {
        let words = said(reason)?;
        let run = self.fold(id).await?;
        let step = find_step(&run, step)?;
        let told = Said { by: self.operator.name.clone(), words, account: None, file_name: None };
        self.record_act(id, vec![Record::with(RunEvent::Waived { step }, &told)]).await?;
        self.go_on(id).await
    }

    /// Takes a person's word that a step was done by hand, with a file as proof where there is one.
    ///
    /// # Errors
    /// [`Code::NotFound`]; [`Code::Usage`] without words or account, or with a time to come.
    pub async fn attest(&self, attestation: Attestation) -> Result<RunView> {
        let words = said(&attestation.note)?;
        if attestation.account.trim().is_empty() {
            return Err(Error::new(
                Code::Usage,
                "the account is missing",
                "Say with --account which account it was done to; \"none\" when there was none.",
            ));
        }
        let now = self.clock.now();
        if attestation.done_at > now {
            return Err(Error::new(
                Code::Usage,
                "it is said to be done in the future",
                "Give the time at which it was done with --done-at.",
            ));
        }
        let id = attestation.run;
        let run = self.fold(id).await?;
        let step = find_step(&run, &attestation.step)?;
        let person = run.opened.person;
        let mut records = Vec::new();
        let mut file = None;
        let mut file_name = None;
        if let Some((name, bytes)) = attestation.file {
            let sha256 = Digest::of(&bytes);
            let key = VaultKey::file(self.org(), person, run.since, &sha256);
            let size = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
            let artefact = format!("attested-{}", &sha256.to_string()[..16]);
            self.put_away(key, bytes).await?;
            records.push(Record::of(RunEvent::Stored { artefact, sha256, size, vault: "local".into() }));
            file = Some(sha256);
            file_name = Some(name);
        }
        let told = Said {
            by: self.operator.name.clone(),
            words,
            account: Some(attestation.account.trim().to_owned()),
            file_name,
        };
        let done_at = attestation.done_at;
        records.push(Record::with(RunEvent::Attested { step, done_at, file }, &told));
        self.record_act(id, records).await?;
        self.go_on(id).await
    }

    /// Goes on with a run after a person closed one of its steps, if nobody else is driving it.
    async fn go_on(&self, id: RunId) -> Result<RunView> {
        let targets = self.targets().await?;
        match self.drive(id, &targets).await {
            Ok(()) => {}
            Err(e) if matches!(e.code(), Code::Busy | Code::NeedsPerson) => self.notice(e.to_string()),
            Err(e) => return Err(e),
        }
        self.run(id).await
    }

    /// Stores bytes in the local vault, read back.
    pub(crate) async fn put_away(&self, key: VaultKey, bytes: Vec<u8>) -> Result<()> {
        let vault = self.vault()?;
        let stored = tokio::task::spawn_blocking(move || vault.put(&key, &bytes)).await.map_err(|e| {
            Error::new(Code::Failed, "the evidence vault did not answer", "Try again.").caused_by(e)
        })?;
        stored.map(|_| ()).map_err(|e| {
            Error::new(
                Code::Failed,
                e.to_string(),
                "Make room or access for the evidence vault, then try again.",
            )
            .caused_by(e)
        })
    }
}

fn find_step(run: &Run, text: &str) -> Result<StepId> {
    let text = text.trim().to_lowercase();
    let found: Vec<StepId> = run
        .steps
        .iter()
        .map(|s| s.outline.id)
        .filter(|id| text.len() >= 4 && id.to_string().starts_with(&text))
        .collect();
    match found[..] {
        [one] => {
            let closed = run
                .step(one)
                .is_some_and(|s| matches!(s.state, StepState::Waived | StepState::Attested { .. }));
            if closed {
                return Err(Error::new(
                    Code::Usage,
                    "the step is closed already",
                    "Look at it with `lockstep run show`.",
                ));
            }
            Ok(one)
        }
        [] => Err(Error::new(
            Code::NotFound,
            format!("the run has no step {text:?}"),
            "`lockstep run show` lists the steps; four or more characters of an id are enough.",
        )),
        _ => {
            Err(Error::new(Code::Usage, format!("several steps begin with {text:?}"), "Give more of the id."))
        }
    }
}
