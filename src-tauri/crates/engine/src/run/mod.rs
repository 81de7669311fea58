//! Runs: driving, resuming, what people do to them, and how they are shown.

pub(crate) mod amend;
mod control;
pub(crate) mod drive;
pub(crate) mod journal;
pub(crate) mod last_look;
pub(crate) mod lease;
pub(crate) mod people_act;
pub(crate) mod preserve;
pub(crate) mod record;
pub(crate) mod seal;
pub(crate) mod step;
pub(crate) mod sweep;
pub(crate) mod views;
