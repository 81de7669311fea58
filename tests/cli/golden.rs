//! Every main verb, word for word, along one journey against the real SCIM server.
//!
//! The files stand in `tests/golden/cli`. After a wanted change, `LOCKSTEP_UPDATE_GOLDEN=1` writes them anew;
//! then read the difference as an operator would.

use std::path::{Path, PathBuf};
use std::{env, fs};

use lockstep_testkit::{Home, Lockstep, NewUser, ScimServer};

use crate::normal::Normal;
use crate::with_export;

const HEADER: &str = "employee_id,employee_number,first_name,last_name,work_email,status,start_date,\
                      termination_date,time_zone\n";
const OTHERS: &str = "1002,E-1002,Lee,Roe,lee.roe@acme.test,active,2019-08-15,,Europe/Berlin\n\
                      0007,E-0007,Olaf,Gone,olaf.gone@acme.test,terminated,2015-05-04,2024-02-29,Europe/Oslo\n";

/// A company before and after HR enters Kim's last day.
fn export(kim_leaves: &str) -> String {
    format!(
        "{HEADER}1001,E-1001,Kim,Doe,kim.doe@acme.test,active,2021-03-01,{kim_leaves},Europe/Berlin\n{OTHERS}"
    )
}

struct Journey {
    home: Home,
    lockstep: Lockstep,
    server: ScimServer,
}

impl Journey {
    fn begin() -> Self {
        let server = ScimServer::start();
        let administrators = server.create_group("Administrators");
        for (login, given, family, number) in [
            ("kim.doe@acme.test", "Kim", "Doe", "E-1001"),
            ("lee.roe@acme.test", "Lee", "Roe", "E-1002"),
            ("olaf.gone@acme.test", "Olaf", "Gone", "E-0007"),
        ] {
            let id = server.create_user(&NewUser::named(login, given, family).with_external_id(number));
            if login.starts_with("lee") {
                server.add_member(&administrators, &id);
            }
        }
        let (home, lockstep) = with_export(export(""));
        let lockstep = lockstep.with_env("TOKEN", server.token());
        Self { home, lockstep, server }
    }

    /// Runs the command for people and with `--json`, and compares both with their files.
    fn shows(&self, name: &str, code: i32, args: &[&str]) {
        let normal = Normal::new(&self.server, &self.home);
        let text = self.lockstep.run(args).expect_code(code, name);
        agrees(&format!("{name}.txt"), &normal.text(&format!("{}{}", text.stdout, text.stderr)));
        let with_json: Vec<_> = ["--json"].iter().chain(args).copied().collect();
        let document = self.lockstep.run(&with_json).expect_code(code, name);
        agrees(&format!("{name}.json"), &normal.json(&format!("{}{}", document.stdout, document.stderr)));
    }

    /// Runs what changes something, once, and compares its text.
    fn does(&self, name: &str, code: i32, args: &[&str]) {
        let output = self.lockstep.run(args).expect_code(code, name);
        let normal = Normal::new(&self.server, &self.home);
        agrees(&format!("{name}.txt"), &normal.text(&format!("{}{}", output.stdout, output.stderr)));
    }

    fn learn(&self, args: &[&str], pointer: &str) -> String {
        let with_json: Vec<_> = ["--json"].iter().chain(args).copied().collect();
        let answer = self.lockstep.run(&with_json).expect_code(0, "the next command needs its answer").json();
        let value = answer.pointer(pointer).and_then(|value| value.as_str());
        value.unwrap_or_else(|| panic!("no text at {pointer}: {answer}")).to_owned()
    }
}

#[test]
fn the_main_verbs_answer_word_for_word() {
    let journey = Journey::begin();
    let base_url = format!("base_url={}", journey.server.base_url());
    journey.shows("vendor-show", 0, &["vendor", "show", "csv"]);
    journey.does(
        "connection-add",
        0,
        &[
            "connection",
            "add",
            "scim",
            "--name",
            "directory",
            "--set",
            &base_url,
            "--set",
            "allow_local=true",
            "--set",
            "admin_group=Administrators",
            "--secret",
            "token=env:TOKEN",
        ],
    );
    journey.shows("connection-test", 0, &["connection", "test", "directory"]);
    journey.does("sync-baseline", 0, &["sync"]);
    journey.shows("connection-list", 0, &["connection", "list"]);
    journey.shows("person-list", 0, &["person", "list"]);
    journey.shows("link-list", 0, &["link", "list", "--all"]);
    journey.shows("backlog-list", 0, &["backlog", "list"]);
    journey.does(
        "system-set",
        0,
        &["system", "set", "Design tool", "--lane", "manual", "--owner", "it@acme.test"],
    );
    journey.shows("system-list", 0, &["system", "list"]);

    journey.home.write("people.csv", export("2030-01-31"));
    journey.shows("sync", 0, &["sync"]);
    journey.shows("leaver-list", 0, &["leaver", "list"]);
    journey.shows("person-show", 0, &["person", "show", "kim.doe@acme.test"]);
    journey.shows("preview-too-early", 0, &["offboard", "preview", "kim.doe@acme.test"]);
    journey.does(
        "connection-mode",
        0,
        &["connection", "mode", "directory", "full", "--reason", "links were looked at"],
    );

    let who = ["kim.doe@acme.test", "--now", "--reason", "dismissed"];
    let preview: Vec<_> = ["offboard", "preview"].into_iter().chain(who).collect();
    journey.shows("preview-now", 0, &preview);
    let digest = journey.learn(&preview, "/digest");
    let early = journey.learn(&["offboard", "preview", "kim.doe@acme.test"], "/digest");
    journey.shows("start-too-early", 3, &["offboard", "start", "kim.doe@acme.test", "--approve", &early]);
    let start: Vec<_> = ["offboard", "start"].into_iter().chain(who).chain(["--approve", &digest]).collect();
    journey.does("start", 0, &start);
    journey.shows("run-list", 0, &["run", "list"]);
    let run = journey.learn(&["run", "list"], "/0/id");
    journey.shows("run-show", 0, &["run", "show", &run]);
    journey.shows("run-resume", 0, &["run", "resume", &run]);

    let bundle = journey.home.path().join("evidence.zip").display().to_string();
    journey.does("evidence-export", 0, &["evidence", "export", &run, "--out", &bundle]);
    journey.does("evidence-export-twice", 1, &["evidence", "export", &run, "--out", &bundle]);
    journey.shows("evidence-verify", 0, &["evidence", "verify", &bundle]);
    let key = journey.learn(&["key", "export"], "/verifier_key");
    journey.shows("evidence-verify-trust", 0, &["evidence", "verify", &bundle, "--trust", &key]);
    journey.shows("key-export", 0, &["key", "export"]);
    journey.shows("ledger-verify", 0, &["ledger", "verify"]);
    journey.shows("policy-show", 0, &["policy", "show"]);
    journey.does("pause-on", 0, &["pause", "on", "--hours", "4", "--reason", "migration"]);
    journey.shows("pause-status", 0, &["pause", "status"]);
    journey.does("pause-off", 0, &["pause", "off", "--reason", "done"]);
}

fn agrees(name: &str, got: &str) {
    let path = golden(name);
    if env::var_os("LOCKSTEP_UPDATE_GOLDEN").is_some() {
        fs::write(&path, got).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    }
    let want = fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(got, want, "{} is not what operators and scripts rely on", path.display());
}

fn golden(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/cli").join(name)
}
