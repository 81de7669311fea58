//! The store against real SQLite files in temporary folders.
//!
//! Marked as tests once more, so that the lints let helpers unwrap as they let tests.

#[cfg(test)]
mod ledger;
#[cfg(test)]
mod open;
#[cfg(test)]
mod payload;
#[cfg(test)]
mod reads;
#[cfg(test)]
mod sealed_file;
#[cfg(test)]
mod support;
#[cfg(test)]
mod tables;
#[cfg(test)]
mod transactions;
#[cfg(test)]
mod usage;
