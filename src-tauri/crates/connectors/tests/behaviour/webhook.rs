//! Notices by webhook: what is posted, what the receiver can check, and an address that nobody ever sees.

use hmac::{Hmac, KeyInit as _, Mac as _};
use lockstep_connectors::vendors::webhook::{self, SIGNATURE};
use lockstep_connectors::{Error, Kind, Result};
use serde_json::json;
use sha2::Sha256;

use super::server::{Server, with};
use super::support::{notice, open_with};

/// The part of the address that is the credential.
const PART: &str = "T0B1xyzzy";

async fn answering(
    status: u16,
    headers: &'static [(&'static str, &'static str)],
    body: &'static str,
) -> Server {
    Server::start(move |_| with(status, headers, body.into())).await
}

async fn post(server: &Server, secrets: &[(&str, &str)], settings: &[(&str, &str)]) -> Result<()> {
    let url = format!("{}/{PART}?sig={PART}", server.base_url);
    let secrets = [&[("url", url.as_str())], secrets].concat();
    let settings = [&[("allow_local", "true")], settings].concat();
    let connector = open_with(&webhook::vendor(), &secrets, &settings).unwrap();
    connector.notices.expect("it passes notices on").send(&notice()).await
}

/// What went wrong, shown to say nothing of the address.
fn failed(result: Result<()>, why: &str) -> Error {
    let Err(error) = result else { panic!("this must fail: {why}") };
    let shown = format!("{error} {error:?} {}", error.remedy());
    assert!(!shown.contains(PART) && !shown.contains("/v2"), "{why}: the address is a credential: {shown}");
    error
}

#[tokio::test]
async fn the_generic_form_is_json_and_its_signature_can_be_checked() {
    let server = answering(204, &[], "").await;
    post(&server, &[("signing_key", "k3y")], &[]).await.unwrap();
    let asked = server.asked().remove(0);
    assert_eq!(asked.query["sig"], PART, "a secret in the query arrives");
    let at = "2026-09-25T14:00:00.000Z";
    let expected = json!({
        "id": notice().id, "severity": "urgent", "subject": notice().subject, "body": notice().body, "at": at
    });
    assert_eq!(asked.body, expected, "these fields and no more leave the machine");
    let mut mac = Hmac::<Sha256>::new_from_slice(b"k3y").unwrap();
    mac.update(&asked.bytes);
    let expected = format!("sha256={}", hex::encode(mac.finalize().into_bytes()));
    assert_eq!(asked.headers[SIGNATURE], expected.as_str(), "the receiver can tell us from others");
    assert!(!asked.headers.contains_key("authorization"), "the address is the only credential");

    post(&server, &[], &[]).await.unwrap();
    assert!(!server.asked()[1].headers.contains_key(SIGNATURE), "without a key there is none");
}

#[tokio::test]
async fn slack_gets_one_text() {
    let server = answering(200, &[], "ok").await;
    post(&server, &[], &[("form", "slack")]).await.unwrap();
    let expected = json!({ "text": format!("*{}*\n{}", notice().subject, notice().body) });
    assert_eq!(server.asked()[0].body, expected, "as Slack's incoming webhooks take it");
}

#[tokio::test]
async fn a_refusal_is_told_without_the_address_and_nothing_is_posted_twice() {
    for (status, body, kind, told) in [
        (500, "", "unavailable", "500"),
        (404, "no_service", "not_found", "no_service"),
        (403, "invalid token T0B1xyzzy", "forbidden", "403"),
        (400, "POST /v2/T0B1xyzzy?sig=T0B1xyzzy", "unsupported", "400"),
    ] {
        let server = answering(status, &[], body).await;
        let error = failed(post(&server, &[], &[]).await, body);
        assert_eq!(error.kind().as_str(), kind, "{status} decides what the engine does next");
        assert!(error.to_string().contains(told), "{status}: what was answered helps: {error}");
        assert_eq!(server.asked().len(), 1, "{status}: another attempt is the engine's");
    }
    let server = answering(429, &[("retry-after", "90")], "").await;
    let error = failed(post(&server, &[], &[]).await, "too many");
    assert!(matches!(error.kind(), Kind::RateLimited { .. }), "it says when to come back: {error}");
}

#[tokio::test]
async fn a_redirect_is_not_followed_and_no_one_there_is_told() {
    let elsewhere = answering(200, &[], "ok").await;
    let target = format!("{}/{PART}", elsewhere.base_url);
    let server = Server::start(move |_| with(307, &[("location", target.as_str())], String::new())).await;
    let error = failed(post(&server, &[], &[]).await, "it points elsewhere");
    assert_eq!(error.kind(), &Kind::Setting, "only a person can tell whether that is right");
    assert!(elsewhere.asked().is_empty(), "neither notice nor signature goes to another host");

    let closed = Server::start(|_| with(200, &[], String::new())).await;
    let url = closed.base_url.clone();
    drop(closed);
    let url = format!("{url}/{PART}");
    let sink = open_with(&webhook::vendor(), &[("url", &url)], &[("allow_local", "true")]).unwrap();
    let error = failed(sink.notices.unwrap().send(&notice()).await, "nobody listens");
    assert_eq!(error.kind(), &Kind::Unavailable, "it may come back");
}

#[test]
fn what_cannot_be_used_is_told_when_it_is_set() {
    for (secrets, settings, word) in [
        (&[("url", "http://hooks.example.com/T0B1xyzzy")][..], &[][..], "http"),
        (&[("url", "https://127.0.0.1/T0B1xyzzy")], &[], "127.0.0.1"),
        (&[("url", "T0B1xyzzy")], &[], "url"),
        (&[], &[], "url"),
        (&[("url", "https://hooks.example.com/T0B1xyzzy")], &[("form", "teams")], "form"),
        (
            &[("url", "https://hooks.example.com/T0B1xyzzy"), ("signing_key", "k")],
            &[("form", "slack")],
            "signing_key",
        ),
    ] {
        let opened = open_with(&webhook::vendor(), secrets, settings);
        let error = failed(opened.map(drop), word);
        assert_eq!(error.kind(), &Kind::Setting, "{secrets:?} {settings:?}: the operator has to fix it");
        assert!(error.to_string().contains(word), "{word} is named: {error}");
    }
    let url = [("url", "https://hooks.example.com/services/T0B1xyzzy")];
    let connector = open_with(&webhook::vendor(), &url, &[]).unwrap();
    assert_eq!(connector.tenant, "hooks.example.com", "a list of connections shows the host and no more");
}
