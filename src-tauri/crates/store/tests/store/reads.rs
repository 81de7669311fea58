//! Staged reads: what a complete one changes, what a broken-off one does not, and the history that guards need.

use crate::support::{account, begin, connection, end, home, hours, id, import, now, open, worker};
use chrono::{DateTime, Utc};
use lockstep_domain::access::{EntitlementRecord, GrantRecord, SignIn};
use lockstep_domain::ids::{AccountId, ConnectionId, LinkId, PersonId};
use lockstep_domain::people::{SourceStatus, WorkerRecord};
use lockstep_store::{
    CursorRow, EmploymentRow, Ends, Flipped, Kind, LinkRow, LinkState, PersonRow, QuarantinedRow, ReadKind,
    Store,
};

use SourceStatus::{Active, Terminated, Unknown};

async fn stint(store: &Store, source: ConnectionId, remote: &'static str) -> EmploymentRow {
    store
        .read(move |r| {
            let person = r.person_by_remote_id(source, remote)?.unwrap();
            Ok(r.stints_of(person.id)?.remove(0))
        })
        .await
        .unwrap()
}

fn leaving(remote: &str, on: &str) -> WorkerRecord {
    WorkerRecord { termination_date: on.parse().ok(), ..worker(remote, Active) }
}

#[tokio::test]
async fn the_first_complete_read_is_the_baseline_and_later_ones_are_not() {
    let (_dir, store) = home().await;
    let hr = connection(&store, "HR").await;
    let (read, first) = import(&store, hr, now(), vec![worker("1", Active), worker("2", Terminated)]).await;
    assert_eq!(first, Flipped { baseline: true, added: 2, ..Flipped::default() }, "the first one");
    let (_, second) =
        import(&store, hr, hours(1), vec![worker("1", Active), worker("2", Terminated), worker("3", Active)])
            .await;
    assert_eq!(second, Flipped { added: 1, ..Flipped::default() }, "only what is new is counted, or written");
    let (one, two, three) =
        (stint(&store, hr, "1").await, stint(&store, hr, "2").await, stint(&store, hr, "3").await);
    assert_eq!(
        (one.baseline, two.baseline, three.baseline),
        (true, true, false),
        "the Backlog is the baseline's"
    );
    assert!(!two.seen_not_terminated, "never seen at work: left before we came, not a new leaver");
    assert_eq!(
        (one.first_seen_at, one.last_seen_at),
        (now(), hours(1)),
        "seen by both, though only one wrote it"
    );
    assert_eq!(
        (one.ends_read, one.ends_since, one.ends_before),
        (read, now(), None),
        "known and unchanged since"
    );
}

/// Takes over changes only.
async fn changes(
    store: &Store,
    source: ConnectionId,
    at: DateTime<Utc>,
    workers: Vec<WorkerRecord>,
) -> lockstep_store::Result<Flipped> {
    let read = begin(store, source, ReadKind::Workers, at).await;
    let write = store.write(move |tx| {
        tx.stage_workers(read, &workers)?;
        tx.flip_changes(read, &end(at, workers.len()))
    });
    write.await
}

#[tokio::test]
async fn changes_concern_those_who_changed_and_are_no_complete_read() {
    let (_dir, store) = home().await;
    let hr = connection(&store, "HR").await;
    let early = changes(&store, hr, now(), vec![worker("1", Active)]).await.unwrap_err();
    assert_eq!(early.kind(), Kind::Conflict, "nobody knows what absence means before everybody was read");
    import(&store, hr, now(), vec![worker("1", Active), worker("2", Active), worker("3", Active)]).await;
    let changed = vec![leaving("1", "2026-10-01"), worker("2", Active), worker("4", Active)];
    let done = changes(&store, hr, hours(1), changed).await.unwrap();
    assert_eq!(
        done,
        Flipped { added: 1, changed: 1, ..Flipped::default() },
        "what is the same is not written"
    );
    let (one, three, four) =
        (stint(&store, hr, "1").await, stint(&store, hr, "3").await, stint(&store, hr, "4").await);
    assert_eq!(one.ends_since, hours(1), "the end is news since then");
    assert_eq!(one.ends_before, Some(Ends::of(&worker("1", Active))), "and what was known before is kept");
    assert_eq!(three.missing_since, None, "whoever did not change is not missing");
    assert!(!four.baseline, "somebody new is not of the first read");
    let (complete, ended) = store
        .read(move |r| {
            Ok((r.complete_reads(hr, ReadKind::Workers, 9)?, r.ended_reads(hr, ReadKind::Workers, 9)?))
        })
        .await
        .unwrap();
    assert_eq!((complete.len(), ended.len()), (1, 1), "a share must not be compared with the whole");
}

