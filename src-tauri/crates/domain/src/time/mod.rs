//! The two exact instants of a leaver: when access must end, and when the employment ends.
//!
//! HR systems state calendar days; accounts are cut at instants. What lies between (which of two dates, whether
//! the day is the last one in or the first one out, a cut-off time, whose midnight) is decided here and nowhere
//! else, and travels with the result as evidence.

mod end;
mod finding;
mod local;
mod rules;

pub use end::{
    End, EndField, EndInputs, Ends, Precision, ZoneSource, access_end_at, employment_end_at, ends_of, zone_of,
};
pub use finding::EndFinding;
pub(crate) use local::readable;
pub use local::{first_instant_of, instant_of};
pub use rules::{DateConvention, DateRules, EndDayBasis, ZoneBasis};

#[cfg(test)]
mod tests;
