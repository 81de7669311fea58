//! Tools of other people that live beside the build and never touch the machine.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::needs::{on_path, python};
use crate::{Result, repo, run};

const CARGO_DENY: &str = "~0.20";

/// A program of the Python environment, which is made anew whenever `tests/support/requirements.txt` changed.
pub(crate) fn python_tool(name: &str) -> Result<PathBuf> {
    let venv = repo::tools_dir()?.join("venv");
    let pins = repo::root().join("tests/support/requirements.txt");
    let stamp = venv.join("requirements.stamp");
    let wanted =
        fs::read_to_string(&pins).map_err(|error| format!("cannot read {}: {error}", pins.display()))?;
    if fs::read_to_string(&stamp).is_ok_and(|installed| installed == wanted) {
        return Ok(bin(&venv, name));
    }
    println!("Installing the Python tools of the tests into {}", venv.display());
    run::stream(Command::new(python()).args(["-m", "venv", "--clear"]).arg(&venv))?;
    let mut pip = Command::new(bin(&venv, "python"));
    pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--requirement"]).arg(&pins);
    run::stream(&mut pip)?;
    fs::write(&stamp, wanted).map_err(|error| format!("cannot write {}: {error}", stamp.display()))?;
    Ok(bin(&venv, name))
}

/// cargo-deny (<https://github.com/EmbarkStudios/cargo-deny>): the machine's own, or one built for this repository.
pub(crate) fn cargo_deny() -> Result<PathBuf> {
    if on_path("cargo-deny") {
        return Ok("cargo-deny".into());
    }
    let tools = repo::tools_dir()?;
    let program = tools.join("bin").join(repo::program("cargo-deny"));
    if !program.is_file() {
        println!("Building cargo-deny into {}; this takes some minutes, once", tools.display());
        let mut install =
            run::cargo(&["install", "cargo-deny", "--locked", "--version", CARGO_DENY, "--root"]);
        run::stream(install.arg(&tools))?;
    }
    Ok(program)
}

fn bin(venv: &Path, name: &str) -> PathBuf {
    venv.join(if cfg!(windows) { "Scripts" } else { "bin" }).join(repo::program(name))
}
