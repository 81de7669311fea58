//! What Okta sends, one record at a time. Every value is hostile; what is missing or not known stays unknown.

use chrono::{DateTime, Utc};
use lockstep_domain::access::{
    AccountRecord, CredentialRecord, CredentialState, EntitlementRecord, OwnerKind, SignIn,
};
use serde_json::Value;

use super::kinds;
use crate::api::text::clean;
use crate::contract::Quarantined;

/// A text that is there and not empty.
pub(super) fn text<'a>(value: &'a Value, key: &str) -> Option<&'a str> {
    value.get(key)?.as_str().filter(|t| !t.is_empty())
}

/// An instant (RFC 3339), in UTC.
pub(super) fn instant(value: &Value, key: &str) -> Option<DateTime<Utc>> {
    DateTime::parse_from_rfc3339(text(value, key)?).ok().map(|at| at.to_utc())
}

/// A record that cannot be used.
pub(super) fn quarantine(list: &str, record: &Value, field: &str) -> Quarantined {
    Quarantined {
        row: format!("{list}/{}", clean(text(record, "id").unwrap_or("without an id"), 80)),
        column: field.into(),
        reason: "is missing or no text".into(),
        remedy: "Look at this record in Okta; the read counts as incomplete until it is mended.".into(),
    }
}

/// An account. `admin` and `credentials` come from lists of their own.
///
/// # Errors
/// The field that is missing.
pub(super) fn account(
    user: &Value,
    admin: Option<bool>,
    credentials: Vec<CredentialRecord>,
) -> Result<AccountRecord, &'static str> {
    let profile = user.get("profile").unwrap_or(&Value::Null);
    Ok(AccountRecord {
        remote_id: text(user, "id").ok_or("id")?.into(),
        login: text(profile, "login").ok_or("profile.login")?.into(),
        display_name: display_name(profile),
        // The second e-mail is the holder's private one; it identifies nobody at work.
        emails: text(profile, "email").map(str::to_owned).into_iter().collect(),
        external_id: text(profile, "employeeNumber").map(str::to_owned),
        sign_in: sign_in(user),
        admin,
        owner_kind: OwnerKind::Unknown,
        created_at: instant(user, "created"),
        last_used_at: instant(user, "lastLogin"),
        status_changed_at: instant(user, "statusChanged"),
        credentials,
    })
}

fn display_name(profile: &Value) -> Option<String> {
    let parts: Vec<&str> = ["firstName", "lastName"].iter().filter_map(|key| text(profile, key)).collect();
    text(profile, "displayName").map(str::to_owned).or_else(|| (!parts.is_empty()).then(|| parts.join(" ")))
}

/// Whether sign-in works. Whoever is locked out, in recovery, has an
/// expired password or has not finished enrolling can come back without an administrator. While a change of
/// status is under way the old status still counts.
pub(super) fn sign_in(user: &Value) -> SignIn {
    let under_way = user.get("transitioningToStatus").is_some_and(|t| !t.is_null());
    match text(user, "status") {
        Some("SUSPENDED" | "DEPROVISIONED" | "STAGED") if !under_way => SignIn::Disabled,
        Some("SUSPENDED" | "DEPROVISIONED" | "STAGED") => SignIn::Enabled,
        Some("ACTIVE" | "PROVISIONED" | "PASSWORD_EXPIRED" | "RECOVERY" | "LOCKED_OUT") => SignIn::Enabled,
        _ => SignIn::Unknown,
    }
}

/// Whether the account was deactivated for good, with all that hung on it.
pub(super) fn is_deprovisioned(user: &Value) -> bool {
    text(user, "status") == Some("DEPROVISIONED")
}

/// A group as an entitlement.
pub(super) fn group(group: &Value) -> Result<EntitlementRecord, &'static str> {
    let id = text(group, "id").ok_or("id")?;
    let kind = if text(group, "type") == Some("OKTA_GROUP") { kinds::GROUP } else { kinds::KEPT_GROUP };
    let name = group.get("profile").and_then(|p| text(p, "name")).unwrap_or(id);
    Ok(EntitlementRecord { remote_id: kinds::id(kind, id), name: name.into(), privileged: false })
}

/// An application as an entitlement.
pub(super) fn app(app: &Value, direct: bool) -> Result<EntitlementRecord, &'static str> {
    let id = text(app, "id").ok_or("id")?;
    let kind = if direct { kinds::APP } else { kinds::APP_BY_GROUP };
    let name = text(app, "label").or_else(|| text(app, "name")).unwrap_or(id);
    Ok(EntitlementRecord { remote_id: kinds::id(kind, id), name: name.into(), privileged: false })
}

/// Whether an application listed with `expand=user/{id}` is assigned to that account itself. What does not say
/// so is taken for a group's: the vendor refuses to take that away, so it must not become a step.
pub(super) fn is_direct(app: &Value) -> bool {
    app.pointer("/_embedded/user/scope").and_then(Value::as_str) == Some("USER")
}

