//! The store against real SQLite files in temporary folders.

mod ledger;
mod open;
mod payload;
mod reads;
mod sealed_file;
mod support;
mod tables;
mod transactions;
