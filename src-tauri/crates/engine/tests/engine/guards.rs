//! What stops a run from starting, and a write from going out.

use std::time::Duration;

use chrono::TimeDelta;
use lockstep_connectors::Kind;
use lockstep_connectors::vendors::sim::{Fault, Op, SimGroup, Times, WorkersRead};
use lockstep_domain::access::Wish;
use lockstep_domain::capability::Mode;
use lockstep_domain::guards::Refusal;
use lockstep_domain::people::{SourceStatus, WorkerRecord};
use lockstep_domain::run::Standing;
use lockstep_engine::api::{DecideLink, OffboardRequest, SyncRequest};
use lockstep_engine::{Code, Desk, Error};

use super::office::{
    APP, LAST_DAY, Office, account, approve, email, key, offboard, offboard_one, people, step, today, worker,
};
use super::wrap::Manner;

/// The one thing that the guards say against offboarding these people.
async fn refusal(desk: &Desk, who: OffboardRequest) -> Refusal {
    let error: Error = offboard(desk, who).await.expect_err("a guard refuses");
    assert_eq!(error.code(), Code::NeedsPerson, "a person must decide: {error}");
    assert!(!error.remedy().is_empty(), "{error}: it says what to do");
    match error.refusals() {
        [one] => one.clone(),
        all => panic!("one reason, not {all:?}"),
    }
}

fn now(who: OffboardRequest) -> OffboardRequest {
    OffboardRequest { now: true, reason: Some("told by the board".into()), ..who }
}

#[tokio::test]
async fn an_observing_connection_is_written_to_only_after_its_mode_was_raised() {
    let office = Office::of(2).await;
    let desk = office.desk().await;
    office.mode(&desk, APP, Mode::Observe).await;
    office.leave(&desk, 1).await;
    let run = offboard_one(&desk, 1).await;
    assert_eq!(office.writes(), 0, "observe means that nothing is written");
    let blocked = step(&run, &email(1), "sign-in");
    assert_eq!(blocked.state, "blocked", "a step that may not go on says so");
    assert!(blocked.remedy.as_deref().unwrap().contains("connection mode"), "and what to do: {blocked:?}");
    assert_eq!(run.row.standing, Standing::NeedsPerson, "somebody has to act");
    office.mode(&desk, APP, Mode::Full).await;
    let run = desk.resume(Some(run.row.id)).await.unwrap().remove(0);
    assert_eq!(
        run.row.standing,
        Standing::Closed,
        "with the mode raised the same run goes on: {:?}",
        run.steps
    );
    assert!(!office.app.truth().accounts["u1"].enabled, "and cuts");
}

#[tokio::test]
async fn contain_only_contains_and_removes_nothing() {
    let office = Office::of(2).await;
    office.app.edit(|s| s.accounts.get_mut("u1").unwrap().keys.insert("k1".into()));
    let desk = office.desk().await;
    office.mode(&desk, APP, Mode::ContainOnly).await;
    office.leave(&desk, 1).await;
    let run = offboard_one(&desk, 1).await;
    let truth = &office.app.truth().accounts["u1"];
    assert!(!truth.enabled && truth.sessions_ended_at.is_some(), "what can be undone is done");
    assert!(truth.keys.contains("k1"), "what cannot be undone is not");
    assert_eq!(step(&run, &email(1), "key k1").state, "blocked", "and that is told");
}

#[tokio::test]
async fn the_last_administrator_is_left_in_until_there_is_another() {
    let office = Office::of(3).await;
    office.app.edit(|s| s.accounts.get_mut("u1").unwrap().admin = true);
    let desk = office.desk().await;
    office.leave(&desk, 1).await;
    let run = offboard_one(&desk, 1).await;
    assert!(office.app.truth().accounts["u1"].enabled, "nobody could let people in again");
    assert!(
        step(&run, &email(1), "sign-in").remedy.as_deref().unwrap().contains("administrator"),
        "the remedy is named"
    );
    office.app.edit(|s| s.accounts.get_mut("u2").unwrap().admin = true);
    office.sync(&desk).await;
    desk.resume(Some(run.row.id)).await.unwrap();
    assert!(!office.app.truth().accounts["u1"].enabled, "with a second administrator it is cut");
}

