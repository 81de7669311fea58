//! The ledger: appending, guards, the walk, and every way of changing it behind our back.

use std::path::Path;

use crate::support::{append, draft, home, id, now, open};
use lockstep_domain::digest::Digest;
use lockstep_domain::ids::RunId;
use lockstep_domain::ledger::{Actor, Draft, Entry};
use lockstep_store::{Checkpoint, Error, Fault, Kind, Problem, Scanned, Store};
use proptest::prelude::*;
use rusqlite::Connection;
use serde_json::{Value, json};

async fn scan(store: &Store, to: u64) -> Scanned {
    store.read(move |r| r.scan_ledger(1, to, |_| Ok(()))).await.unwrap()
}

/// Somebody who owns the machine and knows SQLite.
fn tamper(home: &Path, sql: &str) {
    let conn = Connection::open(home.join("lockstep.db")).unwrap();
    conn.execute_batch(
        "DROP TRIGGER ledger_keeps; DROP TRIGGER ledger_stays; DROP TRIGGER ledger_appends; PRAGMA foreign_keys = OFF;",
    )
    .unwrap();
    conn.execute_batch(sql).unwrap();
}

#[tokio::test]
async fn entries_chain_and_read_back_as_they_were_appended() {
    let (_dir, store) = home().await;
    let run = RunId(id());
    let entries: Vec<Entry> = store
        .write(move |tx| {
            (0..5)
                .map(|n| tx.append(Draft { run: (n % 2 == 0).then_some(run), ..draft(json!({ "n": n })) }))
                .collect()
        })
        .await
        .unwrap();
    assert_eq!(entries[0].prev, Digest::ZERO, "the chain begins with zeros");
    for pair in entries.windows(2) {
        assert_eq!(pair[1].prev, pair[0].hash().unwrap(), "each names the one before");
        assert_eq!(pair[1].seq, pair[0].seq + 1, "without a gap");
    }
    let expected = entries.clone();
    store
        .read(move |r| {
            let head = r.head()?;
            assert_eq!((head.seq, head.hash), (5, expected[4].hash().unwrap()), "the head is the last entry");
            assert_eq!(r.entries(1..=5)?, expected, "what was appended is what is read");
            assert_eq!(
                r.entries_of_run(run)?.iter().map(|e| e.seq).collect::<Vec<_>>(),
                [1, 3, 5],
                "a run's fold"
            );
            let news = r.entries_of_run_after(run, 1)?;
            assert_eq!(news.iter().map(|e| e.seq).collect::<Vec<_>>(), [3, 5], "what came since, not twice");
            assert_eq!(r.entries_of_kind("step.settled", 4)?.len(), 2, "from a position on");
            assert_eq!(
                r.entry(expected[2].id)?.as_ref(),
                Some(&expected[2]),
                "by id, with the hash before it"
            );
            Ok(())
        })
        .await
        .unwrap();
}

#[tokio::test]
async fn nothing_updates_deletes_or_slips_in() {
    let (dir, store) = home().await;
    append(&store, 3).await;
    let checkpoint = Checkpoint { size: 3, root: Digest::ZERO, note: vec![1], frontier: vec![], at: now() };
    store.write(move |tx| tx.add_checkpoint(&checkpoint)).await.unwrap();
    let conn = Connection::open(dir.path().join("lockstep.db")).unwrap();
    let columns = "org_id, id, at, actor, kind, run_id, body, commitment, hash";
    for sql in [
        "UPDATE ledger SET body = '{}' WHERE seq = 2".to_owned(),
        "DELETE FROM ledger WHERE seq = 3".into(),
        format!(
            "INSERT INTO ledger (seq, {columns}) SELECT 9, org_id, 'x', at, actor, kind, run_id, body, commitment, hash FROM ledger WHERE seq = 1"
        ),
        format!(
            "INSERT INTO ledger ({columns}) SELECT org_id, 'x', at, actor, kind, run_id, body, commitment, hash FROM ledger WHERE seq = 1"
        ),
        format!(
            "INSERT OR REPLACE INTO ledger (seq, {columns}) SELECT 2, {columns} FROM ledger WHERE seq = 1"
        ),
        "UPDATE checkpoint SET note = x'00'".into(),
        "DELETE FROM checkpoint".into(),
        "INSERT INTO checkpoint SELECT size - 1, org_id, root, note, frontier, at FROM checkpoint".into(),
    ] {
        let error = conn.execute_batch(&sql).unwrap_err().to_string();
        assert!(
            error.contains("ledger") || error.contains("checkpoint"),
            "{sql}: refused by the guard, not {error}"
        );
    }
    assert_eq!(scan(&store, 3).await, Scanned { rows: 3, faults: vec![] }, "and all is as it was");
}

