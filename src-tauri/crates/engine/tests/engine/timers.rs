//! Approved plans that wait for their instant: never early, never twice, never on news that HR took back.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use lockstep_connectors::Kind;
use lockstep_connectors::vendors::sim::{Fault, Op, Times};
use lockstep_domain::capability::Mode;
use lockstep_domain::people::SourceStatus;
use lockstep_domain::run::Standing;
use lockstep_engine::Code;
use lockstep_engine::Desk;
use lockstep_engine::api::{FireView, OffboardRequest, TimerView};

use super::office::{APP, Office, account, approve, email, people, today, worker};

/// The last day of whoever is in notice here; access ends with it.
const LAST: &str = "2026-09-30";

fn instant() -> DateTime<Utc> {
    "2026-10-01T00:00:00Z".parse().unwrap()
}

/// People 1 to 3, of whom 1 is in notice, armed for [`instant`].
async fn armed() -> (Office, Desk) {
    let office = Office::of(3).await;
    let desk = office.desk().await;
    ends(&office, 1, LAST);
    office.sync(&desk).await;
    arm(&desk, 1).await;
    (office, desk)
}

async fn arm(desk: &Desk, n: usize) -> TimerView {
    desk.arm(approve(desk, people(&[n])).await).await.unwrap().remove(0)
}

fn ends(office: &Office, n: usize, day: &str) {
    office.hr_says(n, |w| w.termination_date = Some(day.parse().unwrap()));
}

/// Lets time pass until `at`.
fn pass_until(office: &Office, at: DateTime<Utc>) {
    use lockstep_connectors::Clock;
    office.clock.advance((at - office.clock.now()).to_std().unwrap());
}

fn works(office: &Office, n: usize) -> bool {
    office.app.truth().accounts[&format!("u{n}")].enabled
}

async fn states(desk: &Desk) -> Vec<(String, Option<String>)> {
    let timers = desk.timers(true).await.unwrap();
    timers.into_iter().map(|t| (t.state, t.hindrance)).collect()
}

fn nothing(fired: &FireView) -> bool {
    fired.runs.is_empty() && fired.hindered.is_empty() && fired.void.is_empty()
}

#[tokio::test]
async fn a_timer_fires_at_its_instant_and_not_a_second_earlier() {
    let (office, desk) = armed().await;
    pass_until(&office, instant() - TimeDelta::seconds(1));
    assert!(nothing(&desk.fire_timers().await.unwrap()), "a second early is early");
    assert!(works(&office, 1) && office.writes() == 0, "nothing is written before the instant");
    office.pass(Duration::from_secs(1));
    let fired = desk.fire_timers().await.unwrap();
    let run = &fired.runs[0];
    assert!(!works(&office, 1), "access ends at the instant, with nobody there");
    assert!(works(&office, 2) && works(&office, 3), "and nobody else's");
    assert_eq!(run.row.standing, Standing::Closed, "the run goes all the way: {:?}", run.steps);
    assert_eq!((run.late_s, run.hr_reread), (None, true), "on time, after a last look");
    let timers = desk.timers(true).await.unwrap();
    assert_eq!((timers[0].state.as_str(), timers[0].run), ("fired", Some(run.row.id)), "it names its run");
    assert!(nothing(&desk.fire_timers().await.unwrap()), "and fires once");
    assert!(desk.verify_ledger().await.unwrap().ok, "the ledger tells all of it");
}

#[tokio::test]
async fn two_processes_armed_on_one_store_start_one_run() {
    let (office, desk) = armed().await;
    let other = office.desk_of("otto").await;
    pass_until(&office, instant());
    let (one, two) = tokio::join!(desk.fire_timers(), other.fire_timers());
    let runs = one.unwrap().runs.len() + two.unwrap().runs.len();
    assert_eq!((runs, desk.runs().await.unwrap().len()), (1, 1), "one leaver is one run");
    assert!(!works(&office, 1), "and it cuts");
}

#[tokio::test]
async fn after_a_night_asleep_a_timer_fires_late_and_says_so() {
    let (office, desk) = armed().await;
    pass_until(&office, instant() + TimeDelta::hours(8));
    let fired = desk.fire_timers().await.unwrap();
    assert_eq!(fired.runs[0].late_s, Some(8 * 3600), "scheduled for, and started at");
    assert!(!works(&office, 1), "late is better than never");
    let told = desk.notices().join("\n");
    assert!(told.contains("28800 s late"), "whoever looks is told: {told}");
}

