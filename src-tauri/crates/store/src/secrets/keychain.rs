//! Secrets in the operating system's keychain, split where a platform takes only short values.
//!
//! A secret has a head entry that names a slot, the number of parts in it and the SHA-256 of the value. A new value
//! goes into the other slot, the head is written last, then the old slot is cleared: wherever power is lost, the head
//! names a whole value.

use std::sync::{Mutex, MutexGuard, PoisonError};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use lockstep_domain::digest::Digest;
use lockstep_domain::ids::OrgId;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::error::{Error, Kind, Result};
use crate::secrets::SecretStore;
use crate::secrets::platform::Platform;

/// Raw bytes per part: 1600 in base64, below the 2560 that Windows' Credential Manager takes
/// (<https://learn.microsoft.com/windows/win32/api/wincred/ns-wincred-credentialw>).
const PART: usize = 1200;
/// How often a value that another process replaced meanwhile is read anew.
const TRIES: usize = 3;

/// Single entries of a keychain, by name. A value is short ASCII text.
pub(super) trait Entries: Send + Sync {
    fn read(&self, name: &str) -> Result<Option<Zeroizing<Vec<u8>>>>;
    fn write(&self, name: &str, value: &[u8]) -> Result<()>;
    fn remove(&self, name: &str) -> Result<()>;
}

/// The keychain of the operating system: Keychain, Credential Manager or Secret Service.
pub struct Keychain {
    split: Split<Platform>,
}

impl Keychain {
    /// The secrets of this organisation. Nothing is asked of the keychain yet.
    pub fn new(org: OrgId) -> Self {
        Self { split: Split::new(Platform, org.to_string()) }
    }
}

impl std::fmt::Debug for Keychain {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Keychain").field("org", &self.split.prefix).finish_non_exhaustive()
    }
}

impl SecretStore for Keychain {
    fn get(&self, name: &str) -> Result<Option<Zeroizing<Vec<u8>>>> {
        self.split.get(name)
    }

    fn set(&self, name: &str, value: &[u8]) -> Result<()> {
        self.split.set(name, value)
    }

    fn delete(&self, name: &str) -> Result<()> {
        self.split.delete(name)
    }
}

/// Values of any length over single entries.
struct Split<E> {
    entries: E,
    prefix: String,
    /// Some keychains do not order accesses from several threads.
    one_at_a_time: Mutex<()>,
}

/// What the head entry says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Head {
    v: u8,
    slot: u8,
    parts: usize,
    sha256: Digest,
}

const SLOTS: [u8; 2] = [0, 1];

impl<E: Entries> Split<E> {
    fn new(entries: E, prefix: String) -> Self {
        Self { entries, prefix, one_at_a_time: Mutex::new(()) }
    }

    fn get(&self, name: &str) -> Result<Option<Zeroizing<Vec<u8>>>> {
        let _turn = self.turn();
        for _ in 0..TRIES {
            let Some(head) = self.head(name)? else { return Ok(None) };
            if let Some(value) = self.value(name, &head)? {
                return Ok(Some(value));
            }
        }
        Err(torn(name))
    }

    fn set(&self, name: &str, value: &[u8]) -> Result<()> {
        let _turn = self.turn();
        let old = self.head(name)?.map_or(SLOTS[1], |head| head.slot);
        let new = 1 - old;
        let mut parts = 0;
        for part in value.chunks(PART) {
            let text = Zeroizing::new(BASE64.encode(part));
            self.entries.write(&self.part_name(name, new, parts), text.as_bytes())?;
            parts += 1;
        }
        self.clear(name, new, parts)?;
        let head = Head { v: 1, slot: new, parts, sha256: Digest::of(value) };
        let head = serde_json::to_vec(&head).map_err(|e| torn(name).caused_by(e))?;
        self.entries.write(&self.head_name(name), &head)?;
        self.clear(name, old, 0)
    }

    fn delete(&self, name: &str) -> Result<()> {
        let _turn = self.turn();
        self.entries.remove(&self.head_name(name))?;
        SLOTS.into_iter().try_for_each(|slot| self.clear(name, slot, 0))
    }

    fn head(&self, name: &str) -> Result<Option<Head>> {
        let Some(bytes) = self.entries.read(&self.head_name(name))? else { return Ok(None) };
        match serde_json::from_slice::<Head>(&bytes) {
            Ok(head) if head.v == 1 && SLOTS.contains(&head.slot) => Ok(Some(head)),
            // The cause is left out: it could quote what stands there.
            _ => Err(torn(name)),
        }
    }

    /// `None` when the parts are not those that the head names.
    fn value(&self, name: &str, head: &Head) -> Result<Option<Zeroizing<Vec<u8>>>> {
        let mut value = Zeroizing::new(Vec::new());
        for index in 0..head.parts {
            let Some(text) = self.entries.read(&self.part_name(name, head.slot, index))? else {
                return Ok(None);
            };
            let Ok(part) = BASE64.decode(text.as_slice()).map(Zeroizing::new) else { return Ok(None) };
            value.extend_from_slice(&part);
        }
        Ok((Digest::of(&value) == head.sha256).then_some(value))
    }

    /// Removes the parts of a slot from index `from` on, last first, so that a crash leaves no part behind a hole.
    fn clear(&self, name: &str, slot: u8, from: usize) -> Result<()> {
        let mut end = from;
        while self.entries.read(&self.part_name(name, slot, end))?.is_some() {
            end += 1;
        }
        (from..end).rev().try_for_each(|index| self.entries.remove(&self.part_name(name, slot, index)))
    }

    fn head_name(&self, name: &str) -> String {
        format!("{}/{name}", self.prefix)
    }

    fn part_name(&self, name: &str, slot: u8, index: usize) -> String {
        format!("{}/{name}#{slot}.{index}", self.prefix)
    }

    fn turn(&self) -> MutexGuard<'_, ()> {
        self.one_at_a_time.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn torn(name: &str) -> Error {
    Error::new(
        Kind::Corrupt,
        format!("the keychain's entry {name:?} is not whole"),
        "Give Lockstep this secret again; it replaces what is there.",
    )
}

#[cfg(test)]
mod tests;
