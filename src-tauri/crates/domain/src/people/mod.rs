//! People and their employments, as HR states them.

mod employment;
#[cfg(test)]
pub(crate) mod example;
mod state;
mod worker;

pub use employment::{
    ChangeOfEnd, Circumstances, News, REHIRE_DAYS, Reading, change_of_end, held_by, rehire_holds,
    starts_new_stint,
};
pub use state::{
    EmploymentState, History, PersonState, StatusFlag, StintState, Timing, person_state, stint_state,
};
pub(crate) use worker::words;
pub use worker::{EmploymentType, SourceStatus, TerminationKind, WorkerKind, WorkerRecord};
