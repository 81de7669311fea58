//! The form of a ledger entry and how entries are chained.

mod entry;

pub use entry::{Actor, Draft, Entry, Malformed, leaf_hash};
