//! One file per table or pair of tables: its rows, its reading methods on [`crate::Reader`], its changes on
//! [`crate::Tx`].

pub(crate) mod account_detail;
pub(crate) mod accounts;
pub(crate) mod activity;
pub(crate) mod artefact;
pub(crate) mod checkpoint;
pub(crate) mod connection;
pub(crate) mod cursor;
pub(crate) mod flip;
pub(crate) mod lease;
pub(crate) mod ledger;
pub(crate) mod links;
pub(crate) mod org;
pub(crate) mod outbox;
pub(crate) mod pause;
pub(crate) mod payload;
pub(crate) mod people;
pub(crate) mod policy;
pub(crate) mod reads;
pub(crate) mod runs;
pub(crate) mod scan;
pub(crate) mod staging;
pub(crate) mod system;
pub(crate) mod timer;
pub(crate) mod usage;
pub(crate) mod watch;
