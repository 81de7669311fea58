//! Reading one account back, and removing what it can do. The vendor has no "suspend": what is taken here is
//! gone, so the keys go first, each on its own, and the member last.

use std::collections::{BTreeMap, BTreeSet};

use async_trait::async_trait;
use futures_util::stream::{self, StreamExt, TryStreamExt};
use lockstep_domain::access::{
    AccountFacts, CredentialState, Observation, Presence, Sessions, SignIn, Wish, WishKind,
};
use lockstep_domain::capability::{Can, Effect, Proof};
use reqwest::Method;
use serde_json::Value;

use super::facts::{admin, text};
use super::ids::{KeyId, invite_of, membership, project_of};
use super::project::Project;
use super::{OpenAi, SIDE_BY_SIDE};
use crate::api::Write;
use crate::contract::{AccessTarget, Order, Receipt};
use crate::error::{Error, Kind, Result};

#[async_trait]
impl AccessTarget for OpenAi {
    fn can(&self) -> Vec<Can> {
        let way =
            |wish, effect| Can { lag_s: self.settings.lag_s, ..Can::new(wish, effect, Proof::ReadBack) };
        vec![
            // https://platform.openai.com/docs/api-reference/project-api-keys/delete: a deleted key does not
            // come back; a new one has another secret.
            way(WishKind::CredentialRevoked, Effect::Final),
            // https://platform.openai.com/docs/api-reference/project-users/delete: can be added again, but the
            // role in the project is lost.
            way(WishKind::GrantAbsent, Effect::Lossy),
            // https://platform.openai.com/docs/api-reference/users/delete: whether that ends the member's keys
            // is not told, so it has to be taken for as final as they are.
            way(WishKind::Disabled, Effect::Final),
        ]
    }

    async fn observe(&self, account_remote_id: &str) -> Result<Observation> {
        if let Some(invite) = invite_of(account_remote_id) {
            return self.observe_invitation(invite).await;
        }
        let member = match self.api.get(&["organization", "users", account_remote_id], &[]).await {
            Ok(user) if text(&user.body, "id") == Some(account_remote_id) => Some(user.body),
            Ok(_) => return Err(another_record()),
            Err(e) if *e.kind() == Kind::NotFound => None,
            Err(e) => return Err(e),
        };
        // Keys outlive their owner's membership, so they are looked for in any case.
        let rest = self.hanging_on(account_remote_id).await.map_err(not_absent)?;
        let keys = rest.keys.as_ref();
        let presence = if member.is_none() && keys.is_some_and(BTreeMap::is_empty) {
            self.prove_sight().await.map_err(not_absent)?;
            Presence::Absent
        } else {
            Presence::Present(AccountFacts {
                sign_in: if member.is_some() { SignIn::Enabled } else { SignIn::Disabled },
                sessions: Sessions::Unknown,
                grants: rest.grants,
                admin: member.as_ref().map_or(Some(false), admin),
                credentials: rest.keys,
            })
        };
        Ok(Observation { at: self.clock.now(), presence })
    }

    async fn apply(&self, order: &Order) -> Result<Receipt> {
        let account = order.account_remote_id.as_str();
        match &order.wish {
            Wish::Disabled => {
                self.refuse_own(account).await?;
                match invite_of(account) {
                    Some(invite) => self.delete(&["organization", "invites", invite]).await,
                    None => self.delete(&["organization", "users", account]).await,
                }
            }
            Wish::CredentialRevoked { credential } => match KeyId::parse(credential)? {
                KeyId::Project { project, key } => {
                    self.delete(&["organization", "projects", project, "api_keys", key]).await
                }
                KeyId::Admin { key } => {
                    self.refuse_own(account).await?;
                    self.delete(&["organization", "admin_api_keys", key]).await
                }
            },
            Wish::GrantAbsent { entitlement } => {
                let project = project_of(entitlement)?;
                self.delete(&["organization", "projects", project, "users", account]).await
            }
            Wish::SessionsEnded | Wish::EvidenceStored | Wish::TaskDone => Err(Error::new(
                Kind::Unsupported,
                "OpenAI cannot do this wish",
                "Do it in the system itself and confirm it by hand.",
            )),
        }
    }

    async fn own_account(&self) -> Result<Option<String>> {
        let own = self.own().await?;
        Ok(own.first().filter(|_| own.len() == 1).cloned())
    }

    fn clock_skew_s(&self) -> Option<i64> {
        self.api.skew_s()
    }
}

/// What is known of one account beside its membership in the organisation.
struct HangingOn {
    keys: Option<BTreeMap<String, CredentialState>>,
    grants: Option<BTreeSet<String>>,
}