#[tokio::test]
async fn a_clock_that_was_set_fires_nothing_until_it_is_right_again() {
    for (name, set_by) in [("forward", TimeDelta::hours(1)), ("back", TimeDelta::hours(-1))] {
        let (office, desk) = armed().await;
        let jump_at = instant() - TimeDelta::minutes(30);
        pass_until(&office, jump_at);
        office.clock.set(jump_at + set_by);
        // Set forward, the instant seems to have come; set back, it comes an hour late by this clock.
        let seems = if set_by > TimeDelta::zero() { TimeDelta::zero() } else { TimeDelta::minutes(90) };
        office.pass(seems.to_std().unwrap());
        let fired = desk.fire_timers().await.unwrap();
        assert!(works(&office, 1), "{name}: nothing rests on a clock that jumped: {fired:?}");
        assert_eq!(fired.hindered.len(), 1, "{name}: that is told: {:?}", states(&desk).await);
        assert_eq!(states(&desk).await[0].1.as_deref(), Some("clock_off"), "{name}: in a word");
        // Set right again.
        use lockstep_connectors::Clock;
        office.clock.set(office.clock.now() - set_by);
        let left = (instant() - office.clock.now()).max(TimeDelta::zero()) + TimeDelta::minutes(31);
        office.pass(left.to_std().unwrap());
        let fired = desk.fire_timers().await.unwrap();
        assert_eq!(
            fired.runs.len(),
            1,
            "{name}: with the clock set right it fires: {:?}",
            states(&desk).await
        );
    }
}

#[tokio::test]
async fn a_clock_that_is_far_from_hr_s_or_a_target_s_cuts_nobody() {
    let (office, desk) = armed().await;
    office.hr.edit(|s| s.skew_s = Some(-301));
    pass_until(&office, instant());
    let fired = desk.fire_timers().await.unwrap();
    assert_eq!((fired.hindered.len(), office.writes()), (1, 0), "by HR's clock the instant is still to come");
    office.hr.edit(|s| s.skew_s = Some(-299));
    office.app.edit(|s| s.skew_s = Some(301));
    office.pass(Duration::from_mins(1));
    let run = desk.fire_timers().await.unwrap().runs.remove(0);
    assert!(works(&office, 1), "a target's clock is believed as well");
    let waits = run.steps.iter().find(|s| s.state == "blocked").unwrap();
    assert_eq!(waits.detail.as_deref(), Some("clock off"), "and the step says why it waits");
    office.app.edit(|s| s.skew_s = Some(1));
    desk.resume(None).await.unwrap();
    assert!(!works(&office, 1), "once the clocks agree it is cut");
}

#[tokio::test]
async fn hr_down_at_the_instant_still_contains_on_a_young_read() {
    let (office, desk) = armed().await;
    pass_until(&office, instant() - TimeDelta::hours(23));
    office.sync(&desk).await;
    office.hr.fail(Op::ReadWorker, Fault::Refused(Kind::Unavailable), Times::Always);
    pass_until(&office, instant());
    let run = desk.fire_timers().await.unwrap().runs.remove(0);
    assert!(!works(&office, 1), "a dead HR system keeps nobody in");
    assert!(!run.hr_reread, "the record says that HR was not read again");
}

#[tokio::test]
async fn hr_down_for_longer_than_a_day_cuts_nobody_until_it_is_back() {
    let (office, desk) = armed().await;
    office.hr.fail(Op::ReadWorker, Fault::Refused(Kind::Unavailable), Times::Always);
    pass_until(&office, instant());
    let fired = desk.fire_timers().await.unwrap();
    assert_eq!((fired.hindered.len(), office.writes()), (1, 0), "the last read is five days old");
    assert_eq!(states(&desk).await[0].1.as_deref(), Some("hr_unread"), "and that is said");
    office.hr.heal();
    office.pass(Duration::from_mins(1));
    assert_eq!(desk.fire_timers().await.unwrap().runs.len(), 1, "HR is back, and says the same");
}