#[tokio::test]
async fn the_place_in_the_changes_is_replaced_and_forgotten() {
    let (_dir, store) = home().await;
    let hr = connection(&store, "HR").await;
    let row = |cursor: &str, h| CursorRow { cursor: cursor.into(), full_read_at: now(), asked_at: hours(h) };
    for (kept, why) in [
        (Some(row("a", 1)), "the first"),
        (Some(row("b", 2)), "in place of the first"),
        (None, "a source that no longer tells its changes"),
    ] {
        let put = kept.clone();
        store
            .write(move |tx| match put {
                Some(row) => tx.put_cursor(hr, &row),
                None => tx.drop_cursor(hr),
            })
            .await
            .unwrap();
        assert_eq!(store.read(move |r| r.cursor(hr)).await.unwrap(), kept, "{why}");
    }
}

#[tokio::test]
async fn history_tells_what_two_consecutive_complete_reads_said() {
    let (_dir, store) = home().await;
    let hr = connection(&store, "HR").await;
    import(&store, hr, now(), vec![worker("1", Active)]).await;
    let (dated, _) = import(&store, hr, hours(1), vec![leaving("1", "2026-10-01")]).await;
    let seen = stint(&store, hr, "1").await;
    assert_eq!((seen.ends_read, seen.ends_since), (dated, hours(1)), "one read says so, no second yet");
    assert_eq!(seen.ends_before, Some(Ends::of(&worker("1", Active))), "the one before knew of no end");

    // Another field changes: the ends are as old as they were.
    let moved = WorkerRecord { department: Some("Sales".into()), ..leaving("1", "2026-10-01") };
    let (second, changed) = import(&store, hr, hours(2), vec![moved]).await;
    let seen = stint(&store, hr, "1").await;
    assert_eq!((changed.changed, seen.ends_since), (1, hours(1)), "a new department is no new date");
    assert_ne!(seen.ends_read, second, "two consecutive complete reads agree on the date");

    let (gone, _) = import(&store, hr, hours(3), vec![worker("1", Terminated)]).await;
    let seen = stint(&store, hr, "1").await;
    assert_eq!((seen.first_terminated_at, seen.seen_not_terminated), (Some(hours(3)), true), "a real leaver");
    assert_eq!(seen.ends_read, gone, "new ends");
    import(&store, hr, hours(4), vec![worker("1", Unknown)]).await;
    assert_eq!(
        stint(&store, hr, "1").await.first_terminated_at,
        Some(hours(3)),
        "a riddle takes nothing back"
    );
    import(&store, hr, hours(5), vec![worker("1", Active)]).await;
    assert_eq!(stint(&store, hr, "1").await.first_terminated_at, None, "a rescinded termination does");
}

