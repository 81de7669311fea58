//! The decision table for every combination that requirement S1-38 names, and the cases that have a name.

use std::collections::BTreeSet;

use chrono::{DateTime, Duration, NaiveDate, TimeZone, Utc};
use proptest::prelude::*;

use super::*;
use crate::people::example::worker;
use crate::time::{DateConvention, DateRules, EndDayBasis, ends_of};
use EmploymentState as S;
use SourceStatus as Q;

/// 20 May 2026, 08:00 in Sydney, where it is a day later than in UTC. No clock changes near it: +10:00.
const NOW: &str = "2026-05-19T22:00:00Z";

fn now() -> DateTime<Utc> {
    NOW.parse().unwrap()
}

/// The date `offset` days from today in Sydney.
fn day(offset: i64) -> NaiveDate {
    NaiveDate::from_ymd_opt(2026, 5, 20).unwrap() + Duration::days(offset)
}

/// The end of the day `offset` days from today in Sydney, reckoned by hand.
fn end_of(offset: i64) -> DateTime<Utc> {
    "2026-05-20T14:00:00Z".parse::<DateTime<Utc>>().unwrap() + Duration::days(offset)
}

fn rules() -> DateRules {
    DateRules::preset(chrono_tz::Australia::Sydney)
}

fn record(status: Q, start: Option<i64>, worked: Option<i64>, ended: Option<i64>) -> WorkerRecord {
    WorkerRecord {
        source_status: status,
        start_date: start.map(day),
        last_day_worked: worked.map(day),
        termination_date: ended.map(day),
        ..worker()
    }
}

fn history() -> History {
    History {
        first_observed: now(),
        seen_employed: true,
        baseline: false,
        rescinded: false,
        cut_at: None,
        earlier_overlapping_stint: false,
        pending_becomes_active: false,
    }
}

