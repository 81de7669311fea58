//! Dates as people and programs write them. The form is declared, never guessed.

use std::fmt::Write as _;

use chrono::{DateTime, Datelike, NaiveDate, NaiveDateTime, NaiveTime, Utc};

use super::report::{Fault, shown};
use super::settings::wrong;
use crate::error::Result;

/// Years in which a date of employment can lie; what is outside is a slip of the pen.
const YEARS: std::ops::RangeInclusive<i32> = 1900..=2199;
/// The year by which many HR systems say "no end".
const NO_END: i32 = 9999;
/// Days between 1899-12-30, which Excel's 1900 system counts from, and 1904-01-01, of its 1904 system.
const DAYS_TO_1904: i64 = 1462;

/// The forms of date that a connection declared.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct DateFormat {
    iso: bool,
    serial: bool,
    /// Patterns of chrono.
    patterns: Vec<String>,
}

/// A date read from a cell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Read {
    /// The date; `None` is "no end".
    pub(super) date: Option<NaiveDate>,
    /// Whether a time of day other than midnight stood beside it.
    pub(super) time_dropped: bool,
}

impl DateFormat {
    /// Parses the setting: `iso`, `dmy`, `mdy`, `serial` or a chrono pattern; several with `||` between.
    ///
    /// # Errors
    /// `Setting` when a pattern is not one, or does not hold a whole date.
    pub(super) fn parse(text: &str) -> Result<Self> {
        let mut format = Self::default();
        for word in text.split("||").map(str::trim) {
            let patterns: &[&str] = match word {
                "iso" => {
                    format.iso = true;
                    &[]
                }
                "serial" => {
                    format.serial = true;
                    &[]
                }
                "dmy" => &["%d.%m.%Y", "%d/%m/%Y", "%d-%m-%Y"],
                "mdy" => &["%m/%d/%Y", "%m-%d-%Y"],
                pattern if holds_a_date(pattern) => &[pattern],
                _ => {
                    return Err(wrong(
                        "date_format",
                        &format!("{word:?} does not describe a date"),
                        "use iso, dmy, mdy, serial, or a pattern such as %d %b %Y (several: put || between)",
                    ));
                }
            };
            format.patterns.extend(patterns.iter().map(|p| (*p).to_owned()));
        }
        Ok(format)
    }

    /// Reads a date written as text.
    pub(super) fn text(&self, text: &str) -> Result<Read, Fault> {
        if self.iso
            && let Some(read) = iso(text)?
        {
            return in_range(read, text);
        }
        let (whole, time) = split_time(text);
        let mut found: Option<NaiveDate> = None;
        for pattern in &self.patterns {
            let read = [Some(text), whole]
                .into_iter()
                .flatten()
                .find_map(|t| NaiveDate::parse_from_str(t, pattern).ok());
            match (found, read) {
                (Some(one), Some(other)) if one != other => {
                    return Err(Fault::new(
                        "ambiguous_date",
                        format!("{} is a date in two of the declared forms", shown(text)),
                        "declare one form in the setting `date_format`",
                    ));
                }
                (None, Some(date)) => found = Some(date),
                _ => {}
            }
        }
        if found.is_none()
            && self.serial
            && let Ok(days) = text.parse::<f64>()
        {
            return self.number(days, false);
        }
        let date = found.ok_or_else(|| unreadable(text))?;
        in_range(Read { date: Some(date), time_dropped: time.is_some_and(|t| t != NaiveTime::MIN) }, text)
    }

    /// Reads a number of days, as a spreadsheet stores a date that nobody formatted as one.
    pub(super) fn number(&self, days: f64, is_1904: bool) -> Result<Read, Fault> {
        if !self.serial {
            return Err(Fault::new(
                "number_not_date",
                format!(
                    "the number {} stands where a date should, and the cell is not formatted as one",
                    shown(&days.to_string())
                ),
                "format the column as a date, or declare `serial` in the setting `date_format`",
            ));
        }
        // 60 is 29 February 1900, which never was; real dates of employment lie after it.
        let fits = (61.0..2_958_466.0).contains(&days);
        #[expect(
            clippy::cast_possible_truncation,
            reason = "in range by the test above; the fraction is the time of day"
        )]
        let whole = days.trunc() as i64 + if is_1904 { DAYS_TO_1904 } else { 0 };
        let text = days.to_string();
        let date = NaiveDate::from_ymd_opt(1899, 12, 30)
            .filter(|_| fits)
            .and_then(|epoch| epoch.checked_add_signed(chrono::TimeDelta::try_days(whole)?))
            .ok_or_else(|| unreadable(&text))?;
        in_range(Read { date: Some(date), time_dropped: days.fract() != 0.0 }, &text)
    }
}