#[tokio::test]
async fn absence_is_marked_and_is_never_termination() {
    let (_dir, store) = home().await;
    let hr = connection(&store, "HR").await;
    import(&store, hr, now(), vec![worker("1", Active), worker("2", Active)]).await;
    let (_, flipped) = import(&store, hr, hours(1), vec![worker("1", Active)]).await;
    assert_eq!(flipped.missing, 1, "counted for the guards");
    let gone = stint(&store, hr, "2").await;
    assert_eq!(
        (gone.missing_since, gone.last_seen_at),
        (Some(hours(1)), now()),
        "since when, and when last seen"
    );
    assert_eq!(gone.record.source_status, Active, "HR never said that it ended");
    import(&store, hr, hours(2), vec![worker("1", Active)]).await;
    assert_eq!(stint(&store, hr, "2").await.missing_since, Some(hours(1)), "the first such read counts");
    let (_, back) = import(&store, hr, hours(3), vec![worker("1", Active), worker("2", Active)]).await;
    let seen = stint(&store, hr, "2").await;
    assert_eq!(
        (back.changed, seen.missing_since, seen.last_seen_at),
        (1, None, hours(3)),
        "and it came back"
    );
}

#[tokio::test]
async fn a_broken_off_or_discarded_read_changes_nobody() {
    let (_dir, store) = home().await;
    let hr = connection(&store, "HR").await;
    import(&store, hr, now(), vec![worker("1", Active)]).await;
    let read = begin(&store, hr, ReadKind::Workers, hours(1)).await;
    store
        .write(move |tx| tx.stage_workers(read, &[worker("1", Terminated), worker("2", Active)]))
        .await
        .unwrap();
    assert_eq!(stint(&store, hr, "1").await.record.source_status, Active, "staged is not taken over");
    let unfinished = store.read(|r| r.unfinished_reads()).await.unwrap();
    assert_eq!(unfinished.iter().map(|r| r.read.id).collect::<Vec<_>>(), [read], "after a crash it is found");

    let row = QuarantinedRow {
        row: "3".into(),
        column: "end".into(),
        reason: "32 May".into(),
        remedy: "fix it".into(),
    };
    let noted = row.clone();
    store
        .write(move |tx| {
            tx.quarantine(read, std::slice::from_ref(&noted))?;
            tx.quarantine(read, &[noted])?;
            tx.discard_read(read, &end(hours(1), 2), "row 3 has no such date")
        })
        .await
        .unwrap();
    store
        .read(move |r| {
            assert_eq!(r.quarantined(read)?, [row.clone(), row], "the operator sees which rows");
            let ended = r.read_row(read)?.unwrap();
            assert_eq!(
                (ended.complete, ended.reason.as_deref()),
                (false, Some("row 3 has no such date")),
                "and why"
            );
            assert_eq!(r.complete_reads(hr, ReadKind::Workers, 5)?.len(), 1, "it is no complete read");
            assert_eq!(r.ended_reads(hr, ReadKind::Workers, 5)?.len(), 2, "but it is on the list");
            assert_eq!(r.person_by_remote_id(hr, "2")?, None, "nobody was added");
            Ok(())
        })
        .await
        .unwrap();
    let late = store.write(move |tx| tx.stage_workers(read, &[worker("9", Active)])).await.unwrap_err();
    assert_eq!(late.kind(), Kind::Missing, "an ended read takes nothing more");
    let late = store.write(move |tx| tx.flip_workers(read, &end(hours(2), 2))).await.unwrap_err();
    assert_eq!(late.kind(), Kind::Missing, "and cannot be taken over any more");
    let (_, next) = import(&store, hr, hours(2), vec![worker("1", Active)]).await;
    assert_eq!(next, Flipped::default(), "nothing of it lingers");
}

#[tokio::test]
async fn two_reads_at_once_do_not_empty_each_others_stage() {
    let (_dir, store) = home().await;
    let (one, other) = (connection(&store, "HR").await, connection(&store, "Agency").await);
    let pending = begin(&store, other, ReadKind::Workers, now()).await;
    store.write(move |tx| tx.stage_workers(pending, &[worker("1", Active)])).await.unwrap();
    import(&store, one, now(), vec![worker("1", Active)]).await;
    let flipped = store.write(move |tx| tx.flip_workers(pending, &end(hours(1), 1))).await.unwrap();
    assert_eq!(flipped.added, 1, "the same id in two sources is two people");
}

