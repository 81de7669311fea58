//! Directories that refuse, lie, send without end or say nothing. HR and the other directory go on.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use lockstep_testkit::{Company, LONG_OVER, connect_directory};

use crate::{connection, leavers};

/// The most that a directory which says nothing may hold up a read, retries included: far less than the
/// 30 seconds that a request may be silent if nobody sets it.
const PATIENCE: Duration = Duration::from_secs(45);

/// A server that answers every request in the same way.
struct Fake {
    base_url: String,
    asked: Arc<AtomicUsize>,
}

impl Fake {
    fn answering(answer: impl Fn(&mut TcpStream) + Send + 'static) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let base_url = format!("http://{}/v2", listener.local_addr().unwrap());
        let asked = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&asked);
        // Ends with the test's process.
        thread::spawn(move || {
            for mut stream in listener.incoming().flatten() {
                count.fetch_add(1, Ordering::SeqCst);
                let mut request = [0; 8192];
                // One read holds a GET; whoever hangs up has had enough.
                if stream.read(&mut request).is_ok() {
                    answer(&mut stream);
                }
            }
        });
        Self { base_url, asked }
    }

    fn with_json(body: String) -> Self {
        Self::answering(move |stream| send(stream, "200 OK", "Content-Type: application/json", &body))
    }
}

fn send(stream: &mut TcpStream, status: &str, header: &str, body: &str) {
    let length = body.len();
    let head =
        format!("HTTP/1.1 {status}\r\n{header}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n");
    // The client may hang up on a body that is too long for it.
    stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(body.as_bytes())).ok();
}

/// A page that promises far more than the one record in it.
fn page(id: &str, display_name: &str) -> String {
    format!(
        r#"{{"schemas":["urn:ietf:params:scim:api:messages:2.0:ListResponse"],"totalResults":1000000,
            "itemsPerPage":1,"startIndex":1,"Resources":[{{"id":"{id}","userName":"u{id}","active":true,
            "displayName":"{display_name}"}}]}}"#
    )
}

#[test]
fn a_bad_directory_is_marked_with_the_reason_and_the_others_go_on() {
    let company = Company::of(&["Kim", "Lee"]);
    company.hr_says(&[("Kim", "terminated", LONG_OVER)]);
    let good = company.server.base_url().to_owned();
    let elsewhere = Fake::with_json(page("1", "Kim"));
    let location = format!("Location: {}/Users", elsewhere.base_url);
    let redirect = Fake::answering(move |stream| send(stream, "302 Found", &location, ""));
    let garbage = Fake::with_json("{\"Resources\": [<html>".into());
    let repeating = Fake::with_json(page("1", "Kim"));
    let pages = AtomicUsize::new(0);
    let endless = Fake::answering(move |stream| {
        let id = pages.fetch_add(1, Ordering::SeqCst).to_string();
        send(stream, "200 OK", "Content-Type: application/json", &page(&id, "Kim"));
    });
    let huge = Fake::with_json(page("1", &"K".repeat(10 * 1024 * 1024)));
    let broken = Fake::answering(|stream| send(stream, "500 Internal Server Error", "X: y", "oops"));
    let nobody = TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap();

    for (what, base_url, token, words) in [
        ("a wrong token", good.clone(), "wrong", &["401"][..]),
        ("a wrong base URL", format!("{good}/nowhere"), company.server.token(), &["404"]),
        ("nobody there", format!("http://{nobody}/v2"), "any", &["127.0.0.1"]),
        ("a redirect to another host", redirect.base_url.clone(), "any", &["302", "base URL"]),
        ("garbage for JSON", garbage.base_url.clone(), "any", &["JSON"]),
        ("the same page for ever", repeating.base_url.clone(), "any", &["repeats"]),
        ("pages without end", endless.base_url.clone(), "any", &["page"]),
        ("a field of 10 MB", huge.base_url.clone(), "any", &["8"]),
        ("an error of its own", broken.base_url.clone(), "any", &["500"]),
    ] {
        let lockstep = company.lockstep.clone().with_env("TOKEN", token);
        connect_directory(&lockstep, "bad", &base_url).expect_code(0, "adding asks nobody");
        let output = lockstep.run(&["--json", "sync"]).expect_code(3, what);
        let sync = output.json();
        let bad = connection(&sync, "bad");
        let trouble = bad["trouble"].to_string();
        for word in words {
            assert!(trouble.contains(word), "{what} must be told by {word:?}: {trouble}");
        }
        assert!(trouble.len() < 2_000, "{what}: the server's own words must be kept short: {trouble:.300}");
        assert!(!output.stdout.contains(company.server.token()), "{what}: no secret in an answer:\n{output}");
        for other in ["hr", "directory"] {
            assert_eq!(connection(&sync, other)["complete"], true, "{what} must not disturb {other}: {sync}");
        }
        let list = lockstep.run(&["--json", "connection", "list"]).expect_code(0, "it is a list").json();
        let marked = list.as_array().into_iter().flatten().find(|one| one["name"] == "bad");
        assert!(marked.is_some_and(|one| one["trouble"].is_string()), "{what}: it must be marked: {list}");
        lockstep.run(&["connection", "remove", "bad", "--reason", what]).expect_code(0, "the next one comes");
    }
    assert_eq!(elsewhere.asked.load(Ordering::SeqCst), 0, "the token must never reach another host");
    assert_eq!(leavers(&company.lockstep), ["\"Kim Doe\""], "HR was read all the while");
}

#[test]
fn a_directory_that_says_nothing_is_given_up_in_the_time_that_was_set() {
    let company = Company::of(&["Kim"]);
    let silent = Fake::answering(|stream| {
        // Holds the line until the client hangs up.
        stream.read_to_end(&mut Vec::new()).ok();
    });
    connect_directory(&company.lockstep, "bad", &silent.base_url).expect_code(0, "adding asks nobody");
    let begun = Instant::now();
    let sync = company.lockstep.run(&["--json", "sync"]).expect_code(3, "one read is missing").json();
    assert!(begun.elapsed() < PATIENCE, "two seconds were set, but it took {:?}", begun.elapsed());
    assert!(!connection(&sync, "bad")["trouble"].to_string().is_empty(), "it must be marked: {sync}");
    assert_eq!(connection(&sync, "directory")["complete"], true, "the other one is read: {sync}");
}

#[test]
fn a_connection_that_would_leak_its_token_or_has_none_is_not_added() {
    let company = Company::of(&["Kim"]);
    let base_url = format!("base_url={}", company.server.base_url());
    for (what, args) in [
        ("plain http", &["--set", base_url.as_str(), "--secret", "token=env:TOKEN"][..]),
        ("no token", &["--set", base_url.as_str(), "--set", "allow_local=true"]),
        ("no URL", &["--set", "base_url=directory", "--secret", "token=env:TOKEN"]),
    ] {
        let add = ["connection", "add", "scim", "--name", "bad"];
        let output = company.lockstep.run(&[&add[..], args].concat()).expect_code(2, what);
        assert!(output.stderr.contains("remedy: "), "{what}: what to do must be said:\n{output}");
        let list =
            company.lockstep.run(&["--json", "connection", "list"]).expect_code(0, "it is a list").json();
        assert_eq!(list.as_array().map(Vec::len), Some(2), "{what}: nothing half made may stay: {list}");
    }
}
