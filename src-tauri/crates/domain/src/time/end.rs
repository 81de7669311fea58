//! The two instants, each from one pure function, with what they were computed from.

use chrono::{DateTime, Days, NaiveDate, NaiveTime, Utc};
use chrono_tz::{IANA_TZDB_VERSION, Tz};
use serde::{Deserialize, Serialize};

use super::finding::EndFinding;
use super::local::{first_instant_of, no_end, over_at, readable};
use super::rules::{DateConvention, DateRules, EndDayBasis, ZoneBasis};
use crate::people::{WorkerRecord, words};

words! {
    /// Where in the record an end stands.
    EndField {
        /// The exact instant.
        TerminationAt = "termination_at",
        /// The last day worked.
        LastDayWorked = "last_day_worked",
        /// The termination date.
        TerminationDate = "termination_date",
        /// The first day; never an end, but it can make one unusable.
        StartDate = "start_date",
    }
}

words! {
    /// How exactly HR stated the end.
    Precision {
        /// A calendar day; the time of day is ours, by the connection's rules.
        Date = "date",
        /// Day and time.
        Datetime = "datetime",
    }
}

words! {
    /// Where the zone of a computation came from.
    ZoneSource {
        /// The record.
        Employment = "employment",
        /// The connection's setting.
        ConnectionDefault = "connection_default",
    }
}

/// Everything an instant was computed from: evidence, and enough to compute it again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EndInputs {
    /// The field that decided.
    pub field: EndField,
    /// Its calendar day as written; for an instant, its day in `zone`.
    pub day: NaiveDate,
    /// The last day in, after the convention: `day`, or the day before it.
    pub last_day: NaiveDate,
    /// How the date was read.
    pub convention: DateConvention,
    /// The local time at which the last day was over; none for the end of the day.
    pub cutoff: Option<NaiveTime>,
    /// The zone whose calendar counted.
    pub zone: Tz,
    /// Where the zone came from.
    pub zone_source: ZoneSource,
    /// The version of the tz database, for example `2025b`.
    pub tzdb: String,
    /// How exactly HR stated it.
    pub precision: Precision,
}

/// One end of a stint: the instant, if there is one, and why it is that.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct End {
    /// The instant (UTC), or none where HR states no usable end.
    pub at: Option<DateTime<Utc>>,
    /// What it was computed from; present exactly when `at` is.
    pub inputs: Option<EndInputs>,
    /// What a person should look at.
    pub findings: Vec<EndFinding>,
}

impl End {
    /// Whether the record's dates contradict one another.
    pub fn date_conflict(&self) -> bool {
        self.findings.iter().any(EndFinding::is_conflict)
    }
}

/// All that a record's dates say, computed under one connection's rules.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ends {
    /// The zone whose calendar counts.
    pub zone: Tz,
    /// Where the zone came from.
    pub zone_source: ZoneSource,
    /// The first instant of the first day (UTC).
    pub start_at: Option<DateTime<Utc>>,
    /// When access ends.
    pub access: End,
    /// When the employment ends.
    pub employment: End,
}

/// Both ends and the start of a stint.
pub fn ends_of(record: &WorkerRecord, rules: &DateRules) -> Ends {
    let (zone, zone_source) = zone_of(record, rules);
    Ends {
        zone,
        zone_source,
        start_at: record.start_date.filter(|day| readable(*day)).and_then(|day| first_instant_of(day, zone)),
        access: access_end_at(record, rules),
        employment: employment_end_at(record, rules),
    }
}

/// The zone in which a record's days begin and end. Never UTC unless somebody wrote UTC.
pub fn zone_of(record: &WorkerRecord, rules: &DateRules) -> (Tz, ZoneSource) {
    match (rules.zone_basis, record.time_zone) {
        (ZoneBasis::EmploymentFirst, Some(zone)) => (zone, ZoneSource::Employment),
        _ => (rules.default_zone, ZoneSource::ConnectionDefault),
    }
}

/// When access must end: opens containment.
///
/// An exact instant from HR or an operator wins over every date. Otherwise the day is chosen by
/// [`EndDayBasis`], and the end is when that day is over in the zone of [`zone_of`].
pub fn access_end_at(record: &WorkerRecord, rules: &DateRules) -> End {
    let mut reader = Reader::new(record, rules);
    let instant = reader.instant();
    let worked = reader.last_day_worked();
    let ended = reader.termination_date();
    let earlier = |a: Candidate, b: Candidate| if b.last_day < a.last_day { b } else { a };
    let by_date = match (rules.end_day_basis, worked, ended) {
        (EndDayBasis::TerminationDate, Some(worked), None) if instant.is_none() => {
            let last_day_worked = worked.last_day;
            reader.findings.push(EndFinding::TerminationDateMissing { last_day_worked });
            None
        }
        (EndDayBasis::TerminationDate, _, ended) => ended,
        (EndDayBasis::LastDayWorked, worked, ended) => worked.or(ended),
        (EndDayBasis::Earliest, Some(worked), Some(ended)) => Some(earlier(ended, worked)),
        (EndDayBasis::Earliest, worked, ended) => ended.or(worked),
    };
    reader.compare(worked, ended);
    reader.compare_instant(instant, [ended, worked]);
    reader.end(instant.or(by_date))
}

