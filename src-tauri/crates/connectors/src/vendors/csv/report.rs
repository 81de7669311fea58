//! What is said about a file: structural errors that refuse it, and remarks on single rows.

use std::fmt;

use crate::contract::Quarantined;
use crate::error::{Error, Kind};

/// Where a row stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place {
    /// Row number as a spreadsheet shows it (blank lines count, a quoted line break does not).
    pub(super) row: u64,
    /// Physical line of a text file; the same as `row` for a workbook.
    pub(super) line: u64,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "row {}", self.row)?;
        if self.line != self.row {
            write!(f, " (line {} of the file)", self.line)?;
        }
        Ok(())
    }
}

/// Remarks gathered while reading. Each reason begins with a stable word and a colon.
#[derive(Debug, Default)]
pub(super) struct Report {
    /// Rows that are not used.
    pub(super) quarantined: Vec<Quarantined>,
    /// Remarks on rows that are used.
    pub(super) findings: Vec<Quarantined>,
}

impl Report {
    /// Records that a row is not used.
    pub(super) fn quarantine(&mut self, place: Place, column: &str, fault: Fault) {
        self.quarantined.push(remark(place, column, fault));
    }

    /// Records a remark on a row that is used.
    pub(super) fn find(&mut self, place: Place, column: &str, fault: Fault) {
        self.findings.push(remark(place, column, fault));
    }
}

/// What is wrong with a value and what to do about it.
#[derive(Debug)]
pub(super) struct Fault {
    /// A stable word for programs.
    pub(super) word: &'static str,
    /// The same for people.
    pub(super) detail: String,
    /// What to do.
    pub(super) remedy: &'static str,
}

impl Fault {
    /// A fault.
    pub(super) fn new(word: &'static str, detail: impl Into<String>, remedy: &'static str) -> Self {
        Self { word, detail: detail.into(), remedy }
    }
}

fn remark(place: Place, column: &str, fault: Fault) -> Quarantined {
    Quarantined {
        row: place.to_string(),
        column: column.to_owned(),
        reason: format!("{}: {}", fault.word, fault.detail),
        remedy: fault.remedy.to_owned(),
    }
}

/// The error that refuses the whole file.
pub(super) fn refuse(what: impl fmt::Display, remedy: impl Into<String>) -> Error {
    Error::new(Kind::Malformed, format!("the file is refused: {what}"), remedy)
}

/// A value from the file, fit to be shown: shortened, without control or direction characters, in quotes.
pub(super) fn shown(value: &str) -> String {
    const LONGEST: usize = 40;
    let mut clean = value.chars().filter(|c| !c.is_control() && !is_direction_mark(*c));
    let mut text: String = clean.by_ref().take(LONGEST).collect();
    if clean.next().is_some() {
        text.push('…');
    }
    format!("“{text}”")
}

/// Characters that turn the direction of what follows and could make a message read backwards.
fn is_direction_mark(c: char) -> bool {
    matches!(c, '\u{061C}' | '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2066}'..='\u{2069}' | '\u{FEFF}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hostile_value_cannot_disturb_the_message_that_quotes_it() {
        assert_eq!(shown("a\u{202E}b\u{7}\nc"), "“abc”", "a message must read as it was written");
        assert_eq!(shown(&"x".repeat(50)).chars().count(), 43, "a long value must not bury the remedy");
    }

    #[test]
    fn a_place_names_the_line_only_where_it_helps() {
        assert_eq!(Place { row: 3, line: 3 }.to_string(), "row 3", "the plain case stays plain");
        assert_eq!(
            Place { row: 3, line: 5 }.to_string(),
            "row 3 (line 5 of the file)",
            "an editor counts lines"
        );
    }
}
