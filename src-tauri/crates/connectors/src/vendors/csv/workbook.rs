//! XLSX workbooks. Dates are dates by the style of their cell, formulas count by their saved result.

use std::collections::BTreeMap;
use std::io::{self, Cursor, Read as _};

use ::csv::StringRecord;
use calamine::{DataRef, Reader as _, SheetType, SheetVisible, Xlsx, XlsxError};
use chrono::NaiveDateTime;

use super::columns::letter;
use super::report::{Place, refuse, shown};
use super::settings::wrong;
use super::table::{LONGEST_CELL, Note, Row, Table};
use crate::error::{Error, Result};

/// What a workbook may unpack to; more is a trap, not a list of people.
const LARGEST_UNPACKED: u64 = 1 << 30;
/// Cells that merges may fill in all.
const MOST_MERGED: usize = 5_000_000;
/// First whole number that a spreadsheet does not keep exactly (it keeps 15 digits).
const TOO_LONG: f64 = 1e15;

type Book<'a> = Xlsx<Cursor<&'a [u8]>>;
/// Cells of a sheet by row and column, from 0.
type Cells = BTreeMap<u32, BTreeMap<u32, Cell>>;

#[derive(Clone, Debug)]
struct Cell {
    text: String,
    note: Option<Note>,
}

/// Whether the bytes are a workbook: a zip, or the container of old and of encrypted ones.
pub(super) fn is_workbook(bytes: &[u8]) -> bool {
    bytes.starts_with(b"PK\x03\x04") || bytes.starts_with(&[0xD0, 0xCF, 0x11, 0xE0])
}

/// Reads one sheet.
///
/// # Errors
/// `Malformed` for a broken, encrypted, old or oversized workbook; `Setting` when the sheet is not clear.
pub(super) fn read(bytes: &[u8], sheet: Option<&str>) -> Result<Table> {
    if !bytes.starts_with(b"PK") {
        return Err(refuse(
            "it is an encrypted or an old (.xls) workbook",
            "remove the password and save as .xlsx, or export as CSV in UTF-8",
        ));
    }
    check_size(bytes)?;
    let mut book: Book<'_> = Xlsx::new(Cursor::new(bytes)).map_err(broken)?;
    let name = choose_sheet(&book, sheet)?;
    let merges = book.merge_cells_by_sheet_name(&name).map_err(broken)?;
    let mut cells = read_cells(&mut book, &name)?;
    let Some((&header_row, header)) = cells.first_key_value() else {
        return Err(refuse(format_args!("the sheet {} is empty", shown(&name)), "export again"));
    };
    let width = header.last_key_value().map_or(0, |(column, _)| *column as usize + 1);
    let mut filled = 0;
    for merge in &merges {
        filled += fill(&mut cells, merge.start, merge.end, width, MOST_MERGED - filled)?;
    }
    let mut rows: Vec<Row> = cells.into_iter().map(|(row, cells)| to_row(row, cells, width)).collect();
    let header = rows.remove(0);
    debug_assert_eq!(header.place.row, u64::from(header_row) + 1, "rows are in order");
    Ok(Table { header, rows, form: format!("XLSX, sheet {}", shown(&name)), open_end: false })
}

/// Unpacks everything once to nowhere: what the directory of a zip says about sizes need not be true.
fn check_size(bytes: &[u8]) -> Result<()> {
    let broken = |e: Box<dyn std::error::Error + Send + Sync>| unreadable().caused_by(e);
    let mut zip = zip::ZipArchive::new(Cursor::new(bytes)).map_err(|e| broken(e.into()))?;
    let mut left = LARGEST_UNPACKED;
    for index in 0..zip.len() {
        let entry = zip.by_index(index).map_err(|e| broken(e.into()))?;
        let size = io::copy(&mut entry.take(left + 1), &mut io::sink()).map_err(|e| broken(e.into()))?;
        left = left.checked_sub(size).ok_or_else(|| {
            refuse(
                "the workbook unpacks to more than 1 GiB",
                "export only the list of people, or export as CSV",
            )
        })?;
    }
    Ok(())
}

fn choose_sheet(book: &Book<'_>, wanted: Option<&str>) -> Result<String> {
    let visible: Vec<&str> = book
        .sheets_metadata()
        .iter()
        .filter(|s| s.typ == SheetType::WorkSheet && s.visible == SheetVisible::Visible)
        .map(|s| s.name.as_str())
        .collect();
    let names = || visible.iter().map(|n| shown(n)).collect::<Vec<_>>().join(", ");
    match (wanted, &visible[..]) {
        (Some(wanted), _) if book.sheet_names().iter().any(|n| n == wanted) => Ok(wanted.to_owned()),
        (Some(wanted), _) => Err(wrong(
            "sheet",
            &format!("there is no sheet {}", shown(wanted)),
            &format!("use one of: {}", names()),
        )),
        (None, [only]) => Ok((*only).to_owned()),
        (None, []) => Err(refuse("the workbook has no visible sheet", "name one in the setting `sheet`")),
        (None, _) => Err(wrong("sheet", "the workbook has several", &format!("name one of: {}", names()))),
    }
}

