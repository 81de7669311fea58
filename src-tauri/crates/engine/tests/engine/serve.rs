//! A process that is there, in a time that the tests let pass: it reads, fires and goes on by itself.

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use lockstep_connectors::vendors::sim::{Fault, Op, Times};
use lockstep_connectors::{Clock, Kind};
use lockstep_domain::capability::Mode;
use lockstep_domain::run::Standing;
use lockstep_engine::Desk;

use super::office::{APP, Office, approve, offboard_one, people};

fn instant() -> DateTime<Utc> {
    "2026-10-01T00:00:00Z".parse().unwrap()
}

/// Person 1 is in notice until [`instant`]; it is an hour before.
async fn in_notice() -> (Office, Arc<Desk>) {
    let office = Office::of(3).await;
    let desk = office.desk().await;
    office.hr_says(1, |w| w.termination_date = Some("2026-09-30".parse().unwrap()));
    office.clock.advance((instant() - TimeDelta::hours(1) - office.clock.now()).to_std().unwrap());
    office.sync(&desk).await;
    (office, Arc::new(desk))
}

async fn arm(desk: &Desk) {
    desk.arm(approve(desk, people(&[1])).await).await.unwrap();
}

/// Is there until the clock shows `until`.
async fn serve(office: &Office, desk: &Arc<Desk>, until: DateTime<Utc>) {
    let clock = office.clock.clone();
    desk.serve(async move { clock.reached(until).await }, None).await.unwrap();
}

/// Is there until person `n` is cut, or for a day in vain: how long work takes on this clock depends on the machine.
async fn serve_until_cut(office: &Office, desk: &Arc<Desk>, n: usize) {
    let (app, clock) = (office.app.clone(), office.clock.clone());
    let until = clock.now() + TimeDelta::days(1);
    let cut = async move {
        while app.truth().accounts[&format!("u{n}")].enabled && clock.now() < until {
            tokio::task::yield_now().await;
        }
    };
    desk.serve(cut, None).await.unwrap();
}

fn works(office: &Office, n: usize) -> bool {
    office.app.truth().accounts[&format!("u{n}")].enabled
}

#[tokio::test]
async fn a_process_that_is_there_fires_at_the_instant_and_reads_by_itself() {
    let (office, desk) = in_notice().await;
    arm(&desk).await;
    serve(&office, &desk, instant() - TimeDelta::seconds(2)).await;
    assert_eq!(office.writes(), 0, "nothing happens early, however long it is there");
    let desk = Arc::new(office.desk().await);
    serve_until_cut(&office, &desk, 1).await;
    assert!(!works(&office, 1) && works(&office, 2), "at the instant the leaver is cut, and nobody else");
    let first = office.app.writes()[0].at;
    assert!(first >= instant(), "{first} is not before the instant");
    let desk = office.desk().await;
    let runs = desk.resume(None).await.unwrap();
    assert!(
        runs.iter().all(|run| run.row.standing == Standing::Closed),
        "what it left open goes on: {runs:?}"
    );
    assert_eq!(desk.runs().await.unwrap().len(), 1, "one run");
    let connections = desk.connections().await.unwrap();
    let old = |read: Option<DateTime<Utc>>| office.clock.now() - read.unwrap() > TimeDelta::minutes(75);
    assert!(!connections.iter().any(|c| old(c.last_complete_read)), "everything is read in its interval");
}

#[tokio::test]
async fn news_of_a_moved_end_comes_by_itself() {
    let (office, desk) = in_notice().await;
    arm(&desk).await;
    office.hr_says(1, |w| w.termination_date = Some("2026-12-31".parse().unwrap()));
    let conn = rusqlite::Connection::open(office.home().join("lockstep.db")).unwrap();
    let armed = move || {
        let sql = "SELECT count(*) FROM timer WHERE state = 'armed'";
        conn.query_row(sql, [], |row| row.get::<_, i64>(0)).unwrap() > 0
    };
    let (clock, until) = (office.clock.clone(), instant() + TimeDelta::days(1));
    let void = async move {
        while armed() && clock.now() < until {
            tokio::task::yield_now().await;
        }
    };
    desk.serve(void, None).await.unwrap();
    let timers = desk.timers(true).await.unwrap();
    assert_eq!(timers[0].state, "void", "HR is read while somebody is armed: {timers:?}");
    serve(&office, &Arc::new(office.desk().await), instant() + TimeDelta::minutes(5)).await;
    assert!(works(&office, 1), "and nobody is cut");
}

