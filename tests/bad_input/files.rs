//! HR's file, as it comes from hands and from old programs.

use std::fs;
use std::path::Path;

use lockstep_testkit::{Company, Home, LONG_OVER, Lockstep, connect_hr, hr_export, set_up};

use crate::leavers;

const HEADER: &str =
    "Employee ID,First name,Last name,Work email,Status,Hire date,Termination date,Department\n";

/// Ada, Grace and Alan; what HR says of each status and last day.
fn export(says: [(&str, &str); 3]) -> String {
    let people = [("1001", "Ada"), ("1002", "Grace"), ("1003", "Alan")];
    let rows = people.iter().zip(says).map(|((id, name), (status, last_day))| {
        let mail = name.to_lowercase();
        format!("{id},{name},Doe,{mail}@example.com,{status},2020-01-06,{last_day},Research\n")
    });
    format!("{HEADER}{}", rows.collect::<String>())
}

fn all_at_work() -> String {
    export([("Active", ""); 3])
}

/// A home that has read a good file in which everybody is at work.
fn after_a_good_read() -> (Home, Lockstep) {
    let (home, lockstep) = set_up();
    home.write("people.csv", all_at_work());
    connect_hr(&lockstep, &home);
    lockstep.run(&["sync"]).expect_code(0, "the first file is good");
    (home, lockstep)
}

fn fixture(name: &str) -> Vec<u8> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/csv").join(name);
    fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

#[test]
fn a_file_that_cannot_be_relied_on_makes_nobody_a_leaver_and_says_where_and_what_to_do() {
    let (home, lockstep) = after_a_good_read();
    for (name, words) in [
        ("missing-column.csv", &["row 1", "termination_date", "add the column"][..]),
        ("double-column.csv", &["row 1", "Status", "column map"]),
        ("two-headers.csv", &["row 2", "header again", "delete the other"]),
        ("two-headers-codes.csv", &["row 2", "header again", "delete the other"]),
        ("title-above-header.csv", &["row 1", "first row of the file"]),
        ("duplicate-ids.csv", &["row 2", "row 3", "remote_person_id", "keep one"]),
        ("impossible-dates.csv", &["row 2", "termination_date", "2026-02-30", "correct the date"]),
        ("quoted-newlines.csv", &["row 3 (line 5 of the file)", "start_date", "correct the date"]),
        ("truncated-quote.csv", &["row 2", "never closed", "export again"]),
        ("truncated-record.csv", &["row 3", "cut off", "export again"]),
        ("german-latin1.csv", &["line 2", "not UTF-8", "encoding=windows-1252"]),
        ("empty.csv", &["export"]),
        ("header-only.csv", &["no rows", "export again"]),
    ] {
        home.write("people.csv", fixture(name));
        let output = lockstep.run(&["sync"]).expect_code(3, name);
        for word in words {
            assert!(output.stdout.contains(word), "{name} must be told by {word:?}:\n{output}");
        }
        assert_eq!(leavers(&lockstep), [""; 0], "{name}: nobody leaves by a file that is not relied on");
    }
    let marked = lockstep.run(&["--json", "connection", "list"]).expect_code(0, "it is a list").json();
    assert!(marked[0]["last_complete_read"].is_string(), "the good read is remembered: {marked}");

    home.write("people.csv", all_at_work());
    lockstep.run(&["sync"]).expect_code(0, "a good file puts everything right");
}

#[test]
fn half_a_feed_makes_nobody_a_leaver_and_an_operator_may_accept_it() {
    let (home, lockstep) = after_a_good_read();
    let whole = export([("Active", ""), ("Terminated", "2026-06-30"), ("Active", "")]);
    let two_of_three = whole.lines().take(3).map(|line| format!("{line}\n")).collect::<String>();
    home.write("people.csv", two_of_three);
    let output = lockstep.run(&["sync"]).expect_code(3, "a third of the people is missing");
    assert!(output.stdout.contains("3 to 2 rows"), "the numbers must be told:\n{output}");
    assert_eq!(leavers(&lockstep), [""; 0], "not even the one whom the half file calls terminated");

    lockstep
        .run(&["sync", "--connection", "hr", "--accept-smaller", "Alan's company was sold"])
        .expect_code(0, "a person may know better");
    assert_eq!(leavers(&lockstep), ["\"Grace Doe\""], "HR's word counts; who is absent is no leaver");
}

