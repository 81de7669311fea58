//! What auditors and thieves find: checkpoints that were kept, and homes that were copied.

use std::fs;
use std::path::Path;

use lockstep_testkit::{Company, LONG_OVER};
use serde_json::Value;

#[test]
fn an_auditor_who_kept_a_checkpoint_can_tell_that_nothing_was_taken_away() {
    let company = company_where_kim_left();
    let kept = company.lockstep.run(&["ledger", "checkpoint"]).expect_code(0, "anybody may keep one").stdout;
    let kept = company.home.write("kept.txt", kept).display().to_string();
    let run = company.offboard(&["kim@acme.test"]).expect_code(0, "the ledger grows by a whole run").json();

    let since = ["ledger", "checkpoint", "--since", &kept];
    let proof = company.lockstep.run(&since).expect_code(0, "it is the same ledger, grown").stdout;
    let bundle = company.home.path().join("evidence.zip").display().to_string();
    let id = run[0]["id"].as_str().unwrap();
    company.lockstep.run(&["evidence", "export", id, "--out", &bundle]).expect_code(0, "it is sealed");

    let good = company.home.write("proof.json", &proof).display().to_string();
    let verify = |file: &str| company.lockstep.run(&["evidence", "verify", &bundle, "--checkpoint", file]);
    verify(&good).expect_code(0, "what the auditor kept is part of this ledger");

    let value: Value = serde_json::from_str(&proof).unwrap();
    let forged = proof.replacen(value["proof"][0].as_str().unwrap(), &"0".repeat(64), 1);
    let forged = company.home.write("forged.json", forged).display().to_string();
    verify(&forged).expect_code(1, "a ledger that was rewritten since must not pass");
}

#[test]
fn the_token_stands_in_no_file_in_the_open() {
    let company = company_where_kim_left();
    company.offboard(&["kim@acme.test"]).expect_code(0, "the token is used for every step");
    let secret = company.server.token().as_bytes();
    let seen = files(&company.home.lockstep_dir());
    assert!(
        seen.iter().any(|(path, _)| path.ends_with(".db")),
        "the database must be among what is searched"
    );
    for (path, bytes) in seen {
        assert!(
            !bytes.windows(secret.len()).any(|part| part == secret),
            "{path} holds the token in the open; whoever copies the home would have it"
        );
    }
}

fn company_where_kim_left() -> Company {
    let company = Company::of(&["Kim", "Lee"]);
    company.hr_says(&[("Kim", "terminated", LONG_OVER)]);
    company.lockstep.run(&["sync"]).expect_code(0, "HR's file is whole");
    company.let_it_act();
    company
}

fn files(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let paths = fs::read_dir(folder).unwrap().filter_map(|entry| Some(entry.ok()?.path()));
    paths
        .flat_map(|path| {
            if path.is_dir() {
                return files(&path);
            }
            // A lock file may be gone again by now.
            fs::read(&path).map(|bytes| (path.display().to_string(), bytes)).into_iter().collect()
        })
        .collect()
}
