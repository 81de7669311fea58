//! The simulated BambooHR refuses what the vendor refuses, and shows dates as the vendor does.

#![cfg(test)]

use chrono::NaiveDate;
use lockstep_practice::vendors::bamboohr::API_KEY;
use lockstep_practice::{Case, Office, OfficeOptions, PracticeClock};
use serde_json::{Value, json};
use ureq::Agent;
use ureq::http::Request;

const JSON: &str = "application/json";

struct Ask<'a> {
    method: &'a str,
    path: &'a str,
    key: &'a str,
    accept: &'a str,
    content_type: &'a str,
    body: &'a str,
}

impl Default for Ask<'_> {
    fn default() -> Self {
        Self { method: "GET", path: "/", key: API_KEY, accept: JSON, content_type: "", body: "" }
    }
}

async fn ask(office: &Office, ask: Ask<'_>) -> (u16, String) {
    use base64::Engine as _;
    let key = base64::prelude::BASE64_STANDARD.encode(format!("{}:x", ask.key));
    let mut request = Request::builder()
        .method(ask.method)
        .uri(format!("{}{}", office.bamboohr.base_url, ask.path))
        .header("accept", ask.accept);
    if !ask.key.is_empty() {
        request = request.header("authorization", format!("Basic {key}"));
    }
    if !ask.content_type.is_empty() {
        request = request.header("content-type", ask.content_type);
    }
    let request = request.body(ask.body.to_owned()).unwrap();
    tokio::task::spawn_blocking(move || {
        let agent: Agent = Agent::config_builder().http_status_as_error(false).build().into();
        let mut answer = agent.run(request).unwrap();
        (answer.status().as_u16(), answer.body_mut().read_to_string().unwrap())
    })
    .await
    .unwrap()
}

async fn office() -> Office {
    // The evening of the 25th in Denver, where the company keeps its days; the 26th in Berlin.
    let clock = PracticeClock::manual("2026-09-26T01:00:00Z".parse().unwrap());
    Office::start(OfficeOptions::new(20, clock)).await.unwrap()
}

async fn one(office: &Office, number: u32) -> Value {
    let path = format!(
        "/api/v1/employees/{number}?fields=status,hireDate,terminationDate,employmentHistoryStatus&onlyCurrent=false"
    );
    let (status, body) = ask(office, Ask { path: &path, ..Ask::default() }).await;
    assert_eq!(status, 200, "{path}: {body}");
    serde_json::from_str(&body).unwrap()
}

#[tokio::test]
async fn what_the_vendor_refuses_is_refused() {
    let office = office().await;
    let report = "/api/v1/reports/custom?format=json";
    let body = r#"{"fields":["status"]}"#;
    let post = || Ask { method: "POST", path: report, content_type: JSON, body, ..Ask::default() };
    let get = |path| Ask { path, ..Ask::default() };
    for (asked, status, why) in [
        (get("/api/v1/meta/fields"), 200, "a good request"),
        (Ask { key: "", ..get("/api/v1/meta/fields") }, 401, "no key"),
        (Ask { key: "guess", ..get("/api/v1/meta/fields") }, 401, "a wrong key"),
        (get("/api/v1/employees"), 401, "the newer list takes OAuth only"),
        (get("/api/v1/nothing"), 404, "no such path"),
        (Ask { method: "DELETE", ..get("/api/v1/employees/1") }, 405, "no such method"),
        (get("/api/v1/employees/1?field=status"), 400, "a parameter that nobody knows"),
        (get("/api/v1/employees/99999"), 404, "nobody has this id"),
        (get("/api/v1/employees/1/tables/nothing"), 404, "no such table"),
        (get("/api/v1/employees/changed"), 400, "since is required"),
        (get("/api/v1/employees/changed?since=yesterday"), 400, "since is a time"),
        (get("/api/v1/employees/changed?since=2026-09-25T00:00:00%2B00:00&type=some"), 400, "no such type"),
        (post(), 200, "a good report"),
        (Ask { content_type: "application/json; charset=UTF-8", ..post() }, 400, "that is parsed as XML"),
        (Ask { path: "/api/v1/reports/custom", accept: "*/*", ..post() }, 404, "no format can be told"),
        (Ask { body: "{", ..post() }, 400, "broken JSON"),
    ] {
        let path = asked.path;
        assert_eq!(ask(&office, asked).await.0, status, "{why}: {path}");
    }
    let xml = ask(&office, Ask { accept: "*/*", ..get("/api/v1/meta/fields") }).await.1;
    assert!(xml.starts_with("<?xml"), "JSON comes only to those who ask for it: {xml}");
}

#[tokio::test]
async fn an_end_counts_when_its_day_is_over_in_the_company_or_at_once_when_it_is_entered_for_today() {
    let office = office().await;
    let hr = &office.bamboohr.vendor;
    let today = NaiveDate::from_ymd_opt(2026, 9, 25).unwrap();
    let ordinary: Vec<u32> = office.population.of(Case::Ordinary).map(|p| p.number).collect();

    hr.terminate(ordinary[0], today.succ_opt().unwrap(), "Resignation (Voluntary)");
    let planned = one(&office, ordinary[0]).await;
    assert_eq!(planned["status"], "Active", "in notice, nothing is switched off");
    assert_eq!(
        planned["terminationDate"], "2026-09-26",
        "but the date is told to those who ask for what is to come"
    );
    office.clock.set("2026-09-27T05:59:00Z".parse().unwrap());
    assert_eq!(one(&office, ordinary[0]).await["status"], "Active", "23:59 in Denver: not over");
    office.clock.set("2026-09-27T06:00:00Z".parse().unwrap());
    assert_eq!(
        one(&office, ordinary[0]).await["status"],
        "Inactive",
        "the day is over in the company's zone"
    );

    office.clock.set("2026-09-26T01:00:00Z".parse().unwrap());
    hr.terminate(ordinary[1], today, "Termination (Involuntary)");
    assert_eq!(one(&office, ordinary[1]).await["status"], "Inactive", "entered for today: over at once");
}

#[tokio::test]
async fn a_field_that_the_key_may_not_see_is_left_out_without_a_word() {
    let office = office().await;
    office.bamboohr.vendor.hide("terminationDate");
    assert_eq!(one(&office, 1).await.get("terminationDate"), None, "left out of a record");
    let body = json!({"fields": ["status", "terminationDate"]}).to_string();
    let path = "/api/v1/reports/custom?format=json";
    let (status, text) =
        ask(&office, Ask { method: "POST", path, content_type: JSON, body: &body, ..Ask::default() }).await;
    assert!(status == 200 && !text.contains("terminationDate"), "left out of a report: {status} {text}");
}

#[tokio::test]
async fn only_those_who_changed_are_told_and_nobody_at_all_is_an_empty_list() {
    let office = office().await;
    let path = "/api/v1/employees/changed?since=2026-09-26T00:00:00%2B00:00";
    let (_, none) = ask(&office, Ask { path, ..Ask::default() }).await;
    assert_eq!(serde_json::from_str::<Value>(&none).unwrap()["employees"], json!([]), "not {{}}: {none}");
    office.bamboohr.vendor.delete(19);
    office.bamboohr.vendor.edit(20, |e| e.person.job_title = "Other".into());
    let (_, some) = ask(&office, Ask { path, ..Ask::default() }).await;
    let some: Value = serde_json::from_str(&some).unwrap();
    assert_eq!(some["employees"]["19"]["action"], "Deleted", "{some}");
    assert_eq!(some["employees"]["20"]["action"], "Updated", "{some}");
    assert_eq!(some["latest"], "2026-09-26T01:00:00+00:00", "the next place to ask from");
}