#[tokio::test]
async fn one_dead_source_keeps_nobody_else_waiting() {
    let (office, desk) = in_notice().await;
    arm(&desk).await;
    office.hr.fail(Op::ReadWorkers, Fault::Refused(Kind::Unavailable), Times::Always);
    serve_until_cut(&office, &desk, 1).await;
    assert!(!works(&office, 1), "a source that does not answer its reads holds up no timer");
}

#[tokio::test]
async fn a_run_that_a_crash_left_and_one_that_a_pause_stopped_go_on_by_themselves() {
    let office = Office::of(3).await;
    let desk = Arc::new(office.desk().await);
    office.leave(&desk, 1).await;
    // Stands for a crash: the vendor is away for longer than the patience of one drive.
    office.app.fail(Op::Observe, Fault::Refused(Kind::Unavailable), Times::Always);
    let run = offboard_one(&desk, 1).await;
    assert_eq!(run.row.standing, Standing::Working, "it waits for the vendor: {:?}", run.steps);
    office.app.heal();
    serve_until_cut(&office, &desk, 1).await;
    assert!(!works(&office, 1), "nobody has to resume it");

    let desk = Arc::new(office.desk().await);
    office.leave(&desk, 2).await;
    office.app.fail(Op::Apply, Fault::Delayed(Duration::from_secs(1)), Times::Once);
    desk.pause("migration", 1).await.unwrap();
    serve(&office, &desk, office.clock.now() + TimeDelta::minutes(5)).await;
    assert!(works(&office, 2), "a pause is kept");
}

#[tokio::test]
async fn what_a_person_has_to_decide_is_not_tried_again_and_again() {
    let office = Office::of(2).await;
    let desk = Arc::new(office.desk().await);
    office.mode(&desk, APP, Mode::Observe).await;
    office.leave(&desk, 1).await;
    offboard_one(&desk, 1).await;
    let before = office.entries().await.iter().filter(|e| e.run.is_some()).count();
    serve(&office, &desk, office.clock.now() + TimeDelta::hours(1)).await;
    let after = office.entries().await.iter().filter(|e| e.run.is_some()).count();
    assert_eq!(before, after, "an hour of waiting for a person leaves no entries");
}

#[tokio::test]
async fn two_processes_that_are_there_cut_once() {
    let (office, desk) = in_notice().await;
    arm(&desk).await;
    let other = Arc::new(office.desk_of("otto").await);
    tokio::join!(serve_until_cut(&office, &desk, 1), serve_until_cut(&office, &other, 1));
    assert_eq!(desk.runs().await.unwrap().len(), 1, "one leaver, one run");
    assert!(!works(&office, 1), "who is cut");
    assert!(office.sent.log().without_intent.is_empty(), "every write had its intent");
}

#[tokio::test]
async fn access_that_comes_back_after_the_seal_is_found_and_told() {
    let office = Office::of(2).await;
    let desk = Arc::new(office.desk().await);
    office.leave(&desk, 1).await;
    offboard_one(&desk, 1).await;
    let looked = || async {
        let entries = office.entries().await;
        entries
            .into_iter()
            .filter(|e| e.kind == "watch.looked")
            .map(|e| e.body["left"].clone())
            .collect::<Vec<_>>()
    };
    desk.serve_once().await.unwrap();
    assert!(looked().await.is_empty(), "it is not an hour yet");
    office.pass(Duration::from_mins(61));
    desk.serve_once().await.unwrap();
    assert_eq!(looked().await, [0], "an hour later nothing is left");
    office.app.edit(|s| s.accounts.get_mut("u1").unwrap().enabled = true);
    desk.serve_once().await.unwrap();
    assert_eq!(looked().await.len(), 1, "each look is done once");
    let writes = office.writes();
    office.pass(Duration::from_hours(8 * 24));
    desk.serve_once().await.unwrap();
    assert_eq!(looked().await, [0, 1], "two looks that were missed are one, and it finds what came back");
    assert_eq!(office.writes(), writes, "nobody approved another cut");
    office.hr_says(1, |w| w.termination_date = None);
    office.hr_says(1, |w| w.source_status = lockstep_domain::people::SourceStatus::Active);
    office.sync(&desk).await;
    office.pass(Duration::from_hours(30 * 24));
    office.sync(&desk).await;
    desk.serve_once().await.unwrap();
    assert_eq!(looked().await.len(), 3, "the last look, a month later");
}
