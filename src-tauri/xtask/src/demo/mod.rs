//! The main job on real parts, told step by step. What is done is a list in `story.rs`; this file does it.

mod story;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use chrono::{DateTime, Days, SecondsFormat, Utc};
use lockstep_testkit::{Home, Lockstep, NewUser, Output, ScimServer};
use serde_json::Value;

use crate::setup::{self, Need};
use crate::{Result, repo, run};
use story::{ADMINISTRATOR, Act, PEOPLE, STORY, Step};

/// Opens the sealed file store of the demonstration's home, which is thrown away at the end.
const PASSPHRASE: &str = "a throw-away home needs no better passphrase";

pub(crate) fn run(headless: bool) -> Result {
    if !headless {
        return Err("the window comes in a later version; use `cargo xtask demo --headless`".into());
    }
    setup::require(&[Need::CCompiler, Need::Python])?;
    let scim = setup::python_tool("scim2-server")?;
    run::stream(&mut run::cargo(&["build", "-p", "lockstep-cli"]))?;
    let program = repo::debug_dir()?.join(repo::program("lockstep"));

    let mut demo = Demo::prepare(&program, &scim)?;
    for (number, step) in STORY.iter().enumerate() {
        println!("\n[{}/{}] {}", number + 1, STORY.len(), step.say);
        demo.perform(step)?;
    }
    println!("\nDone: cut, read back, and proven. The temporary home and the server are gone.");
    Ok(())
}

/// A home, a server with people on it, and what was learnt on the way.
struct Demo {
    home: Home,
    lockstep: Lockstep,
    server: ScimServer,
    /// The server's id of the group that everybody is in.
    engineering: String,
    /// The server's ids by login, in the order of the story.
    accounts: Vec<(&'static str, String)>,
    /// Values for the `{placeholders}` of the story.
    values: BTreeMap<&'static str, String>,
}

impl Demo {
    fn prepare(program: &Path, scim: &Path) -> Result<Self> {
        let home = Home::new();
        let server = ScimServer::start_program(scim)?;
        println!("\nA SCIM 2.0 server (scim2-server, not ours) answers at {}.", server.base_url());
        let engineering = server.create_group("Engineering");
        let administrators = server.create_group("Administrators");
        let mut accounts = Vec::new();
        for [login, given, family, number] in PEOPLE {
            let id = server.create_user(&NewUser::named(login, given, family).with_external_id(number));
            server.add_member(&engineering, &id);
            if login == ADMINISTRATOR {
                server.add_member(&administrators, &id);
            }
            accounts.push((login, id));
        }
        println!("It has {} active accounts in the group Engineering.", accounts.len());
        println!(
            "Secrets of this temporary home go to the sealed file store, opened by LOCKSTEP_PASSPHRASE. \
             A home of your own uses the operating system's keychain."
        );
        let lockstep = Lockstep::at(program.to_owned(), &home)
            .with_env("LOCKSTEP_PASSPHRASE", PASSPHRASE)
            .with_env("DEMO_SCIM_TOKEN", server.token());
        let path = |name: &str| home.path().join(name).display().to_string();
        let values = BTreeMap::from([
            ("base_url", server.base_url().to_owned()),
            ("export", path("hr-export.csv")),
            ("bundle", path("evidence.zip")),
            ("yesterday", yesterday().format("%Y-%m-%d").to_string()),
        ]);
        Ok(Self { home, lockstep, server, engineering, accounts, values })
    }

    fn perform(&mut self, step: &Step) -> Result {
        match step.act {
            Act::HrExports(name) => self.hr_exports(name),
            Act::Run(args) => {
                let output = self.type_in(args)?;
                print!("{}{}", indented(&output.stderr), indented(&output.stdout));
                Ok(())
            }
            Act::Learn { args, path, as_name } => self.learn(args, path, as_name),
            Act::AskServer { cut } => self.ask_server(cut),
        }
    }

