//! Putting a bundle together.

use lockstep_domain::digest::Digest;
use lockstep_domain::ids::{OrgId, RunId};
use lockstep_domain::ledger::Entry;

use super::archive::{Files, pack};
use super::form::{
    CHECKPOINT, ENTRIES, Inclusion, KEY, PROOFS, Proofs, artefact_path, complete, json_line, payload_paths,
};
use crate::note::VerifierKey;

/// A document or file whose SHA-256 an entry of the bundle records.
#[derive(Clone, Debug)]
pub struct Artefact {
    /// The name in the entry; may come from outside.
    pub name: String,
    /// Its bytes.
    pub bytes: Vec<u8>,
}

/// The payload of one entry, disclosed.
#[derive(Clone)]
pub struct Disclosure {
    /// The entry's sequence number.
    pub seq: u64,
    /// The salt of its commitment.
    pub salt: [u8; 32],
    /// The payload.
    pub payload: Vec<u8>,
}

/// What a bundle is made of. [`Self::build`] gives the same bytes for the same content.
#[derive(Clone)]
pub struct BundleBuilder {
    /// The run that the bundle is about.
    pub run: RunId,
    /// The run's entries, and others that are needed to read them; in any order, each with its inclusion
    /// proof under the checkpoint.
    pub entries: Vec<(Entry, Vec<Digest>)>,
    /// The signed checkpoint.
    pub checkpoint: String,
    /// The key that signed it.
    pub key: VerifierKey,
    /// Documents and files.
    pub artefacts: Vec<Artefact>,
    /// Disclosed payloads.
    pub payloads: Vec<Disclosure>,
}

/// A bundle could not be made of what was given.
#[derive(Debug, thiserror::Error)]
#[error("the bundle cannot be made: {0}")]
pub struct BundleError(String);

impl BundleBuilder {
    /// The zip's bytes.
    ///
    /// # Errors
    /// When there is no entry, one is given twice, or an entry has no canonical form.
    pub fn build(mut self) -> Result<Vec<u8>, BundleError> {
        self.entries.sort_by_key(|(entry, _)| entry.seq);
        let seqs: Vec<u64> = self.entries.iter().map(|(entry, _)| entry.seq).collect();
        if let Some(twice) = seqs.windows(2).find(|pair| pair[0] == pair[1]) {
            return Err(BundleError(format!("entry {} was given twice", twice[0])));
        }
        let org = self.org()?;
        let mut files = Files::new();
        files.insert(ENTRIES.into(), self.lines()?);
        files.insert(PROOFS.into(), self.proofs()?);
        files.insert(CHECKPOINT.into(), self.checkpoint.into_bytes());
        files.insert(KEY.into(), format!("{}\n", self.key).into_bytes());
        for artefact in self.artefacts {
            files.insert(artefact_path(&artefact.name, &Digest::of(&artefact.bytes)), artefact.bytes);
        }
        for disclosure in self.payloads {
            let (payload, salt) = payload_paths(disclosure.seq);
            files.insert(payload, disclosure.payload);
            files.insert(salt, format!("{}\n", hex::encode(disclosure.salt)).into_bytes());
        }
        let files = complete(files, org, self.run, seqs).map_err(BundleError)?;
        pack(&files).map_err(BundleError)
    }

    fn org(&self) -> Result<OrgId, BundleError> {
        let first = self.entries.first().ok_or_else(|| BundleError("it has no entries".into()))?;
        Ok(first.0.org)
    }

    fn lines(&self) -> Result<Vec<u8>, BundleError> {
        let mut lines = Vec::new();
        for (entry, _) in &self.entries {
            let line =
                entry.canonical_bytes().map_err(|e| BundleError(format!("entry {}: {e}", entry.seq)))?;
            lines.extend_from_slice(&line);
            lines.push(b'\n');
        }
        Ok(lines)
    }

    fn proofs(&self) -> Result<Vec<u8>, BundleError> {
        let inclusion = self
            .entries
            .iter()
            .map(|(entry, path)| Inclusion { seq: entry.seq, path: path.clone() })
            .collect();
        json_line(&Proofs { v: 1, inclusion }).map_err(BundleError)
    }
}
