//! The roles that BambooHR plays.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use async_trait::async_trait;
use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use lockstep_domain::digest::Digest;
use lockstep_domain::people::WorkerRecord;
use serde_json::Value;
use tokio::sync::mpsc;

use super::ask::{self, Report};
use super::cursor::{Cursor, instant};
use super::facts::{Facts, Fault, RELIED_ON, is_id, text};
use super::judge::stints;
use super::periods::{periods, rows};
use super::settings::Settings;
use crate::api::Api;
use crate::clock::Clock;
use crate::contract::{Changes, Completeness, Probe, Quarantined, ReadSummary, WorkerSource};
use crate::error::{Error, Kind, Result};

/// Records handed on at a time.
const CHUNK: usize = 1_000;
/// More changes than this cost no less than reading everybody.
const MOST_CHANGES: usize = 1_000;

/// An open connection to one company's BambooHR.
pub(super) struct BambooHr {
    pub(super) api: Api,
    pub(super) settings: Settings,
    pub(super) clock: Arc<dyn Clock>,
}

/// People, judged.
#[derive(Default)]
struct Judged {
    workers: Vec<WorkerRecord>,
    quarantined: Vec<Quarantined>,
    findings: Vec<Quarantined>,
}

/// A whole company, read.
struct Company {
    judged: Judged,
    people: usize,
    hidden: Vec<&'static str>,
    doubts: Vec<String>,
    sha256: Digest,
    cursor: Option<Cursor>,
}

impl BambooHr {
    /// The company's date now.
    fn today(&self) -> NaiveDate {
        self.clock.now().with_timezone(&self.settings.zone).date_naive()
    }

    /// The vendor's time, as far as its answers tell how far it is from ours.
    fn vendor_time(&self, ours: DateTime<Utc>) -> DateTime<Utc> {
        ours + TimeDelta::seconds(self.api.skew_s().unwrap_or(0))
    }

    async fn company(&self) -> Result<Company> {
        let asked_at = self.clock.now();
        let (report, (rows, table)) =
            tokio::try_join!(ask::report(&self.api, None), ask::table(&self.api, "all"))?;
        let hidden = hidden(&report);
        let newest = newest(&report.records);
        let by_person = by_owner(&rows);
        let mut doubts = doubts(&report.records, &by_person, &hidden);
        doubts.extend(blanked(&report.records, &by_person, &self.settings));
        let judged = judge(&report.records, &by_person, &self.settings, self.today());
        Ok(Company {
            people: report.records.len(),
            hidden,
            doubts,
            judged,
            sha256: Digest::of(format!("{}{}", report.bytes.sha256, table.sha256).as_bytes()),
            cursor: newest.and_then(|at| Cursor::after(&at, self.vendor_time(asked_at))),
        })
    }
}

#[async_trait]
impl WorkerSource for BambooHr {
    async fn read_workers(&self, out: mpsc::Sender<Vec<WorkerRecord>>) -> Result<ReadSummary> {
        let Company { judged, doubts, sha256, cursor, .. } = self.company().await?;
        let count = judged.workers.len() as u64;
        let mut workers = judged.workers.into_iter().peekable();
        while workers.peek().is_some() {
            let chunk: Vec<WorkerRecord> = workers.by_ref().take(CHUNK).collect();
            if out.send(chunk).await.is_err() {
                return Err(Error::new(Kind::Unavailable, "the reader went away", "Start the read again."));
            }
        }
        Ok(ReadSummary {
            rows: count,
            claimed_total: None,
            completeness: completeness(doubts, judged.quarantined.len()),
            quarantined: judged.quarantined,
            findings: judged.findings,
            source_sha256: sha256,
            clock_skew_s: self.api.skew_s(),
            cursor: cursor.map(|c| c.to_text()),
        })
    }

    async fn read_worker(&self, remote_person_id: &str) -> Result<Vec<WorkerRecord>> {
        if !is_id(remote_person_id) {
            return Ok(vec![]);
        }
        let both = tokio::try_join!(
            ask::record(&self.api, remote_person_id),
            ask::table(&self.api, remote_person_id)
        );
        let (record, (rows, _)) = match both {
            Err(e) if e.kind() == &Kind::NotFound => return Ok(vec![]),
            both => both?,
        };
        let rows: Vec<&Value> = rows.iter().collect();
        let one = one(&record, &rows, &self.settings, self.today());
        one.map(|(records, _)| records).map_err(|fault| {
            let what = format!("employee {remote_person_id}, {}: {}", fault.column, fault.reason);
            Error::new(Kind::Malformed, what, fault.remedy)
        })
    }

