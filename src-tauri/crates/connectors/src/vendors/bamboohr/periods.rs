//! From the rows of the employment status table to periods of employment.

use chrono::NaiveDate;
use lockstep_domain::people::TerminationKind;
use serde_json::Value;

use super::facts::{Fault, date, text};
use super::settings::{Settings, fold};

/// A row of the table, read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Row {
    id: u64,
    date: NaiveDate,
    label: String,
    end: Option<TerminationKind>,
}

/// A period of employment by the table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Period {
    /// First day.
    pub(super) start: Option<NaiveDate>,
    /// Last day, inclusive, and why.
    pub(super) end: Option<(NaiveDate, TerminationKind)>,
    /// Labels with the day from which each holds.
    pub(super) labels: Vec<(NaiveDate, String)>,
}

/// Reads one person's rows.
///
/// # Errors
/// What forbids using any of them: a row that cannot be read may be the one that counts.
pub(super) fn rows(values: &[&Value], settings: &Settings) -> Result<Vec<Row>, Fault> {
    values.iter().map(|value| row(value, settings)).collect()
}

fn row(value: &Value, settings: &Settings) -> Result<Row, Fault> {
    for name in ["date", "employmentStatus"] {
        if value.get(name).is_none() {
            return Err(Fault::new(
                name,
                "hidden_field: the key may not see this column of the table Employment Status",
                "Give the access level of the key's owner the right to view the whole table for everybody.",
            ));
        }
    }
    let unusable = |column, reason: &str| {
        Fault::new(column, reason, "Complete the row in the person's Job tab in BambooHR.")
    };
    let date = date(value, "date")?.ok_or_else(|| unusable("date", "date_missing: a row has no date"))?;
    let label = text(value, "employmentStatus")
        .ok_or_else(|| unusable("employmentStatus", "status_missing: a row names no employment status"))?;
    let id = text(value, "id").and_then(|id| id.parse().ok());
    let id =
        id.ok_or_else(|| unusable("id", "id_missing: a row has no number, so its place is not known"))?;
    let end = settings.ends(&label).then(|| kind(text(value, "terminationTypeId").as_deref()));
    Ok(Row { id, date, label, end })
}

/// The vendor's own labels; the column's name says id all the same.
fn kind(label: Option<&str>) -> TerminationKind {
    match label.map(fold).as_deref() {
        Some("resignation (voluntary)") => TerminationKind::Voluntary,
        Some("termination (involuntary)") => TerminationKind::Involuntary,
        Some("death") => TerminationKind::Death,
        _ => TerminationKind::Unknown,
    }
}

/// Puts the rows in order and cuts them into periods: the first row that ends a period counts, and the next one
/// that does not end anything begins another.
pub(super) fn periods(mut rows: Vec<Row>) -> Vec<Period> {
    rows.sort_by_key(|row| (row.date, row.id));
    let mut periods: Vec<Period> = Vec::new();
    for row in rows {
        let is_first = periods.is_empty();
        let open = periods.last_mut().filter(|p| p.end.is_none());
        match (row.end, open) {
            (Some(kind), Some(open)) => open.end = Some((row.date, kind)),
            (None, Some(open)) => open.labels.push((row.date, row.label)),
            // An end after an end says nothing new; one before any beginning still ends somebody's time here.
            (Some(kind), None) if is_first => {
                periods.push(Period { start: None, end: Some((row.date, kind)), labels: vec![] });
            }
            (Some(_), None) => {}
            (None, None) => {
                let labels = vec![(row.date, row.label)];
                periods.push(Period { start: Some(row.date), end: None, labels });
            }
        }
    }
    periods
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn row(id: u64, date: &str, label: &str) -> Row {
        let end = (label == "Terminated").then_some(TerminationKind::Voluntary);
        Row { id, date: day(date), label: label.into(), end }
    }

    fn told(rows: Vec<Row>) -> Vec<(String, String)> {
        let shown = |d: Option<NaiveDate>| d.map_or("-".to_owned(), |d| d.to_string());
        periods(rows).iter().map(|p| (shown(p.start), shown(p.end.map(|(d, _)| d)))).collect()
    }

    #[test]
    fn rows_in_any_order_make_the_same_periods() {
        type Expected = &'static [(&'static str, &'static str)];
        let cases: [(&str, Vec<Row>, Expected); 7] = [
            ("nobody wrote anything", vec![], &[]),
            ("works", vec![row(1, "2021-03-01", "Full-Time")], &[("2021-03-01", "-")]),
            (
                "changed hours, then left",
                vec![
                    row(9, "2026-09-30", "Terminated"),
                    row(5, "2024-01-01", "Part-Time"),
                    row(1, "2021-03-01", "Full-Time"),
                ],
                &[("2021-03-01", "2026-09-30")],
            ),
            (
                "came back",
                vec![
                    row(3, "2025-01-01", "Full-Time"),
                    row(2, "2024-06-30", "Terminated"),
                    row(1, "2021-03-01", "Full-Time"),
                ],
                &[("2021-03-01", "2024-06-30"), ("2025-01-01", "-")],
            ),
            (
                "converted on the last day",
                vec![
                    row(3, "2024-06-30", "Contractor"),
                    row(2, "2024-06-30", "Terminated"),
                    row(1, "2021-03-01", "Full-Time"),
                ],
                &[("2021-03-01", "2024-06-30"), ("2024-06-30", "-")],
            ),
            (
                "ended twice: the first end counts",
                vec![
                    row(1, "2021-03-01", "Full-Time"),
                    row(2, "2026-09-30", "Terminated"),
                    row(3, "2026-10-31", "Terminated"),
                ],
                &[("2021-03-01", "2026-09-30")],
            ),
            ("only an end", vec![row(1, "2020-03-01", "Terminated")], &[("-", "2020-03-01")]),
        ];
        for (name, rows, expected) in cases {
            let mut backwards = rows.clone();
            backwards.reverse();
            let expected: Vec<(String, String)> =
                expected.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect();
            assert_eq!(told(rows), expected, "{name}");
            assert_eq!(
                told(backwards),
                expected,
                "{name}, rows the other way round: the vendor sorts nothing"
            );
        }
    }
}
