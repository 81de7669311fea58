//! Reading one account back and changing it.

use async_trait::async_trait;
use lockstep_domain::access::{AccountFacts, Observation, Presence, Sessions, Wish, WishKind};
use lockstep_domain::capability::{Can, Effect, Proof};
use reqwest::Method;
use serde_json::Value;

use super::Scim;
use super::dialect::{Deactivation, MemberRemoval};
use super::list::page;
use super::resource::{sign_in, text};
use crate::api::{Document, Write};
use crate::contract::{AccessTarget, Order, Receipt};
use crate::error::{Error, Kind, Result};

#[async_trait]
impl AccessTarget for Scim {
    fn can(&self) -> Vec<Can> {
        let way = |wish, effect, dialect: &str| Can {
            lag_s: self.settings.lag_s,
            dialect: Some(dialect.to_owned()),
            ..Can::new(wish, effect, Proof::ReadBack)
        };
        let effect = self.settings.deactivation_effect;
        let mut ways: Vec<Can> =
            Deactivation::ALL.iter().map(|d| way(WishKind::Disabled, effect, d.word())).collect();
        if self.settings.groups {
            let removal = self.settings.member_removal.word();
            ways.push(way(WishKind::GrantAbsent, Effect::Reversible, removal));
        }
        ways
    }

    async fn observe(&self, account_remote_id: &str) -> Result<Observation> {
        let user = match self.user(account_remote_id).await {
            Ok(user) => user.body,
            Err(e) if *e.kind() == Kind::NotFound => {
                self.prove_sight().await.map_err(not_absent)?;
                return Ok(Observation { at: self.clock.now(), presence: Presence::Absent });
            }
            Err(e) => return Err(e),
        };
        // The user's own `groups` are not relied on: servers leave them out or empty, and a filter that a
        // server does not know can answer with an empty list. Both would look like a removed grant.
        let groups = self.groups().await.map_err(not_absent)?;
        let facts = AccountFacts {
            sign_in: sign_in(&user),
            sessions: Sessions::Unknown,
            grants: groups.is_complete().then(|| groups.held_by(account_remote_id)),
            credentials: None,
            admin: groups.admin(account_remote_id),
        };
        Ok(Observation { at: self.clock.now(), presence: Presence::Present(facts) })
    }

    async fn apply(&self, order: &Order) -> Result<Receipt> {
        let account = order.account_remote_id.as_str();
        let dialect = order.dialect.as_deref();
        match &order.wish {
            Wish::Disabled => {
                let dialect = dialect.map_or(Some(Deactivation::ALL[0]), Deactivation::parse);
                self.deactivate(account, dialect.ok_or_else(|| unsupported("this dialect"))?).await
            }
            Wish::GrantAbsent { entitlement } if self.settings.groups => {
                let removal = dialect.map_or(Some(self.settings.member_removal), MemberRemoval::parse);
                let removal = removal
                    .filter(|r| *r == self.settings.member_removal)
                    .ok_or_else(|| unsupported("this dialect with these settings"))?;
                self.patch(&["Groups", entitlement], &removal.patch(account)).await
            }
            Wish::GrantAbsent { .. }
            | Wish::SessionsEnded
            | Wish::CredentialRevoked { .. }
            | Wish::EvidenceStored
            | Wish::TaskDone => Err(unsupported("this wish")),
        }
    }

    async fn own_account(&self) -> Result<Option<String>> {
        match &self.settings.own_account {
            Some(named) => self.find(named).await.map(Some),
            None => self.me().await,
        }
    }

    fn clock_skew_s(&self) -> Option<i64> {
        self.api.skew_s()
    }
}

impl Scim {
    async fn user(&self, id: &str) -> Result<Document> {
        let user = self.api.get(&["Users", id], &[]).await?;
        if text(&user.body, "id") != Some(id) {
            return Err(another_record("account"));
        }
        Ok(user)
    }

    /// Makes sure that "not found" means gone: the credentials work, and show accounts at all.
    async fn prove_sight(&self) -> Result<()> {
        let answer = self.api.get(&["Users"], &[("startIndex", "1"), ("count", "1")]).await?;
        let (users, _) = page("Users", answer.body)?;
        if users == 0 {
            return Err(Error::new(
                Kind::Forbidden,
                "the server shows no account at all, so that one is missing proves nothing",
                "Check the rights of the token's account and the base URL's tenant.",
            ));
        }
        Ok(())
    }

