//! BambooHR over the practice company: who is read, what is believed, and every bad day.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use chrono::{NaiveDate, TimeDelta};
use lockstep_connectors::vendors::bamboohr;
use lockstep_connectors::{
    Changes, Clock, Completeness, Connector, Kind, ManualClock, OpenContext, ReadSummary, Result,
    WorkerSource,
};
use lockstep_domain::people::{SourceStatus, TerminationKind, WorkerRecord};
use lockstep_practice::vendors::bamboohr::{API_KEY, BambooHr, COMPANY_ZONE};
use lockstep_practice::{Case, Fault, Office, OfficeOptions, PracticeClock};
use tokio::sync::mpsc;
use zeroize::Zeroizing;

use super::support::{clock, failed};

/// A practice company on the clock of the test, and a connection to its HR system.
struct Company {
    office: Office,
    clock: Arc<ManualClock>,
    connector: Connector,
}

impl Company {
    async fn of(people: usize) -> Self {
        let clock = clock();
        let shown = clock.clone();
        let options = OfficeOptions::new(people, PracticeClock::following(move || shown.now()));
        let office = Office::start(options).await.unwrap();
        let connector = connect(&office, &clock, API_KEY);
        Self { office, clock, connector }
    }

    fn hr(&self) -> &BambooHr {
        &self.office.bamboohr.vendor
    }

    fn source(&self) -> &dyn WorkerSource {
        self.connector.workers.as_deref().unwrap()
    }

    fn number(&self, case: Case) -> u32 {
        self.office.population.one(case).unwrap().number
    }

    async fn read(&self) -> Result<(BTreeMap<String, WorkerRecord>, ReadSummary)> {
        let (out, mut chunks) = mpsc::channel(1);
        let collect = async {
            let mut all = BTreeMap::new();
            while let Some(chunk) = chunks.recv().await {
                let chunk: Vec<WorkerRecord> = chunk;
                all.extend(chunk.into_iter().map(|w| (w.remote_employment_id.clone(), w)));
            }
            all
        };
        let (summary, all) = tokio::join!(self.source().read_workers(out), collect);
        Ok((all, summary?))
    }

    async fn changes(&self, cursor: &str) -> Changes {
        self.source().read_changes(cursor).await.unwrap().expect("the cursor is good")
    }

    /// Requests since the last time this was asked.
    fn requests(&self) -> usize {
        let count = self.office.bamboohr.log.all().len();
        self.office.bamboohr.log.clear();
        count
    }
}

fn connect(office: &Office, clock: &Arc<ManualClock>, key: &str) -> Connector {
    let settings = [
        ("base_url", office.bamboohr.base_url.as_str()),
        ("allow_local", "true"),
        ("zone", COMPANY_ZONE.name()),
        ("timeout_seconds", "1"),
    ];
    let context = OpenContext {
        settings: settings.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect(),
        secrets: [("api_key".to_owned(), Zeroizing::new(key.to_owned()))].into(),
        clock: clock.clone(),
    };
    (bamboohr::vendor().open)(context).unwrap()
}

fn days(company: &Company, offset: i64) -> NaiveDate {
    company.office.population.today + TimeDelta::days(offset)
}

#[tokio::test]
async fn everybody_is_read_with_all_their_employments() {
    let company = Company::of(300).await;
    let (workers, summary) = company.read().await.unwrap();
    assert_eq!(summary.completeness, Completeness::Complete, "nothing is wrong: {:?}", summary.quarantined);
    assert_eq!(company.requests(), 2, "a report and a table, whatever the number of people");
    assert_eq!(summary.rows, workers.len() as u64, "no employment is told twice");
    assert_eq!(summary.clock_skew_s, Some(0), "one clock for all");
    let today = company.office.population.today;
    for person in &company.office.population.people {
        for (place, stint) in (1..).zip(&person.stints) {
            let worker = &workers[&format!("{}#{place}", person.number)];
            assert_eq!(worker.start_date, Some(stint.start), "{:?} {place}", person.case);
            assert_eq!(worker.termination_date, stint.last_day, "{:?} {place}", person.case);
            let expected = match () {
                () if stint.start > today => SourceStatus::Pending,
                () if stint.last_day.is_some_and(|last| last < today) => SourceStatus::Terminated,
                () => SourceStatus::Active,
            };
            assert_eq!(worker.source_status, expected, "{:?} {place}", person.case);
            assert_eq!(worker.work_email.as_deref(), Some(person.work_email.as_str()), "as HR wrote it");
            assert_eq!(worker.display_name, person.display_name(), "in any script");
            assert_eq!(worker.time_zone, None, "days are the company's at this vendor");
        }
    }
    let read: BTreeSet<&str> = workers.values().map(|w| w.remote_person_id.as_str()).collect();
    assert_eq!(read.len(), 300, "whoever is missing would keep access unseen");

    let again = company.read().await.unwrap().1;
    assert_eq!(again.source_sha256, summary.source_sha256, "the same bytes read twice are one");
    let probe = company.source().probe().await.unwrap();
    assert!(probe.missing.is_empty() && probe.summary.contains("300 people"), "{probe:?}");
}

