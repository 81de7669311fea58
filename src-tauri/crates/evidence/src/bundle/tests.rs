use lockstep_domain::ids::{EntryId, OrgId, RunId};
use lockstep_domain::ledger::{Actor, Draft, Entry};
use serde_json::{Value, json};
use uuid::Uuid;
use zeroize::Zeroizing;

use super::archive::{Files, pack, unpack};
use super::form::{self, ENTRIES, SUMS};
use super::*;
use crate::checkpoint::{Checkpoint, signer};
use crate::merkle::Tree;
use crate::note::{NoteSigner, Seed};

const ORG: OrgId = OrgId(Uuid::from_u128(1));
const RUN: RunId = RunId(Uuid::from_u128(9));
const PDF: &[u8] = b"%PDF-sample";
const SALT: [u8; 32] = [5; 32];

fn key(byte: u8) -> NoteSigner {
    signer(ORG, &Seed::new(Zeroizing::new([byte; 32]))).unwrap()
}

/// A ledger of nine entries; those of the run are 2, 3, 5, 6 and 7, and 7 seals the first four.
fn ledger() -> Vec<Entry> {
    let sha256 = Digest::of(PDF).to_string();
    let events: Vec<(&str, bool, Value)> = vec![
        ("home.made", false, json!({})),
        ("run.opened", true, json!({"counts": true})),
        ("step.settled", true, json!({"step": "s1"})),
        ("sync.read", false, json!({"rows": 3})),
        ("step.attested", true, json!({"file": Digest::of(b"photo").to_string()})),
        ("artefact.stored", true, json!({"artefact": "../run record.pdf", "sha256": sha256, "size": 11})),
        ("run.sealed", true, json!({"entries": 4, "first_seq": 2, "last_seq": 6, "record": sha256})),
        ("sync.read", false, json!({"rows": 3})),
        ("sync.read", false, json!({"rows": 4})),
    ];
    let mut entries: Vec<Entry> = Vec::new();
    for (kind, of_run, body) in events {
        let seq = entries.len() as u64 + 1;
        let prev = entries.last().map_or(Digest::ZERO, |before| before.hash().unwrap());
        let draft = Draft {
            id: EntryId(Uuid::from_u128(100 + u128::from(seq))),
            at: "2026-09-25T14:00:00Z".parse().unwrap(),
            actor: Actor::engine(),
            kind: kind.into(),
            run: of_run.then_some(RUN),
            body,
            commitment: (seq == 2).then(|| commitment(&SALT, b"the plan")),
        };
        entries.push(draft.place(ORG, seq, prev).unwrap());
    }
    entries
}

fn tree(entries: &[Entry]) -> Tree {
    Tree::of(&entries.iter().map(|e| e.hash().unwrap()).collect::<Vec<_>>())
}

fn note_of(tree: &Tree, signer: &NoteSigner) -> String {
    let origin = signer.verifier().name().to_owned();
    Checkpoint { origin, size: tree.size(), root: tree.root() }.sign(signer).unwrap()
}

fn builder_at(size: usize, signer: &NoteSigner) -> BundleBuilder {
    let entries = ledger();
    let tree = tree(&entries[..size]);
    let of_run = entries[..size].iter().filter(|e| e.run == Some(RUN));
    BundleBuilder {
        run: RUN,
        entries: of_run.map(|e| (e.clone(), tree.inclusion(e.seq - 1).unwrap())).collect(),
        checkpoint: note_of(&tree, signer),
        key: signer.verifier().clone(),
        artefacts: vec![Artefact { name: "../run record.pdf".into(), bytes: PDF.into() }],
        payloads: vec![Disclosure { seq: 2, salt: SALT, payload: b"the plan".into() }],
    }
}

fn builder() -> BundleBuilder {
    builder_at(8, &key(7))
}

fn failures(bytes: &[u8]) -> String {
    let report = verify(bytes, &VerifyOptions::default());
    assert_eq!(report.ok, report.failures.is_empty(), "ok means that nothing failed");
    report.failures.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}