    async fn deactivate(&self, account: &str, dialect: Deactivation) -> Result<Receipt> {
        if let Some(patch) = dialect.patch() {
            return self.patch(&["Users", account], &patch).await;
        }
        let mut user = self.user(account).await?;
        let version = self.version_of(&user).await?;
        if let Some(attributes) = user.body.as_object_mut() {
            attributes.insert("active".into(), Value::Bool(false));
            // Read-only (RFC 7643 §3.1, §4.1.2); some servers refuse to have them sent back.
            attributes.remove("meta");
            attributes.remove("groups");
        }
        self.api
            .send(Write {
                method: &Method::PUT,
                segments: &["Users", account],
                query: &[],
                body: Some(&user.body),
                if_match: version.as_deref(),
            })
            .await
    }

    async fn patch(&self, segments: &[&str], body: &Value) -> Result<Receipt> {
        let version = match self.features().await?.etag {
            Some(true) => self.version_of(&self.api.get(segments, &[]).await?).await?,
            _ => None,
        };
        self.api
            .send(Write {
                method: &Method::PATCH,
                segments,
                query: &[],
                body: Some(body),
                if_match: version.as_deref(),
            })
            .await
    }

    /// The version to send in `If-Match`; only where the server says that it minds (RFC 7644 §3.14).
    async fn version_of(&self, document: &Document) -> Result<Option<String>> {
        if self.features().await?.etag != Some(true) {
            return Ok(None);
        }
        let in_meta = || document.body.get("meta").and_then(|m| text(m, "version")).map(str::to_owned);
        Ok(document.etag.clone().or_else(in_meta))
    }

    /// The id of the account with this id or userName.
    async fn find(&self, named: &str) -> Result<String> {
        match self.user(named).await {
            Ok(_) => return Ok(named.to_owned()),
            Err(e) if *e.kind() == Kind::NotFound => {}
            Err(e) => return Err(e),
        }
        let filter = format!("userName eq {}", Value::from(named));
        let answer = self.api.get(&["Users"], &[("filter", &filter)]).await?;
        // A server that ignores the filter sends everybody, so each one is looked at.
        let (_, users) = page("Users", answer.body)?;
        let is_it = |u: &&Value| text(u, "userName").is_some_and(|n| n.eq_ignore_ascii_case(named));
        users.iter().find(is_it).and_then(|u| text(u, "id")).map(str::to_owned).ok_or_else(|| {
            Error::new(
                Kind::Setting,
                "the setting own_account names no account of this server",
                "Set the id or userName of the account behind the token, or leave the setting empty.",
            )
        })
    }

    /// The account behind the token, where the server tells (RFC 7644 §3.11); most do not.
    async fn me(&self) -> Result<Option<String>> {
        match self.api.get(&["Me"], &[]).await {
            Ok(me) => Ok(text(&me.body, "id").map(str::to_owned)),
            Err(e) => match e.kind() {
                // An optional path: 403, 404 and 501 are named by the RFC, the others are met in the wild.
                Kind::Forbidden | Kind::NotFound | Kind::Unsupported | Kind::Setting | Kind::Malformed => {
                    Ok(None)
                }
                _ => Err(e),
            },
        }
    }
}

/// Something else than the account was not found. It must not be taken for the account's absence.
fn not_absent(error: Error) -> Error {
    if *error.kind() != Kind::NotFound {
        return error;
    }
    let remedy = "Check the base URL; nothing was concluded about the account.";
    Error::new(Kind::Malformed, format!("the server does not find its own lists: {error}"), remedy)
}

fn unsupported(what: &str) -> Error {
    Error::new(
        Kind::Unsupported,
        format!("SCIM cannot do {what}"),
        "Do it in the system itself and confirm it by hand.",
    )
}

pub(super) fn another_record(what: &str) -> Error {
    Error::new(
        Kind::Malformed,
        format!("the server answered with another {what} than the one asked for"),
        "Report this to the server's vendor; nothing was concluded from the answer.",
    )
}
