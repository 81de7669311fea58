//! A checkpoint from another day, with the proof that ties it to the bundle's.

use lockstep_domain::digest::Digest;
use serde::{Deserialize, Serialize};

use super::form::json_line;

/// A checkpoint of the same ledger at another size, as an auditor keeps it. Its file is either the bare
/// signed note or, where the sizes differ, JSON with the consistency proof between the two.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Consistency {
    /// The signed note.
    pub checkpoint: String,
    /// RFC 6962 consistency proof from the smaller of the two sizes to the larger.
    pub proof: Vec<Digest>,
}

/// The file is no checkpoint file.
#[derive(Debug, thiserror::Error)]
#[error("not a checkpoint file: {0}; expected a signed note, or the JSON that Lockstep writes beside it")]
pub struct ConsistencyError(String);

impl Consistency {
    /// Reads a checkpoint file.
    ///
    /// # Errors
    /// When it is JSON of another form, or no text.
    pub fn parse(file: &[u8]) -> Result<Self, ConsistencyError> {
        if file.first() == Some(&b'{') {
            return serde_json::from_slice(file).map_err(|e| ConsistencyError(e.to_string()));
        }
        let checkpoint = String::from_utf8(file.to_vec()).map_err(|e| ConsistencyError(e.to_string()))?;
        Ok(Self { checkpoint, proof: Vec::new() })
    }

    /// The file with the proof.
    ///
    /// # Errors
    /// Never for strings and digests; kept since every canonical form goes the same way.
    pub fn to_file(&self) -> Result<Vec<u8>, ConsistencyError> {
        json_line(self).map_err(ConsistencyError)
    }
}
