//! The main job, as an operator does it: HR's export says that somebody left, and a real SCIM server, asked
//! directly, no longer lets them in.
#![expect(clippy::panic, reason = "a test reports by failing")]

use std::fs;
use std::path::Path;

use lockstep_testkit::{Home, Lockstep, NewUser, Output, ScimServer};
use serde_json::Value;

const HEADER: &str = "employee_id,employee_number,first_name,last_name,work_email,status,start_date,termination_date,time_zone\n";
const LEE: &str = "1002,E-1002,Lee,Roe,lee.roe@acme.test,active,2019-08-15,,Europe/Berlin\n";
const KIM_WORKS: &str = "1001,E-1001,Kim,Doe,kim.doe@acme.test,active,2021-03-01,,Europe/Berlin\n";
const KIM_LEFT: &str =
    "1001,E-1001,Kim,Doe,kim.doe@acme.test,terminated,2021-03-01,2025-06-30,Europe/Berlin\n";

/// A company of two on a server, read once, after which HR says that Kim left.
struct Company {
    home: Home,
    lockstep: Lockstep,
    server: ScimServer,
    kim: String,
    lee: String,
    engineering: String,
}

impl Company {
    fn where_kim_left() -> Self {
        let home = Home::new();
        let server = ScimServer::start();
        let kim =
            server.create_user(&NewUser::named("kim.doe@acme.test", "Kim", "Doe").with_external_id("E-1001"));
        let lee =
            server.create_user(&NewUser::named("lee.roe@acme.test", "Lee", "Roe").with_external_id("E-1002"));
        let engineering = server.create_group("Engineering");
        server.add_member(&engineering, &kim);
        server.add_member(&engineering, &lee);
        server.add_member(&server.create_group("Administrators"), &lee);
        let lockstep = Lockstep::new(&home)
            .with_env("LOCKSTEP_PASSPHRASE", "thrown away with the home")
            .with_env("TOKEN", server.token());
        let company = Self { home, lockstep, server, kim, lee, engineering };
        company.connect();
        company.does(&["sync"]);
        company.home.write("hr.csv", format!("{HEADER}{KIM_LEFT}{LEE}"));
        company.does(&["sync"]);
        company
    }

    fn connect(&self) {
        let export = self.home.write("hr.csv", format!("{HEADER}{KIM_WORKS}{LEE}"));
        let path = format!("path={}", export.display());
        let base_url = format!("base_url={}", self.server.base_url());
        self.does(&["init", "--org", "Acme", "--operator-email", "it@acme.test", "--secrets", "sealed-file"]);
        self.does(&[
            "connection",
            "add",
            "csv",
            "--name",
            "hr",
            "--set",
            &path,
            "--set",
            "zone=Europe/Berlin",
        ]);
        let scim = ["connection", "add", "scim", "--name", "directory", "--secret", "token=env:TOKEN"];
        let settings =
            ["--set", &base_url, "--set", "allow_local=true", "--set", "admin_group=Administrators"];
        self.does(&[&scim[..], &settings[..]].concat());
    }

    fn does(&self, args: &[&str]) -> Output {
        self.lockstep.run(args).expect_code(0, "the journey goes on only when this is done")
    }

    fn asks(&self, args: &[&str]) -> Value {
        self.does(&[&["--json"], args].concat()).json()
    }

    fn allow_all(&self) {
        self.does(&["connection", "mode", "directory", "full", "--reason", "links were looked at"]);
    }

    /// Approves what the preview shows and starts it.
    fn start(&self) -> Output {
        let preview = self.asks(&["offboard", "preview", "kim.doe@acme.test"]);
        let digest = text(&preview, "/digest");
        self.lockstep.run(&["offboard", "start", "kim.doe@acme.test", "--approve", digest])
    }

    fn run(&self) -> Value {
        let runs = self.asks(&["run", "list"]);
        self.asks(&["run", "show", text(&runs, "/0/id")])
    }
}

