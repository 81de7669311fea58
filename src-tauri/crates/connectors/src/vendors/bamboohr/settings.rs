//! What a BambooHR connection has to be told.

use std::collections::BTreeMap;

use chrono_tz::Tz;

use crate::descriptor::{Field, FieldKind};
use crate::error::Result;
use crate::vendors::given::{ALLOW_LOCAL, flag, seconds, timeout_seconds, wrong};

pub(super) const FIELDS: &[Field] = &[
    Field {
        name: "base_url",
        label: "Address",
        help: "Your company's own address at BambooHR, without a path.",
        kind: FieldKind::Url,
        required: true,
        default: None,
        example: "https://acme.bamboohr.com",
    },
    Field {
        name: "api_key",
        label: "API key",
        help: "Made under your name > API Keys, by a person with an access level that sees all employees and the fields listed here, and that may change nothing.",
        kind: FieldKind::Secret,
        required: true,
        default: None,
        example: "",
    },
    Field {
        name: "ended_labels",
        label: "Employment statuses that end an employment",
        help: "As your list of employment statuses names them, with commas between.",
        kind: FieldKind::Text,
        required: false,
        default: Some("Terminated"),
        example: "Terminated, Retired",
    },
    timeout_seconds("60"),
    ALLOW_LOCAL,
];

/// The settings, parsed.
#[derive(Debug)]
pub(super) struct Settings {
    pub(super) base_url: String,
    /// The zone in which the company's days begin and end; the vendor does not tell it.
    pub(super) zone: Tz,
    /// Folded labels that end an employment.
    pub(super) ended_labels: Vec<String>,
    pub(super) timeout_s: u32,
    pub(super) allow_local: bool,
}

impl Settings {
    pub(super) fn read(given: &BTreeMap<String, String>) -> Result<Self> {
        let text = |name: &str| given.get(name).map(|v| v.trim()).filter(|v| !v.is_empty());
        let base_url = text("base_url").ok_or_else(|| {
            wrong("base_url", "is missing", "Set your company's address, such as https://acme.bamboohr.com.")
        })?;
        // The wizard asks every source of workers for it; see the engine's date settings.
        let zone = text("zone").and_then(|name| name.parse().ok()).ok_or_else(|| {
            wrong(
                "zone",
                "is missing or no IANA time zone",
                "Set the zone of your BambooHR account, like America/Denver.",
            )
        })?;
        let labels = text("ended_labels").unwrap_or("Terminated");
        Ok(Self {
            base_url: base_url.to_owned(),
            zone,
            ended_labels: labels.split(',').map(fold).filter(|l| !l.is_empty()).collect(),
            timeout_s: seconds("timeout_seconds", text("timeout_seconds"), 60, 1..=600)?,
            allow_local: flag("allow_local", text("allow_local"), false)?,
        })
    }

    /// Whether a row with this label ends an employment.
    pub(super) fn ends(&self, label: &str) -> bool {
        self.ended_labels.contains(&fold(label))
    }
}

/// Labels are compared without regard to case and white space.
pub(super) fn fold(label: &str) -> String {
    label.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase()
}
