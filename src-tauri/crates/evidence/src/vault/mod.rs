//! Vaults: where sealed evidence is kept, written once and read back.

mod key;
mod local;

use std::io;

use lockstep_domain::digest::Digest;

pub use key::{NotAKey, VaultKey};
pub use local::LocalVault;

/// A place that keeps what it was given and never overwrites it.
///
/// Calls block until the bytes are durable; call them where blocking is allowed.
pub trait Vault: Send + Sync {
    /// The vault's name in policy and ledger ("local").
    fn name(&self) -> &str;

    /// Stores bytes under a key. The same bytes again are a success; a receipt is only given for what was
    /// read back after it was durable.
    ///
    /// # Errors
    /// [`VaultError::Conflict`] when other bytes stand there already; otherwise when it could not be stored.
    fn put(&self, key: &VaultKey, bytes: &[u8]) -> Result<Receipt, VaultError>;

    /// What is stored under a key now, read from the vault itself. `None` when nothing is.
    ///
    /// # Errors
    /// When the vault cannot be read, which is never the same as nothing being there.
    fn read_back(&self, key: &VaultKey) -> Result<Option<Stored>, VaultError>;
}

/// What a vault holds under a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stored {
    /// SHA-256 of the bytes as they were read.
    pub sha256: Digest,
    /// Their number.
    pub size: u64,
}

/// Confirms that bytes are stored and were read back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receipt {
    /// What was read back.
    pub stored: Stored,
    /// The same bytes had been stored before.
    pub already_there: bool,
}

/// Why a vault did not do it.
#[derive(Debug, thiserror::Error)]
pub enum VaultError {
    /// Other bytes stand under the key; they were not touched.
    #[error(
        "the vault already holds other content under {key} (SHA-256 {found}); nothing was overwritten. \
         Evidence is written once: find out who wrote it before going on"
    )]
    Conflict {
        /// The key.
        key: VaultKey,
        /// SHA-256 of what is there.
        found: Digest,
    },
    /// What was read back is not what was written.
    #[error("what was read back from {key} is not what was written; check the disk, then try again")]
    ReadBackDiffers {
        /// The key.
        key: VaultKey,
    },
    /// The storage refused.
    #[error("evidence vault: {path}: {source}. {remedy}")]
    Storage {
        /// The file or folder.
        path: String,
        /// What to do.
        remedy: &'static str,
        /// The cause.
        source: io::Error,
    },
}
