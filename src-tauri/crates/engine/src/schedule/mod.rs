//! Approved plans that wait for their instant, and whoever is there when it comes.

mod arm;
mod armed;
mod attend;
mod clock_watch;
mod fire;
mod follow;
mod notices;
mod poll;
mod ready;
mod serve;
mod stop;
mod watch;

pub(crate) use clock_watch::{ClockWatch, MOST_SKEW_S};
pub(crate) use fire::Hindrances;
pub(crate) use poll::{COMMON_FIELDS, every};
pub use serve::Heartbeat;
pub(crate) use stop::Stop;
pub(crate) use watch::due_after;
