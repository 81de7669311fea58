//! The first read of an HR system: whoever should already be out goes to the Backlog, never to a timer.

use lockstep_domain::people::SourceStatus;

use super::office::{LAST_DAY, Office, account, offboard_one, today, worker};

#[tokio::test]
async fn four_hundred_who_left_long_ago_are_a_backlog_and_no_leavers() {
    let office = Office::connected().await;
    office.clock.set(today());
    office.hr.edit(|s| {
        s.workers = (1..=400)
            .map(|n| {
                let mut gone = worker(n);
                gone.termination_date = Some(LAST_DAY.parse().unwrap());
                gone.source_status = SourceStatus::Terminated;
                gone
            })
            .collect();
    });
    // Every tenth still has an account, and some others have one that is closed.
    office.app.edit(|s| {
        for n in (10..=400).step_by(10) {
            s.accounts.insert(format!("u{n}"), account(n));
        }
        for n in (5..=100).step_by(10) {
            let mut closed = account(n);
            closed.enabled = false;
            s.accounts.insert(format!("u{n}"), closed);
        }
    });
    let before = office.app.truth().accounts;
    let desk = office.desk().await;
    let sync = office.sync(&desk).await;
    assert!(sync.complete, "the read is complete: {:?}", sync.connections);
    assert_eq!((sync.new_leavers, sync.backlog), (0, 40), "the past is told, and not acted upon");
    let backlog = desk.backlog().await.unwrap();
    assert_eq!(backlog.len(), 40, "whoever still has access, and nobody else");
    assert!(
        backlog.iter().all(|row| row.open_accounts.len() == 1),
        "each row names the account that is open"
    );
    assert!(desk.leavers().await.unwrap().is_empty(), "no timer hangs on a guess about the past");
    office.sync(&desk).await;
    assert_eq!(desk.backlog().await.unwrap().len(), 40, "a second read of the same changes nothing");
    assert!(desk.runs().await.unwrap().is_empty(), "nothing starts by itself");
    assert_eq!(office.writes(), 0, "a first read writes nothing to anybody's world");
    assert_eq!(office.app.truth().accounts, before, "and the world is as it was");
}

#[tokio::test]
async fn whoever_is_in_the_backlog_is_cut_by_an_operators_act() {
    let office = Office::connected().await;
    office.clock.set(today());
    let mut gone = worker(1);
    gone.termination_date = Some(LAST_DAY.parse().unwrap());
    gone.source_status = SourceStatus::Terminated;
    office.hr.edit(|s| s.workers.push(gone));
    office.app.edit(|s| s.accounts.insert("u1".into(), account(1)));
    let desk = office.desk().await;
    office.sync(&desk).await;
    let run = offboard_one(&desk, 1).await;
    assert!(
        !office.app.truth().accounts["u1"].enabled,
        "approved by name, it is done: {:?}",
        run.row.standing
    );
}
