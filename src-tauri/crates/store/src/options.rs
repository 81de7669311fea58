//! What a store is opened with.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use zeroize::Zeroizing;

use crate::error::{Error, Kind, Result};

/// How to open a store.
#[derive(Clone)]
pub struct StoreOptions {
    /// The key that wraps every person's key. Without it payloads can neither be written nor read.
    pub master_key: Option<MasterKey>,
    /// Stops the store at a chosen commit, as if the process had died there. For crash tests.
    pub fuse: Option<Arc<dyn Fuse>>,
    /// How long a transaction waits for another process.
    pub busy_timeout: Duration,
    /// How many reads may go on at once.
    pub readers: usize,
    /// The largest number of pages the file may have. For disk-full tests.
    pub max_pages: Option<u32>,
}

impl Default for StoreOptions {
    fn default() -> Self {
        Self {
            master_key: None,
            fuse: None,
            busy_timeout: Duration::from_secs(10),
            readers: 3,
            max_pages: None,
        }
    }
}

impl fmt::Debug for StoreOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StoreOptions")
            .field("has_master_key", &self.master_key.is_some())
            .field("busy_timeout", &self.busy_timeout)
            .field("readers", &self.readers)
            .finish_non_exhaustive()
    }
}

/// Decides at each commit whether the process lives on.
///
/// After the first "no" every operation fails with [`Kind::Stopped`] and the home looks as after a crash.
pub trait Fuse: Send + Sync {
    /// Asked before a commit; "no" rolls back.
    fn before_commit(&self) -> bool;

    /// Asked after a commit; "no" leaves it committed, and the caller never learns.
    fn after_commit(&self) -> bool;
}

/// The 32-byte key that wraps every person's payload key. Kept in the secret store, never in the database.
#[derive(Clone)]
pub struct MasterKey(Zeroizing<[u8; 32]>);

impl MasterKey {
    /// A fresh random key.
    ///
    /// # Errors
    /// When the operating system has no randomness to give.
    pub fn generate() -> Result<Self> {
        let mut key = Zeroizing::new([0; 32]);
        crate::random::fill(key.as_mut())?;
        Ok(Self(key))
    }

    /// The key as the secret store gave it back.
    ///
    /// # Errors
    /// [`Kind::NoKey`] when it is not 32 bytes long.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self> {
        let mut key = Zeroizing::new([0; 32]);
        if bytes.len() != key.len() {
            return Err(Error::new(
                Kind::NoKey,
                "the home's master key is not 32 bytes long",
                "Restore the secret store's entry from a backup; payloads cannot be read without it.",
            ));
        }
        key.copy_from_slice(bytes);
        Ok(Self(key))
    }

    /// The bytes, for the secret store and the cipher only.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Debug for MasterKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MasterKey(hidden)")
    }
}
