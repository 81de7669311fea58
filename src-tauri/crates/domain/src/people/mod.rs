//! People and their employments, as HR states them.

mod worker;

pub(crate) use worker::words;
pub use worker::{EmploymentType, SourceStatus, TerminationKind, WorkerKind, WorkerRecord};