#[tokio::test]
async fn our_own_account_the_operators_and_a_protected_one_are_never_cut() {
    let cases = [
        ("", Some("u1"), "p1@acme.test", "own account"),
        ("", None, "OP@acme.test", "operator account"),
        ("[protected]\naccounts = ['P1@ACME.test']\n", None, "p1@acme.test", "protected"),
    ];
    for (policy, own, also, word) in cases {
        let office = Office::of(2).await;
        office.policy(policy);
        office.app.edit(|s| {
            s.own_account = own.map(Into::into);
            s.accounts.get_mut("u1").unwrap().emails.push(also.into());
        });
        let desk = office.desk().await;
        office.leave(&desk, 1).await;
        let run = offboard_one(&desk, 1).await;
        assert_eq!(office.writes(), 0, "{word}: not a single write");
        assert_eq!(step(&run, &email(1), "sign-in").detail.as_deref(), Some(word), "{word}: and why");
    }
}

#[tokio::test]
async fn protected_people_and_the_operator_do_not_start_even_at_once() {
    let office = Office::of(2).await;
    office.policy("[protected]\npeople = ['N1']\n");
    office.hr_says(2, |w| w.work_email = Some("OP@acme.test".into()));
    let desk = office.desk().await;
    office.leave(&desk, 1).await;
    office.leave(&desk, 2).await;
    assert_eq!(
        refusal(&desk, now(people(&[1]))).await,
        Refusal::ProtectedPerson,
        "protected means protected"
    );
    let operator = OffboardRequest { people: vec!["N2".into()], ..OffboardRequest::default() };
    assert_eq!(refusal(&desk, now(operator)).await, Refusal::OperatorSelf, "nobody cuts themselves off");
    assert_eq!(office.writes(), 0, "a refused start writes nothing");
}

#[tokio::test]
async fn an_e_mail_alone_authorises_nothing_until_a_person_confirms_it() {
    let office = Office::of(2).await;
    office.app.edit(|s| s.accounts.get_mut("u1").unwrap().external_id = None);
    let desk = office.desk().await;
    office.leave(&desk, 1).await;
    let run = offboard_one(&desk, 1).await;
    assert_eq!(office.writes(), 0, "e-mails are given to successors");
    assert_eq!(
        step(&run, &email(1), "sign-in").detail.as_deref(),
        Some("unconfirmed link"),
        "it says what is missing"
    );
    let link = desk.links(true).await.unwrap().remove(0);
    let decide = DecideLink { link: link.id, confirm: true, reason: "asked her manager".into() };
    desk.decide_link(decide).await.unwrap();
    desk.resume(Some(run.row.id)).await.unwrap();
    assert!(!office.app.truth().accounts["u1"].enabled, "once confirmed it is hers, and cut");
}

#[tokio::test]
async fn a_programs_account_is_left_alone_and_told() {
    let manner = Manner { service_prefix: Some("p1@"), ..Manner::default() };
    let office = Office::with_manner(2, manner).await;
    let desk = office.desk().await;
    office.leave(&desk, 1).await;
    let run = offboard_one(&desk, 1).await;
    assert_eq!(office.writes(), 0, "production may hang on it");
    assert!(
        run.residuals.iter().any(|r| r.what.contains("service account")),
        "it stays, visibly: {:?}",
        run.residuals
    );
}

#[tokio::test]
async fn a_source_that_shrank_or_emptied_makes_nobody_a_leaver() {
    for left in [6, 0] {
        let office = Office::of(10).await;
        let desk = office.desk().await;
        office.hr_says(1, |w| {
            w.termination_date = Some(LAST_DAY.parse().unwrap());
            w.source_status = SourceStatus::Terminated;
        });
        office.hr.edit(|s| s.workers.truncate(left));
        let sync = office.sync(&desk).await;
        assert!(!sync.complete, "{left} of 10 is not believed");
        assert_eq!(sync.new_leavers, 0, "{left} of 10: absence never means terminated");
        assert!(
            desk.leavers().await.unwrap().is_empty(),
            "{left} of 10: nor does what else stands in that read"
        );
        let refused = offboard(&desk, people(&[1])).await.expect_err("nothing starts on such a source");
        assert!(
            refused.refusals().contains(&Refusal::SourceShrunk),
            "{left} of 10: {:?}",
            refused.refusals()
        );
        assert_eq!(office.writes(), 0, "{left} of 10: nothing is written");
    }
    let office = Office::of(10).await;
    let desk = office.desk().await;
    office.hr.edit(|s| s.workers.truncate(6));
    let accept =
        SyncRequest { connection: Some("hr".into()), accept_smaller: Some("a branch was sold".into()) };
    assert!(desk.sync(accept).await.unwrap().complete, "a person may accept it, in words that are kept");
}

