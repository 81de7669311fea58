//! Secrets in a sealed file of the home, for servers without a keychain. Only by explicit choice.
//!
//! XChaCha20-Poly1305 over all secrets at once, under a key from a passphrase (Argon2id) or from a 32-byte key file,
//! for example a systemd credential. Every change writes a new file beside the old one and renames it.

use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};

use argon2::{Algorithm, Argon2, Params, Version};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde::{Deserialize, Serialize};
use zeroize::{Zeroize, Zeroizing};

use crate::crypto;
use crate::error::{Error, Kind, Result};
use crate::random;
use crate::secrets::SecretStore;

const FILE: &str = "secrets.sealed";
const LOCK: &str = "secrets.lock";
const CHECK: &[u8] = b"lockstep sealed file 1: key check";
const BODY: &[u8] = b"lockstep sealed file 1: secrets";
/// RFC 9106 §4, second recommended option: 64 MiB, 3 passes, 4 lanes.
const COST: Cost = Cost { memory_kib: 64 * 1024, passes: 3, lanes: 4 };
/// A file that asks for more than this was not written by us.
const MAX_COST: Cost = Cost { memory_kib: 1024 * 1024, passes: 32, lanes: 16 };

/// What opens a sealed file.
pub enum Unlock {
    /// A passphrase.
    Passphrase(Zeroizing<String>),
    /// A key of 32 bytes.
    Key(Zeroizing<[u8; 32]>),
}

impl Unlock {
    /// A key from a file that holds 32 raw bytes or 64 hex digits, for example a systemd credential.
    ///
    /// # Errors
    /// `Io` when it cannot be read, `Denied` when it holds something else.
    pub fn key_file(path: &Path) -> Result<Self> {
        let bytes = fs::read(path)
            .map(Zeroizing::new)
            .map_err(|e| Error::io(format!("reading the key file {}", path.display()), e))?;
        let mut key = Zeroizing::new([0; 32]);
        let raw = bytes.len() == key.len();
        if raw {
            key.copy_from_slice(&bytes);
        }
        if raw || hex::decode_to_slice(bytes.trim_ascii(), key.as_mut()).is_ok() {
            return Ok(Self::Key(key));
        }
        Err(Error::new(
            Kind::Denied,
            format!("the key file {} holds no 32-byte key", path.display()),
            "Give the file that was used when the home was set up: 32 raw bytes or 64 hex digits.",
        ))
    }
}

impl std::fmt::Debug for Unlock {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Passphrase(_) => "Passphrase(hidden)",
            Self::Key(_) => "Key(hidden)",
        })
    }
}

/// An opened sealed file.
pub struct SealedFile {
    home: PathBuf,
    head: Head,
    key: Zeroizing<[u8; 32]>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Cost {
    memory_kib: u32,
    passes: u32,
    lanes: u32,
}

/// The part of the file that stays: how the key is made, and something to try it on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Head {
    v: u8,
    /// `None` for a key file.
    argon2id: Option<Kdf>,
    check: Encrypted,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Kdf {
    #[serde(with = "hex")]
    salt: [u8; 16],
    cost: Cost,
}

/// Something encrypted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Encrypted {
    #[serde(with = "hex")]
    nonce: Vec<u8>,
    #[serde(with = "hex")]
    ciphertext: Vec<u8>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Whole {
    head: Head,
    body: Encrypted,
}

/// The secrets in the open: name to base64.
#[derive(Default, Serialize, Deserialize)]
struct Secrets(BTreeMap<String, String>);

impl Drop for Secrets {
    fn drop(&mut self) {
        self.0.values_mut().for_each(Zeroize::zeroize);
    }
}

impl SealedFile {
    /// Makes an empty sealed file in `home`.
    ///
    /// # Errors
    /// `Conflict` when there is one already; `Full`, `Io`.
    pub fn create(home: &Path, unlock: &Unlock) -> Result<Self> {
        let argon2id = match unlock {
            Unlock::Passphrase(_) => {
                let mut salt = [0; 16];
                random::fill(&mut salt)?;
                Some(Kdf { salt, cost: COST })
            }
            Unlock::Key(_) => None,
        };
        let key = derive(unlock, argon2id.as_ref())?;
        let head = Head { v: 1, argon2id, check: Encrypted::seal(&key, &[], CHECK)? };
        let file = Self { home: home.to_owned(), head, key };
        let _turn = file.turn()?;
        if file.path().exists() {
            return Err(Error::new(
                Kind::Conflict,
                "this home has a sealed file already",
                "Open it with its passphrase, or choose another home.",
            ));
        }
        file.save(&Secrets::default())?;
        Ok(file)
    }

    /// Opens the sealed file of `home`. With a passphrase this takes some tenths of a second on purpose.
    ///
    /// # Errors
    /// `Missing`, `Denied` for a wrong passphrase or key, `Corrupt`, `Io`.
    pub fn open(home: &Path, unlock: &Unlock) -> Result<Self> {
        let head = read(&home.join(FILE))?.head;
        let key = derive(unlock, head.argon2id.as_ref())?;
        if head.check.open(&key, CHECK).is_none() {
            return Err(denied());
        }
        let file = Self { home: home.to_owned(), head, key };
        file.load()?;
        Ok(file)
    }