    async fn read_changes(&self, cursor: &str) -> Result<Option<Changes>> {
        let Some(cursor) = Cursor::parse(cursor) else { return Ok(None) };
        let asked_at = self.clock.now();
        let mut changed = match ask::changed(&self.api, &cursor).await {
            // The vendor no longer takes the time that it gave.
            Err(e) if e.kind() == &Kind::Unsupported => return Ok(None),
            changed => changed?,
        };
        changed.retain(|c| cursor.is_news(&c.at));
        if changed.is_empty() {
            return Ok(Some(Changes { cursor: cursor.to_text(), ..Changes::default() }));
        }
        if changed.len() > MOST_CHANGES {
            return Ok(None);
        }
        let times: Vec<&str> = changed.iter().map(|c| c.at.as_str()).collect();
        let Some(next) = latest(&times).and_then(|at| Cursor::after(at, self.vendor_time(asked_at))) else {
            return Ok(None);
        };
        let (gone, live): (Vec<_>, Vec<_>) = changed.into_iter().partition(|c| c.deleted);
        let gone = gone.into_iter().map(|c| c.id).collect();
        let live: Vec<String> = live.into_iter().map(|c| c.id).collect();
        let judged =
            if live.is_empty() { Judged::default() } else { self.changed_people(&cursor, &live).await? };
        let Judged { workers, quarantined, .. } = judged;
        Ok(Some(Changes { workers, gone, quarantined, cursor: next.to_text() }))
    }

    async fn probe(&self) -> Result<Probe> {
        let company = self.company().await?;
        let stints = company.judged.workers.len();
        let (people, faults) = (company.people, company.judged.quarantined.len());
        let shown = |name: &&&str| !company.hidden.contains(*name);
        Ok(Probe {
            summary: format!("BambooHR: {people} people, {stints} employments, {faults} faults"),
            held: RELIED_ON.iter().filter(shown).map(|name| format!("view: {name}")).collect(),
            missing: company
                .hidden
                .iter()
                .map(|name| format!("view: {name}"))
                .chain(company.doubts)
                .collect(),
            excess: vec![],
        })
    }

    fn clock_skew_s(&self) -> Option<i64> {
        self.api.skew_s()
    }
}

impl BambooHr {
    /// Those who changed, with all rows of their tables.
    async fn changed_people(&self, cursor: &Cursor, ids: &[String]) -> Result<Judged> {
        let (report, rows) =
            tokio::try_join!(ask::report(&self.api, Some(ids)), ask::changed_rows(&self.api, cursor))?;
        let by_person = by_owner(&rows);
        let mut judged = judge(&report.records, &by_person, &self.settings, self.today());
        let told: BTreeSet<String> = report.records.iter().filter_map(|r| text(r, "id")).collect();
        // Whoever changed and cannot be seen whole makes everybody be read: that tells what is wrong.
        let unseen = ids.iter().filter(|id| !told.contains(*id) || !by_person.contains_key(id.as_str()));
        judged.quarantined.extend(unseen.map(|id| {
            let why = "hidden_person: changed, and record or table cannot be seen";
            Fault::new("id", why, "Let the key's owner see all employees.").of(id)
        }));
        Ok(judged)
    }
}

fn completeness(doubts: Vec<String>, quarantined: usize) -> Completeness {
    let faults =
        (quarantined > 0).then(|| format!("{quarantined} people cannot be read and are quarantined"));
    let reasons: Vec<String> = doubts.into_iter().chain(faults).collect();
    if reasons.is_empty() { Completeness::Complete } else { Completeness::Incomplete(reasons) }
}

/// The fields relied on that the key may not see at all.
fn hidden(report: &Report) -> Vec<&'static str> {
    RELIED_ON.into_iter().filter(|name| !report.shown.iter().any(|shown| shown == name)).collect()
}

