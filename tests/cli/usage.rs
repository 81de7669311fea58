//! What needs no home: help, completions, wrong usage.

use crate::fresh;

#[test]
fn help_and_version_need_nothing_and_go_to_standard_output() {
    let (_home, lockstep) = fresh();
    for (args, word) in [
        (&["--help"][..], "offboard"),
        (&["--version"], "lockstep "),
        (&["offboard", "start", "--help"], "--approve"),
        (&["help", "connection", "add"], "env:OKTA_TOKEN"),
    ] {
        let output = lockstep.run(args).expect_code(0, "asking for help is no error");
        assert!(output.stdout.contains(word), "{args:?} must tell of {word:?}:\n{output}");
        assert_eq!(output.stderr, "", "{args:?}: help is the answer, not an error");
    }
}

#[test]
fn every_shell_gets_completions_for_the_nouns() {
    let (_home, lockstep) = fresh();
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let output = lockstep.run(&["completions", shell]).expect_code(0, "completions need no home");
        for noun in ["offboard", "evidence", "backlog"] {
            assert!(output.stdout.contains(noun), "{shell} must complete {noun}");
        }
    }
}

#[test]
fn wrong_usage_is_told_apart_from_failure() {
    let (_home, lockstep) = fresh();
    for args in [
        &[][..],
        &["offboard"],
        &["offboard", "strat"],
        &["offboard", "start", "kim@acme.test"],
        &["offboard", "start", "kim@acme.test", "--approve", "abc"],
        &["pause", "on", "--hours", "many", "--reason", "x"],
    ] {
        let output = lockstep.run(args).expect_code(2, "a script must see that it asked wrongly");
        assert_eq!(output.stdout, "", "{args:?}: no answer, nothing on standard output");

        let json: Vec<_> = ["--json"].iter().chain(args).copied().collect();
        let output = lockstep.run(&json).expect_code(2, "the same with --json");
        let error: serde_json::Value = serde_json::from_str(&output.stderr)
            .unwrap_or_else(|error| panic!("{args:?}: --json errors are JSON ({error}):\n{output}"));
        assert_eq!(error["code"], "usage", "{args:?}: scripts read the code");
        assert!(error["message"].as_str().is_some_and(|text| !text.is_empty()), "{args:?}: {error}");
        assert!(error["remedy"].as_str().is_some_and(|text| !text.is_empty()), "{args:?}: {error}");
    }
}

#[test]
fn what_was_typed_cannot_steer_the_terminal() {
    let (_home, lockstep) = fresh();
    for evil in ["\u{202e}tsil", "--\u{1b}[2Jx", "a\u{9b}31m"] {
        let output = lockstep.run(&["run", evil]).expect_code(2, "no such verb");
        assert!(
            !output.stderr.contains(['\u{202e}', '\u{1b}', '\u{9b}']),
            "a pasted command line may come from a stranger: {:?}",
            output.stderr
        );
    }
}

#[test]
fn a_home_that_is_not_there_says_how_to_make_one() {
    let (home, lockstep) = fresh();
    for args in [&["person", "list"][..], &["ledger", "verify"], &["run", "resume", "--all"]] {
        let output = lockstep.run(args).expect_code(1, "there is nothing to answer from");
        assert!(output.stderr.contains("lockstep init"), "{args:?} must name the next step:\n{output}");
        let json: Vec<_> = ["--json"].iter().chain(args).copied().collect();
        let error: serde_json::Value = serde_json::from_str(&lockstep.run(&json).stderr)
            .unwrap_or_else(|error| panic!("{args:?}: {error}"));
        assert_eq!(error["code"], "no_home", "{args:?}: told apart from a broken one");
    }
    assert!(!home.lockstep_dir().exists(), "asking must not make a home");
}

#[test]
fn vendors_are_listed_without_a_home() {
    let (_home, lockstep) = fresh();
    let vendors = lockstep.run(&["--json", "vendor", "list"]).expect_code(0, "the build knows them").json();
    let ids: Vec<_> = vendors.as_array().into_iter().flatten().map(|vendor| &vendor["id"]).collect();
    assert_eq!(
        ids,
        ["csv", "bamboohr", "okta", "scim", "openai", "webhook", "smtp"],
        "a simulated vendor must never be offered to an operator"
    );
    let scim = lockstep.run(&["vendor", "show", "scim"]).expect_code(0, "its fields are data");
    for field in ["base_url", "token", "admin_group"] {
        assert!(scim.stdout.contains(field), "the operator must see what {field} is:\n{scim}");
    }
    let nope = lockstep.run(&["vendor", "show", "nope"]).expect_code(1, "there is no such vendor");
    assert!(nope.stderr.contains("vendor list"), "the remedy names where to look:\n{nope}");
}

#[test]
fn evidence_is_verified_without_a_home_and_garbage_is_no_evidence() {
    let (home, lockstep) = fresh();
    let garbage = home.write("bundle.zip", b"PK\x03\x04 not really").display().to_string();
    let output = lockstep
        .run(&["--json", "evidence", "verify", &garbage])
        .expect_code(1, "what cannot be read proves nothing");
    let found = output.json();
    assert_eq!(found["ok"], false, "a broken file must never look verified: {found}");
    assert!(!found["failures"].as_array().is_some_and(Vec::is_empty), "it must say what is wrong: {found}");
    let missing = lockstep.run(&["evidence", "verify", "no-such.zip"]).expect_code(1, "no file");
    assert!(missing.stderr.contains("no-such.zip"), "the file must be named:\n{missing}");
}