#[tokio::test]
async fn the_mass_breaker_counts_single_starts_and_spares_a_batch() {
    let office = Office::of(10).await;
    let desk = office.desk().await;
    for n in 1..=8 {
        office.leave(&desk, n).await;
    }
    for n in 1..=3 {
        offboard_one(&desk, n).await;
    }
    let writes = office.writes();
    let tripped = Refusal::MassBreaker { leavers: 4, limit: 3, window_hours: 24 };
    assert_eq!(refusal(&desk, people(&[4])).await, tripped, "the fourth within a day stops");
    assert_eq!(refusal(&desk, now(people(&[4]))).await, tripped, "for on-demand too");
    assert_eq!(office.writes(), writes, "and nothing was written");
    let batch = offboard(&desk, people(&[4, 5, 6, 7])).await.unwrap();
    assert_eq!(batch.len(), 4, "looked at together, they are approved together");
    assert!((4..=7).all(|n| !office.app.truth().accounts[&format!("u{n}")].enabled), "and all are cut");
    office.pass(Duration::from_hours(25));
    offboard_one(&desk, 8).await;
    assert!(!office.app.truth().accounts["u8"].enabled, "known and unchanged for a day, one does not count");
}

#[tokio::test]
async fn a_large_company_may_lose_its_share() {
    let office = Office::of(200).await;
    let desk = office.desk().await;
    for n in 1..=5 {
        office.leave(&desk, n).await;
    }
    for n in 1..=3 {
        offboard_one(&desk, n).await;
    }
    let limit = 200 * 2 / 100 - 1; // two per cent of those still employed, rounded down
    assert_eq!(
        refusal(&desk, people(&[4])).await,
        Refusal::MassBreaker { leavers: 4, limit, window_hours: 24 },
        "the larger of count and share"
    );
}

#[tokio::test]
async fn a_pause_stops_starting_and_going_on() {
    let office = Office::of(2).await;
    let desk = office.desk().await;
    office.mode(&desk, APP, Mode::Observe).await;
    office.leave(&desk, 1).await;
    office.leave(&desk, 2).await;
    let run = offboard_one(&desk, 1).await.row.id;
    office.mode(&desk, APP, Mode::Full).await;
    desk.pause("drill", 2).await.unwrap();
    assert!(matches!(refusal(&desk, people(&[2])).await, Refusal::Paused { .. }), "pause means pause");
    let error = desk.resume(Some(run)).await.expect_err("an open run does not go on either");
    assert_eq!(error.code(), Code::NeedsPerson, "{error}");
    assert_eq!(office.writes(), 0, "nothing is written while paused");
    office.pass(Duration::from_hours(3));
    desk.resume(Some(run)).await.unwrap();
    assert!(!office.app.truth().accounts["u1"].enabled, "a pause ends by itself");
}

#[tokio::test]
async fn nothing_is_early_but_by_an_explicit_act_with_a_reason() {
    let office = Office::of(2).await;
    let desk = office.desk().await;
    let last_day = today().date_naive() + chrono::Days::new(3);
    office.hr_says(1, |w| w.termination_date = Some(last_day));
    office.sync(&desk).await;
    assert!(
        matches!(refusal(&desk, people(&[1])).await, Refusal::NotDue { .. }),
        "HR's instant has not come"
    );
    let wordless = OffboardRequest { now: true, ..people(&[1]) };
    assert_eq!(
        desk.preview(&wordless).await.expect_err("an act has a reason").code(),
        Code::Usage,
        "it is recorded"
    );
    assert_eq!(office.writes(), 0, "nothing is early");
    offboard(&desk, now(people(&[1]))).await.unwrap();
    assert!(!office.app.truth().accounts["u1"].enabled, "with a reason the operator may");
}

