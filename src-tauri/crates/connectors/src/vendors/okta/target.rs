//! Reading one account back and changing it. Nothing here ever deletes an account: for Okta the second such
//! request destroys what the first only deactivated, and both are answered alike.

use std::collections::BTreeMap;
use std::sync::{MutexGuard, PoisonError};

use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};
use lockstep_domain::access::{AccountFacts, Observation, Presence, Sessions, Wish, WishKind};
use lockstep_domain::capability::{Can, Effect, Proof};
use reqwest::Method;
use serde_json::Value;

use super::lists::List;
use super::resource::{sign_in, text};
use super::{Cleared, Okta, kinds};
use crate::api::Write;
use crate::contract::{AccessTarget, Order, Receipt};
use crate::error::{Error, Kind, Result};

const SUSPEND: &str = "suspend";
const DEACTIVATE: &str = "deactivate";
/// Deactivation goes on after the answer (`transitioningToStatus`), since applications are told.
const DEACTIVATION_LAG_S: u32 = 60;
/// How far before our order the System Log is read, for clocks that differ.
const LOG_MARGIN: TimeDelta = TimeDelta::minutes(10);

/// A way to take one kind of thing away.
struct Removal {
    /// What our id of it begins with.
    kind: &'static str,
    wish: WishKind,
    /// The part of Okta that must be allowed to be changed.
    part: &'static str,
    effect: Effect,
    dialect: &'static str,
}

const REMOVALS: &[Removal] = &[
    // https://developer.okta.com/docs/api/openapi/okta-management/management/tag/ApiToken/ : revoked for good.
    removal(kinds::API_TOKEN, WishKind::CredentialRevoked, "apiTokens", Effect::Final, "api_token"),
    // …/tag/UserOAuth/ : refresh tokens; the next sign-in makes new ones.
    removal(kinds::CLIENT, WishKind::CredentialRevoked, "users", Effect::Reversible, "client_tokens"),
    // …/tag/UserGrant/ : consent has to be given anew.
    removal(kinds::CONSENT, WishKind::CredentialRevoked, "users", Effect::Lossy, "consent"),
    // …/tag/UserFactor/ : the factor has to be enrolled anew.
    removal(kinds::FACTOR, WishKind::CredentialRevoked, "users", Effect::Lossy, "factor"),
    // …/tag/Group/
    removal(kinds::GROUP, WishKind::GrantAbsent, "groups", Effect::Reversible, "group"),
    // …/tag/ApplicationUsers/ : provisioning may deactivate or delete the account inside the application.
    removal(kinds::APP, WishKind::GrantAbsent, "apps", Effect::Lossy, "app"),
    // …/tag/RoleAssignmentAUser/
    removal(kinds::ROLE, WishKind::GrantAbsent, "roles", Effect::Reversible, "role"),
];

const fn removal(
    kind: &'static str,
    wish: WishKind,
    part: &'static str,
    effect: Effect,
    dialect: &'static str,
) -> Removal {
    Removal { kind, wish, part, effect, dialect }
}

#[async_trait]
impl AccessTarget for Okta {
    fn can(&self) -> Vec<Can> {
        let mut ways = Vec::new();
        if self.settings.may_change("users") {
            // Suspending keeps everything, and tells no application
            // (https://developer.okta.com/docs/concepts/scim/).
            let spares = vec![kinds::APP.into(), kinds::APP_BY_GROUP.into()];
            let way = |wish, effect, proof| Can::new(wish, effect, proof);
            ways.push(Can {
                dialect: Some(SUSPEND.into()),
                spares,
                ..way(WishKind::Disabled, Effect::Reversible, Proof::ReadBack)
            });
            // The vendor calls this destructive: app data is not recovered by activating again.
            ways.push(Can {
                dialect: Some(DEACTIVATE.into()),
                fallback: true,
                lag_s: DEACTIVATION_LAG_S,
                ..way(WishKind::Disabled, Effect::Lossy, Proof::ReadBack)
            });
            // Sessions are not listed. Where the System Log shows our order in time, it is read back.
            ways.push(way(WishKind::SessionsEnded, Effect::Reversible, Proof::Receipt));
        }
        let allowed = REMOVALS.iter().filter(|r| self.settings.may_change(r.part));
        ways.extend(allowed.map(|r| Can {
            dialect: Some(r.dialect.into()),
            only: Some(r.kind.into()),
            ..Can::new(r.wish, r.effect, Proof::ReadBack)
        }));
        ways
    }

    async fn observe(&self, account_remote_id: &str) -> Result<Observation> {
        let (person, sessions) =
            tokio::join!(self.person(account_remote_id), self.sessions(account_remote_id));
        let presence = match person? {
            None => {
                self.prove_sight().await?;
                Presence::Absent
            }
            Some(person) => Presence::Present(AccountFacts {
                sign_in: sign_in(&person.user),
                sessions,
                grants: person.entitlements.map(|all| all.into_iter().map(|e| e.remote_id).collect()),
                credentials: person
                    .credentials
                    .map(|all| all.into_iter().map(|c| (c.remote_id, c.state)).collect()),
                admin: person.admin,
            }),
        };
        Ok(Observation { at: self.clock.now(), presence })
    }

