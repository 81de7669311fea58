//! Signed notes and verifier keys: <https://c2sp.org/signed-note>. Ed25519 only.

use std::fmt;
use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use ed25519_dalek::{Signature, Signer as _, SigningKey, VerifyingKey};
use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

/// The signature type byte that the specification assigns to Ed25519.
const ED25519: u8 = 1;

/// Far more than a checkpoint needs; what is larger is not looked at.
const MAX_NOTE_BYTES: usize = 64 * 1024;

/// A 32-byte Ed25519 seed. Wiped from memory when dropped, never printed.
pub struct Seed(Zeroizing<[u8; 32]>);

impl Seed {
    /// Takes over seed bytes; wipe your own copy.
    pub fn new(bytes: Zeroizing<[u8; 32]>) -> Self {
        Self(bytes)
    }
}

impl fmt::Debug for Seed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Seed(secret)")
    }
}

/// A named signing key.
pub struct NoteSigner {
    key: SigningKey,
    verifier: VerifierKey,
}

impl fmt::Debug for NoteSigner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "NoteSigner({})", self.verifier)
    }
}

/// A named public key; its text is the `vkey` form `<name>+<key id in hex>+<type and key in base64>`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerifierKey {
    name: String,
    key: VerifyingKey,
}

/// Why a note or key was not accepted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoteError {
    /// The key's name cannot stand in a note.
    #[error("{0:?} cannot name a key: use no white space, control characters or '+'")]
    Name(String),
    /// The text is no verifier key.
    #[error("not a verifier key ({0}); expected the one line that `lockstep key export` prints")]
    Key(&'static str),
    /// The note is not in the form of the specification.
    #[error("not a signed note ({0}); take the file again from where it was issued")]
    Form(&'static str),
    /// Nothing on the note is by the key.
    #[error("the note carries no signature by key {0}; was it issued by somebody else?")]
    Unsigned(String),
    /// A signature by the key's name and id does not fit the text.
    #[error("the signature by key {0} does not fit the text: the note was changed after it was signed")]
    Forged(String),
}

impl NoteSigner {
    /// A signer with this name.
    ///
    /// # Errors
    /// When the name cannot stand in a note.
    pub fn new(name: &str, seed: &Seed) -> Result<Self, NoteError> {
        let key = SigningKey::from_bytes(&seed.0);
        let verifier = VerifierKey::new(name, key.verifying_key())?;
        Ok(Self { key, verifier })
    }

    /// The public half.
    pub fn verifier(&self) -> &VerifierKey {
        &self.verifier
    }

    /// The signed note over a text.
    ///
    /// # Errors
    /// When the text does not end in a newline or has control characters.
    pub fn sign(&self, text: &str) -> Result<String, NoteError> {
        check_text(text)?;
        let mut blob = self.verifier.id().to_vec();
        blob.extend_from_slice(&self.key.sign(text.as_bytes()).to_bytes());
        Ok(format!("{text}\n\u{2014} {} {}\n", self.verifier.name, BASE64.encode(blob)))
    }
}

impl VerifierKey {
    fn new(name: &str, key: VerifyingKey) -> Result<Self, NoteError> {
        let bad = |c: char| c.is_whitespace() || c.is_control() || c == '+';
        if name.is_empty() || name.len() > 200 || name.contains(bad) {
            return Err(NoteError::Name(name.chars().take(80).collect()));
        }
        if key.is_weak() {
            return Err(NoteError::Key("the key is weak"));
        }
        Ok(Self { name: name.into(), key })
    }

    /// The name that stands on signature lines.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The first four bytes of SHA-256 over name, newline, type and key. It names the key and the
    /// algorithm; it is no proof of either.
    pub fn id(&self) -> [u8; 4] {
        let mut hasher = Sha256::new();
        hasher.update(self.name.as_bytes());
        hasher.update([b'\n', ED25519]);
        hasher.update(self.key.as_bytes());
        let [a, b, c, d, ..]: [u8; 32] = hasher.finalize().into();
        [a, b, c, d]
    }

    /// The key id in hex.
    pub fn id_hex(&self) -> String {
        hex::encode(self.id())
    }

    /// The raw 32-byte Ed25519 key in hex.
    pub fn key_hex(&self) -> String {
        hex::encode(self.key.as_bytes())
    }

    /// The text of a note that carries a valid signature by this key. Signatures by others are ignored.
    ///
    /// # Errors
    /// When the form is wrong, this key did not sign, or its signature does not fit.
    pub fn open<'a>(&self, note: &'a str) -> Result<&'a str, NoteError> {
        let (text, signatures) = split(note)?;
        let mut signed = false;
        for line in signatures {
            let (name, blob) = signature_line(line)?;
            if name != self.name || blob.first_chunk::<4>() != Some(&self.id()) {
                continue;
            }
            let forged = || NoteError::Forged(self.to_string());
            let signature = Signature::from_slice(&blob[4..]).map_err(|_| forged())?;
            self.key.verify_strict(text.as_bytes(), &signature).map_err(|_| forged())?;
            signed = true;
        }
        if signed { Ok(text) } else { Err(NoteError::Unsigned(self.to_string())) }
    }
}