#[tokio::test]
async fn hr_that_says_something_else_at_the_last_look_stops_the_run() {
    type Change = fn(&mut WorkerRecord);
    let changes: [(&str, Change); 3] = [
        ("another end", |w| w.termination_date = Some("2026-12-31".parse().unwrap())),
        ("no end", |w| {
            w.termination_date = None;
            w.source_status = SourceStatus::Active;
        }),
        ("another person", |w| w.employee_number = Some("N99".into())),
    ];
    for (what, change) in changes {
        let office = Office::of(2).await;
        let desk = office.desk().await;
        office.leave(&desk, 1).await;
        let approved = approve(&desk, people(&[1])).await;
        office.hr_says(1, change);
        let error = desk.start(approved).await.expect_err("the fact was withdrawn");
        assert!(matches!(error.refusals(), [Refusal::HrChanged { .. }]), "{what}: {:?}", error.refusals());
        assert_eq!(office.writes(), 0, "{what}: nobody is cut on yesterday's word");
    }
}

#[tokio::test]
async fn without_hr_a_young_read_contains_and_what_is_final_waits() {
    let office = Office::of(2).await;
    office.app.edit(|s| s.accounts.get_mut("u1").unwrap().keys.insert("k1".into()));
    let desk = office.desk().await;
    office.leave(&desk, 1).await;
    office.hr.fail(Op::ReadWorker, Fault::Refused(Kind::Unavailable), Times::Always);
    let run = offboard_one(&desk, 1).await;
    assert!(!run.hr_reread, "the run says that HR was not read again");
    assert!(!office.app.truth().accounts["u1"].enabled, "an outage of HR does not save a leaver");
    assert_eq!(office.app.write_count("u1", &key("k1")), 0, "what cannot be undone waits for HR");
    let run = desk.resume(Some(run.row.id)).await.unwrap().remove(0);
    assert_eq!(office.app.write_count("u1", &key("k1")), 0, "and goes on waiting: {:?}", run.row.standing);
    office.hr.heal();
    let run = desk.resume(Some(run.row.id)).await.unwrap().remove(0);
    assert!(run.hr_reread, "HR was read and says the same");
    assert!(!office.app.truth().accounts["u1"].keys.contains("k1"), "so what is final goes on");
    assert_eq!(run.row.standing, Standing::Closed, "and the case closes");
}

#[tokio::test]
async fn without_hr_an_old_read_starts_nothing() {
    let office = Office::of(2).await;
    let desk = office.desk().await;
    office.leave(&desk, 1).await;
    office.hr.fail(Op::ReadWorker, Fault::Refused(Kind::Unavailable), Times::Always);
    office.pass(Duration::from_hours(25));
    assert_eq!(refusal(&desk, people(&[1])).await, Refusal::HrUnread, "much may have changed in a day");
    assert_eq!(office.writes(), 0, "nothing is written");
}

#[tokio::test]
async fn a_rehire_within_a_week_holds_the_old_leaver() {
    for (days, holds) in [(7, true), (9, false)] {
        let office = Office::of(2).await;
        let desk = office.desk().await;
        let mut again = worker(1);
        again.remote_employment_id = "1-2".into();
        again.start_date = Some(LAST_DAY.parse::<chrono::NaiveDate>().unwrap() + TimeDelta::days(days));
        again.source_status = SourceStatus::Pending;
        office.hr.edit(|s| s.workers.push(again));
        office.leave(&desk, 1).await;
        let started = offboard(&desk, people(&[1])).await;
        if holds {
            let error = started.expect_err("a person looks at a rehire");
            assert!(
                error.refusals().contains(&Refusal::StillEmployed),
                "{days} days: a rehire or a conversion, {:?}",
                error.refusals()
            );
            assert_eq!(office.writes(), 0, "{days} days: nothing is cut that would be given back in a week");
        } else {
            started.unwrap_or_else(|e| panic!("{days} days later is a new story: {e} {:?}", e.refusals()));
        }
    }
}

