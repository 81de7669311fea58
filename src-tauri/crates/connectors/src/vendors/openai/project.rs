//! Projects and what hangs on them, read side by side.

use futures_util::stream::{self, StreamExt, TryStreamExt};
use lockstep_domain::access::AccountRecord;
use serde_json::Value;

use super::facts::{Fault, Key, id, project_key, service_account, text};
use super::list::{List, Whole};
use super::{OpenAi, SIDE_BY_SIDE};
use crate::contract::Quarantined;
use crate::error::{Kind, Result};

/// Without this the list leaves out enabled keys whose owner lost access to the project.
const EVERY_KEY: &[(&str, &str)] = &[("owner_project_access", "any")];

/// A project that is in use. An archived one "cannot be used or updated", which includes its keys.
#[derive(Clone, Debug)]
pub(super) struct Project {
    pub(super) id: String,
    pub(super) name: String,
}

/// What hangs on one project.
#[derive(Debug, Default)]
pub(super) struct Inside {
    /// Ids of the members.
    pub(super) members: Vec<String>,
    /// Service accounts, not cut by anybody's run.
    pub(super) service_accounts: Vec<AccountRecord>,
    /// All enabled keys.
    pub(super) keys: Vec<Key>,
    /// Records that could not be used.
    pub(super) quarantined: Vec<Quarantined>,
    /// SHA-256 over the pages.
    pub(super) sha256: Vec<u8>,
}

impl OpenAi {
    /// All projects in use, and the SHA-256 over the pages.
    pub(super) async fn projects(&self) -> Result<(Vec<Project>, Vec<Quarantined>, Vec<u8>)> {
        let filter = [("include_archived", "true")];
        let Whole { records, sha256 } =
            List::of(&self.api, &["organization", "projects"], &filter).all().await?;
        let (mut projects, mut aside) = (Vec::new(), Vec::new());
        for record in records.iter().filter(|r| !is_archived(r)) {
            match id(record) {
                Ok(id) => {
                    projects.push(Project { id: id.into(), name: text(record, "name").unwrap_or(id).into() });
                }
                Err(fault) => aside.push(fault.quarantine("projects", record)),
            }
        }
        Ok((projects, aside, sha256))
    }

    /// What hangs on each of these projects, in their order.
    pub(super) async fn insides(&self, projects: &[Project]) -> Result<Vec<Inside>> {
        let reads: Vec<_> = projects.iter().map(|p| self.inside(p)).collect();
        stream::iter(reads).buffered(SIDE_BY_SIDE).try_collect().await
    }

    async fn inside(&self, project: &Project) -> Result<Inside> {
        let path = |list| ["organization", "projects", project.id.as_str(), list];
        let members = self.unless_archived(project, List::of(&self.api, &path("users"), &[]).all());
        let services =
            self.unless_archived(project, List::of(&self.api, &path("service_accounts"), &[]).all());
        let keys = self.unless_archived(project, self.key_records(project));
        let (members, services, keys) = tokio::try_join!(members, services, keys)?;
        let mut inside = Inside::default();
        for list in [&members, &services, &keys] {
            inside.sha256.extend(&list.sha256);
        }
        for record in &members.records {
            match id(record) {
                Ok(id) => inside.members.push(id.to_owned()),
                Err(fault) => inside.aside("users", project, record, &fault),
            }
        }
        for record in &services.records {
            match service_account(record, &project.name) {
                Ok(account) => inside.service_accounts.push(account),
                Err(fault) => inside.aside("service_accounts", project, record, &fault),
            }
        }
        for record in &keys.records {
            match project_key(&project.id, record) {
                Ok(key) => inside.keys.push(key),
                Err(fault) => inside.aside("api_keys", project, record, &fault),
            }
        }
        Ok(inside)
    }

    /// All enabled keys of these projects, and whether each could be used.
    pub(super) async fn keys(&self, projects: &[Project]) -> Result<(Vec<Key>, bool)> {
        let reads: Vec<_> = projects.iter().map(|p| self.unless_archived(p, self.key_records(p))).collect();
        let found: Vec<_> = stream::iter(reads).buffered(SIDE_BY_SIDE).try_collect().await?;
        let (mut keys, mut complete) = (Vec::new(), true);
        for (project, list) in projects.iter().zip(&found) {
            for record in &list.records {
                match project_key(&project.id, record) {
                    Ok(key) => keys.push(key),
                    Err(_) => complete = false,
                }
            }
        }
        Ok((keys, complete))
    }

    async fn key_records(&self, project: &Project) -> Result<Whole> {
        let path = ["organization", "projects", project.id.as_str(), "api_keys"];
        List::of(&self.api, &path, EVERY_KEY).all().await
    }

    /// What a project answers, or nothing when it was archived between the list and this.
    pub(super) async fn unless_archived<T: Default>(
        &self,
        project: &Project,
        read: impl Future<Output = Result<T>>,
    ) -> Result<T> {
        let error = match read.await {
            Err(e) if matches!(e.kind(), Kind::Unsupported | Kind::NotFound) => e,
            other => return other,
        };
        match self.api.get(&["organization", "projects", &project.id], &[]).await {
            Ok(now) if is_archived(&now.body) => Ok(T::default()),
            Ok(_) => Err(error),
            Err(e) if *e.kind() == Kind::NotFound => Err(error),
            Err(e) => Err(e),
        }
    }
}

impl Inside {
    fn aside(&mut self, list: &str, project: &Project, record: &Value, fault: &Fault) {
        self.quarantined.push(fault.quarantine(&format!("{list} of {}", project.id), record));
    }
}

fn is_archived(project: &Value) -> bool {
    text(project, "status") == Some("archived") || project.get("archived_at").is_some_and(|at| !at.is_null())
}
