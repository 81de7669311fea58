use std::process::Command;
use std::time::{Duration, SystemTime};

use lockstep_testkit::{Company, Lockstep, Running, number, wait_for};

/// How far ahead the end of access is set: enough for the commands that come before it, on a slow machine too.
const AHEAD: [Duration; 3] = [Duration::from_secs(20), Duration::from_secs(60), Duration::from_secs(180)];

#[expect(
    clippy::disallowed_methods,
    reason = "another process runs in real time; there is no Clock to hand in"
)]
fn now() -> SystemTime {
    SystemTime::now()
}

/// HR's export in which Kim's access ends at an instant, and Lee stays.
fn ends_at(company: &Company, at: SystemTime) {
    let seconds = at.duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs();
    let date = Command::new("date").args(["-u", "-d", &format!("@{seconds}"), "+%FT%TZ"]).output().unwrap();
    let at = String::from_utf8(date.stdout).unwrap().trim().to_owned();
    let header = "employee_id,employee_number,first_name,last_name,work_email,status,start_date,\
                  termination_date,time_zone,termination_at";
    let row = |n: usize, name: &str, end: &str| {
        let (number, mail) = (number(n), format!("{}@acme.test", name.to_lowercase()));
        format!(
            "{n},{number},{name},Doe,{mail},active,2021-03-01,{},Europe/Berlin,{end}\n",
            end.split('T').next().unwrap()
        )
    };
    let rows = row(0, "Kim", &at) + &row(1, "Lee", "");
    company.home.write("people.csv", format!("{header}\n{rows}"));
}

/// Kim in notice until an instant that is soon, approved and armed.
fn armed() -> (Company, SystemTime) {
    for ahead in AHEAD {
        let company = Company::of(&["Kim", "Lee"]);
        company.let_it_act();
        let seconds = (now() + ahead).duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs();
        let at = SystemTime::UNIX_EPOCH + Duration::from_secs(seconds);
        ends_at(&company, at);
        company.lockstep.run(&["sync"]).expect_code(0, "HR's file is whole");
        let digest = company.digest(&["kim@acme.test"]);
        let arm = ["offboard", "arm", "kim@acme.test", "--approve", &digest];
        let armed = company.lockstep.run(&arm);
        if now() < at {
            armed.expect_code(0, "an end ahead can be armed");
            return (company, at);
        }
    }
    panic!("three minutes are not enough to arm somebody on this machine");
}

fn serve(lockstep: &Lockstep) -> Running {
    lockstep.spawn(&["--json", "serve"])
}

#[test]
fn two_services_cut_a_leaver_once_at_the_instant_with_nobody_there() {
    let (company, at) = armed();
    let services = [serve(&company.lockstep), serve(&company.lockstep)];
    let patience = at.duration_since(now()).unwrap_or_default() + Duration::from_secs(60);
    let cut = wait_for(patience, || (!company.may_sign_in("Kim")).then(now));
    let ended = services.map(Running::end);
    let cut = cut.unwrap_or_else(|| panic!("Kim can still sign in:\n{}\n{}", ended[0], ended[1]));
    assert!(cut >= at, "access ends at the instant and not before");
    assert!(company.may_sign_in("Lee"), "Lee stays");
    for output in ended {
        let output = output.expect_code(0, "asked to end, it ends well");
        assert!(output.stderr.contains("timers no longer fire"), "its log says so:\n{output}");
    }
    let runs = company.lockstep.run(&["--json", "run", "list"]).json();
    assert_eq!(runs.as_array().map(Vec::len), Some(1), "two processes, one run: {runs}");
    company.lockstep.run(&["run", "resume", "--all"]).expect_code(0, "what was left open goes on");
    let runs = company.lockstep.run(&["--json", "run", "list"]).json();
    assert_eq!(runs[0]["standing"], "closed", "nothing is left: {runs}");
    let timers = company.lockstep.run(&["--json", "timer", "list", "--all"]).json();
    assert_eq!(timers[0]["state"], "fired", "the timer names its run: {timers}");
    let ledger = company.lockstep.run(&["--json", "ledger", "verify"]).expect_code(0, "nobody touched it");
    assert_eq!(ledger.json()["ok"], true, "the chain must hold: {ledger}");
}

#[test]
fn a_service_that_was_killed_leaves_the_timer_to_the_next() {
    let (company, at) = armed();
    let killed = serve(&company.lockstep).kill_after(Duration::from_secs(2));
    assert_eq!(killed.code, None, "it was there until the kill:\n{killed}");
    assert!(company.may_sign_in("Kim") || now() >= at, "nothing happens before the instant");
    let cut_by_it = !company.may_sign_in("Kim");
    let left = at.duration_since(now()).unwrap_or_default() + Duration::from_secs(1);
    wait_for(left, || None::<()>);
    assert!(cut_by_it || company.may_sign_in("Kim"), "with nobody there nothing happens either");
    let fired = company.lockstep.run(&["timer", "fire"]).expect_code(0, "late is better than never");
    assert!(!company.may_sign_in("Kim"), "Kim is cut:\n{fired}");
}

#[test]
fn without_its_secrets_a_service_says_loudly_that_nothing_is_armed() {
    let company = Company::of(&["Kim"]);
    let locked = Lockstep::new(&company.home);
    let output = locked.run(&["serve"]).expect_code(3, "somebody has to give the passphrase");
    assert!(output.stderr.contains("NOT ARMED"), "whoever reads the log must see it:\n{output}");
}
