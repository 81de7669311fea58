//! What stops a start, and what lets it go on: dates, modes, and HR's second thoughts.

use std::fs;

use lockstep_testkit::{Company, FAR_AHEAD, LONG_OVER, Output, hr_export};
use serde_json::Value;

#[test]
fn a_leaver_to_be_is_left_alone_until_the_day_or_until_somebody_says_now() {
    let company = Company::of(&["Kim", "Lee"]);
    company.hr_says(&[("Kim", "active", FAR_AHEAD)]);
    company.lockstep.run(&["sync"]).expect_code(0, "a date to come is nothing wrong");
    company.let_it_act();
    let before = company.server.users();

    let refused = company.offboard(&["kim@acme.test"]).expect_code(3, "it is too early");
    assert_eq!(refusals(&refused), ["not_due"], "the reason must be named:\n{refused}");
    assert_eq!(company.server.users(), before, "a refused start must not touch anybody's account");
    assert_eq!(runs(&company), 0, "a refused start must leave no run");

    let now = ["kim@acme.test", "--now", "--reason", "dismissed today"];
    company.offboard(&now).expect_code(0, "an operator's explicit act may be earlier than HR");
    assert!(!company.may_sign_in("Kim"), "now means now");
    assert!(company.may_sign_in("Lee"), "and only for the one who was named");
}

#[test]
fn an_observed_system_is_not_written_to_until_its_mode_is_raised() {
    let company = Company::of(&["Kim", "Lee"]);
    company.hr_says(&[("Kim", "terminated", LONG_OVER)]);
    company.lockstep.run(&["sync"]).expect_code(0, "HR's file is whole");
    let before = company.server.users();

    let waiting = company.offboard(&["kim@acme.test"]).expect_code(3, "a step waits for a person");
    assert_eq!(company.server.users(), before, "observing means 0 writes:\n{waiting}");
    let run = &waiting.json()[0];
    assert_eq!(run["standing"], "needs_person", "who looks at the list must see it: {run}");
    let step = &run["steps"][0];
    assert!(
        step["remedy"].as_str().is_some_and(|remedy| remedy.contains("connection mode")),
        "the way out must be named: {step}"
    );

    company.let_it_act();
    assert!(company.may_sign_in("Kim"), "raising the mode alone starts nothing");
    let id = run["id"].as_str().unwrap();
    company.lockstep.run(&["run", "resume", id]).expect_code(0, "nothing is in the way now");
    assert!(!company.may_sign_in("Kim"), "the run goes on where it stopped");
    assert_eq!(runs(&company), 1, "it is the same run");
}

#[test]
fn a_rehire_or_a_withdrawn_termination_after_the_preview_stops_the_start() {
    let only_lee = hr_export(&[("Kim", "active", ""), ("Lee", "active", "")])
        .replace("\n0,E-0000,Kim", "\n7,E-0007,Eve");
    for (what, export) in [
        ("withdrawn", hr_export(&[("Kim", "active", ""), ("Lee", "active", "")])),
        ("postponed", hr_export(&[("Kim", "active", FAR_AHEAD), ("Lee", "active", "")])),
        ("gone from HR's file", only_lee),
    ] {
        let company = Company::of(&["Kim", "Lee"]);
        company.hr_says(&[("Kim", "terminated", LONG_OVER)]);
        company.lockstep.run(&["sync"]).expect_code(0, "HR's file is whole");
        company.let_it_act();
        let digest = company.digest(&["kim@acme.test"]);
        let before = company.server.users();
        company.home.write("people.csv", export);

        let refused = company.start(&["kim@acme.test"], &digest).expect_code(3, what);
        assert_eq!(refusals(&refused), ["hr_changed"], "{what}: the last look must see it:\n{refused}");
        assert_eq!(company.server.users(), before, "{what}: nobody may be cut on yesterday's word");
        assert_eq!(runs(&company), 0, "{what}: a refused start must leave no run");
    }
}

#[test]
fn an_approval_fits_only_what_was_shown() {
    let company = Company::of(&["Kim", "Lee"]);
    company.hr_says(&[("Kim", "terminated", LONG_OVER)]);
    company.lockstep.run(&["sync"]).expect_code(0, "HR's file is whole");
    company.let_it_act();
    let kim = company.digest(&["kim@acme.test"]);
    let lee = company.digest(&["lee@acme.test", "--now", "--reason", "mixed up"]);

    let refused = company.start(&["kim@acme.test"], &lee).expect_code(3, "that was shown for Lee");
    assert_eq!(refusals(&refused), ["authority_changed"], "the reason must be named:\n{refused}");

    company
        .lockstep
        .run(&["connection", "mode", "directory", "observe", "--reason", "second thoughts"])
        .expect_code(0, "an operator may lower the mode");
    let refused = company.start(&["kim@acme.test"], &kim);
    assert!(company.may_sign_in("Kim") && company.may_sign_in("Lee"), "nobody may be cut:\n{refused}");
    assert_eq!(refused.code, Some(3), "a person must look again:\n{refused}");
}

#[test]
fn no_explicit_act_lifts_a_pause_or_the_protected_list() {
    let company = Company::of(&["Kim", "Lee"]);
    company.let_it_act();
    let now = ["kim@acme.test", "--now", "--reason", "dismissed today"];
    let before = company.server.users();

    company
        .lockstep
        .run(&["pause", "on", "--hours", "1", "--reason", "migration"])
        .expect_code(0, "anybody may pause");
    let refused = company.offboard(&now).expect_code(3, "pause means pause");
    assert_eq!(refusals(&refused), ["paused"], "the reason must be named:\n{refused}");
    company.lockstep.run(&["pause", "off", "--reason", "done"]).expect_code(0, "and end it");

    let policy = company.home.lockstep_dir().join("policy.toml");
    fs::write(&policy, "[protected]\npeople = [\"Kim@Acme.test\"]\n").unwrap();
    let refused = company.offboard(&now).expect_code(3, "protected means protected");
    assert_eq!(refusals(&refused), ["protected_person"], "the reason must be named:\n{refused}");

    fs::write(&policy, "[protected]\npeople = \"Kim\"\n").unwrap();
    let broken = company.lockstep.run(&["offboard", "preview", "kim@acme.test"]);
    assert_eq!(broken.code, Some(2), "a policy that cannot be read must not count as no policy:\n{broken}");
    assert_eq!(company.server.users(), before, "0 writes until nothing speaks against it");

    fs::remove_file(&policy).unwrap();
    company.offboard(&now).expect_code(0, "nothing speaks against it any more");
    assert!(!company.may_sign_in("Kim"), "and the same act goes through");
}

/// How many runs there are.
fn runs(company: &Company) -> usize {
    let runs = company.lockstep.run(&["--json", "run", "list"]).expect_code(0, "the home is fine").json();
    runs.as_array().map_or(0, Vec::len)
}

/// What the guards said. Notices may stand before the error.
fn refusals(output: &Output) -> Vec<String> {
    let error: Value = output
        .stderr
        .lines()
        .filter_map(|line| serde_json::from_str(line).ok())
        .find(|line: &Value| line["code"].is_string())
        .unwrap_or_else(|| panic!("no error as JSON:\n{output}"));
    let refusals = error["refusals"].as_array().cloned().unwrap_or_default();
    refusals.iter().filter_map(|refusal| Some(refusal["refusal"].as_str()?.to_owned())).collect()
}
