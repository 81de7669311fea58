//! An end that HR enters weeks ahead, and what HR does with it until the day.

use lockstep_practice::{Case, Fault, Person};
use lockstep_testkit::Practice;

use super::{DAY, access_end, at_okta, last_day, wait_until, writes_about};

/// Somebody who leaves in two months, approved and armed.
fn armed() -> (Practice, Person) {
    let practice = Practice::of(30);
    let leaver = practice.person(Case::LeavesLater);
    practice.confirm_links(&leaver);
    practice.arm(&leaver.work_email).expect_code(0, "an approval may be given weeks ahead");
    (practice, leaver)
}

/// Everything is read an hour before the instant, as `serve` would.
fn an_hour_before(practice: &mut Practice, leaver: &Person) {
    let end = access_end(practice, leaver);
    wait_until(practice, end, -3600);
    practice.lockstep.run(&["sync"]).expect_code(0, "every system answers");
}

fn state_of_timer(practice: &Practice) -> String {
    let timers = practice.lockstep.run(&["--json", "timer", "list", "--all"]).expect_code(0, "a list").json();
    timers[0]["state"].as_str().unwrap_or_else(|| panic!("no timer: {timers}")).to_owned()
}

#[test]
fn at_the_instant_and_not_before_access_is_cut_in_the_vendors_order() {
    let (mut practice, leaver) = armed();
    let end = access_end(&practice, &leaver);
    an_hour_before(&mut practice, &leaver);
    wait_until(&mut practice, end, -5);
    practice.fire().expect_code(0, "nothing is due");
    assert_eq!(at_okta(&practice, &leaver).status, "ACTIVE", "five seconds early is early");
    wait_until(&mut practice, end, 1);
    practice.fire().expect_code(0, "the run comes through");
    let account = at_okta(&practice, &leaver);
    assert_eq!(account.status, "SUSPENDED", "sign-in is blocked");
    assert!(!account.session && account.clients.is_empty(), "sessions and tokens are ended: {account:?}");
    let writes = writes_about(&practice, &leaver);
    let place = |what: &str| writes.iter().position(|w| w.contains(what));
    assert!(place("lifecycle/suspend") < place("sessions"), "first the door, then who is inside: {writes:?}");
    assert!(place("lifecycle/suspend").is_some(), "the order is about something: {writes:?}");
    assert!(
        !writes.iter().any(|w| w == "DELETE /api/v1/users/ID"),
        "an account is never deleted: {writes:?}"
    );
    let run = practice.run_of(&leaver).unwrap();
    assert!(run["sealed_at"].is_string(), "and the record is sealed: {run:#}");
    practice.fire().expect_code(0, "a timer fires once");
    assert_eq!(writes_about(&practice, &leaver), writes, "and nothing is done twice");
}

#[test]
fn an_end_that_hr_moved_waits_for_a_new_approval() {
    for days in [-10, 10] {
        let (mut practice, leaver) = armed();
        let moved = last_day(&leaver) + chrono::TimeDelta::days(days);
        practice.office.bamboohr.vendor.withdraw_last_row(leaver.number);
        practice.office.bamboohr.vendor.terminate(leaver.number, moved, "Resignation (Voluntary)");
        practice.lockstep.run(&["sync"]).expect_code(0, "HR answers");
        practice.pass(DAY);
        // A later date counts when HR has said it twice.
        practice.lockstep.run(&["sync"]).expect_code(0, "HR answers");
        let end = access_end(&practice, &leaver);
        an_hour_before(&mut practice, &leaver);
        wait_until(&mut practice, end, 1);
        practice.fire();
        assert_eq!(
            at_okta(&practice, &leaver).status,
            "ACTIVE",
            "moved by {days} days: approved was another day"
        );
        assert_eq!(state_of_timer(&practice), "void", "and that is said");
        let digest = practice.digest(&[&leaver.work_email]);
        let start = ["offboard", "start", &leaver.work_email, "--approve", &digest];
        practice.lockstep.run(&start).expect_code(0, "with a new approval it is done");
        assert_eq!(
            at_okta(&practice, &leaver).status,
            "SUSPENDED",
            "moved by {days} days: and then it holds"
        );
    }
}

#[test]
fn an_end_withdrawn_at_the_last_moment_cuts_nobody() {
    let (mut practice, leaver) = armed();
    let end = access_end(&practice, &leaver);
    an_hour_before(&mut practice, &leaver);
    practice.office.bamboohr.vendor.withdraw_last_row(leaver.number);
    wait_until(&mut practice, end, 1);
    practice.fire();
    assert_eq!(at_okta(&practice, &leaver).status, "ACTIVE", "HR is asked again at the instant");
    assert_eq!(writes_about(&practice, &leaver), Vec::<String>::new(), "nothing was even tried");
}

#[test]
fn somebody_rehired_an_hour_before_stays() {
    let (mut practice, leaver) = armed();
    let end = access_end(&practice, &leaver);
    an_hour_before(&mut practice, &leaver);
    let back = last_day(&leaver) + chrono::TimeDelta::days(1);
    practice.office.bamboohr.vendor.hire(leaver.number, back);
    wait_until(&mut practice, end, 1);
    practice.fire();
    assert_eq!(at_okta(&practice, &leaver).status, "ACTIVE", "who works tomorrow is not locked out tonight");
}

#[test]
fn with_hr_down_access_is_cut_and_nothing_final_happens() {
    let (mut practice, leaver) = armed();
    let end = access_end(&practice, &leaver);
    an_hour_before(&mut practice, &leaver);
    practice.office.bamboohr.faults.always("* /*", Fault::busy(503, 1));
    wait_until(&mut practice, end, 1);
    practice.fire();
    assert_eq!(at_okta(&practice, &leaver).status, "SUSPENDED", "the last complete read is an hour old");
    let run = practice.run_of(&leaver).unwrap();
    assert_eq!(run["hr_reread"], false, "and the record says that HR was not read again: {run:#}");
}

#[test]
fn a_clock_that_was_set_an_hour_ahead_cuts_nobody_early() {
    let (mut practice, leaver) = armed();
    let end = access_end(&practice, &leaver);
    an_hour_before(&mut practice, &leaver);
    wait_until(&mut practice, end, -1800);
    practice.mis_set(3600);
    practice.fire().expect_code(3, "a clock that no vendor agrees with is somebody's work");
    assert_eq!(
        at_okta(&practice, &leaver).status,
        "ACTIVE",
        "by everybody else's clock it is half an hour early"
    );
    practice.set_programs_clock();
    wait_until(&mut practice, end, 1);
    practice.fire().expect_code(0, "with the clock right it goes on");
    assert_eq!(at_okta(&practice, &leaver).status, "SUSPENDED", "and at the instant");
}
