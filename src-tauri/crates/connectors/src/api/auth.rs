//! How a connection logs in.

use std::fmt;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use reqwest::header::HeaderValue;
use zeroize::Zeroizing;

use super::token::ServiceApp;
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
    /// `Authorization: <scheme> …`, for vendors with a scheme of their own ("SSWS").
    Scheme {
        /// The vendor's word.
        scheme: &'static str,
        /// The token.
        token: Zeroizing<String>,
    },
    /// `Authorization: Bearer …` with a token that is minted when it is needed (RFC 7523).
    ServiceApp(Box<ServiceApp>),
}

/// Stands where a vendor takes any password.
const ANY_PASSWORD: &str = "x";

impl Auth {
    /// The value of the `Authorization` header; `None` for a service application, whose token is minted.
    pub(super) fn header(&self) -> Result<Option<HeaderValue>> {
        match self {
            Self::Bearer(token) => authorization("Bearer", token),
            Self::Basic { password, .. } if password.trim().is_empty() => Err(unusable("it is empty")),
            Self::Basic { user, password } => authorization("Basic", &basic(user, password)),
            Self::KeyAsName(key) if key.trim().is_empty() => Err(unusable("it is empty")),
            Self::KeyAsName(key) => authorization("Basic", &basic(key, ANY_PASSWORD)),
            Self::Scheme { scheme, token } => authorization(scheme, token),
            Self::ServiceApp(_) => return Ok(None),
        }
        .map(Some)
    }

    /// Takes the secret out of a text that a server may have echoed.
    pub(super) fn mask(&self, text: &str) -> String {
        match self {
            Self::Bearer(token) | Self::Scheme { token, .. } => text.replace(token.as_str(), "[secret]"),
            Self::Basic { user, password } => text
                .replace(password.as_str(), "[secret]")
                .replace(basic(user, password).as_str(), "[secret]"),
            Self::KeyAsName(key) => {
                text.replace(key.as_str(), "[secret]").replace(basic(key, ANY_PASSWORD).as_str(), "[secret]")
            }
            Self::ServiceApp(app) => app.mask(text),
        }
    }
}

/// The value of an `Authorization` header.
pub(super) fn authorization(scheme: &str, secret: &str) -> Result<HeaderValue> {
    if secret.trim().is_empty() {
        return Err(unusable("it is empty"));
    }
    let text = Zeroizing::new(format!("{scheme} {secret}"));
    // The cause is left out: it could quote the secret.
    let mut value =
        HeaderValue::from_str(&text).map_err(|_| unusable("it holds a line break or control character"))?;
    value.set_sensitive(true);
    Ok(value)
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
        match self {
            Self::Bearer(_) => f.write_str("Bearer([secret])"),
            Self::Basic { .. } | Self::KeyAsName(_) => f.write_str("Basic([secret])"),
            Self::Scheme { scheme, .. } => write!(f, "{scheme}([secret])"),
            Self::ServiceApp(app) => app.fmt(f),
        }
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

    fn ssws() -> Auth {
        Auth::Scheme { scheme: "SSWS", token: Zeroizing::new("s3cret".into()) }
    }

    fn header(auth: &Auth) -> HeaderValue {
        auth.header().unwrap().expect("no token has to be minted")
    }

    #[test]
    fn the_header_is_what_the_rfcs_say() {
        assert_eq!(header(&bearer("abc")).to_str().unwrap(), "Bearer abc", "RFC 6750 §2.1");
        assert_eq!(header(&basic_auth()).to_str().unwrap(), "Basic aHI6czNjcmV0", "RFC 7617 §2");
        assert_eq!(header(&ssws()).to_str().unwrap(), "SSWS s3cret", "as the vendor's own scheme says");
        let key = Auth::KeyAsName(Zeroizing::new("s3cret".into()));
        assert_eq!(header(&key).to_str().unwrap(), "Basic czNjcmV0Ong=", "the key stands first");
    }

    #[test]
    fn neither_debug_nor_an_echo_shows_the_secret() {
        for auth in [bearer("s3cret"), basic_auth(), ssws(), Auth::KeyAsName(Zeroizing::new("s3cret".into()))]
        {
            let header = header(&auth);
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
