//! What both roles do with the cells of one row.

use chrono::NaiveDate;

use super::columns::{Columns, Field, letter};
use super::dates;
use super::report::{Fault, Report, shown};
use super::settings::Settings;
use super::table::{Note, Row};

/// Longest whole number that a spreadsheet keeps exactly, plus one.
const TOO_LONG: f64 = 1e15;

/// Reads the cells of one row and remembers whether one of them forbids using it.
pub(super) struct Cells<'a> {
    pub(super) row: &'a Row,
    columns: &'a Columns,
    settings: &'a Settings,
    report: &'a mut Report,
    is_bad: bool,
    /// Cells stand under wrong headers: one remark is enough, all others would mislead.
    is_shifted: bool,
}

impl<'a> Cells<'a> {
    /// Begins a row: wrong length, and cells of a workbook that show no value.
    pub(super) fn new(
        row: &'a Row,
        columns: &'a Columns,
        settings: &'a Settings,
        report: &'a mut Report,
    ) -> Self {
        let mut cells = Self { row, columns, settings, report, is_bad: false, is_shifted: false };
        if row.cells.len() != columns.width() {
            cells.quarantine_at(
                "",
                Fault::new(
                    "field_count",
                    format!("{} cells under {} headers", row.cells.len(), columns.width()),
                    "a delimiter or a quote is missing or too many in this row",
                ),
            );
            cells.is_shifted = true;
        }
        if !row.notes.is_empty() {
            cells.refuse_cells_without_value();
        }
        cells
    }

    fn refuse_cells_without_value(&mut self) {
        for (field, index) in self.columns.mapped() {
            let fault = match self.row.note(index) {
                Some(Note::NoResult) => Fault::new(
                    "formula_without_result",
                    format!("the formula in column {} has no saved result", letter(index)),
                    "open the workbook, let it calculate, and save it",
                ),
                Some(Note::Error) => Fault::new(
                    "cell_error",
                    format!("column {} shows an error", letter(index)),
                    "correct the formula and save the workbook",
                ),
                _ => continue,
            };
            self.quarantine(field, fault);
        }
    }

    /// Whether the row may not be used.
    pub(super) fn is_bad(&self) -> bool {
        self.is_bad
    }

    /// Whether the file has a column for the field.
    pub(super) fn is_mapped(&self, field: Field) -> bool {
        self.columns.index(field).is_some()
    }

    /// Records that the row may not be used.
    pub(super) fn quarantine(&mut self, field: Field, fault: Fault) {
        self.quarantine_at(field.name(), fault);
    }

    fn quarantine_at(&mut self, column: &str, fault: Fault) {
        self.is_bad = true;
        if self.is_shifted {
            return;
        }
        self.report.quarantine(self.row.place, column, fault);
    }

    /// Records a remark on a row that is used all the same.
    pub(super) fn find(&mut self, field: Field, fault: Fault) {
        if !self.is_shifted {
            self.report.find(self.row.place, field.name(), fault);
        }
    }

    /// A text; `None` when the cell is empty or the file has no such column.
    pub(super) fn text(&self, field: Field) -> Option<&'a str> {
        self.row.field(self.columns, field)
    }

    /// The same, owned.
    pub(super) fn owned(&self, field: Field) -> Option<String> {
        self.text(field).map(str::to_owned)
    }

    /// An id. What a spreadsheet program may have shortened is no id.
    pub(super) fn id(&mut self, field: Field) -> Option<String> {
        let text = self.text(field)?;
        let note = self.columns.index(field).and_then(|index| self.row.note(index));
        let is_shortened = match note {
            Some(Note::Date(_)) => true,
            Some(Note::Number(number, _)) => number.fract() != 0.0 || number.abs() >= TOO_LONG,
            _ => is_scientific(text),
        };
        if is_shortened {
            self.quarantine(
                field,
                Fault::new(
                    "id_shortened",
                    format!("{} was shortened or turned into a date by a spreadsheet program", shown(text)),
                    "format the column as text before the ids are entered, and export again",
                ),
            );
        }
        Some(text.to_owned())
    }

    /// Whether the id stands in the file as a number.
    pub(super) fn is_number(&self, field: Field) -> bool {
        let note = self.columns.index(field).and_then(|index| self.row.note(index));
        matches!(note, Some(Note::Number(..)))
    }

    /// A date; `None` when the cell is empty, says "no end", or cannot be read (then the row is quarantined).
    pub(super) fn date(&mut self, field: Field) -> Option<NaiveDate> {
        match self.read_date(field)? {
            Ok(read) => {
                if read.time_dropped {
                    self.find(
                        field,
                        Fault::new(
                            "time_of_day_dropped",
                            "a time of day stands beside the date and is not used",
                            "map a column with date, time and offset to termination_at if the time matters",
                        ),
                    );
                }
                read.date
            }
            Err(fault) => {
                self.quarantine(field, fault);
                None
            }
        }
    }

    /// A date as read, without any remark; `None` when the cell is empty.
    pub(super) fn read_date(&self, field: Field) -> Option<Result<dates::Read, Fault>> {
        let index = self.columns.index(field)?;
        Some(match self.row.note(index) {
            Some(Note::Date(at)) => dates::styled(*at),
            Some(Note::Number(days, is_1904)) => self.settings.dates.number(*days, *is_1904),
            Some(Note::NoResult | Note::Error) => return None,
            None => self.settings.dates.text(self.row.get(index)?),
        })
    }
}

/// `1.23457E+11`, the form in which spreadsheet programs show long numbers.
fn is_scientific(text: &str) -> bool {
    let Some((number, power)) = text.split_once("E+") else { return false };
    let is_digits = |t: &str| !t.is_empty() && t.bytes().all(|b| b.is_ascii_digit());
    is_digits(power)
        && number.starts_with(|c: char| c.is_ascii_digit())
        && is_digits(&number.replace(['.', ','], ""))
}
