//! The program dies at any moment, or twice at once: nobody is lost, nobody is offboarded twice.

#![expect(clippy::panic, clippy::unwrap_used, reason = "a test reports by failing")]

mod clock;
mod kills;
mod random;
mod serve;
mod together;

use lockstep_testkit::Company;
use serde_json::Value;

/// The runs as `run list` tells them.
fn runs(company: &Company) -> Vec<Value> {
    let list = company.lockstep.run(&["--json", "run", "list"]).expect_code(0, "the home must open");
    list.json().as_array().cloned().unwrap_or_default()
}

/// The runs of one person.
fn runs_of<'a>(runs: &'a [Value], name: &str) -> Vec<&'a Value> {
    let name = format!("{name} Doe");
    runs.iter().filter(|run| run["name"] == name.as_str()).collect()
}

/// Everybody in `out` is out by exactly one closed and sealed run, and the ledger holds.
fn assert_settled(company: &Company, out: &[&str]) {
    let runs = runs(company);
    for name in out {
        assert!(!company.may_sign_in(name), "{name} must be out, says the directory itself");
        match runs_of(&runs, name)[..] {
            [run] => {
                assert_eq!(run["standing"], "closed", "{name}'s run must come to its end: {run}");
                assert!(run["sealed_at"].is_string(), "and be sealed: {run}");
            }
            ref several => panic!("one run per leaver, but {name} has {}: {several:?}", several.len()),
        }
    }
    let verified = company.lockstep.run(&["--json", "ledger", "verify"]);
    assert_eq!(verified.expect_code(0, "the chain must hold").json()["ok"], true, "and be whole");
}