#[tokio::test]
async fn a_guards_refusal_has_its_own_kind() {
    let (_dir, store) = home().await;
    let same = Checkpoint { size: 3, root: Digest::ZERO, note: vec![], frontier: vec![], at: now() };
    let error = store
        .write(move |tx| {
            tx.add_checkpoint(&same)?;
            tx.add_checkpoint(&same)
        })
        .await
        .unwrap_err();
    assert_eq!(error.kind(), Kind::Guarded, "a caller must tell it from a full disk");
    assert_eq!(store.read(|r| r.last_checkpoint()).await.unwrap(), None, "the whole transaction is undone");
}

#[tokio::test]
async fn a_draft_that_does_not_fit_is_refused_and_leaves_nothing() {
    let (_dir, store) = home().await;
    let twice = draft(json!({}));
    for (drafts, kind) in [
        (vec![Draft { kind: "not a word".into(), ..draft(json!({})) }], Kind::Malformed),
        (vec![twice.clone(), twice], Kind::Conflict),
    ] {
        let error = store
            .write(move |tx| drafts.into_iter().try_for_each(|d| tx.append(d).map(drop)))
            .await
            .unwrap_err();
        assert_eq!(error.kind(), kind, "{error}");
        assert_eq!(store.read(|r| r.head()).await.unwrap().seq, 0, "nothing of a failed transaction stays");
    }
}

/// JSON as it may come out of any domain type: hostile strings, every number, nesting.
fn bodies() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<f64>().prop_filter("JSON has no such number", |n| n.is_finite()).prop_map(Value::from),
        any::<String>().prop_map(Value::from),
        Just(Value::from("\",\"at\":\"\u{202e}\u{0}\u{10ffff}")),
    ];
    leaf.prop_recursive(3, 24, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::hash_map(any::<String>(), inner, 0..4)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn the_walk_rebuilds_every_line_as_the_domain_writes_it(
        bodies in prop::collection::vec((bodies(), any::<bool>(), any::<Option<[u8; 32]>>()), 1..12)
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let (lines, walked, faults) = runtime.block_on(async {
            let (_dir, store) = home().await;
            let entries = store.write(move |tx| {
                bodies.into_iter().map(|(body, in_run, commitment)| tx.append(Draft {
                    run: in_run.then(|| RunId(id())),
                    commitment: commitment.map(Digest),
                    actor: Actor::new("op:1").unwrap(),
                    ..draft(body)
                })).collect::<Result<Vec<Entry>, Error>>()
            }).await.unwrap();
            // Read back first: a number may have another JSON form than it had in memory.
            let count = entries.len() as u64;
            let read = store.read(move |r| r.entries(1..=count)).await.unwrap();
            let lines: Vec<_> = read.iter().map(|e| e.canonical_bytes().unwrap()).collect();
            let (walked, scanned) = store.read(move |r| {
                let mut walked = Vec::new();
                let scanned = r.scan_ledger(1, count, |row| {
                    walked.push(row.line.to_vec());
                    Ok(())
                })?;
                Ok((walked, scanned))
            }).await.unwrap();
            (lines, walked, scanned.faults)
        });
        prop_assert_eq!(walked, lines, "what is verified must be what is exported, byte for byte");
        prop_assert_eq!(faults, vec![], "an untouched ledger has no faults");
    }
}

