//! Instants for people: UTC with Z, and the local clock beside it where the Desk names one.

use chrono::{DateTime, Utc};

/// "2026-09-25 17:00:00Z", or "not known".
pub(crate) fn utc(at: Option<DateTime<Utc>>) -> String {
    at.map_or_else(|| "not known".to_owned(), |at| at.format("%Y-%m-%d %H:%M:%SZ").to_string())
}

/// The same, with the clock on the wall there beside it.
pub(crate) fn utc_with_local(at: Option<DateTime<Utc>>, local: Option<&str>) -> String {
    match local {
        Some(local) => format!("{} = {local}", utc(at)),
        None => utc(at),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_instant_names_its_zone_and_a_missing_one_says_so() {
        let at = "2026-09-25T17:00:04.9Z".parse().ok();
        assert_eq!(utc(at), "2026-09-25 17:00:04Z", "seconds are never rounded up into the future");
        assert_eq!(utc(None), "not known", "an unknown instant must not look like a known one");
        assert_eq!(
            utc_with_local(at, Some("2026-09-25T13:00:04-04:00 (America/New_York)")),
            "2026-09-25 17:00:04Z = 2026-09-25T13:00:04-04:00 (America/New_York)",
            "HR reads the local clock"
        );
    }
}
