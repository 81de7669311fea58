//! Notices by mail, handed to a relay by SMTP.

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;

use super::given::{ALLOW_LOCAL, flag, wrong};
use crate::api::{Mailbox, Mailer, Relay, Security};
use crate::contract::{Connector, Notice, NoticeSink, OpenContext, Vendor};
use crate::descriptor::{Descriptor, Field, FieldKind, Pace, RoleKind};
use crate::error::Result;

const FIELDS: &[Field] = &[
    Field {
        name: "host",
        label: "Relay",
        help: "The name of the mail relay, as its certificate has it.",
        kind: FieldKind::Text,
        required: true,
        default: None,
        example: "smtp.example.com",
    },
    Field {
        name: "port",
        label: "Port",
        help: "Empty: 587 with starttls, 465 with tls, 25 with plain.",
        kind: FieldKind::Text,
        required: false,
        default: None,
        example: "587",
    },
    Field {
        name: "security",
        label: "Protection",
        help: "starttls and tls send nothing without a valid certificate. plain only reaches a relay on this machine, and needs allow_local=true.",
        kind: FieldKind::Choice(&["starttls", "tls", "plain"]),
        required: false,
        default: Some("starttls"),
        example: "starttls",
    },
    Field {
        name: "from",
        label: "From",
        help: "The sender's address, one that the relay lets this account use.",
        kind: FieldKind::Text,
        required: true,
        default: None,
        example: "lockstep@example.com",
    },
    Field {
        name: "to",
        label: "To",
        help: "Who is told, with commas between. Best a mailbox of a team, since a person may be the one who leaves.",
        kind: FieldKind::Text,
        required: true,
        default: None,
        example: "it-oncall@example.com",
    },
    Field {
        name: "user",
        label: "Name at the relay",
        help: "Empty where the relay wants none.",
        kind: FieldKind::Text,
        required: false,
        default: None,
        example: "lockstep@example.com",
    },
    Field {
        name: "password",
        label: "Password at the relay",
        help: "Of an account that may send mail and nothing else.",
        kind: FieldKind::Secret,
        required: false,
        default: None,
        example: "",
    },
    ALLOW_LOCAL,
];

/// Mail.
pub fn vendor() -> Vendor {
    Vendor {
        descriptor: Descriptor {
            id: "smtp",
            name: "Mail (SMTP)",
            about: "Passes alarms on by mail, in words that name nobody.",
            roles: &[RoleKind::Notices],
            fields: FIELDS,
            scopes: &[],
            pace: Pace { parallel: 1, per_second: 1 },
            docs: "https://datatracker.ietf.org/doc/html/rfc5321",
        },
        open: Arc::new(open),
    }
}

fn open(mut context: OpenContext) -> Result<Connector> {
    let given = &context.settings;
    let allow_local = flag("allow_local", text(given, "allow_local"), false)?;
    let security = security(given, allow_local)?;
    let host = needed(given, "host", "Set the name of the mail relay.")?.to_owned();
    let port = port(given, security)?;
    let from = mailbox("from", needed(given, "from", "Set the sender's address.")?)?;
    let to = needed(given, "to", "Set who is told.")?;
    let to = to.split(',').map(|one| mailbox("to", one.trim())).collect::<Result<Vec<_>>>()?;
    let password = context.secrets.remove("password").filter(|password| !password.is_empty());
    let login = match (text(given, "user"), password) {
        (Some(name), Some(password)) => Some((name.to_owned(), password)),
        (None, None) => None,
        _ => return Err(wrong("user", "and the secret password go together", "Set both, or neither.")),
    };
    let tenant = format!("{host}:{port}");
    let relay = Relay { host, port, security, allow_local, login };
    let notices = Some(Arc::new(Mail(Mailer::new(relay, from, to))) as Arc<dyn NoticeSink>);
    Ok(Connector { notices, tenant, ..Connector::default() })
}

struct Mail(Mailer);

#[async_trait]
impl NoticeSink for Mail {
    async fn send(&self, notice: &Notice) -> Result<()> {
        self.0.send(notice).await
    }
}

fn text<'a>(given: &'a BTreeMap<String, String>, name: &str) -> Option<&'a str> {
    given.get(name).map(|v| v.trim()).filter(|v| !v.is_empty())
}

fn needed<'a>(given: &'a BTreeMap<String, String>, name: &str, remedy: &str) -> Result<&'a str> {
    text(given, name).ok_or_else(|| wrong(name, "is missing", remedy))
}

fn security(given: &BTreeMap<String, String>, allow_local: bool) -> Result<Security> {
    match text(given, "security") {
        None | Some("starttls") => Ok(Security::StartTls),
        Some("tls") => Ok(Security::Tls),
        Some("plain") if allow_local => Ok(Security::Plain),
        Some("plain") => Err(wrong(
            "security",
            "is plain, which would send everything readable by anybody on the way",
            "Use starttls or tls. For a relay on this machine, set allow_local=true.",
        )),
        Some(_) => Err(wrong("security", "is not known", "Use starttls, tls or plain.")),
    }
}

/// Submission, submission over TLS, and relay (<https://datatracker.ietf.org/doc/html/rfc8314#section-3.3>).
fn port(given: &BTreeMap<String, String>, security: Security) -> Result<u16> {
    match (text(given, "port").map(str::parse), security) {
        (None, Security::StartTls) => Ok(587),
        (None, Security::Tls) => Ok(465),
        (None, Security::Plain) => Ok(25),
        (Some(Ok(port)), _) if port > 0 => Ok(port),
        (Some(_), _) => Err(wrong("port", "is no port", "Give a number from 1 to 65535.")),
    }
}

fn mailbox(name: &str, address: &str) -> Result<Mailbox> {
    address.parse().map_err(|_| wrong(name, "holds no mail address", "Give it as name@example.com."))
}
