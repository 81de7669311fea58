//! What a simulated vendor was asked, for assertions. Headers and bodies are left out: they hold secrets.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use chrono::{DateTime, Utc};
use serde::Serialize;

/// One request as it came.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Entry {
    /// `GET`, `POST`, …
    pub method: String,
    /// The path, still encoded.
    pub path: String,
    /// The query, still encoded; empty without one.
    pub query: String,
    /// When it came, by the practice clock (UTC).
    pub at: DateTime<Utc>,
    /// The status that was answered; `None` while it is under way, and when the connection was broken.
    pub status: Option<u16>,
}

/// The requests to one vendor, in order; clones share them.
#[derive(Clone, Debug, Default)]
pub struct RequestLog(Arc<Mutex<Vec<Entry>>>);

impl RequestLog {
    /// Everything that came so far.
    pub fn all(&self) -> Vec<Entry> {
        self.lock().clone()
    }

    /// The requests with this method whose path begins so.
    pub fn of(&self, method: &str, path: &str) -> Vec<Entry> {
        self.all().into_iter().filter(|e| e.method == method && e.path.starts_with(path)).collect()
    }

    /// Whatever could have changed something: all but GET, HEAD and OPTIONS.
    pub fn writes(&self) -> Vec<Entry> {
        let reads = ["GET", "HEAD", "OPTIONS"];
        self.all().into_iter().filter(|e| !reads.contains(&e.method.as_str())).collect()
    }

    /// Forgets what came so far.
    pub fn clear(&self) {
        self.lock().clear();
    }

    pub(crate) fn begin(&self, entry: Entry) -> usize {
        let mut entries = self.lock();
        entries.push(entry);
        entries.len() - 1
    }

    pub(crate) fn answered(&self, place: usize, status: u16) {
        // A log that was cleared meanwhile has no such place any more.
        if let Some(entry) = self.lock().get_mut(place) {
            entry.status = Some(status);
        }
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Entry>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
