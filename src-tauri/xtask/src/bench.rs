use crate::{Result, run};

/// Measures in release; the measured program prints its goals beside its numbers.
pub(crate) fn run() -> Result {
    run::stream(&mut run::cargo(&["run", "--release", "-p", "lockstep-engine", "--example", "bench"]))
}
