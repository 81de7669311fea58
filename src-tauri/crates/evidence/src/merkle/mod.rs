//! RFC 6962 §2.1 Merkle trees over the ledger's leaf hashes ([`lockstep_domain::ledger::leaf_hash`]).
//!
//! <https://www.rfc-editor.org/rfc/rfc6962#section-2.1>

mod frontier;
mod proof;
mod tree;

use lockstep_domain::digest::Digest;
use sha2::{Digest as _, Sha256};

pub use frontier::{Frontier, FrontierError};
pub use proof::{verify_consistency, verify_inclusion};
pub use tree::{OutOfRange, Tree, consistency_proof, inclusion_proof, root};

/// RFC 6962 §2.1: SHA-256 over a one byte and both children.
pub fn node_hash(left: &Digest, right: &Digest) -> Digest {
    let mut bytes = [1; 65];
    bytes[1..33].copy_from_slice(&left.0);
    bytes[33..].copy_from_slice(&right.0);
    Digest(Sha256::digest(bytes).into())
}

/// The root of the tree without leaves: SHA-256 of nothing.
pub fn empty_root() -> Digest {
    Digest::of(b"")
}

#[cfg(test)]
mod tests;
