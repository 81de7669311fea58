//! What people do to a run, and two processes on one home.

use std::sync::{Arc, Mutex, mpsc};

use lockstep_connectors::Clock;
use lockstep_domain::capability::Mode;
use lockstep_domain::guards::Refusal;
use lockstep_domain::ids::RunId;
use lockstep_domain::run::Standing;
use lockstep_engine::api::{Attestation, StartRequest};
use lockstep_engine::{Code, Desk};

use super::fate::Witness;
use super::office::{APP, Office, approve, email, offboard_one, people, step};

/// A run whose every write to the application is blocked, since the connection only observes.
async fn blocked_run() -> (Office, Desk, RunId) {
    let office = Office::of(2).await;
    let desk = office.desk().await;
    office.mode(&desk, APP, Mode::Observe).await;
    office.leave(&desk, 1).await;
    let run = offboard_one(&desk, 1).await.row.id;
    (office, desk, run)
}

fn confirmation(office: &Office, run: RunId, step: String) -> Attestation {
    Attestation {
        run,
        step,
        account: email(1),
        done_at: office.clock.now(),
        note: "done in the console".into(),
        file: Some(("../../screen.png".into(), b"picture".to_vec())),
    }
}

#[tokio::test]
async fn an_exception_has_a_reason_and_closes_the_step() {
    let (office, desk, run) = blocked_run().await;
    let view = desk.run(run).await.unwrap();
    let id = step(&view, &email(1), "sign-in").step.id.to_string();
    let wordless = desk.waive(run, &id, "  ").await.expect_err("an exception is accepted in words");
    assert_eq!(wordless.code(), Code::Usage, "{wordless}");
    let view = desk.waive(run, &id[..12], "the account is a test account").await.unwrap();
    assert_eq!(step(&view, &email(1), "sign-in").state, "exception", "it is never called done");
    assert_eq!(view.row.access_cut.cut, 0, "an exception cuts no access");
    let again = desk.waive(run, &id, "once more").await.expect_err("a closed step is closed");
    assert_eq!(again.code(), Code::Usage, "{again}");
    assert_eq!(office.writes(), 0, "nobody wrote");
}

#[tokio::test]
async fn a_confirmation_by_hand_keeps_account_time_and_file() {
    let (office, desk, run) = blocked_run().await;
    let view = desk.run(run).await.unwrap();
    let id = step(&view, &email(1), "sign-in").step.id.to_string();
    let early = Attestation {
        done_at: office.clock.now() + chrono::TimeDelta::hours(1),
        ..confirmation(&office, run, id.clone())
    };
    assert_eq!(
        desk.attest(early).await.expect_err("nothing is done in the future").code(),
        Code::Usage,
        "a slip of the pen"
    );
    let nameless = Attestation { account: " ".into(), ..confirmation(&office, run, id.clone()) };
    assert_eq!(
        desk.attest(nameless).await.expect_err("which account?").code(),
        Code::Usage,
        "an auditor asks"
    );
    let view = desk.attest(confirmation(&office, run, id)).await.unwrap();
    let closed = step(&view, &email(1), "sign-in");
    assert_eq!(
        (closed.state.as_str(), closed.detail.as_deref()),
        ("done", Some("confirmed by hand")),
        "graded as a word"
    );
    assert_eq!(closed.at, Some(office.clock.now()), "the time at which it was done");
    let bundle = desk.export_evidence(run).await.unwrap();
    let verified = Desk::verify_evidence(&bundle.bytes, None, None);
    assert!(verified.ok, "the file is in the bundle, whatever its name was: {:?}", verified.failures);
    assert!(!office.home().join("../screen.png").exists(), "a name from outside becomes no path");
}

#[tokio::test]
async fn a_cancelled_run_stops_is_sealed_and_stays_so() {
    let (office, desk, run) = blocked_run().await;
    let view = desk.cancel(run, "wrong person").await.unwrap();
    assert_eq!(view.row.standing, Standing::Cancelled, "an operator's word stops it");
    assert!(view.row.sealed_at.is_some(), "what was done until then is sealed");
    office.mode(&desk, APP, Mode::Full).await;
    let view = desk.resume(Some(run)).await.unwrap().remove(0);
    assert_eq!(view.row.standing, Standing::Cancelled, "a resume does not raise it");
    desk.resume(None).await.unwrap();
    assert_eq!(office.writes(), 0, "and nothing is written");
    let twice = desk.cancel(run, "again").await.expect_err("it is through");
    assert_eq!(twice.code(), Code::Usage, "{twice}");
    let next = offboard_one(&desk, 1).await;
    assert_ne!(next.row.id, run, "a new start is a new run");
    assert!(!office.app.truth().accounts["u1"].enabled, "and it does the work");
}

#[tokio::test]
async fn two_people_where_the_policy_says_so_and_never_one_twice() {
    let office = Office::of(2).await;
    office.policy("[guards]\ntwo_person = true\n");
    let desk = office.desk().await;
    drop(office.desk_of("petra").await);
    office.leave(&desk, 1).await;
    let alone = approve(&desk, people(&[1])).await;
    let refused = desk.start(alone.clone()).await.expect_err("one is not two");
    assert_eq!(refused.refusals(), [Refusal::SecondApprover], "{refused}");
    for same in ["olga", " OLGA "] {
        let twice = StartRequest { second_approver: Some(same.into()), ..alone.clone() };
        desk.start(twice).await.expect_err("the requester is never the approver");
    }
    assert_eq!(office.writes(), 0, "nothing happens on one pair of eyes");
    let both = StartRequest { second_approver: Some("petra".into()), ..alone };
    desk.start(both).await.unwrap();
    assert!(!office.app.truth().accounts["u1"].enabled, "two approved");
}