#[tokio::test]
async fn one_person_is_read_as_in_the_list_and_nobody_is_a_value() {
    let company = Company::of(20).await;
    let (workers, _) = company.read().await.unwrap();
    for case in [Case::LeavesSoon, Case::Rehired, Case::LeavesAndReturns, Case::Joiner] {
        let id = company.number(case).to_string();
        let one = company.source().read_worker(&id).await.unwrap();
        assert_eq!(one.len(), workers.values().filter(|w| w.remote_person_id == id).count(), "{case:?}");
        for stint in one {
            let listed = &workers[&stint.remote_employment_id];
            // The bytes differ: what is absent is written in another way.
            let listed = WorkerRecord { raw_sha256: stint.raw_sha256, ..listed.clone() };
            assert_eq!(stint, listed, "{case:?}: the last look must not differ by itself");
        }
    }
    for nobody in ["99999", "0", "all", "../1", ""] {
        let found = company.source().read_worker(nobody).await.unwrap();
        assert!(found.is_empty(), "{nobody:?} is nobody, which says nothing about anybody's end");
    }
}

#[tokio::test]
async fn an_end_for_today_counts_at_once_and_a_planned_one_by_its_date() {
    let company = Company::of(20).await;
    let ordinary: Vec<u32> = company.office.population.of(Case::Ordinary).map(|p| p.number).collect();
    company.hr().terminate(ordinary[0], days(&company, 0), "Termination (Involuntary)");
    company.hr().terminate(ordinary[1], days(&company, 30), "Resignation (Voluntary)");
    let (workers, summary) = company.read().await.unwrap();
    let now = &workers[&format!("{}#1", ordinary[0])];
    assert_eq!(now.source_status, SourceStatus::Terminated, "the vendor says over");
    assert_eq!(now.termination_date, None, "and a day that lasts until midnight would be hours too late");
    assert!(summary.findings.iter().any(|f| f.reason.starts_with("ended_today")), "{:?}", summary.findings);
    let later = &workers[&format!("{}#1", ordinary[1])];
    let told = (later.source_status, later.termination_date, later.termination_kind);
    let expected = (SourceStatus::Active, Some(days(&company, 30)), TerminationKind::Voluntary);
    assert_eq!(told, expected, "in notice");
}

#[tokio::test]
async fn a_right_that_is_lost_makes_the_read_incomplete_and_is_named() {
    for field in ["terminationDate", "hireDate", "status", "workEmail", "date", "employmentStatus"] {
        let company = Company::of(20).await;
        company.hr().hide(field);
        let (_, summary) = company.read().await.unwrap();
        let Completeness::Incomplete(reasons) = &summary.completeness else {
            panic!("{field}: a lost right must not look like withdrawn ends");
        };
        let told = format!("{reasons:?} {:?}", summary.quarantined);
        assert!(told.contains(field), "{field} is named: {told}");
        let id = company.number(Case::LeavesSoon).to_string();
        // The label of a record has the same name as the table's column.
        let error = failed(company.source().read_worker(&id).await, "nor may the last look believe it");
        assert!(error.to_string().contains(field), "{field}: {error}");
        let told = company.source().probe().await.unwrap();
        assert!(!told.missing.is_empty() || told.summary.contains("20 faults"), "{field}: {told:?}");
    }
}

#[tokio::test]
async fn changes_of_nothing_cost_one_request_and_a_new_end_three() {
    let company = Company::of(40).await;
    let cursor = company.read().await.unwrap().1.cursor.expect("records tell when they changed");
    company.requests();
    let none = company.changes(&cursor).await;
    assert_eq!(none, Changes { cursor: cursor.clone(), ..Changes::default() }, "nothing is nothing");
    assert_eq!(company.requests(), 1, "nobody changed since, and that is all there is to ask");

    let leaver = company.number(Case::Ordinary);
    let gone = company.number(Case::LeftLongAgo);
    company.hr().terminate(leaver, days(&company, 14), "Resignation (Voluntary)");
    company.hr().delete(gone);
    let told = company.changes(&cursor).await;
    assert_eq!(company.requests(), 3, "changes, records and tables, however many people");
    let [worker] = &told.workers[..] else { panic!("one person changed: {told:?}") };
    assert_eq!(worker.remote_person_id, leaver.to_string(), "the one who leaves");
    assert_eq!(worker.termination_date, Some(days(&company, 14)), "on that day");
    assert_eq!(told.gone, [gone.to_string()], "a deleted record is told, and never taken for an end");
    assert!(told.quarantined.is_empty(), "{told:?}");

    // The second in which it changed is not over: it is asked for again, and nothing in it can be lost.
    company.hr().edit(leaver, |e| e.person.department = "Sales".into());
    let again = company.changes(&told.cursor).await;
    assert_eq!(again.workers[0].department.as_deref(), Some("Sales"), "changed within the same second");
    company.clock.advance(std::time::Duration::from_secs(10));
    let settled = company.changes(&again.cursor).await;
    company.requests();
    assert!(company.changes(&settled.cursor).await.workers.is_empty(), "the second is over");
    assert_eq!(company.requests(), 1, "and then nothing costs one request again");
}

