use chrono::{DateTime, Duration, NaiveDate, NaiveTime, TimeZone, Utc};
use chrono_tz::{TZ_VARIANTS, Tz};
use proptest::prelude::*;

use super::*;
use crate::people::WorkerRecord;
use crate::people::example::worker;

fn at(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn zone(name: &str) -> Tz {
    name.parse().unwrap()
}

fn rules(zone_name: &str) -> DateRules {
    DateRules::preset(zone(zone_name))
}

/// A record with these two dates (`-` for none) and no start, so that old dates can be tried.
fn ending(last_day_worked: &str, termination_date: &str) -> WorkerRecord {
    let date = |text: &str| (text != "-").then(|| day(text));
    WorkerRecord {
        start_date: None,
        last_day_worked: date(last_day_worked),
        termination_date: date(termination_date),
        ..worker()
    }
}

#[test]
fn the_worked_examples_come_out_to_the_second() {
    for (zone_name, worked, ended, access, employment) in [
        // Workday, worker in Sydney: dates cut as written, the offset of the vendor's data centre dropped.
        ("Australia/Sydney", "2026-09-25", "2026-09-30", "2026-09-25T14:00:00Z", "2026-09-30T14:00:00Z"),
        ("America/Denver", "-", "2026-09-25", "2026-09-26T06:00:00Z", "2026-09-26T06:00:00Z"),
        // SuccessFactors /Date(1790294400000)/ is 2026-09-25; cutting at 00:00Z would be a day early.
        ("Europe/Berlin", "-", "2026-09-25", "2026-09-25T22:00:00Z", "2026-09-25T22:00:00Z"),
        ("Australia/Melbourne", "-", "2026-11-20", "2026-11-20T13:00:00Z", "2026-11-20T13:00:00Z"),
        ("Pacific/Kiritimati", "-", "2026-09-25", "2026-09-25T10:00:00Z", "2026-09-25T10:00:00Z"),
        ("Etc/GMT+12", "-", "2026-09-25", "2026-09-26T12:00:00Z", "2026-09-26T12:00:00Z"),
        ("Asia/Kathmandu", "-", "2026-09-25", "2026-09-25T18:15:00Z", "2026-09-25T18:15:00Z"),
    ] {
        let (record, rules) = (ending(worked, ended), rules(zone_name));
        let (a, e) = (access_end_at(&record, &rules), employment_end_at(&record, &rules));
        assert_eq!(a.at, Some(at(access)), "{zone_name}: the cut must fall on local midnight");
        assert_eq!(e.at, Some(at(employment)), "{zone_name}: removal waits for the employment's end");
        assert_eq!(a.findings, vec![], "{zone_name}: nothing is odd about these dates");
    }
    let date_of_vendor = DateTime::from_timestamp_millis(1_790_294_400_000).unwrap().date_naive();
    assert_eq!(date_of_vendor, day("2026-09-25"), "the example's own number names that day");
}

#[test]
fn a_day_begins_where_clocks_jump_or_repeat() {
    for (zone_name, date, begins, why) in [
        ("America/Santiago", "2025-09-07", "2025-09-07T04:00:00Z", "00:00 jumps to 01:00"),
        ("Africa/Cairo", "2025-04-25", "2025-04-24T22:00:00Z", "00:00 jumps to 01:00"),
        ("Asia/Beirut", "2025-03-30", "2025-03-29T22:00:00Z", "00:00 jumps to 01:00"),
        ("America/Havana", "2025-03-09", "2025-03-09T05:00:00Z", "00:00 jumps to 01:00"),
        ("America/Havana", "2025-11-02", "2025-11-02T04:00:00Z", "00:00 to 01:00 repeats; the first counts"),
        ("America/St_Johns", "2010-11-07", "2010-11-07T02:30:00Z", "at 00:01 the day before returns"),
        ("America/Toronto", "1919-03-31", "1919-03-31T04:30:00Z", "23:30 jumps to 00:30"),
        ("Pacific/Apia", "2011-12-31", "2011-12-30T10:00:00Z", "the day before does not exist"),
        ("Pacific/Apia", "2011-12-30", "2011-12-30T10:00:00Z", "left out: the calendar goes on a day later"),
        ("UTC", "2026-02-28", "2026-02-28T00:00:00Z", "nothing jumps in UTC"),
    ] {
        let first = first_instant_of(day(date), zone(zone_name));
        assert_eq!(first, Some(at(begins)), "{zone_name} {date}: {why}");
    }
}

#[test]
fn a_wall_clock_time_is_resolved_with_care() {
    for (zone_name, local, instant, why) in [
        ("Europe/Berlin", "2026-03-29T02:30:00", "2026-03-29T01:30:00Z", "in the gap: the offset before it"),
        ("Europe/Berlin", "2026-10-25T02:30:00", "2026-10-25T00:30:00Z", "twice: the first"),
        ("Pacific/Apia", "2011-12-30T17:00:00", "2011-12-31T03:00:00Z", "a day that is not there"),
        ("America/Denver", "2026-09-25T17:00:00", "2026-09-25T23:00:00Z", "an ordinary afternoon"),
    ] {
        let found = instant_of(local.parse().unwrap(), zone(zone_name));
        assert_eq!(found, Some(at(instant)), "{zone_name} {local}: {why}");
    }
}

#[test]
fn convention_cutoff_and_basis_decide_as_the_table_says() {
    use {DateConvention as C, EndDayBasis as B};
    let five = NaiveTime::from_hms_opt(17, 0, 0);
    for (convention, cutoff, basis, worked, ended, access, why) in [
        (
            C::InclusiveLastDay,
            None,
            B::Earliest,
            "-",
            "2026-09-25",
            Some("2026-09-26T00:00:00Z"),
            "end of the day",
        ),
        (
            C::InclusiveLastDay,
            five,
            B::Earliest,
            "-",
            "2026-09-25",
            Some("2026-09-25T17:00:00Z"),
            "at the cut-off",
        ),
        (
            C::ExclusiveFirstDayOff,
            None,
            B::Earliest,
            "-",
            "2026-09-25",
            Some("2026-09-25T00:00:00Z"),
            "as it begins",
        ),
        (
            C::ExclusiveFirstDayOff,
            five,
            B::Earliest,
            "-",
            "2026-09-25",
            Some("2026-09-24T17:00:00Z"),
            "on the day before",
        ),
        (
            C::ExclusiveFirstDayOff,
            None,
            B::Earliest,
            "2026-09-24",
            "2026-09-25",
            Some("2026-09-25T00:00:00Z"),
            "same day said twice",
        ),
        (
            C::InclusiveLastDay,
            None,
            B::Earliest,
            "2026-09-20",
            "2026-09-25",
            Some("2026-09-21T00:00:00Z"),
            "the earlier",
        ),
        (
            C::InclusiveLastDay,
            None,
            B::Earliest,
            "2026-09-20",
            "-",
            Some("2026-09-21T00:00:00Z"),
            "the one present",
        ),
        (
            C::InclusiveLastDay,
            None,
            B::LastDayWorked,
            "2026-09-20",
            "2026-09-25",
            Some("2026-09-21T00:00:00Z"),
            "named",
        ),
        (
            C::InclusiveLastDay,
            None,
            B::LastDayWorked,
            "-",
            "2026-09-25",
            Some("2026-09-26T00:00:00Z"),
            "no such field",
        ),
        (
            C::InclusiveLastDay,
            None,
            B::TerminationDate,
            "2026-09-20",
            "2026-09-25",
            Some("2026-09-26T00:00:00Z"),
            "named",
        ),
        (
            C::InclusiveLastDay,
            None,
            B::TerminationDate,
            "2026-09-20",
            "-",
            None,
            "never early on the other date",
        ),
        (C::InclusiveLastDay, None, B::Earliest, "-", "-", None, "no date, no end"),
        (C::InclusiveLastDay, None, B::Earliest, "9999-12-31", "9999-12-31", None, "9999 means no end"),
        (
            C::InclusiveLastDay,
            None,
            B::Earliest,
            "2026-09-20",
            "9999-12-31",
            Some("2026-09-21T00:00:00Z"),
            "one end",
        ),
    ] {
        let rules = DateRules { convention, cutoff, end_day_basis: basis, ..rules("UTC") };
        let end = access_end_at(&ending(worked, ended), &rules);
        assert_eq!(end.at, access.map(at), "{convention} {cutoff:?} {basis} {worked} {ended}: {why}");
        assert_eq!(
            end.inputs.is_some(),
            end.at.is_some(),
            "an instant always comes with its evidence: {why}"
        );
        assert!(!end.date_conflict(), "{why}: nothing contradicts");
    }
    let silent = DateRules { end_day_basis: B::TerminationDate, ..rules("UTC") };
    let findings = access_end_at(&ending("2026-09-20", "-"), &silent).findings;
    assert!(
        matches!(findings[..], [EndFinding::TerminationDateMissing { .. }]),
        "a leaver is not skipped silently"
    );
    let unknown = employment_end_at(&ending("2026-09-20", "-"), &rules("UTC"));
    assert_eq!(unknown.at, None, "a last day worked says nothing of the employment's end");
}

#[test]
fn an_exact_instant_wins_and_another_day_is_a_conflict() {
    for (instant, worked, ended, conflict, employment, why) in [
        ("2026-09-25T15:00:00Z", "-", "-", false, "2026-09-25T15:00:00Z", "alone it ends both"),
        ("2026-09-25T15:00:00Z", "-", "2026-09-25", false, "2026-09-26T00:00:00Z", "same day"),
        ("2026-09-26T00:00:00Z", "-", "2026-09-25", false, "2026-09-26T00:00:00Z", "the very end of the day"),
        ("2026-09-20T15:00:00Z", "2026-09-20", "2026-09-25", false, "2026-09-26T00:00:00Z", "garden leave"),
        ("2026-09-20T15:00:00Z", "-", "2026-09-25", true, "2026-09-26T00:00:00Z", "an earlier day"),
        (
            "2026-09-28T15:00:00Z",
            "-",
            "2026-09-25",
            true,
            "2026-09-28T15:00:00Z",
            "a later day: nothing final before",
        ),
    ] {
        let record = WorkerRecord { termination_at: Some(at(instant)), ..ending(worked, ended) };
        let end = access_end_at(&record, &rules("UTC"));
        assert_eq!(end.at, Some(at(instant)), "{why}: the instant always wins");
        assert_eq!(end.date_conflict(), conflict, "{why}");
        assert_eq!(end.inputs.unwrap().precision, Precision::Datetime, "{why}: stated to the minute by HR");
        assert_eq!(employment_end_at(&record, &rules("UTC")).at, Some(at(employment)), "{why}");
    }
    let open = WorkerRecord { termination_at: Some(at("9999-12-31T23:59:59Z")), ..ending("-", "2026-09-25") };
    let end = access_end_at(&open, &rules("UTC"));
    assert_eq!(end.at, Some(at("2026-09-26T00:00:00Z")), "year 9999 in the instant is no end; the date is");
}

#[test]
fn unusable_dates_give_no_timer_and_say_why() {
    let started = |record: WorkerRecord| WorkerRecord { start_date: Some(day("2026-09-01")), ..record };
    for (record, usable, why) in [
        (started(ending("-", "2026-08-31")), None, "the day before the start is no end"),
        (
            started(ending("2025-05-05", "2026-09-25")),
            Some("2026-09-26T00:00:00Z"),
            "a former stint's last day worked",
        ),
        (
            started(ending("2026-09-10", "2025-05-05")),
            Some("2026-09-11T00:00:00Z"),
            "a former stint's termination",
        ),
        (ending("-", "1899-12-31"), None, "a slip in the century"),
        (ending("-", "2200-01-01"), None, "a slip in the year"),
        (
            ending("2026-09-28", "2026-09-25"),
            Some("2026-09-26T00:00:00Z"),
            "worked after the employment's end",
        ),
    ] {
        let end = access_end_at(&record, &rules("UTC"));
        assert_eq!(end.at, usable.map(at), "{why}");
        assert!(end.date_conflict(), "{why}: a person must see it");
        assert!(end.findings[0].to_string().contains("in HR"), "{why}: the finding names the remedy");
    }
    let no_show = started(ending("-", "2026-09-01"));
    let exclusive = DateRules { convention: DateConvention::ExclusiveFirstDayOff, ..rules("UTC") };
    assert_eq!(
        access_end_at(&no_show, &exclusive).at,
        Some(at("2026-09-01T00:00:00Z")),
        "never came: the first day off is the first day, and that contradicts nothing"
    );
    let at_five = DateRules { cutoff: NaiveTime::from_hms_opt(17, 0, 0), ..exclusive };
    assert_eq!(
        access_end_at(&no_show, &at_five).at,
        None,
        "the cut-off would fall on the day before the start"
    );
    assert_eq!(
        access_end_at(&started(ending("-", "2026-09-01")), &rules("UTC")).at,
        Some(at("2026-09-02T00:00:00Z")),
        "one day of employment is an employment"
    );
}

#[test]
fn the_zone_is_chosen_by_rule_and_kept_as_evidence() {
    let record = WorkerRecord { time_zone: Some(zone("Asia/Tokyo")), ..ending("-", "2026-09-25") };
    let inputs = access_end_at(&record, &rules("America/Denver")).inputs.unwrap();
    assert_eq!(
        (inputs.zone, inputs.zone_source),
        (zone("Asia/Tokyo"), ZoneSource::Employment),
        "the worker's own"
    );
    let company = DateRules { zone_basis: ZoneBasis::Connection, ..rules("America/Denver") };
    let inputs = access_end_at(&record, &company).inputs.unwrap();
    assert_eq!(
        (inputs.zone, inputs.zone_source),
        (zone("America/Denver"), ZoneSource::ConnectionDefault),
        "a system that counts in company time"
    );
    assert_eq!(
        inputs.tzdb,
        chrono_tz::IANA_TZDB_VERSION,
        "the same inputs must give the same instant in an audit"
    );
    let json = serde_json::to_value(&company).unwrap();
    assert_eq!(json["zone_basis"], "connection", "settings are stored in plain words");
    assert_eq!(serde_json::from_value::<DateRules>(json).unwrap(), company, "settings survive storage");
    let typo = r#"{"convention":"inclusive_last_day","cut_off":"17:00","end_day_basis":"earliest","zone_basis":"connection","default_zone":"UTC"}"#;
    assert!(serde_json::from_str::<DateRules>(typo).is_err(), "a misspelt cut-off must not mean end of day");
}

fn zones() -> impl Strategy<Value = Tz> {
    prop::sample::select(TZ_VARIANTS.to_vec())
}

/// Every date that a record may carry.
fn days() -> impl Strategy<Value = NaiveDate> {
    let (first, last) = (day("1900-01-01"), day("2199-12-31"));
    (0..=(last - first).num_days()).prop_map(move |n| first + Duration::days(n))
}

fn any_rules() -> impl Strategy<Value = DateRules> {
    (
        prop::sample::select(DateConvention::ALL),
        prop::option::of(0_u32..86_400),
        prop::sample::select(EndDayBasis::ALL),
        zones(),
    )
        .prop_map(|(convention, cutoff, end_day_basis, zone)| DateRules {
            convention,
            cutoff: cutoff.and_then(|s| NaiveTime::from_num_seconds_from_midnight_opt(s, 0)),
            end_day_basis,
            ..DateRules::preset(zone)
        })
}

proptest! {
    #![proptest_config(crate::people::example::cases(2_000))]

    #[test]
    fn the_first_instant_of_a_day_is_exactly_that(date in days(), zone in zones()) {
        let first = first_instant_of(date, zone).expect("every day of these years begins");
        let local = |at: DateTime<Utc>| zone.from_utc_datetime(&at.naive_utc()).date_naive();
        prop_assert!(local(first) >= date, "an instant of the day before would be early");
        prop_assert!(local(first - Duration::seconds(1)) < date, "a second earlier the day had not begun");
        let earlier = (1..180).map(|minute| local(first - Duration::minutes(minute)));
        prop_assert!(earlier.into_iter().all(|d| d < date), "no earlier instant belongs to the day");
    }

    #[test]
    fn access_never_ends_before_its_day_by_the_local_calendar(
        worked in prop::option::of(days()), ended in prop::option::of(days()), rules in any_rules(),
    ) {
        let record = WorkerRecord { start_date: None, last_day_worked: worked, termination_date: ended, ..worker() };
        let end = access_end_at(&record, &rules);
        if let (Some(at), Some(inputs)) = (end.at, &end.inputs) {
            let opens = first_instant_of(inputs.last_day, inputs.zone).unwrap();
            prop_assert!(at >= opens, "the cut came before the last day began");
            if rules.cutoff.is_none() {
                let last_second = zone_of(&record, &rules).0.from_utc_datetime(&(at - Duration::seconds(1)).naive_utc());
                prop_assert!(last_second.date_naive() >= inputs.last_day, "the last day was cut short");
                prop_assert!(at.with_timezone(&inputs.zone).date_naive() > inputs.last_day, "the last day was not over");
            }
        }
        if rules.end_day_basis == EndDayBasis::Earliest && ended.is_some() {
            let employment = employment_end_at(&record, &rules).at;
            prop_assert!(end.at <= employment, "removal would open before containment");
        }
    }
}