/// When the employment ends: opens removal of what cannot be given back.
///
/// From the termination date alone, whatever the last day worked. An exact instant counts where there is no
/// date or where it is later, so that nothing final ever comes before HR's own instant.
pub fn employment_end_at(record: &WorkerRecord, rules: &DateRules) -> End {
    let mut reader = Reader::new(record, rules);
    let instant = reader.instant();
    let ended = reader.termination_date();
    let later = match (instant, ended) {
        (Some(instant), Some(ended)) => Some(if instant.at > ended.at { instant } else { ended }),
        (instant, ended) => instant.or(ended),
    };
    reader.end(later)
}

/// One usable end.
#[derive(Clone, Copy)]
struct Candidate {
    field: EndField,
    day: NaiveDate,
    last_day: NaiveDate,
    at: DateTime<Utc>,
}

/// Reads the ends of one record, keeping what is usable and noting what is not.
struct Reader<'a> {
    record: &'a WorkerRecord,
    rules: &'a DateRules,
    zone: Tz,
    zone_source: ZoneSource,
    /// The first day and its first instant, where readable.
    start: Option<(NaiveDate, DateTime<Utc>)>,
    findings: Vec<EndFinding>,
}

impl<'a> Reader<'a> {
    fn new(record: &'a WorkerRecord, rules: &'a DateRules) -> Self {
        let (zone, zone_source) = zone_of(record, rules);
        let mut reader = Self { record, rules, zone, zone_source, start: None, findings: Vec::new() };
        reader.start = record
            .start_date
            .filter(|day| reader.in_range(EndField::StartDate, *day))
            .and_then(|day| Some((day, first_instant_of(day, zone)?)));
        reader
    }

    fn instant(&mut self) -> Option<Candidate> {
        let at = self.record.termination_at?;
        // Judged by the UTC day first: the local day of an instant at the edge of the calendar does not exist.
        if !self.stated(EndField::TerminationAt, at.date_naive()) {
            return None;
        }
        let day = at.with_timezone(&self.zone).date_naive();
        self.not_before_start(Candidate { field: EndField::TerminationAt, day, last_day: day, at })
    }

    fn last_day_worked(&mut self) -> Option<Candidate> {
        let day = self.record.last_day_worked?;
        self.date(EndField::LastDayWorked, day, DateConvention::InclusiveLastDay)
    }

    fn termination_date(&mut self) -> Option<Candidate> {
        let day = self.record.termination_date?;
        self.date(EndField::TerminationDate, day, self.rules.convention)
    }

    fn date(&mut self, field: EndField, day: NaiveDate, convention: DateConvention) -> Option<Candidate> {
        if !self.stated(field, day) {
            return None;
        }
        let last_day = match convention {
            DateConvention::InclusiveLastDay => day,
            DateConvention::ExclusiveFirstDayOff => day.checked_sub_days(Days::new(1))?,
        };
        let at = over_at(last_day, self.rules.cutoff, self.zone)?;
        self.not_before_start(Candidate { field, day, last_day, at })
    }

    fn stated(&mut self, field: EndField, day: NaiveDate) -> bool {
        !no_end(day) && self.in_range(field, day)
    }

    fn in_range(&mut self, field: EndField, day: NaiveDate) -> bool {
        let fine = readable(day);
        if !fine {
            self.findings.push(EndFinding::OutOfRange { field, day });
        }
        fine
    }

    fn not_before_start(&mut self, end: Candidate) -> Option<Candidate> {
        if let Some((start, start_at)) = self.start
            && (end.day < start || end.at < start_at)
        {
            self.findings.push(EndFinding::BeforeStart { field: end.field, day: end.day, start });
            return None;
        }
        Some(end)
    }

    fn compare(&mut self, worked: Option<Candidate>, ended: Option<Candidate>) {
        if let (Some(worked), Some(ended)) = (worked, ended)
            && worked.last_day > ended.last_day
        {
            let (last_day_worked, last_day) = (worked.last_day, ended.last_day);
            self.findings.push(EndFinding::WorkedAfterEnd { last_day_worked, last_day });
        }
    }

    /// An instant agrees with the dates if it falls on a day that they name, or is the very end of one.
    fn compare_instant(&mut self, instant: Option<Candidate>, dates: [Option<Candidate>; 2]) {
        let Some(instant) = instant else { return };
        let mut named = dates.into_iter().flatten();
        let agrees = |date: &Candidate| date.last_day == instant.last_day || date.at == instant.at;
        if let Some(date) = named.clone().next()
            && !named.any(|date| agrees(&date))
        {
            self.findings.push(EndFinding::OtherDay { at: instant.at, day: date.last_day });
        }
    }

    fn end(self, decided: Option<Candidate>) -> End {
        let inputs = decided.map(|end| {
            let instant = end.field == EndField::TerminationAt;
            EndInputs {
                field: end.field,
                day: end.day,
                last_day: end.last_day,
                convention: self.rules.convention,
                cutoff: if instant { None } else { self.rules.cutoff },
                zone: self.zone,
                zone_source: self.zone_source,
                tzdb: IANA_TZDB_VERSION.to_owned(),
                precision: if instant { Precision::Datetime } else { Precision::Date },
            }
        });
        End { at: decided.map(|end| end.at), inputs, findings: self.findings }
    }
}