fn judge(record: &WorkerRecord, history: &History) -> StintState {
    stint_state(record, &ends_of(record, &rules()), now(), history)
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Seen {
    Baseline,
    Employed,
    Ended,
}

/// How the usable end lies: not there, to come, past and heard of in time, past when first heard of.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Ending {
    No,
    ToCome,
    Planned,
    Late,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Start {
    ToCome,
    ToComeInsideAnother,
    Reached,
    NotSaid,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Then {
    Nothing,
    Backlog,
    Now,
    AtEnd,
}

/// A cell of the table: these values, or any (empty).
type Is<T> = &'static [T];

/// §4 and §5a of the model as one table; the first row that fits decides.
type Row = (Is<Start>, Is<Ending>, Is<Q>, Is<Seen>, Is<bool>, S, Then);

const WORKING: Is<Q> = &[Q::Active, Q::OnLeave, Q::Suspended];

#[rustfmt::skip]
const TABLE: &[Row] = &[
    // start                          end                 status               seen               map  -> state          then
    (&[Start::ToCome],                &[Ending::ToCome],  &[],                 &[],               &[], S::PreHire,       Then::AtEnd),
    (&[Start::ToCome],                &[],                &[],                 &[],               &[], S::PreHire,       Then::Nothing),
    (&[],                             &[Ending::ToCome],  &[],                 &[],               &[], S::NoticePeriod,  Then::AtEnd),
    (&[],                             &[Ending::Planned], &[],                 &[],               &[], S::Terminated,    Then::AtEnd),
    (&[],                             &[Ending::Late],    &[],                 &[Seen::Employed], &[], S::Terminated,    Then::Now),
    (&[],                             &[Ending::Late],    &[],                 &[],               &[], S::Terminated,    Then::Backlog),
    (&[Start::ToComeInsideAnother],   &[Ending::No],      &[Q::Terminated],    &[],               &[], S::Unknown,       Then::Nothing),
    (&[],                             &[Ending::No],      &[Q::Terminated],    &[Seen::Employed], &[], S::Terminated,    Then::Now),
    (&[],                             &[Ending::No],      &[Q::Terminated],    &[],               &[], S::Terminated,    Then::Backlog),
    (&[],                             &[Ending::No],      WORKING,             &[],               &[], S::Active,        Then::Nothing),
    (&[],                             &[Ending::No],      &[Q::Unknown],       &[],               &[], S::Unknown,       Then::Nothing),
    (&[Start::ToComeInsideAnother],   &[Ending::No],      &[Q::Pending],       &[],               &[], S::Active,        Then::Nothing),
    (&[Start::NotSaid],               &[Ending::No],      &[Q::Pending],       &[],               &[], S::Unknown,       Then::Nothing),
    (&[Start::Reached],               &[Ending::No],      &[Q::Pending],       &[],           &[true], S::Active,        Then::Nothing),
    (&[Start::Reached],               &[Ending::No],      &[Q::Pending],       &[],          &[false], S::Unknown,       Then::Nothing),
];

fn is<T: PartialEq>(cell: Is<T>, value: &T) -> bool {
    cell.is_empty() || cell.contains(value)
}

#[test]
fn every_combination_comes_out_as_the_table_says() {
    let mut used = BTreeSet::new();
    let mut combinations = 0;
    for &status in Q::ALL {
        for start in [Some(-400), Some(0), Some(7), None] {
            for ended in [None, Some(-10), Some(0), Some(10)] {
                for worked in
                    [None, Some(-5), Some(0), Some(5)].map(|w| w.map(|w: i64| ended.unwrap_or(0) + w))
                {
                    for seen in [Seen::Baseline, Seen::Employed, Seen::Ended] {
                        for heard_days_ago in [0, 30] {
                            for flags in 0..4 {
                                let (inside, map) = (flags & 1 != 0, flags & 2 != 0);
                                let facts = History {
                                    first_observed: now() - Duration::days(heard_days_ago),
                                    seen_employed: seen == Seen::Employed,
                                    baseline: seen == Seen::Baseline,
                                    earlier_overlapping_stint: inside,
                                    pending_becomes_active: map,
                                    ..history()
                                };
                                let case = format!(
                                    "{status} start {start:?} worked {worked:?} ended {ended:?} {seen:?} heard {heard_days_ago} d ago inside {inside} map {map}"
                                );
                                let found = judge(&record(status, start, worked, ended), &facts);
                                let expected = Expected::of(
                                    status,
                                    start,
                                    worked,
                                    ended,
                                    seen,
                                    heard_days_ago,
                                    inside,
                                    map,
                                );
                                used.insert(expected.row);
                                expected.check(&found, &case);
                                combinations += 1;
                            }
                        }
                    }
                }
            }
        }
    }
    assert_eq!(combinations, 6 * 4 * 4 * 4 * 3 * 2 * 4, "the product must be whole");
    assert_eq!(used.len(), TABLE.len(), "a row that no case reaches states a rule that nobody tests");
}

/// What the table, counting in whole days, says of one combination.
struct Expected {
    row: usize,
    state: S,
    timing: Timing,
    access_end_at: Option<DateTime<Utc>>,
    ideal: Option<DateTime<Utc>>,
    flags: BTreeSet<StatusFlag>,
}

impl Expected {
    #[expect(clippy::too_many_arguments, reason = "one argument for each dimension of the table")]
    fn of(
        status: Q,
        start: Option<i64>,
        worked: Option<i64>,
        ended: Option<i64>,
        seen: Seen,
        heard_days_ago: i64,
        inside: bool,
        map: bool,
    ) -> Self {
        let usable = |end: Option<i64>| end.filter(|end| start.is_none_or(|start| *end >= start));
        let (worked_used, ended_used) = (usable(worked), usable(ended));
        let last_day = [worked_used, ended_used].into_iter().flatten().min();
        let ending = match last_day {
            None => Ending::No,
            Some(last) if last >= 0 => Ending::ToCome,
            Some(_) if heard_days_ago > 0 => Ending::Planned,
            Some(_) => Ending::Late,
        };
        let begin = match start {
            None => Start::NotSaid,
            Some(start) if start <= 0 => Start::Reached,
            Some(_) if inside => Start::ToComeInsideAnother,
            Some(_) => Start::ToCome,
        };
        let fits = |(b, e, q, s, m, ..): &Row| {
            is(b, &begin) && is(e, &ending) && is(q, &status) && is(s, &seen) && is(m, &map)
        };
        let row = TABLE.iter().position(fits).expect("the table leaves no combination out");
        let (.., state, then) = TABLE[row];
        let heard = now() - Duration::days(heard_days_ago);
        let by_date = last_day.map(end_of);
        let (access_end_at, timing) = match then {
            Then::Nothing => (None, Timing::None),
            Then::Backlog => (by_date, Timing::BaselineBacklog),
            Then::Now => (Some(heard), Timing::Now),
            Then::AtEnd => (by_date, Timing::At(by_date.unwrap())),
        };
        let backdated = then == Then::Now && last_day.is_some();
        let garden = match ended_used {
            Some(ended) => last_day.is_some_and(|last| last < 0) && ended >= 0,
            None => worked_used.is_some_and(|worked| worked < 0) && status != Q::Terminated,
        };
        let conflict = worked != worked_used
            || ended != ended_used
            || worked_used.zip(ended_used).is_some_and(|(worked, ended)| worked > ended)
            || status == Q::Terminated && state != S::Terminated;
        let flags = [
            (StatusFlag::OnLeave, status == Q::OnLeave),
            (StatusFlag::Suspended, status == Q::Suspended),
            (StatusFlag::Backdated, backdated),
            (StatusFlag::GardenLeave, garden),
            (StatusFlag::DateConflict, conflict),
        ];
        let flags = flags.into_iter().filter(|(_, holds)| *holds).map(|(flag, _)| flag).collect();
        Self { row, state, timing, access_end_at, ideal: by_date.filter(|_| backdated), flags }
    }

    fn check(&self, found: &StintState, case: &str) {
        let row = self.row + 1;
        assert_eq!(found.state, self.state, "state by row {row}: {case}");
        assert_eq!(found.timing, self.timing, "whether anything may act, by row {row}: {case}");
        assert_eq!(found.access_end_at, self.access_end_at, "the instant shown and acted on: {case}");
        assert_eq!(found.access_end_at_ideal, self.ideal, "where the exposure begins: {case}");
        assert_eq!(found.flags, self.flags, "flags: {case}");
    }
}

#[test]
fn the_cases_with_a_name() {
    let start = Some(-400);
    let baseline = History { seen_employed: false, baseline: true, ..history() };
    let planned = History { first_observed: now() - Duration::days(30), ..history() };
    let (then, backlog) = (|offset| Timing::At(end_of(offset)), Timing::BaselineBacklog);
    for (name, record, history, state, timing) in [
        ("date today", record(Q::Active, start, None, Some(0)), history(), S::NoticePeriod, then(0)),
        (
            "entered weeks ahead",
            record(Q::Active, start, None, Some(21)),
            history(),
            S::NoticePeriod,
            then(21),
        ),
        (
            "date yesterday, planned",
            record(Q::Active, start, None, Some(-1)),
            planned.clone(),
            S::Terminated,
            then(-1),
        ),
        (
            "date yesterday, news",
            record(Q::Active, start, None, Some(-1)),
            history(),
            S::Terminated,
            Timing::Now,
        ),
        (
            "terminated, no date, news",
            record(Q::Terminated, start, None, None),
            history(),
            S::Terminated,
            Timing::Now,
        ),
        (
            "terminated, no date, baseline",
            record(Q::Terminated, start, None, None),
            baseline.clone(),
            S::Terminated,
            backlog,
        ),
        (
            "terminated, future date",
            record(Q::Terminated, start, None, Some(9)),
            history(),
            S::NoticePeriod,
            then(9),
        ),
        ("leave of absence", record(Q::OnLeave, start, None, None), history(), S::Active, Timing::None),
        (
            "leave that ends in leaving",
            record(Q::OnLeave, start, None, Some(9)),
            history(),
            S::NoticePeriod,
            then(9),
        ),
        (
            "ex-employee at first sync",
            record(Q::Terminated, start, None, Some(-90)),
            baseline.clone(),
            S::Terminated,
            backlog,
        ),
        (
            "in notice at first sync",
            record(Q::Active, start, None, Some(9)),
            baseline,
            S::NoticePeriod,
            then(9),
        ),
        (
            "fixed term, not begun",
            record(Q::Pending, Some(5), None, Some(90)),
            history(),
            S::PreHire,
            Timing::At(end_of(90)),
        ),
        (
            "unknown word, valid date",
            record(Q::Unknown, start, None, Some(9)),
            history(),
            S::NoticePeriod,
            then(9),
        ),
    ] {
        let found = judge(&record, &history);
        assert_eq!((found.state, found.timing), (state, timing), "{name}");
    }
}

#[test]
fn an_end_that_falls_on_the_first_reading_was_over_when_it_was_read() {
    let leaver = record(Q::Active, Some(-400), None, Some(0));
    for (read_at, expected, why) in [
        (end_of(0), Timing::BaselineBacklog, "over at that very instant: the baseline starts no timer"),
        (end_of(0) - Duration::seconds(1), Timing::At(end_of(0)), "heard of in time, by a second"),
    ] {
        let baseline = History { first_observed: read_at, seen_employed: false, baseline: true, ..history() };
        let found = stint_state(&leaver, &ends_of(&leaver, &rules()), end_of(0), &baseline);
        assert_eq!((found.state, found.timing), (S::Terminated, expected), "{why}");
    }
}

#[test]
fn terminated_with_a_last_day_to_come_is_not_understood() {
    let by_termination_date = DateRules { end_day_basis: EndDayBasis::TerminationDate, ..rules() };
    for (worked, state, timing) in
        [(5, S::Unknown, Timing::None), (0, S::Terminated, Timing::Now), (-5, S::Terminated, Timing::Now)]
    {
        let record = record(Q::Terminated, Some(-400), Some(worked), None);
        let found = stint_state(&record, &ends_of(&record, &by_termination_date), now(), &history());
        assert_eq!((found.state, found.timing), (state, timing), "never now with a day to come ({worked})");
    }
}

#[test]
fn a_withdrawn_date_leaves_an_active_person_and_a_trace() {
    let found = judge(&record(Q::Active, Some(-400), None, None), &History { rescinded: true, ..history() });
    assert_eq!((found.state, found.timing), (S::Active, Timing::None), "HR took it back: nothing may act");
    assert!(
        found.flags.contains(&StatusFlag::RescindedTermination),
        "an auditor must see that there was a date"
    );
    let again =
        judge(&record(Q::Active, Some(-400), None, Some(9)), &History { rescinded: true, ..history() });
    assert!(!again.flags.contains(&StatusFlag::RescindedTermination), "a new date stands on its own");
}

#[test]
fn a_stint_that_was_cut_stays_ended_until_the_restore_task_closes() {
    let cut_at = now() - Duration::days(2);
    let cut = History { cut_at: Some(cut_at), rescinded: true, ..history() };
    for (ended, shown) in [(None, cut_at), (Some(30), end_of(30))] {
        let found = judge(&record(Q::Active, Some(-400), None, ended), &cut);
        assert_eq!(found.state, S::Terminated, "access is never given back by itself ({ended:?})");
        assert_eq!(found.timing, Timing::None, "nor cut a second time ({ended:?})");
        assert_eq!(found.access_end_at, Some(shown), "what is shown: HR's date, else the cut ({ended:?})");
    }
}

#[test]
fn employment_end_unknown_stays_unknown_until_hr_says_over() {
    let garden = judge(&record(Q::Active, Some(-400), Some(-1), None), &history());
    assert_eq!(garden.employment_end_at, None, "a last day worked is no termination: nothing final yet");
    let over = judge(&record(Q::Terminated, Some(-400), Some(-1), None), &history());
    assert_eq!(over.employment_end_at, over.access_end_at, "HR says over, so the employment ended too");
    assert!(!over.flags.contains(&StatusFlag::GardenLeave), "and this is no garden leave");
}

#[test]
fn a_person_is_out_only_when_every_stint_is() {
    let stint = |status, start, ended| judge(&record(status, start, None, ended), &history());
    let ended = stint(Q::Active, Some(-400), Some(-1));
    let leaving = stint(Q::Active, Some(-400), Some(9));
    let later = stint(Q::Active, Some(-400), Some(20));
    let open = stint(Q::Active, Some(-400), None);
    let joining = stint(Q::Pending, Some(5), None);
    let unknown = stint(Q::Unknown, Some(-400), None);
    for (stints, state, access_end_at, why) in [
        (vec![&ended, &open], S::Active, None, "the second job goes on"),
        (vec![&leaving, &open], S::Active, None, "leaving one of two makes a mover"),
        (vec![&leaving, &later], S::NoticePeriod, Some(end_of(20)), "the last one counts"),
        (vec![&ended, &joining], S::PreHire, None, "a rehire to come"),
        (vec![&ended, &unknown], S::Unknown, None, "what is not understood is not over"),
        (vec![&joining, &unknown], S::Unknown, None, "and is seen before a joiner"),
        (vec![&ended, &ended], S::Terminated, ended.access_end_at, "all are over"),
        (vec![], S::Unknown, None, "nobody knows anything of a person without stints"),
    ] {
        let stints: Vec<StintState> = stints.into_iter().cloned().collect();
        assert_eq!(person_state(&stints), PersonState { state, access_end_at }, "{why}");
    }
}

fn date() -> impl Strategy<Value = Option<NaiveDate>> {
    prop::option::of((-40_i64..40).prop_map(day))
}

prop_compose! {
    fn any_record()(
        status in prop::sample::select(Q::ALL), start in date(), worked in date(), ended in date(),
        at in prop::option::of(-960_i64..960), zone in prop::sample::select(chrono_tz::TZ_VARIANTS.to_vec()),
    ) -> WorkerRecord {
        WorkerRecord {
            source_status: status, start_date: start, last_day_worked: worked, termination_date: ended,
            termination_at: at.map(|hours| now() + Duration::hours(hours)), time_zone: Some(zone), ..worker()
        }
    }
}

prop_compose! {
    fn any_rules()(
        convention in prop::sample::select(DateConvention::ALL), basis in prop::sample::select(EndDayBasis::ALL),
        cutoff in prop::option::of(0_u32..24),
    ) -> DateRules {
        DateRules {
            convention, end_day_basis: basis, cutoff: cutoff.and_then(|h| chrono::NaiveTime::from_hms_opt(h, 0, 0)),
            ..rules()
        }
    }
}

prop_compose! {
    fn any_history()(
        heard in -960_i64..960, seen_employed: bool, baseline: bool, rescinded: bool,
        cut in prop::option::of(-960_i64..0), earlier_overlapping_stint: bool, pending_becomes_active: bool,
    ) -> History {
        History {
            first_observed: now() + Duration::hours(heard), seen_employed, baseline, rescinded,
            cut_at: cut.map(|hours| now() + Duration::hours(hours)), earlier_overlapping_stint, pending_becomes_active,
        }
    }
}

proptest! {
    #![proptest_config(crate::people::example::cases(4_000))]

    #[test]
    fn time_alone_never_moves_a_state_backwards(
        record in any_record(), rules in any_rules(), history in any_history(), hours in 1_i64..2_000,
    ) {
        let stage = |state| match state {
            S::PreHire => 0,
            S::Active | S::NoticePeriod | S::Unknown => 1,
            S::Terminated => 2,
        };
        let ends = ends_of(&record, &rules);
        let before = stint_state(&record, &ends, now(), &history);
        let after = stint_state(&record, &ends, now() + Duration::hours(hours), &history);
        prop_assert!(stage(after.state) >= stage(before.state), "{:?} became {:?}", before.state, after.state);
    }

    #[test]
    fn nothing_acts_now_on_a_day_to_come_or_on_what_was_never_seen_employed(
        record in any_record(), rules in any_rules(), history in any_history(),
    ) {
        let ends = ends_of(&record, &rules);
        let found = stint_state(&record, &ends, now(), &history);
        let today = ends.zone.from_utc_datetime(&now().naive_utc()).date_naive();
        if found.timing == Timing::Now {
            prop_assert!(history.seen_employed && !history.baseline, "the baseline must never start a timer");
            prop_assert!(found.access_end_at <= Some(now()), "acting now on an end to come is early");
            match ends.access.inputs {
                Some(inputs) => prop_assert!(inputs.last_day <= today, "HR's last day is still to come"),
                None => {
                    prop_assert_eq!(record.source_status, Q::Terminated, "without a date only `terminated` speaks");
                    let named = record.termination_date.max(record.last_day_worked);
                    prop_assert!(named <= Some(today), "the record itself names a day to come");
                }
            }
        }
        if let Timing::At(at) = found.timing {
            prop_assert_eq!(ends.access.at, Some(at), "a timer runs to HR's instant and to no other");
        }
    }
}
