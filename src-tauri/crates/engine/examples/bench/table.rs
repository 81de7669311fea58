//! The table that the benchmark prints.

use std::io::Write;
use std::time::Duration;

use crate::Result;

/// One number.
pub(crate) struct Row {
    measure: String,
    result: String,
    /// What was promised, and whether it is kept; `None` for a number that only explains another.
    goal: Option<(String, bool)>,
}

impl Row {
    /// A number that explains another.
    pub(crate) fn beside(measure: impl Into<String>, result: impl Into<String>) -> Self {
        Self { measure: format!("  {}", measure.into()), result: result.into(), goal: None }
    }

    /// A time that must not be longer than its goal.
    pub(crate) fn at_most(measure: &str, took: Duration, goal: Duration) -> Self {
        let goal = Some((format!("≤ {}", time(goal)), took <= goal));
        Self { measure: measure.into(), result: time(took), goal }
    }

    /// A rate of rows that must not be lower than its goal.
    pub(crate) fn at_least(measure: &str, rate: f64, goal: f64) -> Self {
        let goal = Some((format!("≥ {goal:.0} rows/s"), rate >= goal));
        Self { measure: measure.into(), result: format!("{rate:.0} rows/s"), goal }
    }
}

/// Rows per second.
pub(crate) fn rate(rows: u32, took: Duration) -> f64 {
    f64::from(rows) / took.as_secs_f64()
}

/// A time in the unit in which it is read best.
pub(crate) fn time(took: Duration) -> String {
    match took.as_micros() {
        us @ 0..1_000 => format!("{us} µs"),
        1_000..1_000_000 => format!("{:.1} ms", took.as_secs_f64() * 1e3),
        _ => format!("{:.2} s", took.as_secs_f64()),
    }
}

/// The time in the middle.
pub(crate) fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times.get(times.len() / 2).copied().unwrap_or_default()
}

/// Prints the table.
pub(crate) fn print(rows: &[Row]) -> Result<()> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{:<62} {:>16}  {:<15} met", "measure", "result", "goal")?;
    for row in rows {
        let (goal, met) = match &row.goal {
            None => ("", ""),
            Some((goal, true)) => (goal.as_str(), "yes"),
            Some((goal, false)) => (goal.as_str(), "NO"),
        };
        writeln!(out, "{:<62} {:>16}  {:<15} {met}", row.measure, row.result, goal)?;
    }
    Ok(())
}
