//! Looking back over people who left before Lockstep came, and after.

use std::time::Duration;

use chrono::{DateTime, Utc};
use lockstep_connectors::Kind;
use lockstep_connectors::vendors::sim::{Fault, Op, Times};
use lockstep_domain::activity::{Action, ActivityActor, ActivityRecord, ActorKind};
use lockstep_domain::lookback::{CutPrecision, Gap, PerformedBy};
use lockstep_engine::Code;
use lockstep_engine::api::{LookbackAccount, LookbackView};

use super::office::{LAST_DAY, Office, email, offboard_one, worker};

fn event(id: &str, at: &str, action: Action, kind: ActorKind, account: &str) -> ActivityRecord {
    ActivityRecord {
        remote_id: id.into(),
        at: format!("{at}Z").parse().unwrap(),
        action,
        vendor_action: action.to_string(),
        actor: ActivityActor { remote_id: Some("a1".into()), kind, name: Some("=admin".into()) },
        account_remote_id: Some(account.into()),
        succeeded: Some(true),
    }
}

/// People 1 and 2 left on September 1st, before the first read; a person blocked 1 the next day, and 2 still signs
/// in. Person 3 leaves after it.
async fn office() -> Office {
    let office = Office::connected().await;
    for n in 1..=2 {
        let mut gone = worker(n);
        gone.termination_date = Some("2026-09-01".parse().unwrap());
        gone.source_status = lockstep_domain::people::SourceStatus::Terminated;
        office.hr.edit(|s| s.workers.push(gone));
    }
    office.hr.edit(|s| s.workers.push(worker(3)));
    office.app.edit(|s| {
        for n in 1..=3 {
            s.accounts.insert(format!("u{n}"), super::office::account(n));
        }
        s.accounts.get_mut("u1").unwrap().enabled = false;
        s.activity = vec![
            event("e1", "2026-09-02T07:30:00", Action::Suspended, ActorKind::Person, "u1"),
            event("e2", "2026-09-10T09:00:00", Action::SignedIn, ActorKind::Person, "u2"),
        ];
    });
    let desk = office.desk().await;
    assert!(office.sync(&desk).await.complete, "the first read of a healthy world is complete");
    office.clock.set(super::office::today());
    office
}

fn account(view: &LookbackView, n: usize) -> &LookbackAccount {
    let row = view.rows.iter().find(|row| row.work_email.as_deref() == Some(&*email(n)));
    &row.unwrap_or_else(|| panic!("person {n} left and is not there: {view:?}")).accounts[0]
}

fn instant(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

#[tokio::test]
async fn who_cut_access_and_when_is_told_for_those_who_left_before_and_after() {
    let office = office().await;
    let desk = office.desk().await;
    office.leave(&desk, 3).await;
    offboard_one(&desk, 3).await;
    let view = desk.lookback("2026-09-01".parse().unwrap()).await.unwrap();
    assert_eq!(view.rows.len(), 3, "everybody who left since then, and nobody else");
    let before = &account(&view, 1).cut;
    assert_eq!(before.at, Some(instant("2026-09-02T07:30:00Z")), "by the system's own log");
    assert_eq!(
        (before.precision, before.performed_by),
        (CutPrecision::Event, PerformedBy::Person),
        "by hand"
    );
    assert_eq!(
        account(&view, 1).late_by_s,
        Some(7 * 3600 + 1800),
        "half past seven on the day after the last"
    );
    let open = &account(&view, 2).cut;
    assert_eq!(open.gaps, [Gap::StillOpen, Gap::SignedInAfterEnd], "what is wrong is named");
    let ours = &account(&view, 3).cut;
    assert_eq!(
        (ours.precision, ours.performed_by),
        (CutPrecision::ReadBack, PerformedBy::Lockstep),
        "our own work is told as ours: {ours:?}"
    );
    let backlog = desk.backlog().await.unwrap();
    let signed_in: Vec<_> = backlog.iter().map(|row| row.signed_in_at).collect();
    assert_eq!(signed_in, [Some(instant("2026-09-10T09:00:00Z"))], "who left and still comes in is told");
    let later = desk.lookback(LAST_DAY.parse().unwrap()).await.unwrap();
    assert_eq!(later.rows.len(), 1, "only those since that day");
    let csv = String::from_utf8(view.to_csv().unwrap()).unwrap();
    assert_eq!(csv.lines().count(), 4, "a line for each account, and the head: {csv}");
    assert!(csv.contains("'=admin"), "a name from outside is no formula: {csv}");
    let ahead = desk.lookback("2027-01-01".parse().unwrap()).await.expect_err("nobody has left then");
    assert_eq!(ahead.code(), Code::Usage, "{ahead}");
}

#[tokio::test]
async fn a_log_is_read_on_from_where_it_ended_and_each_event_kept_once() {
    let office = office().await;
    let desk = office.desk().await;
    office.app.edit(|s| {
        let again = s.activity[1].clone();
        s.activity.push(again);
        s.activity.push(event("e3", "2026-09-20T09:00:00", Action::SignedIn, ActorKind::Person, "u2"));
    });
    office.app.fail(Op::ReadActivity, Fault::Refused(Kind::Unavailable), Times::Once);
    let sync = office.sync(&desk).await;
    let log = sync.connections.iter().find(|c| c.what == "activity").unwrap();
    assert!(!log.complete && !log.trouble.is_empty(), "a log that cannot be read is told: {log:?}");
    office.pass(Duration::from_mins(1));
    let sync = office.sync(&desk).await;
    let log = sync.connections.iter().find(|c| c.what == "activity").unwrap();
    assert_eq!(log.rows, 2, "only what is new, though one of it was told before");
    let view = desk.lookback("2026-09-01".parse().unwrap()).await.unwrap();
    assert_eq!(account(&view, 2).cut.sign_ins_after_end, 2, "each event counts once");
}

#[tokio::test]
async fn terminated_without_a_date_is_named_and_not_left_out() {
    let office = Office::connected().await;
    let mut gone = worker(1);
    gone.source_status = lockstep_domain::people::SourceStatus::Terminated;
    office.hr.edit(|s| s.workers.push(gone));
    let desk = office.desk().await;
    office.sync(&desk).await;
    let view = desk.lookback("2026-09-01".parse().unwrap()).await.unwrap();
    assert_eq!(
        (view.rows.len(), view.undated.len()),
        (0, 1),
        "nobody can say when, and that is said: {view:?}"
    );
}
