//! What a connection to OpenAI has to be told.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::descriptor::{Field, FieldKind};
use crate::error::Result;
use crate::vendors::given::{ALLOW_LOCAL, flag, seconds, timeout_seconds, wrong};

const BASE_URL: &str = "https://api.openai.com/v1";
const LAG_S: u32 = 30;
const TIMEOUT_S: u32 = 30;

pub(super) const FIELDS: &[Field] = &[
    Field {
        name: "organization",
        label: "Organisation ID",
        help: "Shown under Settings, Organization, General. It tells two organisations apart in evidence; the admin key alone decides which one is reached.",
        kind: FieldKind::Text,
        required: true,
        default: None,
        example: "org-AbC123",
    },
    Field {
        name: "token",
        label: "Admin API key",
        help: "Made by an organisation owner under Settings, Organization, Admin keys. Best by an owner who is no person that can leave. A project key is refused by the vendor.",
        kind: FieldKind::Secret,
        required: true,
        default: None,
        example: "",
    },
    Field {
        name: "own_account",
        label: "Owner of the admin key",
        help: "Id or e-mail of the member who made the admin key, so that no run ever cuts it. Found by the key's visible end when left empty.",
        kind: FieldKind::Text,
        required: false,
        default: None,
        example: "lockstep@example.com",
    },
    Field {
        name: "usage",
        label: "Read usage",
        help: "Whether to keep requests and tokens by key, model and hour, for the evidence before a cut.",
        kind: FieldKind::Flag,
        required: false,
        default: Some("true"),
        example: "true",
    },
    Field {
        name: "base_url",
        label: "Base URL",
        help: "Only to be changed for a gateway in front of the vendor.",
        kind: FieldKind::Url,
        required: false,
        default: Some(BASE_URL),
        example: BASE_URL,
    },
    Field {
        name: "lag_seconds",
        label: "Delay until a change shows (seconds)",
        help: "How long the vendor may still show the old state after it took a change. It promises nothing; 30 is ours.",
        kind: FieldKind::Text,
        required: false,
        default: Some("30"),
        example: "30",
    },
    timeout_seconds("30"),
    ALLOW_LOCAL,
];

/// The settings, parsed.
#[derive(Debug)]
pub(super) struct Settings {
    pub(super) base_url: String,
    pub(super) organization: String,
    pub(super) own_account: Option<String>,
    pub(super) usage: bool,
    pub(super) lag_s: u32,
    pub(super) timeout: Duration,
    pub(super) allow_local: bool,
}

impl Settings {
    pub(super) fn read(given: &BTreeMap<String, String>) -> Result<Self> {
        let text = |name: &str| given.get(name).map(|v| v.trim()).filter(|v| !v.is_empty());
        let organization = text("organization").ok_or_else(|| {
            wrong(
                "organization",
                "is missing",
                "Set the organisation's id; the vendor's settings page shows it.",
            )
        })?;
        if !organization.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_')) {
            return Err(wrong("organization", "is no id", "Set it as the vendor shows it (org-…)."));
        }
        Ok(Self {
            base_url: text("base_url").unwrap_or(BASE_URL).to_owned(),
            organization: organization.to_owned(),
            own_account: text("own_account").map(str::to_owned),
            usage: flag("usage", text("usage"), true)?,
            lag_s: seconds("lag_seconds", text("lag_seconds"), LAG_S, 0..=86_400)?,
            timeout: Duration::from_secs(
                seconds("timeout_seconds", text("timeout_seconds"), TIMEOUT_S, 1..=600)?.into(),
            ),
            allow_local: flag("allow_local", text("allow_local"), false)?,
        })
    }
}
