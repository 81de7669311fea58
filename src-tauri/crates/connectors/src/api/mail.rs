//! The door for mail: one relay, reached as carefully as a web address.

use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
pub use lettre::message::Mailbox;
use lettre::message::header::ContentType;
use lettre::transport::smtp::Error as SmtpError;
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Tls, TlsParameters};
use lettre::{AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor};
use zeroize::Zeroizing;

use super::address::Reach;
use super::text::clean;
use crate::contract::Notice;
use crate::error::{Error, Kind, Result};

/// How long one answer of the relay may take.
const TIMEOUT: Duration = Duration::from_secs(30);

/// How the way to a relay is protected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Security {
    /// STARTTLS, without which nothing is sent (RFC 3207).
    StartTls,
    /// TLS from the first byte (RFC 8314).
    Tls,
    /// None. Only on this machine.
    Plain,
}

/// Where mail is handed over.
pub struct Relay {
    /// Its name, which its certificate has to bear.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// How the way is protected.
    pub security: Security,
    /// Whether private and loopback addresses may be reached.
    pub allow_local: bool,
    /// Name and password, where it wants them.
    pub login: Option<(String, Zeroizing<String>)>,
}

/// Sends notices as mail, each as one message to everybody.
pub struct Mailer {
    relay: Relay,
    from: Mailbox,
    to: Vec<Mailbox>,
}

impl fmt::Debug for Mailer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Mailer").field("host", &self.relay.host).finish_non_exhaustive()
    }
}

impl Mailer {
    /// A mailer; talks to nobody yet.
    pub fn new(relay: Relay, from: Mailbox, to: Vec<Mailbox>) -> Self {
        Self { relay, from, to }
    }

    /// Hands one message over, once.
    ///
    /// # Errors
    /// Of every kind; none quotes the password.
    pub async fn send(&self, notice: &Notice) -> Result<()> {
        let message = self.message(notice)?;
        let address = self.address().await?;
        let tls = match self.relay.security {
            Security::StartTls => Tls::Required(self.certificate()?),
            Security::Tls => Tls::Wrapper(self.certificate()?),
            Security::Plain => Tls::None,
        };
        // The address that was judged, so that no second answer of DNS leads elsewhere.
        let mut relay = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(address.ip().to_string())
            .port(address.port())
            .tls(tls)
            .timeout(Some(TIMEOUT));
        if let Some((name, password)) = &self.relay.login {
            relay = relay.credentials(Credentials::new(name.clone(), password.to_string()));
        }
        relay.build().send(message).await.map(drop).map_err(|e| self.broken(&e))
    }

    fn message(&self, notice: &Notice) -> Result<Message> {
        let domain = self.from.email.domain();
        let mut message = Message::builder()
            .from(self.from.clone())
            .subject(&notice.subject)
            .date(notice.at.into())
            .message_id(Some(format!("<{}@{domain}>", notice.id)))
            .header(ContentType::TEXT_PLAIN);
        for mailbox in &self.to {
            message = message.to(mailbox.clone());
        }
        message.body(format!("{}\n", notice.body)).map_err(|e| {
            Error::new(Kind::Setting, "no mail can be written with these settings", "Check from and to.")
                .caused_by(e)
        })
    }

    fn certificate(&self) -> Result<TlsParameters> {
        TlsParameters::new(self.relay.host.clone()).map_err(|e| {
            Error::new(
                Kind::Unavailable,
                "no secure connection can be set up on this machine",
                "Check that the machine's certificate store is readable.",
            )
            .caused_by(e)
        })
    }

    /// The relay's address, if it may be reached; of several, one of IPv4, which more machines have.
    async fn address(&self) -> Result<SocketAddr> {
        let (host, port) = (self.relay.host.as_str(), self.relay.port);
        let found = tokio::net::lookup_host((host, port)).await.map_err(|e| {
            let remedy = "Check the host, and whether this machine's name service works.";
            Error::new(Kind::Unavailable, format!("the mail relay {host} is not found"), remedy).caused_by(e)
        })?;
        let mut found: Vec<SocketAddr> = found.collect();
        found.sort_by_key(SocketAddr::is_ipv6);
        if let Some(bad) = found.iter().find(|a| !self.allows(a.ip())) {
            let ip = bad.ip();
            let (context, remedy) = if self.relay.security == Security::Plain {
                (
                    format!("the mail relay {host} is at {ip}, and mail without TLS stays on this machine"),
                    "Set security to starttls or tls.",
                )
            } else {
                (
                    format!("the mail relay {host} is at {ip}, which this connection may not reach"),
                    "Check the host. If the relay really is inside, set allow_local=true.",
                )
            };
            return Err(Error::new(Kind::Setting, context, remedy));
        }
        found.first().copied().ok_or_else(|| {
            Error::new(
                Kind::Unavailable,
                format!("the mail relay {host} has no address"),
                "Check the host, and whether this machine's name service works.",
            )
        })
    }

    fn allows(&self, ip: IpAddr) -> bool {
        let reach = if self.relay.allow_local { Reach::Anywhere } else { Reach::Public };
        reach.allows(ip) && (self.relay.security != Security::Plain || ip.is_loopback())
    }

    fn broken(&self, error: &SmtpError) -> Error {
        let what = format!("mail to the relay {}", self.relay.host);
        let words = self.words(error);
        if let Some(code) = error.status() {
            let code = code.to_string();
            let (kind, remedy) = judge(&code, error.is_permanent());
            return Error::new(kind, format!("{what}: the relay answered {code}{words}"), remedy);
        }
        let (kind, how, remedy) = match () {
            () if error.is_timeout() => {
                (Kind::Unavailable, "no answer came in time", "See whether the relay is slow or down.")
            }
            () if error.is_tls() => (
                Kind::Unavailable,
                "no secure connection came about, so nothing was sent",
                "Check host, port and certificate of the relay.",
            ),
            // Also a relay that offers no STARTTLS or no way to sign in that we speak.
            () if error.is_client() => (
                Kind::Unsupported,
                "the relay does not offer what these settings ask for, so nothing was sent",
                "Check port and security (STARTTLS, TLS), and whether the relay takes a name and password.",
            ),
            () => (
                Kind::Unavailable,
                "the connection could not be made or broke",
                "Check host and port, the network, and whether the relay is up.",
            ),
        };
        Error::new(kind, format!("{what}: {how}{words}"), remedy)
    }

    /// What the relay or the connection said, unless that could be an echo of the password.
    fn words(&self, error: &SmtpError) -> String {
        let Some(source) = std::error::Error::source(error) else { return String::new() };
        let text = source.to_string();
        let echo = self.relay.login.iter().any(|(name, password)| {
            let plain = Zeroizing::new(format!("\0{name}\0{}", password.as_str()));
            let codes = [BASE64_STANDARD.encode(plain.as_str()), BASE64_STANDARD.encode(password.as_str())];
            text.contains(password.as_str()) || codes.iter().any(|code| text.contains(code))
        });
        if echo { String::new() } else { format!(": “{}”", clean(&text, 200)) }
    }
}

/// What a reply code means (RFC 5321 §4.2.3, RFC 4954 §6).
fn judge(code: &str, permanent: bool) -> (Kind, &'static str) {
    match (code, permanent) {
        ("535" | "534" | "530" | "538", _) => {
            (Kind::Auth, "The name or password was refused. Add the connection again with the right ones.")
        }
        (_, true) => {
            (Kind::Forbidden, "The relay takes no such mail. Check from and to with whoever runs the relay.")
        }
        (_, false) => (Kind::Unavailable, "The relay has trouble at the moment. It will be tried again."),
    }
}
