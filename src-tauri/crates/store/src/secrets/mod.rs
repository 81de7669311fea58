//! Where secrets lie: the operating system's keychain, or, only by explicit choice, a sealed file in the home.
//!
//! Values never reach the database, a log or a `Debug` form. Calls block, a keychain may even ask its owner first:
//! from async code use a blocking task.

mod keychain;
mod platform;
mod sealed;

use zeroize::Zeroizing;

use crate::error::Result;

pub use keychain::Keychain;
pub use sealed::{SealedFile, Unlock};

/// A store of named secrets of one organisation.
///
/// Errors are told apart: `Locked` (unlock it), `Unavailable` (there is no service), `Denied` (wrong passphrase), `Corrupt` (what is stored is not whole). That nothing of the name is stored is no error.
pub trait SecretStore: Send + Sync + std::fmt::Debug {
    /// The secret of that name; `None` when there is none, and only when the store could be looked into.
    ///
    /// # Errors
    /// `Locked`, `Unavailable`, `Denied`, `Corrupt`.
    fn get(&self, name: &str) -> Result<Option<Zeroizing<Vec<u8>>>>;

    /// Stores a secret under that name. After a crash either the old or the new value is there, whole.
    ///
    /// # Errors
    /// `Locked`, `Unavailable`, `Denied`, `Corrupt`; `Full` and `Io` for a file.
    fn set(&self, name: &str, value: &[u8]) -> Result<()>;

    /// Removes the secret of that name, if there is one.
    ///
    /// # Errors
    /// As [`SecretStore::set`].
    fn delete(&self, name: &str) -> Result<()>;
}
