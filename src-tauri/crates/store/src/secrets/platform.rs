//! The operating system's keychain, one entry at a time, with its errors told apart.

use keyring::Entry;
use zeroize::Zeroizing;

use super::keychain::Entries;
use crate::error::{Error, Kind, Result};

const SERVICE: &str = "io.lockstep";

/// Keychain, Credential Manager or Secret Service.
pub(super) struct Platform;

impl Entries for Platform {
    fn read(&self, name: &str) -> Result<Option<Zeroizing<Vec<u8>>>> {
        match entry(name)?.get_secret() {
            Ok(value) => Ok(Some(Zeroizing::new(value))),
            Err(keyring::Error::NoEntry) => {
                refuse_locked()?;
                Ok(None)
            }
            Err(e) => Err(told_apart(e)),
        }
    }

    fn write(&self, name: &str, value: &[u8]) -> Result<()> {
        entry(name)?.set_secret(value).map_err(told_apart)
    }

    fn remove(&self, name: &str) -> Result<()> {
        match entry(name)?.delete_credential() {
            Ok(()) => Ok(()),
            Err(keyring::Error::NoEntry) => refuse_locked(),
            Err(e) => Err(told_apart(e)),
        }
    }
}

fn entry(name: &str) -> Result<Entry> {
    if let Err(e) = Entry::store_status() {
        return Err(unavailable().caused_by(e.to_string()));
    }
    Entry::new(SERVICE, name).map_err(told_apart)
}

fn told_apart(error: keyring::Error) -> Error {
    use keyring::Error as Cause;
    let known = match &error {
        // Also when the question to unlock was dismissed, which looks the same as having nobody to ask.
        Cause::NoStorageAccess(_) => locked(),
        // These two carry what was stored, so their text is dropped.
        Cause::BadEncoding(_) | Cause::BadDataFormat(..) => return corrupt(),
        Cause::BadStoreFormat(_) | Cause::Ambiguous(_) => corrupt(),
        Cause::NoDefaultStore | Cause::PlatformFailure(_) => unavailable(),
        _ => Error::new(Kind::Internal, "the keychain refused the request", "Report this with the log."),
    };
    known.caused_by(error.to_string())
}

fn locked() -> Error {
    Error::new(
        Kind::Locked,
        "the keychain is locked, or its owner did not allow access",
        "Unlock it (on Linux: log in to the desktop or run `gnome-keyring-daemon --unlock`) and allow \
         Lockstep, then try again.",
    )
}

fn unavailable() -> Error {
    Error::new(
        Kind::Unavailable,
        "there is no keychain to ask",
        "On Linux start a Secret Service (gnome-keyring or KWallet) in this session and start Lockstep again; on a \
         server set the home up with the sealed file store.",
    )
}

fn corrupt() -> Error {
    Error::new(
        Kind::Corrupt,
        "the keychain's entry is damaged or stands there more than once",
        "Remove the entries of service \"io.lockstep\" in the keychain's own program and give Lockstep the secret again.",
    )
}

/// A search in a locked collection may find nothing, which looks like a missing entry.
#[cfg(target_os = "linux")]
fn refuse_locked() -> Result<()> {
    use secret_service::EncryptionType;
    use secret_service::blocking::SecretService;

    let failed = |e: secret_service::Error| unavailable().caused_by(e);
    let service = SecretService::connect(EncryptionType::Plain).map_err(failed)?;
    match service.get_default_collection() {
        Ok(collection) if collection.is_locked().map_err(failed)? => Err(locked()),
        // No collection at all: nothing was ever stored.
        Ok(_) | Err(secret_service::Error::NoResult) => Ok(()),
        Err(e) => Err(failed(e)),
    }
}

#[cfg(not(target_os = "linux"))]
fn refuse_locked() -> Result<()> {
    Ok(())
}
