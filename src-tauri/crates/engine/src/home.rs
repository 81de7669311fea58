//! The folder of an organisation on this machine, and the few words that must be known before anything in
//! it can be opened.

use std::fs;
use std::path::{Path, PathBuf};

use lockstep_domain::ids::OrgId;
use serde::{Deserialize, Serialize};

use crate::desk::SecretsKind;
use crate::error::{Code, Error, Result};

const FILE: &str = "home.toml";

/// What a home says of itself; no secret among it.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct HomeFile {
    /// The organisation's id.
    pub(crate) org: OrgId,
    /// Its name.
    pub(crate) organisation: String,
    /// Which secret store it uses.
    pub(crate) secrets: SecretsKind,
}

/// The folder.
#[derive(Clone, Debug)]
pub(crate) struct Home {
    dir: PathBuf,
}

impl Home {
    pub(crate) fn at(dir: &Path) -> Self {
        Self { dir: dir.to_owned() }
    }

    /// Makes the folder, readable by its owner alone.
    pub(crate) fn create(&self) -> Result<()> {
        if self.dir.join(FILE).exists() {
            return Err(Error::new(
                Code::Usage,
                format!("there is a home in {} already", self.dir.display()),
                "Use it, or name another folder with --home.",
            ));
        }
        let failed = |e| {
            Error::new(
                Code::Failed,
                format!("cannot make the home {}", self.dir.display()),
                "Check the path and your rights to it.",
            )
            .caused_by(e)
        };
        fs::create_dir_all(&self.dir).map_err(failed)?;
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            fs::set_permissions(&self.dir, fs::Permissions::from_mode(0o700)).map_err(failed)?;
        }
        Ok(())
    }

    /// Writes the home's file; the last act of setting one up, so that a broken-off `init` leaves no home.
    pub(crate) fn write(&self, file: &HomeFile) -> Result<()> {
        let failed = |e: Box<dyn std::error::Error + Send + Sync>| {
            Error::new(Code::Failed, "cannot write the home's file", "Check the disk and your rights to it.")
                .caused_by(e)
        };
        let text = toml::to_string(file).map_err(|e| failed(e.into()))?;
        let fresh = self.dir.join("home.toml.new");
        fs::write(&fresh, text).map_err(|e| failed(e.into()))?;
        fs::rename(&fresh, self.dir.join(FILE)).map_err(|e| failed(e.into()))
    }

    /// Reads the home's file.
    pub(crate) fn read(&self) -> Result<HomeFile> {
        let path = self.dir.join(FILE);
        let text = fs::read_to_string(&path).map_err(|e| {
            Error::new(
                Code::NoHome,
                format!("there is no home in {}", self.dir.display()),
                "Set one up with `lockstep init`, or name another folder with --home.",
            )
            .caused_by(e)
        })?;
        toml::from_str(&text).map_err(|e| {
            Error::new(
                Code::Failed,
                format!("{} cannot be read: {}", path.display(), e.message()),
                "Restore the file from a backup of the home.",
            )
        })
    }

    pub(crate) fn dir(&self) -> &Path {
        &self.dir
    }

    pub(crate) fn vault(&self) -> PathBuf {
        self.dir.join("vault")
    }

    /// Held by the process that moves the ledger's anchor.
    pub(crate) fn anchor_lock(&self) -> PathBuf {
        self.dir.join("anchor.lock")
    }

    pub(crate) fn policy_file(&self) -> PathBuf {
        self.dir.join("policy.toml")
    }
}
