//! What a guard says, in words.

use lockstep_engine::domain::guards::Refusal;

use crate::text::utc;

/// Why a run may not start.
pub(crate) fn refusal_words(refusal: &Refusal) -> String {
    match refusal {
        Refusal::Paused { reason, until } => {
            format!("Everything is paused until {}: {reason}", utc(Some(*until)))
        }
        Refusal::ProtectedPerson => "The person is on the protected list.".to_owned(),
        Refusal::OperatorSelf => "You would cut off your own access.".to_owned(),
        Refusal::NotDue { access_end_at: None } => "HR names no day on which access ends.".to_owned(),
        Refusal::NotDue { access_end_at } => format!("Access ends at {}, not yet.", utc(*access_end_at)),
        Refusal::StillEmployed => "Another employment of the person goes on or starts soon.".to_owned(),
        Refusal::StateUnknown => "HR's words about this person cannot be understood.".to_owned(),
        Refusal::MassBreaker { leavers, limit, window_hours } => {
            format!("{leavers} leavers within {window_hours} h; the policy allows {limit}.")
        }
        Refusal::SourceShrunk => "The source of workers became suspiciously small.".to_owned(),
        Refusal::SecondApprover => "A second operator has to approve.".to_owned(),
        Refusal::AuthorityChanged => "What was approved is not what would be done now.".to_owned(),
        Refusal::HrChanged { what } => format!("HR says something else now: {what}"),
        Refusal::ClockOff { seconds } => {
            format!("This machine's clock is {} s from HR's, or was set by as much.", seconds.abs())
        }
        Refusal::HrUnread => "HR cannot be read, and its last complete read is too old.".to_owned(),
    }
}
