//! The home's own secrets: the key that wraps personal payloads, and the key that signs checkpoints.

use std::sync::Arc;

use lockstep_domain::ids::OrgId;
use lockstep_evidence::checkpoint;
use lockstep_evidence::note::{NoteSigner, Seed};
use lockstep_store::MasterKey;
use lockstep_store::{Keychain, SealedFile, SecretStore, Unlock};
use zeroize::Zeroizing;

use crate::desk::SecretsChoice;
use crate::error::{Code, Error, Result};
use crate::home::Home;

const MASTER: &str = "master-key";
const EVIDENCE: &str = "evidence-key";

/// The two keys, in memory while a home is open.
pub(crate) struct Keys {
    master: Zeroizing<Vec<u8>>,
    evidence: Zeroizing<Vec<u8>>,
}

impl Keys {
    /// Makes and stores fresh keys.
    pub(crate) fn create(secrets: &dyn SecretStore) -> Result<Self> {
        let fresh = || -> Result<Zeroizing<Vec<u8>>> {
            Ok(Zeroizing::new(MasterKey::generate()?.as_bytes().to_vec()))
        };
        let keys = Self { master: fresh()?, evidence: fresh()? };
        secrets.set(MASTER, &keys.master)?;
        secrets.set(EVIDENCE, &keys.evidence)?;
        Ok(keys)
    }

    /// Reads the keys.
    pub(crate) fn load(secrets: &dyn SecretStore) -> Result<Self> {
        let load = |name: &str| -> Result<Zeroizing<Vec<u8>>> {
            secrets.get(name)?.ok_or_else(|| {
                // Told apart from a locked one: unlocking would not help.
                Error::new(
                    Code::NeedsPerson,
                    format!("the secret store holds no {name} for this home"),
                    "Open the home as the account that set it up, or restore that account's keychain.",
                )
            })
        };
        Ok(Self { master: load(MASTER)?, evidence: load(EVIDENCE)? })
    }

    pub(crate) fn master(&self) -> &[u8] {
        &self.master
    }

    /// Signs this organisation's checkpoints.
    pub(crate) fn signer(&self, org: OrgId) -> Result<NoteSigner> {
        let damaged = |_| {
            Error::new(
                Code::SecretsLocked,
                "the evidence key in the secret store is damaged",
                "Restore the secret store from a backup; without the key nothing can be signed.",
            )
        };
        let mut seed = Zeroizing::new([0; 32]);
        seed.copy_from_slice(
            self.evidence.get(..32).filter(|_| self.evidence.len() == 32).ok_or(()).map_err(damaged)?,
        );
        checkpoint::signer(org, &Seed::new(seed)).map_err(|e| {
            Error::new(Code::Failed, "the evidence key cannot be used", "Report this; it is a defect.")
                .caused_by(e)
        })
    }

    /// The public half, as signed notes name it.
    pub(crate) fn verifier_key(&self, org: OrgId) -> Result<String> {
        Ok(self.signer(org)?.verifier().to_string())
    }
}

/// Opens the secret store of a home; `fresh` when the home is being set up.
pub(crate) fn open_secrets(
    home: &Home,
    org: OrgId,
    choice: &SecretsChoice,
    fresh: bool,
) -> Result<Arc<dyn SecretStore>> {
    Ok(match choice {
        SecretsChoice::Keychain => Arc::new(Keychain::new(org)),
        SecretsChoice::SealedFile(passphrase) if fresh => {
            Arc::new(SealedFile::create(home.dir(), &Unlock::Passphrase(passphrase.clone()))?)
        }
        SecretsChoice::SealedFile(passphrase) => {
            Arc::new(SealedFile::open(home.dir(), &Unlock::Passphrase(passphrase.clone()))?)
        }
        SecretsChoice::Given(store) => store.clone(),
    })
}