fn read_cells(book: &mut Book<'_>, name: &str) -> Result<Cells> {
    let is_1904 = book.has_1904_epoch();
    let mut reader = book.worksheet_cells_reader(name).map_err(broken)?;
    let mut cells = Cells::new();
    while let Some(record) = reader.next_cell_with_formula_metadata().map_err(broken)? {
        let (row, column) = record.pos;
        let cell = match record.value {
            DataRef::Empty if record.formula.is_some() => {
                Cell { text: String::new(), note: Some(Note::NoResult) }
            }
            DataRef::Empty => continue,
            value => to_cell(value, is_1904),
        };
        let at = format!("row {}, column {}", u64::from(row) + 1, letter(column as usize));
        if cell.text.len() > LONGEST_CELL || cell.text.contains('\0') {
            return Err(refuse(
                format_args!("{at}: a cell of more than 1 MiB, or with a NUL character"),
                "empty that cell and export again",
            ));
        }
        if cells.entry(row).or_default().insert(column, cell).is_some() {
            return Err(refuse(
                format_args!("{at} is there twice"),
                "open the workbook, save it and try again",
            ));
        }
    }
    Ok(cells)
}

fn to_cell(value: DataRef<'_>, is_1904: bool) -> Cell {
    let plain = |text: String| Cell { text, note: None };
    match value {
        DataRef::String(text) | DataRef::DurationIso(text) => plain(text),
        DataRef::SharedString(text) => plain(text.to_owned()),
        DataRef::Bool(yes) => plain(yes.to_string()),
        DataRef::Int(number) => plain(number.to_string()),
        DataRef::Float(number) => {
            Cell { text: number_text(number), note: Some(Note::Number(number, is_1904)) }
        }
        DataRef::DateTimeIso(text) => match text.parse::<NaiveDateTime>() {
            Ok(at) => Cell { text, note: Some(Note::Date(at)) },
            Err(_) => plain(text),
        },
        DataRef::DateTime(at) => {
            let days = at.as_f64();
            let date = at.as_datetime().filter(|_| at.is_datetime() && (1.0..2_958_466.0).contains(&days));
            match date {
                Some(date) => Cell { text: date.to_string(), note: Some(Note::Date(date)) },
                None => Cell { text: number_text(days), note: Some(Note::Number(days, is_1904)) },
            }
        }
        DataRef::Error(error) => Cell { text: error.to_string(), note: Some(Note::Error) },
        DataRef::Empty => plain(String::new()),
    }
}

/// A number as an id would be written: a whole one without `.0`.
fn number_text(number: f64) -> String {
    if number.fract() == 0.0 && number.abs() < TOO_LONG { format!("{number:.0}") } else { number.to_string() }
}

/// Gives the inner cells of a merge the value of its first; rows without any cell of their own stay away.
fn fill(cells: &mut Cells, start: (u32, u32), end: (u32, u32), width: usize, most: usize) -> Result<usize> {
    let Some(value) = cells.get(&start.0).and_then(|row| row.get(&start.1)).cloned() else { return Ok(0) };
    let last_column = end.1.min(u32::try_from(width).unwrap_or(u32::MAX).saturating_sub(1));
    let mut filled = 0;
    for row in cells.range_mut(start.0..=end.0.max(start.0)).map(|(_, row)| row) {
        for column in start.1..=last_column {
            filled += 1;
            if filled > most {
                return Err(refuse("its merged cells cover too much", "undo the merges and export again"));
            }
            row.entry(column).or_insert_with(|| value.clone());
        }
    }
    Ok(filled)
}

/// A dense row. Cells right of the header stay, so that a row wider than its header is noticed.
fn to_row(row: u32, cells: BTreeMap<u32, Cell>, width: usize) -> Row {
    let number = u64::from(row) + 1;
    let mut record = StringRecord::new();
    let mut notes = Vec::new();
    for (column, cell) in cells {
        let column = column as usize;
        let is_beyond = column >= width && cell.text.trim().is_empty() && cell.note.is_none();
        if is_beyond {
            continue;
        }
        // One cell is enough to make the row too wide; a stray one far right must not cost memory.
        let column = column.min(width);
        if record.len() > column {
            continue;
        }
        while record.len() < column {
            record.push_field("");
        }
        record.push_field(&cell.text);
        notes.extend(cell.note.map(|note| (column, note)));
    }
    while record.len() < width {
        record.push_field("");
    }
    Row { place: Place { row: number, line: number }, cells: record, notes }
}

fn broken(error: XlsxError) -> Error {
    match error {
        XlsxError::Password => refuse("the workbook is encrypted", "remove the password and save again"),
        other => unreadable().caused_by(other),
    }
}

fn unreadable() -> Error {
    refuse(
        "the workbook is broken or not finished",
        "open it, save it as .xlsx and try again; or export as CSV",
    )
}
