//! Offboarding: what is known of a person, what would be done, and doing it.

pub(crate) mod accounts;
pub(crate) mod dossier;
pub(crate) mod facts;
mod guard;
pub(crate) mod open;
mod preview;
mod start;
#[cfg(test)]
mod tests;
mod usage;

pub(crate) use guard::{Guard, Judge};
pub(crate) use preview::{batch_digest, counts, known_account, named};
pub(crate) use usage::{LOOK_BACK, usage_summary};
