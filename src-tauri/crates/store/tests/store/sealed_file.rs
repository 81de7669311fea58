//! The sealed file: what opens it, what does not, and that changes survive.

use std::fs;
use std::path::Path;

use lockstep_store::{Kind, SealedFile, SecretStore, Unlock};
use tempfile::TempDir;
use zeroize::Zeroizing;

fn passphrase(text: &str) -> Unlock {
    Unlock::Passphrase(Zeroizing::new(text.into()))
}

fn key(byte: u8) -> Unlock {
    Unlock::Key(Zeroizing::new([byte; 32]))
}

fn file(home: &Path) -> std::path::PathBuf {
    home.join("secrets.sealed")
}

#[test]
fn secrets_come_back_after_opening_again_and_only_with_the_right_passphrase() {
    let home = TempDir::new().unwrap();
    let made = SealedFile::create(home.path(), &passphrase("correct horse")).unwrap();
    made.set("scim/token", b"hunter2 \x00\xff").unwrap();
    made.set("other", b"x").unwrap();
    made.delete("other").unwrap();
    made.delete("never there").unwrap();
    let opened = SealedFile::open(home.path(), &passphrase("correct horse")).unwrap();
    let found = opened.get("scim/token").unwrap().unwrap();
    assert_eq!(found.as_slice(), b"hunter2 \x00\xff", "byte for byte");
    assert!(opened.get("other").unwrap().is_none(), "deleted is gone, and missing is no error");
    for wrong in [passphrase("wrong"), passphrase(""), key(1)] {
        let error = SealedFile::open(home.path(), &wrong).unwrap_err();
        assert_eq!(error.kind(), Kind::Denied, "{wrong:?}: told from a damaged or missing file");
    }
    let bytes = fs::read(file(home.path())).unwrap();
    for open in [b"hunter2".as_slice(), b"scim", b"horse"] {
        assert!(
            !bytes.windows(open.len()).any(|w| w == open),
            "neither values, names nor passphrase in the open"
        );
    }
    let shown = format!("{opened:?} {:?}", passphrase("correct horse"));
    assert!(!shown.contains("horse") && !shown.contains("hunter2"), "{shown}");
}

#[test]
fn two_openers_see_each_others_changes() {
    let home = TempDir::new().unwrap();
    let first = SealedFile::create(home.path(), &key(1)).unwrap();
    let second = SealedFile::open(home.path(), &key(1)).unwrap();
    first.set("a", b"1").unwrap();
    second.set("b", b"2").unwrap();
    assert_eq!(first.get("b").unwrap().unwrap().as_slice(), b"2", "window and `serve` share one home");
    assert_eq!(second.get("a").unwrap().unwrap().as_slice(), b"1", "and neither overwrites the other");
}

#[test]
fn a_second_file_never_replaces_the_first() {
    let home = TempDir::new().unwrap();
    SealedFile::create(home.path(), &key(1)).unwrap().set("a", b"1").unwrap();
    let error = SealedFile::create(home.path(), &key(2)).unwrap_err();
    assert_eq!(error.kind(), Kind::Conflict, "setting up twice must not throw secrets away");
    assert!(
        SealedFile::open(home.path(), &key(1)).unwrap().get("a").unwrap().is_some(),
        "they are still there"
    );
}

#[test]
fn every_damaged_byte_is_noticed() {
    let home = TempDir::new().unwrap();
    SealedFile::create(home.path(), &key(1)).unwrap().set("a", b"secret").unwrap();
    let good = fs::read(file(home.path())).unwrap();
    for at in 0..good.len() {
        let mut bad = good.clone();
        bad[at] ^= 0x01;
        fs::write(file(home.path()), &bad).unwrap();
        let kind = SealedFile::open(home.path(), &key(1)).map(drop).unwrap_err().kind();
        assert!(matches!(kind, Kind::Corrupt | Kind::Denied), "byte {at}: {kind:?}, never a wrong secret");
    }
    fs::write(file(home.path()), &good[..good.len() / 2]).unwrap();
    assert_eq!(SealedFile::open(home.path(), &key(1)).unwrap_err().kind(), Kind::Corrupt, "cut in half");
    fs::remove_file(file(home.path())).unwrap();
    assert_eq!(
        SealedFile::open(home.path(), &key(1)).unwrap_err().kind(),
        Kind::Missing,
        "gone is not damaged"
    );
}

#[test]
fn a_file_that_asks_for_all_memory_is_refused_before_it_gets_it() {
    let home = TempDir::new().unwrap();
    SealedFile::create(home.path(), &passphrase("p")).unwrap();
    let text = fs::read_to_string(file(home.path())).unwrap();
    let greedy = text.replace("\"memory_kib\":65536", "\"memory_kib\":4294967295");
    assert_ne!(greedy, text, "the test changes what it means to");
    fs::write(file(home.path()), greedy).unwrap();
    assert_eq!(
        SealedFile::open(home.path(), &passphrase("p")).unwrap_err().kind(),
        Kind::Corrupt,
        "not written by us"
    );
}

#[test]
fn a_key_file_holds_32_bytes_raw_or_in_hex() {
    let home = TempDir::new().unwrap();
    SealedFile::create(home.path(), &key(0xab)).unwrap();
    let path = home.path().join("credential");
    for (content, opens) in [
        (vec![0xab; 32], true),
        ([hex::encode([0xab; 32]).as_bytes(), b"\n"].concat(), true),
        (vec![0xab; 31], false),
        (b"not a key".to_vec(), false),
        (vec![], false),
    ] {
        fs::write(&path, &content).unwrap();
        let opened = Unlock::key_file(&path).and_then(|unlock| SealedFile::open(home.path(), &unlock));
        match opened {
            Ok(_) => assert!(opens, "{content:?} is no key"),
            Err(error) => assert!(!opens && error.kind() == Kind::Denied, "{content:?}: {error}"),
        }
    }
    let missing = Unlock::key_file(&home.path().join("nowhere")).unwrap_err();
    assert_eq!(missing.kind(), Kind::Io, "a credential that systemd did not pass is told from a wrong one");
}

#[cfg(unix)]
#[test]
fn the_file_is_its_owners_alone() {
    use std::os::unix::fs::PermissionsExt;
    let home = TempDir::new().unwrap();
    SealedFile::create(home.path(), &key(1)).unwrap();
    let mode = fs::metadata(file(home.path())).unwrap().permissions().mode();
    assert_eq!(mode & 0o077, 0, "nobody else gets to guess passphrases");
}
