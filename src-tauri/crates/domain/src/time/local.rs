//! From a calendar day and a zone to an instant, exact where clocks jump.

use chrono::{
    DateTime, Datelike, Days, LocalResult, NaiveDate, NaiveDateTime, NaiveTime, Offset, TimeZone, Utc,
};
use chrono_tz::{GapInfo, Tz};

/// The earliest instant whose local date is `day`.
///
/// A midnight that occurs twice means the first one, even if the day before comes back in between; a midnight
/// that the clocks jump over means the end of the jump. A day that a zone left out altogether (Apia,
/// 30 December 2011) begins where the calendar goes on. None only at the edge of what the calendar can express.
pub fn first_instant_of(day: NaiveDate, zone: Tz) -> Option<DateTime<Utc>> {
    let midnight = day.and_time(NaiveTime::MIN);
    match zone.from_local_datetime(&midnight) {
        LocalResult::Single(at) | LocalResult::Ambiguous(at, _) => Some(at.to_utc()),
        LocalResult::None => Some(GapInfo::new(&midnight, &zone)?.end?.to_utc()),
    }
}

/// The instant at which the clocks in `zone` show `local`: the first, where they show it twice; reckoned with
/// the offset before the gap, where they never do. None only at the edge of what the calendar can express.
pub fn instant_of(local: NaiveDateTime, zone: Tz) -> Option<DateTime<Utc>> {
    match zone.from_local_datetime(&local) {
        LocalResult::Single(at) | LocalResult::Ambiguous(at, _) => Some(at.to_utc()),
        LocalResult::None => {
            let (_, before) = GapInfo::new(&local, &zone)?.begin?;
            Some(local.checked_sub_offset(before.fix())?.and_utc())
        }
    }
}

/// When `last_day` is over: at the cut-off time on it, or as the next day begins.
pub(super) fn over_at(last_day: NaiveDate, cutoff: Option<NaiveTime>, zone: Tz) -> Option<DateTime<Utc>> {
    match cutoff {
        Some(time) => instant_of(last_day.and_time(time), zone),
        None => first_instant_of(last_day.checked_add_days(Days::new(1))?, zone),
    }
}

/// Whether the source wrote "no end" in the way of many databases: a date in the year 9999.
pub(super) fn no_end(day: NaiveDate) -> bool {
    day.year() == 9999
}

/// Whether a date lies in the years that a record may carry; others are slips of the pen or of a program.
pub(crate) fn readable(day: NaiveDate) -> bool {
    (1900..=2199).contains(&day.year())
}
