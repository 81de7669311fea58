//! A file as rows of text, whatever it was made with.

use ::csv::StringRecord;
use chrono::NaiveDateTime;
use lockstep_domain::digest::Digest;

use super::columns::{Columns, Field};
use super::report::{Fault, Place, Report, refuse};
use super::settings::Settings;
use super::{delimited, text, workbook};
use crate::error::Result;

/// The longest cell that is read; a longer one is no cell of a list of people.
pub(super) const LONGEST_CELL: usize = 1 << 20;

/// A file as it was read: its header and its rows.
#[derive(Debug)]
pub(super) struct Table {
    /// The header.
    pub(super) header: Row,
    /// The rows below the header, in file order.
    pub(super) rows: Vec<Row>,
    /// What was read, for people ("CSV, UTF-8, delimiter ;").
    pub(super) form: String,
    /// Whether the last row may be cut short in its last cell, because no line break follows it.
    pub(super) open_end: bool,
}

/// One row.
#[derive(Debug)]
pub(super) struct Row {
    /// Where it stands.
    pub(super) place: Place,
    /// Its cells as text, untrimmed.
    pub(super) cells: StringRecord,
    /// What a workbook knows of single cells beyond their text; most rows have none.
    pub(super) notes: Vec<(usize, Note)>,
}

/// What a workbook knows of a cell beyond its text.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Note {
    /// Its style makes it a date.
    Date(NaiveDateTime),
    /// It is a number, and whether its workbook counts days from 1904.
    Number(f64, bool),
    /// It is a formula whose result was not saved.
    NoResult,
    /// It shows an error such as `#REF!`.
    Error,
}

impl Row {
    /// A cell without the white space around it; `None` when nothing else is there.
    pub(super) fn get(&self, index: usize) -> Option<&str> {
        self.cells.get(index).map(str::trim).filter(|text| !text.is_empty())
    }

    /// The cell of a field; `None` when it is empty or the file has no such column.
    pub(super) fn field(&self, columns: &Columns, field: Field) -> Option<&str> {
        self.get(columns.index(field)?)
    }

    /// What is known of a cell beyond its text.
    pub(super) fn note(&self, index: usize) -> Option<&Note> {
        self.notes.iter().find(|(at, _)| *at == index).map(|(_, note)| note)
    }

    fn is_blank(&self) -> bool {
        self.notes.is_empty() && self.cells.iter().all(|cell| cell.trim().is_empty())
    }

    /// SHA-256 over the cells as read. No cell holds a NUL, so a NUL between them keeps them apart.
    pub(super) fn raw_sha256(&self, scratch: &mut Vec<u8>) -> Digest {
        scratch.clear();
        for cell in &self.cells {
            scratch.extend_from_slice(cell.as_bytes());
            scratch.push(0);
        }
        Digest::of(scratch)
    }
}

impl Table {
    /// Reads a file, telling a workbook from text by its first bytes.
    ///
    /// # Errors
    /// `Malformed` when the file as a whole cannot be trusted; `Setting` when a setting does not fit it.
    pub(super) fn read(bytes: Vec<u8>, settings: &Settings) -> Result<Self> {
        if bytes.is_empty() {
            return Err(refuse("it is empty", "export again; an empty file says nothing about anybody"));
        }
        if workbook::is_workbook(&bytes) {
            return workbook::read(&bytes, settings.sheet.as_deref());
        }
        let (text, encoding) = text::decode(bytes, settings.encoding)?;
        delimited::read(&text, settings.delimiter, encoding)
    }

    /// Finds the mapped columns, and refuses a file whose header cannot be trusted or that has no rows.
    ///
    /// # Errors
    /// `Malformed`, naming row and column.
    pub(super) fn columns(&mut self, settings: &Settings, report: &mut Report) -> Result<Columns> {
        let headers: Vec<&str> = self.header.cells.iter().collect();
        let columns = Columns::find(settings.role, settings.columns.as_ref(), &headers, self.header.place)?;
        self.drop_blank_rows(report);
        let Some(first) = self.rows.first() else {
            return Err(refuse(
                "it has a header and no rows",
                "export again; a list without anybody is never believed",
            ));
        };
        if columns.looks_like_header(settings.role, |i| first.get(i)) {
            return Err(refuse(
                format_args!("{} is a header again", first.place),
                "keep one header row and delete the other",
            ));
        }
        Ok(columns)
    }

    fn drop_blank_rows(&mut self, report: &mut Report) {
        let Some(first) = self.rows.iter().find(|row| row.is_blank()).map(|row| row.place) else { return };
        let before = self.rows.len();
        self.rows.retain(|row| !row.is_blank());
        let dropped = before - self.rows.len();
        report.find(
            first,
            "",
            Fault::new(
                "blank_rows",
                format!("{dropped} rows without any value"),
                "nothing, if that is so in HR too",
            ),
        );
    }

    /// Remarks that the last row may be cut short in its last cell. Some programs never end the last line, so
    /// this alone does not make the read incomplete.
    pub(super) fn find_open_end(&self, report: &mut Report) {
        if let Some(last) = self.rows.last().filter(|_| self.open_end) {
            let detail = "the file ends without a line break; if it was cut off, rows are missing";
            report.find(
                last.place,
                "",
                Fault::new("open_end", detail, "compare the number of rows with the HR system"),
            );
        }
    }
}
