//! A run is a fold over its ledger entries. There is no status column to drift.

mod event;
#[cfg(test)]
mod fixtures;
mod fold;
mod next;
mod state;
mod summary;

pub use event::{Assurance, EventError, Opened, RunEvent, WaveCause};
pub use fold::{FoldError, Run};
pub use next::{Next, WaveClock};
pub use state::{Attempt, Progress, StepState};
pub use summary::{AccessCut, Standing, late_s};
