//! What a transaction promises: all or nothing, whatever happens to the work, the disk or the process.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::support::{append, draft, home, hours, id, now, open, options, run};
use chrono::TimeDelta;
use lockstep_domain::ids::RunId;
use lockstep_store::{Error, Fuse, Kind, Store, StoreOptions};
use serde_json::json;

#[derive(Debug, thiserror::Error)]
#[error("the guard refused")]
struct Refusal;

#[tokio::test]
async fn giving_up_or_panicking_rolls_back_and_the_store_goes_on() {
    let (_dir, store) = home().await;
    let given_up: Result<(), Error> = store
        .write(|tx| {
            tx.append(draft(json!({})))?;
            Err(Error::abandon(Refusal))
        })
        .await;
    let given_up = given_up.unwrap_err();
    assert_eq!(given_up.kind(), Kind::Abandoned, "told from a failure of the store");
    assert!(given_up.into_reason::<Refusal>().is_ok(), "and the reason comes back");

    let panicked: Result<(), Error> = store
        .write(|tx| {
            tx.append(draft(json!({})))?;
            panic!("a defect in one piece of work")
        })
        .await;
    assert_eq!(panicked.unwrap_err().kind(), Kind::Internal, "a panic is that work's failure");
    let read: Result<(), Error> = store.read(|_| panic!("in a read too")).await;
    assert_eq!(read.unwrap_err().kind(), Kind::Internal, "and does not take the reader with it");

    append(&store, 1).await;
    assert_eq!(store.read(|r| r.head()).await.unwrap().seq, 1, "only what succeeded is there");
}

#[tokio::test]
async fn what_follows_a_commit_is_done_before_the_next_transaction_and_never_without_it() {
    let (_dir, store) = home().await;
    let told = Arc::new(AtomicUsize::new(0));
    let tell = || {
        let told = Arc::clone(&told);
        move |seq: u64| told.store(usize::try_from(seq).unwrap(), Ordering::SeqCst)
    };
    let seen = Arc::clone(&told);
    let first = store.write_then(|tx| Ok(tx.append(draft(json!({})))?.seq), tell());
    let second = store.write(move |_| Ok(seen.load(Ordering::SeqCst)));
    let (first, second) = tokio::join!(first, second);
    first.unwrap();
    assert_eq!(second.unwrap(), 1, "the next transaction finds what is kept in memory moved on");

    let given_up = store.write_then(
        |tx| {
            tx.append(draft(json!({})))?;
            Err::<u64, _>(Error::abandon(Refusal))
        },
        tell(),
    );
    assert_eq!(given_up.await.unwrap_err().kind(), Kind::Abandoned, "the work gave up");
    assert_eq!(told.load(Ordering::SeqCst), 1, "nothing is told of what is not durable");
}

#[tokio::test]
async fn an_unanswered_write_is_done_all_the_same() {
    let (_dir, store) = home().await;
    {
        let write = store.write(|tx| tx.append(draft(json!({}))));
        tokio::pin!(write);
        // One poll hands the work over; then nobody waits any more.
        tokio::select! { biased; _ = &mut write => {}, () = std::future::ready(()) => {} }
    }
    append(&store, 1).await;
    assert_eq!(
        store.read(|r| r.head()).await.unwrap().seq,
        2,
        "a closed window must not undo half of something"
    );
}

/// Lets so many questions pass, then says no.
struct Burnt(AtomicUsize);

impl Fuse for Burnt {
    fn before_commit(&self) -> bool {
        self.after_commit()
    }

    fn after_commit(&self) -> bool {
        self.0.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1)).is_ok()
    }
}

#[tokio::test]
async fn a_fuse_stops_before_or_after_a_commit_and_leaves_a_home_as_after_a_crash() {
    // Each write asks twice: before its commit and after it.
    for (questions, kept) in [(0, 0), (1, 1), (2, 1), (3, 2), (4, 2)] {
        let (dir, store) = home().await;
        drop(store);
        let fuse = Arc::new(Burnt(AtomicUsize::new(questions)));
        let store = Store::open(dir.path(), StoreOptions { fuse: Some(fuse), ..options() }).unwrap().store;
        let mut answer = Ok(());
        while answer.is_ok() {
            answer = store.write(|tx| tx.append(draft(json!({}))).map(drop)).await;
        }
        assert_eq!(answer.unwrap_err().kind(), Kind::Stopped, "{questions}: the process is dead");
        assert_eq!(store.read(|r| r.head()).await.unwrap_err().kind(), Kind::Stopped, "for reads too");
        drop(store);
        let again = Store::open(dir.path(), options()).unwrap();
        assert!(again.unclean_stop, "{questions}: a crash is noticed");
        assert_eq!(
            again.store.read(|r| r.head()).await.unwrap().seq,
            kept,
            "{questions}: durable means durable"
        );
    }
}

