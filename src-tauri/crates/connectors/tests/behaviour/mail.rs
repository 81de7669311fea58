//! Notices by mail: a relay of the tests' own that keeps what it is told. Its certificate is nobody's, so what
//! goes over TLS is shown here by what is *not* sent.

use std::sync::{Arc, Mutex};

use lockstep_connectors::vendors::smtp;
use lockstep_connectors::{Error, Kind, Result};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

use super::support::{notice, open_with};

const PASSWORD: &str = "m4il-s3cr3t";

/// What the relay offers after EHLO, and how it answers a recipient.
#[derive(Clone, Copy)]
struct Manner {
    offers: &'static [&'static str],
    login: &'static str,
    recipient: &'static str,
}

const MANNER: Manner =
    Manner { offers: &["AUTH PLAIN"], login: "235 2.7.0 welcome", recipient: "250 2.1.5 ok" };

struct RelayServer {
    port: u16,
    heard: Arc<Mutex<String>>,
    task: JoinHandle<()>,
}

impl Drop for RelayServer {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl RelayServer {
    async fn start(manner: Manner) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let heard = Arc::new(Mutex::new(String::new()));
        let kept = heard.clone();
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(talk(stream, manner, kept.clone()));
            }
        });
        Self { port, heard, task }
    }

    fn heard(&self) -> String {
        self.heard.lock().unwrap().clone()
    }
}

/// One dialogue as RFC 5321 has it.
async fn talk(stream: TcpStream, manner: Manner, heard: Arc<Mutex<String>>) -> std::io::Result<()> {
    let mut stream = BufReader::new(stream);
    stream.write_all(b"220 relay.test ESMTP\r\n").await?;
    let (mut line, mut in_data) = (Vec::new(), false);
    while stream.read_until(b'\n', &mut line).await? > 0 {
        let said = String::from_utf8_lossy(&std::mem::take(&mut line)).into_owned();
        heard.lock().unwrap().push_str(&said);
        let verb = said.split_whitespace().next().unwrap_or_default().to_ascii_uppercase();
        let answer = match verb.as_str() {
            _ if in_data && said == ".\r\n" => {
                in_data = false;
                "250 2.0.0 queued".to_owned()
            }
            _ if in_data => continue,
            "EHLO" => {
                let offers: String = manner.offers.iter().map(|o| format!("250-{o}\r\n")).collect();
                format!("250-relay.test\r\n{offers}250 8BITMIME")
            }
            "STARTTLS" => "220 2.0.0 go ahead".to_owned(),
            "AUTH" => manner.login.to_owned(),
            "RCPT" => manner.recipient.to_owned(),
            "DATA" => {
                in_data = true;
                "354 go on".to_owned()
            }
            "QUIT" => "221 2.0.0 bye".to_owned(),
            "MAIL" => "250 2.1.0 ok".to_owned(),
            _ => "500 5.5.1 what?".to_owned(),
        };
        stream.write_all(format!("{answer}\r\n").as_bytes()).await?;
    }
    Ok(())
}

async fn send(relay: &RelayServer, security: &str) -> Result<()> {
    let port = relay.port.to_string();
    let settings = [
        ("host", "localhost"),
        ("port", port.as_str()),
        ("security", security),
        ("from", "Lockstep <lockstep@example.com>"),
        ("to", "one@example.com, two@example.com"),
        ("user", "lockstep"),
        ("allow_local", "true"),
    ];
    let connector = open_with(&smtp::vendor(), &[("password", PASSWORD)], &settings).unwrap();
    connector.notices.expect("it passes notices on").send(&notice()).await
}

fn failed(result: Result<()>, why: &str) -> Error {
    let Err(error) = result else { panic!("this must fail: {why}") };
    let shown = format!("{error} {error:?} {}", error.remedy());
    assert!(!shown.contains(PASSWORD) && !shown.contains("AGxvY2tzdGVwAG00aWwtczNjcjN0"), "{why}: {shown}");
    assert!(!error.remedy().is_empty(), "{why}: it says what to do: {shown}");
    error
}

