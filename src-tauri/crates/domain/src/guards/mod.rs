//! The guards: pure judgements on when not to act. The engine gathers the facts and obeys.

mod start;
mod write;

pub use start::{Refusal, StartFacts, mass_breaker, may_start};
pub use write::{Blocker, WriteFacts, may_write};
