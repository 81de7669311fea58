//! Checkpoints: what the ledger was at a size, signed. <https://c2sp.org/tlog-checkpoint>
//!
//! The one extension line names the purpose and the algorithm, so that a signature by this key over
//! anything else can never be shown as a checkpoint; the key id stands on the signature line.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use lockstep_domain::digest::Digest;
use lockstep_domain::ids::OrgId;

use crate::note::{NoteError, NoteSigner, Seed, VerifierKey};

const PURPOSE: &str = "purpose=checkpoint algorithm=ed25519";

/// The ledger at one size.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checkpoint {
    /// Whose ledger: `lockstep/<org id>`.
    pub origin: String,
    /// How many entries it covers; the last has this sequence number.
    pub size: u64,
    /// Merkle root over their leaf hashes.
    pub root: Digest,
}

/// Why a checkpoint was not accepted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CheckpointError {
    /// The note around it is not in order.
    #[error(transparent)]
    Note(#[from] NoteError),
    /// The signed text is no checkpoint.
    #[error("the signed text is no checkpoint ({0}); take the file again from where it was issued")]
    Text(&'static str),
}

/// The origin of an organisation's ledger, which is also the name of its key.
pub fn origin(org: OrgId) -> String {
    format!("lockstep/{org}")
}

/// The signer for an organisation's checkpoints.
///
/// # Errors
/// Never for an id of ours; kept since the name goes through the same check as any.
pub fn signer(org: OrgId, seed: &Seed) -> Result<NoteSigner, NoteError> {
    NoteSigner::new(&origin(org), seed)
}

impl Checkpoint {
    /// The signed note. The origin is the signer's name.
    ///
    /// # Errors
    /// When the signer's name is not the origin.
    pub fn sign(&self, signer: &NoteSigner) -> Result<String, CheckpointError> {
        if signer.verifier().name() != self.origin {
            return Err(CheckpointError::Text("the key's name is not the origin"));
        }
        let text = format!("{}\n{}\n{}\n{PURPOSE}\n", self.origin, self.size, BASE64.encode(self.root.0));
        Ok(signer.sign(&text)?)
    }

    /// The checkpoint of a note that this key signed.
    ///
    /// # Errors
    /// When the key did not sign it, or the text is not a checkpoint of the key's own ledger.
    pub fn open(note: &str, key: &VerifierKey) -> Result<Self, CheckpointError> {
        let text = key.open(note)?;
        let lines: Vec<&str> = text.lines().collect();
        let [origin, size, root, purpose] = lines[..] else {
            return Err(CheckpointError::Text("four lines are needed"));
        };
        if origin != key.name() {
            return Err(CheckpointError::Text("the origin is not the key's name"));
        }
        if purpose != PURPOSE {
            return Err(CheckpointError::Text("it was signed for another purpose"));
        }
        let number: u64 = size.parse().map_err(|_| CheckpointError::Text("the size is no number"))?;
        if number.to_string() != size {
            return Err(CheckpointError::Text("the size is not in its plain form"));
        }
        let root = BASE64.decode(root).ok().and_then(|bytes| <[u8; 32]>::try_from(bytes).ok());
        let root = Digest(root.ok_or(CheckpointError::Text("the root is no SHA-256 digest"))?);
        Ok(Self { origin: origin.into(), size: number, root })
    }
}

#[cfg(test)]
mod tests {
    use lockstep_domain::ids::OrgId;
    use uuid::Uuid;
    use zeroize::Zeroizing;

    use super::*;

    fn test_signer() -> NoteSigner {
        signer(OrgId(Uuid::from_u128(1)), &Seed::new(Zeroizing::new([7; 32]))).unwrap()
    }

    #[test]
    fn the_signed_form_is_pinned() {
        let signer = test_signer();
        let checkpoint =
            Checkpoint { origin: signer.verifier().name().into(), size: 3, root: Digest([0xff; 32]) };
        let note = checkpoint.sign(&signer).unwrap();
        let (text, signature) = note.split_once("\n\n").unwrap();
        assert_eq!(
            text,
            "lockstep/00000000-0000-0000-0000-000000000001\n3\n\
             //////////////////////////////////////////8=\npurpose=checkpoint algorithm=ed25519",
            "auditors' tools read these lines"
        );
        assert!(
            signature.starts_with("\u{2014} lockstep/00000000-0000-0000-0000-000000000001 "),
            "the key's name is the origin, as the specification asks"
        );
        assert_eq!(Checkpoint::open(&note, signer.verifier()), Ok(checkpoint), "and it reads back");
    }

    #[test]
    fn signed_texts_that_are_no_checkpoint_are_refused() {
        let signer = test_signer();
        let name = signer.verifier().name();
        let root = BASE64.encode([1; 32]);
        for (text, why) in [
            (format!("{name}\n3\n{root}\n"), "no purpose"),
            (format!("{name}\n3\n{root}\npurpose=command algorithm=ed25519\n"), "another purpose"),
            (format!("{name}\n03\n{root}\n{PURPOSE}\n"), "two ways to write one size"),
            (format!("{name}\n-3\n{root}\n{PURPOSE}\n"), "a negative size"),
            (format!("{name}\n3\nAAAA\n{PURPOSE}\n"), "a short root"),
            (format!("lockstep/other\n3\n{root}\n{PURPOSE}\n"), "somebody else's ledger"),
            (format!("{name}\n3\n{root}\n{PURPOSE}\nmore\n"), "a line too many"),
            ("\n".into(), "nothing"),
        ] {
            let opened = Checkpoint::open(&signer.sign(&text).unwrap(), signer.verifier());
            assert!(matches!(opened, Err(CheckpointError::Text(_))), "{why}: {opened:?}");
        }
    }
}
