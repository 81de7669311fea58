//! The org authorization server: tokens for a service app that signs its assertion, each good for an hour
//! (<https://developer.okta.com/docs/guides/implement-oauth-for-okta-serviceapp/main/>).

use std::collections::BTreeSet;

use chrono::{DateTime, TimeDelta, Utc};
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode};
use serde::Deserialize;
use serde_json::json;

use super::state::Org;
use super::{API_TOKEN, CLIENT_ID, Okta, PUBLIC_X, PUBLIC_Y};
use crate::answer::{Answer, json as json_answer};
use crate::strict::Asked;

const JWT_BEARER: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// Who holds the credentials of a request.
#[derive(Clone, Debug)]
pub(super) struct Holder {
    /// `None`: an API token, which may all that its maker may.
    scopes: Option<BTreeSet<String>>,
}

impl Holder {
    pub(super) fn may(&self, scope: &str) -> bool {
        self.scopes.as_ref().is_none_or(|scopes| scopes.contains(scope))
    }

    /// As the System Log names an actor.
    pub(super) fn actor(&self, org: &Org) -> serde_json::Value {
        match self.scopes {
            Some(_) => json!({"id": CLIENT_ID, "type": "PublicClientApp", "alternateId": CLIENT_ID}),
            None => json!({"id": org.api_token_owner, "type": "User"}),
        }
    }
}

/// A token that was given out.
#[derive(Clone, Debug)]
pub(super) struct AccessToken {
    text: String,
    scopes: BTreeSet<String>,
    expires_at: DateTime<Utc>,
}

#[derive(Deserialize)]
struct Claims {
    exp: i64,
    iss: String,
    sub: String,
    jti: Option<String>,
}

impl Org {
    /// Who asks; `None` when the credentials are nobody's or have run out.
    pub(super) fn holder(&self, asked: &Asked, now: DateTime<Utc>) -> Option<Holder> {
        if asked.credentials("SSWS") == Some(API_TOKEN) {
            return Some(Holder { scopes: None });
        }
        let text = asked.credentials("Bearer")?;
        let token = self.access_tokens.iter().find(|t| t.text == text && t.expires_at > now)?;
        Some(Holder { scopes: Some(token.scopes.clone()) })
    }
}

impl Okta {
    pub(super) fn token(&self, asked: &Asked) -> Answer {
        let form = asked.form();
        let field = |name: &str| form.get(name).map_or("", String::as_str);
        if field("grant_type") != "client_credentials" {
            return refused(400, "unsupported_grant_type", "grant_type is not supported");
        }
        if field("client_assertion_type") != JWT_BEARER {
            return refused(401, "invalid_client", "only private_key_jwt is accepted for these scopes");
        }
        let now = self.clock.now();
        let mut org = self.org();
        let token_url = format!("http://{}/oauth2/v1/token", asked.header("host"));
        if let Err(why) = verify(field("client_assertion"), &token_url, now, &mut org.used_assertions) {
            return refused(401, "invalid_client", why);
        }
        let wanted: BTreeSet<String> = field("scope").split_whitespace().map(str::to_owned).collect();
        if wanted.is_empty() || !wanted.is_subset(&org.manner.granted_scopes) {
            return refused(400, "invalid_scope", "one or more scopes are not granted to the app");
        }
        let text = format!("practice-token-{}", org.access_tokens.len() + 1);
        let expires_at = now + TimeDelta::hours(1);
        let scope = field("scope").to_owned();
        org.access_tokens.push(AccessToken { text: text.clone(), scopes: wanted, expires_at });
        json_answer(
            200,
            &json!({"token_type": "Bearer", "expires_in": 3600, "access_token": text, "scope": scope}),
        )
    }
}

/// Verifies the assertion's signature and claims; an id is taken once.
fn verify(
    assertion: &str,
    token_url: &str,
    now: DateTime<Utc>,
    used: &mut BTreeSet<String>,
) -> Result<(), &'static str> {
    let key = DecodingKey::from_ec_components(PUBLIC_X, PUBLIC_Y).map_err(|_| "the app has no key")?;
    let mut rules = Validation::new(Algorithm::ES256);
    rules.set_audience(&[token_url]);
    rules.set_required_spec_claims(&["exp", "aud", "iss", "sub"]);
    rules.validate_exp = false; // by the practice clock, below
    let claims =
        decode::<Claims>(assertion, &key, &rules).map_err(|_| "the assertion does not verify")?.claims;
    let left = claims.exp - now.timestamp();
    match () {
        () if claims.iss != CLIENT_ID || claims.sub != CLIENT_ID => Err("iss and sub must be the client"),
        () if left <= 0 => Err("the assertion has expired"),
        () if left > 3600 => Err("exp is more than an hour ahead"),
        () if claims.jti.is_some_and(|id| !used.insert(id)) => Err("the jti was used before"),
        () => Ok(()),
    }
}

fn refused(status: u16, error: &str, words: &str) -> Answer {
    json_answer(status, &json!({"error": error, "error_description": words}))
}