#[tokio::test]
async fn two_processes_that_start_the_same_leaver_open_one_run() {
    let office = Office::of(2).await;
    let (one, two) = (office.desk().await, office.desk_of("petra").await);
    office.leave(&one, 1).await;
    let (first, second) = (approve(&one, people(&[1])).await, approve(&two, people(&[1])).await);
    let (first, second) = tokio::join!(one.start(first), two.start(second));
    assert_eq!(
        [&first, &second].iter().filter(|r| r.is_ok()).count(),
        1,
        "one opens it, the other is told: {first:?} {second:?}"
    );
    let refused = first.err().or(second.err()).unwrap();
    assert_eq!(refused.code(), Code::NeedsPerson, "{refused}");
    assert_eq!(one.runs().await.unwrap().len(), 1, "one run per event");
    assert_eq!(office.app.writes().len(), 2, "sign-in and sessions, once each");
}

/// Stops the process that it is given to just after its first write to the application, until it is let go.
fn stop_after_first_write(office: &Office) -> (Witness, mpsc::Receiver<()>, mpsc::Sender<()>) {
    let (reached, at_the_stop) = mpsc::channel();
    let (let_go, go) = mpsc::channel();
    let (app, stop) = (office.app.clone(), Mutex::new(Some((reached, go))));
    let witness = Witness::who(move || {
        if app.writes().is_empty() {
            return;
        }
        let first = stop.lock().unwrap().take();
        if let Some((reached, go)) = first {
            reached.send(()).unwrap();
            go.recv().unwrap();
        }
    });
    (witness, at_the_stop, let_go)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_run_is_driven_by_one_process_and_people_may_act_from_another() {
    let (office, desk, run) = blocked_run().await;
    office.mode(&desk, APP, Mode::Full).await;
    drop(desk);
    let (witness, at_the_stop, let_go) = stop_after_first_write(&office);
    let one = Desk::open(&office.home(), office.options("olga", &witness)).await.unwrap();
    let two = office.desk_of("petra").await;
    let driving = tokio::spawn(async move { one.resume(Some(run)).await });
    tokio::task::spawn_blocking(move || at_the_stop.recv()).await.unwrap().unwrap();

    let busy = two.resume(Some(run)).await.expect_err("one process drives");
    assert_eq!(busy.code(), Code::Busy, "the other is told so: {busy}");
    let view = two.run(run).await.unwrap();
    let id = step(&view, &email(1), "sessions").step.id.to_string();
    two.attest(confirmation(&office, run, id)).await.expect("people may act beside it");
    let_go.send(()).unwrap();

    let driven = driving.await.unwrap().unwrap().remove(0);
    assert_eq!(driven.row.standing, Standing::Closed, "it goes on to the end: {:#?}", driven.steps);
    assert_eq!(
        step(&driven, &email(1), "sign-in").detail.as_deref(),
        Some("read back"),
        "the write under way counts"
    );
    let sessions = step(&driven, &email(1), "sessions");
    assert_eq!(sessions.detail.as_deref(), Some("confirmed by hand"), "a person was faster, and that stands");
    assert_eq!(office.app.writes().len(), 1, "what a person closed is not written");
    assert!(two.verify_ledger().await.unwrap().ok, "two writers, one chain");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_pause_stops_a_run_that_another_process_is_driving() {
    let (office, desk, run) = blocked_run().await;
    office.mode(&desk, APP, Mode::Full).await;
    drop(desk);
    let (witness, at_the_stop, let_go) = stop_after_first_write(&office);
    let one = Desk::open(&office.home(), office.options("olga", &witness)).await.unwrap();
    let two = office.desk_of("petra").await;
    let driving = tokio::spawn(async move { one.resume(Some(run)).await });
    tokio::task::spawn_blocking(move || at_the_stop.recv()).await.unwrap().unwrap();
    two.pause("the wrong list was approved", 1).await.unwrap();
    let_go.send(()).unwrap();

    let stopped = driving.await.unwrap().unwrap().remove(0);
    assert_eq!(office.app.writes().len(), 1, "not one write after the pause");
    let waiting = step(&stopped, &email(1), "sessions");
    assert_eq!(waiting.detail.as_deref(), Some("paused"), "and the step says why");
    two.unpause("it was the right one").await.unwrap();
    let view = two.resume(Some(run)).await.unwrap().remove(0);
    assert_eq!(view.row.standing, Standing::Closed, "then it goes on: {:#?}", view.steps);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_run_is_driven_once_however_often_its_own_process_is_asked() {
    let (office, desk, run) = blocked_run().await;
    office.mode(&desk, APP, Mode::Full).await;
    drop(desk);
    let (witness, at_the_stop, let_go) = stop_after_first_write(&office);
    let desk = Arc::new(Desk::open(&office.home(), office.options("olga", &witness)).await.unwrap());
    let same = desk.clone();
    let driving = tokio::spawn(async move { same.resume(Some(run)).await });
    tokio::task::spawn_blocking(move || at_the_stop.recv()).await.unwrap().unwrap();

    // Twice: being refused must not end the claim of whoever drives.
    for time in ["first", "second"] {
        let busy = desk.resume(Some(run)).await.expect_err("it is being driven");
        assert_eq!(
            busy.code(),
            Code::Busy,
            "two drives of one run judge each other's writes, {time}: {busy}"
        );
    }
    let_go.send(()).unwrap();
    driving.await.unwrap().expect("the drive that was there goes on");
}
