//! The engine: the Desk is the one API that the window, the CLI and `serve` call.
//!
//! It gathers facts from connectors and store, lets the domain judge, and writes down what happens before
//! and after it happens.

pub mod api;
mod error;
mod desk;

pub use desk::{Desk, DeskOptions, Init, ProgressSink, SecretsChoice, SecretsKind};
pub use error::{Code, Error, Result};
pub use lockstep_domain as domain;