#[test]
fn an_untouched_bundle_verifies_and_claims_no_more_than_it_proves() {
    let bytes = builder().build().unwrap();
    let report = verify(&bytes, &VerifyOptions::default());
    assert_eq!(failures(&bytes), "", "nothing was changed");
    assert_eq!(
        report.verdict, "consistent with the key inside; origin and completeness not proven",
        "without a key or checkpoint from elsewhere anybody could have made it"
    );
    assert_eq!(report.run, Some(RUN), "the reader learns which run it is");
    let checked = report.checked.join("\n");
    assert!(checked.contains("complete from seq 2 to 6, 4 entries, as sealed by seq 7"), "{checked}");
    let missing = Digest::of(b"photo").to_string();
    assert!(report.not_proven.iter().any(|n| n.contains(&missing)), "the attested file is not inside: said");
}

#[test]
fn the_same_content_gives_the_same_bytes_now_and_later() {
    let mut shuffled = builder();
    shuffled.entries.reverse();
    let bytes = builder().build().unwrap();
    assert_eq!(bytes, shuffled.build().unwrap(), "the order in which entries are given means nothing");
    assert_eq!(
        Digest::of(&bytes).to_string(),
        "b48c2a8a05bdf48ce5424149fb48659df87e0f06141983ea5e3bc3493f4b8ed1",
        "golden: a newer Lockstep writes every bundle anew to verify it, so the form may only change with \
         its version"
    );
}

#[test]
fn every_flipped_bit_is_found() {
    let bytes = builder().build().unwrap();
    let mut changed = bytes.clone();
    for position in 0..bytes.len() {
        for bit in [1, 0x20, 0x80] {
            changed[position] ^= bit;
            let report = verify(&changed, &VerifyOptions::default());
            assert!(!report.ok, "byte {position} xor {bit:#x} went unseen");
            changed[position] ^= bit;
        }
    }
}

#[test]
fn truncated_and_foreign_files_are_refused() {
    let bytes = builder().build().unwrap();
    for cut in (0..bytes.len()).step_by(97).chain([bytes.len() - 1]) {
        assert!(!verify(&bytes[..cut], &VerifyOptions::default()).ok, "cut after {cut} bytes");
    }
    let padded = [&bytes[..], b"x"].concat();
    assert!(!verify(&padded, &VerifyOptions::default()).ok, "a byte too many");
    let prefixed = [b"x", &bytes[..]].concat();
    assert!(!verify(&prefixed, &VerifyOptions::default()).ok, "a byte before");
    for garbage in [&b""[..], b"PK", b"%PDF-1.7", &[0xff; 4096]] {
        assert!(failures(garbage).starts_with("zip: "), "garbage is named as such");
    }
}

/// Changes the files and repairs everything that can be repaired without the signing key.
fn forged(change: impl FnOnce(&mut Files)) -> Vec<u8> {
    let mut files = unpack(&builder().build().unwrap()).unwrap();
    change(&mut files);
    let sums = form::sums(&files);
    files.insert(SUMS.into(), sums.into_bytes());
    pack(&files).unwrap()
}

fn edit_lines(files: &mut Files, edit: impl FnOnce(&mut Vec<String>)) {
    let text = String::from_utf8(files[ENTRIES].clone()).unwrap();
    let mut lines: Vec<String> = text.lines().map(Into::into).collect();
    edit(&mut lines);
    files.insert(ENTRIES.into(), (lines.join("\n") + "\n").into_bytes());
}

