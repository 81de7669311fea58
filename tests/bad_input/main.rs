//! What comes from outside broken, hostile or not at all: said clearly, and never a reason to cut anybody.

#![expect(clippy::panic, clippy::unwrap_used, reason = "a test reports by failing")]

mod files;
mod home;
#[cfg(target_os = "linux")]
mod keychain;
mod names;
mod servers;

use lockstep_testkit::Lockstep;
use serde_json::Value;

/// The names on the list of leavers.
fn leavers(lockstep: &Lockstep) -> Vec<String> {
    let list = lockstep.run(&["--json", "leaver", "list"]).expect_code(0, "the list must come").json();
    list.as_array().into_iter().flatten().map(|leaver| leaver["name"].to_string()).collect()
}

/// What the last sync said of one connection.
fn connection<'a>(sync: &'a Value, name: &str) -> &'a Value {
    let all = sync["connections"].as_array().map(Vec::as_slice).unwrap_or_default();
    all.iter().find(|one| one["connection"] == name).unwrap_or_else(|| panic!("no {name}: {sync}"))
}
