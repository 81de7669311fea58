//! Everything that hangs on one account, asked for at once.

use std::future::Future;

use lockstep_domain::access::{CredentialRecord, EntitlementRecord, SignIn};
use serde_json::Value;

use super::lists::List;
use super::resource::{self, is_deprovisioned, is_direct, is_super_admin, sign_in, text};
use super::{Okta, kinds};
use crate::error::{Error, Kind, Result};

/// One account with all that hangs on it.
pub(super) struct Person {
    /// The account as Okta sends it.
    pub(super) user: Value,
    /// Groups, applications and admin roles; `None` when they could not all be read.
    pub(super) entitlements: Option<Vec<EntitlementRecord>>,
    /// Tokens, consents and factors; `None` when they could not all be read.
    pub(super) credentials: Option<Vec<CredentialRecord>>,
    /// Whether it is a super administrator; `None` when its roles could not be read.
    pub(super) admin: Option<bool>,
}

impl Okta {
    /// Reads one account by its id; `None` when there is none.
    pub(super) async fn person(&self, id: &str) -> Result<Option<Person>> {
        let hung_on =
            |list: &'static str| async move { self.list(list, &["api", "v1", "users", id, list], &[]).await };
        let (user, groups, roles, apps, tokens, clients, consents, factors) = tokio::join!(
            self.user(id),
            hung_on("groups"),
            self.part("roles", hung_on("roles")),
            self.part("apps", self.apps_of(id)),
            self.part("apiTokens", self.api_tokens()),
            hung_on("clients"),
            hung_on("grants"),
            hung_on("factors"),
        );
        let user = match user {
            Ok(user) => user,
            Err(e) if *e.kind() == Kind::NotFound => return Ok(None),
            Err(e) => return Err(e),
        };
        let readable = Readable { enabled: sign_in(&user) == SignIn::Enabled, gone: is_deprovisioned(&user) };
        let roles = readable.or_unknown(roles)?;
        let groups = readable.or_unknown(groups)?;
        let apps = readable.or_unknown(apps)?;
        let tokens = readable.or_unknown(tokens)?.map(|all| made_by(all, id));
        let admin = roles.as_ref().filter(|_| self.settings.may_read("roles"));
        Ok(Some(Person {
            admin: admin.map(|all| all.iter().any(is_super_admin)),
            entitlements: merged([
                groups.map(|all| records(&all, resource::group)),
                roles.map(|all| records(&all, resource::role)),
                apps.map(|all| records(&all, |app| resource::app(app, is_direct(app)))),
            ]),
            credentials: merged([
                tokens.map(|all| records(&all, |t| resource::credential(kinds::API_TOKEN, t))),
                readable
                    .unless_destroyed(clients)?
                    .map(|all| records(&all, |c| resource::credential(kinds::CLIENT, c))),
                readable
                    .unless_destroyed(consents)?
                    .map(|all| records(&all, |c| resource::credential(kinds::CONSENT, c))),
                readable
                    .unless_destroyed(factors)?
                    .map(|all| records(&all, |f| resource::credential(kinds::FACTOR, f))),
            ]),
            user,
        }))
    }

    /// One account by its id, and no other: the path also takes logins.
    pub(super) async fn user(&self, id: &str) -> Result<Value> {
        let user = self.api.get(&["api", "v1", "users", id], &[]).await?.body;
        if text(&user, "id") != Some(id) {
            return Err(Error::new(
                Kind::Malformed,
                "Okta answered with another account than the one asked for",
                "Report this to Okta; nothing was concluded from the answer.",
            ));
        }
        Ok(user)
    }

    /// All API tokens of the organisation. They name who made them.
    pub(super) async fn api_tokens(&self) -> Result<Vec<Value>> {
        self.list("API tokens", &["api", "v1", "api-tokens"], &[]).await
    }

    /// The applications of an account, each with how it came by it.
    async fn apps_of(&self, id: &str) -> Result<Vec<Value>> {
        let (filter, expand) = (format!("user.id eq {}", Value::from(id)), format!("user/{id}"));
        let query = [("filter", filter.as_str()), ("expand", expand.as_str()), ("limit", "200")];
        self.list("applications", &["api", "v1", "apps"], &query).await
    }

    async fn list(
        &self,
        name: &'static str,
        segments: &[&str],
        query: &[(&str, &str)],
    ) -> Result<Vec<Value>> {
        Ok(List::of(self, name, segments, query).all().await?.0)
    }

    /// A part of Okta that the settings may leave out: it then holds nothing that concerns us.
    async fn part(&self, scope: &str, read: impl Future<Output = Result<Vec<Value>>>) -> Result<Vec<Value>> {
        if self.settings.may_read(scope) { read.await } else { Ok(Vec::new()) }
    }
}

/// How to take a list that could not be read.
struct Readable {
    enabled: bool,
    gone: bool,
}

impl Readable {
    /// `None` for what we may not see. Trouble that may pass is told, so that the read is repeated; but while
    /// sign-in still works, nothing else may hold up blocking it.
    fn or_unknown(&self, list: Result<Vec<Value>>) -> Result<Option<Vec<Value>>> {
        match list {
            Ok(list) => Ok(Some(list)),
            Err(e)
                if self.enabled
                    || matches!(e.kind(), Kind::Forbidden | Kind::NotFound | Kind::Unsupported) =>
            {
                Ok(None)
            }
            Err(e) => Err(e),
        }
    }

    /// What is destroyed with a deactivated account, whose lists Okta then refuses.
    fn unless_destroyed(&self, list: Result<Vec<Value>>) -> Result<Option<Vec<Value>>> {
        Ok(self.or_unknown(list)?.or_else(|| self.gone.then(Vec::new)))
    }
}

/// The tokens that this account made.
fn made_by(mut tokens: Vec<Value>, id: &str) -> Vec<Value> {
    tokens.retain(|t| text(t, "userId") == Some(id));
    tokens
}

/// The records of a list; `None` when one of them cannot be told from another.
fn records<T>(list: &[Value], read: impl Fn(&Value) -> Result<T, &'static str>) -> Option<Vec<T>> {
    list.iter().map(|record| read(record).ok()).collect()
}

fn merged<T, const N: usize>(lists: [Option<Option<Vec<T>>>; N]) -> Option<Vec<T>> {
    let lists: Option<Vec<Vec<T>>> = lists.into_iter().map(Option::flatten).collect();
    lists.map(|all| all.into_iter().flatten().collect())
}