#[test]
fn a_forger_who_repairs_the_sums_is_found_and_told_where() {
    let pdf = form::artefact_path("../run record.pdf", &Digest::of(PDF));
    let cases: Vec<(&str, Vec<u8>, &str)> = vec![
        ("a changed fact", forged(|f| edit_lines(f, |l| l[1] = l[1].replace("s1", "s2"))), "seq 3:"),
        ("a dropped entry", forged(|f| edit_lines(f, |l| drop(l.remove(1)))), "seals 4 entries"),
        ("swapped entries", forged(|f| edit_lines(f, |l| l.swap(1, 2))), "out of order"),
        ("a doubled entry", forged(|f| edit_lines(f, |l| l.insert(1, l[1].clone()))), "seq 3 is twice"),
        (
            "another writing of the same entry",
            forged(|f| edit_lines(f, |l| l[1] = l[1].replacen(',', ", ", 1))),
            "entries.jsonl, line 2: is not the canonical form",
        ),
        ("another document", forged(|f| drop(f.insert(pdf.clone(), b"forged".into()))), "no entry records"),
        (
            "a document too many",
            forged(|f| drop(f.insert("artefacts/extra.pdf".into(), b"x".into()))),
            "artefacts/extra.pdf: no entry records",
        ),
        (
            "another payload",
            forged(|f| drop(f.insert("payloads/2.payload".into(), b"another plan".into()))),
            "payloads/2.payload: does not fit the commitment of seq 2",
        ),
        (
            "a payload of no entry",
            forged(|f| drop(f.insert("payloads/4.payload".into(), b"x".into()))),
            "payloads/4.payload: belongs to no entry",
        ),
        (
            "a stray file",
            forged(|f| drop(f.insert("notes.txt".into(), b"x".into()))),
            "notes.txt: is no part",
        ),
        ("other advice", forged(|f| drop(f.insert("README.txt".into(), b"trust me".into()))), "README.txt: "),
        ("no proofs", forged(|f| drop(f.remove("proofs.json"))), "proofs.json: is missing"),
        (
            "another run in the manifest",
            forged(|f| {
                let text = String::from_utf8(f["manifest.json"].clone()).unwrap();
                let other = RunId(Uuid::from_u128(10)).to_string();
                f.insert("manifest.json".into(), text.replace(&RUN.to_string(), &other).into_bytes());
            }),
            "of which there is no entry",
        ),
        (
            "another key's checkpoint",
            forged(|f| {
                let note = note_of(&tree(&ledger()[..8]), &key(8));
                f.insert("checkpoint.txt".into(), note.into_bytes());
            }),
            "checkpoint.txt: the note carries no signature by key",
        ),
    ];
    for (case, bytes, expected) in cases {
        let found = failures(&bytes);
        assert!(found.contains(expected), "{case}: expected {expected:?} in\n{found}");
    }
}

#[test]
fn only_the_trusted_key_is_trusted() {
    let bytes = builder().build().unwrap();
    let with = |byte| VerifyOptions { trust: Some(key(byte).verifier().clone()), checkpoint: None };
    let report = verify(&bytes, &with(7));
    assert!(report.ok && report.verdict.contains("trusted key"), "{report:?}");
    let report = verify(&bytes, &with(8));
    assert!(!report.ok, "a bundle made by somebody else is consistent in itself, and still not theirs");
    assert_eq!(report.failures[0].place, "key.txt", "{report:?}");
}

#[test]
fn another_checkpoint_ties_the_bundle_to_the_same_ledger() {
    let all = ledger();
    let bytes = builder_at(8, &key(7)).build().unwrap();
    let ask = |checkpoint: String, proof: Vec<Digest>| {
        let checkpoint = Consistency { checkpoint, proof }.to_file().unwrap();
        let options =
            VerifyOptions { trust: None, checkpoint: Some(Consistency::parse(&checkpoint).unwrap()) };
        verify(&bytes, &options)
    };
    let (earlier, same, later) = (tree(&all[..3]), tree(&all[..8]), tree(&all));
    let cases = [
        ("the same size", note_of(&same, &key(7)), vec![], true),
        ("later", note_of(&later, &key(7)), later.consistency(8).unwrap(), true),
        ("earlier", note_of(&earlier, &key(7)), same.consistency(3).unwrap(), true),
        ("later without proof", note_of(&later, &key(7)), vec![], false),
        ("by another key", note_of(&same, &key(8)), vec![], false),
        ("a fork of the same size", note_of(&tree(&all[1..]), &key(7)), vec![], false),
        (
            "a fork that went on",
            note_of(&Tree::of(&[Digest::ZERO; 9]), &key(7)),
            later.consistency(8).unwrap(),
            false,
        ),
    ];
    for (case, note, proof, expected) in cases {
        let report = ask(note, proof);
        assert_eq!(report.ok, expected, "{case}: {:?}", report.failures);
    }
}

#[test]
fn a_run_without_seal_is_not_called_complete() {
    let bytes = builder_at(6, &key(7)).build().unwrap();
    let report = verify(&bytes, &VerifyOptions::default());
    assert!(report.ok, "{:?}", report.failures);
    assert!(
        report.not_proven.iter().any(|n| n.contains("no seal")),
        "nobody has said how many entries there are: {:?}",
        report.not_proven
    );
}

#[test]
fn a_bundle_of_nothing_is_not_made() {
    assert!(BundleBuilder { entries: vec![], ..builder() }.build().is_err(), "no entries, no evidence");
    let mut twice = builder();
    twice.entries.push(twice.entries[0].clone());
    assert!(twice.build().is_err(), "an entry given twice is a mistake of the caller");
}
