use lockstep_domain::ledger::leaf_hash;
use proptest::prelude::*;

use super::*;

/// The leaves of the Certificate Transparency test data (transparency-dev/merkle `testonly`).
const INPUTS: [&str; 8] =
    ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"];

/// Their roots for every size from 0.
const ROOTS: [&str; 9] = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
];

fn hex_digest(text: &str) -> Digest {
    text.parse().unwrap()
}

fn known_leaves() -> Vec<Digest> {
    INPUTS.iter().map(|input| leaf_hash(&hex::decode(input).unwrap())).collect()
}

fn leaves(count: u64) -> Vec<Digest> {
    (0..count).map(|i| leaf_hash(&i.to_be_bytes())).collect()
}

/// The definition of RFC 6962 §2.1, word by word: the slow truth that the fast code is held against.
fn by_definition(leaves: &[Digest]) -> Digest {
    match leaves {
        [] => empty_root(),
        [leaf] => *leaf,
        _ => {
            let (left, right) = leaves.split_at(1 << (leaves.len() - 1).ilog2());
            node_hash(&by_definition(left), &by_definition(right))
        }
    }
}

#[test]
fn roots_equal_the_certificate_transparency_vectors() {
    let leaves = known_leaves();
    let mut frontier = Frontier::default();
    for (size, expected) in ROOTS.iter().enumerate() {
        let expected = hex_digest(expected);
        assert_eq!(root(&leaves[..size]), expected, "size {size}: other tools must compute our root");
        assert_eq!(Tree::of(&leaves[..size]).root(), expected, "size {size}: proofs are about this root");
        assert_eq!(frontier.root(), expected, "size {size}: the ledger keeps only the frontier");
        leaves.get(size).into_iter().for_each(|leaf| frontier.append(*leaf));
    }
}

#[test]
fn proofs_equal_the_certificate_transparency_vectors() {
    let leaves = known_leaves();
    let cases: [(u64, u64, &[&str]); 4] = [
        (1, 1, &[]),
        (
            1,
            8,
            &[
                "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
                "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
                "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
            ],
        ),
        (
            6,
            8,
            &[
                "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
                "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
                "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
            ],
        ),
        (
            2,
            5,
            &[
                "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
                "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
            ],
        ),
    ];
    for (earlier, later, expected) in cases {
        let expected: Vec<_> = expected.iter().map(|text| hex_digest(text)).collect();
        assert_eq!(
            consistency_proof(&leaves, earlier, later).unwrap(),
            expected,
            "{earlier} in {later}: other tools must be able to check our proof"
        );
    }
    assert_eq!(
        inclusion_proof(&leaves, 2, 3).unwrap(),
        [hex_digest(ROOTS[2])],
        "leaf 2 of 3: the right edge has a short path"
    );
}

#[test]
fn every_leaf_of_every_size_is_proven_and_nothing_else() {
    let all = leaves(130);
    for size in 1..=130 {
        let tree = Tree::of(&all[..size as usize]);
        let root = tree.root();
        assert_eq!(root, by_definition(&all[..size as usize]), "size {size} against the definition");
        for index in 0..size {
            let path = tree.inclusion(index).unwrap();
            let leaf = &all[index as usize];
            assert!(verify_inclusion(leaf, index, size, &path, &root), "leaf {index} of {size}");
            let other = (index + 1) % size;
            assert!(
                size == 1 || !verify_inclusion(leaf, other, size, &path, &root),
                "leaf {index} of {size} must not pass for leaf {other}"
            );
            let longer = [path.as_slice(), &[root]].concat();
            assert!(!verify_inclusion(leaf, index, size, &longer, &root), "padded path, {index} of {size}");
        }
    }
}

#[test]
fn every_earlier_tree_is_proven_a_prefix_and_nothing_else() {
    let all = leaves(130);
    let roots: Vec<_> = (0..=130).map(|size| root(&all[..size])).collect();
    for later in 0..=130_u64 {
        let tree = Tree::of(&all[..later as usize]);
        for earlier in 0..=later {
            let path = tree.consistency(earlier).unwrap();
            let (old, new) = (&roots[earlier as usize], &roots[later as usize]);
            assert!(verify_consistency(earlier, old, later, new, &path), "{earlier} in {later}");
            assert!(
                !verify_consistency(earlier, &Digest::ZERO, later, new, &path),
                "a forged earlier root, {earlier} in {later}"
            );
            for broken in 0..path.len() {
                let mut path = path.clone();
                path[broken].0[0] ^= 1;
                assert!(
                    !verify_consistency(earlier, old, later, new, &path),
                    "node {broken} changed, {earlier} in {later}"
                );
            }
        }
    }
}

#[test]
fn asking_past_the_end_is_an_error() {
    let all = leaves(5);
    assert!(inclusion_proof(&all, 5, 5).is_err(), "there is no sixth leaf");
    assert!(inclusion_proof(&all, 0, 6).is_err(), "nor a tree of six");
    assert!(consistency_proof(&all, 6, 5).is_err(), "a later tree is no prefix of an earlier one");
    assert!(!verify_inclusion(&all[0], 0, 0, &[], &empty_root()), "the empty tree holds nothing");
}

#[test]
fn two_threads_find_the_same_root() {
    let all = leaves((1 << 14) + 77);
    assert_eq!(root(&all), by_definition(&all), "the split must be the one of RFC 6962");
}

#[test]
fn a_frontier_survives_its_bytes_and_refuses_others() {
    let mut frontier = Frontier::default();
    for leaf in leaves(77) {
        assert_eq!(
            Frontier::from_bytes(&frontier.to_bytes()),
            Ok(frontier.clone()),
            "resuming loses nothing"
        );
        frontier.append(leaf);
    }
    let bytes = frontier.to_bytes();
    for cut in 0..bytes.len() {
        assert!(Frontier::from_bytes(&bytes[..cut]).is_err(), "{cut} of {} bytes", bytes.len());
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn tampered_inclusion_proofs_fail(size in 2_u64..3000, pick in any::<u64>(), bit in 0..256_usize) {
        let all = leaves(size);
        let tree = Tree::of(&all);
        let (index, root) = (pick % size, tree.root());
        let path = tree.inclusion(index).unwrap();
        let leaf = all[index as usize];
        prop_assert!(verify_inclusion(&leaf, index, size, &path, &root), "the true proof holds");

        let flipped = |digest: &Digest| {
            let mut digest = *digest;
            digest.0[bit / 8] ^= 1 << (bit % 8);
            digest
        };
        prop_assert!(!verify_inclusion(&flipped(&leaf), index, size, &path, &root), "another leaf");
        prop_assert!(!verify_inclusion(&leaf, index, size, &path, &flipped(&root)), "another root");
        prop_assert!(!verify_inclusion(&leaf, index, size, &path[1..], &root), "a shortened path");
        for node in 0..path.len() {
            let mut path = path.clone();
            path[node] = flipped(&path[node]);
            prop_assert!(!verify_inclusion(&leaf, index, size, &path, &root), "node {} changed", node);
        }
    }

    #[test]
    fn random_larger_trees_are_consistent(later in 1_u64..3000, pick in any::<u64>()) {
        let all = leaves(later);
        let earlier = pick % (later + 1);
        let path = consistency_proof(&all, earlier, later).unwrap();
        let (old, new) = (root(&all[..earlier as usize]), root(&all));
        prop_assert!(verify_consistency(earlier, &old, later, &new, &path), "{} in {}", earlier, later);
    }
}
