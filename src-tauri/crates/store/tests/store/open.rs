//! Opening a home: what is refused, what is noticed.

use std::fs;
use std::path::Path;

use crate::support::{append, home, open, options};
use lockstep_store::{Kind, Store, StoreOptions};
use rusqlite::Connection;
use tempfile::TempDir;

fn refused(home: &Path) -> Kind {
    let error = Store::open(home, StoreOptions::default()).unwrap_err();
    assert!(!error.remedy().is_empty(), "{error}: somebody has to know what to do");
    error.kind()
}

#[tokio::test]
async fn a_newer_database_is_refused_and_stays_as_it_is_to_the_byte() {
    let (dir, store) = home().await;
    append(&store, 3).await;
    drop(store);
    let file = dir.path().join("lockstep.db");
    Connection::open(&file).unwrap().pragma_update(None, "user_version", 99).unwrap();
    let before = fs::read(&file).unwrap();
    assert_eq!(
        refused(dir.path()),
        Kind::Newer,
        "an older program must not write what it does not understand"
    );
    assert_eq!(fs::read(&file).unwrap(), before, "nor touch it");
}

#[test]
fn what_is_no_database_of_ours_is_refused_and_stays_as_it_is() {
    let foreign = {
        let dir = TempDir::new().unwrap();
        let file = dir.path().join("other.db");
        Connection::open(&file).unwrap().execute_batch("CREATE TABLE theirs (a)").unwrap();
        fs::read(file).unwrap()
    };
    for (what, bytes) in
        [("another program's", foreign), ("a text", b"hello".to_vec()), ("zeros", vec![0; 8192])]
    {
        let dir = TempDir::new().unwrap();
        let file = dir.path().join("lockstep.db");
        fs::write(&file, &bytes).unwrap();
        assert_eq!(refused(dir.path()), Kind::Foreign, "{what}: not ours to write into");
        assert_eq!(fs::read(&file).unwrap(), bytes, "{what}: untouched");
        assert_eq!(
            fs::read_dir(dir.path()).unwrap().count(),
            2,
            "{what}: no stray files but the folder of locks"
        );
    }
}

#[test]
fn an_empty_file_from_a_crash_at_birth_becomes_a_home() {
    let dir = TempDir::new().unwrap();
    fs::write(dir.path().join("lockstep.db"), b"").unwrap();
    assert!(Store::open(dir.path(), options()).is_ok(), "nothing was in it, so nothing can be lost");
}

#[tokio::test]
async fn a_damaged_file_is_named_and_never_taken_for_sound() {
    let (dir, store) = home().await;
    append(&store, 2000).await;
    store.flush().await.unwrap();
    drop(store);
    let file = dir.path().join("lockstep.db");
    let mut bytes = fs::read(&file).unwrap();
    let from = bytes.len() * 3 / 4;
    bytes[from..].fill(0xa5);
    fs::write(&file, bytes).unwrap();
    let store = open(dir.path());
    match store.check_integrity().await {
        Ok(messages) => assert_ne!(messages, Vec::<String>::new(), "a quarter of rubbish is not sound"),
        Err(error) => assert_eq!(error.kind(), Kind::Corrupt, "{error}"),
    }
    let scan = store.read(|r| r.scan_ledger(1, 2000, |_| Ok(()))).await;
    assert!(
        scan.as_ref().is_err_and(|e| e.kind() == Kind::Corrupt) || scan.is_ok_and(|s| !s.faults.is_empty()),
        "verification must not pass over damage"
    );
}

#[tokio::test]
async fn a_sound_file_has_no_messages() {
    let (_dir, store) = home().await;
    append(&store, 10).await;
    assert_eq!(
        store.check_integrity().await.unwrap(),
        Vec::<String>::new(),
        "else every check would cry wolf"
    );
    let tail = store.read(|r| r.check_tail(1000)).await.unwrap();
    assert_eq!(tail, vec![], "and so would every start");
}

#[tokio::test]
async fn only_a_stop_without_closing_counts_as_unclean() {
    let (dir, store) = home().await;
    let second = Store::open(dir.path(), options()).unwrap();
    assert!(!second.unclean_stop, "a second process beside a living one is no crash");
    assert!(second.store.is_alive(store.holder()).unwrap(), "the first one lives");
    let name = store.holder().to_owned();
    drop(store);
    assert!(!second.store.is_alive(&name).unwrap(), "closed is not alive");
    drop(second);
    assert!(!Store::open(dir.path(), options()).unwrap().unclean_stop, "both closed well");

    fs::write(dir.path().join("open/018f0000-0000-7000-8000-000000000000"), b"").unwrap();
    assert!(Store::open(dir.path(), options()).unwrap().unclean_stop, "a trace that nobody locks is a crash");
    assert!(!Store::open(dir.path(), options()).unwrap().unclean_stop, "reported once");
}

#[tokio::test]
async fn a_holders_name_from_the_database_is_never_a_path() {
    let (_dir, store) = home().await;
    for hostile in ["../lockstep.db", "", "/etc/passwd", ".guard", "018f"] {
        assert!(!store.is_alive(hostile).unwrap(), "{hostile:?} holds nothing");
    }
}

#[cfg(unix)]
#[tokio::test]
async fn a_home_is_its_owners_alone() {
    use std::os::unix::fs::PermissionsExt;
    let dir = TempDir::new().unwrap();
    let home = dir.path().join("new/home");
    drop(open(&home));
    let mode = fs::metadata(&home).unwrap().permissions().mode();
    assert_eq!(mode & 0o077, 0, "names of people are nobody else's business");
}