#[tokio::test]
async fn what_hr_changed_since_the_approval_voids_it() {
    type Change = fn(&Office);
    let changes: [(&str, Change, &str); 5] = [
        ("moved later", |o| ends(o, 1, "2026-10-31"), "moved"),
        ("moved earlier", |o| ends(o, 1, "2026-09-28"), "moved"),
        ("withdrawn", |o| o.hr_says(1, |w| w.termination_date = None), "withdrawn"),
        (
            "hired again",
            |o| {
                let mut again = worker(1);
                again.remote_employment_id = "1-2".into();
                again.start_date = Some("2026-10-01".parse().unwrap());
                o.hr.edit(|s| s.workers.push(again));
            },
            "withdrawn",
        ),
        ("another e-mail", |o| o.hr_says(1, |w| w.work_email = Some("x@acme.test".into())), "identity"),
    ];
    for (name, change, word) in changes {
        for synced in [true, false] {
            let (office, desk) = armed().await;
            pass_until(&office, instant() - TimeDelta::hours(1));
            change(&office);
            if synced {
                office.sync(&desk).await;
            }
            pass_until(&office, instant());
            let fired = desk.fire_timers().await.unwrap();
            assert!(fired.runs.is_empty() && office.writes() == 0, "{name}, synced {synced}: nobody is cut");
            let void = ("void".to_owned(), Some(word.to_owned()));
            assert_eq!(states(&desk).await, [void], "{name}, synced {synced}: the timer follows HR");
            assert!(works(&office, 1), "{name}, synced {synced}");
            let told = desk.notices().join("\n");
            assert!(told.contains("is void"), "{name}, synced {synced}: that is told: {told}");
        }
    }
}

#[tokio::test]
async fn a_moved_end_is_armed_anew_and_fires_then() {
    let (office, desk) = armed().await;
    ends(&office, 1, "2026-10-31");
    office.sync(&desk).await;
    arm(&desk, 1).await;
    pass_until(&office, instant());
    assert!(nothing(&desk.fire_timers().await.unwrap()), "the old instant means nothing any more");
    pass_until(&office, "2026-11-01T00:00:00Z".parse().unwrap());
    assert_eq!(desk.fire_timers().await.unwrap().runs.len(), 1, "the new one does");
}

#[tokio::test]
async fn a_leaver_cannot_void_the_approval_by_making_an_account() {
    let (office, desk) = armed().await;
    office.app.edit(|s| {
        s.accounts.insert("u1b".into(), account(1));
        s.accounts.get_mut("u1").unwrap().keys.insert("made-last-night".into());
    });
    office.sync(&desk).await;
    pass_until(&office, instant());
    assert_eq!(desk.fire_timers().await.unwrap().runs.len(), 1, "what was approved is done");
    assert!(!works(&office, 1), "and cuts what was approved");
    assert!(!office.app.truth().accounts["u1b"].enabled, "and what was found since, as it loses nothing");
    assert!(
        office.app.truth().accounts["u1"].keys.contains("made-last-night"),
        "a key that nobody approved by name is not deleted"
    );
}

#[tokio::test]
async fn without_an_approval_nobody_is_cut_by_the_clock() {
    let office = Office::of(2).await;
    let desk = office.desk().await;
    ends(&office, 1, LAST);
    office.sync(&desk).await;
    pass_until(&office, instant() + TimeDelta::hours(1));
    office.sync(&desk).await;
    assert!(nothing(&desk.fire_timers().await.unwrap()), "no approval, no timer");
    assert_eq!(kinds(&desk).await, ["ended_unapproved"], "but it is told");
    assert!(works(&office, 1), "and no cut");
}

async fn kinds(desk: &Desk) -> Vec<String> {
    desk.alarms().await.unwrap().into_iter().map(|alarm| alarm.kind).collect()
}

#[tokio::test]
async fn what_would_keep_a_timer_from_its_work_is_told_a_day_and_an_hour_ahead() {
    let (office, desk) = armed().await;
    ends(&office, 2, LAST);
    office.sync(&desk).await;
    office.mode(&desk, APP, Mode::Observe).await;
    pass_until(&office, instant() - TimeDelta::hours(25));
    assert!(kinds(&desk).await.is_empty(), "more than a day ahead nobody is troubled");
    office.sync(&desk).await;
    office.pass(Duration::from_secs(2 * 3600));
    assert_eq!(
        kinds(&desk).await,
        ["not_armed", "mode_observe"],
        "person 2 is not armed, and 1 would not be cut"
    );
    assert!(!desk.alarms().await.unwrap()[0].last_call, "there is a day left");
    pass_until(&office, instant() - TimeDelta::hours(1));
    let alarms = desk.alarms().await.unwrap();
    assert!(alarms.iter().all(|a| a.last_call), "an hour ahead it is told once more: {alarms:?}");
    office.mode(&desk, APP, Mode::Full).await;
    office.sync(&desk).await;
    arm(&desk, 2).await;
    assert!(kinds(&desk).await.is_empty(), "what was put right is no alarm");
}

