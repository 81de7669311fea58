//! What must hold for any rows and any cut.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot be set up has to stop")]

mod csv_support;

use csv_support::Source;
use proptest::prelude::*;

const HEADER: &str = "remote_person_id,display_name,source_status,termination_date,department\n";
const CASES: u32 = 200;

/// Text that nobody would call a name; no NUL, which is refused, and no white space around, which is not kept.
fn hostile() -> impl Strategy<Value = String> {
    let any = proptest::collection::vec(
        prop_oneof![
            any::<char>(),
            proptest::sample::select(vec!['"', ',', ';', '\n', '\r', '=', '\'', '\u{202E}', 'é', '\u{7}'])
        ],
        0..20,
    );
    any.prop_map(|chars| chars.into_iter().filter(|c| *c != '\0').collect::<String>().trim().to_owned())
}

fn write(rows: &[(String, String)]) -> Vec<u8> {
    let mut writer = csv::Writer::from_writer(HEADER.as_bytes().to_vec());
    for (i, (name, department)) in rows.iter().enumerate() {
        writer.write_record([&i.to_string(), name, "Active", "2026-12-31", department]).unwrap();
    }
    writer.into_inner().unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: CASES, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn hostile_text_comes_back_unchanged(rows in proptest::collection::vec((hostile(), hostile()), 1..12)) {
        let read = Source::bytes(write(&rows), &[]).workers().unwrap();
        prop_assert!(read.is_complete(), "no text makes a sound file unsound: {:?}", read.summary);
        let found: Vec<_> = read
            .records
            .into_iter()
            .map(|r| (r.display_name, r.department.unwrap_or_default()))
            .collect();
        prop_assert_eq!(found, rows, "names are data, whatever they look like");
    }

    #[test]
    fn a_cut_file_is_never_taken_for_a_smaller_company(
        rows in proptest::collection::vec((hostile(), hostile()), 2..12),
        cut in any::<proptest::sample::Index>(),
    ) {
        let whole = write(&rows);
        let at = HEADER.len() + cut.index(whole.len() - HEADER.len());
        let Ok(read) = Source::bytes(&whole[..at], &[]).workers() else { return Ok(()) };
        let is_told = read.findings().iter().any(|(_, word)| word == "open_end");
        // A cut between two records leaves a sound shorter file: that is for the shrink guard.
        let at_border = (1..rows.len()).any(|n| {
            let whole_records = write(&rows[..n]).len();
            at == whole_records
        });
        let fewer = read.records.len() < rows.len();
        prop_assert!(
            !(fewer && read.is_complete()) || at_border || is_told,
            "cut at {} of {}: who is missing must not look absent", at, whole.len()
        );
    }

    #[test]
    fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        let text_like: Vec<u8> = HEADER.bytes().chain(bytes.iter().copied()).collect();
        let zip_like: Vec<u8> = b"PK\x03\x04".iter().copied().chain(bytes.iter().copied()).collect();
        for file in [bytes, text_like, zip_like] {
            if let Ok(read) = Source::bytes(file, &[("encoding", "latin1")]).workers() {
                prop_assert_eq!(read.summary.rows, read.records.len() as u64, "the summary counts what was sent");
            }
        }
    }
}