#[test]
fn a_leaver_is_cut_at_the_server_and_the_evidence_verifies() {
    let company = Company::where_kim_left();
    company.allow_all();
    let preview = company.asks(&["offboard", "preview", "kim.doe@acme.test"]);
    assert_eq!(text(&preview, "/people/0/state"), "terminated", "HR's date alone makes a leaver");
    assert_eq!(company.server.is_active(&company.kim), Some(true), "looking must cut nobody");

    company.start().expect_code(0, "every step can be done and read back here");
    assert_eq!(company.server.is_active(&company.kim), Some(false), "the server itself must say so");
    assert_eq!(
        company.server.members(&company.engineering),
        std::slice::from_ref(&company.lee),
        "memberships of the leaver go, those of others stay"
    );
    assert_eq!(company.server.is_active(&company.lee), Some(true), "nobody else may be touched");

    let run = company.run();
    assert_eq!(
        run.pointer("/access_cut/cut"),
        run.pointer("/access_cut/of"),
        "the run must say the same: {run}"
    );
    assert_eq!(run["hr_reread"], true, "HR is read again before the cut");
    let steps = run["steps"].as_array().unwrap_or_else(|| panic!("a run has steps: {run}"));
    assert!(
        steps.iter().all(|step| step["detail"] == "read back" && step["attempts"] == 1),
        "each step is written once and read back: {steps:#?}"
    );

    let bundle = company.home.path().join("evidence.zip").display().to_string();
    company.does(&["evidence", "export", text(&run, "/id"), "--out", &bundle]);
    company.does(&["evidence", "verify", &bundle]);
    company.does(&["ledger", "verify"]);
}

#[test]
fn an_auditor_who_kept_a_checkpoint_can_tell_that_nothing_was_taken_away() {
    let company = Company::where_kim_left();
    let kept = company.does(&["ledger", "checkpoint"]).stdout;
    let kept = company.home.write("kept.txt", kept).display().to_string();
    company.allow_all();
    company.start().expect_code(0, "the ledger grows by a whole run");
    let proof = company.does(&["ledger", "checkpoint", "--since", &kept]).stdout;
    let bundle = company.home.path().join("evidence.zip").display().to_string();
    company.does(&["evidence", "export", text(&company.run(), "/id"), "--out", &bundle]);

    let good = company.home.write("proof.json", &proof).display().to_string();
    company.does(&["evidence", "verify", &bundle, "--checkpoint", &good]);

    let forged = proof.replacen(&first_hash(&proof), &"0".repeat(64), 1);
    let forged = company.home.write("forged.json", forged).display().to_string();
    let refused = company.lockstep.run(&["evidence", "verify", &bundle, "--checkpoint", &forged]);
    refused.expect_code(1, "a ledger that was rewritten since must not pass");
}

/// The first hash of a consistency proof.
fn first_hash(proof: &str) -> String {
    let value: Value = serde_json::from_str(proof).unwrap_or_else(|e| panic!("{e}: {proof}"));
    text(&value, "/proof/0").to_owned()
}

#[test]
fn an_observed_server_is_not_touched_until_somebody_says_so() {
    let company = Company::where_kim_left();
    company.start().expect_code(3, "a connection that only observes needs a person");
    assert_eq!(company.server.is_active(&company.kim), Some(true), "observing means no write");
    let run = company.run();
    assert_eq!(run["sealed_at"], Value::Null, "a blocked step must not look like a finished run: {run}");
    assert_eq!(text(&run, "/standing"), "needs_person", "somebody must be told: {run}");

    company.allow_all();
    company.does(&["run", "resume", text(&run, "/id")]);
    assert_eq!(company.server.is_active(&company.kim), Some(false), "the same run goes on where it was");
    company.does(&["run", "resume", text(&run, "/id")]);
    assert!(
        company.run()["steps"].as_array().is_some_and(|steps| steps.iter().all(|step| step["attempts"] == 1)),
        "going on with what is done must write nothing again"
    );
}

#[test]
fn the_token_stands_in_no_file_in_the_open() {
    let company = Company::where_kim_left();
    company.allow_all();
    company.start().expect_code(0, "the token is used for every step");
    let secret = company.server.token().as_bytes();
    let seen = files(&company.home.lockstep_dir());
    assert!(
        seen.iter().any(|(path, _)| path.ends_with(".db")),
        "the database must be among what is searched"
    );
    for (path, bytes) in seen {
        assert!(
            !bytes.windows(secret.len()).any(|part| part == secret),
            "{path} holds the token in the open; whoever copies the home would have it"
        );
    }
}

fn text<'a>(value: &'a Value, pointer: &str) -> &'a str {
    value.pointer(pointer).and_then(Value::as_str).unwrap_or_else(|| panic!("no text at {pointer}: {value}"))
}

/// Every file below a folder with its bytes.
fn files(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let entries = fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let paths = entries.filter_map(|entry| Some(entry.ok()?.path()));
    paths
        .flat_map(|path| {
            if path.is_dir() {
                return files(&path);
            }
            // A lock file may be gone again by now.
            fs::read(&path).map(|bytes| (path.display().to_string(), bytes)).into_iter().collect()
        })
        .collect()
}