#[tokio::test]
async fn arming_needs_an_end_to_come_the_digest_that_was_seen_and_happens_once() {
    let (office, desk) = armed().await;
    let refused = |request| async { desk.arm(request).await.unwrap_err() };
    let again = approve(&desk, people(&[1])).await;
    assert!(refused(again).await.to_string().contains("armed already"), "one timer for one event");
    let endless = approve(&desk, people(&[2])).await;
    assert_eq!(refused(endless).await.code(), Code::NeedsPerson, "HR names no end for person 2");
    ends(&office, 2, LAST);
    office.sync(&desk).await;
    let mut stale = approve(&desk, people(&[2])).await;
    stale.approve = Some(lockstep_domain::digest::Digest::of(b"another"));
    assert_eq!(refused(stale).await.code(), Code::NeedsPerson, "an approval binds what was seen");
    let now = OffboardRequest { now: true, reason: Some("today".into()), ..people(&[2]) };
    let now = approve(&desk, now).await;
    assert_eq!(refused(now).await.code(), Code::Usage, "now waits for no timer");
    let past = approve(&desk, people(&[2])).await;
    pass_until(&office, instant());
    assert_eq!(refused(past).await.code(), Code::NeedsPerson, "an instant that has come is started");
}

#[tokio::test]
async fn a_disarmed_timer_never_fires() {
    let (office, desk) = armed().await;
    assert_eq!(desk.disarm(&email(1), " ").await.unwrap_err().code(), Code::Usage, "a reason is recorded");
    let timer = desk.disarm(&email(1), "the date is in dispute").await.unwrap();
    assert_eq!(timer.state, "disarmed", "the approval is taken back");
    assert_eq!(desk.disarm(&email(1), "again").await.unwrap_err().code(), Code::NotFound, "once");
    pass_until(&office, instant());
    assert!(nothing(&desk.fire_timers().await.unwrap()) && works(&office, 1), "and nobody is cut");
}

#[tokio::test]
async fn a_pause_at_the_instant_holds_the_timer_and_its_end_lets_it_go() {
    let (office, desk) = armed().await;
    pass_until(&office, instant() - TimeDelta::minutes(10));
    desk.pause("migration", 1).await.unwrap();
    pass_until(&office, instant());
    let fired = desk.fire_timers().await.unwrap();
    assert_eq!((fired.hindered.len(), office.writes()), (1, 0), "a pause stops timers too");
    office.pass(Duration::from_hours(1));
    let fired = desk.fire_timers().await.unwrap();
    assert_eq!(fired.runs.len(), 1, "it ends by itself, and so does the waiting");
    assert!(fired.runs[0].late_s.is_some(), "the record says that it was late");
}

/// Returns once some process has claimed a timer.
async fn claimed(office: &Office) {
    let conn = rusqlite::Connection::open(office.home().join("lockstep.db")).unwrap();
    let sql = "SELECT count(*) FROM timer WHERE holder IS NOT NULL";
    while conn.query_row(sql, [], |row| row.get::<_, i64>(0)).unwrap() == 0 {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_process_that_dies_with_its_claim_leaves_the_timer_to_the_next() {
    let (office, desk) = armed().await;
    pass_until(&office, instant());
    let dying = office.desk_of("otto").await;
    tokio::select! {
        biased;
        () = claimed(&office) => {}
        fired = dying.fire_timers() => panic!("it is given up under way, not through: {fired:?}"),
    }
    drop(dying);
    // Within one process the dead one's threads may need a moment to let go of its lock.
    let patience = std::time::Duration::from_secs(30);
    let fired = tokio::time::timeout(patience, async {
        loop {
            let fired = desk.fire_timers().await.unwrap();
            if !fired.runs.is_empty() {
                return fired;
            }
            tokio::task::yield_now().await;
        }
    });
    let fired = fired.await.expect("a dead process holds nothing");
    assert_eq!(fired.runs.len(), 1, "and it is one run: {:?}", states(&desk).await);
    assert!(!works(&office, 1), "the leaver is cut");
}

#[tokio::test]
async fn somebody_who_left_before_the_first_read_is_never_armed_by_accident() {
    let office = Office::connected().await;
    office.hr.edit(|s| {
        let mut gone = worker(1);
        gone.termination_date = Some("2026-09-01".parse().unwrap());
        gone.source_status = SourceStatus::Terminated;
        s.workers = vec![gone, worker(2)];
    });
    office.app.edit(|s| s.accounts.insert("u1".into(), account(1)));
    let desk = office.desk().await;
    office.sync(&desk).await;
    office.clock.set(today());
    let request = approve(&desk, people(&[1])).await;
    assert_eq!(desk.arm(request).await.unwrap_err().code(), Code::NeedsPerson, "the Backlog has no timers");
}
