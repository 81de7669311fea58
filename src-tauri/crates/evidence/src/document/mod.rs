//! The documents: what they are made of, as plain data, and how they are laid out.
//!
//! A document states what the ledger holds; it decides nothing. It says "evidence complete", "exception" or
//! "evidence missing", never more. Every text may come from outside and is printed safely.

mod common;
mod run_record;
mod run_record_pages;
#[cfg(test)]
mod samples;
mod snapshot;
#[cfg(test)]
mod tests;
mod usage;
mod words;

pub use common::{Ends, Fact, Header, IdentityLink, LedgerHead, Origin, Source};
pub use run_record::{
    Approval, Clocks, EventLine, Evidence, ManualStep, Outcome, ResidualLine, RunRecord, StepRecord,
    SystemRecord,
};
pub use snapshot::{AccountSnapshot, CredentialLine, GrantLine, Snapshot, UnreadSystem};
pub use usage::{UsageLine, UsageSummary};
