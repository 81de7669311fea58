//! The engine: the Desk is the one API that the window, the CLI and `serve` call.
//!
//! It gathers facts from connectors and store, lets the domain judge, and writes down what happens before
//! and after it happens.

pub mod api;
mod connections;
mod date_settings;
mod desk;
mod error;
mod evidence;
mod home;
mod keys;
mod ledger;
mod lookback;
mod offboard;
mod pause;
mod people;
mod policy;
mod run;
mod schedule;
mod stints;
mod sync;
mod systems;
mod vendors;
mod words;

pub use desk::{Desk, DeskOptions, Init, ProgressSink, SecretsChoice, SecretsKind};
pub use error::{Code, Error, Result};
pub use lockstep_connectors::SystemClock;
pub use lockstep_connectors::vendors::all as vendors;
pub use lockstep_domain as domain;
pub use schedule::Heartbeat;
pub use vendors::vendor_views;
