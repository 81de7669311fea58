//! XLSX workbooks.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot be set up has to stop")]

mod csv_support;

use std::io::{Cursor, Read as _, Write as _};

use csv_support::Source;
use lockstep_connectors::Kind;
use rust_xlsxwriter::{ExcelDateTime, Format, Formula, Workbook, Worksheet};

const HEADER: [&str; 5] =
    ["remote_person_id", "display_name", "source_status", "termination_date", "department"];

/// A workbook of one sheet with the header above and what `fill` writes below it.
fn workbook(fill: impl FnOnce(&mut Worksheet)) -> Vec<u8> {
    let mut book = Workbook::new();
    let sheet = book.add_worksheet();
    sheet.write_row(0, 0, HEADER).unwrap();
    fill(sheet);
    book.save_to_buffer().unwrap()
}

fn person(sheet: &mut Worksheet, row: u32, id: &str) {
    sheet.write_row(row, 0, [id, "Ada", "Active"]).unwrap();
}

fn words(all: Vec<(String, String)>) -> Vec<String> {
    all.into_iter().map(|(row, word)| format!("{row} {word}")).collect()
}

fn date(text: &str) -> Option<chrono::NaiveDate> {
    Some(text.parse().unwrap())
}

#[test]
fn a_cell_is_a_date_by_its_style() {
    let style = Format::new().set_num_format("dd.mm.yyyy");
    let bytes = workbook(|sheet| {
        person(sheet, 1, "1");
        let day = ExcelDateTime::from_ymd(2026, 9, 30).unwrap();
        sheet.write_datetime_with_format(1, 3, &day, &style).unwrap();
        person(sheet, 2, "2");
        sheet.write_datetime_with_format(2, 3, day.and_hms(17, 30, 0).unwrap(), &style).unwrap();
        person(sheet, 3, "3");
        sheet.write_number(3, 3, 46295).unwrap();
        person(sheet, 4, "4");
        sheet.write_string(4, 3, "2026-09-30").unwrap();
    });
    let read = Source::bytes(&bytes, &[]).workers().unwrap();
    let dates: Vec<_> = read.records.iter().map(|r| r.termination_date).collect();
    assert_eq!(dates, [date("2026-09-30"); 3], "the declared form is for text; a styled cell needs none");
    assert_eq!(words(read.findings()), ["row 3 time_of_day_dropped"], "a time beside the date is told");
    assert_eq!(
        words(read.quarantined()),
        ["row 4 number_not_date"],
        "a bare number is never taken for a date"
    );
    let declared = Source::bytes(&bytes, &[("date_format", "iso || serial")]).workers().unwrap();
    assert!(declared.is_complete(), "unless it is declared");
    assert_eq!(
        declared.records[2].termination_date,
        date("2026-09-30"),
        "then days count as in a spreadsheet"
    );
}

