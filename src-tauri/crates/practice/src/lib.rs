//! A practice company: simulated vendors on loopback, each built from its vendor's documentation with the awkward
//! parts, and a seeded population. For tests and demonstrations only; never linked into a release.
//!
//! To add a vendor: a module under [`vendors`] that implements [`Simulator`], a field of [`Office`] and its two
//! lines in `office.rs`.

pub mod answer;
mod control;
pub mod faults;
pub mod log;
pub mod office;
pub mod population;
pub mod serve;
pub mod strict;
pub mod time;
pub mod vendors;

pub use faults::{Fault, FaultRule, Faults};
pub use log::{Entry, RequestLog};
pub use office::{Office, OfficeOptions};
pub use population::{Case, Person, Population};
pub use serve::Running;
pub use strict::{Asked, Refusal, Route, Simulator};
pub use time::PracticeClock;
