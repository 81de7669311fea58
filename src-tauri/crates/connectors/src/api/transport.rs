//! When no answer came, or only half of one.

use std::error::Error as StdError;

use super::address::OutOfReach;
use super::retry::Failure;
use crate::error::{Error, Kind};

/// A read that broke; nothing was changed by it.
pub(super) fn read_broke(error: reqwest::Error, what: &str) -> Failure {
    if let Some(out) = out_of_reach(&error) {
        return Failure::lasting(out.into_error());
    }
    let timed_out = error.is_timeout();
    let error = broken(error, what, "Nothing was changed.");
    // A server that stalls once would cost a whole timeout again.
    if timed_out { Failure::lasting(error) } else { Failure::passing(error) }
}

/// A write that broke. Whether anything was sent is said in words; the outcome is for a read to tell.
pub(super) fn write_broke(error: reqwest::Error, what: &str) -> Error {
    if let Some(out) = out_of_reach(&error) {
        return out.into_error();
    }
    let outcome = if error.is_connect() {
        "Nothing was sent."
    } else {
        "Whether the server acted is unknown until the record is read back."
    };
    broken(error, what, outcome)
}

fn broken(error: reqwest::Error, what: &str, outcome: &str) -> Error {
    let (how, remedy) = match () {
        () if error.is_timeout() => {
            ("no complete answer came in time", "See whether the server is slow or down.")
        }
        () if error.is_connect() => (
            "no connection could be made",
            "Check host, port and certificate of the base URL, the network, and whether the server is up.",
        ),
        () => ("the connection broke before the answer was complete", "See whether the server is up."),
    };
    Error::new(Kind::Unavailable, format!("{what}: {how}. {outcome}"), remedy).caused_by(error.without_url())
}

fn out_of_reach(error: &reqwest::Error) -> Option<OutOfReach> {
    let mut cause: Option<&(dyn StdError + 'static)> = error.source();
    while let Some(e) = cause {
        if let Some(out) = e.downcast_ref::<OutOfReach>() {
            return Some(*out);
        }
        cause = e.source();
    }
    None
}
