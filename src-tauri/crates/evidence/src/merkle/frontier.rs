//! The right edge of a growing tree: all that is needed to append and to know the root.

use lockstep_domain::digest::Digest;

use super::{empty_root, node_hash};

/// The roots of the full subtrees that make up a tree, the largest first. Appending hashes less than twice
/// on average; memory is one digest per set bit of the size.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Frontier {
    size: u64,
    peaks: Vec<Digest>,
}

/// The bytes are no serialised frontier.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a Merkle frontier: {0} bytes do not fit the size they state; rebuild it from the ledger")]
pub struct FrontierError(usize);

impl Frontier {
    /// How many leaves were appended.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Appends a leaf hash.
    pub fn append(&mut self, leaf: Digest) {
        let mut node = leaf;
        // Every trailing one of the size is a full subtree as large as the one in hand.
        for _ in 0..self.size.trailing_ones() {
            if let Some(left) = self.peaks.pop() {
                node = node_hash(&left, &node);
            }
        }
        self.peaks.push(node);
        self.size += 1;
    }

    /// The tree's root.
    pub fn root(&self) -> Digest {
        let mut peaks = self.peaks.iter().rev();
        let Some(last) = peaks.next() else { return empty_root() };
        peaks.fold(*last, |right, left| node_hash(left, &right))
    }

    /// Eight bytes of size (big endian), then the peaks.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = self.size.to_be_bytes().to_vec();
        self.peaks.iter().for_each(|peak| bytes.extend_from_slice(&peak.0));
        bytes
    }

    /// Reads what [`Self::to_bytes`] wrote. The digests themselves are only proven by a root.
    ///
    /// # Errors
    /// When the length does not fit the size.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, FrontierError> {
        let wrong = || FrontierError(bytes.len());
        let (size, peaks) = bytes.split_first_chunk::<8>().ok_or_else(wrong)?;
        let size = u64::from_be_bytes(*size);
        let (peaks, rest) = peaks.as_chunks::<32>();
        if !rest.is_empty() || peaks.len() != size.count_ones() as usize {
            return Err(wrong());
        }
        Ok(Self { size, peaks: peaks.iter().map(|peak| Digest(*peak)).collect() })
    }
}
