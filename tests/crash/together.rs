use lockstep_testkit::{Company, LONG_OVER};

use crate::{assert_settled, runs, runs_of};

const ROUNDS: [&str; 3] = ["Kim", "Lee", "Ana"];

/// A company in which everybody of `ROUNDS` leaves.
fn leaving() -> Company {
    let company = Company::of(&["Kim", "Lee", "Ana", "Bo"]);
    let leaving: Vec<_> = ROUNDS.iter().map(|name| (*name, "terminated", LONG_OVER)).collect();
    company.hr_says(&leaving);
    company.lockstep.run(&["sync"]).expect_code(0, "HR's file is whole");
    company
}

fn mail(name: &str) -> String {
    format!("{}@acme.test", name.to_lowercase())
}

#[test]
fn the_same_start_twice_at_once_is_one_run_and_the_other_says_so() {
    let company = leaving();
    company.let_it_act();
    for name in ROUNDS {
        let who = mail(name);
        let digest = company.digest(&[&who]);
        let start = ["offboard", "start", &who, "--approve", &digest];
        let both = [company.lockstep.spawn(&start), company.lockstep.spawn(&start)].map(|one| one.wait());
        let mut codes = both.each_ref().map(|output| output.code);
        codes.sort_unstable();
        assert_eq!(codes, [Some(0), Some(3)], "one does it, one refuses:\n{}\n{}", both[0], both[1]);
        let refused = both.iter().find(|output| output.code == Some(3)).unwrap();
        assert!(refused.stderr.contains("remedy: "), "the other must say what to do:\n{refused}");
    }
    assert_settled(&company, &ROUNDS);
    assert!(company.may_sign_in("Bo"), "nobody else may be cut by a race");
}

#[test]
fn reading_while_a_run_goes_on_disturbs_neither() {
    let company = leaving();
    company.let_it_act();
    for name in ROUNDS {
        let who = mail(name);
        let digest = company.digest(&[&who]);
        let start = company.lockstep.spawn(&["offboard", "start", &who, "--approve", &digest]);
        let syncs = [(); 2].map(|()| company.lockstep.spawn(&["sync"])).map(|sync| sync.wait());
        start.wait().expect_code(0, "HR says the same before and after the read");
        for sync in syncs {
            sync.expect_code(0, "a read waits for no run");
        }
    }
    assert_settled(&company, &ROUNDS);
    assert!(company.may_sign_in("Bo"), "nobody else may be cut by a race");
}

#[test]
fn two_that_go_on_with_the_same_run_do_it_once() {
    let company = leaving();
    for name in ROUNDS {
        company.offboard(&[&mail(name)]).expect_code(3, "the directory is only observed");
    }
    company.let_it_act();
    let waiting = runs(&company);
    for name in ROUNDS {
        let id = runs_of(&waiting, name)[0]["id"].as_str().unwrap();
        let resume = ["run", "resume", id];
        let both = [company.lockstep.spawn(&resume), company.lockstep.spawn(&resume)].map(|one| one.wait());
        assert!(
            both.iter().any(|output| output.code == Some(0)),
            "one must come through:\n{}\n{}",
            both[0],
            both[1]
        );
        for output in both.iter().filter(|output| output.code != Some(0)) {
            assert_eq!(output.code, Some(3), "the other is told that somebody is at it:\n{output}");
            assert!(output.stderr.contains("it goes on there"), "and has nothing to do:\n{output}");
        }
    }
    assert_settled(&company, &ROUNDS);
    let attempts = runs(&company).iter().map(|run| shown(&company, run)).max();
    assert_eq!(attempts, Some(1), "the write must not have been sent twice");
}

/// The most attempts that any step of a run took.
fn shown(company: &Company, run: &serde_json::Value) -> u64 {
    let run = company.lockstep.run(&["--json", "run", "show", run["id"].as_str().unwrap()]).json();
    let steps = run["steps"].as_array().cloned().unwrap_or_default();
    steps.iter().filter_map(|step| step["attempts"].as_u64()).max().unwrap_or_default()
}
