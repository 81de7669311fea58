//! A write is sent once, whatever happens.

use lockstep_connectors::vendors::sim::{self, Fault, GRANT_LAG_S, Op, Outcome, Times};
use lockstep_connectors::{Clock, Kind};
use lockstep_domain::access::{Presence, Wish};
use lockstep_domain::digest::Digest;

use super::connectors::sim_world;
use super::network::half_an_answer;
use super::scim_server::{Manner, ScimServer};
use super::server::{Asked, Server, scim, scim_error, with};
use super::suite::order;
use super::support::{clock, failed, open, open_scim, start};

fn disable() -> lockstep_connectors::Order {
    order("u1", Wish::Disabled, Some("replace_object".into()))
}

#[tokio::test]
async fn a_refused_write_is_told_and_never_repeated() {
    type Answer = fn(&Asked) -> axum::response::Response;
    let cases: [(&str, Answer, &str); 9] = [
        ("400", |_| scim_error(400, "invalidSyntax"), "unsupported"),
        ("401", |_| scim_error(401, "expired"), "auth"),
        ("403", |_| scim_error(403, "read-only token"), "forbidden"),
        ("404", |_| scim_error(404, "gone"), "not_found"),
        ("409", |_| scim_error(409, "managed elsewhere"), "conflict"),
        ("412", |_| scim_error(412, "stale"), "conflict"),
        ("429", |_| with(429, &[("retry-after", "1")], String::new()), "rate_limited"),
        ("503", |_| with(503, &[("retry-after", "1")], String::new()), "unavailable"),
        ("a redirect", |_| with(307, &[("location", "/v2/elsewhere")], String::new()), "setting"),
    ];
    for (name, answer, kind) in cases {
        let server = Server::start(move |asked| match asked.method.as_str() {
            "GET" => scim_error(404, "no discovery"),
            _ => answer(asked),
        })
        .await;
        let connector = open_scim(&server.base_url, &clock(), &[]);
        let error = failed(connector.access.as_ref().unwrap().apply(&disable()).await, name);
        assert_eq!(error.kind().as_str(), kind, "{name} decides what the engine does next");
        assert_eq!(server.writes().len(), 1, "{name}: a repeat is the engine's, with an intent of its own");
    }
}

#[tokio::test]
async fn a_write_whose_answer_is_lost_has_an_unknown_outcome() {
    // Discovery would be read first; the server breaks off everything, so the write is sent at the door.
    let server = Server::raw(half_an_answer).await;
    let options = lockstep_connectors::api::ApiOptions {
        allow_local: true,
        ..lockstep_connectors::api::ApiOptions::default()
    };
    let auth = lockstep_connectors::api::Auth::Bearer(zeroize::Zeroizing::new("t-0-k".into()));
    let pace = lockstep_connectors::Pace { parallel: 1, per_second: 100 };
    let api = lockstep_connectors::api::Api::new(&server.base_url, auth, pace, clock(), options).unwrap();
    let write = lockstep_connectors::api::Write {
        method: &reqwest::Method::PATCH,
        segments: &["Users", "u1"],
        query: &[],
        body: None,
        if_match: None,
    };
    let error = failed(api.send(write).await, "half an answer");
    assert_eq!(error.kind(), &Kind::Unavailable, "neither done nor failed");
    assert!(error.to_string().contains("unknown"), "people must read it so, too: {error}");
    assert_eq!(server.asked().len(), 1, "it was sent once");

    drop(server);
    let closed = open_scim("http://127.0.0.1:9/v2", &clock(), &[]);
    let error = failed(closed.access.as_ref().unwrap().apply(&disable()).await, "nobody listens");
    assert_eq!(error.kind(), &Kind::Unavailable, "it may come back: {error}");
}

#[tokio::test]
async fn a_receipt_holds_what_the_vendor_gave() {
    let server = ScimServer::start(Manner::default()).await;
    let connector = open_scim(&server.server.base_url, &clock(), &[]);
    let receipt = connector.access.as_ref().unwrap().apply(&disable()).await.expect("a good write");
    assert_eq!(receipt.status, "204", "what the vendor answered");
    assert_eq!(receipt.request_id.as_deref(), Some("r-1"), "the vendor's support asks for it");
    assert_eq!(receipt.body_sha256, Digest::of(b""), "of the body's bytes, here none");
    assert!(receipt.at >= start(), "by our clock");

    let body = serde_json::json!({"id": "u1", "active": false});
    let text = body.to_string();
    let server = Server::start(move |asked| match asked.method.as_str() {
        "GET" => scim_error(404, "no discovery"),
        _ => scim(200, &body),
    })
    .await;
    let connector = open_scim(&server.base_url, &clock(), &[]);
    let receipt = connector.access.as_ref().unwrap().apply(&disable()).await.expect("a good write");
    assert_eq!(receipt.body_sha256, Digest::of(text.as_bytes()), "the evidence binds the very answer");
}

#[tokio::test]
async fn the_simulated_vendor_counts_and_tells_what_each_write_did() {
    let (world, clock) = (sim_world(), clock());
    let connector = open(&sim::vendor(world.clone()), &clock, "", &[]).unwrap();
    let access = connector.access.as_ref().unwrap();
    let disable = order("u1", Wish::Disabled, None);
    for (fault, told, did, enabled) in [
        (Fault::Refused(Kind::Forbidden), Some(Kind::Forbidden), Outcome::Refused, true),
        (Fault::Ignored, None, Outcome::Ignored, true),
        (Fault::Delayed(std::time::Duration::from_secs(90)), None, Outcome::Acted, false),
        (Fault::AnswerLost, Some(Kind::Unavailable), Outcome::Acted, false),
    ] {
        world.edit(|state| state.accounts.get_mut("u1").unwrap().enabled = true);
        world.fail_for(Op::Apply, "u1", fault.clone(), Times::Once);
        let before = world.writes().len();
        let answer = access.apply(&disable).await.err().map(|e| e.kind().clone());
        assert_eq!(answer, told, "{fault:?}: what the caller is told");
        let written = world.writes();
        assert_eq!(written.len(), before + 1, "{fault:?}: every write that arrives is counted");
        assert_eq!(written[before].outcome, did, "{fault:?}: with what it did");
        assert_eq!(world.truth().accounts["u1"].enabled, enabled, "{fault:?}: and that is so");
    }
    assert_eq!(clock.now(), start() + chrono::TimeDelta::seconds(90), "the delay passed on the clock");
    assert_eq!(world.write_count("u1", &Wish::Disabled), 4, "by account and wish");
    assert_eq!(world.write_count("u2", &Wish::Disabled), 0, "and no other");
    access.apply(&disable).await.expect("a fault that struck once is over");
}

#[tokio::test]
async fn a_lagging_removal_is_true_at_once_and_shown_later() {
    let (world, clock) = (sim_world(), clock());
    let connector = open(&sim::vendor(world.clone()), &clock, "", &[]).unwrap();
    let access = connector.access.as_ref().unwrap();
    access.apply(&order("u1", Wish::GrantAbsent { entitlement: "g1".into() }, None)).await.expect("taken");
    assert!(!world.truth().accounts["u1"].groups.contains("g1"), "the truth changes at once");
    for (pass, shown) in [(0, true), (GRANT_LAG_S - 1, true), (1, false)] {
        clock.advance(std::time::Duration::from_secs(pass.into()));
        let Presence::Present(facts) = access.observe("u1").await.unwrap().presence else { panic!("there") };
        assert_eq!(facts.grants.unwrap().contains("g1"), shown, "until the lag is over, reads show the past");
    }
}
