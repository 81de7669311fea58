//! Users and groups as servers send them. Every value is hostile; what is missing is unknown.

use chrono::{DateTime, Utc};
use lockstep_domain::access::{AccountRecord, OwnerKind, SignIn};
use serde_json::Value;

use crate::api::text::clean;
use crate::contract::Quarantined;

/// Why a resource cannot be used: the attribute, and what is wrong with it.
pub(super) struct Fault(&'static str, &'static str);

impl Fault {
    pub(super) fn quarantine(self, kind: &str, resource: &Value, position: u64) -> Quarantined {
        let row = match text(resource, "id") {
            Some(id) => format!("{kind}/{}", clean(id, 80)),
            None => format!("{kind}, number {position} of the list"),
        };
        Quarantined {
            row,
            column: self.0.into(),
            reason: self.1.into(),
            remedy: "Look at this record at the server; the read counts as incomplete until it is mended."
                .into(),
        }
    }
}

/// A user (RFC 7643 §4.1). Whether it is an admin is not the user's own to say.
pub(super) fn account(
    user: &Value,
    admin: impl FnOnce(&str) -> Option<bool>,
) -> Result<AccountRecord, Fault> {
    let remote_id = text(user, "id").ok_or(Fault("id", "is missing or no text"))?;
    let login = text(user, "userName").ok_or(Fault("userName", "is missing or no text"))?;
    Ok(AccountRecord {
        remote_id: remote_id.into(),
        login: login.into(),
        display_name: display_name(user),
        emails: emails(user),
        external_id: text(user, "externalId").map(str::to_owned),
        sign_in: sign_in(user),
        admin: admin(remote_id),
        owner_kind: OwnerKind::Unknown,
        created_at: created_at(user),
        last_used_at: None,
        status_changed_at: None,
        credentials: vec![],
    })
}

/// `active`: a boolean by RFC 7643 §4.1.1, a text at some servers. Missing says nothing.
pub(super) fn sign_in(user: &Value) -> SignIn {
    match user.get("active") {
        Some(Value::Bool(true)) => SignIn::Enabled,
        Some(Value::Bool(false)) => SignIn::Disabled,
        Some(Value::String(word)) if word.eq_ignore_ascii_case("true") => SignIn::Enabled,
        Some(Value::String(word)) if word.eq_ignore_ascii_case("false") => SignIn::Disabled,
        _ => SignIn::Unknown,
    }
}

/// A group (RFC 7643 §4.2).
pub(super) struct Group {
    pub(super) id: String,
    pub(super) name: String,
    /// `None` when the attribute is missing, which a list may mean in two ways.
    pub(super) members: Option<Members>,
}

/// The members of a group.
#[derive(Default)]
pub(super) struct Members {
    /// Ids of member accounts.
    pub(super) accounts: Vec<String>,
    /// Whether groups are members, too; theirs are not followed.
    pub(super) nested: bool,
}

impl Members {
    pub(super) fn is_empty(&self) -> bool {
        self.accounts.is_empty() && !self.nested
    }
}

pub(super) fn group(value: &Value) -> Result<Group, Fault> {
    let id = text(value, "id").ok_or(Fault("id", "is missing or no text"))?;
    Ok(Group {
        id: id.into(),
        name: text(value, "displayName").unwrap_or(id).into(),
        members: members(value)?,
    })
}

fn members(group: &Value) -> Result<Option<Members>, Fault> {
    let list = match group.get("members") {
        None | Some(Value::Null) => return Ok(None),
        Some(Value::Array(list)) => list,
        Some(_) => return Err(Fault("members", "is not a list")),
    };
    let mut members = Members::default();
    for member in list {
        if is_group(member) {
            members.nested = true;
        } else {
            let id = text(member, "value").ok_or(Fault("members", "holds a member without an id"))?;
            members.accounts.push(id.into());
        }
    }
    Ok(Some(members))
}

fn is_group(member: &Value) -> bool {
    text(member, "type").is_some_and(|t| t.eq_ignore_ascii_case("group"))
        || text(member, "$ref").is_some_and(|r| r.contains("/Groups/"))
}

