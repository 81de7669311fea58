//! Watching a Desk from outside: how long its commits take, when it says what, and stopping it at a moment
//! as if the process had been killed there.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use lockstep_engine::ProgressSink;
use lockstep_engine::api::Progress;
use lockstep_store::Fuse;

/// A stretch of time.
pub(crate) type Span = (Instant, Instant);

type Until = Box<dyn Fn(&Progress) -> bool + Send + Sync>;

/// What was seen of one Desk.
pub(crate) struct Watch {
    begun: Mutex<Option<Instant>>,
    commits: Mutex<Vec<Span>>,
    told: Mutex<Vec<(Instant, Progress)>>,
    until: Until,
    stopped: AtomicBool,
}

impl Watch {
    /// Watches to the end.
    pub(crate) fn new() -> Arc<Self> {
        Self::until(|_| false)
    }

    /// Kills the store at the first progress for which `until` holds.
    pub(crate) fn until(until: impl Fn(&Progress) -> bool + Send + Sync + 'static) -> Arc<Self> {
        Arc::new(Self {
            begun: Mutex::default(),
            commits: Mutex::default(),
            told: Mutex::default(),
            until: Box::new(until),
            stopped: AtomicBool::new(false),
        })
    }

    /// The sink that hands progress to this watch.
    pub(crate) fn sink(self: &Arc<Self>) -> ProgressSink {
        let watch = Arc::clone(self);
        Arc::new(move |progress| {
            if (watch.until)(&progress) {
                watch.stopped.store(true, Ordering::SeqCst);
            }
            lock(&watch.told).push((Instant::now(), progress));
        })
    }

    /// Every commit so far, with what SQLite does in it: write, sync, and now and then a checkpoint of its log.
    pub(crate) fn commits(&self) -> Vec<Span> {
        lock(&self.commits).clone()
    }

    /// Progress so far.
    pub(crate) fn told(&self) -> Vec<(Instant, Progress)> {
        lock(&self.told).clone()
    }

    /// When the moment came for which the store was to be killed.
    pub(crate) fn killed_at(&self) -> Option<Instant> {
        lock(&self.told).iter().find(|(_, progress)| (self.until)(progress)).map(|(at, _)| *at)
    }

    /// How much of `span` went into commits, and how many there were.
    pub(crate) fn commits_within(&self, (from, to): Span) -> (Duration, u32) {
        let within = |(begun, ended): &Span| (*begun).max(from) < (*ended).min(to);
        let times = lock(&self.commits);
        let inside =
            times.iter().filter(|c| within(c)).map(|(begun, ended)| (*ended).min(to) - (*begun).max(from));
        inside.fold((Duration::ZERO, 0), |(sum, n), took| (sum + took, n + 1))
    }
}

impl Fuse for Watch {
    fn before_commit(&self) -> bool {
        *lock(&self.begun) = Some(Instant::now());
        !self.stopped.load(Ordering::SeqCst)
    }

    fn after_commit(&self) -> bool {
        let ended = Instant::now();
        if let Some(begun) = lock(&self.begun).take() {
            lock(&self.commits).push((begun, ended));
        }
        true
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
