//! Vendors on their bad days: what is not sure is never called done, and nothing is written twice for it.

use std::time::Duration;

use chrono::TimeDelta;
use lockstep_connectors::vendors::sim::{Fault, GRANT_LAG_S, Op, Outcome, SimGroup, Times};
use lockstep_connectors::{Clock, Kind};
use lockstep_domain::access::{Wish, WishKind};
use lockstep_domain::capability::{Can, Effect, Proof};
use lockstep_domain::run::Standing;
use lockstep_engine::api::Attestation;

use super::office::{Office, account, email, key, offboard_one, step, today};
use super::wrap::Manner;

async fn office_with_key() -> Office {
    let office = Office::of(2).await;
    office.app.edit(|s| s.accounts.get_mut("u1").unwrap().keys.insert("k1".into()));
    let desk = office.desk().await;
    office.leave(&desk, 1).await;
    drop(desk);
    office
}

#[tokio::test]
async fn a_throttling_vendor_is_asked_again_when_it_said() {
    let office = office_with_key().await;
    let desk = office.desk().await;
    let retry_at = office.clock.now() + TimeDelta::seconds(40);
    office.app.fail(Op::Apply, Fault::Refused(Kind::RateLimited { retry_at }), Times::Once);
    let run = offboard_one(&desk, 1).await;
    assert_eq!(run.row.standing, Standing::Closed, "patience is all that was asked for: {:#?}", run.steps);
    let writes = office.app.writes();
    let cut: Vec<_> = writes.iter().filter(|w| w.wish == Wish::Disabled).collect();
    assert_eq!(cut.len(), 2, "refused once, then taken");
    assert!(cut[1].at >= retry_at, "not a moment before the vendor said");
}

#[tokio::test]
async fn one_dead_vendor_delays_nobody_elses_containment() {
    for dead in [Op::Observe, Op::Apply] {
        let office = Office::of(2).await;
        let desk = office.desk().await;
        office.also_web(&desk, 1).await;
        office.leave(&desk, 1).await;
        office.app.fail(dead, Fault::Refused(Kind::Unavailable), Times::Always);
        let run = offboard_one(&desk, 1).await;
        let at = office.web.writes().iter().find(|w| w.wish == Wish::Disabled).map(|w| w.at);
        assert_eq!(at, Some(today()), "{dead:?}: the healthy one is cut at the instant");
        assert!(office.app.truth().accounts["u1"].enabled, "{dead:?}: the dead one cannot be");
        assert_ne!(run.row.standing, Standing::Closed, "{dead:?}: and that is not called done");
        assert_eq!(run.row.access_cut.cut, 1, "{dead:?}: one of two is cut");
        office.app.heal();
        office.pass(Duration::from_mins(10));
        let run = desk.resume(Some(run.row.id)).await.unwrap().remove(0);
        assert_eq!(
            run.row.standing,
            Standing::Closed,
            "{dead:?}: it goes on when the vendor is back: {:#?}",
            run.steps
        );
    }
}

#[tokio::test]
async fn refused_credentials_block_with_a_remedy_and_go_on_when_they_are_right() {
    for (kind, detail) in [(Kind::Auth, "auth"), (Kind::Forbidden, "forbidden")] {
        for op in [Op::Observe, Op::Apply] {
            let office = office_with_key().await;
            let desk = office.desk().await;
            office.app.fail(op, Fault::Refused(kind.clone()), Times::Always);
            let run = offboard_one(&desk, 1).await;
            let cut = step(&run, &email(1), "sign-in");
            assert_eq!(cut.detail.as_deref(), Some(detail), "{op:?}: what is wrong is said");
            assert!(
                cut.remedy.as_deref().unwrap().contains("credentials"),
                "{op:?}: and what to do: {cut:?}"
            );
            assert_eq!(run.row.standing, Standing::NeedsPerson, "{detail}, {op:?}: it waits for a person");
            office.app.heal();
            let run = desk.resume(Some(run.row.id)).await.unwrap().remove(0);
            assert_eq!(
                run.row.standing,
                Standing::Closed,
                "{detail}, {op:?}: then it goes on: {:#?}",
                run.steps
            );
        }
    }
}

#[tokio::test]
async fn an_answer_that_was_lost_is_read_back_and_not_written_again() {
    let office = office_with_key().await;
    let desk = office.desk().await;
    office.app.fail(Op::Apply, Fault::AnswerLost, Times::Once);
    let run = offboard_one(&desk, 1).await;
    assert_eq!(
        run.row.standing,
        Standing::Closed,
        "reading tells what the answer would have: {:#?}",
        run.steps
    );
    assert_eq!(office.app.write_count("u1", &Wish::Disabled), 1, "what holds is not written again");
    assert_eq!(
        step(&run, &email(1), "sign-in").detail.as_deref(),
        Some("read back"),
        "and is claimed as what it is"
    );
}