#[tokio::test]
async fn a_read_of_a_dead_process_is_ended_and_never_taken_over() {
    let (dir, store) = home().await;
    let hr = connection(&store, "HR").await;
    import(&store, hr, now(), vec![worker("1", Active)]).await;
    let read = begin(&store, hr, ReadKind::Workers, hours(1)).await;
    store.write(move |tx| tx.stage_workers(read, &[worker("1", Active)])).await.unwrap();
    drop(store);
    let store = open(dir.path());
    let taken = store.write(move |tx| tx.flip_workers(read, &end(hours(2), 1))).await.unwrap_err();
    assert_eq!(taken.kind(), Kind::Missing, "what was staged is gone, and nobody may look missing for that");
    store.write(move |tx| tx.discard_read(read, &end(hours(2), 1), "broken off")).await.unwrap();
    assert_eq!(store.read(|r| r.unfinished_reads()).await.unwrap(), [], "it is ended");
}

#[tokio::test]
async fn one_id_twice_in_a_read_is_refused() {
    let (_dir, store) = home().await;
    let hr = connection(&store, "HR").await;
    let read = begin(&store, hr, ReadKind::Workers, now()).await;
    let twice =
        store.write(move |tx| tx.stage_workers(read, &[worker("1", Active), worker("1", Terminated)])).await;
    assert_eq!(twice.unwrap_err().kind(), Kind::Conflict, "which of the two would be true?");
}

#[tokio::test]
async fn a_stint_that_changes_its_person_is_refused() {
    let (_dir, store) = home().await;
    let hr = connection(&store, "HR").await;
    import(&store, hr, now(), vec![worker("1", Active)]).await;
    let read = begin(&store, hr, ReadKind::Workers, hours(1)).await;
    let stolen = WorkerRecord { remote_person_id: "2".into(), ..worker("1", Active) };
    let answer = store
        .write(move |tx| {
            tx.stage_workers(read, &[stolen])?;
            tx.flip_workers(read, &end(hours(1), 1))
        })
        .await;
    assert_eq!(answer.unwrap_err().kind(), Kind::Conflict, "a run for one person must not end at another");
}

#[tokio::test]
async fn people_are_found_by_what_is_theirs_and_hostile_text_finds_nobody() {
    let (_dir, store) = home().await;
    let hr = connection(&store, "HR").await;
    let hostile = WorkerRecord {
        first_name: "Robert'); DROP TABLE person;--".into(),
        display_name: "\u{202e}=cmd|'/c calc'!A0 100%_\u{0}".into(),
        ..worker("2", Active)
    };
    import(&store, hr, now(), vec![worker("1", Active), hostile.clone()]).await;
    store
        .read(move |r| {
            let ids = |found: Vec<PersonRow>| found.into_iter().map(|p| p.remote_id).collect::<Vec<_>>();
            let one = r.person_by_remote_id(hr, "1")?.unwrap();
            for text in [one.id.to_string().as_str(), " kim.1@ACME.test ", "N1", "KIM DOE1"] {
                assert_eq!(ids(r.find_people(text)?), ["1"], "{text:?}");
            }
            assert_eq!(ids(r.find_people("Kim")?), Vec::<String>::new(), "part of a name is nobody's name");
            assert_eq!(ids(r.search_people("doe1", 10)?), ["1"], "but a search finds it");
            assert_eq!(r.search_people("", 1)?.len(), 1, "no text lists all, to the limit");
            for text in ["%", "_", "' OR 1=1 --", "Doe1\nkim"] {
                let found = ids(r.search_people(text, 10)?);
                assert!(!found.contains(&"1".into()), "{text:?} is text, not a pattern or a command");
            }
            assert_eq!(ids(r.search_people("100%_", 10)?), ["2"], "hostile names are found as written");
            let two = r.person_by_remote_id(hr, "2")?.unwrap();
            assert_eq!(
                (two.first_name, two.display_name),
                (hostile.first_name, hostile.display_name),
                "and kept so"
            );
            Ok(())
        })
        .await
        .unwrap();
}

