//! A whole tree, for proofs.

use std::thread;

use lockstep_domain::digest::Digest;

use super::{empty_root, node_hash};

/// From this many leaves on, a second thread hashes half of the tree; below it costs more than it saves.
const WORTH_A_THREAD: usize = 1 << 14;

/// The root over leaf hashes. Large inputs are hashed on two threads.
pub fn root(leaves: &[Digest]) -> Digest {
    if leaves.len() < WORTH_A_THREAD {
        return sequential_root(leaves);
    }
    // RFC 6962 splits at the largest power of two below the number of leaves.
    let (left, right) = leaves.split_at(1 << (leaves.len() - 1).ilog2());
    thread::scope(|scope| {
        let other = scope.spawn(|| sequential_root(left));
        let right = sequential_root(right);
        // A thread that could not finish leaves its half to this one.
        let left = other.join().unwrap_or_else(|_| sequential_root(left));
        node_hash(&left, &right)
    })
}

fn sequential_root(leaves: &[Digest]) -> Digest {
    if leaves.is_empty() {
        return empty_root();
    }
    let mut level = parents(leaves);
    while level.len() > 1 {
        level = parents(&level);
    }
    level[0]
}

/// The level above; the last of an odd number is carried up as it is. A single node stays.
fn parents(level: &[Digest]) -> Vec<Digest> {
    level
        .chunks(2)
        .map(|pair| match pair {
            [left, right] => node_hash(left, right),
            rest => rest[0],
        })
        .collect()
}

/// A tree with all its nodes: about 64 bytes per leaf. Build it once for many proofs.
#[derive(Clone, Debug)]
pub struct Tree {
    /// Leaves first, the root alone last; empty without leaves.
    levels: Vec<Vec<Digest>>,
    size: u64,
}

/// A proof was asked for about leaves that the tree does not have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no proof for {asked}: the tree has {size} leaves")]
pub struct OutOfRange {
    asked: u64,
    size: u64,
}

impl Tree {
    /// The tree over these leaf hashes.
    pub fn of(leaves: &[Digest]) -> Self {
        let mut levels = Vec::new();
        if !leaves.is_empty() {
            levels.push(leaves.to_vec());
            while let Some(level) = levels.last().filter(|level| level.len() > 1) {
                levels.push(parents(level));
            }
        }
        Self { levels, size: leaves.len() as u64 }
    }

    /// How many leaves it has.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// The root.
    pub fn root(&self) -> Digest {
        self.levels.last().map_or_else(empty_root, |top| top[0])
    }

    /// The proof that the leaf at `index` (from 0) is in the tree (RFC 6962 §2.1.1).
    ///
    /// # Errors
    /// When there is no such leaf.
    pub fn inclusion(&self, index: u64) -> Result<Vec<Digest>, OutOfRange> {
        let out_of_range = OutOfRange { asked: index, size: self.size };
        if index >= self.size {
            return Err(out_of_range);
        }
        let mut position = usize::try_from(index).map_err(|_| out_of_range)?;
        let mut path = Vec::new();
        for level in &self.levels {
            path.extend(level.get(position ^ 1).filter(|_| level.len() > 1));
            position >>= 1;
        }
        Ok(path)
    }

    /// The proof that the tree over the first `earlier` leaves is a prefix of this one (RFC 6962 §2.1.2).
    ///
    /// # Errors
    /// When the tree has fewer leaves.
    pub fn consistency(&self, earlier: u64) -> Result<Vec<Digest>, OutOfRange> {
        let out_of_range = OutOfRange { asked: earlier, size: self.size };
        if earlier > self.size {
            return Err(out_of_range);
        }
        if earlier == 0 || earlier == self.size {
            return Ok(Vec::new());
        }
        let last_leaf = usize::try_from(earlier - 1).map_err(|_| out_of_range)?;
        // The earlier tree's rightmost full subtree: both trees have that node.
        let height = last_leaf.trailing_ones() as usize;
        let mut position = last_leaf >> height;
        let mut path = Vec::new();
        if position > 0 {
            path.push(self.levels[height][position]);
        }
        for level in &self.levels[height..] {
            path.extend(level.get(position ^ 1).filter(|_| level.len() > 1));
            position >>= 1;
        }
        Ok(path)
    }
}

/// The proof that leaf `index` is among the first `size` leaves. For several proofs use [`Tree`].
///
/// # Errors
/// When there are not that many leaves.
pub fn inclusion_proof(leaves: &[Digest], index: u64, size: u64) -> Result<Vec<Digest>, OutOfRange> {
    first(leaves, size)?.inclusion(index)
}

/// The proof that the tree over the first `earlier` leaves is a prefix of the one over the first `later`.
///
/// # Errors
/// When there are not that many leaves or `earlier` is larger.
pub fn consistency_proof(leaves: &[Digest], earlier: u64, later: u64) -> Result<Vec<Digest>, OutOfRange> {
    first(leaves, later)?.consistency(earlier)
}

fn first(leaves: &[Digest], size: u64) -> Result<Tree, OutOfRange> {
    let out_of_range = OutOfRange { asked: size, size: leaves.len() as u64 };
    let end = usize::try_from(size).map_err(|_| out_of_range)?;
    leaves.get(..end).map(Tree::of).ok_or(out_of_range)
}