/// Why absence from this read cannot be believed.
fn doubts(records: &[Value], tables: &BTreeMap<&str, Vec<&Value>>, hidden: &[&str]) -> Vec<String> {
    let mut doubts = Vec::new();
    if !hidden.is_empty() {
        doubts.push(format!("the key may not see {}", hidden.join(", ")));
    }
    if records.is_empty() {
        doubts.push("nobody can be seen".into());
    } else if tables.is_empty() {
        doubts.push("the table Employment Status is empty: the key may not see it".into());
    }
    let told: BTreeSet<String> = records.iter().filter_map(|record| text(record, "id")).collect();
    let strangers = tables.keys().filter(|owner| !told.contains(**owner)).count();
    if strangers > 0 {
        doubts
            .push(format!("the table Employment Status names {strangers} people whom the report leaves out"));
    }
    doubts
}

/// A right that is lost can also blank a date instead of leaving it out: then nobody has one, not even those who are
/// inactive and have an end in the table.
fn blanked(records: &[Value], tables: &BTreeMap<&str, Vec<&Value>>, settings: &Settings) -> Option<String> {
    let has_date = |r: &Value| text(r, "terminationDate").is_some_and(|t| t != "0000-00-00");
    let ended = |row: &&Value| text(row, "employmentStatus").is_some_and(|label| settings.ends(&label));
    let is_out = |r: &Value| {
        let rows = text(r, "id").and_then(|id| tables.get(id.as_str()));
        text(r, "status").as_deref() == Some("Inactive") && rows.is_some_and(|rows| rows.iter().any(ended))
    };
    let blank = !records.iter().any(has_date) && records.iter().any(is_out);
    blank.then(|| "terminationDate is empty for everybody who left: the key may not see it".into())
}

fn by_owner(rows: &[Value]) -> BTreeMap<&str, Vec<&Value>> {
    let mut owners: BTreeMap<&str, Vec<&Value>> = BTreeMap::new();
    for row in rows {
        // A row of nobody stands under a name that no record has, which is told as a doubt.
        let owner = row.get("employeeId").and_then(Value::as_str).unwrap_or_default();
        owners.entry(owner).or_default().push(row);
    }
    owners
}

fn judge(
    records: &[Value],
    tables: &BTreeMap<&str, Vec<&Value>>,
    settings: &Settings,
    today: NaiveDate,
) -> Judged {
    let mut judged = Judged::default();
    let mut seen: BTreeMap<String, &Value> = BTreeMap::new();
    for record in records {
        let id = text(record, "id").unwrap_or_default();
        match seen.insert(id.clone(), record) {
            // The same twice counts once.
            Some(first) if first == record => continue,
            Some(_) => {
                judged.workers.retain(|w| w.remote_person_id != id);
                let why = "duplicate_id: two records with this id differ";
                judged.quarantined.push(Fault::new("id", why, "Report this to BambooHR's support.").of(&id));
                continue;
            }
            None => {}
        }
        let rows = tables.get(id.as_str()).map(Vec::as_slice).unwrap_or_default();
        match one(record, rows, settings, today) {
            Ok((workers, remarks)) => {
                judged.workers.extend(workers);
                judged.findings.extend(remarks.into_iter().map(|remark| remark.of(&id)));
            }
            Err(fault) => judged.quarantined.push(fault.of(&id)),
        }
    }
    judged
}

/// One person: all stints and remarks, or what forbids using anything of them.
fn one(
    record: &Value,
    table: &[&Value],
    settings: &Settings,
    today: NaiveDate,
) -> Result<(Vec<WorkerRecord>, Vec<Fault>), Fault> {
    let facts = Facts::read(record)?;
    let rows = rows(table, settings)?;
    Ok(stints(&facts, periods(rows), today))
}

/// The newest change in a report; records from before the vendor kept that time have none.
fn newest(records: &[Value]) -> Option<String> {
    let times: Vec<&str> = records.iter().filter_map(|r| r.get("lastChanged")?.as_str()).collect();
    latest(&times).map(str::to_owned)
}

fn latest<'a>(times: &[&'a str]) -> Option<&'a str> {
    times.iter().copied().filter(|t| instant(t).is_some()).max_by_key(|t| instant(t))
}
