//! Approved plans that wait for their instant, and whoever is there when it comes.

mod arm;
mod armed;
mod clock_watch;
mod fire;
mod follow;

pub(crate) use clock_watch::{ClockWatch, MOST_SKEW_S};
