//! How one connection's dates are to be read; asked once, in the wizard, with real leavers as the example.

use chrono::NaiveTime;
use chrono_tz::Tz;
use serde::{Deserialize, Serialize};

use crate::people::words;

words! {
    /// What the source means by a termination date.
    DateConvention {
        /// The last day of employment; the end comes when that day is over.
        InclusiveLastDay = "inclusive_last_day",
        /// The first day without employment; the end comes when that day begins.
        ExclusiveFirstDayOff = "exclusive_first_day_off",
    }
}

words! {
    /// Which of HR's two dates ends access.
    EndDayBasis {
        /// The earlier of the dates that are present.
        Earliest = "earliest",
        /// The last day worked; the termination date where the source has no last day worked.
        LastDayWorked = "last_day_worked",
        /// The termination date and nothing else: a last day worked alone ends no access.
        TerminationDate = "termination_date",
    }
}

words! {
    /// Whose calendar the days belong to.
    ZoneBasis {
        /// The zone of the employment, and the connection's where the record has none.
        EmploymentFirst = "employment_first",
        /// Always the connection's, as with systems that count in company time.
        Connection = "connection",
    }
}

/// How one connection's dates are to be read. There is no default: a zone nobody chose would be UTC by accident.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DateRules {
    /// What the termination date means. A last day worked is by its name always a last day.
    pub convention: DateConvention,
    /// Local time on the last day at which access ends; none means the end of that day.
    #[serde(default)]
    pub cutoff: Option<NaiveTime>,
    /// Which date ends access.
    pub end_day_basis: EndDayBasis,
    /// Whose calendar the days belong to.
    pub zone_basis: ZoneBasis,
    /// The connection's own zone (IANA).
    pub default_zone: Tz,
}

impl DateRules {
    /// The preset: inclusive last day, end of day, the earlier date, the employment's zone before `default_zone`.
    pub fn preset(default_zone: Tz) -> Self {
        Self {
            convention: DateConvention::InclusiveLastDay,
            cutoff: None,
            end_day_basis: EndDayBasis::Earliest,
            zone_basis: ZoneBasis::EmploymentFirst,
            default_zone,
        }
    }
}
