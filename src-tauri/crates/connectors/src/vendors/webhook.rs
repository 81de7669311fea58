//! Notices by webhook: JSON to a server of one's own, or a message in a Slack channel.

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use chrono::SecondsFormat;
use hmac::{Hmac, KeyInit as _, Mac as _};
use serde_json::json;
use sha2::Sha256;
use zeroize::Zeroizing;

use super::given::{ALLOW_LOCAL, flag, wrong};
use crate::api::{ApiOptions, Hook};
use crate::contract::{Connector, Notice, NoticeSink, OpenContext, Vendor};
use crate::descriptor::{Descriptor, Field, FieldKind, Pace, RoleKind};
use crate::error::{Error, Kind, Result};

/// Slack takes "1 per second" and channel (<https://docs.slack.dev/apis/web-api/rate-limits/>).
const PACE: Pace = Pace { parallel: 1, per_second: 1 };

/// The header that carries the signature of the generic form: `sha256=` and the HMAC-SHA256 of the body in hex.
pub const SIGNATURE: &str = "X-Lockstep-Signature";

const FIELDS: &[Field] = &[
    Field {
        name: "url",
        label: "Webhook address",
        help: "Whoever knows it may post, so it is kept like a password. Slack: an app's Incoming Webhook, for a channel of few people.",
        kind: FieldKind::Secret,
        required: true,
        default: None,
        example: "",
    },
    Field {
        name: "form",
        label: "Form",
        help: "generic posts JSON with id, severity, subject, body and at. slack posts a message.",
        kind: FieldKind::Choice(&["generic", "slack"]),
        required: false,
        default: Some("generic"),
        example: "slack",
    },
    Field {
        name: "signing_key",
        label: "Signing key",
        help: "For the generic form: with it, X-Lockstep-Signature holds sha256= and the HMAC-SHA256 of the body.",
        kind: FieldKind::Secret,
        required: false,
        default: None,
        example: "",
    },
    ALLOW_LOCAL,
];

/// Webhooks.
pub fn vendor() -> Vendor {
    Vendor {
        descriptor: Descriptor {
            id: "webhook",
            name: "Webhook",
            about: "Passes alarms on to a web address or a Slack channel, in words that name nobody.",
            roles: &[RoleKind::Notices],
            fields: FIELDS,
            scopes: &[],
            pace: PACE,
            docs: "https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks/",
        },
        open: Arc::new(open),
    }
}

fn open(mut context: OpenContext) -> Result<Connector> {
    let form = Form::read(&context.settings)?;
    let text = |name: &str| context.settings.get(name).map(|v| v.trim()).filter(|v| !v.is_empty());
    let allow_local = flag("allow_local", text("allow_local"), false)?;
    let url = context.secrets.remove("url").ok_or_else(|| {
        Error::new(
            Kind::Setting,
            "the secret url is missing",
            "Set the address that the notices are posted to.",
        )
    })?;
    let signing_key = context.secrets.remove("signing_key").filter(|key| !key.trim().is_empty());
    if form == Form::Slack && signing_key.is_some() {
        return Err(wrong(
            "signing_key",
            "is of no use with Slack",
            "Leave it out, or use the generic form.",
        ));
    }
    let options = ApiOptions { allow_local, largest_answer: 64 * 1024, ..ApiOptions::default() };
    let hook = Hook::new(url, PACE, context.clock, options)?;
    let tenant = hook.host().to_owned();
    let notices = Some(Arc::new(Webhook { hook, form, signing_key }) as Arc<dyn NoticeSink>);
    Ok(Connector { notices, tenant, ..Connector::default() })
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    Generic,
    Slack,
}

impl Form {
    fn read(given: &BTreeMap<String, String>) -> Result<Self> {
        match given.get("form").map(|v| v.trim()).filter(|v| !v.is_empty()) {
            None | Some("generic") => Ok(Self::Generic),
            Some("slack") => Ok(Self::Slack),
            Some(_) => Err(wrong("form", "is neither generic nor slack", "Use one of these words.")),
        }
    }
}

struct Webhook {
    hook: Hook,
    form: Form,
    signing_key: Option<Zeroizing<String>>,
}

#[async_trait]
impl NoticeSink for Webhook {
    async fn send(&self, notice: &Notice) -> Result<()> {
        let body = match self.form {
            Form::Generic => json!({
                "id": notice.id,
                "severity": notice.severity,
                "subject": notice.subject,
                "body": notice.body,
                "at": notice.at.to_rfc3339_opts(SecondsFormat::Millis, true),
            }),
            Form::Slack => json!({ "text": format!("*{}*\n{}", notice.subject, notice.body) }),
        }
        .to_string();
        let signature = self.signing_key.as_ref().map(|key| sign(key, &body)).transpose()?;
        let headers: Vec<_> = signature.map(|value| (SIGNATURE, value)).into_iter().collect();
        self.hook.post(body, &headers).await
    }
}

fn sign(key: &str, body: &str) -> Result<String> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key.as_bytes())
        .map_err(|e| wrong("signing_key", "cannot be used", "Set another one.").caused_by(e))?;
    mac.update(body.as_bytes());
    Ok(format!("sha256={}", hex::encode(mac.finalize().into_bytes())))
}
