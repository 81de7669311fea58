//! Access tokens by OAuth 2 client credentials (RFC 6749 §4.4), the client shown by a signed assertion
//! (RFC 7523 §2.2, "private_key_jwt").

use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};

use aws_lc_rs::rand;
use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};
use zeroize::Zeroizing;

use super::signer::Signer;
use crate::error::{Error, Kind, Result};

/// How long an assertion is good: it is used at once.
const ASSERTION_LIFE: TimeDelta = TimeDelta::minutes(5);
/// How long before its end a token is renewed; at most half of its life.
const RENEWED_AHEAD: TimeDelta = TimeDelta::minutes(5);

/// A service application of a vendor, with the token that it holds at the moment. Nothing of it is stored.
pub struct ServiceApp {
    /// The id that the vendor gave the application; not a secret.
    pub(super) client_id: String,
    /// The token endpoint, below the base URL.
    pub(super) token_path: &'static [&'static str],
    scopes: String,
    signer: Signer,
    /// One mints at a time; the others wait for that token.
    pub(super) minting: tokio::sync::Mutex<()>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    token: Option<Token>,
    /// How many were minted.
    minted: u64,
    /// Whether the last write was refused for its token.
    write_refused: bool,
}

struct Token {
    text: Zeroizing<String>,
    renew_at: DateTime<Utc>,
    /// Whether the vendor has taken it yet.
    proven: bool,
}

impl ServiceApp {
    /// An application that asks for these scopes at `token_path`, and signs with `private_key` (PEM or JWK).
    ///
    /// # Errors
    /// `Setting`, when the key cannot be used.
    pub fn new(
        client_id: &str,
        private_key: &str,
        key_id: Option<&str>,
        token_path: &'static [&'static str],
        scopes: &[String],
    ) -> Result<Self> {
        Ok(Self {
            client_id: client_id.to_owned(),
            token_path,
            scopes: scopes.join(" "),
            signer: Signer::read(private_key, key_id)?,
            minting: tokio::sync::Mutex::default(),
            state: Mutex::default(),
        })
    }

    /// The token that is good at `now`, with its number; `None` when one has to be minted.
    pub(super) fn current(&self, now: DateTime<Utc>) -> Option<(Zeroizing<String>, u64)> {
        let state = self.lock();
        let token = state.token.as_ref().filter(|t| now < t.renew_at)?;
        Some((token.text.clone(), state.minted))
    }

    /// The form to post for a new token.
    pub(super) fn request(&self, token_url: &str, now: DateTime<Utc>) -> Result<Zeroizing<String>> {
        let assertion = self.signer.sign(&json!({
            "aud": token_url,
            "iss": self.client_id,
            "sub": self.client_id,
            "exp": (now + ASSERTION_LIFE).timestamp(),
            "jti": single_use_id()?,
        }))?;
        let form = url::form_urlencoded::Serializer::new(String::new())
            .append_pair("grant_type", "client_credentials")
            .append_pair("scope", &self.scopes)
            .append_pair("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer")
            .append_pair("client_assertion", &assertion)
            .finish();
        Ok(Zeroizing::new(form))
    }

    /// Takes the answer of the token endpoint (RFC 6749 §5.1).
    pub(super) fn take(&self, answer: &Value, now: DateTime<Utc>) -> Result<()> {
        let text = answer.get("access_token").and_then(Value::as_str).filter(|t| !t.is_empty());
        let bearer = answer.get("token_type").and_then(Value::as_str);
        let (Some(text), true) = (text, bearer.is_some_and(|t| t.eq_ignore_ascii_case("bearer"))) else {
            return Err(Error::new(
                Kind::Malformed,
                "the token endpoint answered without a bearer token",
                "Check the base URL. If the application is set to demand proof of possession (DPoP), switch that off.",
            ));
        };
        // RFC 6749 §5.1: the life is recommended, not required.
        let life = answer.get("expires_in").and_then(Value::as_i64).unwrap_or(3600).clamp(0, 86_400);
        let life = TimeDelta::seconds(life);
        let renew_at = now + life - RENEWED_AHEAD.min(life / 2);
        let mut state = self.lock();
        state.minted += 1;
        state.token = Some(Token { text: Zeroizing::new(text.to_owned()), renew_at, proven: false });
        Ok(())
    }

    /// The vendor took a request with token number `number`.
    pub(super) fn accepted(&self, number: u64, write: bool) {
        let mut state = self.lock();
        state.write_refused &= !write;
        if state.minted == number
            && let Some(token) = &mut state.token
        {
            token.proven = true;
        }
    }

    /// The vendor refused token number `number`, which is not used again. Whether a new one may help: not when
    /// a new one was just refused, and not when the write before was refused as well.
    pub(super) fn refused(&self, number: u64, write: bool) -> bool {
        let mut state = self.lock();
        let again = write && std::mem::replace(&mut state.write_refused, write);
        if state.minted != number {
            return !again; // somebody has already minted another
        }
        let proven = state.token.take().is_some_and(|t| t.proven);
        proven && !again
    }

    /// Takes the token out of a text that a server may have echoed.
    pub(super) fn mask(&self, text: &str) -> String {
        match &self.lock().token {
            Some(token) => text.replace(token.text.as_str(), "[secret]"),
            None => text.to_owned(),
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn single_use_id() -> Result<String> {
    let mut bytes = [0; 16];
    rand::fill(&mut bytes).map_err(|_| {
        Error::new(Kind::Unavailable, "this machine gives no random numbers", "Restart the machine.")
    })?;
    Ok(hex::encode(bytes))
}

impl fmt::Debug for ServiceApp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ServiceApp").field("client_id", &self.client_id).finish_non_exhaustive()
    }
}
