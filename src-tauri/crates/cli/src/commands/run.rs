//! `lockstep run …`.

use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};
use clap::{Args, Subcommand};
use lockstep_engine::api::Attestation;
use lockstep_engine::{Code, Desk, Error};

use super::run_page;
use crate::context::Context;
use crate::exit::{Exit, Stop};
use crate::files;

/// What was done for a leaver, and what is left
#[derive(Debug, Subcommand)]
pub(crate) enum Run {
    /// List the runs, access cut and case
    List,
    /// Show a run with every step
    Show {
        /// The run's id or a unique beginning of it
        run: String,
    },
    /// Go on with a run, or with all open ones; blocked steps are tried again
    #[command(after_help = "Exit code 3 when a step still waits for a person.")]
    Resume {
        /// The run's id or a unique beginning of it
        #[arg(required_unless_present = "all")]
        run: Option<String>,
        /// All open runs
        #[arg(long, conflicts_with = "run")]
        all: bool,
    },
    /// Let a held run go on, once HR says again what was approved
    #[command(
        after_help = "Exit code 3 while HR says something else: stop the run and preview the person again."
    )]
    Release {
        /// The run's id or a unique beginning of it
        run: String,
        /// Why; it is recorded
        #[arg(long)]
        reason: String,
    },
    /// Accept as exception: leave a step undone, with your reason in the record
    Waive {
        /// The run's id or a unique beginning of it
        run: String,
        /// The step's id or a unique beginning of it
        step: String,
        /// Why; it is recorded
        #[arg(long)]
        reason: String,
    },
    /// Confirm by hand: say that a step was done, when, and to which account
    Attest(Attest),
}

#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  lockstep run attest 0199a1 4be2 --account kim@acme.test --done-at 2026-09-25T14:05:00-04:00 \\
    --note \"seat removed\" --file screenshot.png")]
pub(crate) struct Attest {
    /// The run's id or a unique beginning of it
    run: String,
    /// The step's id or a unique beginning of it
    step: String,
    /// The account it was done to
    #[arg(long)]
    account: String,
    /// When it was done, with its offset from UTC (RFC 3339)
    #[arg(long, value_name = "TIME", value_parser = instant)]
    done_at: DateTime<Utc>,
    /// What was done, in words
    #[arg(long, value_name = "TEXT")]
    note: String,
    /// A file as proof
    #[arg(long)]
    file: Option<PathBuf>,
}

impl Run {
    pub(crate) async fn run(self, context: &Context) -> Result<Exit, Stop> {
        // A file that cannot be read is told before anything else is asked of the operator.
        let proof = match &self {
            Self::Attest(Attest { file: Some(path), .. }) => Some(proof(path)?),
            _ => None,
        };
        let desk = context.desk().await?;
        let run = match self {
            Self::List => {
                let runs = desk.runs().await?;
                context.answer(&runs, |page| run_page::list(page, &runs))?;
                return Ok(Exit::Done);
            }
            Self::Resume { run, .. } => return resume(context, &desk, run).await,
            Self::Show { run } => desk.run(desk.find_run(&run).await?).await?,
            Self::Release { run, reason } => {
                let run = desk.find_run(&run).await?;
                context.interruptible(desk.release(run, &reason)).await?
            }
            Self::Waive { run, step, reason } => {
                let run = desk.find_run(&run).await?;
                desk.waive(run, &step, &reason).await?
            }
            Self::Attest(Attest { run, step, account, done_at, note, .. }) => {
                let run = desk.find_run(&run).await?;
                desk.attest(Attestation { run, step, account, done_at, note, file: proof }).await?
            }
        };
        context.answer(&run, |page| run_page::show(page, &run))?;
        Ok(Exit::Done)
    }
}

async fn resume(context: &Context, desk: &Desk, run: Option<String>) -> Result<Exit, Stop> {
    let run = match run {
        Some(run) => Some(desk.find_run(&run).await?),
        None => None,
    };
    let runs = context.interruptible(desk.resume(run)).await?;
    context.answer(&runs, |page| run_page::show_all(page, &runs))?;
    Ok(Exit::of_runs(&runs))
}

fn proof(path: &Path) -> lockstep_engine::Result<(String, Vec<u8>)> {
    let name = path.file_name().and_then(|name| name.to_str()).ok_or_else(|| {
        Error::new(
            Code::Usage,
            format!("{} has no file name that can be recorded.", path.display()),
            "Give a file with a plain name.",
        )
    })?;
    Ok((name.to_owned(), files::read(path)?))
}

/// An instant with its offset; without one nobody could tell when it was.
fn instant(text: &str) -> Result<DateTime<Utc>, String> {
    DateTime::parse_from_rfc3339(text)
        .map(|at| at.to_utc())
        .map_err(|_| "write date, time and offset, for example 2026-09-25T14:05:00-04:00".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_needs_its_offset() {
        assert_eq!(
            instant("2026-09-25T14:05:00-04:00").map(|at| at.to_rfc3339()),
            Ok("2026-09-25T18:05:00+00:00".to_owned()),
            "the record is in UTC"
        );
        for text in ["2026-09-25T14:05:00", "2026-09-25", "yesterday", ""] {
            assert!(instant(text).is_err(), "{text:?}: a local time without its zone must not be guessed");
        }
    }
}
