//! How a connection logs in.

use std::fmt;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use reqwest::header::HeaderValue;
use zeroize::Zeroizing;

use crate::error::{Error, Kind, Result};

/// The credentials of a connection. Wiped from memory when dropped; never shown by `Debug`.
pub enum Auth {
    /// `Authorization: Bearer …` (RFC 6750).
    Bearer(Zeroizing<String>),
    /// `Authorization: Basic …` (RFC 7617).
    Basic {
        /// The name; not a secret.
        user: String,
        /// The password.
        password: Zeroizing<String>,
    },
    /// `Authorization: Basic …` where the key is the name and the password is of no meaning.
    KeyAsName(Zeroizing<String>),
}

/// Stands where a vendor takes any password.
const ANY_PASSWORD: &str = "x";

impl Auth {
    /// The value of the `Authorization` header.
    pub(super) fn header(&self) -> Result<HeaderValue> {
        if self.secret().trim().is_empty() {
            return Err(unusable("it is empty"));
        }
        let text = match self {
            Self::Bearer(token) => Zeroizing::new(format!("Bearer {}", token.as_str())),
            Self::Basic { user, password } => Zeroizing::new(format!("Basic {}", *basic(user, password))),
            Self::KeyAsName(key) => Zeroizing::new(format!("Basic {}", *basic(key, ANY_PASSWORD))),
        };
        // The cause is left out: it could quote the secret.
        let mut value = HeaderValue::from_str(&text)
            .map_err(|_| unusable("it holds a line break or control character"))?;
        value.set_sensitive(true);
        Ok(value)
    }

    /// Takes the secret out of a text that a server may have echoed.
    pub(super) fn mask(&self, text: &str) -> String {
        let masked = text.replace(self.secret(), "[secret]");
        match self {
            Self::Bearer(_) => masked,
            Self::Basic { user, password } => masked.replace(basic(user, password).as_str(), "[secret]"),
            Self::KeyAsName(key) => masked.replace(basic(key, ANY_PASSWORD).as_str(), "[secret]"),
        }
    }

    fn secret(&self) -> &str {
        match self {
            Self::Bearer(secret) | Self::Basic { password: secret, .. } | Self::KeyAsName(secret) => secret,
        }
    }
}

fn basic(user: &str, password: &str) -> Zeroizing<String> {
    let pair = Zeroizing::new(format!("{user}:{password}"));
    Zeroizing::new(BASE64_STANDARD.encode(pair.as_bytes()))
}

fn unusable(why: &str) -> Error {
    Error::new(
        Kind::Setting,
        format!("the connection's secret cannot be sent: {why}"),
        "Copy the token or password again, without line breaks, and set it anew.",
    )
}

impl fmt::Debug for Auth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Bearer(_) => "Bearer([secret])",
            Self::Basic { .. } | Self::KeyAsName(_) => "Basic([secret])",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bearer(token: &str) -> Auth {
        Auth::Bearer(Zeroizing::new(token.into()))
    }

    fn basic_auth() -> Auth {
        Auth::Basic { user: "hr".into(), password: Zeroizing::new("s3cret".into()) }
    }

    #[test]
    fn the_header_is_what_the_rfcs_say() {
        assert_eq!(bearer("abc").header().unwrap().to_str().unwrap(), "Bearer abc", "RFC 6750 §2.1");
        assert_eq!(basic_auth().header().unwrap().to_str().unwrap(), "Basic aHI6czNjcmV0", "RFC 7617 §2");
        let key = Auth::KeyAsName(Zeroizing::new("s3cret".into()));
        assert_eq!(key.header().unwrap().to_str().unwrap(), "Basic czNjcmV0Ong=", "the key stands first");
    }

    #[test]
    fn neither_debug_nor_an_echo_shows_the_secret() {
        for auth in [bearer("s3cret"), basic_auth(), Auth::KeyAsName(Zeroizing::new("s3cret".into()))] {
            let header = auth.header().unwrap();
            let echo = auth.mask(&format!("bad header {}: s3cret", header.to_str().unwrap()));
            for shown in [format!("{auth:?}"), format!("{header:?}"), echo] {
                assert!(!shown.contains("s3cret"), "a secret in a log is a leaked secret: {shown}");
                assert!(
                    !["aHI6czNjcmV0", "czNjcmV0Ong="].iter().any(|code| shown.contains(code)),
                    "encoding is not hiding: {shown}"
                );
            }
        }
    }

    #[test]
    fn an_unusable_secret_is_a_setting_and_is_not_quoted() {
        for token in ["", "  ", "tok\nX-Evil: 1"] {
            let error = bearer(token).header().unwrap_err();
            assert_eq!(error.kind(), &Kind::Setting, "the operator has to fix it");
            assert!(!error.to_string().contains("X-Evil"), "not even half of a secret is shown");
        }
    }
}