#[tokio::test]
async fn a_rehire_is_a_new_stint_of_the_same_person_with_the_newest_names() {
    let (_dir, store) = home().await;
    let hr = connection(&store, "HR").await;
    let old = WorkerRecord { remote_employment_id: "1a".into(), ..worker("1", Terminated) };
    let new = WorkerRecord {
        remote_employment_id: "1b".into(),
        start_date: "2025-01-01".parse().ok(),
        last_name: "Married".into(),
        ..worker("1", Active)
    };
    import(&store, hr, now(), vec![new.clone(), old.clone()]).await;
    let late_fix = WorkerRecord { department: Some("Archive".into()), ..old };
    import(&store, hr, hours(1), vec![late_fix, new]).await;
    store
        .read(move |r| {
            assert_eq!(r.people()?.len(), 1, "one human being");
            let person = r.person_by_remote_id(hr, "1")?.unwrap();
            assert_eq!(person.last_name, "Married", "an old stint's record does not bring an old name back");
            let stints: Vec<_> =
                r.stints_of(person.id)?.into_iter().map(|s| s.record.remote_employment_id).collect();
            assert_eq!(stints, ["1b", "1a"], "newest first");
            assert_eq!(r.employed_people()?, 1, "one head");
            Ok(())
        })
        .await
        .unwrap();
}

#[tokio::test]
async fn whoever_mentions_an_end_is_listed() {
    let (_dir, store) = home().await;
    let hr = connection(&store, "HR").await;
    let garden = WorkerRecord { last_day_worked: "2026-09-30".parse().ok(), ..leaving("3", "2026-12-31") };
    let exact = WorkerRecord { termination_at: "2026-10-01T03:00:00Z".parse().ok(), ..worker("4", Active) };
    let people = vec![
        worker("1", Active),
        leaving("2", "2026-09-01"),
        garden,
        exact,
        worker("5", Terminated),
        leaving("6", "2026-10-01"),
    ];
    import(&store, hr, now(), people).await;
    let from = "2026-09-30".parse().unwrap();
    let found = store.read(move |r| r.stints_ending(from)).await.unwrap();
    let mut found: Vec<_> = found.into_iter().map(|s| s.record.remote_person_id).collect();
    found.sort();
    assert_eq!(found, ["3", "4", "5", "6"], "by the earliest day mentioned, and terminated without a date");
}

#[tokio::test]
async fn an_end_that_hr_enters_months_too_late_is_listed_and_one_that_was_there_at_first_is_not() {
    let (_dir, store) = home().await;
    let hr = connection(&store, "HR").await;
    import(&store, hr, now(), vec![worker("1", Active), leaving("2", "2026-01-31")]).await;
    let late = vec![leaving("1", "2026-01-31"), leaving("2", "2026-01-31"), leaving("3", "2026-01-31")];
    import(&store, hr, hours(1), late).await;
    let from = now().date_naive();
    let found = store.read(move |r| r.stints_ending(from)).await.unwrap();
    let mut found: Vec<_> = found.into_iter().map(|s| s.record.remote_person_id).collect();
    found.sort();
    assert_eq!(found, ["1", "3"], "who was still at work yesterday must be on the list of leavers");
}

