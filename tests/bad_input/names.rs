//! Names made to deceive a terminal, a database, a folder or a spreadsheet, from HR and from the directory.

use std::fs;
use std::path::Path;

use lockstep_testkit::{Company, LONG_OVER, NewUser};

const HOSTILE: [&str; 5] = [
    "Robert'); DROP TABLE person;--",
    "\u{202e}eoD",
    "a\u{1b}]0;owned\u{7}b",
    "=cmd|' /C calc'!A0",
    "../../etc/passwd",
];

#[test]
fn hostile_names_are_shown_harmless_cut_like_any_other_and_never_become_paths() {
    let company = Company::of(&["Kim", "Lee"]);
    let header = "employee_id,employee_number,first_name,last_name,work_email,status,start_date,\
                  termination_date,time_zone,department\n";
    let export = |status: &str, last_day: &str| {
        let rows = HOSTILE.iter().enumerate().map(|(n, name)| {
            format!(
                "h{n},H-{n},X,\"{name}\",h{n}@acme.test,{status},2021-03-01,{last_day},Europe/Berlin,\"{name}\"\n"
            )
        });
        let others = "0,E-0000,Kim,Doe,kim@acme.test,active,2021-03-01,,Europe/Berlin,IT\n\
                      1,E-0001,Lee,Doe,lee@acme.test,active,2021-03-01,,Europe/Berlin,IT\n";
        company.home.write("people.csv", format!("{header}{others}{}", rows.collect::<String>()));
    };
    export("active", "");
    let accounts: Vec<String> = HOSTILE
        .iter()
        .enumerate()
        .map(|(n, name)| {
            let user = NewUser::named(&format!("h{n}{name}"), "X", name);
            company.server.create_user(&user.with_external_id(&format!("H-{n}")))
        })
        .collect();
    company.lockstep.run(&["sync"]).expect_code(0, "a strange name is no reason to lose a person");
    export("terminated", LONG_OVER);
    company.lockstep.run(&["sync"]).expect_code(0, "nor to miss a leaver");
    company.let_it_act();

    let who: Vec<String> = (0..HOSTILE.len()).map(|n| format!("h{n}@acme.test")).collect();
    let who: Vec<&str> = who.iter().map(String::as_str).collect();
    let digest = company.digest(&who);
    let preview: Vec<&str> = ["offboard", "preview"].into_iter().chain(who.clone()).collect();
    let start: Vec<&str> =
        ["offboard", "start"].into_iter().chain(who.clone()).chain(["--approve", &digest]).collect();
    let wanted = [
        &["person", "list"][..],
        &["person", "show", who[1]],
        &["link", "list", "--all"],
        &["leaver", "list"],
        &preview,
        &start,
        &["run", "list"],
        &["ledger", "verify"],
    ];
    for args in wanted {
        shows_no_raw_mark(&company, args);
        shows_no_raw_mark(&company, &[&["--json"], args].concat());
    }
    for account in &accounts {
        assert_eq!(company.server.is_active(account), Some(true), "names that differ need a person's word");
    }
    let links = company.lockstep.run(&["--json", "link", "list"]).expect_code(0, "it is a list").json();
    for link in links.as_array().into_iter().flatten() {
        let id = link["id"].as_str().unwrap();
        shows_no_raw_mark(&company, &["link", "confirm", id, "--reason", "the numbers agree"]);
    }
    shows_no_raw_mark(&company, &["run", "resume", "--all"]);
    for (name, account) in HOSTILE.iter().zip(&accounts) {
        assert_eq!(company.server.is_active(account), Some(false), "{name:?} leaves like anybody else");
    }
    assert!(company.may_sign_in("Kim") && company.may_sign_in("Lee"), "a name must not cut others");

    let runs = company.lockstep.run(&["--json", "run", "list"]).expect_code(0, "no table was dropped").json();
    for run in runs.as_array().into_iter().flatten() {
        let id = run["id"].as_str().unwrap();
        shows_no_raw_mark(&company, &["run", "show", id]);
        company.lockstep.run(&["evidence", "export", id]).expect_code(0, "the file is named by our ids");
    }
    let vault = company.home.lockstep_dir().join("vault");
    assert!(
        files(&vault).len() >= 2 * HOSTILE.len(),
        "snapshot and record of everybody must be in the vault"
    );
    for path in files(company.home.path()) {
        assert!(
            path.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"/._-".contains(&byte)),
            "no name from outside may become a path: {path:?}"
        );
    }
}

/// A command's answer may hold no mark that steers a terminal, be it an answer or a refusal.
fn shows_no_raw_mark(company: &Company, args: &[&str]) {
    let output = company.lockstep.run(args);
    assert!(matches!(output.code, Some(0 | 3)), "{args:?} must work or be refused:\n{output}");
    for text in [&output.stdout, &output.stderr] {
        let steers =
            |c: char| (c.is_control() && c != '\n') || "\u{202e}\u{202d}\u{2066}\u{2067}".contains(c);
        assert!(!text.contains(steers), "{args:?} lets a name steer the terminal:\n{text:?}");
    }
}

fn files(folder: &Path) -> Vec<String> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
        if entry.file_type().unwrap().is_dir() {
            found.extend(files(&entry.path()));
        } else {
            found.push(entry.path().display().to_string());
        }
    }
    found
}
