//! Text with a delimiter: CSV and its relatives.

use ::csv::{ReaderBuilder, StringRecord};

use super::columns::letter;
use super::layout;
use super::report::{refuse, shown};
use super::table::{LONGEST_CELL, Row, Table};
use crate::error::Result;

const DELIMITERS: [u8; 4] = [b',', b';', b'\t', b'|'];

/// Reads a text; `encoding` is only named.
///
/// # Errors
/// `Malformed`: no header, broken quotes, an endless cell, a last record that was cut off.
pub(super) fn read(text: &str, delimiter: Option<u8>, encoding: &str) -> Result<Table> {
    let delimiter = match delimiter {
        Some(declared) => declared,
        None => find_delimiter(text)?,
    };
    let places = layout::places(text, delimiter)?;
    let mut reader = ReaderBuilder::new()
        .delimiter(delimiter)
        .has_headers(false)
        .flexible(true)
        .from_reader(text.as_bytes());
    let mut rows = Vec::with_capacity(places.len());
    for place in places {
        let mut cells = StringRecord::new();
        let more = reader.read_record(&mut cells).map_err(|e| {
            refuse(format_args!("{place} cannot be read"), "export again as CSV").caused_by(e)
        })?;
        if !more {
            return Err(refuse(
                format_args!("{place} cannot be told from its neighbour"),
                "export again as CSV",
            ));
        }
        if let Some(at) = cells.iter().position(|cell| cell.len() > LONGEST_CELL) {
            return Err(refuse(
                format_args!("{place}, column {}: a cell of more than 1 MiB", letter(at)),
                "a quote is probably missing; export again",
            ));
        }
        rows.push(Row { place, cells, notes: Vec::new() });
    }
    if rows.is_empty() {
        return Err(refuse("it has no header", "export again with a header in the first row"));
    }
    let header = rows.remove(0);
    let open_end = !text.ends_with(['\n', '\r']);
    if let Some(last) = rows.last().filter(|row| open_end && row.cells.len() < header.cells.len()) {
        return Err(refuse(
            format_args!("it breaks off in {}", last.place),
            "the file was cut off; wait until the export is finished, or export again",
        ));
    }
    let form =
        format!("CSV, {encoding}, delimiter {}", shown(&char::from(delimiter).escape_default().to_string()));
    Ok(Table { header, rows, form, open_end })
}

/// The delimiter that the header uses most, quoted text aside.
///
/// # Errors
/// `Malformed` when two are used equally often.
fn find_delimiter(text: &str) -> Result<u8> {
    let mut counts = [0_usize; DELIMITERS.len()];
    let mut quoted = false;
    for byte in text.trim_start_matches(['\r', '\n']).bytes() {
        match byte {
            b'"' => quoted = !quoted,
            b'\r' | b'\n' if !quoted => break,
            _ if quoted => {}
            _ => {
                if let Some(at) = DELIMITERS.iter().position(|d| *d == byte) {
                    counts[at] += 1;
                }
            }
        }
    }
    let most = counts.iter().copied().max().unwrap_or(0);
    let mut best = DELIMITERS.into_iter().zip(counts).filter(|(_, count)| *count == most).map(|(d, _)| d);
    match (best.next(), best.next()) {
        (Some(only), None) => Ok(only),
        _ if most == 0 => Ok(b','),
        _ => Err(refuse(
            "its header uses two delimiters equally often",
            "say in the setting `delimiter` which one it is",
        )),
    }
}