#[tokio::test]
async fn a_full_disk_is_named_and_loses_nothing() {
    let (dir, store) = home().await;
    append(&store, 10).await;
    drop(store);
    let small = StoreOptions { max_pages: Some(120), ..options() };
    let store = Store::open(dir.path(), small).unwrap().store;
    let mut kept = 10;
    let error = loop {
        match store.write(|tx| tx.append(draft(json!({ "filler": "x".repeat(20_000) })))).await {
            Ok(entry) => kept = entry.seq,
            Err(error) => break error,
        }
    };
    assert_eq!(error.kind(), Kind::Full, "not a defect, not damage: {error}");
    assert!(error.remedy().contains("Free space"), "and somebody is told what to do");
    let head = store.read(|r| r.head()).await.unwrap().seq;
    assert_eq!(head, kept, "what was confirmed is there, what failed is not");
    let scanned = store.read(move |r| r.scan_ledger(1, head, |_| Ok(()))).await.unwrap();
    assert_eq!(scanned.faults, vec![], "and the chain is whole");
}

#[tokio::test]
async fn a_writer_that_waits_too_long_says_busy() {
    let (dir, store) = home().await;
    drop(store);
    let impatient = StoreOptions { busy_timeout: std::time::Duration::from_millis(20), ..options() };
    let store = Store::open(dir.path(), impatient).unwrap().store;
    let other = rusqlite::Connection::open(dir.path().join("lockstep.db")).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let error = store.write(|tx| tx.append(draft(json!({})))).await.unwrap_err();
    assert_eq!(error.kind(), Kind::Busy, "another process, not damage: {error}");
    other.execute_batch("ROLLBACK").unwrap();
    append(&store, 1).await;
}

#[tokio::test]
async fn a_home_that_was_not_set_up_says_so() {
    let dir = tempfile::TempDir::new().unwrap();
    let store = open(dir.path());
    let error = store.write(|tx| tx.append(draft(json!({})))).await.unwrap_err();
    assert_eq!(error.kind(), Kind::Missing, "{error}");
    assert!(error.remedy().contains("init"), "the remedy is to set it up");
}

#[tokio::test]
async fn only_the_holder_in_its_epoch_may_append() {
    let (_dir, store) = home().await;
    let run = run(&store).await;
    let ttl = TimeDelta::seconds(30);
    let take = |holder: &'static str, at| store.write(move |tx| tx.take_lease(run, holder, at, ttl));
    let check = |holder: &'static str, epoch| store.write(move |tx| tx.check_lease(run, holder, epoch));

    assert_eq!(take("a", now()).await.unwrap(), Some(1), "a free run is taken");
    assert_eq!(take("b", now()).await.unwrap(), None, "one drives, not two");
    assert_eq!(take("a", now() + ttl).await.unwrap(), Some(1), "prolonging keeps the epoch");
    assert!(check("a", 1).await.is_ok(), "the holder appends");
    assert_eq!(take("b", hours(1)).await.unwrap(), Some(2), "a lease that ran out is taken over");
    for (holder, epoch) in [("a", 1), ("b", 1), ("a", 2), ("", 2)] {
        let error = check(holder, epoch).await.unwrap_err();
        assert_eq!(
            error.kind(),
            Kind::LeaseLost,
            "{holder} {epoch}: a sleeper that wakes up must not append"
        );
    }
    store.write(move |tx| tx.break_lease(run)).await.unwrap();
    assert_eq!(check("b", 2).await.unwrap_err().kind(), Kind::LeaseLost, "a broken lease holds nothing");
    assert_eq!(take("b", now()).await.unwrap(), Some(3), "even its old holder gets a new epoch");
    let unknown = RunId(id());
    let error = store.write(move |tx| tx.take_lease(unknown, "a", now(), ttl)).await.unwrap_err();
    assert_eq!(error.kind(), Kind::Conflict, "there is no such run to drive");
}
