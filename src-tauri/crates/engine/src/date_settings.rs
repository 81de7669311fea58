//! How a source's dates are to be read: what every source of workers has to be told beside the vendor's fields.

use std::collections::BTreeMap;
use std::str::FromStr;

use chrono::NaiveTime;
use lockstep_connectors::{Field, FieldKind};
use lockstep_domain::time::{DateConvention, DateRules, EndDayBasis, ZoneBasis};

use crate::connections::wrong;
use crate::error::Result;

/// What every source of workers has to be told about its dates, beside the vendor's own fields.
pub(crate) const DATE_FIELDS: &[Field] = &[
    Field {
        name: "zone",
        label: "Time zone of the company",
        help: "Where the day ends for people whose record names no zone of its own. There is no default: a wrong guess cuts people hours too early or too late.",
        kind: FieldKind::Zone,
        required: true,
        default: None,
        example: "Europe/Berlin",
    },
    Field {
        name: "cutoff",
        label: "Time of day at which access ends",
        help: "On the last day, by the clock on the wall. Empty: at the end of that day.",
        kind: FieldKind::Text,
        required: false,
        default: None,
        example: "17:00",
    },
    Field {
        name: "convention",
        label: "What the end date means",
        help: "inclusive_last_day: the last day of employment. exclusive_first_day_off: the first day after it.",
        kind: FieldKind::Choice(&["inclusive_last_day", "exclusive_first_day_off"]),
        required: false,
        default: Some("inclusive_last_day"),
        example: "inclusive_last_day",
    },
    Field {
        name: "end_day_basis",
        label: "Which date ends access",
        help: "earliest: the earlier of the last day worked and the last day of employment.",
        kind: FieldKind::Choice(&["earliest", "last_day_worked", "termination_date"]),
        required: false,
        default: Some("earliest"),
        example: "earliest",
    },
    Field {
        name: "zone_basis",
        label: "Whose time zone counts",
        help: "employment_first: the one in the person's record, else the company's. connection: always the company's.",
        kind: FieldKind::Choice(&["employment_first", "connection"]),
        required: false,
        default: Some("employment_first"),
        example: "employment_first",
    },
];

/// How a worker source's dates are to be read, from its settings.
pub(crate) fn date_rules(settings: &BTreeMap<String, String>) -> Result<DateRules> {
    let zone = settings.get("zone").map(String::as_str).unwrap_or_default();
    let default_zone = chrono_tz::Tz::from_str(zone).map_err(|_| {
        wrong(
            "zone",
            format!("{zone:?} is no IANA time zone"),
            "Write it like Europe/Berlin; abbreviations such as CET name no zone.",
        )
    })?;
    let mut rules = DateRules::preset(default_zone);
    if let Some(text) = settings.get("cutoff").filter(|t| !t.is_empty()) {
        let time = NaiveTime::parse_from_str(text, "%H:%M");
        rules.cutoff =
            Some(time.map_err(|_| {
                wrong("cutoff", format!("{text:?} is no time of day"), "Write it like 17:00.")
            })?);
    }
    rules.convention = word(settings, "convention", DateConvention::InclusiveLastDay)?;
    rules.end_day_basis = word(settings, "end_day_basis", EndDayBasis::Earliest)?;
    rules.zone_basis = word(settings, "zone_basis", ZoneBasis::EmploymentFirst)?;
    Ok(rules)
}

fn word<T: FromStr<Err = lockstep_domain::UnknownWord>>(
    settings: &BTreeMap<String, String>,
    name: &str,
    preset: T,
) -> Result<T> {
    match settings.get(name).filter(|t| !t.is_empty()) {
        None => Ok(preset),
        Some(text) => text.parse().map_err(|e: lockstep_domain::UnknownWord| {
            wrong(name, e.to_string(), "Use one of the words that `lockstep vendor show` lists.")
        }),
    }
}