#[test]
fn formulas_count_by_their_saved_result() {
    let bytes = workbook(|sheet| {
        person(sheet, 1, "1");
        sheet.write_formula(1, 4, Formula::new(r#"="Re"&"search""#).set_result("Research")).unwrap();
        person(sheet, 2, "2");
        sheet.write_formula(2, 4, Formula::new("=A1").set_result("#REF!")).unwrap();
    });
    let read = Source::bytes(bytes, &[]).workers().unwrap();
    assert_eq!(
        read.records[0].department.as_deref(),
        Some("Research"),
        "what the operator sees is what counts"
    );
    assert_eq!(words(read.quarantined()), ["row 3 cell_error"], "an error is no value");
}

/// The workbook without a piece of its sheet, as a program leaves it that writes formulas and cannot calculate.
fn without(bytes: &[u8], piece: &str) -> Vec<u8> {
    let mut from = zip::ZipArchive::new(Cursor::new(bytes)).unwrap();
    let mut to = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for index in 0..from.len() {
        let mut entry = from.by_index(index).unwrap();
        let mut content = String::new();
        entry.read_to_string(&mut content).unwrap();
        to.start_file(entry.name().unwrap(), zip::write::SimpleFileOptions::default()).unwrap();
        to.write_all(content.replace(piece, "").as_bytes()).unwrap();
    }
    to.finish().unwrap().into_inner()
}

#[test]
fn a_formula_that_was_never_calculated_quarantines_its_row() {
    let bytes = workbook(|sheet| {
        person(sheet, 1, "1");
        sheet.write_formula(1, 3, Formula::new("=TODAY()").set_result("unsaved")).unwrap();
        person(sheet, 2, "2");
    });
    let read = Source::bytes(without(&bytes, "<v>unsaved</v>"), &[]).workers().unwrap();
    assert_eq!(
        words(read.quarantined()),
        ["row 2 formula_without_result"],
        "an unknown end date is not no end"
    );
    assert_eq!(read.records.len(), 1, "others are used");
}

#[test]
fn inner_cells_of_a_merge_have_its_value() {
    let bytes = workbook(|sheet| {
        sheet.merge_range(1, 4, 2, 4, "Research", &Format::new()).unwrap();
        person(sheet, 1, "1");
        person(sheet, 2, "2");
        person(sheet, 3, "3");
    });
    let read = Source::bytes(bytes, &[]).workers().unwrap();
    let departments: Vec<_> = read.records.iter().map(|r| r.department.as_deref()).collect();
    assert_eq!(departments, [Some("Research"), Some("Research"), None], "a merge speaks for all its rows");
}

#[test]
fn ids_survive_the_spreadsheet_or_are_not_used() {
    let bytes = workbook(|sheet| {
        for (row, id) in [(1, 1001.0), (2, 10.5), (3, 1_234_567_890_123_456.0)] {
            person(sheet, row, "");
            sheet.write_number(row, 0, id).unwrap();
        }
        person(sheet, 4, "");
        let percent = Format::new().set_num_format("0%");
        sheet.write_number_with_format(4, 0, 12, &percent).unwrap();
    });
    let read = Source::bytes(bytes, &[]).workers().unwrap();
    let ids: Vec<_> = read.records.iter().map(|r| r.remote_person_id.as_str()).collect();
    assert_eq!(ids, ["1001", "12"], "a whole number has no .0 behind it, and a style does not change it");
    assert_eq!(words(read.quarantined()), ["row 3 id_shortened", "row 4 id_shortened"], "digits may be lost");
    assert_eq!(words(read.findings()), ["row 2 numeric_id"], "zeros in front may be lost, once for the file");
}

#[test]
fn a_stray_cell_right_of_the_header_quarantines_its_row() {
    let bytes = workbook(|sheet| {
        person(sheet, 1, "1");
        sheet.write_string(1, 16_000, "stray").unwrap();
        person(sheet, 3, "2");
    });
    let read = Source::bytes(bytes, &[]).workers().unwrap();
    assert_eq!(words(read.quarantined()), ["row 2 field_count"], "cells may have moved");
    assert_eq!(read.records.len(), 1, "an empty row between is no fault");
}

#[test]
fn the_sheet_is_named_where_there_are_several() {
    let mut book = Workbook::new();
    for name in ["Leavers", "Everybody"] {
        let sheet = book.add_worksheet().set_name(name).unwrap();
        sheet.write_row(0, 0, HEADER).unwrap();
        person(sheet, 1, name);
    }
    let bytes = book.save_to_buffer().unwrap();
    let error = Source::bytes(&bytes, &[]).workers().unwrap_err();
    assert_eq!(error.kind(), &Kind::Setting, "the first sheet need not be the right one");
    assert!(error.remedy().contains("“Leavers”, “Everybody”"), "the choice is shown: {}", error.remedy());
    let read = Source::bytes(&bytes, &[("sheet", "Everybody")]).workers().unwrap();
    assert_eq!(read.records[0].remote_person_id, "Everybody", "the named sheet is read");
}

#[test]
fn a_workbook_that_is_broken_encrypted_or_old_is_refused() {
    let whole = workbook(|sheet| person(sheet, 1, "1"));
    let mut flipped = whole.clone();
    let middle = flipped.len() / 2;
    flipped[middle..middle + 40].fill(0xAA);
    let mut book = Workbook::new();
    book.add_worksheet();
    let empty = book.save_to_buffer().unwrap();
    for (name, bytes) in [
        ("cut", whole[..whole.len() - 60].to_vec()),
        ("damaged", flipped),
        ("encrypted", vec![0xD0, 0xCF, 0x11, 0xE0, 0xA1, 0xB1, 0x1A, 0xE1]),
        ("no workbook", b"PK\x03\x04 and nothing else".to_vec()),
        ("empty sheet", empty),
    ] {
        let error = Source::bytes(bytes, &[]).workers().expect_err(name);
        assert_eq!(error.kind(), &Kind::Malformed, "{name}: nothing of it may be used: {error}");
    }
}
