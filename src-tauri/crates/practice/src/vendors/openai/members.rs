//! Members and invitations.

use serde_json::{Value, json};

use super::lists::page;
use super::state::{Event, Invite, Member, shown};
use super::{OpenAi, deleted, error, not_found};
use crate::answer::{Answer, json};
use crate::strict::Asked;

impl OpenAi {
    pub(super) fn users(&self, asked: &Asked) -> Answer {
        let (state, now) = (self.state(), self.now());
        let wanted: Vec<&str> =
            asked.query.iter().filter(|(key, _)| key == "emails").map(|(_, v)| v.as_str()).collect();
        let is_wanted =
            |m: &&Member| wanted.is_empty() || m.email.as_deref().is_some_and(|e| wanted.contains(&e));
        let members = state.members.iter().filter(|m| shown(m.gone_at, now)).filter(is_wanted);
        let records: Vec<Value> = members.map(told).collect();
        page(&state, asked, &records)
    }

    pub(super) fn user(&self, asked: &Asked) -> Answer {
        let (state, now) = (self.state(), self.now());
        let member = state.members.iter().find(|m| m.id == asked.param("user") && shown(m.gone_at, now));
        member.map_or_else(|| not_found("user"), |m| json(200, &told(m)))
    }

    pub(super) fn remove_user(&self, asked: &Asked) -> Answer {
        let mut state = self.state();
        let (id, until, at) = (asked.param("user"), self.shown_until(&state), self.now());
        let owners = |m: &&Member| m.gone_at.is_none() && m.role.as_deref() == Some("owner");
        let others = state.members.iter().filter(owners).filter(|m| m.id != id).count();
        let Some(member) = state.members.iter_mut().find(|m| m.id == id && m.gone_at.is_none()) else {
            return not_found("user");
        };
        if member.role.as_deref() == Some("owner") && others == 0 {
            return error(400, "The last owner of an organization cannot be removed.");
        }
        member.gone_at = Some(until);
        for project in &mut state.projects {
            let inside = project.members.iter_mut().filter(|m| m.id == id);
            inside.for_each(|m| m.gone_at = m.gone_at.or(Some(until)));
        }
        state.events.push(Event { at, kind: "user.deleted", by: None, about: id.to_owned() });
        deleted("organization.user", id)
    }

    pub(super) fn invites(&self, asked: &Asked) -> Answer {
        let (state, now) = (self.state(), self.now());
        let records: Vec<Value> =
            state.invites.iter().filter(|i| shown(i.gone_at, now)).map(told_invite).collect();
        page(&state, asked, &records)
    }

    pub(super) fn invite(&self, asked: &Asked) -> Answer {
        let (state, now) = (self.state(), self.now());
        let invite = state.invites.iter().find(|i| i.id == asked.param("invite") && shown(i.gone_at, now));
        invite.map_or_else(|| not_found("invite"), |i| json(200, &told_invite(i)))
    }

    pub(super) fn delete_invite(&self, asked: &Asked) -> Answer {
        let mut state = self.state();
        let (id, until) = (asked.param("invite"), self.shown_until(&state));
        let Some(invite) = state.invites.iter_mut().find(|i| i.id == id && i.gone_at.is_none()) else {
            return not_found("invite");
        };
        if invite.status == "accepted" {
            return error(400, "An accepted invite cannot be deleted.");
        }
        invite.gone_at = Some(until);
        deleted("organization.invite", id)
    }
}

/// Only `object`, `id` and `added_at` are promised.
fn told(member: &Member) -> Value {
    if member.email.is_none() {
        return json!({"object": "organization.user", "id": member.id, "added_at": 1_711_471_533});
    }
    json!({
        "object": "organization.user", "id": member.id, "email": member.email, "name": member.name,
        "role": member.role, "added_at": 1_711_471_533, "is_service_account": false,
        "is_scim_managed": member.scim_managed, "api_key_last_used_at": null,
    })
}

fn told_invite(invite: &Invite) -> Value {
    json!({
        "object": "organization.invite", "id": invite.id, "email": invite.email, "role": "reader",
        "status": invite.status, "created_at": 1_711_471_533, "expires_at": 1_712_471_533, "accepted_at": null,
    })
}