#[test]
fn a_row_that_is_not_understood_makes_nobody_a_leaver() {
    for (what, rows, words) in [
        (
            "unknown status",
            export([("Active", ""), ("Moved on", ""), ("Active", "")]),
            &["row 3", "source_status", "Moved on", "status_map"][..],
        ),
        (
            "impossible date",
            export([("Active", ""), ("Terminated", "2026-02-30"), ("Active", "")]),
            &["row 3", "termination_date", "2026-02-30"],
        ),
    ] {
        let (home, lockstep) = after_a_good_read();
        home.write("people.csv", rows);
        let output = lockstep.run(&["sync"]);
        for word in words {
            assert!(output.stdout.contains(word), "{what} must be told by {word:?}:\n{output}");
        }
        assert_eq!(leavers(&lockstep), [""; 0], "{what}: nobody leaves by a word that nobody understands");
    }
}

#[test]
fn whoever_shares_an_e_mail_is_not_cut_before_a_person_looked() {
    let company = Company::of(&["Kim", "Lee"]);
    let export = hr_export(&[("Kim", "terminated", LONG_OVER), ("Lee", "active", "")]);
    company.home.write("people.csv", export.replace("lee@acme.test", "kim@acme.test"));
    let sync = company.lockstep.run(&["sync"]);
    for word in ["row 2", "row 3", "work_email", "2 people"] {
        assert!(sync.stdout.contains(word), "it must be told by {word:?}:\n{sync}");
    }
    company.let_it_act();
    let ambiguous = ["offboard", "preview", "kim@acme.test"];
    company.lockstep.run(&ambiguous).expect_code(3, "an e-mail that two have names nobody");

    let output = company.offboard(&["E-0000"]).expect_code(3, "a person must look first");
    assert!(company.may_sign_in("Kim") && company.may_sign_in("Lee"), "acts are held until then:\n{output}");
}

#[test]
fn usual_shapes_of_a_file_are_read_as_they_are_meant() {
    for (name, settings, person) in [
        ("bom-crlf.csv", &[][..], "Zoë Müller"),
        ("german-semicolon.csv", &["date_format=dmy"], "Ana Núñez"),
        ("german-latin1.csv", &["encoding=windows-1252", "date_format=dmy"], "Jürgen Groß"),
        ("utf16.csv", &[], "Zoë Müller"),
    ] {
        let (home, lockstep) = set_up();
        let path = format!("path={}", home.write("people.csv", fixture(name)).display());
        let mut add = vec!["connection", "add", "csv", "--name", "hr", "--set", "zone=Europe/Berlin"];
        for setting in [&[path.as_str()], settings].concat() {
            add.extend(["--set", setting]);
        }
        lockstep.run(&add).expect_code(0, name);
        lockstep.run(&["sync"]).expect_code(0, name);
        let people = lockstep.run(&["person", "list"]).expect_code(0, name);
        assert!(people.stdout.contains(person), "{name}: {person} must be spelled right:\n{people}");
    }
}

#[test]
fn a_field_of_ten_megabytes_is_refused_and_not_stored() {
    let (home, lockstep) = after_a_good_read();
    let huge = export([("Active", ""), ("Terminated", "2026-06-30"), ("Active", "")])
        .replace("Grace", &"G".repeat(10 * 1024 * 1024));
    home.write("people.csv", huge);
    let output = lockstep.run(&["sync"]).expect_code(3, "no name is that long");
    assert!(output.stdout.contains("row 3"), "the place must be told:\n{:.600}", output.stdout);
    assert!(output.stdout.len() < 10_000, "and the name not repeated");
    assert_eq!(leavers(&lockstep), [""; 0], "nobody leaves by a file that is not relied on");
}
