//! Evidence that leaves the house: the bundle of one run, and verifying one.

use lockstep_domain::digest::Digest;
use lockstep_domain::ids::RunId;
use lockstep_domain::run::{Run, RunEvent};
use lockstep_evidence::bundle::{self, Artefact, BundleBuilder, Consistency, VerifyOptions};
use lockstep_evidence::merkle;
use lockstep_evidence::vault::{LocalVault, VaultKey};

use crate::api::{ExportedBundle, VerifyView};
use crate::desk::Desk;
use crate::error::{Code, Error, Result};
use crate::run::record::RECORD;

impl Desk {
    /// Everything about one run in one zip that verifies on its own, in whatever state the run is.
    ///
    /// # Errors
    /// [`Code::NotFound`]; [`Code::Tampered`] when the ledger does not verify.
    pub async fn export_evidence(&self, id: RunId) -> Result<ExportedBundle> {
        let run = self.fold(id).await?;
        let made = self.make_checkpoint().await?;
        let size = made.size;
        let entries = self.store.read(move |r| r.entries_of_run(id)).await?;
        let tree = merkle::Tree::of(&self.leaves(size).await?);
        let mut proven = Vec::new();
        let mut artefacts = Vec::new();
        let mut told_until = run.since;
        for entry in entries.into_iter().filter(|e| e.seq <= size) {
            match RunEvent::from_parts(&entry.kind, &entry.body) {
                Ok(RunEvent::Stored { artefact, sha256, .. }) => {
                    // One file may be the proof of several steps.
                    if !artefacts.iter().any(|a: &Artefact| a.name == artefact) {
                        let key = self.artefact_key(&run, &artefact, &sha256, told_until);
                        let bytes = self.fetch(key, &artefact, sha256).await?;
                        artefacts.push(Artefact { name: artefact.clone(), bytes });
                    }
                    if artefact != RECORD {
                        told_until = entry.at;
                    }
                }
                Ok(RunEvent::Sealed { .. }) => {}
                _ => told_until = entry.at,
            }
            let path = tree.inclusion(entry.seq - 1).map_err(|e| {
                Error::new(Code::Failed, "an entry cannot be proven", "Report this; it is a defect.")
                    .caused_by(e)
            })?;
            proven.push((entry, path));
        }
        let builder = BundleBuilder {
            run: id,
            entries: proven,
            checkpoint: made.note,
            key: self.keys.signer(self.org())?.verifier().clone(),
            artefacts,
            payloads: Vec::new(),
        };
        let bytes = builder.build().map_err(|e| {
            Error::new(Code::Failed, e.to_string(), "Report this; it is a defect.").caused_by(e)
        })?;
        Ok(ExportedBundle { file_name: format!("lockstep-run-{id}.zip"), sha256: Digest::of(&bytes), bytes })
    }

    /// Verifies a bundle. Needs no home, database or network. `trust` is the verifier key got by another
    /// way; `checkpoint` the file of another day's checkpoint.
    pub fn verify_evidence(zip: &[u8], trust: Option<&str>, checkpoint: Option<&str>) -> VerifyView {
        let trust = match trust.map(|t| t.trim().parse()).transpose() {
            Ok(trust) => trust,
            Err(e) => return unusable("the key given with --trust", &e),
        };
        let checkpoint = match checkpoint.map(|text| Consistency::parse(text.as_bytes())).transpose() {
            Ok(checkpoint) => checkpoint,
            Err(e) => return unusable("the checkpoint given with --checkpoint", &e),
        };
        let report = bundle::verify(zip, &VerifyOptions { trust, checkpoint });
        VerifyView {
            ok: report.ok,
            verdict: report.verdict,
            checked: report.checked,
            failures: report.failures.iter().map(ToString::to_string).collect(),
            not_proven: report.not_proven,
        }
    }

    /// The local write-once vault.
    pub(crate) fn vault(&self) -> Result<LocalVault> {
        LocalVault::open(self.home.vault()).map_err(|e| {
            Error::new(Code::Failed, e.to_string(), "Make room or access for the evidence vault.")
                .caused_by(e)
        })
    }

    /// Where an artefact of a run lies: names follow from the ledger, so that nothing else has to remember.
    fn artefact_key(
        &self,
        run: &Run,
        artefact: &str,
        sha256: &Digest,
        told_until: chrono::DateTime<chrono::Utc>,
    ) -> VaultKey {
        let (org, person) = (self.org(), run.opened.person);
        match artefact {
            "snapshot.pdf" => VaultKey::snapshot(org, person, run.since),
            RECORD => VaultKey::record(org, person, told_until),
            _ => VaultKey::file(org, person, run.since, sha256),
        }
    }

    async fn fetch(&self, key: VaultKey, name: &str, expected: Digest) -> Result<Vec<u8>> {
        let path = self.vault()?.path(&key);
        let bytes = tokio::fs::read(&path).await.map_err(|e| {
            Error::new(
                Code::Failed,
                format!("{name} cannot be read from the evidence vault"),
                "Restore the vault folder from a backup; the ledger holds the file's SHA-256.",
            )
            .caused_by(e)
        })?;
        if Digest::of(&bytes) != expected {
            return Err(Error::new(
                Code::Tampered,
                format!("{name} in the evidence vault is not what was sealed"),
                "Restore the vault folder from a backup, and find out who changed it.",
            ));
        }
        Ok(bytes)
    }
}

fn unusable(what: &str, cause: &dyn std::fmt::Display) -> VerifyView {
    VerifyView {
        ok: false,
        verdict: format!("not verified: {what} cannot be used"),
        checked: Vec::new(),
        failures: vec![format!("{what}: {cause}")],
        not_proven: Vec::new(),
    }
}
