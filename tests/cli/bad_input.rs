//! Hostile names, broken files, unknown people, approvals of something else.

use crate::{set_up, with_export};

const HEADER: &str = "employee_id,employee_number,first_name,last_name,work_email,status,start_date,\
                      termination_date,time_zone\n";

fn export(rows: &str) -> String {
    format!("{HEADER}{rows}")
}

#[test]
fn hostile_names_are_stored_whole_and_shown_harmless() {
    let names =
        ["Robert'); DROP TABLE person;--", "\u{202e}eoD", "a\u{1b}[2Jb", "=cmd|' /C calc'!A0", "../../etc"];
    let rows: String = names
        .iter()
        .enumerate()
        .map(|(n, name)| {
            format!("{n},E-{n},Kim,\"{name}\",k{n}@acme.test,active,2021-03-01,,Europe/Berlin\n")
        })
        .collect();
    let (_home, lockstep) = with_export(export(&rows));
    lockstep.run(&["sync"]).expect_code(0, "a strange name is no reason to lose a person");

    let shown = lockstep.run(&["person", "list"]).expect_code(0, "the list must come");
    assert!(
        !shown.stdout.contains(['\u{202e}', '\u{1b}']),
        "HR's data must not steer an operator's terminal:\n{:?}",
        shown.stdout
    );
    assert!(shown.stdout.contains("⟦U+202E⟧eoD"), "what was hidden must be seen:\n{shown}");

    let document = lockstep.run(&["--json", "person", "list"]).expect_code(0, "the same as JSON");
    assert!(!document.stdout.contains(['\u{202e}', '\u{1b}']), "a terminal may be at the end of --json");
    let people = document.json();
    for name in names {
        let found = people
            .as_array()
            .into_iter()
            .flatten()
            .any(|person| person["name"].as_str().is_some_and(|stored| stored.ends_with(name)));
        assert!(found, "{name:?} must be stored as HR wrote it: {people}");
    }
}

#[test]
fn whoever_is_not_known_is_not_found_and_nothing_starts() {
    let (_home, lockstep) =
        with_export(export("1,E-1,Kim,Doe,kim@acme.test,active,2021-03-01,,Europe/Berlin\n"));
    lockstep.run(&["sync"]).expect_code(0, "one person is a company");
    for args in [
        &["person", "show", "nobody@acme.test"][..],
        &["offboard", "preview", "nobody@acme.test"],
        &["run", "show", "01998000"],
        &["connection", "test", "nope"],
    ] {
        let output = lockstep.run(args).expect_code(1, "it is not there");
        assert!(output.stderr.contains("remedy: "), "{args:?} must say what to do:\n{output}");
    }
}

#[test]
fn a_digest_of_something_else_starts_nothing() {
    let (_home, lockstep) =
        with_export(export("1,E-1,Kim,Doe,kim@acme.test,active,2021-03-01,,Europe/Berlin\n"));
    lockstep.run(&["sync"]).expect_code(0, "one person is a company");
    let other = "0".repeat(64);
    let output = lockstep
        .run(&[
            "--json",
            "offboard",
            "start",
            "kim@acme.test",
            "--now",
            "--reason",
            "test",
            "--approve",
            &other,
        ])
        .expect_code(3, "an approval binds what was seen, and this was not");
    let error: serde_json::Value =
        serde_json::from_str(&output.stderr).unwrap_or_else(|error| panic!("{error}:\n{output}"));
    assert_eq!(error["refusals"][0]["refusal"], "authority_changed", "the reason is named: {error}");
    let runs = lockstep.run(&["--json", "run", "list"]).expect_code(0, "the home is fine").json();
    assert_eq!(runs, serde_json::json!([]), "a refused start must leave no run");
}

#[test]
fn a_broken_export_names_row_column_and_remedy_and_makes_nobody_a_leaver() {
    let (home, lockstep) = with_export(export(
        "1,E-1,Kim,Doe,kim@acme.test,active,2021-03-01,,Europe/Berlin\n\
         2,E-2,Lee,Roe,lee@acme.test,terminated,2021-03-01,2026-02-30,Europe/Berlin\n",
    ));
    let output =
        lockstep.run(&["--json", "sync"]).expect_code(3, "a quarantined row makes the read incomplete");
    let sync = output.json();
    let remark = &sync["connections"][0]["quarantined"][0];
    for field in ["row", "column", "reason", "remedy"] {
        assert!(remark[field].as_str().is_some_and(|text| !text.is_empty()), "{field} is missing: {sync}");
    }
    assert_eq!(sync["complete"], false, "an impossible date must not count as read");
    assert_eq!(sync["new_leavers"], 0, "nobody becomes a leaver by an incomplete read");

    home.write("people.csv", "name,colour\nKim,blue\n");
    let output = lockstep.run(&["sync"]).expect_code(3, "a file without the columns that count is rejected");
    assert!(output.stdout.contains("trouble"), "the connection must be marked:\n{output}");
    let leavers = lockstep.run(&["--json", "leaver", "list"]).expect_code(0, "the home is fine").json();
    assert_eq!(leavers, serde_json::json!([]), "a broken file must not cut anybody");
}

#[test]
fn a_register_with_one_bad_row_changes_nothing_and_says_where() {
    let (home, lockstep) = set_up();
    let path = home.write("systems.csv", "name,lane\nDesign tool,manual\nPayroll,sometimes\n");
    let path = path.display().to_string();
    let output = lockstep.run(&["--json", "system", "import", &path]).expect_code(1, "one row is wrong");
    let refused = &output.json()["refused"][0];
    for field in ["row", "column", "reason", "remedy"] {
        assert!(
            refused[field].as_str().is_some_and(|text| !text.is_empty()),
            "{field} is missing: {refused}"
        );
    }
    let systems = lockstep.run(&["--json", "system", "list"]).expect_code(0, "the home is fine").json();
    let names: Vec<_> = systems.as_array().into_iter().flatten().map(|system| &system["name"]).collect();
    assert!(!names.iter().any(|name| *name == "Design tool"), "half an import is worse than none: {systems}");

    let missing = lockstep.run(&["system", "import", "no-such.csv"]).expect_code(1, "no file");
    assert!(missing.stderr.contains("no-such.csv"), "the file must be named:\n{missing}");
}
