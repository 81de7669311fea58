use std::process::ExitCode;

use crate::setup::{self, Need};
use crate::stages::Stages;
use crate::{Result, repo, run, tidy};

/// The shell needs a window system's libraries to compile, and has no logic that could be tested without one.
pub(crate) const WITHOUT_SHELL: [&str; 3] = ["--workspace", "--exclude", "lockstep-shell"];

/// Builds the program, runs the tests against it, and tidies. `only` replaces the choice of tests.
///
/// The last line of the output is `N passed, N failed`.
pub(crate) fn run(only: &[String]) -> ExitCode {
    let mut stages = Stages::default();
    let mut count = Count::default();
    let result = all(&mut stages, &mut count, only);
    stages.summary();
    if let Err(reason) = &result {
        println!("\nerror: {reason}");
    }
    println!("\n{} passed, {} failed", count.passed, count.failed);
    if result.is_ok() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn all(stages: &mut Stages, count: &mut Count, only: &[String]) -> Result {
    let scim = stages.run("what the tests need", || {
        setup::require(&[Need::CCompiler, Need::Python, Need::PdfText, Need::Keychain, Need::ShiftedClock])?;
        setup::python_tool("scim2-server")
    })?;
    stages.run("build lockstep", || run::stream(&mut run::cargo(&["build", "-p", "lockstep-cli"])))?;
    let lockstep = repo::debug_dir()?.join(repo::program("lockstep"));
    let tests = stages.run("tests", || {
        let mut command = run::cargo(&["test", "--no-fail-fast"]);
        if only.is_empty() {
            command.args(WITHOUT_SHELL)
        } else {
            command.args(only)
        };
        command.env("LOCKSTEP_BIN", &lockstep).env("SCIM2_SERVER", &scim);
        if let Some(library) = setup::shifted_clock() {
            command.env("FAKETIME_LIB", library);
        }
        let passed = run::stream_lines(&mut command, |line| count.see(line))?;
        if passed { Ok(()) } else { Err("`cargo test` failed; its output above names what".to_owned()) }
    });
    let tidy = stages.run("tidy", tidy::run);
    tests.and(tidy)
}

/// Adds up the result lines of all test programs.
#[derive(Default, Debug, PartialEq)]
struct Count {
    passed: u64,
    failed: u64,
}

impl Count {
    fn see(&mut self, line: &str) {
        let Some(rest) = line.strip_prefix("test result: ") else { return };
        for part in rest.split([';', '.']) {
            match part.trim().split_once(' ') {
                Some((number, "passed")) => self.passed += number.parse::<u64>().unwrap_or(0),
                Some((number, "failed")) => self.failed += number.parse::<u64>().unwrap_or(0),
                _ => {}
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_result_lines_of_all_test_programs_are_added_up() {
        let mut count = Count::default();
        count.see("running 4 tests");
        count.see(
            "test result: ok. 12 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.00s",
        );
        count.see("test result: FAILED. 3 passed; 2 failed; 0 ignored; 0 measured; 0 filtered out; finished in 1.00s");
        assert_eq!(
            count,
            Count { passed: 15, failed: 2 },
            "the last line of the output is what an automatic build reads"
        );
    }
}
