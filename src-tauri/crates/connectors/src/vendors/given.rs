//! Reading settings as they were given: what is wrong is named, and never taken for a default.

use crate::descriptor::{Field, FieldKind};
use crate::error::{Error, Kind, Result};

/// Whether the server may have a private or loopback address; the same for every vendor.
pub(super) const ALLOW_LOCAL: Field = Field {
    name: "allow_local",
    label: "Server inside",
    help: "Yes if the server has a private or loopback address; only then plain http is accepted, too, and only for it.",
    kind: FieldKind::Flag,
    required: false,
    default: Some("false"),
    example: "false",
};

/// How long the server may stay silent, with the vendor's default in seconds.
pub(super) const fn timeout_seconds(default: &'static str) -> Field {
    Field {
        name: "timeout_seconds",
        label: "Timeout (seconds)",
        help: "How long the server may stay silent before a request is given up.",
        kind: FieldKind::Text,
        required: false,
        default: Some(default),
        example: default,
    }
}

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
