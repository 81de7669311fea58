//! Trying a connection: what is readable, and what the app's admin role hides.

use super::Okta;
use super::lists::List;
use super::resource::text;
use crate::api::Document;
use crate::contract::Probe;
use crate::error::{Error, Kind, Result};

/// A part that a connection may use, and one small read of it.
type Part = (&'static str, &'static [&'static str], &'static [(&'static str, &'static str)]);

const PARTS: &[Part] = &[
    ("groups", &["api", "v1", "groups"], &[("limit", "1")]),
    ("apps", &["api", "v1", "apps"], &[("limit", "1")]),
    ("roles", &["api", "v1", "iam", "assignees", "users"], &[]),
    ("apiTokens", &["api", "v1", "api-tokens"], &[]),
    ("logs", &["api", "v1", "logs"], &[("limit", "1")]),
];

impl Okta {
    pub(super) async fn try_out(&self) -> Result<Probe> {
        self.prove_sight().await?;
        let mut probe = Probe { held: vec!["okta.users.read".into()], ..empty() };
        for (part, path, query) in PARTS {
            if !self.settings.may_read(part) {
                continue;
            }
            let scope = format!("okta.{part}.read");
            match self.api.get(path, query).await {
                // Every organisation has the group Everyone: none shown means no right to see any.
                Ok(answer) if *part == "groups" && shows_none(&answer) => probe.missing.push(scope),
                Ok(_) => probe.held.push(scope),
                Err(e) if *e.kind() == Kind::Forbidden => probe.missing.push(scope),
                Err(e) => return Err(e),
            }
        }
        let roles = match self.own_roles().await? {
            None => "its admin role cannot be read".to_owned(),
            Some(roles) if roles.is_empty() => {
                probe.missing.push("an admin role".into());
                "without an admin role".to_owned()
            }
            Some(roles) => format!("admin role: {}", roles.join(", ")),
        };
        let who = self.settings.client_id.as_deref().unwrap_or("API token");
        probe.summary = format!("Okta, {who}; {roles}; rights to change are tried only when they are used");
        Ok(probe)
    }

    /// Makes sure that accounts are shown at all: without an admin role, Okta answers 200 with empty lists.
    pub(super) async fn prove_sight(&self) -> Result<()> {
        let users = self.api.get(&["api", "v1", "users"], &[("limit", "1")]).await?;
        if shows_none(&users) {
            return Err(Error::new(
                Kind::Forbidden,
                "Okta shows no account at all, so that one is missing proves nothing",
                "Assign an admin role to the service app: granted scopes alone show nothing.",
            ));
        }
        Ok(())
    }

    /// The admin roles of our own credentials, where they may be read.
    async fn own_roles(&self) -> Result<Option<Vec<String>>> {
        if !self.settings.may_read("roles") {
            return Ok(None);
        }
        let own;
        let path: &[&str] = match &self.settings.client_id {
            Some(client) => &["oauth2", "v1", "clients", client, "roles"],
            None => {
                own = self.me().await?;
                &["api", "v1", "users", &own, "roles"]
            }
        };
        match List::of(self, "own roles", path, &[]).all().await {
            Ok((roles, _)) => {
                Ok(Some(roles.iter().filter_map(|r| text(r, "type")).map(str::to_owned).collect()))
            }
            Err(e) if matches!(e.kind(), Kind::Forbidden | Kind::NotFound | Kind::Unsupported) => Ok(None),
            Err(e) => Err(e),
        }
    }

    /// The account that an API token belongs to.
    pub(super) async fn me(&self) -> Result<String> {
        let me = self.api.get(&["api", "v1", "users", "me"], &[]).await?.body;
        text(&me, "id").map(str::to_owned).ok_or_else(|| {
            Error::new(Kind::Malformed, "Okta does not say whose API token this is", "Check the base URL.")
        })
    }
}

fn empty() -> Probe {
    Probe { summary: String::new(), held: vec![], missing: vec![], excess: vec![] }
}

fn shows_none(answer: &Document) -> bool {
    answer.body.as_array().is_none_or(Vec::is_empty)
}