#[tokio::test]
async fn a_notice_arrives_as_one_plain_mail_to_everybody() {
    let relay = RelayServer::start(MANNER).await;
    send(&relay, "plain").await.unwrap();
    let heard = relay.heard();
    for part in [
        "AUTH PLAIN AGxvY2tzdGVwAG00aWwtczNjcjN0",
        "MAIL FROM:<lockstep@example.com>",
        "RCPT TO:<one@example.com>",
        "RCPT TO:<two@example.com>",
        "Subject: Lockstep needs a person\r\n",
        "Date: Fri, 25 Sep 2026 14:00:00 +0000\r\n",
        "Message-ID: <00000000-0000-0000-0000-000000000007@example.com>\r\n",
        "a scheduled offboarding cannot start (case 3f2a91)",
    ] {
        assert!(heard.contains(part), "the relay has to hear {part:?}:\n{heard}");
    }
}

#[tokio::test]
async fn without_a_proven_secure_way_nothing_is_sent() {
    let with_tls = Manner { offers: &["STARTTLS", "AUTH PLAIN"], ..MANNER };
    for (manner, security, why) in [
        (MANNER, "starttls", "the relay offers no STARTTLS"),
        (with_tls, "starttls", "the relay says it begins TLS, and does not"),
        (MANNER, "tls", "the relay speaks no TLS"),
    ] {
        let relay = RelayServer::start(manner).await;
        failed(send(&relay, security).await, why);
        let heard = relay.heard();
        assert!(!heard.contains("AUTH") && !heard.contains("MAIL"), "{why}:\n{heard}");
    }
}

#[tokio::test]
async fn a_refusal_is_told_by_its_kind_and_without_the_password() {
    let echo = "535 5.7.8 no such login AGxvY2tzdGVwAG00aWwtczNjcjN0";
    for (manner, kind) in [
        (Manner { login: echo, ..MANNER }, "auth"),
        (Manner { recipient: "550 5.7.1 relay access denied", ..MANNER }, "forbidden"),
        (Manner { recipient: "451 4.7.1 greylisted", ..MANNER }, "unavailable"),
    ] {
        let relay = RelayServer::start(manner).await;
        let error = failed(send(&relay, "plain").await, kind);
        assert_eq!(error.kind().as_str(), kind, "what the engine does next depends on it: {error}");
    }
    let port = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap().port();
    let nobody = RelayServer { port, heard: Arc::default(), task: tokio::spawn(async {}) };
    let error = failed(send(&nobody, "plain").await, "nobody listens");
    assert_eq!(error.kind(), &Kind::Unavailable, "it may come back");
}

#[tokio::test]
async fn a_way_that_others_can_read_is_refused() {
    let base = [("from", "lockstep@example.com"), ("to", "one@example.com")];
    for (more, word) in [
        (&[("host", "localhost"), ("security", "plain")][..], "security"),
        (&[("host", "localhost"), ("security", "none")], "security"),
        (&[("host", "localhost"), ("port", "0")], "port"),
        (&[("host", "localhost"), ("to", "nobody")], "to"),
        (&[("host", "localhost"), ("user", "kim")], "user"),
        (&[], "host"),
    ] {
        let error = failed(open_with(&smtp::vendor(), &[], &[&base, more].concat()).map(drop), word);
        assert_eq!(error.kind(), &Kind::Setting, "{more:?}: the operator has to fix it");
        assert!(error.to_string().contains(word), "{word} is named: {error}");
    }
    for (host, security, allow_local) in [
        ("localhost", "starttls", "false"),
        ("10.1.2.3", "plain", "true"),
        ("169.254.169.254", "tls", "true"),
    ] {
        let more = [("host", host), ("security", security), ("allow_local", allow_local)];
        let connector = open_with(&smtp::vendor(), &[], &[&base[..], &more].concat());
        let error = failed(connector.unwrap().notices.unwrap().send(&notice()).await, host);
        assert_eq!(error.kind(), &Kind::Setting, "{host} over {security} is out of reach: {error}");
    }
}
