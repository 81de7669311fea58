//! The store: open, write, read.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError, mpsc};
use std::thread::JoinHandle;

use lockstep_domain::ids::OrgId;
use rusqlite::Connection;
use tokio::sync::{Semaphore, oneshot};

use crate::error::{Error, Result};
use crate::handle::{Reader, Tx};
use crate::options::StoreOptions;
use crate::presence::{Guard, Presence};
use crate::writer::{self, Job};
use crate::{open, random};

/// An open home. Cheap to clone; the last clone that is dropped closes it.
#[derive(Clone)]
pub struct Store {
    inner: Arc<Inner>,
}

/// What opening a home found.
#[derive(Debug)]
pub struct Opened {
    /// The store.
    pub store: Store,
    /// Whether a process that had this home open did not close it well. [`Store::check_integrity`] is due.
    pub unclean_stop: bool,
}

/// What writer and readers share.
pub(crate) struct Shared {
    pub(crate) options: StoreOptions,
    pub(crate) stopped: AtomicBool,
    /// Once a transaction that knows it is durable: it never changes.
    pub(crate) org: OnceLock<OrgId>,
}

struct Inner {
    shared: Arc<Shared>,
    path: PathBuf,
    presence: Presence,
    jobs: Option<mpsc::Sender<Job>>,
    thread: Option<JoinHandle<()>>,
    idle: Mutex<Vec<Connection>>,
    turns: Semaphore,
}

impl Store {
    /// Opens the home in `dir`, making it if there is none, and brings its form up to date.
    ///
    /// Several processes, and several stores of one process, may have a home open at once. Must be called where
    /// blocking is allowed; it takes milliseconds.
    ///
    /// # Errors
    /// `Newer`, `Foreign` (the file is left untouched to the byte), `Corrupt`, `Busy`, `Full`, `Io`.
    pub fn open(dir: &Path, options: StoreOptions) -> Result<Opened> {
        open::make_home(dir)?;
        let guard = Guard::take(dir)?;
        let path = open::database(dir);
        let conn = open::writer(&path, &options)?;
        let unclean_stop = guard.clear_dead()?;
        let presence = guard.enter(random::nameless_id()?)?;
        let (jobs, thread) = writer::start(conn)?;
        let turns = Semaphore::new(options.readers.max(1));
        let shared = Arc::new(Shared { options, stopped: AtomicBool::new(false), org: OnceLock::new() });
        let inner = Inner {
            shared,
            path,
            presence,
            jobs: Some(jobs),
            thread: Some(thread),
            idle: Mutex::new(Vec::new()),
            turns,
        };
        Ok(Opened { store: Self { inner: Arc::new(inner) }, unclean_stop })
    }

    /// Runs `work` in one transaction that sees no other writer and is durable on the disk when this returns `Ok`.
    ///
    /// An `Err` from `work` (see [`Error::abandon`]) or a panic in it rolls everything back. Once called, the
    /// work is done even if nobody awaits the answer.
    ///
    /// # Errors
    /// Those of `work`; `Busy`, `Full`, `Io`, `Corrupt`, `Stopped`.
    pub async fn write<T, F>(&self, work: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnOnce(&mut Tx<'_>) -> Result<T> + Send + 'static,
    {
        self.write_then(work, |answer| answer).await
    }

    /// The same, and runs `then` on the answer once it is durable and before the next transaction of this store
    /// begins: what is kept in memory of the database moves on with it. It must be quick.
    ///
    /// # Errors
    /// Those of [`Store::write`]; `then` is not run.
    pub async fn write_then<T, U, F, G>(&self, work: F, then: G) -> Result<U>
    where
        T: 'static,
        U: Send + 'static,
        F: FnOnce(&mut Tx<'_>) -> Result<T> + Send + 'static,
        G: FnOnce(T) -> U + Send + 'static,
    {
        self.on_writer(|conn, shared| writer::transact(conn, shared, work).map(then)).await
    }

    /// Runs `work` on one consistent state of the database, beside the writer and other reads.
    ///
    /// # Errors
    /// Those of `work`; `Busy`, `Io`, `Corrupt`, `Stopped`.
    pub async fn read<T, F>(&self, work: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnOnce(&Reader<'_>) -> Result<T> + Send + 'static,
    {
        self.on_reader(|conn, shared| writer::observe(conn, shared, work)).await
    }

    /// The name under which this store takes leases.
    pub fn holder(&self) -> &str {
        self.inner.presence.name()
    }

    /// Whether the store of that name is still open, in whatever process. A dead holder's lease may be broken.
    ///
    /// # Errors
    /// `Io` when the home cannot be looked at.
    pub fn is_alive(&self, holder: &str) -> Result<bool> {
        self.inner.presence.is_alive(holder)
    }

    pub(crate) async fn on_writer<T, F>(&self, work: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnOnce(&Connection, &Arc<Shared>) -> Result<T> + Send + 'static,
    {
        let (reply, answer) = oneshot::channel();
        let shared = Arc::clone(&self.inner.shared);
        let job: Job = Box::new(move |conn| {
            // Nobody may be waiting any more; the work is done all the same.
            let _ = reply.send(work(conn, &shared));
        });
        self.inner.jobs.as_ref().ok_or_else(Error::stopped)?.send(job).map_err(|_| Error::stopped())?;
        answer.await.map_err(|_| Error::stopped())?
    }

    pub(crate) async fn on_reader<T, F>(&self, work: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnOnce(&Connection, &Arc<Shared>) -> Result<T> + Send + 'static,
    {
        let _turn = self.inner.turns.acquire().await.map_err(|_| Error::stopped())?;
        let inner = Arc::clone(&self.inner);
        let task = tokio::task::spawn_blocking(move || {
            let idle = inner.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
            let conn = match idle {
                Some(conn) => conn,
                None => open::reader(&inner.path, &inner.shared.options)?,
            };
            let answer = work(&conn, &inner.shared);
            inner.idle.lock().unwrap_or_else(PoisonError::into_inner).push(conn);
            answer
        });
        task.await.map_err(|_| Error::stopped())?
    }
}

impl std::fmt::Debug for Store {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Store").field("path", &self.inner.path).finish_non_exhaustive()
    }
}

impl Shared {
    pub(crate) fn refuse_stopped(&self) -> Result<()> {
        if self.stopped.load(Ordering::SeqCst) { Err(Error::stopped()) } else { Ok(()) }
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        drop(self.jobs.take());
        // The writer may itself drop the last clone (a job that holds one); it must not wait for itself.
        if let Some(thread) = self.thread.take()
            && thread.thread().id() != std::thread::current().id()
        {
            let _ = thread.join();
        }
        if !self.shared.stopped.load(Ordering::SeqCst) {
            self.presence.leave();
        }
    }
}
