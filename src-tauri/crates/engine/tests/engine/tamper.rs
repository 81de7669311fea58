//! Somebody who owns the machine changes the database behind our back: it is found each time, and named.

use lockstep_domain::ledger::Entry;
use lockstep_engine::{Code, Desk};
use rusqlite::types::Value;
use rusqlite::{Connection, params};

use super::office::{Office, offboard_one};

const TEXTS: &[&str] = &["org_id", "id", "at", "actor", "kind", "run_id", "body"];
const BLOBS: &[&str] = &["commitment", "hash"];

/// A home with a sealed run, its Desk, and the tamperer's own way into the database.
async fn sealed() -> (Office, Desk, Connection) {
    let office = Office::of(2).await;
    let desk = office.desk().await;
    office.leave(&desk, 1).await;
    let run = offboard_one(&desk, 1).await;
    assert!(run.row.sealed_at.is_some(), "there is something to tamper with: {:#?}", run.steps);
    assert!(desk.verify_ledger().await.unwrap().ok, "and it verifies before");
    let conn = tamperer(&office);
    (office, desk, conn)
}

/// A connection for which nothing is guarded any more.
fn tamperer(office: &Office) -> Connection {
    let conn = Connection::open(office.home().join("lockstep.db")).unwrap();
    conn.execute_batch(
        "PRAGMA foreign_keys = OFF; PRAGMA synchronous = OFF;
         DROP TRIGGER ledger_appends; DROP TRIGGER ledger_keeps; DROP TRIGGER ledger_stays;
         DROP TRIGGER checkpoint_grows; DROP TRIGGER checkpoint_keeps; DROP TRIGGER checkpoint_stays;",
    )
    .unwrap();
    conn
}

fn last(conn: &Connection) -> i64 {
    conn.query_row("SELECT max(seq) FROM ledger", [], |row| row.get(0)).unwrap()
}

/// What verification says, in one text; empty when nothing is found.
async fn found(desk: &Desk) -> String {
    match desk.verify_ledger().await {
        Ok(view) if view.ok => String::new(),
        Ok(view) => view.failures.join("; "),
        Err(e) => e.to_string(),
    }
}

/// Whether the text names the entry, or the one whose link to it broke.
fn names(text: &str, seq: i64) -> bool {
    text.split(|c: char| !c.is_ascii_digit()).any(|n| n == seq.to_string() || n == (seq + 1).to_string())
}

async fn assert_found(desk: &Desk, seq: i64, what: &str) {
    let text = found(desk).await;
    assert!(!text.is_empty(), "{what} of entry {seq} was not found");
    assert!(names(&text, seq), "{what} of entry {seq} was found, and not named: {text}");
}

/// The same bytes with one bit of the byte at `at` turned; over a text, every bit gets its turn.
fn flipped(bytes: &[u8], at: usize) -> Vec<u8> {
    let mut changed = bytes.to_vec();
    changed[at] ^= 1 << (at % 8);
    changed
}

#[tokio::test]
async fn every_changed_byte_of_an_entry_is_found_and_named() {
    let (_office, desk, conn) = sealed().await;
    let mut flips = 0;
    for seq in 1..=last(&conn) {
        for (column, form) in TEXTS.iter().map(|c| (c, "TEXT")).chain(BLOBS.iter().map(|c| (c, "BLOB"))) {
            let read = format!("SELECT CAST({column} AS BLOB) FROM ledger WHERE seq = ?1");
            let Some(bytes): Option<Vec<u8>> = conn.query_row(&read, [seq], |row| row.get(0)).unwrap() else {
                continue; // an entry without it has no byte of it
            };
            let put = format!("UPDATE ledger SET {column} = CAST(?1 AS {form}) WHERE seq = ?2");
            for at in 0..bytes.len() {
                conn.execute(&put, params![flipped(&bytes, at), seq]).unwrap();
                assert_found(&desk, seq, &format!("byte {at} of {column}")).await;
                flips += 1;
            }
            conn.execute(&put, params![bytes, seq]).unwrap();
        }
        for byte in 0..7 {
            let moved = seq ^ (1 << (8 * byte + 5));
            conn.execute("UPDATE ledger SET seq = ?1 WHERE seq = ?2", [moved, seq]).unwrap();
            assert_found(&desk, seq, &format!("byte {byte} of the number")).await;
            conn.execute("UPDATE ledger SET seq = ?1 WHERE seq = ?2", [seq, moved]).unwrap();
        }
    }
    assert!(flips > 5_000, "every byte had its turn, {flips} did");
    assert_eq!(found(&desk).await, "", "put back, it verifies: nothing else was touched");
}

#[tokio::test]
async fn dropped_and_swapped_entries_are_found_and_named() {
    let (_office, desk, conn) = sealed().await;
    let last = last(&conn);
    for seq in 1..=last {
        conn.execute_batch("BEGIN").unwrap();
        conn.execute_batch(&format!("CREATE TEMP TABLE kept AS SELECT * FROM ledger WHERE seq = {seq}"))
            .unwrap();
        conn.execute("DELETE FROM ledger WHERE seq = ?1", [seq]).unwrap();
        conn.execute_batch("COMMIT").unwrap();
        assert_found(&desk, seq, "the loss").await;
        conn.execute_batch("INSERT INTO ledger SELECT * FROM kept; DROP TABLE kept").unwrap();
    }
    let swap = |a: i64, b: i64| {
        let far = 1_000_000;
        for (from, to) in [(a, far), (b, a), (far, b)] {
            conn.execute("UPDATE ledger SET seq = ?1 WHERE seq = ?2", [to, from]).unwrap();
        }
    };
    for (a, b) in (1..last).map(|a| (a, a + 1)).chain([(1, last), (2, last / 2)]) {
        swap(a, b);
        assert_found(&desk, a, "the swap").await;
        swap(a, b);
    }
    assert_eq!(found(&desk).await, "", "put back, it verifies");
}

