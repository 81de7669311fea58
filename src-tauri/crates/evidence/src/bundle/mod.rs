//! The bundle: one zip with everything that is needed to check a run without us.
//!
//! A bundle has exactly one form. Whatever is not itself the evidence (manifest, sums, README, the zip's own
//! headers) follows from the evidence, so that the verifier writes the bundle anew and demands equal bytes:
//! there is no byte in it that means nothing and could be changed unseen. Files are stored, not compressed,
//! since compressed bytes depend on the compressor.
//!
//! ```text
//! README.txt        how to verify, in plain words
//! SHA256SUMS        over every other file
//! manifest.json     what is inside
//! entries.jsonl     ledger entries, one canonical line each: exactly the bytes that were hashed
//! proofs.json       RFC 6962 inclusion proof of each entry
//! checkpoint.txt    signed C2SP checkpoint: size and Merkle root of the ledger
//! key.txt           public key in signed-note form
//! artefacts/…       documents and attested files whose SHA-256 an entry records
//! payloads/…        disclosed payloads with the salts of their commitments
//! ```

mod archive;
mod builder;
mod consistency;
mod contents;
mod form;
mod report;
mod verify;

use hmac::{Hmac, KeyInit as _, Mac as _};
use lockstep_domain::digest::Digest;
use sha2::Sha256;

pub use builder::{Artefact, BundleBuilder, BundleError, Disclosure};
pub use consistency::{Consistency, ConsistencyError};
pub use report::{Failure, VerifyOptions, VerifyReport};
pub use verify::verify;

/// The commitment to a payload: HMAC-SHA256 under a random salt of 32 bytes. Without the salt it says
/// nothing about the payload, even where the payload could be guessed.
pub fn commitment(salt: &[u8; 32], payload: &[u8]) -> Digest {
    // An HMAC takes a key of any length.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(salt) else { return Digest::ZERO };
    mac.update(payload);
    Digest(mac.finalize().into_bytes().into())
}

#[cfg(test)]
mod tests;