#[tokio::test]
async fn a_final_write_without_an_answer_is_sent_once_and_closed_by_a_person() {
    let office = office_with_key().await;
    let desk = office.desk().await;
    office.app.edit(|s| s.accounts.get_mut("u1").unwrap().enabled = false);
    // Sign-in is blocked already and sessions are one write: the second is the key's.
    office.app.fail(Op::Apply, Fault::Delayed(Duration::ZERO), Times::Once);
    office.app.fail(Op::Apply, Fault::Ignored, Times::Once);
    let run = offboard_one(&desk, 1).await;
    let doubtful = step(&run, &email(1), "key k1");
    assert_eq!(
        doubtful.detail.as_deref(),
        Some("maybe sent"),
        "the vendor said yes, and the key still works"
    );
    assert_eq!(office.app.write_count("u1", &key("k1")), 1, "what cannot be undone is not tried twice");
    let (id, word) = (run.row.id, doubtful.step.id.to_string());
    let run = desk.resume(Some(id)).await.unwrap().remove(0);
    assert_eq!(office.app.write_count("u1", &key("k1")), 1, "not by a resume either: {:?}", run.row.standing);
    let attested = Attestation {
        run: id,
        step: word,
        account: email(1),
        done_at: office.clock.now(),
        note: "removed in the console".into(),
        file: None,
    };
    let run = desk.attest(attested).await.unwrap();
    assert_eq!(run.row.standing, Standing::Closed, "a person's word closes it: {:#?}", run.steps);
    assert_eq!(
        step(&run, &email(1), "key k1").detail.as_deref(),
        Some("confirmed by hand"),
        "as a person's word"
    );
}

#[tokio::test]
async fn a_dialect_without_effect_is_followed_by_the_next_and_the_working_one_is_kept() {
    let dialect = |name: &str| Can {
        dialect: Some(name.into()),
        ..Can::new(WishKind::Disabled, Effect::Reversible, Proof::ReadBack)
    };
    let manner =
        Manner { can: Some(vec![dialect("patch"), dialect("put")]), works: Some("put"), ..Manner::default() };
    let office = Office::with_manner(3, manner).await;
    let desk = office.desk().await;
    office.leave(&desk, 1).await;
    let run = offboard_one(&desk, 1).await;
    assert!(!office.app.truth().accounts["u1"].enabled, "a success without effect is no success");
    assert_eq!(step(&run, &email(1), "sign-in").attempts, 2, "each dialect is an attempt of its own");
    office.leave(&desk, 2).await;
    let run = offboard_one(&desk, 2).await;
    assert_eq!(step(&run, &email(2), "sign-in").attempts, 1, "the one that worked comes first from now on");
}

#[tokio::test]
async fn a_vendor_that_never_acts_is_never_called_cut() {
    let office = office_with_key().await;
    let desk = office.desk().await;
    office.app.fail(Op::Apply, Fault::Ignored, Times::Always);
    let run = offboard_one(&desk, 1).await;
    assert_eq!(step(&run, &email(1), "sign-in").state, "blocked", "every way was taken, and nothing changed");
    assert_eq!(run.row.access_cut.cut, 0, "no access is called cut that is not");
    assert_eq!(
        office.app.write_count("u1", &Wish::Disabled),
        1,
        "a way that was taken in vain is not taken again"
    );
}

#[tokio::test]
async fn a_lagging_read_is_waited_for_and_never_answered_with_a_second_write() {
    let office = Office::of(2).await;
    office.app.edit(|s| {
        s.groups.insert("g1".into(), SimGroup { name: "g1".into(), privileged: false });
        s.accounts.get_mut("u1").unwrap().groups.insert("g1".into());
    });
    let desk = office.desk().await;
    office.leave(&desk, 1).await;
    let run = offboard_one(&desk, 1).await;
    let gone = Wish::GrantAbsent { entitlement: "g1".into() };
    assert_eq!(office.app.write_count("u1", &gone), 1, "\"not yet\" means wait");
    assert_eq!(run.row.standing, Standing::Closed, "and the wait comes to an end: {:#?}", run.steps);
    let waited = step(&run, &email(1), "membership").at.unwrap() - today();
    assert!(
        waited >= TimeDelta::seconds(GRANT_LAG_S.into()),
        "it was claimed only when it was seen: {waited}"
    );
    let acted = office.app.writes().iter().all(|w| w.outcome == Outcome::Acted);
    assert!(acted, "no write was in vain");
}

#[tokio::test]
async fn without_a_place_for_evidence_access_is_cut_and_nothing_final_happens() {
    let office = office_with_key().await;
    // A file where the vault's folder would be.
    std::fs::write(office.home().join("vault"), b"in the way").unwrap();
    let desk = office.desk().await;
    let run = offboard_one(&desk, 1).await;
    let truth = &office.app.truth().accounts["u1"];
    assert!(!truth.enabled && truth.sessions_ended_at.is_some(), "containment waits for no document");
    office.pass(Duration::from_hours(48));
    let run = desk.resume(Some(run.row.id)).await.unwrap().remove(0);
    assert!(office.app.truth().accounts["u1"].keys.contains("k1"), "no time lifts the need for evidence");
    assert_eq!(run.row.standing, Standing::NeedsPerson, "somebody has to make room");
    std::fs::remove_file(office.home().join("vault")).unwrap();
    let run = desk.resume(Some(run.row.id)).await.unwrap().remove(0);
    assert!(!office.app.truth().accounts["u1"].keys.contains("k1"), "with evidence stored it goes on");
    assert_eq!(run.row.standing, Standing::Closed, "to its end: {:#?}", run.steps);
}

#[tokio::test]
async fn many_accounts_at_once_do_not_stand_in_each_others_way() {
    let office = Office::of(2).await;
    office.app.edit(|s| {
        for n in 1..=12 {
            let mut more = account(1);
            more.keys.insert(format!("k{n}"));
            s.accounts.insert(format!("u1-{n}"), more);
        }
    });
    let desk = office.desk().await;
    office.leave(&desk, 1).await;
    let patience = Duration::from_secs(30);
    let run = tokio::time::timeout(patience, offboard_one(&desk, 1)).await.expect("the run stands still");
    assert_eq!(run.row.standing, Standing::Closed, "all at once, each to its end: {:#?}", run.row);
    assert_eq!(office.app.writes().len(), 13 * 2 + 12, "sign-in and sessions of each, and the keys");
}