#[tokio::test]
async fn a_cursor_that_cannot_be_used_makes_everybody_be_read() {
    let company = Company::of(20).await;
    for cursor in ["", "page 7", "2026-13-01T00:00:00Z settled"] {
        assert_eq!(company.source().read_changes(cursor).await.unwrap(), None, "{cursor:?} is not ours");
    }
    assert_eq!(company.requests(), 0, "and is not sent anywhere");
    company.office.bamboohr.faults.next(1, "GET /api/v1/employees/changed", Fault::status(400));
    let expired = company.source().read_changes("2020-01-01T00:00:00+00:00").await.unwrap();
    assert_eq!(expired, None, "the vendor no longer takes it");

    let cursor = company.read().await.unwrap().1.cursor.unwrap();
    company.hr().hide("terminationDate");
    company.hr().edit(company.number(Case::Ordinary), |_| {});
    let told = company.changes(&cursor).await;
    assert!(!told.quarantined.is_empty() && told.workers.is_empty(), "nothing of it may be used: {told:?}");
}

#[tokio::test]
async fn every_bad_day_is_survived_or_told_and_nothing_half_is_believed() {
    let company = Company::of(60).await;
    let faults = &company.office.bamboohr.faults;
    let whole = company.read().await.unwrap().0;
    let passing = [
        Fault::busy(503, 2),
        Fault::busy(429, 2),
        Fault::status(502),
        Fault::Reset,
        Fault::AnswerLost,
        Fault::Truncated,
    ];
    for endpoint in ["POST /api/v1/reports/custom", "GET /api/v1/employees/all/tables/{table}"] {
        for fault in &passing {
            faults.next(2, endpoint, fault.clone());
            let (workers, summary) =
                company.read().await.unwrap_or_else(|e| panic!("{endpoint} {fault:?}: {e}"));
            assert_eq!(workers, whole, "{endpoint} {fault:?}: what passes is waited out");
            assert_eq!(summary.completeness, Completeness::Complete, "{endpoint} {fault:?}");
            faults.clear();
        }
        for (fault, kind) in [
            (Fault::busy(503, 2), "unavailable"),
            (Fault::busy(429, 2), "rate_limited"),
            (Fault::busy(503, 3600), "unavailable"),
            (Fault::status(403), "forbidden"),
            (Fault::CredentialsExpired, "auth"),
            (Fault::Truncated, "unavailable"),
            (Fault::Delay { millis: 1300 }, "unavailable"),
            (
                Fault::Status { status: 200, headers: BTreeMap::new(), body: "<html>sign in</html>".into() },
                "malformed",
            ),
            (Fault::Status { status: 200, headers: BTreeMap::new(), body: "{}".into() }, "malformed"),
        ] {
            faults.always(endpoint, fault.clone());
            let error = failed(company.read().await, "it lasts");
            assert_eq!(error.kind().as_str(), kind, "{endpoint} {fault:?}: {error}");
            faults.clear();
        }
    }
    assert_eq!(company.read().await.unwrap().0, whole, "and when all is well again, all are read");
}

#[tokio::test]
async fn a_wrong_key_is_told_at_once_with_the_vendors_words() {
    let company = Company::of(20).await;
    let connector = connect(&company.office, &company.clock, "wr0ng-key");
    let error = failed(connector.workers.unwrap().probe().await, "the key is wrong");
    assert_eq!(error.kind(), &Kind::Auth, "only a person can make a new key");
    let shown = format!("{error} {error:?}");
    assert!(
        shown.contains("Invalid API key") && !shown.contains("wr0ng-key"),
        "its reason, not our key: {shown}"
    );
    assert!(company.requests() <= 2, "asking again with a wrong key can lock an account");
}

#[tokio::test]
async fn nothing_is_ever_written_to_hr() {
    let company = Company::of(20).await;
    let cursor = company.read().await.unwrap().1.cursor.unwrap();
    company.hr().edit(1, |_| {});
    company.changes(&cursor).await;
    company.source().read_worker("1").await.unwrap();
    let writes = company.office.bamboohr.log.writes();
    assert!(writes.iter().all(|w| w.path == "/api/v1/reports/custom"), "a report only reads: {writes:?}");
}