#[tokio::test]
async fn a_cut_tail_stops_the_next_start() {
    let (office, desk, conn) = sealed().await;
    drop(desk);
    for cut in [1, 2, 10] {
        let from = last(&conn) + 1 - cut;
        conn.execute_batch(&format!("CREATE TEMP TABLE kept AS SELECT * FROM ledger WHERE seq >= {from}"))
            .unwrap();
        conn.execute("DELETE FROM ledger WHERE seq >= ?1", [from]).unwrap();
        refused(&office, &format!("the last {cut} entries were cut off")).await;
        conn.execute_batch("INSERT INTO ledger SELECT * FROM kept; DROP TABLE kept").unwrap();
    }
    drop(office.desk().await);
}

#[tokio::test]
async fn an_older_copy_stops_the_next_start() {
    let office = Office::of(3).await;
    let desk = office.desk().await;
    office.leave(&desk, 1).await;
    offboard_one(&desk, 1).await;
    drop(desk);
    let file = office.home().join("lockstep.db");
    let older = std::fs::read(&file).unwrap();
    let desk = office.desk().await;
    office.leave(&desk, 2).await;
    offboard_one(&desk, 2).await;
    drop(desk);
    for beside in ["lockstep.db-wal", "lockstep.db-shm"] {
        let beside = office.home().join(beside);
        assert!(!beside.exists(), "closed well, the file is all there is");
    }
    let newest = std::fs::read(&file).unwrap();
    std::fs::write(&file, older).unwrap();
    refused(&office, "an older copy was restored").await;
    std::fs::write(&file, newest).unwrap();
    drop(office.desk().await);
}

async fn refused(office: &Office, what: &str) {
    let opened = Desk::open(&office.home(), office.options("olga", &super::fate::Witness::none())).await;
    let error = opened.err().unwrap_or_else(|| panic!("{what}: nothing may be done with such a home"));
    assert_eq!(error.code(), Code::Tampered, "{what}: {error}");
    assert!(error.to_string().contains("entry"), "{what}: it says where: {error}");
}

#[tokio::test]
async fn a_chain_that_was_forged_anew_is_found_by_what_was_signed_and_kept_elsewhere() {
    let (office, desk, conn) = sealed().await;
    let mut entries = office.entries().await;
    let forged = entries.iter().position(|e| e.kind == "run.sealed").unwrap();
    entries[forged].at += chrono::TimeDelta::hours(-1);
    let mut prev = entries[forged].prev;
    for entry in &mut entries[forged..] {
        entry.prev = prev;
        prev = entry.hash().unwrap();
        put_forged(&conn, entry);
    }
    let text = found(&desk).await;
    assert!(text.contains("checkpoint"), "the signed checkpoint does not fit: {text}");
    assert!(text.contains("anchor"), "nor does the anchor in the keychain: {text}");
    drop(desk);
    refused(&office, "the chain was forged anew").await;
}

fn put_forged(conn: &Connection, entry: &Entry) {
    let seq = i64::try_from(entry.seq).unwrap();
    let at = entry.at.to_rfc3339_opts(chrono::SecondsFormat::Micros, true);
    let sql = "UPDATE ledger SET at = ?1, hash = ?2 WHERE seq = ?3";
    assert_eq!(
        conn.execute(sql, params![at, entry.hash().unwrap().0, seq]).unwrap(),
        1,
        "one row was forged"
    );
}

#[tokio::test]
async fn every_changed_byte_of_a_checkpoint_is_found() {
    let (_office, desk, conn) = sealed().await;
    let size: i64 = conn.query_row("SELECT max(size) FROM checkpoint", [], |row| row.get(0)).unwrap();
    for column in ["root", "note", "frontier"] {
        let read = format!("SELECT {column} FROM checkpoint WHERE size = ?1");
        let bytes: Vec<u8> = conn.query_row(&read, [size], |row| row.get(0)).unwrap();
        let put = format!("UPDATE checkpoint SET {column} = ?1 WHERE size = ?2");
        for at in 0..bytes.len() {
            conn.execute(&put, params![flipped(&bytes, at), size]).unwrap();
            let text = found(&desk).await;
            assert!(
                text.contains(&format!("checkpoint of {size} entries")),
                "byte {at} of {column}: {text:?}"
            );
        }
        conn.execute(&put, params![bytes, size]).unwrap();
    }
    assert_eq!(found(&desk).await, "", "put back, it verifies");
}

#[tokio::test]
async fn a_changed_payload_opens_no_more() {
    let (_office, desk, conn) = sealed().await;
    let run = desk.runs().await.unwrap()[0].id;
    let sql = "SELECT id FROM ledger WHERE kind = 'run.opened'";
    let entry: String = conn.query_row(sql, [], |row| row.get(0)).unwrap();
    for column in ["nonce", "ciphertext"] {
        let read = format!("SELECT {column} FROM payload WHERE entry_id = ?1");
        let bytes: Vec<u8> = conn.query_row(&read, [&entry], |row| row.get(0)).unwrap();
        let put = format!("UPDATE payload SET {column} = ?1 WHERE entry_id = ?2");
        for at in (0..bytes.len()).step_by(7) {
            conn.execute(&put, params![flipped(&bytes, at), entry]).unwrap();
            let error =
                desk.run(run).await.err().unwrap_or_else(|| panic!("byte {at} of {column} was believed"));
            assert!(error.to_string().contains("payload"), "byte {at} of {column}: {error}");
        }
        conn.execute(&put, params![Value::Blob(bytes), entry]).unwrap();
    }
    desk.run(run).await.expect("put back, it opens again");
}
