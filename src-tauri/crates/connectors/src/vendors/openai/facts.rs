//! Members, keys and service accounts as the vendor sends them. Every value is hostile; what is missing is
//! unknown (only `object`, `id` and `added_at` of a member are promised).

use chrono::{DateTime, Utc};
use lockstep_domain::access::{AccountRecord, CredentialRecord, CredentialState, OwnerKind, SignIn};
use serde_json::Value;

use super::ids::{KeyId, invitation, is_id};
use crate::api::text::clean;
use crate::contract::Quarantined;

/// Why a record cannot be used: the field, and what is wrong with it.
#[derive(Debug)]
pub(super) struct Fault(pub(super) &'static str, pub(super) &'static str);

impl Fault {
    pub(super) fn quarantine(&self, list: &str, record: &Value) -> Quarantined {
        let id = text(record, "id").map_or_else(|| "without id".to_owned(), |id| clean(id, 80));
        Quarantined {
            row: format!("{list}: {id}"),
            column: self.0.into(),
            reason: self.1.into(),
            remedy: "Look at this record at OpenAI; the read counts as incomplete until it is mended.".into(),
        }
    }
}

/// Who owns a key.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Owner {
    pub(super) id: String,
    pub(super) name: Option<String>,
    pub(super) email: Option<String>,
    pub(super) service: bool,
}

/// A key with its owner.
#[derive(Clone, Debug)]
pub(super) struct Key {
    pub(super) owner: Owner,
    pub(super) record: CredentialRecord,
    /// What the vendor shows of the secret.
    pub(super) redacted: Option<String>,
}

/// A member of the organisation. The vendor cannot suspend: whoever is listed can sign in.
pub(super) fn member(user: &Value) -> Result<AccountRecord, Fault> {
    let id = id(user)?;
    let email = text(user, "email");
    Ok(AccountRecord {
        remote_id: id.into(),
        login: email.unwrap_or(id).into(),
        display_name: text(user, "name").map(str::to_owned),
        emails: email.map(str::to_owned).into_iter().collect(),
        external_id: None,
        sign_in: SignIn::Enabled,
        admin: admin(user),
        owner_kind: match user.get("is_service_account").and_then(Value::as_bool) {
            Some(true) => OwnerKind::Service,
            Some(false) => OwnerKind::Human,
            None => OwnerKind::Unknown,
        },
        created_at: instant(user, "added_at"),
        status_changed_at: None,
        last_used_at: instant(user, "api_key_last_used_at"),
        credentials: vec![],
    })
}

/// Owners administer; `reader` does not. Any other word is a role of the organisation's own making, whose
/// powers the member's record does not tell.
pub(super) fn admin(user: &Value) -> Option<bool> {
    match text(user, "role")? {
        "owner" => Some(true),
        "reader" => Some(false),
        _ => None,
    }
}

/// An invitation that can still be accepted; `None` when it opens nothing.
pub(super) fn invited(invite: &Value) -> Result<Option<AccountRecord>, Fault> {
    let id = id(invite)?;
    if text(invite, "status") != Some("pending") {
        return Ok(None);
    }
    let email = text(invite, "email").ok_or(Fault("email", "is missing"))?;
    Ok(Some(AccountRecord {
        remote_id: invitation(id),
        login: email.into(),
        display_name: None,
        emails: vec![email.into()],
        external_id: None,
        sign_in: SignIn::Enabled,
        // Who has not come yet cannot be the last owner.
        admin: Some(false),
        owner_kind: OwnerKind::Human,
        created_at: instant(invite, "created_at"),
        status_changed_at: None,
        last_used_at: None,
        credentials: vec![],
    }))
}

/// A key of a project. All that are listed are enabled.
pub(super) fn project_key(project: &str, key: &Value) -> Result<Key, Fault> {
    let id = id(key)?;
    let owner = key.get("owner").ok_or(Fault("owner", "is missing"))?;
    let (whose, service) = match text(owner, "type") {
        Some("user") => (owner.get("user"), false),
        Some("service_account") => (owner.get("service_account"), true),
        _ => return Err(Fault("owner.type", "is a word that we do not know")),
    };
    let whose = whose.ok_or(Fault("owner", "does not say who it is"))?;
    Ok(Key {
        owner: self::owner(whose, service)?,
        record: credential(KeyId::Project { project, key: id }, key, CredentialState::Active),
        redacted: text(key, "redacted_value").map(str::to_owned),
    })
}

/// An admin key of the organisation. It may be owned by a service account.
pub(super) fn admin_key(key: &Value, now: DateTime<Utc>) -> Result<Key, Fault> {
    let id = id(key)?;
    let whose = key.get("owner").ok_or(Fault("owner", "is missing"))?;
    let expired = instant(key, "expires_at").is_some_and(|at| at <= now);
    let state = if expired { CredentialState::Revoked } else { CredentialState::Active };
    Ok(Key {
        owner: owner(whose, text(whose, "type") == Some("service_account"))?,
        record: credential(KeyId::Admin { key: id }, key, state),
        redacted: text(key, "redacted_value").map(str::to_owned),
    })
}

/// A service account of a project. A member's run never touches it.
pub(super) fn service_account(account: &Value, project: &str) -> Result<AccountRecord, Fault> {
    let owner = owner(account, true)?;
    let mut record = keys_only(&owner);
    record.display_name = Some(format!("{} (project {project})", owner.name.unwrap_or(owner.id)));
    record.created_at = instant(account, "created_at");
    Ok(record)
}

/// Whoever is known by keys alone: a program, or somebody who is no member any more and so cannot sign in, but
/// whose keys may work.
pub(super) fn keys_only(owner: &Owner) -> AccountRecord {
    let (owner_kind, sign_in) = match owner.service {
        // A program is let in by its keys alone.
        true => (OwnerKind::Service, SignIn::Enabled),
        false => (OwnerKind::Human, SignIn::Disabled),
    };
    AccountRecord {
        remote_id: owner.id.clone(),
        login: owner.email.clone().unwrap_or_else(|| owner.id.clone()),
        display_name: owner.name.clone(),
        emails: owner.email.clone().into_iter().collect(),
        external_id: None,
        sign_in,
        admin: Some(false),
        owner_kind,
        created_at: None,
        status_changed_at: None,
        last_used_at: None,
        credentials: vec![],
    }
}

fn owner(whose: &Value, service: bool) -> Result<Owner, Fault> {
    Ok(Owner {
        id: id(whose)?.to_owned(),
        name: text(whose, "name").map(str::to_owned),
        email: text(whose, "email").map(str::to_owned),
        service,
    })
}

fn credential(id: KeyId<'_>, key: &Value, state: CredentialState) -> CredentialRecord {
    CredentialRecord {
        remote_id: id.to_string(),
        name: text(key, "name").map(str::to_owned),
        state,
        last_used_at: instant(key, "last_used_at"),
    }
}

pub(super) fn id(record: &Value) -> Result<&str, Fault> {
    text(record, "id").filter(|id| is_id(id)).ok_or(Fault("id", "is missing or none that we can use"))
}

/// A field that is text and not empty.
pub(super) fn text<'a>(record: &'a Value, field: &str) -> Option<&'a str> {
    record.get(field)?.as_str().filter(|t| !t.is_empty())
}

/// Unix seconds.
fn instant(record: &Value, field: &str) -> Option<DateTime<Utc>> {
    DateTime::from_timestamp(record.get(field)?.as_i64()?, 0)
}