impl fmt::Display for VerifierKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut typed = vec![ED25519];
        typed.extend_from_slice(self.key.as_bytes());
        write!(f, "{}+{}+{}", self.name, self.id_hex(), BASE64.encode(typed))
    }
}

impl FromStr for VerifierKey {
    type Err = NoteError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut parts = text.splitn(3, '+');
        let (Some(name), Some(_), Some(key)) = (parts.next(), parts.next(), parts.next()) else {
            return Err(NoteError::Key("three parts joined by '+' are needed"));
        };
        let typed = BASE64.decode(key).map_err(|_| NoteError::Key("the key is not base64"))?;
        let Some((&ED25519, key)) = typed.split_first() else {
            return Err(NoteError::Key("only Ed25519 keys are known"));
        };
        let key = <&[u8; 32]>::try_from(key).map_err(|_| NoteError::Key("the key is not 32 bytes long"))?;
        let key = VerifyingKey::from_bytes(key).map_err(|_| NoteError::Key("the key is no curve point"))?;
        let parsed = Self::new(name, key)?;
        // One text per key: what differs in the id, the base64 or the letter case is not this key.
        if parsed.to_string() == text { Ok(parsed) } else { Err(NoteError::Key("the key id does not fit")) }
    }
}

fn check_text(text: &str) -> Result<(), NoteError> {
    if !text.ends_with('\n') {
        return Err(NoteError::Form("the text must end in a newline"));
    }
    if text.bytes().any(|b| b < 0x20 && b != b'\n') {
        return Err(NoteError::Form("it has control characters"));
    }
    Ok(())
}

fn split(note: &str) -> Result<(&str, std::str::Lines<'_>), NoteError> {
    if note.len() > MAX_NOTE_BYTES {
        return Err(NoteError::Form("it is larger than 64 KiB"));
    }
    check_text(note)?;
    let gap = note.rfind("\n\n").ok_or(NoteError::Form("no empty line before the signatures"))?;
    let (text, signatures) = (&note[..=gap], &note[gap + 2..]);
    if signatures.is_empty() {
        return Err(NoteError::Form("no signature"));
    }
    Ok((text, signatures.lines()))
}

fn signature_line(line: &str) -> Result<(&str, Vec<u8>), NoteError> {
    let parsed = line
        .strip_prefix("\u{2014} ")
        .and_then(|rest| rest.split_once(' '))
        .and_then(|(name, blob)| Some((name, BASE64.decode(blob).ok()?)));
    parsed
        .filter(|(name, blob)| !name.is_empty() && blob.len() > 4)
        .ok_or(NoteError::Form("a signature line is malformed"))
}

#[cfg(test)]
mod tests;