/// An admin role of one account.
pub(super) fn role(role: &Value) -> Result<EntitlementRecord, &'static str> {
    let id = text(role, "id").ok_or("id")?;
    let kind = if text(role, "assignmentType") == Some("USER") { kinds::ROLE } else { kinds::ROLE_BY_GROUP };
    let name = text(role, "label").or_else(|| text(role, "type")).unwrap_or(id);
    Ok(EntitlementRecord {
        remote_id: kinds::id(kind, id),
        name: format!("admin role {name}"),
        privileged: true,
    })
}

/// Whether a role gives power over everything; who has it is an administrator in the guards' sense.
pub(super) fn is_super_admin(role: &Value) -> bool {
    text(role, "type") == Some("SUPER_ADMIN") && text(role, "status").is_none_or(|s| s == "ACTIVE")
}

/// A credential of the given kind.
pub(super) fn credential(kind: &str, record: &Value) -> Result<CredentialRecord, &'static str> {
    let id = match kind {
        kinds::CLIENT => text(record, "client_id").ok_or("client_id")?,
        _ => text(record, "id").ok_or("id")?,
    };
    let name = match kind {
        kinds::CLIENT => text(record, "client_name").map(|n| format!("tokens of {n}")),
        kinds::CONSENT => text(record, "scopeId").map(|s| format!("consent to {s}")),
        kinds::FACTOR => text(record, "factorType").map(|t| format!("factor {t}")),
        _ => text(record, "name").map(|n| format!("API token {n}")),
    };
    Ok(CredentialRecord {
        remote_id: kinds::id(kind, id),
        name,
        state: state(kind, text(record, "status")),
        last_used_at: None,
    })
}

fn state(kind: &str, status: Option<&str>) -> CredentialState {
    match (kind, status) {
        // These lists hold only what works.
        (kinds::API_TOKEN | kinds::CLIENT, _) | (_, Some("ACTIVE" | "ENROLLED")) => CredentialState::Active,
        (kinds::CONSENT, Some("REVOKED")) => CredentialState::Revoked,
        (kinds::FACTOR, Some("INACTIVE" | "DISABLED" | "EXPIRED" | "NOT_SETUP" | "PENDING_ACTIVATION")) => {
            CredentialState::Inactive
        }
        _ => CredentialState::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_status_is_mapped_word_by_word() {
        for (status, transition, expected) in [
            ("ACTIVE", json!(null), SignIn::Enabled),
            ("PROVISIONED", json!(null), SignIn::Enabled),
            ("PASSWORD_EXPIRED", json!(null), SignIn::Enabled),
            ("RECOVERY", json!(null), SignIn::Enabled),
            ("LOCKED_OUT", json!(null), SignIn::Enabled),
            ("STAGED", json!(null), SignIn::Disabled),
            ("SUSPENDED", json!(null), SignIn::Disabled),
            ("DEPROVISIONED", json!(null), SignIn::Disabled),
            ("DEPROVISIONED", json!("DEPROVISIONED"), SignIn::Enabled),
            ("ACTIVE", json!("DEPROVISIONED"), SignIn::Enabled),
            ("SUSPENDED", json!("ACTIVE"), SignIn::Enabled),
            ("HIBERNATED", json!(null), SignIn::Unknown),
            ("suspended", json!(null), SignIn::Unknown),
        ] {
            let mut user = json!({"id": "u", "status": status, "transitioningToStatus": transition});
            assert_eq!(sign_in(&user), expected, "{status}, on its way to {transition}: who is cut off");
            if transition.is_null() {
                user.as_object_mut().unwrap().remove("transitioningToStatus");
                assert_eq!(sign_in(&user), expected, "{status}: at rest the field is absent");
            }
        }
        assert_eq!(sign_in(&json!({})), SignIn::Unknown, "what is not said is not known");
    }

    #[test]
    fn what_cannot_be_edited_is_told_apart() {
        let of = |kind: &str| {
            group(&json!({"id": "g", "type": kind, "profile": {"name": "n"}})).unwrap().remote_id
        };
        assert_eq!(of("OKTA_GROUP"), "group:g", "members are kept here");
        for kind in ["APP_GROUP", "BUILT_IN", "NEW_KIND"] {
            assert_eq!(of(kind), "kept_group:g", "{kind}: the vendor refuses to edit it");
        }
        assert!(is_direct(&json!({"_embedded": {"user": {"scope": "USER"}}})), "its own");
        for app in [json!({"_embedded": {"user": {"scope": "GROUP"}}}), json!({})] {
            assert!(!is_direct(&app), "{app}: taking it away would be refused");
        }
        let of = |how: &str| role(&json!({"id": "r", "type": "SUPER_ADMIN", "assignmentType": how})).unwrap();
        assert_eq!(of("USER").remote_id, "role:r", "its own");
        assert_eq!(of("GROUP").remote_id, "role_by_group:r", "goes with the group");
    }
}
