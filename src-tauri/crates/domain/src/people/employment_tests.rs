use chrono::{DateTime, Duration, Utc};
use chrono_tz::Tz;

use super::*;
use crate::digest::Digest;
use crate::people::example::worker;
use crate::people::{History, WorkerRecord, stint_state};
use crate::time::{DateRules, access_end_at, ends_of};
use ChangeOfEnd as C;
use SourceStatus as Q;

const SYDNEY: Tz = chrono_tz::Australia::Sydney;

fn at(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

/// The end of a record with this termination date (`-` for none).
fn end(date: &str) -> End {
    end_in(date, SYDNEY)
}

fn end_in(date: &str, zone: Tz) -> End {
    let termination_date = (date != "-").then(|| day(date));
    access_end_at(&WorkerRecord { termination_date, ..worker() }, &DateRules::preset(zone))
}

fn read(end: &End, file: u8) -> Reading {
    Reading { complete: true, file: Some(Digest::of(&[file])), access_end_at: end.at }
}

const QUIET: Circumstances<'_> =
    Circumstances { reads: &[], explicit_rescind: false, last_look: false, executed: false };

fn decide(old: &End, new: &End, status: Q, seen: Circumstances<'_>) -> ChangeOfEnd {
    change_of_end(old, News::Read { end: new, status }, seen)
}

#[test]
fn an_earlier_date_counts_at_once_and_a_later_one_when_said_twice() {
    let (sooner, old, later, none) = (end("2026-09-20"), end("2026-09-25"), end("2026-10-25"), end("-"));
    for (old, new, status, first, twice, why) in [
        (&old, &old, Q::Active, C::Keep, C::Keep, "nothing changed"),
        (&none, &old, Q::Active, C::MoveEarlier, C::MoveEarlier, "a first date is earlier than none"),
        (
            &old,
            &sooner,
            Q::Active,
            C::MoveEarlier,
            C::MoveEarlier,
            "a leaver is never kept longer than HR says",
        ),
        (&old, &later, Q::Active, C::AwaitSecondRead, C::MoveLater, "a slip must not save a leaver"),
        (&old, &none, Q::Active, C::AwaitSecondRead, C::Withdraw, "an emptied column must not save a leaver"),
        (&old, &none, Q::Unknown, C::Hold, C::Hold, "a word nobody understands takes nothing back"),
        (
            &old,
            &none,
            Q::Terminated,
            C::MoveEarlier,
            C::MoveEarlier,
            "over without a date is not a withdrawal",
        ),
        (&old, &end("2020-01-01"), Q::Active, C::Hold, C::Hold, "a date before the start takes nothing back"),
    ] {
        let one = [read(old, 1), read(new, 2)];
        assert_eq!(
            decide(old, new, status, Circumstances { reads: &one, ..QUIET }),
            first,
            "{why}: first read"
        );
        let two = [read(old, 1), read(new, 2), read(new, 3)];
        assert_eq!(
            decide(old, new, status, Circumstances { reads: &two, ..QUIET }),
            twice,
            "{why}: second read"
        );
    }
}

#[test]
fn only_a_second_complete_and_different_read_is_a_second_read() {
    let (old, later, other) = (end("2026-09-25"), end("2026-10-25"), end("2026-10-26"));
    let broken_off = Reading { complete: false, ..read(&later, 3) };
    let live = Reading { file: None, ..read(&later, 0) };
    for (reads, expected, why) in [
        (vec![], C::AwaitSecondRead, "no read at all"),
        (vec![read(&later, 2), read(&later, 2)], C::AwaitSecondRead, "the same file again"),
        (vec![read(&later, 2), broken_off], C::AwaitSecondRead, "broken off"),
        (vec![read(&later, 2), read(&other, 3), read(&later, 4)], C::AwaitSecondRead, "not in a row"),
        (vec![read(&later, 2), read(&other, 3)], C::AwaitSecondRead, "the newest says another date"),
        (vec![read(&later, 2), broken_off, read(&later, 4)], C::MoveLater, "two complete ones in a row"),
        (vec![live, live], C::MoveLater, "two live reads are two questions"),
    ] {
        let seen = Circumstances { reads: &reads, ..QUIET };
        assert_eq!(decide(&old, &later, Q::Active, seen), expected, "{why}");
    }
}

#[test]
fn explicit_words_count_at_once_the_last_look_holds_and_a_cut_is_never_undone() {
    let (sooner, old, later, none) = (end("2026-09-20"), end("2026-09-25"), end("2026-10-25"), end("-"));
    let twice = [read(&later, 2), read(&later, 3)];
    let explicit = Circumstances { explicit_rescind: true, ..QUIET };
    let last_look = Circumstances { last_look: true, reads: &twice, ..QUIET };
    let executed = Circumstances { executed: true, reads: &twice, ..QUIET };
    let cases = [
        (&none, Q::Active, explicit, C::Withdraw, "HR rescinded in so many words"),
        (&later, Q::Active, explicit, C::MoveLater, "HR moved it in so many words"),
        (&none, Q::Unknown, explicit, C::Hold, "a rescind beside a word nobody understands"),
        (&old, Q::Active, last_look, C::Keep, "the last look agrees"),
        (&later, Q::Active, last_look, C::Hold, "the last look differs"),
        (&sooner, Q::Active, last_look, C::Hold, "the last look differs the other way"),
        (&none, Q::Active, last_look, C::Hold, "the date is gone at the last look"),
        (&none, Q::Terminated, last_look, C::Keep, "gone, but HR says over: due all the same"),
        (&later, Q::Active, executed, C::Hold, "a person restores, never we"),
        (&none, Q::Active, executed, C::Hold, "a person restores, never we"),
        (&sooner, Q::Active, executed, C::Keep, "already cut"),
    ];
    for (new, status, seen, expected, why) in cases {
        assert_eq!(decide(&old, new, status, seen), expected, "{why}");
    }
    for (seen, expected, why) in [
        (QUIET, C::Keep, "absence is neither an end nor its withdrawal"),
        (last_look, C::Hold, "missing at the last look: a person looks"),
        (executed, C::Keep, "missing after the cut"),
    ] {
        assert_eq!(change_of_end(&old, News::Missing, seen), expected, "{why}");
    }
}

#[test]
fn a_changed_zone_moves_the_timer_at_once() {
    let (sydney, denver) = (end_in("2026-09-25", SYDNEY), end_in("2026-09-25", chrono_tz::America::Denver));
    assert_eq!(decide(&sydney, &denver, Q::Active, QUIET), C::MoveLater, "same date, another midnight");
    assert_eq!(decide(&denver, &sydney, Q::Active, QUIET), C::MoveEarlier, "and back");
    let instant = |text: &str| {
        let record = WorkerRecord { termination_at: Some(at(text)), ..worker() };
        access_end_at(&record, &DateRules::preset(SYDNEY))
    };
    assert_eq!(
        decide(&instant("2026-09-25T01:00:00Z"), &instant("2026-09-25T02:00:00Z"), Q::Active, QUIET),
        C::AwaitSecondRead,
        "another time of the same day is another word of HR's"
    );
}

#[test]
fn a_new_stint_holds_the_act_for_seven_days_and_not_longer() {
    // The last day is 30 September in Sydney; the clocks go forward on 4 October.
    let old_end = end("2026-09-30").at.unwrap();
    for (start, holds, why) in [
        ("2026-09-01", true, "overlaps"),
        ("2026-10-01", true, "the next day"),
        ("2026-10-08", true, "the seventh day after the end"),
        ("2026-10-09", false, "the eighth"),
    ] {
        assert_eq!(rehire_holds(old_end, SYDNEY, day(start)), holds, "{start}: {why}");
    }
    assert!(starts_new_stint(old_end, SYDNEY, day("2026-10-01")), "it begins as the former one ends");
    assert!(
        !starts_new_stint(old_end, SYDNEY, day("2026-09-30")),
        "it begins within the former one: a correction"
    );
}

#[test]
fn another_stint_holds_the_act_unless_it_is_over_sooner_or_far_away() {
    let stint = |status, start: &str, ended: &str| {
        let record = WorkerRecord {
            source_status: status,
            start_date: Some(day(start)),
            termination_date: (ended != "-").then(|| day(ended)),
            ..worker()
        };
        let now = at("2026-09-20T00:00:00Z");
        let history = History {
            first_observed: now - Duration::days(30),
            seen_employed: true,
            baseline: false,
            rescinded: false,
            cut_at: None,
            earlier_overlapping_stint: false,
            pending_becomes_active: false,
        };
        stint_state(&record, &ends_of(&record, &DateRules::preset(SYDNEY)), now, &history)
    };
    let leaving = stint(Q::Active, "2024-01-15", "2026-09-25");
    for (other, holds, why) in [
        (stint(Q::Active, "2025-01-15", "-"), true, "a second job goes on"),
        (stint(Q::Unknown, "2025-01-15", "-"), true, "what is not understood may go on"),
        (stint(Q::Active, "2025-01-15", "2026-10-25"), true, "a second job ends later"),
        (stint(Q::Active, "2025-01-15", "2026-09-25"), false, "both end together"),
        (stint(Q::Active, "2025-01-15", "2026-09-22"), false, "a second job ends sooner"),
        (stint(Q::Active, "2020-01-15", "2026-08-25"), false, "an old stint is over"),
        (stint(Q::Pending, "2026-09-28", "-"), true, "hired again within the week"),
        (stint(Q::Pending, "2026-11-01", "-"), false, "hired again much later: access ends in between"),
    ] {
        assert_eq!(held_by(&leaving, &other), holds, "{why}");
    }
}
