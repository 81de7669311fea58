//! Files of text: what is read, what is refused, what is quarantined.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot be set up has to stop")]

mod csv_support;

use std::path::Path;

use csv_support::{Source, fixture, open};
use lockstep_connectors::Kind;
use lockstep_connectors::vendors::csv::{Role, propose_columns};
use lockstep_domain::access::SignIn;
use lockstep_domain::people::SourceStatus;

const HEADER: &str = "remote_person_id,display_name,source_status,start_date,termination_date";

fn pair(row: &str, word: &str) -> (String, String) {
    (row.to_owned(), word.to_owned())
}

fn date(text: &str) -> Option<chrono::NaiveDate> {
    Some(text.parse().unwrap())
}

#[test]
fn a_clean_export_is_read_whole() {
    let read = Source::fixture("clean.csv", &[]).workers().unwrap();
    assert!(read.is_complete(), "absence from a sound file may be believed");
    assert_eq!((read.summary.rows, read.findings()), (3, vec![]), "there is nothing to remark");
    let grace = &read.records[1];
    assert_eq!(grace.remote_person_id, "1002", "the id is taken verbatim");
    assert_eq!(grace.remote_employment_id, "1002", "without ids of stints the person's id stands for both");
    assert_eq!(grace.display_name, "Grace Hopper", "a list shows a name even where only its parts are given");
    assert_eq!(grace.start_date, date("2019-03-01"), "the first day");
    assert_eq!(grace.termination_date, date("2026-12-31"), "the planned end is what leavers are found by");
    assert_eq!(
        grace.source_status,
        SourceStatus::Active,
        "the status is what HR says now, whatever the date"
    );
    assert_eq!(read.records[2].source_status, SourceStatus::Terminated, "and so for somebody who left");
}

#[test]
fn encodings_are_read_by_their_mark_or_as_declared() {
    for (file, settings) in [
        ("bom-crlf.csv", &[][..]),
        ("utf16.csv", &[]),
        ("german-latin1.csv", &[("encoding", "latin1"), ("date_format", "dmy")]),
    ] {
        let read = Source::fixture(file, settings).workers().unwrap();
        let name = &read.records[0].display_name;
        assert!(
            ["Zoë Müller", "Jürgen Groß"].contains(&name.as_str()),
            "{file}: a name must not be garbled: {name}"
        );
    }
    let error = Source::fixture("german-latin1.csv", &[("date_format", "dmy")]).workers().unwrap_err();
    assert!(error.to_string().contains("byte 92"), "the place helps to find the letter: {error}");
    assert!(error.remedy().contains("encoding=windows-1252"), "the remedy can be typed: {}", error.remedy());
}

#[test]
fn semicolons_and_german_headers_are_understood() {
    let read = Source::fixture("german-semicolon.csv", &[("date_format", "dmy")]).workers().unwrap();
    assert!(read.is_complete(), "the export of a German HR system is as good as any");
    assert_eq!(read.records[0].remote_person_id, "0007", "zeros in front belong to the id");
    assert_eq!(read.records[0].termination_date, date("2026-12-31"), "day first, as declared");
    assert_eq!(read.records[0].department.as_deref(), Some("Einkauf; Süd"), "a quoted delimiter is text");
    assert_eq!(read.records[1].source_status, SourceStatus::OnLeave, "on leave is not gone");
}

