//! Who has this home open: one locked file per open store, so that a crash leaves a trace.
//!
//! `open/<uuid>` is held under the operating system's lock while a store is open and removed when it is closed
//! well. A file that nobody locks belongs to a process that died.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::path::{Path, PathBuf};

use uuid::Uuid;

use crate::error::{Error, Result};

const GUARD: &str = ".guard";

/// This store's own file; the lock ends with it.
#[derive(Debug)]
pub(crate) struct Presence {
    folder: PathBuf,
    name: String,
    _lock: File,
}

/// Held while a home is opened, so that two processes do not set it up at once.
#[derive(Debug)]
pub(crate) struct Guard {
    folder: PathBuf,
    _lock: File,
}

impl Guard {
    /// Waits for its turn.
    pub(crate) fn take(home: &Path) -> Result<Self> {
        let folder = home.join("open");
        fs::create_dir_all(&folder).map_err(|e| Error::io("opening the home", e))?;
        let lock = create(&folder.join(GUARD))?;
        lock.lock().map_err(|e| Error::io("opening the home", e))?;
        Ok(Self { folder, _lock: lock })
    }

    /// Removes what dead processes left and tells whether there was anything.
    pub(crate) fn clear_dead(&self) -> Result<bool> {
        let mut found = false;
        for file in fs::read_dir(&self.folder).map_err(|e| Error::io("looking who has the home open", e))? {
            let file = file.map_err(|e| Error::io("looking who has the home open", e))?;
            if file.file_name() != GUARD && !is_locked(&file.path())? {
                fs::remove_file(file.path()).map_err(|e| Error::io("clearing up after a crash", e))?;
                found = true;
            }
        }
        Ok(found)
    }

    /// Announces this store.
    pub(crate) fn enter(&self, id: Uuid) -> Result<Presence> {
        let name = id.to_string();
        let lock = create(&self.folder.join(&name))?;
        lock.lock().map_err(|e| Error::io("announcing this process", e))?;
        Ok(Presence { folder: self.folder.clone(), name, _lock: lock })
    }
}

impl Presence {
    /// The name under which this store holds leases.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// Whether the store of that name is still open, here or in another process.
    pub(crate) fn is_alive(&self, name: &str) -> Result<bool> {
        // The name comes from the database: only a UUID may become a path.
        match Uuid::parse_str(name) {
            Ok(id) => is_locked(&self.folder.join(id.to_string())),
            Err(_) => Ok(false),
        }
    }

    /// Closes well: no trace stays.
    pub(crate) fn leave(&self) {
        // A file that cannot be removed only makes the next start check the database once more.
        let _ = fs::remove_file(self.folder.join(&self.name));
    }
}

fn create(path: &Path) -> Result<File> {
    OpenOptions::new()
        .create(true)
        .write(true)
        .truncate(false)
        .open(path)
        .map_err(|e| Error::io("writing into the home", e))
}

fn is_locked(path: &Path) -> Result<bool> {
    let file = match OpenOptions::new().write(true).open(path) {
        Ok(file) => file,
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(false),
        Err(e) => return Err(Error::io("looking who has the home open", e)),
    };
    match file.try_lock() {
        Ok(()) => Ok(false),
        Err(TryLockError::WouldBlock) => Ok(true),
        Err(TryLockError::Error(e)) => Err(Error::io("looking who has the home open", e)),
    }
}