    async fn apply(&self, order: &Order) -> Result<Receipt> {
        let id = order.account_remote_id.as_str();
        match (&order.wish, order.dialect.as_deref()) {
            (Wish::Disabled, None | Some(SUSPEND)) => self.lifecycle(id, SUSPEND, &[]).await,
            (Wish::Disabled, Some(DEACTIVATE)) => {
                self.lifecycle(id, DEACTIVATE, &[("sendEmail", "false")]).await
            }
            (Wish::SessionsEnded, None) => self.end_sessions(id).await,
            (
                Wish::CredentialRevoked { credential: object } | Wish::GrantAbsent { entitlement: object },
                dialect,
            ) => self.remove(id, order.wish.kind(), object, dialect).await,
            _ => Err(unsupported("this wish in this way")),
        }
    }

    async fn own_account(&self) -> Result<Option<String>> {
        // A service app is no account; an API token is its maker's.
        if self.settings.client_id.is_some() { Ok(None) } else { self.me().await.map(Some) }
    }

    fn clock_skew_s(&self) -> Option<i64> {
        self.api.skew_s()
    }
}

impl Okta {
    async fn lifecycle(&self, id: &str, change: &str, query: &[(&str, &str)]) -> Result<Receipt> {
        self.write(&Method::POST, &["api", "v1", "users", id, "lifecycle", change], query).await
    }

    /// Ends all Okta sessions and the tokens that Okta gave to applications, and forgets remembered devices.
    async fn end_sessions(&self, id: &str) -> Result<Receipt> {
        let sent_at = self.clock.now();
        let query = [("oauthTokens", "true"), ("forgetDevices", "true")];
        let receipt = self.write(&Method::DELETE, &["api", "v1", "users", id, "sessions"], &query).await?;
        let cleared = Cleared { sent_at, request_id: receipt.request_id.clone() };
        self.remembered().insert(id.to_owned(), cleared);
        Ok(receipt)
    }

    async fn remove(&self, id: &str, wish: WishKind, object: &str, dialect: Option<&str>) -> Result<Receipt> {
        let known = REMOVALS.iter().find_map(|r| Some((r, object.strip_prefix(r.kind)?)));
        let Some((removal, thing)) =
            known.filter(|(r, _)| r.wish == wish && self.settings.may_change(r.part))
        else {
            return Err(unsupported("taking this away"));
        };
        if dialect.is_some_and(|d| d != removal.dialect) {
            return Err(unsupported("taking this away in this way"));
        }
        let path: &[&str] = match removal.kind {
            kinds::API_TOKEN => &["api", "v1", "api-tokens", thing],
            kinds::CLIENT => &["api", "v1", "users", id, "clients", thing, "tokens"],
            kinds::CONSENT => &["api", "v1", "users", id, "grants", thing],
            kinds::FACTOR => &["api", "v1", "users", id, "factors", thing],
            kinds::GROUP => &["api", "v1", "groups", thing, "users", id],
            kinds::APP => &["api", "v1", "apps", thing, "users", id],
            kinds::ROLE => &["api", "v1", "users", id, "roles", thing],
            _ => return Err(unsupported("taking this away")),
        };
        self.write(&Method::DELETE, path, &[]).await
    }

    async fn write(&self, method: &Method, segments: &[&str], query: &[(&str, &str)]) -> Result<Receipt> {
        self.api.send(Write { method, segments, query, body: None, if_match: None }).await
    }

    /// What is known of sessions: that they were ended, once the System Log shows our own order. Not being
    /// able to read it hinders nothing else.
    async fn sessions(&self, id: &str) -> Sessions {
        let cleared = self.remembered().get(id).cloned();
        let Some(Cleared { sent_at, request_id: Some(request) }) =
            cleared.filter(|_| self.settings.may_read("logs"))
        else {
            return Sessions::Unknown;
        };
        match self.log_shows(id, sent_at, &request).await {
            Ok(true) => Sessions::EndedAt(sent_at),
            Ok(false) | Err(_) => Sessions::Unknown,
        }
    }

    async fn log_shows(&self, id: &str, sent_at: DateTime<Utc>, request: &str) -> Result<bool> {
        let since = (sent_at - LOG_MARGIN).to_rfc3339_opts(chrono::SecondsFormat::Millis, true);
        let until = (sent_at + LOG_MARGIN).to_rfc3339_opts(chrono::SecondsFormat::Millis, true);
        let filter = format!("eventType eq \"user.session.clear\" and target.id eq {}", Value::from(id));
        let query = [
            ("since", since.as_str()),
            ("until", until.as_str()),
            ("filter", filter.as_str()),
            ("limit", "100"),
        ];
        let (events, _) = List::of(self, "System Log", &["api", "v1", "logs"], &query).all().await?;
        Ok(events.iter().any(|event| {
            let asked = event.pointer("/debugContext/debugData/requestId").and_then(Value::as_str);
            let transaction = event.get("transaction").and_then(|t| text(t, "id"));
            let succeeded = event.pointer("/outcome/result").and_then(Value::as_str) == Some("SUCCESS");
            succeeded && [asked, transaction].contains(&Some(request))
        }))
    }

    fn remembered(&self) -> MutexGuard<'_, BTreeMap<String, Cleared>> {
        self.cleared.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn unsupported(what: &str) -> Error {
    Error::new(
        Kind::Unsupported,
        format!("Okta cannot do {what}"),
        "Do it in Okta itself and confirm it by hand.",
    )
}
