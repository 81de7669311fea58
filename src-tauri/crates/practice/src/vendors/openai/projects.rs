//! Projects, their members and their service accounts.

use serde_json::{Value, json};

use super::lists::page;
use super::state::{Member, Project, State, shown};
use super::{OpenAi, deleted, error, not_found};
use crate::answer::{Answer, json};
use crate::strict::Asked;

impl OpenAi {
    pub(super) fn projects(&self, asked: &Asked) -> Answer {
        let state = self.state();
        let archived_too = asked.query("include_archived") == Some("true");
        let projects = state.projects.iter().filter(|p| archived_too || p.archived_at.is_none());
        let records: Vec<Value> = projects.map(told).collect();
        page(&state, asked, &records)
    }

    pub(super) fn one_project(&self, asked: &Asked) -> Answer {
        let state = self.state();
        state.project(asked.param("project")).map_or_else(|| not_found("project"), |p| json(200, &told(p)))
    }

    pub(super) fn project_users(&self, asked: &Asked) -> Answer {
        let (state, now) = (self.state(), self.now());
        match in_use(&state, asked) {
            Err(closed) => closed.answer(),
            Ok(project) => {
                let inside = project.members.iter().filter(|m| shown(m.gone_at, now));
                let records: Vec<Value> = inside.map(told_member).collect();
                page(&state, asked, &records)
            }
        }
    }

    pub(super) fn project_user(&self, asked: &Asked) -> Answer {
        let (state, now) = (self.state(), self.now());
        match in_use(&state, asked) {
            Err(closed) => closed.answer(),
            Ok(project) => {
                let is_it = |m: &&Member| m.id == asked.param("user") && shown(m.gone_at, now);
                let member = project.members.iter().find(is_it);
                member.map_or_else(|| not_found("project user"), |m| json(200, &told_member(m)))
            }
        }
    }

    pub(super) fn remove_project_user(&self, asked: &Asked) -> Answer {
        let mut state = self.state();
        let (id, until) = (asked.param("user").to_owned(), self.shown_until(&state));
        if let Err(closed) = in_use(&state, asked) {
            return closed.answer();
        }
        let inside = state.project_mut(asked.param("project")).map(|p| &mut p.members);
        match inside.and_then(|all| all.iter_mut().find(|m| m.id == id && m.gone_at.is_none())) {
            None => not_found("project user"),
            Some(member) => {
                member.gone_at = Some(until);
                deleted("organization.project.user", &id)
            }
        }
    }

    pub(super) fn service_accounts(&self, asked: &Asked) -> Answer {
        let state = self.state();
        match in_use(&state, asked) {
            Err(closed) => closed.answer(),
            Ok(project) => {
                let told = |(id, name): &(String, String)| {
                    json!({"object": "organization.project.service_account", "id": id, "name": name,
                        "role": "none", "created_at": 1_711_471_533})
                };
                let records: Vec<Value> = project.services.iter().map(told).collect();
                page(&state, asked, &records)
            }
        }
    }
}

/// Why a project's lists are refused.
pub(super) enum Closed {
    Unknown,
    Archived,
}

impl Closed {
    pub(super) fn answer(&self) -> Answer {
        match self {
            Self::Unknown => not_found("project"),
            Self::Archived => error(400, "Project is archived."),
        }
    }
}

/// The project, unless it is unknown or archived ("archived projects have no users").
pub(super) fn in_use<'a>(state: &'a State, asked: &Asked) -> Result<&'a Project, Closed> {
    let project = state.project(asked.param("project")).ok_or(Closed::Unknown)?;
    if project.archived_at.is_some() { Err(Closed::Archived) } else { Ok(project) }
}

fn told(project: &Project) -> Value {
    let archived = project.archived_at.map(|at| at.timestamp());
    let status = if archived.is_some() { "archived" } else { "active" };
    json!({"object": "organization.project", "id": project.id, "name": project.name,
        "created_at": 1_711_471_533, "archived_at": archived, "status": status})
}

fn told_member(member: &Member) -> Value {
    json!({"object": "organization.project.user", "id": member.id, "email": member.email,
        "name": member.name, "role": "member", "added_at": 1_711_471_533})
}
