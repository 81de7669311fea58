//! Systems without a connector, and several leavers at once.

use lockstep_testkit::{Company, LONG_OVER};
use serde_json::Value;

#[test]
fn manual_systems_keep_the_case_open_until_their_owner_confirms_with_a_file() {
    let company = Company::of(&["Kim", "Lee"]);
    for portal in ["Payroll portal", "Canteen"] {
        company
            .lockstep
            .run(&["system", "set", portal, "--lane", "manual", "--owner", "pay@acme.test"])
            .expect_code(0, "a system needs no connector");
        company
            .lockstep
            .run(&["system", "set", portal, "--everyone", "true"])
            .expect_code(0, "what is not named stays");
    }
    company.hr_says(&[("Kim", "terminated", LONG_OVER)]);
    company.lockstep.run(&["sync"]).expect_code(0, "HR's file is whole");
    company.let_it_act();

    let runs = company.offboard(&["kim@acme.test"]).expect_code(0, "what Lockstep can do is done").json();
    let run = &runs[0];
    assert!(!company.may_sign_in("Kim"), "a slow portal must not delay the cut");
    assert_eq!(run["access_cut"]["cut"], 1, "what is cut is told apart from what is open: {run}");
    assert_eq!(run["standing"], "tasks_open", "the case stays open for the owner: {run}");

    let id = run["id"].as_str().unwrap();
    let opened_at = run["opened_at"].as_str().unwrap();
    let screenshot = company.home.write("portal.png", b"\x89PNG not really").display().to_string();
    for (portal, left) in [("Payroll portal", "tasks_open"), ("Canteen", "closed")] {
        let task = step(run, portal).unwrap_or_else(|| panic!("{portal} must be in the run: {run}"));
        assert_eq!(task["owner"], "pay@acme.test", "somebody must be answerable: {task}");
        assert!(task["due"].is_string(), "and by a time: {task}");
        let attest = |done_at: &str, file: &str| {
            let step = task["id"].as_str().unwrap();
            let said = ["--account", "kim.doe", "--note", "removed by hand"];
            let proof = ["--done-at", done_at, "--file", file];
            company.lockstep.run(&[&["--json", "run", "attest", id, step][..], &said, &proof].concat())
        };
        attest(opened_at, "no-such.png").expect_code(1, "a proof that is not there proves nothing");
        attest("2099-01-01T00:00:00Z", &screenshot).expect_code(2, "nobody can confirm what is to come");

        let after = attest(opened_at, &screenshot).expect_code(0, "one file may prove both").json();
        assert_eq!(after["standing"], left, "the case closes with its last task: {after}");
        let detail = step(&after, portal).map(|task| task["detail"].to_string()).unwrap_or_default();
        assert!(detail.contains("hand"), "a person's word must not look like a read-back: {detail}");
    }

    let bundle = company.home.path().join("evidence.zip").display().to_string();
    company.lockstep.run(&["evidence", "export", id, "--out", &bundle]).expect_code(0, "the proof is kept");
    company.lockstep.run(&["evidence", "verify", &bundle]).expect_code(0, "the file's digest is recorded");
    let zip = std::fs::read(&bundle).unwrap();
    let inside = zip.windows(9).any(|name| name == b"attested-");
    assert!(inside, "an auditor who has only the bundle must find the proof in it");
}

fn step<'a>(run: &'a Value, system: &str) -> Option<&'a Value> {
    run["steps"].as_array()?.iter().find(|step| step["system"] == system)
}

#[test]
fn people_approved_together_are_cut_together_and_more_than_the_limit_singly_are_not() {
    let people = ["Ada", "Bo", "Cy", "Dan", "Eve", "Flo", "Lee"];
    let company = Company::of(&people);
    let leavers: Vec<_> = people[..6].iter().map(|name| (*name, "terminated", LONG_OVER)).collect();
    company.hr_says(&leavers);
    company.lockstep.run(&["sync"]).expect_code(0, "HR's file is whole");
    company.let_it_act();

    let both = ["ada@acme.test", "bo@acme.test"];
    let runs = company.offboard(&both).expect_code(0, "two were looked at together").json();
    assert_eq!(runs.as_array().map(Vec::len), Some(2), "each leaver has a run of their own: {runs}");
    assert!(!company.may_sign_in("Ada") && !company.may_sign_in("Bo"), "both must be out");
    let swapped = company.digest(&["cy@acme.test", "dan@acme.test"]);
    company
        .start(&["cy@acme.test", "eve@acme.test"], &swapped)
        .expect_code(3, "an approval is for exactly those who were shown");

    for name in ["cy", "dan", "eve"] {
        company.offboard(&[&format!("{name}@acme.test")]).expect_code(0, "three a day are usual");
    }
    let refused = company.offboard(&["flo@acme.test"]).expect_code(3, "a fourth one by one is unusual");
    assert!(refused.stderr.contains("mass_breaker"), "the breaker must say that it was it:\n{refused}");
    assert!(company.may_sign_in("Flo") && company.may_sign_in("Lee"), "and cut nobody more");
    company.lockstep.run(&["ledger", "verify"]).expect_code(0, "after all that the chain holds");
}
