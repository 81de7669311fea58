//! The main job from end to end, as an operator does it: the real program against a SCIM server that nobody
//! of this project wrote. What became of an account is asked of that server, not of Lockstep.

#![expect(clippy::panic, clippy::unwrap_used, reason = "a test reports by failing")]

mod baseline;
mod evidence;
mod guards;
mod leaver;
mod practice;
mod tasks;