#[tokio::test]
async fn an_approval_covers_new_accounts_and_no_new_irreversible_object() {
    let office = Office::of(2).await;
    office.app.edit(|s| s.groups.insert("g1".into(), SimGroup { name: "g1".into(), privileged: false }));
    let desk = office.desk().await;
    office.leave(&desk, 1).await;
    let seen = approve(&desk, people(&[1])).await;
    office.app.edit(|s| s.accounts.get_mut("u1").unwrap().keys.insert("k1".into()));
    office.sync(&desk).await;
    let error = desk.start(seen.clone()).await.expect_err("nobody approved the key");
    assert_eq!(error.refusals(), [Refusal::AuthorityChanged], "what cannot be undone is approved by name");
    assert_eq!(office.writes(), 0, "and nothing was done");
    office.app.edit(|s| {
        s.accounts.get_mut("u1").unwrap().keys.clear();
        let mut second = account(1);
        second.groups.insert("g1".into());
        s.accounts.insert("u1b".into(), second);
    });
    office.sync(&desk).await;
    desk.start(seen).await.unwrap();
    let truth = office.app.truth();
    assert!(
        !truth.accounts["u1"].enabled && !truth.accounts["u1b"].enabled,
        "a second account saves no leaver"
    );
    assert_eq!(office.app.write_count("u1b", &Wish::Disabled), 1, "each once");
}

#[tokio::test]
async fn an_incomplete_read_makes_nobody_a_leaver() {
    let office = Office::of(3).await;
    let desk = office.desk().await;
    office.hr_says(1, |w| w.termination_date = Some(LAST_DAY.parse().unwrap()));
    office.hr.edit(|s| s.workers_read = WorkersRead::Incomplete("page 2 of 3 did not come".into()));
    let sync = office.sync(&desk).await;
    assert!(!sync.complete && sync.new_leavers == 0, "half a feed is no feed");
    let told: Vec<&String> = sync.connections.iter().flat_map(|c| &c.trouble).collect();
    assert!(told.iter().any(|t| t.contains("page 2")), "why is told: {told:?}");
    assert!(desk.leavers().await.unwrap().is_empty(), "nobody is believed to leave by it");
}

/// Somebody in garden leave, contained on the last day worked; removal waits for the end of employment.
async fn garden_leave() -> (Office, Desk, lockstep_domain::ids::RunId) {
    let office = Office::of(2).await;
    office.app.edit(|s| s.accounts.get_mut("u1").unwrap().keys.insert("k1".into()));
    let desk = office.desk().await;
    office.hr_says(1, |w| {
        w.last_day_worked = Some(LAST_DAY.parse().unwrap());
        w.termination_date = Some("2026-09-30".parse().unwrap());
    });
    office.sync(&desk).await;
    let run = offboard_one(&desk, 1).await.row.id;
    assert!(!office.app.truth().accounts["u1"].enabled, "access ends with the last day worked");
    desk.resume(Some(run)).await.unwrap();
    assert_eq!(office.app.write_count("u1", &key("k1")), 0, "removal is not a day early");
    office.pass(Duration::from_secs(138 * 3600)); // the 1st of October, in the morning
    (office, desk, run)
}

#[tokio::test]
async fn removal_waits_for_the_end_of_employment() {
    let (office, desk, run) = garden_leave().await;
    let run = desk.resume(Some(run)).await.unwrap().remove(0);
    assert_eq!(office.app.write_count("u1", &key("k1")), 1, "then it is done, once");
    assert_eq!(run.row.standing, Standing::Closed, "and the case closes: {:#?}", run.steps);
}

#[tokio::test]
async fn removal_asks_hr_again_and_stops_when_it_says_something_else() {
    let (office, desk, run) = garden_leave().await;
    office.hr_says(1, |w| {
        w.last_day_worked = None;
        w.termination_date = None;
    });
    let view = desk.resume(Some(run)).await.unwrap().remove(0);
    assert!(view.held.is_some(), "HR took the end back: the run is held: {:#?}", view.row);
    assert_eq!(view.row.standing, Standing::NeedsPerson, "a person decides");
    assert_eq!(office.app.write_count("u1", &key("k1")), 0, "nothing final happens on a withdrawn end");
}
