//! Bad days of the network and of servers, through a whole connector: a clear error, nothing believed,
//! nothing waited for on the real clock but a timeout of a second.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use chrono::TimeDelta;
use lockstep_connectors::api::{Api, ApiOptions, Auth};
use lockstep_connectors::vendors::scim;
use lockstep_connectors::{Clock, Kind, Pace, SystemClock};
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use zeroize::Zeroizing;

use super::scim_server::{Manner, ScimServer};
use super::server::{Server, scim_error, scim_list, with};
use super::support::{TOKEN, clock, failed, open, open_scim, read_all, start};

/// A server that answers `/Users` in this way the first time, and well after that; it offers no groups.
async fn first(answer: impl Fn() -> axum::response::Response + Send + Sync + 'static) -> Server {
    let calls = AtomicUsize::new(0);
    Server::start(move |asked| match asked.path.as_str() {
        "/Users" if calls.fetch_add(1, Ordering::Relaxed) == 0 => answer(),
        "/Users" => scim_list(1, &[json!({"id": "u1", "userName": "kim"})]),
        _ => scim_error(404, "not offered"),
    })
    .await
}

/// A server that always answers in this way.
async fn always(answer: impl Fn() -> axum::response::Response + Send + Sync + 'static) -> Server {
    Server::start(move |_| answer()).await
}

#[tokio::test]
async fn a_refused_token_is_told_at_once() {
    let server = ScimServer::start(Manner::default()).await;
    let settings = [("base_url", server.server.base_url.as_str()), ("allow_local", "true")];
    let connector = open(&scim::vendor(), &clock(), "wr0ng-token", &settings).unwrap();
    let error = failed(connector.accounts.as_ref().unwrap().probe().await, "the token is wrong");
    assert_eq!(error.kind(), &Kind::Auth, "only a person can make a new token");
    assert!(!format!("{error} {error:?}").contains("wr0ng-token"), "the server's echo is masked: {error}");
    assert_eq!(server.server.asked().len(), 1, "asking again with a wrong token can lock an account");
}

#[tokio::test]
async fn a_base_url_that_leads_elsewhere_is_told() {
    let page = "<!doctype html><title>Sign in\u{1b}[2J</title>";
    let html = always(move || with(200, &[("content-type", "text/html")], page.into())).await;
    let connector = open_scim(&html.base_url, &clock(), &[]);
    let error = failed(read_all(connector.accounts.as_deref().unwrap()).await, "a web page is no list");
    assert_eq!(error.kind(), &Kind::Malformed, "a web page is not SCIM");
    assert!(error.to_string().contains("<!doctype html>"), "seeing its start, people understand: {error}");

    let nothing = always(|| with(404, &[], String::new())).await;
    let connector = open_scim(&nothing.base_url, &clock(), &[]);
    let error = failed(connector.accounts.as_ref().unwrap().probe().await, "no such path");
    assert_eq!(error.kind(), &Kind::NotFound, "the path is wrong");
    assert!(error.remedy().contains("base URL"), "so the remedy names it: {}", error.remedy());

    let closed = nothing.base_url.clone();
    drop(nothing);
    let clock = clock();
    let connector = open_scim(&closed, &clock, &[]);
    let error = failed(connector.accounts.as_ref().unwrap().probe().await, "nobody listens");
    assert_eq!(error.kind(), &Kind::Unavailable, "it may come back");
    assert!(clock.now() > start() + TimeDelta::seconds(1), "a restart is waited for");
}

#[tokio::test]
async fn plain_http_and_addresses_inside_need_the_operators_word() {
    let server = ScimServer::start(Manner::default()).await;
    let port = server.server.base_url.rsplit(':').next().unwrap().trim_end_matches("/v2").to_owned();
    for url in [
        format!("http://127.0.0.1:{port}/v2"),
        format!("http://localhost:{port}/v2"),
        format!("https://127.0.0.1:{port}/v2"),
    ] {
        let error = failed(open(&scim::vendor(), &clock(), TOKEN, &[("base_url", &url)]), "not allowed");
        assert_eq!(error.kind(), &Kind::Setting, "{url}: the operator decides");
    }
    // A name is judged when it is resolved, which no test of the text can do.
    let url = format!("https://localhost:{port}/v2");
    let connector = open(&scim::vendor(), &clock(), TOKEN, &[("base_url", &url)]).unwrap();
    let error = failed(connector.accounts.as_ref().unwrap().probe().await, "the name leads inside");
    assert_eq!(error.kind(), &Kind::Setting, "{error}");
    assert!(error.remedy().contains("allow_local"), "the way is told: {}", error.remedy());
    assert!(server.server.asked().is_empty(), "and the secret went nowhere");
}

