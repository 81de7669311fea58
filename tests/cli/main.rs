//! The program `lockstep` as an operator or a script meets it: words, exit codes, bad input.

#![expect(clippy::panic, reason = "a test reports by failing")]

mod bad_input;
mod golden;
#[cfg(unix)]
mod interrupt;
mod normal;
mod secrets;
mod usage;

use lockstep_testkit::{Home, Lockstep};

/// Opens the sealed secrets of the tests' homes, which are thrown away.
const PASSPHRASE: &str = "a throw-away home needs no better passphrase";

/// The program on a home that has not been set up.
fn fresh() -> (Home, Lockstep) {
    let home = Home::new();
    let lockstep = Lockstep::new(&home).with_env("LOCKSTEP_PASSPHRASE", PASSPHRASE);
    (home, lockstep)
}

/// The program on a home that has been set up and knows nobody yet.
fn set_up() -> (Home, Lockstep) {
    let (home, lockstep) = fresh();
    lockstep
        .run(&["init", "--org", "Acme", "--operator-email", "it@acme.test", "--secrets", "sealed-file"])
        .expect_code(0, "every other test stands on a home");
    (home, lockstep)
}

/// The same, with an HR export of this text connected and not yet read.
fn with_export(csv: impl AsRef<[u8]>) -> (Home, Lockstep) {
    let (home, lockstep) = set_up();
    let path = format!("path={}", home.write("people.csv", csv).display());
    lockstep
        .run(&["connection", "add", "csv", "--name", "hr", "--set", &path, "--set", "zone=Europe/Berlin"])
        .expect_code(0, "a file needs no credentials");
    (home, lockstep)
}
