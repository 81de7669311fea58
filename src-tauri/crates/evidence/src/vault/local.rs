//! A folder as a vault: write once, durable, read back.
//!
//! The operating system's owner can still change the files; that is found by the digests in the ledger.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::process;
use std::sync::atomic::{AtomicU64, Ordering};

use lockstep_domain::digest::Digest;
use sha2::{Digest as _, Sha256};

use super::{Receipt, Stored, Vault, VaultError, VaultKey};

/// A vault in a folder of a local disk.
#[derive(Debug)]
pub struct LocalVault {
    root: PathBuf,
    /// Keeps the temporary names of this process apart.
    counter: AtomicU64,
}

impl LocalVault {
    /// The vault in this folder, which is made if it is not there.
    ///
    /// # Errors
    /// When the folder cannot be made.
    pub fn open(root: impl Into<PathBuf>) -> Result<Self, VaultError> {
        let root = root.into();
        fs::create_dir_all(&root).map_err(|e| storage(&root, e))?;
        root.parent().filter(|parent| !parent.as_os_str().is_empty()).map_or(Ok(()), sync_folder)?;
        Ok(Self { root, counter: AtomicU64::new(0) })
    }

    /// Where a key's file is.
    pub fn path(&self, key: &VaultKey) -> PathBuf {
        key.as_str().split('/').fold(self.root.clone(), |path, part| path.join(part))
    }

    /// The receipt for what stands there already: the same bytes, or a conflict.
    fn already_there(&self, key: &VaultKey, bytes: &[u8], found: Stored) -> Result<Receipt, VaultError> {
        if found.sha256 != Digest::of(bytes) {
            return Err(VaultError::Conflict { key: key.clone(), found: found.sha256 });
        }
        // A crash may have come between the file and its protection.
        protect(&self.path(key))?;
        Ok(Receipt { stored: found, already_there: true })
    }

    /// Writes a durable copy beside the target. A half-written file never bears the real name.
    fn write_beside(&self, target: &Path, bytes: &[u8]) -> Result<PathBuf, VaultError> {
        // A process that died here may have left such a file under the very number that is now ours.
        let (temporary, mut file) = loop {
            let number = self.counter.fetch_add(1, Ordering::Relaxed);
            let temporary = target.with_extension(format!("partial-{}-{number}", process::id()));
            match OpenOptions::new().write(true).create_new(true).open(&temporary) {
                Err(e) if e.kind() == io::ErrorKind::AlreadyExists => {}
                other => break (temporary.clone(), other.map_err(|e| storage(&temporary, e))?),
            }
        };
        let mut write = || -> io::Result<()> {
            file.write_all(bytes)?;
            file.sync_all()
        };
        write().map_err(|e| {
            // What was half written is of no use; that it could not be removed changes nothing.
            let _ = fs::remove_file(&temporary);
            storage(&temporary, e)
        })?;
        Ok(temporary)
    }
}

impl Vault for LocalVault {
    fn name(&self) -> &'static str {
        "local"
    }

    fn put(&self, key: &VaultKey, bytes: &[u8]) -> Result<Receipt, VaultError> {
        if let Some(found) = self.read_back(key)? {
            return self.already_there(key, bytes, found);
        }
        let target = self.path(key);
        let folder = target.parent().unwrap_or(&self.root);
        fs::create_dir_all(folder).map_err(|e| storage(folder, e))?;
        let temporary = self.write_beside(&target, bytes)?;
        // A hard link, unlike a rename, never replaces a file that came in between.
        let linked = fs::hard_link(&temporary, &target);
        fs::remove_file(&temporary).map_err(|e| storage(&temporary, e))?;
        match linked {
            Err(e) if e.kind() == io::ErrorKind::AlreadyExists => {}
            other => other.map_err(|e| storage(&target, e))?,
        }
        protect(&target)?;
        let within = folder.ancestors().take_while(|path| path.starts_with(&self.root));
        within.into_iter().try_for_each(sync_folder)?;

        let lost = || VaultError::ReadBackDiffers { key: key.clone() };
        let stored = self.read_back(key)?.ok_or_else(lost)?;
        if stored.sha256 != Digest::of(bytes) {
            // Somebody else's file, or the disk lost ours; either way it is not what was to be stored.
            return Err(VaultError::Conflict { key: key.clone(), found: stored.sha256 });
        }
        Ok(Receipt { stored, already_there: false })
    }

    fn read_back(&self, key: &VaultKey) -> Result<Option<Stored>, VaultError> {
        let path = self.path(key);
        // Not followed: a link would let what it points to be changed under the vault's name.
        match fs::symlink_metadata(&path) {
            Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(e) => return Err(storage(&path, e)),
            Ok(metadata) if !metadata.is_file() => {
                let no_file = io::Error::new(io::ErrorKind::InvalidData, "is no plain file");
                return Err(storage(&path, no_file));
            }
            Ok(_) => {}
        }
        let (sha256, size) = hash(&path).map_err(|e| storage(&path, e))?;
        Ok(Some(Stored { sha256, size }))
    }
}

fn hash(path: &Path) -> io::Result<(Digest, u64)> {
    let mut file = File::open(path)?;
    let mut hasher = Sha256::new();
    let mut buffer = vec![0; 1 << 16];
    let mut size = 0;
    loop {
        let read = file.read(&mut buffer)?;
        if read == 0 {
            return Ok((Digest(hasher.finalize().into()), size));
        }
        hasher.update(&buffer[..read]);
        size += read as u64;
    }
}

fn protect(path: &Path) -> Result<(), VaultError> {
    let read_only = || -> io::Result<()> {
        let mut permissions = fs::metadata(path)?.permissions();
        if !permissions.readonly() {
            permissions.set_readonly(true);
            fs::set_permissions(path, permissions)?;
        }
        Ok(())
    };
    read_only().map_err(|e| storage(path, e))
}

/// Makes the names in a folder durable.
#[cfg(unix)]
fn sync_folder(folder: &Path) -> Result<(), VaultError> {
    File::open(folder).and_then(|file| file.sync_all()).map_err(|e| storage(folder, e))
}

/// Windows has no such call; NTFS journals names by itself.
#[cfg(not(unix))]
fn sync_folder(_: &Path) -> Result<(), VaultError> {
    Ok(())
}

fn storage(path: &Path, source: io::Error) -> VaultError {
    let remedy = match source.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
            "The disk is full: free space or move the vault, then check again. Nothing was lost"
        }
        io::ErrorKind::ReadOnlyFilesystem | io::ErrorKind::PermissionDenied => {
            "The folder cannot be written: give this account the right to, or choose another folder"
        }
        io::ErrorKind::Unsupported => {
            "The vault needs a disk with hard links (NTFS, APFS, ext4, …): choose another folder"
        }
        _ => "Check the disk and the folder, then try again",
    };
    VaultError::Storage { path: path.display().to_string(), remedy, source }
}

#[cfg(test)]
mod tests;