#[test]
fn a_declared_map_beats_the_headers() {
    let columns = r#"{"remote_person_id":"b","display_name":"A","source_status":"c","termination_date":"d"}"#;
    let read = Source::bytes(
        "a,b,c,d\nAda,7,Weg,2026-12-31\n",
        &[("columns", columns), ("status_map", r#"{"weg": "terminated"}"#)],
    )
    .workers()
    .unwrap();
    assert_eq!(read.records[0].remote_person_id, "7", "the operator's map decides");
    assert_eq!(read.records[0].source_status, SourceStatus::Terminated, "and so do the operator's words");
}

#[test]
fn doubt_about_the_structure_refuses_the_whole_file() {
    for (file, in_error, in_remedy) in [
        ("empty.csv", "empty", "export again"),
        ("header-only.csv", "no rows", "export again"),
        (
            "missing-column.csv",
            "row 1 has no column for termination_date; headers seen: “Employee ID”",
            "columns",
        ),
        ("double-column.csv", "row 1: more than one column could be source_status", "columns"),
        ("two-headers.csv", "row 2 is a header again", "delete"),
        ("two-headers-codes.csv", "row 2 is a header again", "delete"),
        ("title-above-header.csv", "row 1 has no column for remote_person_id", "first row"),
        ("truncated-record.csv", "breaks off in row 3", "cut off"),
        ("truncated-quote.csv", "row 2 opens a quote that is never closed", "cut off"),
    ] {
        let source = Source::fixture(file, &[]);
        let error = source.workers().expect_err(file);
        assert_eq!(error.kind(), &Kind::Malformed, "{file}: the engine decides by the kind");
        assert!(error.to_string().contains(in_error), "{file}: the error must lead to the place: {error}");
        assert!(error.remedy().contains(in_remedy), "{file}: the remedy must help: {}", error.remedy());
        assert!(source.worker("1001").is_err(), "{file}: a last look at a broken file must hold the run");
        assert!(source.probe().is_err(), "{file}: trying the connection must show it");
    }
}

#[test]
fn a_mapped_header_that_stands_there_twice_refuses_the_file() {
    let columns = r#"{"remote_person_id":"Employee ID","display_name":"First name","source_status":"Status",
        "termination_date":"Termination date"}"#;
    let error = Source::fixture("double-column.csv", &[("columns", columns)]).workers().unwrap_err();
    assert!(error.to_string().contains("more than once: E, H"), "the letters lead to the columns: {error}");
}

#[test]
fn cells_and_characters_that_no_list_of_people_has_refuse_the_file() {
    let huge = format!("{HEADER}\n1,{},Active,2020-01-01,\n", "x".repeat(10 << 20));
    let nul = format!("{HEADER}\n1,A\0da,Active,2020-01-01,\n");
    let quote = format!("{HEADER}\n1,\"Ada\" L,Active,2020-01-01,\n");
    for (text, in_error) in [
        (huge, "row 2, column B: a cell of more than 1 MiB"),
        (nul, "line 2 holds a NUL"),
        (quote, "row 2 goes on behind a closing quote"),
    ] {
        let error = Source::bytes(text, &[]).workers().unwrap_err();
        assert!(error.to_string().contains(in_error), "the place must be named: {error}");
    }
}

#[test]
fn an_unclear_delimiter_is_asked_for() {
    let error = Source::bytes("a,b;c\n1,2;3\n", &[]).workers().unwrap_err();
    assert!(error.remedy().contains("delimiter"), "it is never guessed: {}", error.remedy());
}

#[test]
fn a_path_that_leads_nowhere_is_a_wrong_setting() {
    let dir = tempfile::tempdir().unwrap();
    for path in [dir.path().join("none.csv"), dir.path().to_owned()] {
        let error = Source::at(&path, &[]).workers().unwrap_err();
        assert_eq!(error.kind(), &Kind::Setting, "nothing can be said about people from {}", path.display());
    }
}

#[test]
fn wrong_settings_are_named_when_the_connection_is_opened() {
    for (name, value) in [
        ("role", "managers"),
        ("delimiter", "#"),
        ("encoding", "ebcdic"),
        ("date_format", "%Y"),
        ("date_format", "american"),
        ("columns", "not json"),
        ("columns", r#"{"salary":"Salary"}"#),
        ("status_map", r#"{"gone":"away"}"#),
        ("zone_aliases", r#"{"HQ":"Mars/Olympus"}"#),
    ] {
        let error = open(Path::new("x.csv"), &[(name, value)]).err().expect(value);
        assert_eq!(error.kind(), &Kind::Setting, "{name}={value} is the operator's to correct");
        assert!(error.to_string().contains(name), "the setting is named: {error}");
    }
}

#[test]
fn unreadable_dates_quarantine_their_rows() {
    let source = Source::fixture("impossible-dates.csv", &[]);
    let read = source.workers().unwrap();
    assert_eq!(
        read.quarantined(),
        [
            pair("row 2", "impossible_date"),
            pair("row 3", "unreadable_date"),
            pair("row 4", "date_out_of_range")
        ],
        "nobody becomes a leaver, or stays, by a slip of the pen"
    );
    assert!(!read.is_complete(), "who is quarantined must not look absent");
    assert_eq!(read.records.len(), 1, "sound rows are used");
    assert_eq!(read.records[0].termination_date, None, "the year 9999 says that there is no end");
    assert!(source.worker("1001").is_err(), "a last look at a quarantined row must hold the run");
    assert_eq!(source.worker("1004").unwrap().len(), 1, "the last look reads the others");
    assert!(source.worker("nobody").unwrap().is_empty(), "not listed is a value");
}

#[test]
fn row_numbers_are_those_of_a_spreadsheet() {
    let read = Source::fixture("quoted-newlines.csv", &[]).workers().unwrap();
    assert_eq!(read.summary.quarantined[0].row, "row 3 (line 5 of the file)", "the operator goes there");
    assert_eq!(
        read.records[0].department.as_deref(),
        Some("Research\nand\nDevelopment"),
        "line breaks are text"
    );
}

#[test]
fn unknown_status_words_are_neither_active_nor_terminated() {
    let read = Source::fixture("unknown-status.csv", &[]).workers().unwrap();
    let states: Vec<_> = read.records.iter().map(|r| r.source_status).collect();
    assert_eq!(states, [SourceStatus::Unknown; 2], "a word that nobody explained decides nothing");
    assert_eq!(read.records[0].source_status_raw, "Inactive", "the word itself is kept");
    assert_eq!(
        read.findings(),
        [pair("row 2", "unknown_status"), pair("row 3", "unknown_status")],
        "the operator learns of it"
    );
    assert!(read.is_complete(), "the person is listed all the same");
}

#[test]
fn rows_that_contradict_each_other_are_all_quarantined() {
    let read = Source::fixture("duplicate-ids.csv", &[]).workers().unwrap();
    assert_eq!(
        read.quarantined(),
        [pair("row 2", "duplicate_id"), pair("row 3", "duplicate_id")],
        "which of the two is right, nobody knows"
    );
    assert_eq!(read.findings(), [pair("row 5", "repeated_row")], "a row that was only repeated does no harm");
    assert_eq!(read.records.len(), 1, "and counts once");
}

#[test]
fn a_repeat_of_a_contradicted_row_is_not_used_either() {
    let rows = "1,Ada,Active,2020-01-01,\n1,Ada,Active,2020-01-01,\n1,Ada,Terminated,2020-01-01,2026-01-31\n";
    let read = Source::bytes(format!("{HEADER}\n{rows}"), &[]).workers().unwrap();
    assert_eq!(read.records.len(), 0, "two against one is no proof");
    assert_eq!(read.quarantined().len(), 3, "each row is named");
}

#[test]
fn one_bad_stint_holds_back_the_person() {
    let source = Source::fixture("two-stints.csv", &[]);
    let read = source.workers().unwrap();
    assert_eq!(
        read.quarantined(),
        [pair("row 3", "impossible_date"), pair("row 2", "held_with_other_row")],
        "with the present stint unreadable, the ended one alone would make a leaver of her"
    );
    let ids: Vec<_> = read.records.iter().map(|r| r.remote_employment_id.as_str()).collect();
    assert_eq!(ids, ["E3"], "others are not touched");
    assert!(source.worker("1001").is_err(), "the last look must hold the run");
}

#[test]
fn a_shared_email_quarantines_nothing_and_is_told() {
    let read = Source::fixture("shared-email.csv", &[]).workers().unwrap();
    assert_eq!(
        read.findings(),
        [pair("row 2", "shared_email"), pair("row 3", "shared_email")],
        "acts for both are held by that word, in whatever case the e-mail is written"
    );
    assert!(read.is_complete() && read.records.len() == 3, "the people are there");
}

#[test]
fn rows_that_cannot_be_attributed_or_trusted_are_quarantined() {
    for (row, word) in [
        (",Ada,Active,2020-01-01,", "id_missing"),
        ("1,Ada,Active,2020-01-01", "field_count"),
        ("1,Love,lace,Active,2020-01-01,", "field_count"),
        ("1,Ada,Active,,", "date_missing"),
        ("1,Ada,Active,9999-12-31,", "date_missing"),
        ("1,Ada,Active,2020-01-01,2026-1-3", "unreadable_date"),
        ("1,Ada,Active,2020-01-01,soon", "unreadable_date"),
        ("1,Ada,Active,2020-01-01,2200-01-01", "date_out_of_range"),
        ("1.23457E+11,Ada,Active,2020-01-01,", "id_shortened"),
    ] {
        let read =
            Source::bytes(format!("{HEADER}\n{row}\n2,Bob,Active,2020-01-01,\n"), &[]).workers().unwrap();
        assert_eq!(read.quarantined(), [pair("row 2", word)], "{row} says nothing certain");
        assert!(!read.is_complete() && read.records.len() == 1, "{row} must not pass as an absent person");
    }
}

#[test]
fn dates_are_read_as_declared_and_never_otherwise() {
    let end = |declared: &str, text: &str| {
        let file = format!(
            "{}\n1,Ada,Active,{text}\n",
            "remote_person_id,display_name,source_status,termination_date"
        );
        let read = Source::bytes(file, &[("date_format", declared)]).workers().unwrap();
        let words = |all: Vec<(String, String)>| all.into_iter().map(|(_, word)| word).next();
        (
            read.records.first().and_then(|r| r.termination_date),
            words(read.quarantined()),
            words(read.findings()),
        )
    };
    let bad = |word: &str| (None, Some(word.to_owned()), None);
    for (declared, text, expected) in [
        ("iso", "2026-09-30", (date("2026-09-30"), None, None)),
        ("iso", "2026-09-30-07:00", (date("2026-09-30"), None, None)),
        ("iso", "2026-09-30T00:00:00+01:00", (date("2026-09-30"), None, None)),
        ("iso", "2026-09-30T00:00:00Z", (date("2026-09-30"), None, None)),
        ("iso", "2026-09-30T17:30:00Z", (date("2026-09-30"), None, Some("time_of_day_dropped".to_owned()))),
        ("iso", "2026-09-30 17:30", (date("2026-09-30"), None, Some("time_of_day_dropped".to_owned()))),
        ("iso", "2026-09-30é", bad("unreadable_date")),
        ("iso", "2026-09-3", bad("unreadable_date")),
        ("iso", "30/09/2026", bad("unreadable_date")),
        ("iso", "46295", bad("unreadable_date")),
        ("dmy", "03/04/2026", (date("2026-04-03"), None, None)),
        ("mdy", "03/04/2026", (date("2026-03-04"), None, None)),
        ("mdy", "30/09/2026", bad("unreadable_date")),
        ("dmy", "30.09.2026 17:30", (date("2026-09-30"), None, Some("time_of_day_dropped".to_owned()))),
        ("dmy", "30.09.26", bad("date_out_of_range")),
        ("dmy || mdy", "03/04/2026", bad("ambiguous_date")),
        ("dmy || mdy", "04/04/2026", (date("2026-04-04"), None, None)),
        ("%d %b %Y", "30 Sep 2026", (date("2026-09-30"), None, None)),
        ("iso || serial", "46295", (date("2026-09-30"), None, None)),
        ("serial", "-5", bad("unreadable_date")),
        ("serial", "NaN", bad("unreadable_date")),
    ] {
        assert_eq!(end(declared, text), expected, "{text:?} under {declared:?}");
    }
}

#[test]
fn an_exact_instant_needs_its_offset() {
    let header = "remote_person_id,display_name,source_status,termination_date,termination_at";
    let read =
        |at: &str| Source::bytes(format!("{header}\n1,Ada,Active,2026-09-25,{at}\n"), &[]).workers().unwrap();
    let exact = read("2026-09-25T17:00:00+02:00");
    assert_eq!(
        exact.records[0].termination_at,
        Some("2026-09-25T15:00:00Z".parse().unwrap()),
        "to the second"
    );
    assert_eq!(
        read("2026-09-25T17:00:00").quarantined(),
        [pair("row 2", "unreadable_instant")],
        "without an offset nobody knows when it is"
    );
}

#[test]
fn zones_are_full_names_or_declared() {
    let header = "remote_person_id,display_name,source_status,termination_date,time_zone";
    for (zone, expected) in [
        ("Europe/Berlin", Some(chrono_tz::Europe::Berlin)),
        ("berlin OFFICE", Some(chrono_tz::Europe::Berlin)),
        ("CET", None),
        ("EST", None),
        ("Europe/Atlantis", None),
    ] {
        let aliases = ("zone_aliases", r#"{"Berlin office": "Europe/Berlin"}"#);
        let file = format!("{header}\n1,Ada,Active,,{zone}\n");
        let read = Source::bytes(file, &[aliases]).workers().unwrap();
        assert_eq!(
            read.records.first().and_then(|r| r.time_zone),
            expected,
            "{zone} decides when midnight is"
        );
        assert_eq!(read.is_complete(), expected.is_some(), "{zone}: a wrong zone would cut hours early");
    }
}

#[test]
fn hostile_names_are_kept_as_they_are() {
    let read = Source::fixture("hostile-names.csv", &[]).workers().unwrap();
    let first = &read.records[0];
    assert_eq!(first.first_name, "Robert'); DROP TABLE people;--", "a name is data, whatever it looks like");
    assert_eq!(first.last_name, "=cmd|' /C calc'!A0", "a formula is text here");
    assert_eq!(first.department.as_deref(), Some("../../etc/passwd"), "a path is text here");
    assert_eq!(
        read.records[1].first_name, "\u{202E}gnp.exe",
        "cleaning for the screen is not the reader's work"
    );
    assert_eq!(read.records[1].last_name, "'=1+1", "an apostrophe in front is part of the name");
    assert_eq!(read.records[2].first_name, "Bell\u{7}", "control characters are kept");
    assert_eq!(
        read.records[2].department.as_deref(),
        Some("Padded"),
        "blanks around are not, no-break ones either"
    );
}

#[test]
fn remarks_never_carry_control_or_direction_characters() {
    let row = "1,Ada,Act\u{202E}ive\u{7},2020-01-01,\n";
    let read = Source::bytes(format!("{HEADER}\n{row}"), &[]).workers().unwrap();
    let reason = &read.summary.findings[0].reason;
    assert!(reason.contains("“Active”"), "a terminal shows this text: {reason}");
}

#[test]
fn blank_rows_and_an_open_end_are_told() {
    let read = Source::bytes(format!("{HEADER}\n1,Ada,Active,2020-01-01,\n,,,,\n\n , , , , "), &[])
        .workers()
        .unwrap();
    assert_eq!(read.findings()[0], pair("row 3", "blank_rows"), "what is left out is said");
    let read = Source::bytes(format!("{HEADER}\n1,Ada,Active,2020-01-01,"), &[]).workers().unwrap();
    assert!(read.is_complete(), "programs that never end the last line must stay usable");
    assert_eq!(read.findings(), [pair("row 2", "open_end")], "but it may have been cut there");
}

#[test]
fn the_same_bytes_have_the_same_digest() {
    let sha = |text: &str| Source::bytes(text, &[]).workers().unwrap().summary.source_sha256;
    let text = format!("{HEADER}\n1,Ada,Active,2020-01-01,\n");
    assert_eq!(sha(&text), sha(&text), "identical bytes imported again are no second read");
    assert_ne!(sha(&text), sha(&format!("{text}\n")), "other bytes are");
}

#[test]
fn chunks_hold_everybody_in_file_order() {
    let rows: String = (0..2_500).map(|i| format!("{i},P{i},Active,2020-01-01,\n")).collect();
    let read = Source::bytes(format!("{HEADER}\n{rows}"), &[]).workers().unwrap();
    let ids: Vec<_> = read.records.iter().map(|r| r.remote_person_id.clone()).collect();
    assert_eq!(ids, (0..2_500).map(|i| i.to_string()).collect::<Vec<_>>(), "nobody is lost between chunks");
}

#[test]
fn an_account_list_is_read() {
    let source = Source::fixture("accounts.csv", &[("role", "accounts")]);
    let columns = r#"{"remote_id":"User ID","login":"Username","emails":"Email","external_id":"Employee number",
        "display_name":"Name","active":"Enabled","admin":"Is admin","last_used":"Last login"}"#;
    let mapped = Source::fixture("accounts.csv", &[("role", "accounts"), ("columns", columns)]);
    let read = source.accounts().unwrap();
    assert_eq!(read.records, mapped.accounts().unwrap().records, "the headers speak for themselves");
    let [ada, grace, bot] = &read.records[..] else { panic!("three accounts: {read:?}") };
    assert_eq!(
        (ada.remote_id.as_str(), ada.login.as_str()),
        ("u-1", "ada"),
        "id and login are different things"
    );
    assert_eq!(ada.last_used_at, Some("2026-11-01T07:30:00Z".parse().unwrap()), "an instant, in UTC");
    assert_eq!(grace.emails, ["grace@example.com", "gh@example.com"], "an account can have several e-mails");
    assert_eq!((grace.sign_in, grace.admin), (SignIn::Disabled, Some(true)), "state and rights are read");
    assert_eq!(
        grace.last_used_at,
        Some("2026-10-31T00:00:00Z".parse().unwrap()),
        "a date counts from its start"
    );
    assert_eq!((bot.sign_in, bot.admin), (SignIn::Unknown, None), "unknown words are never guessed good");
    assert_eq!(read.findings().len(), 3, "and each is told: {:?}", read.summary.findings);
    assert!(read.is_complete(), "an account exists whenever it was used");
    assert_eq!(
        source.probe().unwrap(),
        "CSV, UTF-8, delimiter “,”: 3 accounts, 0 faults, 3 remarks",
        "in one line"
    );
}

#[test]
fn an_account_list_without_ids_goes_by_login() {
    let file = "login,active\nada,yes\nada,no\ngrace,Weg\n";
    let settings = [("role", "accounts"), ("status_map", r#"{"weg": "disabled"}"#)];
    let read = Source::bytes(file, &settings).accounts().unwrap();
    assert_eq!(read.quarantined().len(), 2, "two states of one login cannot both be true");
    assert_eq!(read.records[0].remote_id, "grace", "the login is the id");
    assert_eq!(read.records[0].sign_in, SignIn::Disabled, "the operator's word decides");
}

#[test]
fn a_proposal_is_safe_only_when_nothing_is_missing_or_unclear() {
    let good = ["Employee ID", "Name", "Status", "End date", "Shoe size"];
    let proposal = propose_columns(Role::Workers, &good);
    assert!(proposal.is_safe(), "every required field has one header: {proposal:?}");
    assert_eq!(proposal.unused, ["Shoe size"], "the wizard shows what is not used");
    let unclear = propose_columns(Role::Workers, &["Employee ID", "Person ID", "Name", "Status"]);
    assert_eq!(unclear.missing, ["termination_date"], "without an end date nobody can be found to leave");
    assert_eq!(unclear.ambiguous["remote_person_id"], ["Employee ID", "Person ID"], "a person has to choose");
    let own =
        propose_columns(Role::Workers, &["remote_person_id", "Employee ID", "Name", "Status", "End date"]);
    assert!(own.is_safe(), "our own field name beats a synonym: {own:?}");
}

#[test]
fn fixtures_are_there() {
    assert!(fixture("clean.csv").is_file(), "the tests read files as the program does");
}
