//! What a verifier is given and what it says.

use std::fmt;

use lockstep_domain::ids::RunId;
use serde::Serialize;

use super::consistency::Consistency;
use crate::note::VerifierKey;

/// What the verifier holds from elsewhere.
#[derive(Clone, Debug, Default)]
pub struct VerifyOptions {
    /// The organisation's key, got by another way than the bundle.
    pub trust: Option<VerifierKey>,
    /// A checkpoint from another day.
    pub checkpoint: Option<Consistency>,
}

/// Something that does not hold.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Failure {
    /// File, line or seq.
    pub place: String,
    /// What is wrong there.
    pub problem: String,
}

impl Failure {
    pub(super) fn at(place: impl Into<String>, problem: impl fmt::Display) -> Self {
        Self { place: place.into(), problem: problem.to_string() }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place, self.problem)
    }
}

/// What verifying found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct VerifyReport {
    /// Whether everything that was checked holds.
    pub ok: bool,
    /// The verdict in a sentence.
    pub verdict: String,
    /// The run that the bundle is about, as far as it could be read.
    pub run: Option<RunId>,
    /// The key inside, as far as it could be read.
    pub key: Option<String>,
    /// What was checked and holds.
    pub checked: Vec<String>,
    /// What does not hold.
    pub failures: Vec<Failure>,
    /// What this does not prove.
    pub not_proven: Vec<String>,
}
