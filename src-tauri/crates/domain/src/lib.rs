//! The pure core: nouns, wishes, policy, plans, and runs as folds.
//!
//! Nothing here reads a clock, a file, the network or randomness: the present is a parameter and ids are
//! handed in. Everything is therefore decided the same way in a test, in the window and in an audit.

pub mod access;
pub mod activity;
pub mod capability;
pub mod digest;
pub mod guards;
pub mod identity;
pub mod ids;
pub mod ledger;
pub mod lookback;
pub mod people;
pub mod plan;
pub mod policy;
pub mod run;
pub mod systems;
pub mod time;

/// A word that stands for none of the known values.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{word:?} is not a {kind}; use one of: {known}")]
pub struct UnknownWord {
    kind: &'static str,
    word: String,
    known: String,
}

impl UnknownWord {
    fn new<'a>(kind: &'static str, word: &str, known: impl Iterator<Item = &'a str>) -> Self {
        let known = known.collect::<Vec<_>>().join(", ");
        Self { kind, word: word.chars().take(80).collect(), known }
    }
}
