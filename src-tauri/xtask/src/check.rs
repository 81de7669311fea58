use crate::setup::{self, Need};
use crate::stages::Stages;
use crate::test::WITHOUT_SHELL;
use crate::{Result, run, tidy};

/// Everything that judges the source without running it.
pub(crate) fn run() -> Result {
    let mut stages = Stages::default();
    let result = all(&mut stages);
    stages.summary();
    result
}

fn all(stages: &mut Stages) -> Result {
    let deny = stages.run("what the checks need", || {
        setup::require(&[Need::CCompiler])?;
        setup::cargo_deny()
    })?;
    stages.run("format", || run::stream(&mut run::cargo(&["fmt", "--all", "--check"])))?;
    stages.run("lints", || {
        let mut clippy = run::cargo(&["clippy", "--all-targets"]);
        run::stream(clippy.args(WITHOUT_SHELL).args(["--", "-D", "warnings"]))
    })?;
    stages.run("documentation", || {
        let mut doc = run::cargo(&["doc", "--no-deps"]);
        run::stream(doc.args(WITHOUT_SHELL).env("RUSTDOCFLAGS", "-D warnings"))
    })?;
    stages.run("dependencies", || {
        // Advisories are left out: they need a database from the network, and change without a change here.
        let mut command = std::process::Command::new(&deny);
        run::stream(command.args(["check", "bans", "licenses", "sources"]).current_dir(crate::repo::root()))
    })?;
    stages.run("tidy", tidy::run)
}