async fn accounts(
    store: &Store,
    target: ConnectionId,
    at: i64,
    list: Vec<(&'static str, SignIn, Option<bool>)>,
) -> Flipped {
    let read = begin(store, target, ReadKind::Accounts, hours(at)).await;
    let grant =
        |a: &str, e: &str| GrantRecord { account_remote_id: a.into(), entitlement_remote_id: e.into() };
    store
        .write(move |tx| {
            let records: Vec<_> =
                list.iter().map(|(id, sign_in, admin)| account(id, *sign_in, *admin)).collect();
            let admins =
                EntitlementRecord { remote_id: "g1".into(), name: "Admins".into(), privileged: true };
            let grants = [grant("a", "g1"), grant("a", "g1"), grant("a", "g2"), grant("nobody", "g1")];
            tx.stage_accounts(read, &records, &[admins], &grants)?;
            tx.flip_accounts(read, &end(hours(at), records.len()))
        })
        .await
        .unwrap()
}

async fn link(store: &Store, person: PersonId, account: AccountId, state: LinkState) -> LinkId {
    let id = LinkId(id());
    let row = LinkRow {
        id,
        person,
        account,
        confidence: 97,
        reasons: vec!["work e-mail".into()],
        state,
        decided_by: None,
        decided_at: None,
    };
    store.write(move |tx| tx.propose_link(&row)).await.unwrap();
    id
}

#[tokio::test]
async fn accounts_with_what_they_hold_follow_complete_reads() {
    use SignIn::{Disabled, Enabled};
    let (_dir, store) = home().await;
    let scim = connection(&store, "SCIM").await;
    let first = accounts(
        &store,
        scim,
        0,
        vec![("a", Enabled, Some(true)), ("b", Enabled, Some(true)), ("c", Disabled, Some(true))],
    )
    .await;
    assert_eq!(
        (first.baseline, first.added, first.stray_grants),
        (true, 3, 1),
        "a grant to nobody is counted, not lost"
    );
    store
        .read(move |r| {
            let a = r.account_by_remote_id(scim, "a")?.unwrap();
            let held = r.entitlements_of(a.id)?;
            assert_eq!(held.len(), 2, "a grant listed twice is one");
            assert!(held[0].record.as_ref().is_some_and(|e| e.privileged), "with what the vendor says of it");
            assert_eq!(
                (held[1].remote_id.as_str(), &held[1].record),
                ("g2", &None),
                "unlisted is not harmless"
            );
            let admins = r.admins(scim)?;
            assert_eq!((admins.enabled, admins.all_known), (2, true), "a disabled admin cannot help anybody");
            Ok(())
        })
        .await
        .unwrap();
    let second = accounts(&store, scim, 1, vec![("a", Disabled, Some(true)), ("c", Disabled, None)]).await;
    assert_eq!(
        (second.baseline, second.changed, second.missing),
        (false, 2, 1),
        "what changed, what is gone"
    );
    store
        .read(move |r| {
            let b = r.account_by_remote_id(scim, "b")?.unwrap();
            assert_eq!(
                (b.missing_since, b.last_seen_at),
                (Some(hours(1)), hours(0)),
                "gone, and when last seen"
            );
            assert_eq!((r.accounts(scim)?.len(), r.account_count(scim)?), (2, 2), "lists show what is there");
            let admins = r.admins(scim)?;
            assert_eq!(
                (admins.enabled, admins.all_known),
                (0, false),
                "none that we know of, and we do not know all"
            );
            Ok(())
        })
        .await
        .unwrap();
}

#[tokio::test]
async fn what_was_read_back_counts_until_the_next_read() {
    let (_dir, store) = home().await;
    let scim = connection(&store, "SCIM").await;
    accounts(&store, scim, 0, vec![("a", SignIn::Enabled, Some(true))]).await;
    let row = store.read(move |r| r.account_by_remote_id(scim, "a")).await.unwrap().unwrap();
    let cut = account("a", SignIn::Disabled, Some(true));
    let record = cut.clone();
    store.write(move |tx| tx.update_account(row.id, &record)).await.unwrap();
    let (after, admins) =
        store.read(move |r| Ok((r.account(row.id)?.unwrap(), r.admins(scim)?))).await.unwrap();
    assert_eq!((after.record, admins.enabled), (cut, 0), "guards judge by the newest fact");
    let nobody = AccountId(id());
    let error = store
        .write(move |tx| tx.update_account(nobody, &account("x", SignIn::Enabled, None)))
        .await
        .unwrap_err();
    assert_eq!(error.kind(), Kind::Missing, "a fact about nothing is a defect, not a no-op");
}

#[tokio::test]
async fn the_backlog_is_who_had_left_before_and_still_gets_in() {
    let (_dir, store) = home().await;
    let (hr, scim) = (connection(&store, "HR").await, connection(&store, "SCIM").await);
    let people = ["1", "2", "3", "4"].map(|n| worker(n, Terminated)).to_vec();
    import(&store, hr, now(), [people.clone(), vec![worker("5", Active)]].concat()).await;
    import(&store, hr, hours(1), [people, vec![worker("5", Active), worker("6", Terminated)]].concat()).await;
    let list = [
        ("a", SignIn::Enabled),
        ("b", SignIn::Disabled),
        ("c", SignIn::Enabled),
        ("d", SignIn::Unknown),
        ("e", SignIn::Enabled),
        ("f", SignIn::Enabled),
    ];
    accounts(&store, scim, 0, list.map(|(id, sign_in)| (id, sign_in, Some(false))).to_vec()).await;
    for (person, login, state) in [
        ("1", "a", LinkState::Confirmed),
        ("2", "b", LinkState::Confirmed),
        ("3", "c", LinkState::Rejected),
        ("4", "d", LinkState::Proposed),
        ("5", "e", LinkState::Confirmed),
        ("6", "f", LinkState::Confirmed),
    ] {
        let ids = store
            .read(move |r| {
                let person = r.person_by_remote_id(hr, person)?.unwrap().id;
                Ok((person, r.account_by_remote_id(scim, login)?.unwrap().id))
            })
            .await
            .unwrap();
        link(&store, ids.0, ids.1, state).await;
    }
    let today = "2026-09-25".parse().unwrap();
    let found = store.read(move |r| r.backlog_stints(today)).await.unwrap();
    let mut found: Vec<_> = found.into_iter().map(|s| s.record.remote_person_id).collect();
    found.sort();
    assert_eq!(
        found,
        ["1", "4"],
        "not the disabled, the rejected, the employed, nor a leaver of a later read"
    );
}

#[tokio::test]
async fn an_operators_word_about_a_link_stands_against_matching() {
    let (_dir, store) = home().await;
    let (hr, scim) = (connection(&store, "HR").await, connection(&store, "SCIM").await);
    import(&store, hr, now(), vec![worker("1", Active)]).await;
    accounts(&store, scim, 0, vec![("a", SignIn::Enabled, None)]).await;
    let (person, account) = store
        .read(move |r| {
            Ok((r.person_by_remote_id(hr, "1")?.unwrap().id, r.account_by_remote_id(scim, "a")?.unwrap().id))
        })
        .await
        .unwrap();
    let first = link(&store, person, account, LinkState::Proposed).await;
    link(&store, person, account, LinkState::Confirmed).await;
    let links = store.read(|r| r.links()).await.unwrap();
    assert_eq!(
        (links.len(), links[0].id, links[0].state),
        (1, first, LinkState::Confirmed),
        "found again, same link"
    );

    store.write(move |tx| tx.decide_link(first, LinkState::Rejected, "op:1", now())).await.unwrap();
    link(&store, person, account, LinkState::Confirmed).await;
    store.write(move |tx| tx.withdraw_link(first)).await.unwrap();
    let links = store.read(move |r| r.accounts_of(person)).await.unwrap();
    let (kept, account) = &links[0];
    assert_eq!(
        (links.len(), kept.state, kept.decided_by.as_deref()),
        (1, LinkState::Rejected, Some("op:1")),
        "no means no"
    );
    assert_eq!(account.record.remote_id, "a", "with the account");
    let unknown = LinkId(id());
    let error = store
        .write(move |tx| tx.decide_link(unknown, LinkState::Confirmed, "op:1", now()))
        .await
        .unwrap_err();
    assert_eq!(error.kind(), Kind::Missing, "a decision about nothing is told");
}
