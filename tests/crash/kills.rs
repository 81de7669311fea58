use std::fs;
use std::time::{Duration, Instant};

use lockstep_testkit::{Company, LONG_OVER};

use crate::random::Random;
use crate::{assert_settled, runs, runs_of};

/// Kills that must really have happened.
const KILLS: usize = 50;
/// More people than the kills are expected to need; whoever is left over stays.
const PEOPLE: usize = 40;
/// Kills for one person before the run is left to come to its end.
const MOST_PER_PERSON: usize = 5;
/// Of the killed starts, how many must have hit a run under way, so that the test tests something.
const INSIDE: usize = 5;
/// What an operator does after a crash.
const GO_ON: [&str; 3] = ["run", "resume", "--all"];

#[test]
fn fifty_kills_at_random_moments_lose_nobody_and_double_nothing() {
    let names: Vec<String> = (0..PEOPLE).map(|n| format!("P{n:02}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let company = Company::of(&names);
    // The breaker would rightly stop so many single leavers.
    fs::write(company.home.lockstep_dir().join("policy.toml"), "[guards]\nleavers_count = 100\n").unwrap();
    let leaving: Vec<_> = names.iter().map(|name| (*name, "terminated", LONG_OVER)).collect();
    company.hr_says(&leaving);
    company.lockstep.run(&["sync"]).expect_code(0, "HR's file is whole");
    company.let_it_act();

    let whole = time_of_one(&company, names[0]);
    let mut random = Random(0x10c5_7e90);
    let (mut kills, mut inside, mut out) = (0, 0, vec![names[0]]);
    for name in &names[1..] {
        if kills >= KILLS {
            break;
        }
        let start = Start::of(&company, name);
        let mut begun = false;
        for _ in 0..MOST_PER_PERSON {
            let args = if begun { GO_ON.to_vec() } else { start.args() };
            let output =
                company.lockstep.spawn(&args).kill_after(random.up_to(if begun { whole / 2 } else { whole }));
            assert!(
                matches!(output.code, None | Some(0)),
                "{name}: killed or through, nothing else:\n{output}"
            );
            if output.code.is_some() {
                begun = true;
                break; // through before the kill came
            }
            kills += 1;
            if !begun {
                let runs = runs(&company);
                let run = runs_of(&runs, name).first().copied();
                inside += usize::from(run.is_some_and(|run| run["sealed_at"].is_null()));
                begun = run.is_some();
            }
        }
        let args = if begun { GO_ON.to_vec() } else { start.args() };
        company.lockstep.run(&args).expect_code(0, "what an operator does after a crash must work");
        out.push(name);
    }
    assert!(kills >= KILLS, "only {kills} kills hit the program while it ran");
    assert!(inside >= INSIDE, "only {inside} of {kills} kills hit a run under way");
    assert_settled(&company, &out);
    for name in names.iter().filter(|name| !out.contains(name)) {
        assert!(company.may_sign_in(name), "{name} was not to be cut");
    }
    assert_proven(&company);
}

/// How to start somebody's run: previewed, and to be tried again with the same approval.
struct Start {
    mail: String,
    digest: String,
}

impl Start {
    fn of(company: &Company, name: &str) -> Self {
        let mail = format!("{}@acme.test", name.to_lowercase());
        let digest = company.digest(&[&mail]);
        Self { mail, digest }
    }

    fn args(&self) -> Vec<&str> {
        vec!["offboard", "start", &self.mail, "--approve", &self.digest]
    }
}

/// What one start takes here and now, undisturbed.
fn time_of_one(company: &Company, name: &str) -> Duration {
    let start = Start::of(company, name);
    let begun = Instant::now();
    company.lockstep.run(&start.args()).expect_code(0, "undisturbed it must come to its end");
    begun.elapsed()
}

/// Evidence can be exported and holds, wherever a run was broken off. Some runs stand for all.
fn assert_proven(company: &Company) {
    let bundle = company.home.path().join("evidence.zip").display().to_string();
    for run in runs(company).iter().step_by(4) {
        let id = run["id"].as_str().unwrap();
        let export = ["evidence", "export", id, "--out", &bundle, "--force"];
        company.lockstep.run(&export).expect_code(0, "a crash must not cost the evidence");
        company.lockstep.run(&["evidence", "verify", &bundle]).expect_code(0, "and it must hold");
    }
}
