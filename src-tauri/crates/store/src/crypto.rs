//! XChaCha20-Poly1305 with a random nonce: sealing and opening.

use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{Key, XChaCha20Poly1305, XNonce};
use zeroize::Zeroizing;

use crate::error::{Error, Kind, Result};
use crate::random;

/// Length of a nonce in bytes; random ones of this length never meet.
pub(crate) const NONCE: usize = 24;

/// A nonce and what was encrypted under it.
pub(crate) struct Sealed {
    pub(crate) nonce: [u8; NONCE],
    pub(crate) ciphertext: Vec<u8>,
}

/// Encrypts `plain`, bound to `context`.
pub(crate) fn seal(key: &[u8; 32], plain: &[u8], context: &[u8]) -> Result<Sealed> {
    let mut nonce = [0; NONCE];
    random::fill(&mut nonce)?;
    let ciphertext = cipher(key)
        .encrypt(&XNonce::from(nonce), Payload { msg: plain, aad: context })
        .map_err(|_| Error::new(Kind::Internal, "encrypting failed", "Report this; nothing was written."))?;
    Ok(Sealed { nonce, ciphertext })
}

/// Decrypts; `None` when the key, the context or a byte is not the one it was sealed with.
pub(crate) fn open(
    key: &[u8; 32],
    nonce: &[u8],
    ciphertext: &[u8],
    context: &[u8],
) -> Option<Zeroizing<Vec<u8>>> {
    let nonce: [u8; NONCE] = nonce.try_into().ok()?;
    let plain = cipher(key).decrypt(&XNonce::from(nonce), Payload { msg: ciphertext, aad: context }).ok()?;
    Some(Zeroizing::new(plain))
}

fn cipher(key: &[u8; 32]) -> XChaCha20Poly1305 {
    XChaCha20Poly1305::new(&Key::from(*key))
}