/// Reads the date of a cell that its style makes one.
pub(super) fn styled(at: NaiveDateTime) -> Result<Read, Fault> {
    in_range(Read { date: Some(at.date()), time_dropped: at.time() != NaiveTime::MIN }, &at.to_string())
}

/// Reads an exact instant: RFC 3339 with an offset.
pub(super) fn instant(text: &str) -> Result<DateTime<Utc>, Fault> {
    let at = DateTime::parse_from_rfc3339(text).map_err(|_| {
        Fault::new(
            "unreadable_instant",
            format!("{} is no instant with an offset from UTC", shown(text)),
            "write it as 2026-09-25T17:00:00+02:00; without the offset nobody knows when it is",
        )
    })?;
    if YEARS.contains(&at.year()) { Ok(at.to_utc()) } else { Err(out_of_range(text)) }
}

/// A pattern is good when a date survives being written and read with it.
fn holds_a_date(pattern: &str) -> bool {
    let Some(date) = NaiveDate::from_ymd_opt(2026, 11, 23) else { return false };
    let mut written = String::new();
    write!(written, "{}", date.format(pattern)).is_ok()
        && NaiveDate::parse_from_str(&written, pattern) == Ok(date)
}

/// An ISO date, alone or with a time or offset behind it, cut to its date as written. `None`: not of that form.
fn iso(text: &str) -> Result<Option<Read>, Fault> {
    let bytes = text.as_bytes();
    let digits =
        |range: std::ops::Range<usize>| bytes.get(range).is_some_and(|b| b.iter().all(u8::is_ascii_digit));
    let has_form = digits(0..4) && digits(5..7) && digits(8..10) && bytes[4] == b'-' && bytes[7] == b'-';
    if !has_form {
        return Ok(None);
    }
    let (day, rest) = text.split_at(10);
    let number = |range: std::ops::Range<usize>| day[range].parse::<u32>().unwrap_or(0);
    let year = i32::try_from(number(0..4)).unwrap_or(0);
    let date = NaiveDate::from_ymd_opt(year, number(5..7), number(8..10)).ok_or_else(|| {
        Fault::new(
            "impossible_date",
            format!("{} is no day of the calendar", shown(text)),
            "correct the date in the HR system",
        )
    })?;
    let time_dropped = if matches!(rest, "" | "Z") || is_offset(rest) {
        false
    } else {
        let time = rest.strip_prefix(['T', ' ']).and_then(|time| clock(time.trim()));
        time.ok_or_else(|| unreadable(text))? != NaiveTime::MIN
    };
    Ok(Some(Read { date: Some(date), time_dropped }))
}

/// Whether this is `+02:00` and no more.
fn is_offset(text: &str) -> bool {
    matches!(text.as_bytes(), [b'+' | b'-', h1, h2, b':', m1, m2] if [h1, h2, m1, m2].iter().all(|b| b.is_ascii_digit()))
}

/// A time of day, with or without an offset that is not looked at.
fn clock(text: &str) -> Option<NaiveTime> {
    let bare = text.strip_suffix('Z').unwrap_or(text);
    let cut = bare.len().checked_sub(6).filter(|&at| bare.is_char_boundary(at) && is_offset(&bare[at..]));
    let bare = cut.map_or(bare, |at| &bare[..at]);
    ["%H:%M:%S%.f", "%H:%M", "%I:%M %p", "%I:%M:%S %p"]
        .iter()
        .find_map(|p| NaiveTime::parse_from_str(bare, p).ok())
}

/// Splits `25.09.2026 17:00` into date and time; nothing when what follows the blank is no time.
fn split_time(text: &str) -> (Option<&str>, Option<NaiveTime>) {
    match text.split_once([' ', 'T']).map(|(day, rest)| (day, clock(rest.trim()))) {
        Some((day, Some(time))) => (Some(day), Some(time)),
        _ => (None, None),
    }
}

fn in_range(read: Read, text: &str) -> Result<Read, Fault> {
    match read.date.map(|d| d.year()) {
        Some(NO_END) => Ok(Read { date: None, ..read }),
        Some(year) if !YEARS.contains(&year) => Err(out_of_range(text)),
        _ => Ok(read),
    }
}

fn out_of_range(text: &str) -> Fault {
    Fault::new(
        "date_out_of_range",
        format!("{} lies outside the years 1900 to 2199", shown(text)),
        "correct the date in the HR system",
    )
}

fn unreadable(text: &str) -> Fault {
    Fault::new(
        "unreadable_date",
        format!("{} is no date in the declared form", shown(text)),
        "correct the date, or declare its form in the setting `date_format`",
    )
}
