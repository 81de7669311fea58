//! What is found after the approval, and a run that is held until HR says again what was approved.

use std::time::Duration;

use chrono::TimeDelta;
use lockstep_connectors::Kind;
use lockstep_connectors::vendors::sim::{Fault, Op, SimGroup, Times};
use lockstep_domain::access::Wish;
use lockstep_domain::capability::Mode;
use lockstep_domain::run::Standing;
use lockstep_engine::api::RunView;
use lockstep_engine::{Code, Desk};

use super::office::{APP, LAST_DAY, Office, key, offboard_one, today};

/// A run of person 1 that waits for a person, since its application is only observed.
async fn waiting() -> (Office, Desk, RunView) {
    let office = Office::of(2).await;
    let desk = office.desk().await;
    office.mode(&desk, APP, Mode::Observe).await;
    office.leave(&desk, 1).await;
    let run = offboard_one(&desk, 1).await;
    (office, desk, run)
}

#[tokio::test]
async fn an_account_found_after_the_approval_is_cut_by_the_same_run() {
    let (office, desk, run) = waiting().await;
    let planned = run.steps.len();
    office.also_web(&desk, 1).await;
    office.mode(&desk, APP, Mode::Full).await;
    let run = desk.resume(Some(run.row.id)).await.unwrap().remove(0);
    assert!(run.steps.len() > planned, "the approval was for the person, and this is more of the person");
    assert!(!office.web.truth().accounts["w1"].enabled, "nobody has to start again for a late account");
    assert_eq!(run.row.standing, Standing::Closed, "and it ends like any other: {:#?}", run.steps);
    let kinds: Vec<String> = office.entries().await.into_iter().map(|e| e.kind).collect();
    assert_eq!(kinds.iter().filter(|k| *k == "run.amended").count(), 1, "it is told once, in the ledger");
    let bundle = desk.export_evidence(run.row.id).await.unwrap();
    assert!(Desk::verify_evidence(&bundle.bytes, None, None).ok, "and the evidence holds");
    let again = desk.resume(Some(run.row.id)).await.unwrap().remove(0);
    assert_eq!(again.steps.len(), run.steps.len(), "what is in the run is not found again");
}

#[tokio::test]
async fn a_membership_given_after_the_approval_is_taken_too() {
    let (office, desk, run) = waiting().await;
    office.app.edit(|s| {
        s.groups.insert("g1".into(), SimGroup { name: "Payroll".into(), privileged: true });
        s.accounts.get_mut("u1").unwrap().groups.insert("g1".into());
    });
    office.sync(&desk).await;
    office.mode(&desk, APP, Mode::Full).await;
    let run = desk.resume(Some(run.row.id)).await.unwrap().remove(0);
    assert!(office.app.truth().accounts["u1"].groups.is_empty(), "it can be given again, so it is taken");
    assert_eq!(run.row.standing, Standing::Closed, "{:#?}", run.steps);
}

#[tokio::test]
async fn what_cannot_be_undone_is_not_done_without_an_approval_of_its_own_and_not_forgotten() {
    let (office, desk, run) = waiting().await;
    office.app.edit(|s| s.accounts.get_mut("u1").unwrap().keys.insert("k1".into()));
    office.sync(&desk).await;
    office.mode(&desk, APP, Mode::Full).await;
    let run = desk.resume(Some(run.row.id)).await.unwrap().remove(0);
    assert_eq!(
        office.app.write_count("u1", &key("k1")),
        0,
        "nobody has approved that this key goes for good"
    );
    assert_eq!(run.row.standing, Standing::NeedsPerson, "but it is left, and that is said");
    office.pass(Duration::from_mins(1));
    let run = offboard_one(&desk, 1).await;
    assert!(office.app.truth().accounts["u1"].keys.is_empty(), "with a new approval it goes");
    assert_eq!(run.row.standing, Standing::Closed, "{:#?}", run.steps);
}

#[tokio::test]
async fn a_held_run_is_released_only_when_hr_says_again_what_was_approved() {
    let (office, desk, run) = waiting().await;
    let id = run.row.id;
    let free = desk.release(id, "nothing to release").await.expect_err("it is not held");
    assert_eq!(free.code(), Code::Usage, "{free}");
    // HR could not be read at the start of another run; here it is asked again because removal is ahead.
    office.hr.fail(Op::ReadWorker, Fault::Refused(Kind::Unavailable), Times::Always);
    office.mode(&desk, APP, Mode::Full).await;
    office.leave(&desk, 2).await;
    office.app.edit(|s| s.accounts.get_mut("u2").unwrap().keys.insert("k2".into()));
    office.sync(&desk).await;
    let id = offboard_one(&desk, 2).await.row.id;
    office.hr.heal();
    office.hr_says(2, |w| w.termination_date = Some("2026-10-30".parse().unwrap()));
    let held = desk.resume(Some(id)).await.unwrap().remove(0);
    assert!(held.held.is_some(), "HR takes back what was approved: {:?}", held.row.standing);
    let still = desk.release(id, "I know better").await.expect_err("an approval is for what HR said then");
    assert_eq!(still.code(), Code::NeedsPerson, "{still}");
    assert!(office.app.truth().accounts["u2"].keys.contains("k2"), "nothing goes for good meanwhile");
    office.hr_says(2, |w| w.termination_date = Some(LAST_DAY.parse().unwrap()));
    desk.release(id, " ").await.expect_err("who lets it go on says why");
    let run = desk.release(id, "HR corrected a slip").await.unwrap();
    assert_eq!(run.held, None, "the person's word stands in the ledger");
    assert!(office.app.truth().accounts["u2"].keys.is_empty(), "and the run goes on to its end");
    assert_eq!(run.row.standing, Standing::Closed, "{:#?}", run.steps);
}

#[tokio::test]
async fn a_slow_vendor_does_not_delay_the_next_try_at_another() {
    let office = Office::with_held_clock(1).await;
    let desk = office.desk().await;
    office.also_web(&desk, 1).await;
    office.leave(&desk, 1).await;
    let (slow, wait) = (Duration::from_mins(1), TimeDelta::seconds(5));
    office.app.fail(Op::Observe, Fault::Delayed(slow), Times::Once);
    let retry_at = today() + wait;
    office.web.fail(Op::Apply, Fault::Refused(Kind::RateLimited { retry_at }), Times::Once);
    let tried = |times: usize| {
        let web = &office.web;
        async move {
            let patience = Duration::from_secs(30);
            let seen = async {
                while web.write_count("w1", &Wish::Disabled) < times {
                    tokio::task::yield_now().await;
                }
            };
            tokio::time::timeout(patience, seen).await.is_ok()
        }
    };
    let watch = async {
        assert!(tried(1).await, "both are begun at once");
        office.pass(Duration::from_secs(6));
        let in_time = tried(2).await;
        office.pass(slow);
        assert!(in_time, "the other vendor's time has come, and it waits for nobody");
        // Whatever else waits on this clock is let go.
        loop {
            office.pass(Duration::from_secs(1));
            tokio::task::yield_now().await;
        }
    };
    let run = tokio::select! {
        run = offboard_one(&desk, 1) => run,
        () = watch => unreachable!("it watches for ever"),
    };
    assert_eq!(run.row.standing, Standing::Closed, "{:#?}", run.steps);
}
