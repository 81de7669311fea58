//! What an Okta connection has to be told.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::descriptor::{Field, FieldKind};
use crate::error::Result;
use crate::vendors::given::{ALLOW_LOCAL, flag, seconds, timeout_seconds, wrong};

const ALL_SCOPES: &str = "okta.users.read okta.users.manage okta.groups.read okta.groups.manage okta.apps.read okta.apps.manage okta.roles.read okta.roles.manage okta.apiTokens.read okta.apiTokens.manage okta.logs.read";

pub(super) const FIELDS: &[Field] = &[
    Field {
        name: "base_url",
        label: "Okta address",
        help: "The address at which people sign in to Okta, not the one with -admin in it.",
        kind: FieldKind::Url,
        required: true,
        default: None,
        example: "https://acme.okta.com",
    },
    Field {
        name: "client_id",
        label: "Client ID",
        help: "Of a service app (API Services) made for Lockstep, with an admin role and the scopes listed here.",
        kind: FieldKind::Text,
        required: false,
        default: None,
        example: "0oa1a2b3c4D5e6f7g8h9",
    },
    Field {
        name: "private_key",
        label: "Private key",
        help: "Of that service app, as Okta shows it once: JWK or PEM. The first choice: it can do only what the app's scopes and role allow, and depends on no person.",
        kind: FieldKind::Secret,
        required: false,
        default: None,
        example: "",
    },
    Field {
        name: "key_id",
        label: "Key ID",
        help: "The kid of that key; needed for PEM when the app has several keys. A JWK says it itself.",
        kind: FieldKind::Text,
        required: false,
        default: None,
        example: "kid-1",
    },
    Field {
        name: "api_token",
        label: "API token (second choice)",
        help: "Only where no service app can be had: it has all rights of the administrator who made it, and dies with that account.",
        kind: FieldKind::Secret,
        required: false,
        default: None,
        example: "",
    },
    Field {
        name: "scopes",
        label: "Scopes",
        help: "What the connection may use. Leave out what the app was not granted: those parts are then neither read nor changed.",
        kind: FieldKind::Text,
        required: false,
        default: Some(ALL_SCOPES),
        example: "okta.users.read okta.users.manage okta.groups.read",
    },
    timeout_seconds("30"),
    ALLOW_LOCAL,
];

/// The settings, parsed.
#[derive(Debug)]
pub(super) struct Settings {
    pub(super) base_url: String,
    pub(super) client_id: Option<String>,
    pub(super) key_id: Option<String>,
    pub(super) scopes: Vec<String>,
    pub(super) timeout: Duration,
    pub(super) allow_local: bool,
}

impl Settings {
    pub(super) fn read(given: &BTreeMap<String, String>) -> Result<Self> {
        let text = |name: &str| given.get(name).map(|v| v.trim()).filter(|v| !v.is_empty());
        let base_url =
            text("base_url").ok_or_else(|| wrong("base_url", "is missing", "Set the address of Okta."))?;
        if base_url.contains("-admin.") {
            return Err(wrong(
                "base_url",
                "is that of the admin console",
                "Take the -admin out: the address at which people sign in.",
            ));
        }
        let settings = Self {
            base_url: base_url.to_owned(),
            client_id: text("client_id").map(str::to_owned),
            key_id: text("key_id").map(str::to_owned),
            scopes: text("scopes").unwrap_or(ALL_SCOPES).split_whitespace().map(str::to_owned).collect(),
            timeout: Duration::from_secs(
                seconds("timeout_seconds", text("timeout_seconds"), 30, 1..=600)?.into(),
            ),
            allow_local: flag("allow_local", text("allow_local"), false)?,
        };
        for needed in ["users", "groups"] {
            if !settings.may_read(needed) {
                let remedy = format!("Grant okta.{needed}.read to the app and add it.");
                return Err(wrong("scopes", &format!("lacks okta.{needed}.read"), &remedy));
            }
        }
        Ok(settings)
    }

    /// Whether a part ("users") may be read.
    pub(super) fn may_read(&self, part: &str) -> bool {
        let read = format!("okta.{part}.read");
        self.scopes.contains(&read)
    }

    /// Whether a part may be changed.
    pub(super) fn may_change(&self, part: &str) -> bool {
        let manage = format!("okta.{part}.manage");
        self.may_read(part) && self.scopes.contains(&manage)
    }
}