fn display_name(user: &Value) -> Option<String> {
    let name = user.get("name");
    let part = |key| name.and_then(|n| text(n, key));
    let joined = || {
        let parts: Vec<_> = [part("givenName"), part("familyName")].into_iter().flatten().collect();
        (!parts.is_empty()).then(|| parts.join(" "))
    };
    text(user, "displayName").or_else(|| part("formatted")).map(str::to_owned).or_else(joined)
}

fn emails(user: &Value) -> Vec<String> {
    let list = user.get("emails").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    list.iter().filter_map(|e| text(e, "value").or_else(|| e.as_str())).map(str::to_owned).collect()
}

fn created_at(user: &Value) -> Option<DateTime<Utc>> {
    let written = text(user.get("meta")?, "created")?;
    DateTime::parse_from_rfc3339(written).ok().map(|at| at.to_utc())
}

/// A text that is there and not empty.
pub(super) fn text<'a>(value: &'a Value, key: &str) -> Option<&'a str> {
    value.get(key)?.as_str().filter(|t| !t.is_empty())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn active_is_read_in_every_spelling_and_never_guessed() {
        for (user, expected) in [
            (json!({"active": true}), SignIn::Enabled),
            (json!({"active": false}), SignIn::Disabled),
            (json!({"active": "True"}), SignIn::Enabled),
            (json!({"active": "False"}), SignIn::Disabled),
            (json!({"active": "no"}), SignIn::Unknown),
            (json!({"active": 0}), SignIn::Unknown),
            (json!({"active": null}), SignIn::Unknown),
            (json!({}), SignIn::Unknown),
        ] {
            assert_eq!(sign_in(&user), expected, "{user} decides whether a leaver is called cut off");
        }
    }

    #[test]
    fn a_user_without_id_or_login_is_set_aside_and_named() {
        for (user, column, row) in [
            (json!({"userName": "kim"}), "id", "Users, number 7 of the list"),
            (json!({"id": 5, "userName": "kim"}), "id", "Users, number 7 of the list"),
            (json!({"id": "", "userName": "kim"}), "id", "Users, number 7 of the list"),
            (json!({"id": "u\u{202E}1"}), "userName", "Users/u\u{FFFD}1"),
            (json!("kim"), "id", "Users, number 7 of the list"),
        ] {
            let fault = account(&user, |_| None).map(|_| ()).map_err(|f| f.quarantine("Users", &user, 7));
            let set_aside = fault.expect_err("an account that cannot be addressed must not be used");
            assert_eq!((set_aside.column.as_str(), set_aside.row.as_str()), (column, row), "{user}");
        }
    }

    #[test]
    fn names_and_mails_are_taken_from_where_servers_put_them() {
        for (user, name) in [
            (json!({"displayName": "Kim Li", "name": {"formatted": "K. Li"}}), Some("Kim Li")),
            (json!({"name": {"formatted": "K. Li"}}), Some("K. Li")),
            (json!({"name": {"givenName": "Kim", "familyName": "Li"}}), Some("Kim Li")),
            (json!({"name": "Kim"}), None),
        ] {
            assert_eq!(display_name(&user).as_deref(), name, "{user}: people recognise accounts by it");
        }
        let user = json!({"emails": [{"value": "a@x.test"}, "b@x.test", {"value": 3}, {}]});
        assert_eq!(emails(&user), ["a@x.test", "b@x.test"], "both spellings are in use");
    }

    #[test]
    fn a_member_is_an_account_unless_the_server_says_it_is_a_group() {
        let value = json!({"id": "g", "members": [
            {"value": "u1"}, {"value": "u2", "type": "User"}, {"value": "g2", "type": "Group"}]});
        let members = group(&value).ok().and_then(|g| g.members).expect("a readable list");
        assert_eq!(members.accounts, ["u1", "u2"], "a group is nobody's account");
        assert!(members.nested, "its members may be admins that we do not see");
        assert!(group(&json!({"id": "g"})).is_ok_and(|g| g.members.is_none()), "missing is not yet empty");
        assert!(group(&json!({"id": "g", "members": [{}]})).is_err(), "an unreadable member is not nobody");
        assert!(group(&json!({"id": "g", "members": "u1"})).is_err(), "nor is an unreadable list");
    }
}
