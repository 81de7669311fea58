//! Checking proofs, by RFC 9162 §2.1.3.2 and §2.1.4.2 (the same proofs as RFC 6962, with the algorithm
//! spelled out): <https://www.rfc-editor.org/rfc/rfc9162#section-2.1.3.2>.

use lockstep_domain::digest::Digest;

use super::{empty_root, node_hash};

/// Whether `path` proves that the leaf hash stands at `index` (from 0) of the tree of `size` leaves with
/// this root.
pub fn verify_inclusion(leaf: &Digest, index: u64, size: u64, path: &[Digest], root: &Digest) -> bool {
    if index >= size {
        return false;
    }
    let mut walk = Walk { position: index, last: size - 1 };
    let mut node = *leaf;
    for sibling in path {
        match walk.step() {
            Some(Side::Left) => node = node_hash(sibling, &node),
            Some(Side::Right) => node = node_hash(&node, sibling),
            None => return false,
        }
    }
    walk.last == 0 && node == *root
}

/// Whether `path` proves that the tree (`earlier`, `earlier_root`) is a prefix of (`later`, `later_root`).
pub fn verify_consistency(
    earlier: u64,
    earlier_root: &Digest,
    later: u64,
    later_root: &Digest,
    path: &[Digest],
) -> bool {
    if earlier > later {
        return false;
    }
    if earlier == later {
        return path.is_empty() && earlier_root == later_root;
    }
    if earlier == 0 {
        return path.is_empty() && *earlier_root == empty_root();
    }
    let mut walk = Walk { position: earlier - 1, last: later - 1 };
    let shared = walk.position.trailing_ones();
    walk.position >>= shared;
    walk.last >>= shared;
    // A full earlier tree is itself the shared node and is left out of the path.
    let (start, rest) = match path.split_first() {
        _ if walk.position == 0 => (*earlier_root, path),
        Some((first, rest)) => (*first, rest),
        None => return false,
    };
    let (mut old, mut new) = (start, start);
    for sibling in rest {
        match walk.step() {
            Some(Side::Left) => {
                old = node_hash(sibling, &old);
                new = node_hash(sibling, &new);
            }
            Some(Side::Right) => new = node_hash(&new, sibling),
            None => return false,
        }
    }
    walk.last == 0 && old == *earlier_root && new == *later_root
}

enum Side {
    Left,
    Right,
}

/// The climb from a node to the root: where it is, and where its level ends.
struct Walk {
    position: u64,
    last: u64,
}

impl Walk {
    /// On which side the next sibling stands; levels without one are passed over. `None` at the root.
    fn step(&mut self) -> Option<Side> {
        if self.last == 0 {
            return None;
        }
        let side = if self.position % 2 == 1 {
            Side::Left
        } else if self.position == self.last {
            let alone = self.position.trailing_zeros();
            self.position >>= alone;
            self.last >>= alone;
            Side::Left
        } else {
            Side::Right
        };
        self.position >>= 1;
        self.last >>= 1;
        Some(side)
    }
}