#[tokio::test]
async fn a_redirect_to_another_host_gets_no_secret() {
    let thief = always(|| scim_list(0, &[])).await;
    let target = thief.base_url.replace("127.0.0.1", "localhost");
    for location in
        [format!("{target}/Users"), format!("//{}/x", &target[7..]), "https://127.0.0.1/v2".into()]
    {
        let there = location.clone();
        let server = always(move || with(307, &[("location", &there)], String::new())).await;
        let connector = open_scim(&server.base_url, &clock(), &[]);
        let error = failed(connector.accounts.as_ref().unwrap().probe().await, "another place");
        assert_eq!(error.kind(), &Kind::Setting, "{location}: a person has to decide");
        let host = if location.contains("localhost") { "localhost" } else { "https://127.0.0.1" };
        assert!(error.to_string().contains(host), "{location}: and has to see where: {error}");
    }
    assert!(thief.asked().is_empty(), "the other host never saw a request");
}

#[tokio::test]
async fn a_redirect_within_the_server_is_followed_but_not_for_ever() {
    let server = Server::start(|asked| match asked.path.as_str() {
        "/Users" => with(308, &[("location", "/v2/Users/")], String::new()),
        "/Users/" => scim_list(7, &[]),
        _ => scim_error(404, "no"),
    })
    .await;
    let connector = open_scim(&server.base_url, &clock(), &[]);
    let probe = connector.accounts.as_ref().unwrap().probe().await.expect("a slash more is harmless");
    assert!(probe.summary.contains("7 users"), "the answer is that of the target: {}", probe.summary);

    let circle = always(|| with(302, &[("location", "/v2/Users")], String::new())).await;
    let connector = open_scim(&circle.base_url, &clock(), &[]);
    let error = failed(connector.accounts.as_ref().unwrap().probe().await, "a circle");
    assert_eq!(error.kind(), &Kind::Malformed, "{error}");
    assert_eq!(circle.asked().len(), 4, "three redirects are enough");
}

#[tokio::test]
async fn an_answer_with_a_10_mb_field_is_not_swallowed() {
    let fat = "x".repeat(10 * 1024 * 1024);
    let server = always(move || scim_list(1, &[json!({"id": "u1", "userName": fat})])).await;
    let connector = open_scim(&server.base_url, &clock(), &[]);
    let error = failed(connector.accounts.as_ref().unwrap().probe().await, "too large");
    assert_eq!(error.kind(), &Kind::Malformed, "{error}");
    assert!(error.to_string().contains("8 MiB"), "the limit is told: {error}");
    assert_eq!(server.asked().len(), 1, "asking for it again would not make it smaller");
}

#[tokio::test]
async fn garbage_is_told_with_its_beginning() {
    for garbage in ["{\"totalResults\": 1,", "\u{0}\u{1}\u{2}", "", "NaN", "{\"totalResults\":1}}"] {
        let server = always(move || with(200, &[("content-type", "application/json")], garbage.into())).await;
        let connector = open_scim(&server.base_url, &clock(), &[]);
        let error = failed(connector.accounts.as_ref().unwrap().probe().await, "no JSON");
        assert_eq!(error.kind(), &Kind::Malformed, "{garbage:?}: {error}");
    }
    let deep = "[".repeat(100_000);
    let server = always(move || with(200, &[("content-type", "application/json")], deep.clone())).await;
    let connector = open_scim(&server.base_url, &clock(), &[]);
    let error = failed(connector.accounts.as_ref().unwrap().probe().await, "a bomb");
    assert_eq!(error.kind(), &Kind::Malformed, "nesting must not exhaust the stack");
    assert!(error.to_string().len() < 400, "nor flood the log");
}

#[tokio::test]
async fn a_server_that_stalls_costs_one_timeout() {
    let server = Server::raw(|mut stream| async move {
        let mut request = [0; 4096];
        while stream.read(&mut request).await.is_ok_and(|n| n > 0) {}
    })
    .await;
    let connector = open_scim(&server.base_url, &clock(), &[("timeout_seconds", "1")]);
    let error = failed(connector.accounts.as_ref().unwrap().probe().await, "no answer");
    assert_eq!(error.kind(), &Kind::Unavailable, "it may come back");
    assert!(error.to_string().contains("in time"), "a person sees why: {error}");
    assert_eq!(server.asked().len(), 1, "four timeouts in a row would hold up everybody");
}

#[tokio::test]
async fn a_server_that_dribbles_is_given_up() {
    let server = Server::raw(|mut stream| async move {
        let head = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 100000\r\n\r\n";
        let mut sent = stream.write_all(head.as_bytes()).await;
        while sent.is_ok() {
            SystemClock.sleep(Duration::from_millis(20)).await;
            sent = stream.write_all(b" ").await;
        }
    })
    .await;
    let options = ApiOptions {
        allow_local: true,
        read_timeout: Duration::from_secs(30),
        total_timeout: Duration::from_millis(300),
        ..ApiOptions::default()
    };
    let error = failed(api(&server.base_url, options).get(&["Users"], &[]).await, "a byte now and then");
    assert_eq!(error.kind(), &Kind::Unavailable, "busy is not the same as answering: {error}");
}

