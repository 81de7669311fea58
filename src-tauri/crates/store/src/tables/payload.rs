//! Personal data of ledger entries: encrypted per person, erasable while the chain still verifies.
//!
//! The entry holds a commitment: HMAC-SHA256 under a random salt. The salt lies inside the encrypted payload, so
//! that after erasure nobody can even test a guess against the commitment.

use hmac::{Hmac, KeyInit, Mac};
use lockstep_domain::digest::Digest;
use lockstep_domain::ids::{EntryId, OrgId, PersonId};
use lockstep_domain::ledger::{Draft, Entry};
use rusqlite::params;
use sha2::Sha256;
use zeroize::Zeroizing;

use crate::crypto::{self, Sealed};
use crate::error::{Error, Kind, Result};
use crate::handle::{Reader, Row, Tx};
use crate::random;

const SALT: usize = 32;
const READING: &str = "reading a payload";

impl Reader<'_> {
    /// The payload of an entry, checked against the entry's commitment. `None` when the entry has none, or it was
    /// erased.
    ///
    /// # Errors
    /// `NoKey` without a master key; `Unreadable` when it was changed or the master key is another one.
    pub fn payload(&self, entry: EntryId) -> Result<Option<Vec<u8>>> {
        let found = self.one(
            READING,
            "SELECT p.person_id, p.nonce, p.ciphertext, l.commitment FROM payload p
             JOIN ledger l ON l.id = p.entry_id WHERE p.entry_id = ?1",
            [entry.to_string()],
            |row| {
                let person = PersonId(row.id("person_id")?);
                let sealed = read_sealed(row, "ciphertext")?;
                Ok((person, sealed, row.maybe("commitment", Row::digest)?))
            },
        )?;
        let Some((person, sealed, commitment)) = found else { return Ok(None) };
        let key = self.person_key(person)?.ok_or_else(unreadable)?;
        let context = payload_context(self.org_id()?, person, entry);
        let plain = crypto::open(&key, &sealed.nonce, &sealed.ciphertext, &context).ok_or_else(unreadable)?;
        let (salt, payload) = plain.split_at_checked(SALT).ok_or_else(unreadable)?;
        if commitment != Some(commit(salt, payload)?) {
            return Err(unreadable());
        }
        Ok(Some(payload.to_vec()))
    }

    fn person_key(&self, person: PersonId) -> Result<Option<Zeroizing<[u8; 32]>>> {
        let found = self.one(
            READING,
            "SELECT nonce, wrapped FROM person_key WHERE person_id = ?1",
            [person.to_string()],
            |row| read_sealed(row, "wrapped"),
        )?;
        let Some(sealed) = found else { return Ok(None) };
        let context = key_context(self.org_id()?, person);
        let plain = crypto::open(self.master_key()?, &sealed.nonce, &sealed.ciphertext, &context);
        let mut key = Zeroizing::new([0; 32]);
        key.copy_from_slice(plain.as_deref().filter(|p| p.len() == 32).ok_or_else(unreadable)?);
        Ok(Some(key))
    }

    fn master_key(&self) -> Result<&[u8; 32]> {
        self.shared.options.master_key.as_ref().map(crate::MasterKey::as_bytes).ok_or_else(|| {
            Error::new(
                Kind::NoKey,
                "personal data of the ledger is locked: the home's master key was not given",
                "Unlock the keychain (or give the sealed store's passphrase) and start Lockstep again.",
            )
        })
    }
}

impl Tx<'_> {
    /// Appends an entry whose commitment covers `payload`, which is stored encrypted under the person's key.
    ///
    /// # Errors
    /// `NoKey` without a master key; those of [`Tx::append`].
    pub fn append_with_payload(&self, draft: Draft, person: PersonId, payload: &[u8]) -> Result<Entry> {
        let key = match self.person_key(person)? {
            Some(key) => key,
            None => self.make_person_key(person)?,
        };
        let mut plain = Zeroizing::new(vec![0; SALT]);
        random::fill(&mut plain)?;
        let commitment = commit(&plain, payload)?;
        plain.extend_from_slice(payload);
        let entry = self.append(Draft { commitment: Some(commitment), ..draft })?;
        let sealed = crypto::seal(&key, &plain, &payload_context(entry.org, person, entry.id))?;
        self.exec(
            "writing a payload",
            "INSERT INTO payload (entry_id, org_id, person_id, nonce, ciphertext) VALUES (?1, ?2, ?3, ?4, ?5)",
            params![entry.id.to_string(), entry.org.to_string(), person.to_string(), sealed.nonce, sealed.ciphertext],
        )?;
        Ok(entry)
    }

    /// Erases a person's payloads and their key; the chain still verifies. Returns how many payloads there were.
    ///
    /// The bytes are overwritten in the file. Call [`crate::Store::flush`] afterwards, so that the write-ahead log
    /// keeps none either; copies in backups are not reached.
    ///
    /// # Errors
    /// Those of the database.
    pub fn erase_person_payloads(&self, person: PersonId) -> Result<usize> {
        let doing = "erasing a person's payloads";
        let overwrite = |on: bool| {
            let sql = if on { "PRAGMA secure_delete = ON" } else { "PRAGMA secure_delete = OFF" };
            self.one(doing, sql, [], |_| Ok(()))
        };
        overwrite(true)?;
        let erased = self
            .exec(doing, "DELETE FROM payload WHERE person_id = ?1", [person.to_string()])
            .and_then(|payloads| {
                self.exec(doing, "DELETE FROM person_key WHERE person_id = ?1", [person.to_string()])?;
                Ok(payloads)
            });
        overwrite(false)?;
        erased
    }

    fn make_person_key(&self, person: PersonId) -> Result<Zeroizing<[u8; 32]>> {
        let org = self.org_id()?;
        let mut key = Zeroizing::new([0; 32]);
        random::fill(key.as_mut())?;
        let sealed = crypto::seal(self.master_key()?, key.as_ref(), &key_context(org, person))?;
        self.exec(
            "making a person's key",
            "INSERT INTO person_key (person_id, org_id, nonce, wrapped) VALUES (?1, ?2, ?3, ?4)",
            params![person.to_string(), org.to_string(), sealed.nonce, sealed.ciphertext],
        )?;
        Ok(key)
    }
}

fn read_sealed(row: &Row<'_>, column: &str) -> Result<Sealed> {
    let nonce = row.bytes("nonce")?.try_into().map_err(|_| unreadable())?;
    Ok(Sealed { nonce, ciphertext: row.bytes(column)?.to_vec() })
}

fn commit(salt: &[u8], payload: &[u8]) -> Result<Digest> {
    let mut mac = Hmac::<Sha256>::new_from_slice(salt)
        .map_err(|_| Error::new(Kind::Internal, "hashing failed", "Report this; nothing was written."))?;
    mac.update(payload);
    Ok(Digest(mac.finalize().into_bytes().into()))
}

/// Binds a ciphertext to its place: moved to another row, it does not open.
fn payload_context(org: OrgId, person: PersonId, entry: EntryId) -> Vec<u8> {
    format!("lockstep payload 1|{org}|{person}|{entry}").into_bytes()
}

fn key_context(org: OrgId, person: PersonId) -> Vec<u8> {
    format!("lockstep person key 1|{org}|{person}").into_bytes()
}

fn unreadable() -> Error {
    Error::new(
        Kind::Unreadable,
        "a payload of the ledger cannot be opened: it was changed, or the home's master key is another one",
        "Restore the secret store's entry that belongs to this home; then run `lockstep ledger verify`.",
    )
}
