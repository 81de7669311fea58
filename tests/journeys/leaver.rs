//! One leaver, from HR's word to evidence that an auditor can check alone.

use std::fs;

use lockstep_testkit::{Company, Home, LONG_OVER, Lockstep, set_up};

#[test]
fn a_leaver_is_cut_read_back_and_proven_to_somebody_who_has_only_the_file() {
    let company = Company::of(&["Kim", "Lee", "Ana"]);
    company.hr_says(&[("Kim", "terminated", LONG_OVER)]);
    let sync = company.lockstep.run(&["--json", "sync"]).expect_code(0, "HR's file is whole").json();
    assert_eq!(sync["new_leavers"], 1, "Kim left after the baseline, so Kim is a leaver: {sync}");
    let links = company.lockstep.run(&["--json", "link", "list", "--all"]).json();
    assert!(
        links.as_array().is_some_and(|all| all.len() == 3 && all.iter().all(|l| l["state"] == "confirmed")),
        "HR's number stands at each account, so nobody has to confirm whose it is: {links}"
    );
    company.let_it_act();

    assert!(company.may_sign_in("Kim"), "nothing may happen before somebody approves");
    let output = company.offboard(&["kim@acme.test"]).expect_code(0, "nothing here needs a person");
    assert!(!company.may_sign_in("Kim"), "the directory itself must say that Kim is out:\n{output}");
    for name in ["Lee", "Ana"] {
        assert!(company.may_sign_in(name), "{name} still works there:\n{output}");
    }
    let run = &output.json()[0];
    assert_eq!(run["standing"], "closed", "nothing is left to do: {run}");
    assert_eq!(run["access_cut"]["cut"], 1, "the cut must be counted: {run}");
    assert_eq!(run["steps"][0]["detail"], "read back", "done is said only after a look: {run}");
    assert!(run["sealed_at"].is_string(), "the record must be sealed when the run is through: {run}");

    prove(&company, run["id"].as_str().unwrap(), run["record_sha256"].as_str().unwrap());
}

#[test]
fn memberships_of_the_leaver_go_and_those_of_others_stay() {
    let company = Company::of(&["Kim", "Lee"]);
    let engineering = company.server.create_group("Engineering");
    for name in ["Kim", "Lee"] {
        company.server.add_member(&engineering, company.account(name));
    }
    company.hr_says(&[("Kim", "terminated", LONG_OVER)]);
    company.lockstep.run(&["sync"]).expect_code(0, "both sources are whole");
    company.let_it_act();
    company.offboard(&["kim@acme.test"]).expect_code(0, "every step can be read back here");
    let lee = company.account("Lee").to_owned();
    assert_eq!(company.server.members(&engineering), [lee], "only the leaver loses the group");
}

/// What an auditor does, on a machine that has neither the home nor its network.
fn prove(company: &Company, run: &str, record_sha256: &str) {
    let ledger = company.lockstep.run(&["--json", "ledger", "verify"]).expect_code(0, "nobody touched it");
    assert_eq!(ledger.json()["ok"], true, "the chain must hold: {ledger}");

    let auditor = Home::new();
    let bundle = auditor.path().join("evidence.zip").display().to_string();
    company.lockstep.run(&["evidence", "export", run, "--out", &bundle]).expect_code(0, "it is sealed");
    let key = public_key(&company.lockstep);
    let (_other_home, other) = set_up();
    let wrong_key = public_key(&other);

    let alone = Lockstep::new(&auditor);
    let verify = ["--json", "evidence", "verify", &bundle];
    let with = |key| [&verify[..], &["--trust", key]].concat();
    let trusted = alone.run(&with(&key)).expect_code(0, "the key is the company's").json();
    assert_eq!(trusted["ok"], true, "what was sealed must verify without us: {trusted}");
    let unproven = trusted["not_proven"].to_string();
    let plain = alone.run(&verify).expect_code(0, "consistent in itself").json();
    assert!(
        plain["not_proven"].to_string().len() > unproven.len(),
        "without the key the origin is not proven, and that must be said: {plain} against {trusted}"
    );
    let stranger = alone.run(&with(&wrong_key)).expect_code(1, "signed by somebody else").json();
    assert_eq!(stranger["ok"], false, "a stranger's key must not pass: {stranger}");

    let mut bytes = fs::read(&bundle).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(&bundle, bytes).unwrap();
    alone.run(&with(&key)).expect_code(1, "one flipped bit is not what was sealed");
    assert!(!auditor.lockstep_dir().exists(), "checking evidence must leave no home behind");

    let shown = company.lockstep.run(&["--json", "run", "show", run]).json();
    assert_eq!(shown["record_sha256"], record_sha256, "the record stays the one that was sealed");
}

fn public_key(lockstep: &Lockstep) -> String {
    let key = lockstep.run(&["key", "export"]).expect_code(0, "the key is public");
    key.stdout.trim().to_owned()
}