#[tokio::test]
async fn every_change_behind_our_back_is_found_and_named() {
    let swap = "UPDATE ledger SET seq = -1 WHERE seq = 4; UPDATE ledger SET seq = 4 WHERE seq = 5;
                UPDATE ledger SET seq = 5 WHERE seq = -1";
    for (sql, seq, problem) in [
        ("UPDATE ledger SET body = '{\"n\":9}' WHERE seq = 4", 4, Problem::HashMismatch),
        ("UPDATE ledger SET at = '2026-09-25T14:00:00.000001Z' WHERE seq = 4", 4, Problem::HashMismatch),
        ("UPDATE ledger SET actor = 'mallory' WHERE seq = 4", 4, Problem::HashMismatch),
        ("UPDATE ledger SET kind = 'step.waived' WHERE seq = 4", 4, Problem::HashMismatch),
        ("UPDATE ledger SET run_id = id WHERE seq = 4", 4, Problem::HashMismatch),
        ("UPDATE ledger SET org_id = id WHERE seq = 4", 4, Problem::HashMismatch),
        ("UPDATE ledger SET commitment = hash WHERE seq = 4", 4, Problem::HashMismatch),
        ("UPDATE ledger SET hash = zeroblob(32) WHERE seq = 4", 4, Problem::HashMismatch),
        ("UPDATE ledger SET hash = x'00' WHERE seq = 4", 4, Problem::Malformed("hash")),
        ("UPDATE ledger SET actor = 'a\",\"at\":\"b' WHERE seq = 4", 4, Problem::Malformed("actor")),
        ("UPDATE ledger SET at = 'yesterday' WHERE seq = 4", 4, Problem::Malformed("time")),
        ("UPDATE ledger SET body = '' WHERE seq = 4", 4, Problem::Malformed("body")),
        ("UPDATE ledger SET commitment = x'01' WHERE seq = 4", 4, Problem::Malformed("commitment")),
        ("DELETE FROM ledger WHERE seq = 4", 4, Problem::Gap { next: 5 }),
        ("DELETE FROM ledger WHERE seq IN (1, 2)", 1, Problem::Gap { next: 3 }),
        ("DELETE FROM ledger WHERE seq > 7", 8, Problem::Cut),
        (swap, 4, Problem::HashMismatch),
    ] {
        let (dir, store) = home().await;
        append(&store, 9).await;
        drop(store);
        tamper(dir.path(), sql);
        let store = open(dir.path());
        let faults = scan(&store, 9).await.faults;
        assert_eq!(faults.first(), Some(&Fault { seq, problem }), "{sql}: found, and at the right place");
        assert!(faults[0].to_string().contains(&seq.to_string()), "{sql}: named for a person");
    }
}

#[tokio::test]
async fn an_entry_hashed_anew_breaks_the_next_one_also_across_two_ranges() {
    let (dir, store) = home().await;
    append(&store, 9).await;
    let forged = store.read(|r| r.entries(5..=5)).await.unwrap().remove(0);
    drop(store);
    let forged = Entry { body: json!({"n": 99}), ..forged };
    let hash = forged.hash().unwrap();
    tamper(dir.path(), &format!("UPDATE ledger SET body = '{{\"n\":99}}', hash = x'{hash}' WHERE seq = 5"));
    let store = open(dir.path());
    let (first, second) = store
        .read(|r| Ok((r.scan_ledger(1, 5, |_| Ok(()))?, r.scan_ledger(6, 9, |_| Ok(()))?)))
        .await
        .unwrap();
    assert_eq!(first.faults, vec![], "the forged entry is whole in itself");
    assert_eq!(
        second.faults,
        vec![Fault { seq: 6, problem: Problem::HashMismatch }],
        "but the next one names the old hash, even where two walks meet"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn two_stores_on_one_home_keep_one_gapless_chain() {
    let (dir, first) = home().await;
    let second = open(dir.path());
    let appender = |store: Store| async move {
        for n in 0..60 {
            store.write(move |tx| tx.append(draft(json!({ "n": n })))).await.unwrap();
        }
    };
    let (one, other) =
        tokio::join!(tokio::spawn(appender(first.clone())), tokio::spawn(appender(second.clone())));
    one.unwrap();
    other.unwrap();
    assert_eq!(second.read(|r| r.head()).await.unwrap().seq, 120, "no entry is lost");
    assert_eq!(scan(&first, 120).await, Scanned { rows: 120, faults: vec![] }, "and none forks the chain");
}
