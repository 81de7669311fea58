//! What a verb needs on this machine: found, installed where that is safe to do, named otherwise.

mod needs;
mod packages;
mod tools;
mod versions;

pub(crate) use needs::{Need, shifted_clock};
pub(crate) use tools::{cargo_deny, python_tool};

use crate::Result;

/// Makes sure that versions are recent enough and that every need is met.
///
/// On Debian and Ubuntu what is missing is installed through apt; elsewhere it is named, and this is an error.
pub(crate) fn require(needs: &[Need]) -> Result {
    versions::check()?;
    let missing: Vec<Need> = needs.iter().copied().filter(|need| !need.is_met()).collect();
    if missing.is_empty() {
        return Ok(());
    }
    println!("Missing on this machine:");
    for need in &missing {
        println!("  {} ({})", need.facts().name, need.facts().why);
    }
    packages::install(&missing)?;
    match missing.iter().find(|need| !need.is_met()) {
        None => Ok(()),
        Some(need) => Err(format!("{} is still not found after its installation", need.facts().name)),
    }
}
