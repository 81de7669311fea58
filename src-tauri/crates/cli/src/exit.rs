//! Exit codes, and why a command ended without an answer.

use std::process::ExitCode;

use lockstep_engine::api::RunView;
use lockstep_engine::domain::run::Standing;
use lockstep_engine::{Code, Error};

/// What the program's exit code says; scripts branch on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exit {
    /// Done.
    Done = 0,
    /// It failed, or a verification did not hold.
    Failed = 1,
    /// The request itself is wrong.
    Usage = 2,
    /// A person must decide or act before it can go on.
    NeedsPerson = 3,
    /// Ctrl-C, by the shells' convention (128 + SIGINT).
    Interrupted = 130,
}

impl Exit {
    /// `Done` when it holds, else `otherwise`.
    pub(crate) fn done_if(holds: bool, otherwise: Self) -> Self {
        if holds { Self::Done } else { otherwise }
    }

    /// Where driving these runs ended.
    pub(crate) fn of_runs(runs: &[RunView]) -> Self {
        let waits = runs.iter().any(|run| run.row.standing == Standing::NeedsPerson);
        Self::done_if(!waits, Self::NeedsPerson)
    }
}

impl From<Code> for Exit {
    fn from(code: Code) -> Self {
        match code {
            Code::Usage => Self::Usage,
            // Busy: nothing failed, somebody else is at it; an operator looks there.
            Code::NeedsPerson | Code::SecretsLocked | Code::Busy => Self::NeedsPerson,
            Code::NotFound | Code::NoHome | Code::Store | Code::Tampered | Code::Vendor | Code::Failed => {
                Self::Failed
            }
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

/// Why a command ended without an answer.
#[derive(Debug)]
pub(crate) enum Stop {
    /// It failed.
    Failed(Error),
    /// Ctrl-C.
    Interrupted,
}

impl From<Error> for Stop {
    fn from(error: Error) -> Self {
        Self::Failed(error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_of_failure_has_its_exit_code() {
        for (code, number) in [
            (Code::Usage, 2),
            (Code::NotFound, 1),
            (Code::NeedsPerson, 3),
            (Code::SecretsLocked, 3),
            (Code::NoHome, 1),
            (Code::Store, 1),
            (Code::Tampered, 1),
            (Code::Vendor, 1),
            (Code::Busy, 3),
            (Code::Failed, 1),
        ] {
            assert_eq!(Exit::from(code) as u8, number, "scripts branch on the number for {code:?}");
        }
    }
}
