use std::env;
use std::ffi::OsString;
use std::path::PathBuf;
use std::time::SystemTime;

use chrono::{DateTime, SubsecRound, TimeDelta, Utc};
use tempfile::TempDir;

/// Names the library that shifts a program's clock (libfaketime); `cargo xtask test` installs it and sets this.
const LIBRARY: &str = "FAKETIME_LIB";

/// A time of day that a test moves, for the programs that are started on it, those that run already too.
///
/// Only the time of day is shifted. How long the machine has been up stays true, so to a program every shift looks
/// like a clock that somebody set, which is harder than a night asleep.
#[derive(Debug)]
pub struct ShiftedClock {
    library: OsString,
    dir: TempDir,
    by: TimeDelta,
    /// How programs look at the file: always, or for how many seconds they keep what they saw.
    look: (&'static str, &'static str),
}

impl ShiftedClock {
    /// A clock that shows the machine's time.
    ///
    /// # Panics
    /// Where the library is not there.
    pub fn new() -> Self {
        let Some(library) = env::var_os(LIBRARY) else {
            panic!(
                "{LIBRARY} does not name libfaketime. Run the tests with `cargo xtask test`, which installs it."
            );
        };
        let dir = TempDir::with_prefix("lockstep-clock-");
        let dir = dir.unwrap_or_else(|error| panic!("cannot make a temporary folder: {error}"));
        let look = ("FAKETIME_NO_CACHE", "1");
        let clock = Self { library, dir, by: TimeDelta::zero(), look };
        clock.write();
        clock
    }

    /// The same for many busy programs: they see a shift up to a second late, and ask the time a thousand times
    /// faster.
    pub fn seen_late() -> Self {
        Self { look: ("FAKETIME_CACHE_DURATION", "1"), ..Self::new() }
    }

    /// The variables that put a program on this clock.
    pub fn env(&self) -> [(&'static str, OsString); 4] {
        [
            ("LD_PRELOAD", self.library.clone()),
            ("FAKETIME_TIMESTAMP_FILE", self.file().into()),
            (self.look.0, self.look.1.into()),
            ("FAKETIME_DONT_FAKE_MONOTONIC", "1".into()),
        ]
    }

    /// Moves the clock on, or back.
    pub fn shift(&mut self, by: TimeDelta) {
        self.by += by;
        self.write();
    }

    /// What the clock shows (UTC).
    #[expect(
        clippy::disallowed_methods,
        reason = "other processes run in real time; there is no Clock to hand in"
    )]
    pub fn now(&self) -> DateTime<Utc> {
        DateTime::from(SystemTime::now()).trunc_subsecs(3) + self.by
    }

    fn write(&self) {
        // Renamed into place: programs read it at any moment.
        let new = self.dir.path().join("new");
        let written = std::fs::write(&new, format!("{:+}", self.by.num_seconds()));
        let written = written.and_then(|()| std::fs::rename(&new, self.file()));
        written.unwrap_or_else(|error| panic!("cannot set the programs' clock: {error}"));
    }

    fn file(&self) -> PathBuf {
        self.dir.path().join("shift")
    }
}

impl Default for ShiftedClock {
    fn default() -> Self {
        Self::new()
    }
}
