//! Connectors: one module per vendor under `vendors`, one contract, and `api` as the only door to the network.
//!
//! A vendor module maps. It does not log in, pace, retry, sleep by itself, or hold a secret longer than a
//! request; `api` does that for all of them. No connector retries a write: an attempt is the engine's.

pub mod api;
pub mod clock;
pub mod contract;
pub mod descriptor;
pub mod error;
pub mod vendors;

pub use clock::{Clock, ManualClock, SystemClock};
pub use contract::{
    AccessTarget, AccountPage, AccountSource, ActivityFrom, ActivityPage, ActivitySource, Changes,
    Completeness, Connector, Notice, NoticeSink, OpenContext, Order, Probe, Quarantined, ReadSummary,
    Receipt, Severity, UsageSource, Vendor, WorkerSource,
};
pub use descriptor::{Descriptor, Field, FieldKind, Pace, RoleKind, Scope};
pub use error::{Error, Kind, Result};
