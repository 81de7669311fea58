//! What is odd about the dates of a record, in words for the person who keeps them.

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};

use super::end::EndField;

/// Something about a record's dates that a person should look at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(tag = "finding", rename_all = "snake_case")]
pub enum EndFinding {
    /// An end lies before the start of the stint and is not used.
    #[error("{field} {day} lies before the start {start}; it is not used. Correct one of the two in HR.")]
    BeforeStart {
        /// Where the end stands.
        field: EndField,
        /// The end's day as written, or its local day.
        day: NaiveDate,
        /// First day of the stint.
        start: NaiveDate,
    },
    /// The exact instant falls on another day than the date beside it; the instant is followed.
    #[error(
        "termination_at {at} is not on the day that the dates name ({day}); the instant is followed. Check it in HR."
    )]
    OtherDay {
        /// The instant (UTC).
        at: DateTime<Utc>,
        /// The last day by the dates.
        day: NaiveDate,
    },
    /// The last day worked comes after the employment's last day.
    #[error(
        "last_day_worked {last_day_worked} comes after the last day of employment {last_day}. Correct one of the two in HR."
    )]
    WorkedAfterEnd {
        /// Last day worked.
        last_day_worked: NaiveDate,
        /// Last day of employment.
        last_day: NaiveDate,
    },
    /// A date is outside the years 1900 to 2199 and is not used.
    #[error("{field} {day} is outside the years 1900 to 2199; it is not used. Correct it in HR.")]
    OutOfRange {
        /// Where it stands.
        field: EndField,
        /// The date.
        day: NaiveDate,
    },
    /// Access ends with the termination date, HR has only a last day worked: no end is known.
    #[error(
        "last_day_worked {last_day_worked} is known, but this connection ends access with termination_date, which is missing. Enter it in HR, or let the connection use the earliest date."
    )]
    TerminationDateMissing {
        /// Last day worked.
        last_day_worked: NaiveDate,
    },
}

impl EndFinding {
    /// Whether the record contradicts itself, as opposed to saying too little.
    pub fn is_conflict(&self) -> bool {
        !matches!(self, Self::TerminationDateMissing { .. })
    }
}