impl OpenAi {
    /// Keys and project memberships of one account, all of them read anew.
    async fn hanging_on(&self, account: &str) -> Result<HangingOn> {
        let (projects, odd_projects, _) = self.projects().await?;
        let (keys, grants, admin) =
            tokio::try_join!(self.keys(&projects), self.memberships(account, &projects), self.admin_keys())?;
        let complete = keys.1 && odd_projects.is_empty() && admin.1.is_empty();
        let own = keys.0.into_iter().chain(admin.0).filter(|k| k.owner.id == account);
        let own = own.map(|k| (k.record.remote_id, k.record.state)).collect();
        Ok(HangingOn { keys: complete.then_some(own), grants: odd_projects.is_empty().then_some(grants) })
    }

    /// The projects that an account is in, asked one by one: a list of members would cost pages.
    async fn memberships(&self, account: &str, projects: &[Project]) -> Result<BTreeSet<String>> {
        let asked: Vec<_> = projects.iter().map(|p| self.is_in(account, p)).collect();
        let held: Vec<Option<String>> = stream::iter(asked).buffered(SIDE_BY_SIDE).try_collect().await?;
        Ok(held.into_iter().flatten().collect())
    }

    async fn is_in(&self, account: &str, project: &Project) -> Result<Option<String>> {
        let path = ["organization", "projects", project.id.as_str(), "users", account];
        let asked = async {
            match self.api.get(&path, &[]).await {
                Ok(member) if text(&member.body, "id") == Some(account) => Ok(Some(membership(&project.id))),
                Ok(_) => Err(another_record()),
                Err(e) if *e.kind() == Kind::NotFound => Ok(None),
                Err(e) => Err(e),
            }
        };
        self.unless_archived(project, asked).await
    }

    async fn observe_invitation(&self, invite: &str) -> Result<Observation> {
        let presence = match self.api.get(&["organization", "invites", invite], &[]).await {
            Ok(found) if text(&found.body, "id") == Some(invite) => Presence::Present(AccountFacts {
                // Whoever has an invitation can come in by it.
                sign_in: match text(&found.body, "status") {
                    Some("pending") => SignIn::Enabled,
                    Some("accepted" | "expired") => SignIn::Disabled,
                    _ => SignIn::Unknown,
                },
                sessions: Sessions::NoneLive,
                grants: Some(BTreeSet::new()),
                credentials: Some(BTreeMap::new()),
                admin: Some(false),
            }),
            Ok(_) => return Err(another_record()),
            Err(e) if *e.kind() == Kind::NotFound => {
                self.prove_sight().await.map_err(not_absent)?;
                Presence::Absent
            }
            Err(e) => return Err(e),
        };
        Ok(Observation { at: self.clock.now(), presence })
    }

    /// Makes sure that "not found" means gone: the key works and shows members at all. The organisation has
    /// one at least, the owner of our own key.
    async fn prove_sight(&self) -> Result<()> {
        let answer = self.api.get(&["organization", "users"], &[("limit", "1")]).await?;
        if answer.body.get("data").and_then(Value::as_array).is_some_and(|users| !users.is_empty()) {
            return Ok(());
        }
        Err(Error::new(
            Kind::Forbidden,
            "OpenAI shows no member at all, so that one is missing proves nothing",
            "Check the rights of the admin key and which organisation it belongs to.",
        ))
    }

    /// Never removes the account or admin key that we act with.
    async fn refuse_own(&self, account: &str) -> Result<()> {
        if !self.own().await?.contains(account) {
            return Ok(());
        }
        Err(Error::new(
            Kind::Conflict,
            "this may be the member whose admin key Lockstep uses",
            "Give the connection the admin key of another owner, or name the right one in the setting own_account.",
        ))
    }

    async fn delete(&self, segments: &[&str]) -> Result<Receipt> {
        self.api
            .send(Write { method: &Method::DELETE, segments, query: &[], body: None, if_match: None })
            .await
    }
}

/// Something else than the account was not found. It must not be taken for the account's absence.
fn not_absent(error: Error) -> Error {
    if *error.kind() != Kind::NotFound {
        return error;
    }
    let remedy = "Check the base URL and the admin key; nothing was concluded about the account.";
    Error::new(Kind::Malformed, format!("OpenAI does not find its own lists: {error}"), remedy)
}

fn another_record() -> Error {
    Error::new(
        Kind::Malformed,
        "OpenAI answered with another record than the one asked for",
        "Report this; nothing was concluded from the answer.",
    )
}
