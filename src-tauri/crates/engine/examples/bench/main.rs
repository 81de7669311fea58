//! Measures what the issue promises, in release, on the disk that holds the target folder, and prints each
//! number beside its goal. What each number means stands in `docs/bench.md`. Named parts (pages, steps, contain,
//! instant, import, resume) are measured alone.

mod clock;
mod contain;
mod disk;
mod import;
mod office;
mod pages;
mod resume;
mod steps;
mod table;
mod watch;

use std::io::Write;

use table::{Row, print};

/// Shorthand: a benchmark stops at the first thing that goes wrong.
pub(crate) type Result<T, E = Box<dyn std::error::Error>> = std::result::Result<T, E>;

#[tokio::main]
async fn main() -> Result<()> {
    let parts: Vec<String> = std::env::args().skip(1).collect();
    let wanted = |part: &str| parts.is_empty() || parts.iter().any(|p| p == part);
    tell("the disk")?;
    let mut rows: Vec<Row> = disk::measure().await?;
    if wanted("pages") {
        tell("pages of PDF")?;
        rows.extend(pages::measure()?);
    }
    if wanted("steps") {
        tell("the steps of a run")?;
        rows.extend(steps::measure().await?);
    }
    if wanted("contain") {
        tell("how long access stays open after a start")?;
        rows.extend(contain::one().await?);
    }
    if wanted("instant") {
        tell("100 leavers at one instant")?;
        rows.extend(contain::many().await?);
    }
    if wanted("import") {
        tell("importing 100,000 people, and a preview among them")?;
        rows.extend(import::measure().await?);
    }
    if wanted("resume") {
        tell("a ledger of a million entries with 1,000 open runs: verifying and resuming")?;
        rows.extend(resume::measure().await?);
    }
    print(&rows)
}

/// Says what is being measured: building the large homes takes a while.
fn tell(what: &str) -> Result<()> {
    Ok(writeln!(std::io::stderr(), "bench: {what}")?)
}
