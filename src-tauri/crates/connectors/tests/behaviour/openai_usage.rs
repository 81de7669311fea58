//! Reading use from the simulated OpenAI.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};
use lockstep_connectors::{Connector, Kind, Result, UsageSource};
use lockstep_domain::activity::UsageRecord;
use lockstep_practice::Fault;
use lockstep_practice::population::Case;
use lockstep_practice::vendors::openai::Manner;
use tokio::sync::mpsc;

use super::openai::Organisation;
use super::support::{failed, start};

async fn used(connector: &Connector, from: DateTime<Utc>, until: DateTime<Utc>) -> Result<Vec<UsageRecord>> {
    let source = connector.usage.as_ref().expect("it tells use");
    let (out, mut pages) = mpsc::channel(1);
    let collect = async {
        let mut all: Vec<UsageRecord> = Vec::new();
        while let Some(page) = pages.recv().await {
            all.extend(page);
        }
        all
    };
    let (read, mut all) = tokio::join!(source.read_usage(from, until, out), collect);
    all.sort_by_key(|r| (r.hour, r.credential_remote_id.clone(), r.model.clone()));
    read.map(|()| all)
}

fn days_ago(days: i64) -> DateTime<Utc> {
    start() - TimeDelta::days(days)
}

#[tokio::test]
async fn two_weeks_are_told_by_member_key_model_and_hour_in_either_form() {
    let organisation = Organisation::start().await;
    let plain = used(&organisation.open(&[]), days_ago(14), start()).await.expect("it can be read");
    let requests = organisation.server.log.of("GET", "/v1/organization/usage/completions");
    assert_eq!(requests.len(), 2, "336 hours are two pages of a week: {requests:?}");
    assert!(plain.len() > 100, "the company uses it: {}", plain.len());

    let leaver = organisation.id(Case::LeavesToday);
    let by_key: BTreeMap<Option<&str>, u64> = plain
        .iter()
        .filter(|r| r.account_remote_id.as_deref() == Some(&leaver))
        .fold(BTreeMap::new(), |mut sums, r| {
            *sums.entry(r.credential_remote_id.as_deref()).or_default() += r.requests;
            sums
        });
    assert_eq!(by_key.len(), 2, "told by the very ids that the keys are listed under: {by_key:?}");
    let number = organisation.population.one(Case::LeavesToday).unwrap().number;
    let key = format!("project/proj_default/key_{number}_1");
    assert!(by_key.contains_key(&Some(key.as_str())), "so that use and key are found together");
    assert!(
        plain.iter().any(|r| r.account_remote_id.is_none() && r.credential_remote_id.is_some()),
        "a program's use has a key and nobody's name"
    );
    for record in &plain {
        assert_eq!(record.hour.timestamp() % 3600, 0, "hours begin on the hour");
        assert!((days_ago(14)..start()).contains(&record.hour), "nothing from outside the span");
        assert_eq!(record.input_tokens, record.requests * 1200, "tokens and requests belong together");
    }

    organisation.server.vendor.behave(Manner { brackets: true, ..Manner::default() });
    let bracketed = used(&organisation.open(&[]), days_ago(14), start()).await.expect("the other form");
    assert_eq!(bracketed, plain, "a server that overlooks the plain form must not mix everybody's use");
}

#[tokio::test]
async fn an_unfinished_hour_is_not_told_and_trouble_is_no_silence() {
    let organisation = Organisation::start().await;
    let half_past = start() + TimeDelta::minutes(30);
    organisation.clock.set(half_past);
    let told = used(&organisation.open(&[]), start() - TimeDelta::hours(30), half_past).await.unwrap();
    assert!(told.iter().all(|r| r.hour < start()), "half an hour is no hour");
    assert_eq!(used(&organisation.open(&[]), start(), start()).await.unwrap(), [], "an empty span is empty");

    for (fault, kind) in [
        (Fault::status(403), "forbidden"),
        (Fault::status(500), "unavailable"),
        (Fault::busy(429, 600), "rate_limited"),
    ] {
        let organisation = Organisation::start().await;
        organisation.server.faults.always("GET /v1/organization/usage/embeddings", fault.clone());
        let error = failed(used(&organisation.open(&[]), days_ago(1), start()).await, "one list is missing");
        assert_eq!(error.kind().as_str(), kind, "{fault:?}: half of the use is not the use: {error}");
    }
    let mixed = r#"{"object":"page","has_more":false,"next_page":null,"data":[{"object":"bucket",
        "start_time":1758808800,"end_time":1758812400,"results":[{"num_model_requests":5,"user_id":null}]}]}"#;
    let fault = Fault::Status {
        status: 200,
        headers: [("content-type".to_owned(), "application/json".to_owned())].into(),
        body: mixed.into(),
    };
    organisation.server.faults.always("GET /v1/organization/usage/{list}", fault);
    let error = failed(used(&organisation.open(&[]), days_ago(1), start()).await, "nobody's use");
    assert_eq!(error.kind(), &Kind::Malformed, "use that is nobody's cannot be told of anybody: {error}");
}

#[tokio::test]
async fn a_connection_that_is_told_not_to_reads_no_use() {
    let organisation = Organisation::start().await;
    assert!(organisation.open(&[("usage", "false")]).usage.is_none(), "the operator decides");
    let source: &dyn UsageSource = &*organisation.open(&[]).usage.unwrap();
    let (out, pages) = mpsc::channel(1);
    drop(pages);
    let error = failed(source.read_usage(days_ago(14), start(), out).await, "nobody listens");
    assert_eq!(error.kind(), &Kind::Unavailable, "a reader that went away ends the read");
}