    fn path(&self) -> PathBuf {
        self.home.join(FILE)
    }

    fn load(&self) -> Result<Secrets> {
        let whole = read(&self.path())?;
        if whole.head != self.head {
            return Err(denied()); // made anew by somebody else meanwhile
        }
        let plain = whole.body.open(&self.key, BODY).ok_or_else(corrupt)?;
        // The cause is left out: it could quote a secret.
        serde_json::from_slice(&plain).map_err(|_| corrupt())
    }

    fn save(&self, secrets: &Secrets) -> Result<()> {
        let plain = serde_json::to_vec(secrets).map(Zeroizing::new).map_err(|_| corrupt())?;
        let whole = Whole { head: self.head.clone(), body: Encrypted::seal(&self.key, &plain, BODY)? };
        let bytes = serde_json::to_vec(&whole).map_err(|_| corrupt())?;
        replace(&self.home, &self.path(), &bytes).map_err(|e| Error::io("writing the sealed file", e))
    }

    fn change(&self, change: impl FnOnce(&mut Secrets)) -> Result<()> {
        let _turn = self.turn()?;
        let mut secrets = self.load()?;
        change(&mut secrets);
        self.save(&secrets)
    }

    /// Several processes change the file one after the other.
    fn turn(&self) -> Result<File> {
        let lock = OpenOptions::new()
            .create(true)
            .write(true)
            .truncate(false)
            .open(self.home.join(LOCK))
            .map_err(|e| Error::io("locking the sealed file", e))?;
        lock.lock().map_err(|e| Error::io("locking the sealed file", e))?;
        Ok(lock)
    }
}

impl std::fmt::Debug for SealedFile {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SealedFile").field("home", &self.home).finish_non_exhaustive()
    }
}

impl SecretStore for SealedFile {
    fn get(&self, name: &str) -> Result<Option<Zeroizing<Vec<u8>>>> {
        let secrets = self.load()?;
        let Some(text) = secrets.0.get(name) else { return Ok(None) };
        BASE64.decode(text).map(|value| Some(Zeroizing::new(value))).map_err(|_| corrupt())
    }

    fn set(&self, name: &str, value: &[u8]) -> Result<()> {
        self.change(|secrets| {
            if let Some(mut old) = secrets.0.insert(name.to_owned(), BASE64.encode(value)) {
                old.zeroize();
            }
        })
    }

    fn delete(&self, name: &str) -> Result<()> {
        self.change(|secrets| {
            if let Some(mut old) = secrets.0.remove(name) {
                old.zeroize();
            }
        })
    }
}

impl Encrypted {
    fn seal(key: &[u8; 32], plain: &[u8], context: &[u8]) -> Result<Self> {
        let sealed = crypto::seal(key, plain, context)?;
        Ok(Self { nonce: sealed.nonce.to_vec(), ciphertext: sealed.ciphertext })
    }

    fn open(&self, key: &[u8; 32], context: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
        crypto::open(key, &self.nonce, &self.ciphertext, context)
    }
}

fn derive(unlock: &Unlock, kdf: Option<&Kdf>) -> Result<Zeroizing<[u8; 32]>> {
    let (passphrase, kdf) = match (unlock, kdf) {
        (Unlock::Key(key), None) => return Ok(key.clone()),
        (Unlock::Passphrase(passphrase), Some(kdf)) => (passphrase, kdf),
        _ => return Err(denied()),
    };
    let Cost { memory_kib, passes, lanes } = kdf.cost;
    if memory_kib > MAX_COST.memory_kib || passes > MAX_COST.passes || lanes > MAX_COST.lanes {
        return Err(corrupt());
    }
    let params = Params::new(memory_kib, passes, lanes, Some(32)).map_err(|_| corrupt())?;
    let mut key = Zeroizing::new([0; 32]);
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
        .hash_password_into(passphrase.as_bytes(), &kdf.salt, key.as_mut())
        .map_err(|_| corrupt())?;
    Ok(key)
}

fn read(path: &Path) -> Result<Whole> {
    let bytes = fs::read(path).map_err(|e| match e.kind() {
        std::io::ErrorKind::NotFound => Error::new(
            Kind::Missing,
            format!("there is no sealed file {}", path.display()),
            "Restore it from a backup; without it connections need their secrets again.",
        ),
        _ => Error::io("reading the sealed file", e),
    })?;
    match serde_json::from_slice::<Whole>(&bytes) {
        Ok(whole) if whole.head.v == 1 => Ok(whole),
        _ => Err(corrupt()),
    }
}

/// Puts a whole new file in the place of the old one: after a crash one or the other is there.
fn replace(folder: &Path, path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    // Readable by its owner only.
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    file.write_all(bytes)?;
    file.as_file().sync_all()?;
    file.persist(path)?;
    // The rename itself is durable when the folder is; Windows neither needs nor allows this.
    if cfg!(unix) { File::open(folder)?.sync_all() } else { Ok(()) }
}

fn denied() -> Error {
    Error::new(
        Kind::Denied,
        "the sealed file does not open with this passphrase or key",
        "Give the passphrase or key file that the home was set up with.",
    )
}

fn corrupt() -> Error {
    Error::new(
        Kind::Corrupt,
        "the sealed file is damaged",
        "Restore it from a backup; without it connections need their secrets again.",
    )
}
