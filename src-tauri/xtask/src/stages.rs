//! Progress: a line when a stage begins, its time when it ends, and a summary.

use std::time::{Duration, Instant};

use crate::Result;

/// The stages of one run, in order.
#[derive(Default)]
pub(crate) struct Stages {
    done: Vec<(&'static str, Duration, bool)>,
}

impl Stages {
    /// Runs one stage, timed, and passes its result on.
    pub(crate) fn run<T>(&mut self, name: &'static str, work: impl FnOnce() -> Result<T>) -> Result<T> {
        println!("\n== {name}");
        let begin = Instant::now();
        let result = work();
        let time = begin.elapsed();
        println!("== {name}: {} after {:.1} s", word(result.is_ok()), time.as_secs_f64());
        self.done.push((name, time, result.is_ok()));
        result
    }

    /// Prints what each stage took.
    pub(crate) fn summary(&self) {
        println!("\n{:<34} {:>8}", "stage", "seconds");
        for (name, time, ok) in &self.done {
            println!("{name:<34} {:>8.1}  {}", time.as_secs_f64(), word(*ok));
        }
    }
}

fn word(ok: bool) -> &'static str {
    if ok { "done" } else { "FAILED" }
}
