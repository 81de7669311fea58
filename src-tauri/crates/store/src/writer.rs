//! The one thread that writes, and what a transaction is.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::Ordering;
use std::sync::{Arc, mpsc};
use std::thread::JoinHandle;

use rusqlite::{Connection, Transaction, TransactionBehavior};

use crate::error::{Error, Kind, Result};
use crate::handle::{Reader, Tx};
use crate::store::Shared;

pub(crate) type Job = Box<dyn FnOnce(&Connection) + Send>;

/// Starts the thread; it ends when the sender is dropped.
pub(crate) fn start(conn: Connection) -> Result<(mpsc::Sender<Job>, JoinHandle<()>)> {
    let (sender, jobs) = mpsc::channel::<Job>();
    let thread = std::thread::Builder::new()
        .name("lockstep-store".into())
        .spawn(move || {
            for job in jobs {
                job(&conn);
            }
        })
        .map_err(|e| Error::io("starting the store's thread", e))?;
    Ok((sender, thread))
}

/// Runs `work` in one transaction that is durable when this returns `Ok`, and leaves nothing otherwise.
pub(crate) fn transact<T>(
    conn: &Connection,
    shared: &Arc<Shared>,
    work: impl FnOnce(&mut Tx<'_>) -> Result<T>,
) -> Result<T> {
    shared.refuse_stopped()?;
    // Immediate: the ledger's head must not move between reading and appending, in no process.
    let tx = Transaction::new_unchecked(conn, TransactionBehavior::Immediate)
        .map_err(|e| Error::sql("beginning a transaction", e))?;
    let mut handle = Tx::new(&tx, shared);
    let answer = guarded(|| work(&mut handle))?;
    let org = handle.known_org();
    if shared.options.fuse.as_ref().is_some_and(|fuse| !fuse.before_commit()) {
        shared.stopped.store(true, Ordering::SeqCst);
        return Err(Error::stopped());
    }
    tx.commit().map_err(|e| Error::sql("committing", e))?;
    if let Some(org) = org {
        shared.org.get_or_init(|| org);
    }
    if shared.options.fuse.as_ref().is_some_and(|fuse| !fuse.after_commit()) {
        shared.stopped.store(true, Ordering::SeqCst);
        return Err(Error::stopped());
    }
    Ok(answer)
}

/// Runs `work` on one consistent state of the database.
pub(crate) fn observe<T>(
    conn: &Connection,
    shared: &Arc<Shared>,
    work: impl FnOnce(&Reader<'_>) -> Result<T>,
) -> Result<T> {
    shared.refuse_stopped()?;
    let snapshot = Transaction::new_unchecked(conn, TransactionBehavior::Deferred)
        .map_err(|e| Error::sql("beginning a read", e))?;
    guarded(|| work(&Reader::new(&snapshot, shared)))
}

/// A panic in one piece of work is that work's failure, not the store's.
fn guarded<T>(work: impl FnOnce() -> Result<T>) -> Result<T> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|_| {
        Err(Error::new(
            Kind::Internal,
            "the work on the database panicked and was rolled back",
            "Report this with the log; nothing of it was written.",
        ))
    })
}
