//! Doing what the story says.

use std::time::Duration;

use chrono::TimeDelta;
use lockstep_practice::Fault;
use lockstep_practice::vendors::bamboohr::BambooHr;
use lockstep_testkit::{Output, wait_for};
use serde_json::Value;

use super::stage::Stage;
use super::story::Act;
use crate::{Result, run};

/// How long `lockstep serve` may take to read every connection, in real time.
const READ_LIMIT: Duration = Duration::from_secs(60);

impl Stage {
    pub(super) fn perform(&mut self, act: &Act) -> Result {
        match *act {
            Act::SetUp => self.run_each(vec![self.practice.init_args()]),
            Act::ConnectCompany => self.run_each(self.practice.connection_args()),
            Act::Run(args) => self.run_and_show(args, 0),
            Act::Asks(args) => self.run_and_show(args, 3),
            Act::Learn { args, path, as_name } => self.learn(args, path, as_name),
            Act::ConfirmLinks => self.confirm_links(),
            Act::HrPlansEnd { days } => self.hr_plans_end(days),
            Act::Ask(cut) => self.ask_everywhere(cut),
            Act::WaitUntilCut(cut) => self.wait_until_cut(cut),
            Act::DirectoryLog => self.directory_log(),
            Act::OpenAiFails => self.openai_fails(),
            Act::OpenAiAnswers => self.openai_answers(),
            Act::Serve => self.serve(),
            Act::PassUntilBeforeEnd { seconds } => self.pass_until_before_end(seconds),
            Act::Pass(time) => self.pass(time),
            Act::WaitUntilRead => self.wait_until_read(),
            Act::WaitUntil { args, path, says } => self.wait_until(args, path, says),
            Act::TrueOrder => self.true_order(),
            Act::EndServe => self.end_serve(),
        }
    }

    fn run_each(&self, commands: Vec<Vec<String>>) -> Result {
        for args in commands {
            let args: Vec<&str> = args.iter().map(String::as_str).collect();
            self.run_and_show(&args, 0)?;
        }
        Ok(())
    }

    fn run_and_show(&self, args: &[&str], code: i32) -> Result {
        let output = self.type_in(args, code)?;
        print!("{}{}", indented(&output.stderr), indented(&output.stdout));
        Ok(())
    }

    /// Runs a command as an operator would, and requires how it ends.
    fn type_in(&self, args: &[&str], code: i32) -> Result<Output> {
        let args: Vec<String> = args.iter().map(|arg| self.fill(arg)).collect();
        println!("  $ lockstep {}", run::words(&args));
        self.ask_program(&args, code)
    }

    /// The same without showing it.
    fn ask_program(&self, args: &[String], code: i32) -> Result<Output> {
        let args: Vec<&str> = args.iter().map(String::as_str).collect();
        let output = self.practice.lockstep.run(&args);
        if output.code == Some(code) {
            Ok(output)
        } else {
            Err(format!("expected exit code {code}:\n{output}"))
        }
    }

    pub(super) fn json(&self, args: &[&str]) -> Result<Value> {
        let args: Vec<String> = args.iter().map(|arg| self.fill(arg)).collect();
        self.ask_program(&args, 0).map(|output| output.json())
    }

    /// Remembers one value of an answer for the steps that follow.
    fn learn(&mut self, args: &[&str], path: &[&str], as_name: &'static str) -> Result {
        let with_json: Vec<&str> = std::iter::once("--json").chain(args.iter().copied()).collect();
        let answer = self.type_in(&with_json, 0)?.json();
        let value = pick(&answer, path).ok_or_else(|| format!("the answer has no text at {path:?}"))?;
        println!("    {as_name}: {value}");
        self.values.insert(as_name, value.to_owned());
        Ok(())
    }

    /// An operator looks at each account that is proposed as the leaver's, and says yes.
    fn confirm_links(&self) -> Result {
        let links = self.json(&["--json", "link", "list"])?;
        let mine = |link: &&Value| link["person_name"] == self.leaver.display_name().as_str();
        for link in links.as_array().into_iter().flatten().filter(mine) {
            let id = link["id"].as_str().unwrap_or_default();
            self.run_and_show(&["link", "confirm", id, "--reason", "asked them"], 0)?;
        }
        Ok(())
    }

