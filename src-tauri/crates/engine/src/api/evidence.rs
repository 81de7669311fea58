//! Evidence that leaves the house.

use lockstep_domain::digest::Digest;
use serde::Serialize;

/// A bundle, ready to be written to a file.
#[derive(Clone, Debug)]
pub struct ExportedBundle {
    /// A name for the file, made of our own ids.
    pub file_name: String,
    /// The zip.
    pub bytes: Vec<u8>,
    /// SHA-256 of it.
    pub sha256: Digest,
}

/// What verifying a bundle found.
#[derive(Clone, Debug, Serialize)]
pub struct VerifyView {
    /// Whether everything that was checked holds.
    pub ok: bool,
    /// The verdict in a sentence.
    pub verdict: String,
    /// What was checked and holds.
    pub checked: Vec<String>,
    /// What does not hold, with file, seq or line.
    pub failures: Vec<String>,
    /// What this does not prove.
    pub not_proven: Vec<String>,
}
