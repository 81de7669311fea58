use std::fs;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

/// A folder of one test's own: Lockstep's home in it, and room for exports, passphrases and bundles.
/// It is removed when the value is dropped.
#[derive(Debug)]
pub struct Home {
    dir: TempDir,
}

impl Home {
    /// A new, empty folder in the system's temporary directory.
    pub fn new() -> Self {
        let dir = TempDir::with_prefix("lockstep-")
            .unwrap_or_else(|error| panic!("cannot make a temporary folder: {error}"));
        Self { dir }
    }

    /// The folder that is handed to the program as `--home`. It does not exist before `lockstep init`.
    pub fn lockstep_dir(&self) -> PathBuf {
        self.dir.path().join("home")
    }

    /// The folder around it, for the test's other files.
    pub fn path(&self) -> &Path {
        self.dir.path()
    }

    /// Writes a file beside Lockstep's home and returns its path. An existing file is replaced.
    pub fn write(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.dir.path().join(name);
        fs::write(&path, content).unwrap_or_else(|error| panic!("cannot write {}: {error}", path.display()));
        path
    }
}

impl Default for Home {
    fn default() -> Self {
        Self::new()
    }
}
