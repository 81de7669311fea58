//! The System Log as a source of activity
//! (<https://developer.okta.com/docs/api/openapi/okta-management/management/tag/SystemLog/>).

use std::collections::HashSet;

use async_trait::async_trait;
use chrono::SecondsFormat;
use lockstep_domain::activity::{Action, ActivityActor, ActivityRecord, ActorKind};
use serde_json::Value;
use tokio::sync::mpsc;

use super::Okta;
use super::resource::{instant, text};
use crate::contract::{ActivityFrom, ActivityPage, ActivitySource};
use crate::error::{Error, Kind, Result};

#[async_trait]
impl ActivitySource for Okta {
    /// Polls: without an `until` the vendor names a next page even after the last event, and that link is
    /// the place to go on from.
    async fn read_activity(&self, from: &ActivityFrom, out: mpsc::Sender<ActivityPage>) -> Result<()> {
        let mut answer = match from {
            ActivityFrom::Since(at) => {
                let since = at.to_rfc3339_opts(SecondsFormat::Millis, true);
                let query = [("since", since.as_str()), ("sortOrder", "ASCENDING"), ("limit", "1000")];
                self.api.get(&["api", "v1", "logs"], &query).await?
            }
            ActivityFrom::Cursor(cursor) => self.api.get_page(&self.log_page(cursor)?).await?,
        };
        let mut seen = HashSet::new();
        loop {
            let Value::Array(events) = &answer.body else { return Err(malformed("the answer is no list")) };
            let Some(next) = answer.next.clone() else { return Err(malformed("no next page is named")) };
            let records: Option<Vec<ActivityRecord>> = events.iter().map(record).collect();
            let mut records = records.ok_or_else(|| malformed("an event has no id, time or type"))?;
            records.retain(|r| seen.insert(r.remote_id.clone()));
            let page = ActivityPage { events: records, cursor: next.path().to_owned() };
            let last = events.is_empty();
            out.send(page).await.map_err(|_| {
                Error::new(Kind::Unavailable, "the read was given up by who asked for it", "Read again.")
            })?;
            if last {
                return Ok(());
            }
            answer = self.api.get_page(&next).await?;
        }
    }
}

impl Okta {
    fn log_page(&self, cursor: &str) -> Result<crate::api::PageLink> {
        let page = self.api.page(cursor)?;
        if page.path().starts_with("/api/v1/logs?") {
            Ok(page)
        } else {
            Err(malformed("the stored place is not in it"))
        }
    }
}

fn record(event: &Value) -> Option<ActivityRecord> {
    let vendor_action = text(event, "eventType")?;
    let actor = event.get("actor").unwrap_or(&Value::Null);
    let targets = event.get("target").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let is_user = |party: &&Value| text(party, "type") == Some("User");
    // A sign-in has the one who signs in as its actor, and may have no target.
    let account = targets.iter().find(is_user).or_else(|| Some(actor).filter(is_user));
    Some(ActivityRecord {
        remote_id: text(event, "uuid")?.to_owned(),
        at: instant(event, "published")?,
        action: action(vendor_action),
        vendor_action: vendor_action.to_owned(),
        actor: ActivityActor {
            remote_id: text(actor, "id").map(str::to_owned),
            kind: match text(actor, "type") {
                Some("User") => ActorKind::Person,
                Some("SystemPrincipal" | "PublicClientApp" | "Client") => ActorKind::Program,
                _ => ActorKind::Unknown,
            },
            name: text(actor, "alternateId").or_else(|| text(actor, "displayName")).map(str::to_owned),
        },
        account_remote_id: account.and_then(|a| text(a, "id")).map(str::to_owned),
        succeeded: match event.pointer("/outcome/result").and_then(Value::as_str) {
            Some("SUCCESS" | "ALLOW") => Some(true),
            Some("FAILURE" | "DENY") => Some(false),
            _ => None,
        },
    })
}

/// The vendor's event types (<https://developer.okta.com/docs/reference/api/event-types/>).
fn action(event_type: &str) -> Action {
    match event_type {
        "user.session.start" | "user.authentication.sso" => Action::SignedIn,
        "user.lifecycle.suspend" => Action::Suspended,
        "user.lifecycle.deactivate" => Action::Deactivated,
        "user.lifecycle.activate" | "user.lifecycle.reactivate" | "user.lifecycle.unsuspend" => {
            Action::Reactivated
        }
        "user.lifecycle.delete.completed" => Action::Deleted,
        "user.lifecycle.create" => Action::Created,
        "user.session.clear" => Action::SessionsEnded,
        "system.api_token.revoke" | "user.mfa.factor.deactivate" | "user.mfa.factor.reset_all" => {
            Action::CredentialRevoked
        }
        "system.api_token.create" | "user.mfa.factor.activate" => Action::CredentialCreated,
        "group.user_membership.remove"
        | "application.user_membership.remove"
        | "user.account.privilege.revoke" => Action::GrantRemoved,
        "group.user_membership.add" | "application.user_membership.add" | "user.account.privilege.grant" => {
            Action::GrantAdded
        }
        revoked if revoked.starts_with("app.oauth2.") && revoked.contains("token.revoke") => {
            Action::CredentialRevoked
        }
        _ => Action::Other,
    }
}

fn malformed(what: &str) -> Error {
    Error::new(
        Kind::Malformed,
        format!("reading the System Log: {what}"),
        "Check the base URL; the log is read again from the last good place.",
    )
}
