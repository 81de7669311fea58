//! From a record and its periods to stints of employment.

use chrono::{Days, NaiveDate};
use lockstep_domain::digest::Digest;
use lockstep_domain::people::{EmploymentType, SourceStatus, TerminationKind, WorkerKind, WorkerRecord};

use super::facts::{Facts, Fault};
use super::periods::Period;
use super::settings::fold;
use crate::api::text::clean;

/// Whoever is inactive and began so few days ago has more likely not been switched on yet.
const NEWCOMER_DAYS: u64 = 7;

/// What one person's record and table say, and remarks on it.
pub(super) fn stints(
    facts: &Facts,
    mut periods: Vec<Period>,
    today: NaiveDate,
) -> (Vec<WorkerRecord>, Vec<Fault>) {
    let mut remarks = Vec::new();
    if periods.is_empty() {
        // Only the first day of the record is known then.
        periods.push(Period { start: facts.hired, end: None, labels: vec![] });
    }
    let current = periods.iter().rposition(|p| p.start.is_none_or(|start| start <= today)).unwrap_or(0);
    mend_start(facts, &mut periods, current);
    mend_end(facts, &mut periods[current], &mut remarks);
    let mut records = Vec::with_capacity(periods.len());
    for (place, period) in periods.iter().enumerate() {
        let status = match place.cmp(&current) {
            std::cmp::Ordering::Less => SourceStatus::Terminated,
            std::cmp::Ordering::Equal => status(facts, period, today, &mut remarks),
            std::cmp::Ordering::Greater => SourceStatus::Pending,
        };
        records.push(record(facts, period, place, status, today));
    }
    if facts.status == "Inactive" && periods[current].end.is_some_and(|(day, _)| day == today) {
        // The vendor ends a planned employment when the day is over: inactive today, it was ended at once. Without
        // a date the end counts from the moment in which it is read, which is now.
        records[current].termination_date = None;
        remarks.push(Fault::new(
            "terminationDate",
            "ended_today: the employment was ended today with effect at once, and access ends at once",
            "Nothing, if that is meant.",
        ));
    }
    (records, remarks)
}

/// The record's hire date is the customer's own word for the current employment, unless it contradicts its past.
fn mend_start(facts: &Facts, periods: &mut [Period], current: usize) {
    let before = current.checked_sub(1).and_then(|p| periods[p].end).map(|(day, _)| day);
    let after = periods.get(current + 1).and_then(|p| p.start);
    let fits = |day: NaiveDate| before.is_none_or(|end| day > end) && after.is_none_or(|start| day < start);
    if let Some(hired) = facts.hired.filter(|day| fits(*day)) {
        let end = periods[current].end.map(|(day, _)| day);
        // Somebody rehired keeps an old end in the table and a newer hire date in the record.
        if end.is_none_or(|end| hired <= end) {
            periods[current].start = Some(hired);
        }
    }
    let first = facts.first_hired.filter(|day| periods[0].end.is_none_or(|(end, _)| *day <= end));
    periods[0].start = periods[0].start.or(first);
}

/// The record's own end counts where the table names none for the current employment.
fn mend_end(facts: &Facts, period: &mut Period, remarks: &mut Vec<Fault>) {
    let Some(told) = facts.ends.filter(|day| period.start.is_none_or(|start| start <= *day)) else { return };
    match period.end {
        None => period.end = Some((told, TerminationKind::Unknown)),
        Some((day, _)) if day != told => remarks.push(Fault::new(
            "terminationDate",
            format!(
                "date_conflict: the record says {told}, the table Employment Status {day}; the table counts"
            ),
            "Make both agree in BambooHR.",
        )),
        Some(_) => {}
    }
}

/// What the vendor's switch says about the current employment. It is on or off; what else HR calls somebody is a
/// label of the customer's own and switches nothing.
fn status(facts: &Facts, period: &Period, today: NaiveDate, remarks: &mut Vec<Fault>) -> SourceStatus {
    let newcomer = || {
        let newest = today.checked_sub_days(Days::new(NEWCOMER_DAYS));
        period.end.is_none() && period.start.zip(newest).is_some_and(|(start, since)| start >= since)
    };
    match facts.status.as_str() {
        "Active" => SourceStatus::Active,
        // People who have not begun are off, too.
        "Inactive" if period.start.is_some_and(|start| start > today) => SourceStatus::Pending,
        "Inactive" if newcomer() => {
            remarks.push(Fault::new(
                "status",
                "inactive_newcomer: began within a week, is inactive, and no end is named",
                "Switch the person on in BambooHR, or enter the end.",
            ));
            SourceStatus::Unknown
        }
        "Inactive" => SourceStatus::Terminated,
        other => {
            let problem = format!("unknown_status: “{}” is neither Active nor Inactive", clean(other, 40));
            remarks.push(Fault::new("status", problem, "Report this to us; the person is left alone."));
            SourceStatus::Unknown
        }
    }
}

fn record(
    facts: &Facts,
    period: &Period,
    place: usize,
    status: SourceStatus,
    today: NaiveDate,
) -> WorkerRecord {
    let label = label(period, today).map(str::to_owned).or_else(|| facts.label.clone()).unwrap_or_default();
    let (worker_kind, employment_type) = form(&label);
    let raw = format!("{}{period:?}{place}", facts.raw);
    WorkerRecord {
        remote_person_id: facts.person.clone(),
        // By number and not by row: HR deletes and enters rows anew to correct them.
        remote_employment_id: format!("{}#{}", facts.person, place + 1),
        employee_number: facts.employee_number.clone(),
        first_name: facts.first_name.clone(),
        last_name: facts.last_name.clone(),
        display_name: facts.display_name.clone(),
        work_email: facts.work_email.clone(),
        personal_email: facts.personal_email.clone(),
        manager_remote_id: facts.manager.clone(),
        worker_kind,
        employment_type,
        start_date: period.start,
        termination_date: period.end.map(|(day, _)| day),
        last_day_worked: None,
        notice_given_date: None,
        termination_at: None,
        termination_kind: period.end.map_or(TerminationKind::Unknown, |(_, kind)| kind),
        source_status: status,
        source_status_raw: format!("{} ({label})", facts.status),
        // Days are the company's at this vendor, wherever the person works.
        time_zone: None,
        location: facts.location.clone(),
        legal_entity: None,
        department: facts.department.clone(),
        job_title: facts.job_title.clone(),
        cost_center: None,
        raw_sha256: Digest::of(raw.as_bytes()),
    }
}

/// The label that holds today, or the first one of an employment to come.
fn label(period: &Period, today: NaiveDate) -> Option<&str> {
    let holding = period.labels.iter().rev().find(|(from, _)| *from <= today);
    holding.or(period.labels.first()).map(|(_, label)| label.as_str())
}

/// What the common labels mean; the list is the customer's, so others stay unknown.
fn form(label: &str) -> (WorkerKind, EmploymentType) {
    match fold(label).as_str() {
        "full-time" | "full time" => (WorkerKind::Employee, EmploymentType::FullTime),
        "part-time" | "part time" => (WorkerKind::Employee, EmploymentType::PartTime),
        "temporary" | "temp" | "seasonal" => (WorkerKind::Employee, EmploymentType::Temporary),
        "contractor" | "contract" => (WorkerKind::Contractor, EmploymentType::Contract),
        "intern" | "internship" => (WorkerKind::Intern, EmploymentType::Internship),
        _ => (WorkerKind::Unknown, EmploymentType::Unknown),
    }
}

#[cfg(test)]
#[path = "judge_tests.rs"]
mod tests;
