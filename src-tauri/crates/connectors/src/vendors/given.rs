//! Reading settings as they were given: what is wrong is named, and never taken for a default.

use crate::error::{Error, Kind, Result};

/// A yes or no.
pub(super) fn flag(name: &str, text: Option<&str>, default: bool) -> Result<bool> {
    text.map_or(Ok(default), str::parse)
        .map_err(|e| wrong(name, "is neither true nor false", "Use true or false.").caused_by(e))
}

/// A whole number of seconds within a range.
pub(super) fn seconds(
    name: &str,
    text: Option<&str>,
    default: u32,
    range: std::ops::RangeInclusive<u32>,
) -> Result<u32> {
    match text.map(str::parse) {
        None => Ok(default),
        Some(Ok(number)) if range.contains(&number) => Ok(number),
        Some(_) => Err(wrong(
            name,
            &format!("is not a number of seconds from {} to {}", range.start(), range.end()),
            "Give a whole number.",
        )),
    }
}

/// A setting that cannot be taken.
pub(super) fn wrong(name: &str, what: &str, remedy: &str) -> Error {
    Error::new(Kind::Setting, format!("the setting {name} {what}"), remedy)
}
