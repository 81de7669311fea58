//! Personal data of entries: encrypted, committed to, erasable.

use std::fs;

use crate::support::{draft, home, id, key};
use lockstep_domain::ids::{EntryId, PersonId};
use lockstep_store::{Kind, MasterKey, Store, StoreOptions};
use serde_json::json;

const WORDS: &[u8] = b"Kim Doe, kim@acme.test, resigned for health reasons";

async fn entry(store: &Store, person: PersonId) -> EntryId {
    store.write(move |tx| Ok(tx.append_with_payload(draft(json!({})), person, WORDS)?.id)).await.unwrap()
}

#[tokio::test]
async fn a_payload_comes_back_and_never_lies_in_the_file_in_the_open() {
    let (dir, store) = home().await;
    let entry = entry(&store, PersonId(id())).await;
    assert_eq!(store.read(move |r| r.payload(entry)).await.unwrap().as_deref(), Some(WORDS), "for evidence");
    for file in ["lockstep.db", "lockstep.db-wal"] {
        let bytes = fs::read(dir.path().join(file)).unwrap();
        for needle in [b"resigned".as_slice(), key().as_bytes()] {
            assert!(
                !bytes.windows(needle.len()).any(|w| w == needle),
                "{file} must hold neither words nor key"
            );
        }
    }
}

#[tokio::test]
async fn erasing_a_person_leaves_the_chain_whole_and_others_untouched() {
    let (dir, store) = home().await;
    let (kim, alex) = (PersonId(id()), PersonId(id()));
    let (first, second, other) =
        (entry(&store, kim).await, entry(&store, kim).await, entry(&store, alex).await);
    let ciphertext = stored(dir.path(), first);
    let erased = store.write(move |tx| tx.erase_person_payloads(kim)).await.unwrap();
    assert_eq!(erased, 2, "both of them");
    store.flush().await.unwrap();
    store
        .read(move |r| {
            assert_eq!(
                (r.payload(first)?, r.payload(second)?),
                (None, None),
                "erased is gone, and is no error"
            );
            assert_eq!(r.payload(other)?.as_deref(), Some(WORDS), "others stay");
            assert!(r.entry(first)?.unwrap().commitment.is_some(), "the entry still says that there was one");
            assert_eq!(r.scan_ledger(1, 3, |_| Ok(()))?.faults, vec![], "and the chain verifies");
            Ok(())
        })
        .await
        .unwrap();
    let bytes = fs::read(dir.path().join("lockstep.db")).unwrap();
    assert!(!bytes.windows(ciphertext.len()).any(|w| w == ciphertext), "not even the encrypted bytes stay");
}

fn stored(home: &std::path::Path, entry: EntryId) -> Vec<u8> {
    let conn = rusqlite::Connection::open(home.join("lockstep.db")).unwrap();
    conn.query_row("SELECT ciphertext FROM payload WHERE entry_id = ?1", [entry.to_string()], |r| r.get(0))
        .unwrap()
}

#[tokio::test]
async fn a_payload_that_was_changed_or_moved_does_not_open() {
    for sql in [
        "UPDATE payload SET ciphertext = zeroblob(length(ciphertext))",
        "UPDATE payload SET nonce = zeroblob(24)",
        "UPDATE payload SET nonce = x'00'",
        // Another entry's payload of the same person, in this one's place.
        "UPDATE payload SET (ciphertext, nonce) =
             (SELECT ciphertext, nonce FROM payload WHERE entry_id <> 'FIRST') WHERE entry_id = 'FIRST'",
        "UPDATE person_key SET wrapped = zeroblob(48)",
        "DELETE FROM person_key",
    ] {
        let (dir, store) = home().await;
        let person = PersonId(id());
        let (first, _second) = (entry(&store, person).await, entry(&store, person).await);
        rusqlite::Connection::open(dir.path().join("lockstep.db"))
            .unwrap()
            .execute_batch(&sql.replace("FIRST", &first.to_string()))
            .unwrap();
        let error = store.read(move |r| r.payload(first)).await.unwrap_err();
        assert_eq!(error.kind(), Kind::Unreadable, "{sql}: never shown as if it were what was recorded");
    }
}

#[tokio::test]
async fn without_the_right_master_key_nothing_is_read_or_written() {
    let (dir, store) = home().await;
    let person = PersonId(id());
    let entry = entry(&store, person).await;
    drop(store);
    let wrong = Some(MasterKey::from_bytes(&[8; 32]).unwrap());
    for (master_key, kind) in [(None, Kind::NoKey), (wrong, Kind::Unreadable)] {
        let options = StoreOptions { master_key, ..StoreOptions::default() };
        let store = Store::open(dir.path(), options).unwrap().store;
        assert_eq!(store.read(move |r| r.payload(entry)).await.unwrap_err().kind(), kind, "reading");
        let written = store.write(move |tx| tx.append_with_payload(draft(json!({})), person, WORDS)).await;
        assert_eq!(written.unwrap_err().kind(), kind, "a payload that nobody can open must not be written");
    }
}

#[test]
fn no_debug_form_shows_a_key() {
    let options = StoreOptions { master_key: Some(key()), ..StoreOptions::default() };
    for shown in [format!("{:?}", key()), format!("{options:?}")] {
        assert!(!shown.contains("7, 7") && !shown.contains("0707"), "{shown}");
    }
    assert!(MasterKey::from_bytes(&[1; 31]).is_err(), "a short key is no key");
    assert_ne!(
        MasterKey::generate().unwrap().as_bytes(),
        MasterKey::generate().unwrap().as_bytes(),
        "random"
    );
}