    /// HR enters the leaver's last day, in place of one that it entered before.
    fn hr_plans_end(&mut self, days: i64) -> Result {
        let last_day = self.day(days);
        let hr: &BambooHr = &self.practice.office.bamboohr.vendor;
        hr.edit(self.leaver.number, |employee| employee.rows.retain(|row| row.status != "Terminated"));
        hr.terminate(self.leaver.number, last_day, "Resignation (Voluntary)");
        println!("    in BambooHR: {} leaves, last day {last_day}", self.leaver.display_name());
        Ok(())
    }

    fn openai_fails(&mut self) -> Result {
        self.practice.office.openai.faults.always("* /*", Fault::busy(503, 5));
        println!("    openai answers everything with 503 Service Unavailable");
        Ok(())
    }

    fn openai_answers(&mut self) -> Result {
        self.practice.office.openai.faults.clear();
        println!("    openai answers again");
        Ok(())
    }

    fn serve(&mut self) -> Result {
        println!("  $ lockstep serve &");
        self.service = Some(self.practice.lockstep.spawn(&["serve"]));
        Ok(())
    }

    fn end_serve(&mut self) -> Result {
        println!("  $ kill -TERM %1");
        let service = self.service.take().ok_or("nothing serves")?;
        let output = service.end();
        print!("{}", indented(&output.stderr));
        match output.code {
            Some(0) if output.stderr.contains("timers no longer fire") => Ok(()),
            _ => Err(format!("serve did not end cleanly: {output}")),
        }
    }

    /// What the service said so far, for whoever looks for what went wrong.
    pub(super) fn show_log(&mut self) {
        if let Some(service) = self.service.take() {
            print!("{}", indented(&service.end().stderr));
        }
    }

    /// Lets time pass until so many seconds before the leaver's access ends, as HR's record has it now.
    fn pass_until_before_end(&mut self, seconds: i64) -> Result {
        let person = self.json(&["--json", "person", "show", "{leaver}"])?;
        let end = person["access_end_at"].as_str().and_then(|text| text.parse().ok());
        let end = end.ok_or("HR tells no end of access")?;
        self.end = Some(end);
        let left = end - TimeDelta::seconds(seconds) - self.now();
        let left = left.to_std().map_err(|_| format!("{end} is over: this machine is too slow"))?;
        self.pass(left)
    }

    fn pass(&mut self, time: Duration) -> Result {
        self.practice.pass(time);
        println!("    it is now {}", self.fill("{now}"));
        Ok(())
    }

    /// Waits until `lockstep serve` has read every connection since now.
    fn wait_until_read(&self) -> Result {
        // The program's clock is set in whole seconds, so it may be behind the company's by less than one.
        let since = self.now() - TimeDelta::seconds(1);
        let fresh = |row: &Value| {
            let read = row["last_complete_read"].as_str()?.parse::<chrono::DateTime<chrono::Utc>>().ok()?;
            (read >= since).then_some(())
        };
        let all_read = || {
            let rows = self.json(&["--json", "connection", "list"]).ok()?;
            rows.as_array()?.iter().try_for_each(fresh)
        };
        wait_for(READ_LIMIT, all_read).ok_or("serve did not read every connection")?;
        println!("    every connection was read, with nobody at the keyboard");
        Ok(())
    }

    /// Waits until a command's answer says so.
    fn wait_until(&self, args: &[&str], path: &[&str], says: &str) -> Result {
        let with_json: Vec<&str> = std::iter::once("--json").chain(args.iter().copied()).collect();
        let reached = wait_for(READ_LIMIT, || {
            let answer = self.json(&with_json).ok()?;
            (pick(&answer, path)? == says).then_some(())
        });
        match reached {
            Some(()) => self.run_and_show(args, 0),
            None => self.run_and_show(args, 0).and(Err(format!("{path:?} never said {says:?}"))),
        }
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
