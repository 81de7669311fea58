//! Vendors on their bad days: each delays only itself, and nothing final happens without evidence.

use std::collections::BTreeMap;
use std::time::Duration;

use lockstep_practice::Fault;
use lockstep_practice::vendors::openai::OpenAi;
use lockstep_testkit::{Practice, wait_for};

use super::{at_okta, begin_now, now, somebody, step, writes_about};

#[test]
fn a_throttling_directory_is_asked_again_when_it_said() {
    let practice = Practice::of(30);
    let person = somebody(&practice);
    let reset = practice.office.clock.now().timestamp() + 2;
    let headers = [("x-rate-limit-limit", 50), ("x-rate-limit-remaining", 0), ("x-rate-limit-reset", reset)];
    let headers: BTreeMap<String, String> =
        headers.into_iter().map(|(name, value)| (name.to_owned(), value.to_string())).collect();
    let body =
        r#"{"errorCode":"E0000047","errorSummary":"API call exceeded rate limit due to too many requests."}"#;
    let throttled = Fault::Status { status: 429, headers, body: body.into() };
    practice.office.okta.faults.next(1, "POST /api/v1/users/{id}/lifecycle/suspend", throttled);
    now(&practice, &person).expect_code(0, "patience is all that was asked for");
    assert_eq!(at_okta(&practice, &person).status, "SUSPENDED", "it is cut when the vendor lets us");
    let run = practice.run_of(&person).unwrap();
    assert_eq!(step(&run, "sign-in")["attempts"], 2, "refused once, then taken: {run:#}");
}

#[test]
fn a_token_that_expires_in_the_middle_is_replaced() {
    let practice = Practice::of(30);
    let person = somebody(&practice);
    practice.office.okta.faults.next(
        1,
        "POST /api/v1/users/{id}/lifecycle/suspend",
        Fault::CredentialsExpired,
    );
    let started = now(&practice, &person);
    let run = practice.run_of(&person).unwrap();
    if started.code != Some(0) {
        let id = run["id"].as_str().unwrap();
        practice.lockstep.run(&["run", "resume", id]).expect_code(0, "the next attempt has a new token");
    }
    assert_eq!(at_okta(&practice, &person).status, "SUSPENDED", "a stale token keeps nobody in");
}

#[test]
fn with_no_room_for_evidence_nothing_final_happens() {
    let practice = Practice::of(30);
    let person = practice.person(lockstep_practice::Case::Admin);
    let vault = practice.home.lockstep_dir().join("vault");
    std::fs::remove_dir_all(&vault).ok();
    std::fs::write(&vault, "in the way").unwrap();
    now(&practice, &person).expect_code(3, "somebody has to make room");
    assert_eq!(at_okta(&practice, &person).status, "SUSPENDED", "containment waits for no document");
    let tokens = || practice.office.okta.vendor.truth().api_tokens;
    let id = lockstep_practice::vendors::okta::user_id(person.number);
    assert!(tokens().values().any(|owner| *owner == id), "the token that cannot come back is still there");
    std::fs::remove_file(&vault).unwrap();
    let run = practice.run_of(&person).unwrap();
    let resumed = practice.lockstep.run(&["run", "resume", run["id"].as_str().unwrap()]);
    assert!(!tokens().values().any(|owner| *owner == id), "with evidence stored it goes:\n{resumed}");
    assert!(
        !writes_about(&practice, &person).iter().any(|w| w == "DELETE /api/v1/users/ID"),
        "and the account stays"
    );
}

#[test]
fn with_openai_down_sign_in_is_blocked_and_the_case_stays_open() {
    let mut practice = Practice::of(30);
    let person = somebody(&practice);
    let member = OpenAi::id_of(person.number);
    assert!(!practice.office.openai.vendor.keys_of(&member).is_empty(), "it is about somebody with keys");
    practice.confirm_links(&person);
    practice.office.openai.faults.always("* /*", Fault::status(503));
    let start = begin_now(&practice, &person);
    let dark = || (at_okta(&practice, &person).status == "SUSPENDED").then_some(());
    assert!(wait_for(Duration::from_secs(60), dark).is_some(), "one dead vendor shields nobody");
    practice.pass(Duration::from_mins(10)); // nobody waits for ever at the keyboard
    let started = start.wait();
    let run = practice.run_of(&person).unwrap();
    assert_ne!(run["standing"], "closed", "it is not called done:\n{started}");
    assert!(!practice.office.openai.vendor.keys_of(&member).is_empty(), "nothing could be done there");
    practice.office.openai.faults.clear();
    practice.pass(Duration::from_mins(10));
    let id = run["id"].as_str().unwrap();
    practice.lockstep.run(&["run", "resume", id]).expect_code(0, "it goes on when the vendor is back");
    assert!(practice.office.openai.vendor.keys_of(&member).is_empty(), "keys go once evidence is stored");
    assert!(practice.office.openai.vendor.members().iter().all(|m| m.id != member), "and then the member");
}
