use lockstep_domain::people::SourceStatus as S;

use super::*;

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn today() -> NaiveDate {
    day("2026-09-25")
}

fn maybe(text: &str) -> Option<NaiveDate> {
    (text != "-").then(|| day(text))
}

fn facts(status: &str, hired: &str, ends: &str) -> Facts {
    Facts {
        person: "42".into(),
        employee_number: None,
        first_name: "Ava".into(),
        last_name: "Nguyen".into(),
        display_name: "Ava Nguyen".into(),
        work_email: None,
        personal_email: None,
        manager: None,
        job_title: None,
        department: None,
        location: None,
        hired: maybe(hired),
        first_hired: None,
        ends: maybe(ends),
        status: status.into(),
        label: None,
        raw: Digest::of(b""),
    }
}

fn period(start: &str, end: &str) -> Period {
    let end = maybe(end).map(|day| (day, TerminationKind::Voluntary));
    Period {
        start: maybe(start),
        end,
        labels: maybe(start).map(|d| (d, "Full-Time".into())).into_iter().collect(),
    }
}

type Told<'a> = (&'a str, &'a str, SourceStatus);
/// Name, record, table, stints, and the word of the remark.
type Story<'a> = (&'a str, Facts, Vec<Period>, &'a [Told<'a>], &'a str);

fn told(facts: &Facts, periods: Vec<Period>) -> (Vec<(String, String, SourceStatus)>, Vec<Fault>) {
    let shown = |d: Option<NaiveDate>| d.map_or("-".to_owned(), |d| d.to_string());
    let (records, remarks) = stints(facts, periods, today());
    let rows = records.iter().map(|r| (shown(r.start_date), shown(r.termination_date), r.source_status));
    (rows.collect(), remarks)
}

#[test]
fn every_story_of_an_employment_is_told_as_it_is() {
    let cases: [Story<'_>; 15] = [
        (
            "works",
            facts("Active", "2021-03-01", "-"),
            vec![period("2021-03-01", "-")],
            &[("2021-03-01", "-", S::Active)],
            "",
        ),
        (
            "in notice",
            facts("Active", "2021-03-01", "2026-09-30"),
            vec![period("2021-03-01", "2026-09-30")],
            &[("2021-03-01", "2026-09-30", S::Active)],
            "",
        ),
        (
            "in notice, the record hides what is to come",
            facts("Active", "2021-03-01", "-"),
            vec![period("2021-03-01", "2026-09-30")],
            &[("2021-03-01", "2026-09-30", S::Active)],
            "",
        ),
        (
            "in notice, and only the record knows",
            facts("Active", "2021-03-01", "2026-09-30"),
            vec![period("2021-03-01", "-")],
            &[("2021-03-01", "2026-09-30", S::Active)],
            "",
        ),
        (
            "left",
            facts("Inactive", "2021-03-01", "2026-08-31"),
            vec![period("2021-03-01", "2026-08-31")],
            &[("2021-03-01", "2026-08-31", S::Terminated)],
            "",
        ),
        (
            "ended today, at once",
            facts("Inactive", "2021-03-01", "2026-09-25"),
            vec![period("2021-03-01", "2026-09-25")],
            &[("2021-03-01", "-", S::Terminated)],
            "ended_today",
        ),
        (
            "last day today",
            facts("Active", "2021-03-01", "2026-09-25"),
            vec![period("2021-03-01", "2026-09-25")],
            &[("2021-03-01", "2026-09-25", S::Active)],
            "",
        ),
        (
            "inactive, nobody said since when",
            facts("Inactive", "2021-03-01", "-"),
            vec![period("2021-03-01", "-")],
            &[("2021-03-01", "-", S::Terminated)],
            "",
        ),
        (
            "to begin",
            facts("Inactive", "2026-10-05", "-"),
            vec![period("2026-10-05", "-")],
            &[("2026-10-05", "-", S::Pending)],
            "",
        ),
        (
            "first day, not switched on",
            facts("Inactive", "2026-09-25", "-"),
            vec![period("2026-09-25", "-")],
            &[("2026-09-25", "-", S::Unknown)],
            "inactive_newcomer",
        ),
        (
            "came back",
            facts("Active", "2026-06-01", "-"),
            vec![period("2021-03-01", "2025-09-30"), period("2026-06-01", "-")],
            &[("2021-03-01", "2025-09-30", S::Terminated), ("2026-06-01", "-", S::Active)],
            "",
        ),
        (
            "leaves and returns",
            facts("Active", "2021-03-01", "2026-09-28"),
            vec![period("2021-03-01", "2026-09-28"), period("2026-09-30", "-")],
            &[("2021-03-01", "2026-09-28", S::Active), ("2026-09-30", "-", S::Pending)],
            "",
        ),
        (
            "no table at all",
            facts("Active", "2021-03-01", "2026-09-30"),
            vec![],
            &[("2021-03-01", "2026-09-30", S::Active)],
            "",
        ),
        (
            "two dates",
            facts("Active", "2021-03-01", "2026-10-31"),
            vec![period("2021-03-01", "2026-09-30")],
            &[("2021-03-01", "2026-09-30", S::Active)],
            "date_conflict",
        ),
        (
            "a word of its own",
            facts("Furloughed", "2021-03-01", "-"),
            vec![period("2021-03-01", "-")],
            &[("2021-03-01", "-", S::Unknown)],
            "unknown_status",
        ),
    ];
    for (name, facts, periods, expected, remark) in cases {
        let (rows, remarks) = told(&facts, periods);
        let expected: Vec<(String, String, SourceStatus)> =
            expected.iter().map(|(a, b, s)| ((*a).to_owned(), (*b).to_owned(), *s)).collect();
        assert_eq!(rows, expected, "{name}: this decides who keeps access and until when");
        let words: Vec<&str> = remarks.iter().filter_map(|r| r.reason.split(':').next()).collect();
        assert_eq!(words.join(" "), remark, "{name}: what is strange is said, and nothing else");
    }
}

#[test]
fn a_stint_keeps_its_id_when_rows_are_entered_anew() {
    let facts = facts("Active", "2026-06-01", "-");
    let ids = |periods| {
        stints(&facts, periods, today()).0.into_iter().map(|r| r.remote_employment_id).collect::<Vec<_>>()
    };
    let once = ids(vec![period("2021-03-01", "2025-09-30"), period("2026-06-01", "-")]);
    assert_eq!(once, ["42#1", "42#2"], "one for each time somebody worked here");
    assert_eq!(
        once,
        ids(vec![period("2021-03-15", "2025-09-29"), period("2026-06-02", "-")]),
        "a correction is no new stint"
    );
}
