//! The ledger's health, the key, the policy, the pause.

use chrono::{DateTime, Utc};
use lockstep_domain::digest::Digest;
use serde::Serialize;

/// The result of verifying the whole ledger.
#[derive(Clone, Debug, Serialize)]
pub struct LedgerView {
    /// Whether it is as it was written, and not older than the anchor.
    pub ok: bool,
    /// Entries.
    pub entries: u64,
    /// Leaf hash of the last.
    pub head: Digest,
    /// Merkle root.
    pub root: Digest,
    /// What is wrong, with the sequence number.
    pub failures: Vec<String>,
    /// The anchor outside the database: size and head.
    pub anchor: Option<(u64, Digest)>,
    /// Checkpoints whose signature and root were checked.
    pub checkpoints: usize,
}

/// What the ledger is now, signed, for somebody outside to keep.
#[derive(Clone, Debug, Serialize)]
pub struct CheckpointView {
    /// Entries covered.
    pub entries: u64,
    /// The signed note.
    pub note: String,
    /// Where an earlier note was given: the file that proves it to be of the same ledger.
    pub since: Option<String>,
}

/// The organisation's public evidence key.
#[derive(Clone, Debug, Serialize)]
pub struct KeyView {
    /// Key as signed notes name it.
    pub verifier_key: String,
    /// The raw Ed25519 key in hex.
    pub ed25519_hex: String,
    /// The ledger's origin in checkpoints.
    pub origin: String,
}

/// The policy in force.
#[derive(Clone, Debug, Serialize)]
pub struct PolicyView {
    /// Digest that identifies the version.
    pub version: Digest,
    /// Where it comes from: "built in" or "home".
    pub source: String,
    /// The policy.
    pub policy: lockstep_domain::policy::Policy,
    /// The same in sentences.
    pub sentences: Vec<String>,
}

/// A pause.
#[derive(Clone, Debug, Serialize)]
pub struct PauseView {
    /// Whether it is in force.
    pub paused: bool,
    /// Why.
    pub reason: Option<String>,
    /// Until when (UTC).
    pub until: Option<DateTime<Utc>>,
}
