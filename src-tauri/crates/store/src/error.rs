//! What can go wrong with the store: kind, context, remedy.

use std::fmt;

/// Shorthand.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// The kind of a failure. Callers branch on this, never on words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// The database was written by a newer version.
    Newer,
    /// The file is a database of another application, or none at all.
    Foreign,
    /// The file is damaged.
    Corrupt,
    /// No space is left for another write. Nothing of the transaction was kept.
    Full,
    /// Another process holds the database for too long.
    Busy,
    /// The operating system refused or failed an access.
    Io,
    /// A uniqueness or reference rule refused the row: it is there already, or what it names is not.
    Conflict,
    /// A guard of the ledger refused the change.
    Guarded,
    /// What the operation needs is not there.
    Missing,
    /// Somebody else drives the run now.
    LeaseLost,
    /// A payload cannot be opened with this master key, or was changed.
    Unreadable,
    /// The keychain is locked, or its owner did not allow access.
    Locked,
    /// There is no keychain or other service to ask.
    Unavailable,
    /// A passphrase or key is wrong.
    Denied,
    /// The store was opened without its master key.
    NoKey,
    /// A row or value is not in the form that this version writes.
    Malformed,
    /// The store is closing, or a test's fuse stopped it.
    Stopped,
    /// The caller's own work gave up; its reason is the source.
    Abandoned,
    /// A defect of Lockstep.
    Internal,
}

/// A failure: its kind, what was being done, and what the operator can do about it.
///
/// Neither text ever holds a secret or a row's content.
#[derive(Debug)]
pub struct Error {
    kind: Kind,
    context: String,
    remedy: String,
    source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

impl Error {
    /// A failure of this kind while doing `context`, which `remedy` can put right.
    pub fn new(kind: Kind, context: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { kind, context: context.into(), remedy: remedy.into(), source: None }
    }

    /// Gives up a transaction for the caller's own reason; everything written in it is rolled back.
    ///
    /// The reason comes back as the error's source ([`Error::into_reason`]).
    pub fn abandon(reason: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self::new(Kind::Abandoned, "the work was given up", "See the reason.").caused_by(reason)
    }

    /// The same, with what caused it.
    #[must_use]
    pub fn caused_by(mut self, source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        self.source = Some(source.into());
        self
    }

    /// The kind.
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// What was being done, and what was met.
    pub fn context(&self) -> &str {
        &self.context
    }

    /// What the operator can do.
    pub fn remedy(&self) -> &str {
        &self.remedy
    }

    /// The reason given to [`Error::abandon`], if this is such an error and the reason has this type.
    ///
    /// # Errors
    /// The error itself when it is another one.
    pub fn into_reason<R: std::error::Error + 'static>(mut self) -> Result<R> {
        match self.source.take().map(<dyn std::error::Error + Send + Sync>::downcast::<R>) {
            Some(Ok(reason)) => Ok(*reason),
            Some(Err(source)) => {
                self.source = Some(source);
                Err(self)
            }
            None => Err(self),
        }
    }

    pub(crate) fn missing(what: &str, id: impl fmt::Display) -> Self {
        Self::new(
            Kind::Missing,
            format!("there is no {what} {id}"),
            "Look at the list again; it may have been removed meanwhile.",
        )
    }

    pub(crate) fn malformed(what: impl Into<String>) -> Self {
        Self::new(
            Kind::Malformed,
            what,
            "The database holds something that this version did not write. Run `lockstep ledger verify`, \
             keep a copy of the home, and restore the last good backup.",
        )
    }

    pub(crate) fn stopped() -> Self {
        Self::new(Kind::Stopped, "the store is closed", "Start Lockstep again.")
    }

    pub(crate) fn busy(doing: &str) -> Self {
        Self::new(Kind::Busy, format!("{doing}: {}", headline(Kind::Busy)), BUSY)
    }

    /// What SQLite reports, in our kinds. SQLite's messages name tables and columns, never values.
    pub(crate) fn sql(doing: &str, error: rusqlite::Error) -> Self {
        let (kind, remedy) = classify(&error);
        Self::new(kind, format!("{doing}: {}", headline(kind)), remedy).caused_by(error)
    }

    pub(crate) fn io(doing: impl Into<String>, error: std::io::Error) -> Self {
        let (kind, remedy) = match error.kind() {
            std::io::ErrorKind::StorageFull | std::io::ErrorKind::QuotaExceeded => (Kind::Full, FULL),
            _ => (Kind::Io, IO),
        };
        Self::new(kind, format!("{}: {}", doing.into(), headline(kind)), remedy).caused_by(error)
    }
}

const FULL: &str = "Free space on the disk that holds the home, then try again. Nothing was lost: \
                    what was not confirmed was not written.";
const BUSY: &str = "Wait until the other Lockstep process has finished, or end it. \
                    A home must not lie on a network drive.";
const IO: &str =
    "Check that the home's disk is there, writable for your account and healthy, then try again.";

fn headline(kind: Kind) -> &'static str {
    match kind {
        Kind::Full => "the disk is full",
        Kind::Busy => "another process holds the database",
        Kind::Corrupt => "the database file is damaged",
        Kind::Foreign => "the file is not a Lockstep database",
        Kind::Io => "the operating system refused or failed the access",
        Kind::Conflict => "a uniqueness or reference rule refused the row",
        Kind::Guarded => "a guard of the ledger refused the change",
        _ => "the database refused",
    }
}

fn classify(error: &rusqlite::Error) -> (Kind, &'static str) {
    use rusqlite::ErrorCode as Code;
    let rusqlite::Error::SqliteFailure(failure, _) = error else {
        return (Kind::Internal, "Report this with the log; the data is unchanged.");
    };
    match failure.code {
        Code::DiskFull => (Kind::Full, FULL),
        Code::DatabaseBusy | Code::DatabaseLocked | Code::FileLockingProtocolFailed => (Kind::Busy, BUSY),
        Code::DatabaseCorrupt => {
            (Kind::Corrupt, "Stop. Keep a copy of the whole home, then restore the last good backup.")
        }
        Code::NotADatabase => {
            (Kind::Foreign, "Choose another home with `--home`, or restore `lockstep.db` from a backup.")
        }
        Code::SystemIoFailure | Code::CannotOpen | Code::ReadOnly | Code::PermissionDenied => (Kind::Io, IO),
        Code::ConstraintViolation if failure.extended_code == rusqlite::ffi::SQLITE_CONSTRAINT_TRIGGER => {
            (Kind::Guarded, "Entries are only ever added. Record a correction as a new entry.")
        }
        Code::ConstraintViolation => {
            (Kind::Conflict, "Look at what is there already; nothing of this change was kept.")
        }
        _ => (Kind::Internal, "Report this with the log; the data is unchanged."),
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.context)
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.source.as_deref().map(|e| e as _)
    }
}
