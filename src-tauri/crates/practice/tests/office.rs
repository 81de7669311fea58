//! The practice company from outside, as a program under test sees it.

#![cfg(test)]

use std::time::{Duration, Instant};

use lockstep_practice::{Fault, Office, OfficeOptions, PracticeClock};
use ureq::Agent;

const PATH: &str = "/api/v1/meta/tables";

async fn office() -> Office {
    let clock = PracticeClock::manual("2026-09-25T14:00:00Z".parse().unwrap());
    Office::start(OfficeOptions::new(20, clock)).await.unwrap()
}

/// Status and body, or how the connection failed.
async fn get(url: String) -> Result<(u16, String), String> {
    tokio::task::spawn_blocking(move || {
        let agent: Agent = Agent::config_builder().http_status_as_error(false).build().into();
        let mut answer = agent
            .get(url)
            .header("authorization", "Basic cHJhY3RpY2UtYmFtYm9vaHIta2V5Ong=")
            .header("accept", "application/json")
            .call()
            .map_err(|e| e.to_string())?;
        let body = answer.body_mut().read_to_string().map_err(|e| e.to_string())?;
        Ok((answer.status().as_u16(), body))
    })
    .await
    .unwrap()
}

#[tokio::test]
async fn every_fault_is_what_a_caller_meets() {
    let office = office().await;
    let (vendor, url) = (&office.bamboohr, format!("{}{PATH}", office.bamboohr.base_url));
    let (status, whole) = get(url.clone()).await.unwrap();
    assert_eq!(status, 200, "a good day comes first");

    vendor.faults.next(1, "GET /api/*", Fault::busy(503, 2));
    assert_eq!(get(url.clone()).await.unwrap().0, 503, "a status is answered in the vendor's place");
    for (fault, why) in [
        (Fault::Reset, "no answer at all"),
        (Fault::AnswerLost, "the vendor acted, and nobody hears of it"),
        (Fault::Truncated, "a promise of more bytes than come"),
    ] {
        vendor.faults.next(1, "* /*", fault);
        assert!(get(url.clone()).await.is_err(), "{why} must not look like an answer");
    }
    for fault in [Fault::Delay { millis: 60 }, Fault::Dribbled { millis: 2 }] {
        vendor.faults.next(1, "* /*", fault.clone());
        let begun = Instant::now();
        assert_eq!(get(url.clone()).await.unwrap(), (200, whole.clone()), "{fault:?} is slow, and whole");
        assert!(begun.elapsed() >= Duration::from_millis(60), "{fault:?} takes its time");
    }
    vendor.faults.next(1, "* /*", Fault::CredentialsExpired);
    assert_eq!(get(url.clone()).await.unwrap().0, 401, "in the vendor's own shape");
    assert_eq!(get(url).await.unwrap().0, 200, "a fault that is used up is over");

    let log = vendor.log.all();
    let unanswered = log.iter().filter(|e| e.status.is_none()).count();
    assert_eq!((log.len(), unanswered), (9, 2), "every request is told, the broken ones too: {log:?}");
}

#[tokio::test]
async fn the_control_address_moves_the_clock_and_sets_faults() {
    let office = office().await;
    let clock = format!("{}/clock", office.control_url);
    assert!(get(clock.clone()).await.unwrap().1.contains("2026-09-25T14:00:00Z"), "the practice time");
    office.clock.advance(Duration::from_hours(1));
    assert!(get(clock).await.unwrap().1.contains("15:00:00Z"), "moved for all");
    let log = format!("{}/log/nobody", office.control_url);
    assert_eq!(get(log).await.unwrap().0, 404, "a vendor that is not there is told");
}
