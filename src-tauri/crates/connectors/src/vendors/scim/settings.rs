//! What a SCIM connection has to be told.

use std::collections::BTreeMap;
use std::time::Duration;

use lockstep_domain::capability::Effect;

use super::dialect::MemberRemoval;
use crate::descriptor::{Field, FieldKind};
use crate::error::Result;
use crate::vendors::given::{ALLOW_LOCAL, flag, seconds, timeout_seconds, wrong};

pub(super) const FIELDS: &[Field] = &[
    Field {
        name: "base_url",
        label: "Base URL",
        help: "The address under which /Users and /Groups stand, exactly as the vendor shows it, with or without /v2.",
        kind: FieldKind::Url,
        required: true,
        default: None,
        example: "https://scim.example.com/v2",
    },
    Field {
        name: "token",
        label: "Bearer token",
        help: "Made in the vendor's provisioning settings. Give it only the rights that are listed here.",
        kind: FieldKind::Secret,
        required: true,
        default: None,
        example: "",
    },
    Field {
        name: "admin_group",
        label: "Admin group",
        help: "Id or name of the group whose members administer the system; guards its last admin. Without it nobody's admin rights are known.",
        kind: FieldKind::Text,
        required: false,
        default: None,
        example: "Administrators",
    },
    Field {
        name: "groups",
        label: "Groups",
        help: "No for servers that do not tell who is in a group (AWS IAM Identity Center): their groups are then left alone.",
        kind: FieldKind::Flag,
        required: false,
        default: Some("true"),
        example: "true",
    },
    Field {
        name: "own_account",
        label: "Own account",
        help: "Id or userName of the account behind the token, so that no run ever cuts it.",
        kind: FieldKind::Text,
        required: false,
        default: None,
        example: "svc-provisioning@example.com",
    },
    Field {
        name: "deactivation_effect",
        label: "What deactivating does here",
        help: "reversible where an account that is set active again is as before (most servers); lossy or final where the server takes it out of the organisation or deletes it. docs/vendors/scim.md lists servers.",
        kind: FieldKind::Choice(&["reversible", "lossy", "final"]),
        required: false,
        default: Some("reversible"),
        example: "reversible",
    },
    Field {
        name: "member_removal",
        label: "Way to remove a group member",
        help: "path_filter is the standard. value_array only for servers that are documented to need it: a server that follows the standard empties the whole group on it.",
        kind: FieldKind::Choice(MemberRemoval::WORDS),
        required: false,
        default: Some(MemberRemoval::PathFilter.word()),
        example: "path_filter",
    },
    Field {
        name: "lag_seconds",
        label: "Delay until a change shows (seconds)",
        help: "How long the server may still show the old state after it took a change.",
        kind: FieldKind::Text,
        required: false,
        default: Some("0"),
        example: "30",
    },
    timeout_seconds("30"),
    ALLOW_LOCAL,
];

/// The settings, parsed.
#[derive(Debug)]
pub(super) struct Settings {
    pub(super) base_url: String,
    pub(super) admin_group: Option<String>,
    pub(super) groups: bool,
    pub(super) own_account: Option<String>,
    pub(super) deactivation_effect: Effect,
    pub(super) member_removal: MemberRemoval,
    pub(super) lag_s: u32,
    pub(super) timeout: Duration,
    pub(super) allow_local: bool,
}

impl Settings {
    pub(super) fn read(given: &BTreeMap<String, String>) -> Result<Self> {
        let text = |name: &str| given.get(name).map(|v| v.trim()).filter(|v| !v.is_empty());
        let base_url =
            text("base_url").ok_or_else(|| wrong("base_url", "is missing", "Set the SCIM base URL."))?;
        let removal = match text("member_removal") {
            None => MemberRemoval::PathFilter,
            Some(word) => MemberRemoval::parse(word).ok_or_else(|| {
                wrong("member_removal", "is neither path_filter nor value_array", "Use one of these words.")
            })?,
        };
        let effect = text("deactivation_effect").map_or(Ok(Effect::Reversible), str::parse).map_err(|e| {
            wrong("deactivation_effect", "is not known", "Use reversible, lossy or final.").caused_by(e)
        })?;
        Ok(Self {
            base_url: base_url.to_owned(),
            admin_group: text("admin_group").map(str::to_owned),
            groups: flag("groups", text("groups"), true)?,
            own_account: text("own_account").map(str::to_owned),
            deactivation_effect: effect,
            member_removal: removal,
            lag_s: seconds("lag_seconds", text("lag_seconds"), 0, 0..=86_400)?,
            timeout: Duration::from_secs(
                seconds("timeout_seconds", text("timeout_seconds"), 30, 1..=600)?.into(),
            ),
            allow_local: flag("allow_local", text("allow_local"), false)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Kind;

    fn read(pairs: &[(&str, &str)]) -> Result<Settings> {
        Settings::read(&pairs.iter().map(|(k, v)| ((*k).into(), (*v).into())).collect())
    }

    #[test]
    fn a_wrong_setting_is_named_and_never_taken_for_its_default() {
        let base = ("base_url", "https://scim.example.com");
        for (name, value) in [
            ("allow_local", "yes"),
            ("groups", "maybe"),
            ("lag_seconds", "-1"),
            ("lag_seconds", "86401"),
            ("timeout_seconds", "0"),
            ("member_removal", "both"),
            ("deactivation_effect", "harmless"),
        ] {
            let error = read(&[base, (name, value)]).unwrap_err();
            assert_eq!(error.kind(), &Kind::Setting, "{name}={value}");
            assert!(error.to_string().contains(name), "the operator must learn which setting: {error}");
        }
        assert!(read(&[]).unwrap_err().to_string().contains("base_url"), "nothing works without it");
    }

    #[test]
    fn what_is_not_said_is_the_documented_default() {
        let settings = read(&[("base_url", " https://scim.example.com "), ("admin_group", " ")]).unwrap();
        assert_eq!(settings.base_url, "https://scim.example.com", "pasted white space is no part of it");
        assert_eq!(settings.admin_group, None, "an emptied field is an unset one");
        assert!(!settings.allow_local, "inside is only reached on purpose");
        assert_eq!((settings.lag_s, settings.timeout.as_secs()), (0, 30), "as the descriptor says");
    }
}