    /// Puts a fixture where the connection reads HR's export.
    fn hr_exports(&self, name: &str) -> Result {
        let path = repo::root().join("tests/fixtures/demo").join(name);
        let text =
            fs::read_to_string(&path).map_err(|error| format!("cannot read {}: {error}", path.display()))?;
        let text = self.fill(&text);
        self.home.write("hr-export.csv", &text);
        print!("{}", indented(&text));
        Ok(())
    }

    /// Remembers one value of an answer for the steps that follow.
    fn learn(&mut self, args: &[&str], path: &[&str], as_name: &'static str) -> Result {
        let with_json: Vec<&str> = std::iter::once("--json").chain(args.iter().copied()).collect();
        let answer = self.type_in(&with_json)?.json();
        let value = pick(&answer, path).ok_or_else(|| format!("the answer has no text at {path:?}"))?;
        println!("    {as_name}: {value}");
        self.values.insert(as_name, value.to_owned());
        Ok(())
    }

    /// Runs a command as an operator would, and requires that it succeeds.
    fn type_in(&self, args: &[&str]) -> Result<Output> {
        let args: Vec<String> = args.iter().map(|arg| self.fill(arg)).collect();
        let words: Vec<&str> = args.iter().map(String::as_str).collect();
        println!("  $ lockstep {}", run::words(&words));
        let output = self.lockstep.run(&words);
        match output.code {
            Some(0) => Ok(output),
            code => Err(format!("expected exit code 0, not {code:?}:\n{}{}", output.stdout, output.stderr)),
        }
    }

    /// What the server itself says, not what Lockstep says about it: all may sign in but those who were cut.
    fn ask_server(&self, cut: &[&str]) -> Result {
        for (login, id) in &self.accounts {
            let active = self.server.is_active(id);
            let word = match active {
                Some(true) => "active",
                Some(false) => "NOT active",
                None => "not there",
            };
            let member = self.server.members(&self.engineering).contains(id);
            let group = if member { "in Engineering" } else { "in no group" };
            println!("    the server says: {login:<22} {word:<11} {group}");
            let expected = !cut.contains(login);
            if active != Some(expected) || member != expected {
                return Err(format!("{login} should be {}", if expected { "active" } else { "cut" }));
            }
        }
        Ok(())
    }

    fn fill(&self, text: &str) -> String {
        let text = text.replace("{now}", &present().to_rfc3339_opts(SecondsFormat::Secs, true));
        self.values.iter().fold(text, |text, (name, value)| text.replace(&format!("{{{name}}}"), value))
    }
}

fn indented(text: &str) -> String {
    text.lines().map(|line| format!("    {line}\n")).collect()
}

/// Follows a path through an answer: a field's name, a number, or `field=text` for the row that has it.
fn pick<'a>(answer: &'a Value, path: &[&str]) -> Option<&'a str> {
    let found = path.iter().try_fold(answer, |value, part| match (value, part.split_once('=')) {
        (Value::Array(rows), Some((field, text))) => rows.iter().find(|row| row[field] == text),
        (Value::Array(rows), None) => rows.get(part.parse::<usize>().ok()?),
        _ => value.get(part),
    });
    found?.as_str()
}

/// The day before today in UTC. It is over in every zone east of it, and the story's people live there.
fn yesterday() -> DateTime<Utc> {
    present().checked_sub_days(Days::new(1)).unwrap_or_else(present)
}

#[expect(clippy::disallowed_methods, reason = "a demonstration happens today; nothing is decided from this")]
fn present() -> DateTime<Utc> {
    std::time::SystemTime::now().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_found_by_name_number_or_row() {
        let answer: Value =
            serde_json::json!({ "steps": [{ "system": "A", "id": "1" }, { "system": "B", "id": "2" }] });
        let rows: [(&[&str], Option<&str>); 4] = [
            (&["steps", "system=B", "id"], Some("2")),
            (&["steps", "0", "id"], Some("1")),
            (&["steps", "system=C", "id"], None),
            (&["steps"], None),
        ];
        for (path, expected) in rows {
            assert_eq!(
                pick(&answer, path),
                expected,
                "a wrong value would send the story elsewhere: {path:?}"
            );
        }
    }
}