fn api(base_url: &str, options: ApiOptions) -> Api {
    let auth = Auth::Bearer(Zeroizing::new(TOKEN.into()));
    Api::new(base_url, auth, Pace { parallel: 1, per_second: 100 }, clock(), options).unwrap()
}

#[tokio::test]
async fn too_many_requests_are_waited_out_as_asked() {
    for (retry_after, least) in [("7", 7), ("Fri, 25 Sep 2026 14:00:20 GMT", 20)] {
        let server = first(move || with(429, &[("retry-after", retry_after)], String::new())).await;
        let clock = clock();
        let connector = open_scim(&server.base_url, &clock, &[]);
        let probe = connector.accounts.as_ref().unwrap().probe().await.expect("the second try is answered");
        assert!(probe.summary.contains("1 users"), "by the good answer: {}", probe.summary);
        let waited = (clock.now() - start()).num_seconds();
        assert!(
            (least - 1..least + 5).contains(&waited),
            "{retry_after}: as long as asked, no more: {waited}"
        );
    }
}

#[tokio::test]
async fn a_long_pause_is_the_engines_to_plan() {
    let server = always(|| with(429, &[("retry-after", "3600")], String::new())).await;
    let clock = clock();
    let connector = open_scim(&server.base_url, &clock, &[]);
    let error = failed(connector.accounts.as_ref().unwrap().probe().await, "an hour");
    let Kind::RateLimited { retry_at } = error.kind() else { panic!("it is about the limit: {error}") };
    let wait = (*retry_at - start()).num_seconds();
    assert!((3600..3605).contains(&wait), "the engine needs the instant: {wait}");
    assert_eq!(server.asked().len(), 1, "and nobody asked before it");
}

#[tokio::test]
async fn a_server_in_trouble_is_asked_again_a_few_times() {
    let server = first(|| scim_error(503, "restarting")).await;
    let connector = open_scim(&server.base_url, &clock(), &[]);
    connector.accounts.as_ref().unwrap().probe().await.expect("a restart is survived");

    let server = always(|| scim_error(503, "down\u{7}")).await;
    let clock = clock();
    let connector = open_scim(&server.base_url, &clock, &[]);
    let error = failed(connector.accounts.as_ref().unwrap().probe().await, "it stays down");
    assert_eq!(error.kind(), &Kind::Unavailable, "{error}");
    assert_eq!(server.asked().len(), 4, "one try and three more");
    assert!((clock.now() - start()).num_seconds() < 30, "a run cannot wait for ever");
}

pub(crate) async fn half_an_answer(mut stream: TcpStream) {
    assert!(stream.read(&mut [0; 4096]).await.is_ok_and(|n| n > 0), "a request came");
    let half =
        "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 500\r\n\r\n{\"totalResults\":";
    stream.write_all(half.as_bytes()).await.ok();
}

#[tokio::test]
async fn half_an_answer_is_no_answer() {
    let server = Server::raw(half_an_answer).await;
    let connector = open_scim(&server.base_url, &clock(), &[]);
    let error = failed(connector.accounts.as_ref().unwrap().probe().await, "cut in the middle");
    assert_eq!(error.kind(), &Kind::Unavailable, "the rest may have changed everything: {error}");
    assert_eq!(server.asked().len(), 4, "a broken read harms nobody, so it is repeated");
}

#[tokio::test]
async fn the_vendors_clock_is_compared_with_ours() {
    let date = "Fri, 25 Sep 2026 14:10:00 GMT";
    let dated =
        always(move || with(200, &[("date", date), ("content-type", "application/json")], "{}".into())).await;
    let options = || ApiOptions { allow_local: true, ..ApiOptions::default() };
    let api = api(&dated.base_url, options());
    assert_eq!(api.skew_s(), None, "nothing was heard yet");
    api.get(&["x"], &[]).await.expect("an answer");
    assert_eq!(api.skew_s(), Some(600), "ten minutes ahead: timers must not act");
}

#[tokio::test]
async fn debug_output_shows_no_secret() {
    let server = ScimServer::start(Manner::default()).await;
    let api =
        Arc::new(api(&server.server.base_url, ApiOptions { allow_local: true, ..ApiOptions::default() }));
    assert!(!format!("{api:?}").contains(TOKEN), "debug output ends up in logs");
}

#[tokio::test]
async fn a_tenant_is_host_port_and_path() {
    for (url, tenant) in [
        ("https://scim.example.com/v2/", "scim.example.com/v2"),
        ("https://SCIM.example.com", "scim.example.com"),
        ("https://scim.example.com:8443/t/1/v2", "scim.example.com:8443/t/1/v2"),
    ] {
        let connector = open(&scim::vendor(), &clock(), TOKEN, &[("base_url", url)]).unwrap();
        assert_eq!(connector.tenant, tenant, "two spellings of one tenant are one");
    }
}
