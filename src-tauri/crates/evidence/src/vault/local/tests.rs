use std::sync::Barrier;
use std::thread;

use lockstep_domain::ids::{OrgId, PersonId};
use uuid::Uuid;

use super::*;

fn key() -> VaultKey {
    let at = "2026-09-25T14:00:00.007Z".parse().unwrap();
    VaultKey::snapshot(OrgId(Uuid::from_u128(1)), PersonId(Uuid::from_u128(2)), at)
}

fn vault() -> (tempfile::TempDir, LocalVault) {
    let folder = tempfile::tempdir().unwrap();
    let vault = LocalVault::open(folder.path().join("vault")).unwrap();
    (folder, vault)
}

fn files_beside(vault: &LocalVault) -> usize {
    fs::read_dir(vault.path(&key()).parent().unwrap()).unwrap().count()
}

#[test]
fn the_key_layout_is_the_promised_one() {
    assert_eq!(
        key().as_str(),
        "offboarding-snapshots/00000000-0000-0000-0000-000000000001/\
         00000000-0000-0000-0000-000000000002/20260925T140000007Z.pdf",
        "other tools look for evidence under this name"
    );
    assert_eq!(key().to_string().parse::<VaultKey>(), Ok(key()), "it is kept as text in the ledger");
}

#[test]
fn texts_that_could_leave_the_vault_are_no_keys() {
    let long = "a".repeat(MAX_TEXT);
    for bad in ["", "/a", "a/", "a//b", "..", "a/../b", ".hidden", "a\\b", "C:", "a b", "ä", "a\0", &long] {
        assert!(bad.parse::<VaultKey>().is_err(), "{bad:?} must never become a path");
    }
}

const MAX_TEXT: usize = 200;

#[test]
fn stored_bytes_are_read_back_from_disk() {
    let (_folder, vault) = vault();
    assert_eq!(vault.read_back(&key()).unwrap(), None, "nothing is there yet");
    let receipt = vault.put(&key(), b"evidence").unwrap();
    let stored = Stored { sha256: Digest::of(b"evidence"), size: 8 };
    assert_eq!(receipt, Receipt { stored, already_there: false }, "the receipt is of what was read back");
    assert_eq!(vault.read_back(&key()).unwrap(), Some(stored), "and stays true");
    assert!(
        fs::metadata(vault.path(&key())).unwrap().permissions().readonly(),
        "nobody changes evidence by a slip of the hand"
    );
    assert_eq!(files_beside(&vault), 1, "no half-written file is left beside it");
}

#[test]
fn the_same_bytes_again_are_fine_and_other_bytes_are_refused() {
    let (_folder, vault) = vault();
    vault.put(&key(), b"evidence").unwrap();
    let again = vault.put(&key(), b"evidence").unwrap();
    assert!(again.already_there, "a run that resumes stores the same document again");
    let error = vault.put(&key(), b"forgery").unwrap_err();
    assert!(
        matches!(&error, VaultError::Conflict { found, .. } if *found == Digest::of(b"evidence")),
        "{error}"
    );
    assert_eq!(fs::read(vault.path(&key())).unwrap(), b"evidence", "the first one stays");
}

#[test]
fn a_change_on_disk_is_seen() {
    let (_folder, vault) = vault();
    vault.put(&key(), b"evidence").unwrap();
    let path = vault.path(&key());
    fs::remove_file(&path).unwrap();
    fs::write(&path, b"Evidence").unwrap();
    let found = vault.read_back(&key()).unwrap().unwrap();
    assert_eq!(found.sha256, Digest::of(b"Evidence"), "read back reads the disk, not a memory");
    assert!(vault.put(&key(), b"evidence").is_err(), "and the original does not pass for stored");
}

#[test]
fn of_two_writers_one_wins_and_nothing_is_mixed() {
    let (_folder, vault) = vault();
    let start = Barrier::new(2);
    let [one, two] = thread::scope(|scope| {
        [b'a', b'b']
            .map(|byte| {
                let (vault, start) = (&vault, &start);
                scope.spawn(move || {
                    start.wait();
                    vault.put(&key(), &[byte; 100_000]).is_ok()
                })
            })
            .map(|thread| thread.join().unwrap())
    });
    assert!(one != two, "exactly one of two different documents may be stored under one key");
    assert_eq!(files_beside(&vault), 1, "the loser leaves nothing behind");
}

#[test]
fn what_is_no_plain_file_is_an_error_and_not_an_absence() {
    let (_folder, vault) = vault();
    fs::create_dir_all(vault.path(&key())).unwrap();
    let error = vault.put(&key(), b"evidence").unwrap_err().to_string();
    assert!(error.contains("is no plain file"), "{error}");
}

#[test]
fn a_folder_that_cannot_be_made_is_named() {
    let (folder, _) = vault();
    let blocker = folder.path().join("file");
    fs::write(&blocker, b"").unwrap();
    let error = LocalVault::open(blocker.join("vault")).unwrap_err().to_string();
    assert!(error.contains("file") && error.contains("Check the disk"), "path and remedy are said: {error}");
}

#[test]
fn full_and_read_only_disks_get_their_own_advice() {
    for (kind, advice) in [
        (io::ErrorKind::StorageFull, "disk is full"),
        (io::ErrorKind::ReadOnlyFilesystem, "cannot be written"),
        (io::ErrorKind::PermissionDenied, "cannot be written"),
        (io::ErrorKind::Unsupported, "hard links"),
    ] {
        let error = storage(Path::new("/vault/x"), io::Error::from(kind)).to_string();
        assert!(error.contains(advice) && error.contains("/vault/x"), "{kind:?}: {error}");
    }
}

#[test]
fn what_a_dead_process_left_half_written_stops_nobody() {
    let (_folder, vault) = vault();
    let target = vault.path(&key());
    fs::create_dir_all(target.parent().unwrap()).unwrap();
    // In a container the next process often has the number of the dead one.
    let left = target.with_extension(format!("partial-{}-0", process::id()));
    fs::write(&left, b"evid").unwrap();
    vault.put(&key(), b"evidence").unwrap();
    assert_eq!(fs::read(target).unwrap(), b"evidence", "what is final must not wait for a clean folder");
}
