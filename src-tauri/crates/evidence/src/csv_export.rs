//! CSV that a spreadsheet opens as data, never as formulas.
//!
//! RFC 4180: commas, CRLF, quotes doubled. A cell that a spreadsheet would take for a formula gets a
//! leading apostrophe (<https://owasp.org/www-community/attacks/CSV_Injection>); who needs the bare value
//! takes the JSON.

use std::borrow::Cow;

/// The table could not be written.
#[derive(Debug, thiserror::Error)]
#[error("CSV export: {0}")]
pub struct CsvError(String);

/// A cell that no spreadsheet runs.
pub fn guard(cell: &str) -> Cow<'_, str> {
    if cell.starts_with(['=', '+', '-', '@', '\t', '\r', '\n']) {
        Cow::Owned(format!("'{cell}"))
    } else {
        Cow::Borrowed(cell)
    }
}

/// A table with a header row, as UTF-8 bytes.
///
/// # Errors
/// When a row has not as many cells as the header.
pub fn export<R>(header: &[&str], rows: R) -> Result<Vec<u8>, CsvError>
where
    R: IntoIterator<Item = Vec<String>>,
{
    let mut writer = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(Vec::new());
    let failed = |e: csv::Error| CsvError(e.to_string());
    writer.write_record(header.iter().map(|cell| guard(cell).into_owned())).map_err(failed)?;
    for row in rows {
        writer.write_record(row.iter().map(|cell| guard(cell).into_owned())).map_err(failed)?;
    }
    writer.into_inner().map_err(|e| CsvError(e.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formulas_become_text() {
        for (cell, expected) in [
            ("=cmd|' /C calc'!A0", "'=cmd|' /C calc'!A0"),
            ("+1", "'+1"),
            ("-1", "'-1"),
            ("@SUM(A1)", "'@SUM(A1)"),
            ("\t=1", "'\t=1"),
            ("\r=1", "'\r=1"),
            ("Zoë", "Zoë"),
            ("a=b", "a=b"),
            ("", ""),
        ] {
            assert_eq!(guard(cell), expected, "a name in HR data must not run on the auditor's machine");
        }
    }

    #[test]
    fn the_bytes_are_rfc_4180() {
        let row = vec!["a \"b\", c".to_owned(), "two\nlines".to_owned()];
        let bytes = export(&["name", "=note"], [row]).unwrap();
        assert_eq!(
            String::from_utf8(bytes).unwrap(),
            "name,'=note\r\n\"a \"\"b\"\", c\",\"two\nlines\"\r\n",
            "other programs read this back"
        );
    }

    #[test]
    fn a_ragged_row_is_an_error() {
        let ragged = export(&["a", "b"], [vec!["1".to_owned()]]);
        assert!(ragged.is_err(), "a shifted column would put one person's values beside another's name");
    }
}
