//! Where the records of a delimited text begin, and whether its quotes are sound.
//!
//! The csv reader reads on where quoting is broken and does not say so; two people could become one that way.

use super::report::{Place, refuse};
use crate::error::Result;

/// What the reader is inside of.
#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    /// Between records.
    Record,
    /// At the first character of a field.
    Field,
    /// In a field without quotes.
    Bare,
    /// Between quotes.
    Quoted,
    /// Behind a quote that closed the field, or is the first of a pair.
    Closing,
}

/// The place of every record, in order.
///
/// # Errors
/// `Malformed`: a quote that is never closed, or text behind a closing quote.
pub(super) fn places(text: &str, delimiter: u8) -> Result<Vec<Place>> {
    let mut places: Vec<Place> = Vec::new();
    let mut state = State::Record;
    let (mut row, mut line) = (1, 1);
    let mut previous = 0;
    for &byte in text.as_bytes() {
        // A line ends at \n, at \r, or at both together.
        let ends_line = byte == b'\r' || (byte == b'\n' && previous != b'\r');
        let is_break = matches!(byte, b'\r' | b'\n');
        if state == State::Record && !is_break {
            places.push(Place { row, line });
            state = State::Field;
        }
        if state != State::Quoted && ends_line {
            row += 1;
        }
        state = match state {
            State::Record => State::Record,
            State::Quoted if byte == b'"' => State::Closing,
            State::Quoted => State::Quoted,
            State::Closing if byte == b'"' => State::Quoted,
            _ if is_break => State::Record,
            _ if byte == delimiter => State::Field,
            State::Field if byte == b'"' => State::Quoted,
            State::Closing => {
                return Err(refuse(
                    format_args!("{} goes on behind a closing quote", started(&places)),
                    "export again with every quote inside a cell doubled",
                ));
            }
            State::Field | State::Bare => State::Bare,
        };
        if ends_line {
            line += 1;
        }
        previous = byte;
    }
    if state == State::Quoted {
        return Err(refuse(
            format_args!("{} opens a quote that is never closed", started(&places)),
            "the file was cut off, or a quote inside a cell is not doubled; export again",
        ));
    }
    Ok(places)
}

fn started(places: &[Place]) -> Place {
    places.last().copied().unwrap_or(Place { row: 1, line: 1 })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_count_as_in_a_spreadsheet_and_lines_as_in_an_editor() {
        for (text, expected) in [
            ("a,b\n1,2\n3,4", vec![(1, 1), (2, 2), (3, 3)]),
            ("a,b\r\n1,2\r\n", vec![(1, 1), (2, 2)]),
            ("a,b\r1,2\r", vec![(1, 1), (2, 2)]),
            ("a,b\n\"x\r\ny\",2\n3,4\n", vec![(1, 1), (2, 2), (3, 4)]),
            ("a,b\n\n\n1,2\n", vec![(1, 1), (4, 4)]),
        ] {
            let found: Vec<_> = places(text, b',').unwrap().into_iter().map(|p| (p.row, p.line)).collect();
            assert_eq!(found, expected, "the operator looks the row up in {text:?}");
        }
    }

    #[test]
    fn broken_quotes_refuse_the_file() {
        for (text, row) in [
            ("a,b\n1,\"x\n2,y\n", "row 2"),
            ("a,b\n1,\"Bob,x\n2,Al,y\n3,\"Carl\",z\n", "row 2"),
            ("a,b\n1,2\n3,\"x\"y\n", "row 3"),
            ("a,b\n1,\"x\"\"", "row 2"),
        ] {
            let error = places(text, b',').expect_err("two people could be read as one");
            assert!(error.to_string().contains(row), "{error} must lead to the row in {text:?}");
        }
    }
}
