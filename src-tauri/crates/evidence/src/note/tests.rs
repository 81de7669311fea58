use proptest::prelude::*;

use super::*;

// The test vector of golang.org/x/mod/sumdb/note, the reference implementation.
const GO_VKEY: &str = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
const GO_SEED: &str = "AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz";
const GO_TEXT: &str = "If you think cryptography is the answer to your problem,\n\
                       then you don't know what your problem is.\n";
const GO_NOTE: &str = "If you think cryptography is the answer to your problem,\n\
                       then you don't know what your problem is.\n\n\
                       \u{2014} PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n";

pub(crate) fn signer(name: &str, byte: u8) -> NoteSigner {
    NoteSigner::new(name, &Seed::new(Zeroizing::new([byte; 32]))).unwrap()
}

#[test]
fn keys_and_signatures_equal_those_of_the_go_implementation() {
    let typed = BASE64.decode(GO_SEED).unwrap();
    let seed = Zeroizing::new(<[u8; 32]>::try_from(&typed[1..]).unwrap());
    let signer = NoteSigner::new("PeterNeumann", &Seed::new(seed)).unwrap();
    assert_eq!(signer.verifier().to_string(), GO_VKEY, "others must recognise our exported key");
    assert_eq!(signer.sign(GO_TEXT).unwrap(), GO_NOTE, "Ed25519 is deterministic: byte for byte the same");
    let key: VerifierKey = GO_VKEY.parse().unwrap();
    assert_eq!(key.open(GO_NOTE), Ok(GO_TEXT), "and we accept theirs");
}

#[test]
fn a_changed_key_text_is_no_key() {
    for position in 0..GO_VKEY.len() {
        let mut bytes = GO_VKEY.as_bytes().to_vec();
        bytes[position] ^= 1;
        if let Ok(text) = String::from_utf8(bytes) {
            assert!(text.parse::<VerifierKey>().is_err(), "{text} was mistyped and must not be trusted");
        }
        assert!(GO_VKEY[..position].parse::<VerifierKey>().is_err(), "cut after {position} characters");
    }
}

#[test]
fn a_note_by_somebody_else_or_in_another_form_is_refused() {
    let ours = signer("lockstep/x", 1);
    let note = ours.sign("a\n").unwrap();
    let other = signer("lockstep/x", 2);
    assert!(
        matches!(other.verifier().open(&note), Err(NoteError::Unsigned(_))),
        "the same name with another key is another signer"
    );
    let both = format!("{note}{}", other.sign("a\n").unwrap().rsplit_once("\n\n").unwrap().1);
    assert_eq!(ours.verifier().open(&both), Ok("a\n"), "further signatures (witnesses) are ignored");
    for (bad, why) in [
        ("", "empty"),
        ("a\n", "no signature"),
        ("a\n\n", "no signature line"),
        ("a\n\nx y z\n", "no dash"),
        ("a\n\n\u{2014} lockstep/x AAAA\n", "no room for a key id and a signature"),
        ("a\n\n\u{2014} lockstep/x !!!!AAAAAA\n", "not base64"),
        ("a\tb\n\n\u{2014} lockstep/x AAAAAAAA\n", "a control character"),
    ] {
        assert!(matches!(ours.verifier().open(bad), Err(NoteError::Form(_))), "{why}");
    }
    let huge = format!("{}\n{note}", "a".repeat(MAX_NOTE_BYTES));
    assert!(matches!(ours.verifier().open(&huge), Err(NoteError::Form(_))), "size is limited");
}

#[test]
fn names_that_could_break_the_line_are_refused() {
    for bad in ["", "a b", "a+b", "a\n", "a\u{a0}b", "\u{7}"] {
        let made = NoteSigner::new(bad, &Seed::new(Zeroizing::new([1; 32])));
        assert!(matches!(made, Err(NoteError::Name(_))), "{bad:?}");
    }
}

#[test]
fn no_secret_is_printed() {
    let seed = Seed::new(Zeroizing::new([0xab; 32]));
    let printed = format!("{seed:?} {:?}", NoteSigner::new("n", &seed).unwrap());
    assert!(
        !printed.contains("171") && !printed.contains("abab"),
        "a log must not give the key away: {printed}"
    );
}

proptest! {
    #[test]
    fn a_flipped_byte_of_a_note_is_found(position in 0..1000_usize, bit in 0..8_u8) {
        let signer = signer("lockstep/x", 1);
        let note = signer.sign("lockstep/x\n7\nroot\n").unwrap();
        let mut bytes = note.clone().into_bytes();
        let position = position % bytes.len();
        bytes[position] ^= 1 << bit;
        if let Ok(changed) = String::from_utf8(bytes) {
            prop_assert!(signer.verifier().open(&changed).is_err(), "byte {}: {:?}", position, changed);
        }
    }
}
