//! The first read of a company with a past.

use lockstep_testkit::{NewUser, ScimServer, connect_directory, connect_hr, hr_export, number, set_up};
use serde_json::Value;

const PEOPLE: usize = 1000;
const EX_EMPLOYEES: usize = 400;
const STILL_OPEN: usize = 40;

#[test]
fn four_hundred_former_employees_at_the_first_read_start_nothing_and_forty_are_shown() {
    let server = ScimServer::start();
    let names: Vec<String> = (0..PEOPLE).map(|n| format!("P{n}")).collect();
    // Forty who left and ten who work there have accounts.
    for (index, name) in names.iter().enumerate().skip(EX_EMPLOYEES - STILL_OPEN).take(STILL_OPEN + 10) {
        let login = format!("{}@acme.test", name.to_lowercase());
        server.create_user(&NewUser::named(&login, name, "Doe").with_external_id(&number(index)));
    }
    let before = server.users();
    assert!(before[0]["meta"]["lastModified"].is_string(), "without it a write could hide: {}", before[0]);

    let (home, lockstep) = set_up();
    let lockstep = lockstep.with_env("TOKEN", server.token());
    let rows: Vec<_> = names
        .iter()
        .enumerate()
        .map(|(index, name)| match index < EX_EMPLOYEES {
            true => (name.as_str(), "terminated", "2024-02-29"),
            false => (name.as_str(), "active", ""),
        })
        .collect();
    home.write("people.csv", hr_export(&rows));
    connect_hr(&lockstep, &home);
    connect_directory(&lockstep, "directory", server.base_url()).expect_code(0, "the directory is reachable");
    // Even where somebody allows everything before the first read.
    lockstep
        .run(&["connection", "mode", "directory", "full", "--reason", "in a hurry"])
        .expect_code(0, "an operator may raise the mode");

    for which in ["first", "second"] {
        let sync = lockstep.run(&["--json", "sync"]).expect_code(0, which).json();
        assert_eq!(sync["new_leavers"], 0, "the {which} read: who left long ago is no leaver: {sync}");
        assert_eq!(sync["backlog"], STILL_OPEN, "the {which} read: every open door must be shown: {sync}");
    }
    let resumed = lockstep.run(&["--json", "run", "resume", "--all"]).expect_code(0, "there is no run");
    assert_eq!(resumed.json(), Value::Array(Vec::new()), "the past starts no run");
    assert_eq!(server.users(), before, "0 writes: every user with its lastModified is as it was");

    let backlog = lockstep.run(&["--json", "backlog", "list"]).expect_code(0, "it is a list").json();
    let backlog = backlog.as_array().cloned().unwrap_or_default();
    assert_eq!(backlog.len(), STILL_OPEN, "one row for each who left and still has access");
    for row in &backlog {
        let accounts = row["open_accounts"].as_array().map_or(0, Vec::len);
        assert_eq!(accounts, 1, "the row must name the door that is open: {row}");
    }
    let leavers = lockstep.run(&["--json", "leaver", "list"]).expect_code(0, "it is a list").json();
    assert_eq!(leavers, Value::Array(Vec::new()), "the past stands in the Backlog, not among the leavers");
}
