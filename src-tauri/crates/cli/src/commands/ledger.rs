//! `lockstep ledger verify` and `lockstep ledger checkpoint`.

use std::path::PathBuf;

use clap::Subcommand;
use lockstep_engine::api::LedgerView;

use crate::context::Context;
use crate::exit::{Exit, Stop};
use crate::files;
use crate::text::Page;

/// The chained record of everything that happened
#[derive(Debug, Subcommand)]
pub(crate) enum Ledger {
    /// Check every entry, every signed checkpoint, and the anchor kept outside the database
    Verify,
    /// Sign what the ledger is now, for an auditor to keep
    ///
    /// Whoever keeps the output can check later that nothing of what they knew was changed or taken away:
    /// with --since it prints the file for `evidence verify --checkpoint`.
    #[command(after_help = "Examples:\n  lockstep ledger checkpoint > 2026-11.txt\n  \
        lockstep ledger checkpoint --since 2026-11.txt > proof.json")]
    Checkpoint {
        /// A checkpoint kept earlier: also proves that this ledger is the same one, grown
        #[arg(long, value_name = "FILE")]
        since: Option<PathBuf>,
    },
}

impl Ledger {
    pub(crate) async fn run(self, context: &Context) -> Result<Exit, Stop> {
        let desk = context.desk().await?;
        match self {
            Self::Verify => {
                let ledger = context.interruptible(desk.verify_ledger()).await?;
                context.answer(&ledger, |page| show(page, &ledger))?;
                Ok(Exit::done_if(ledger.ok, Exit::Failed))
            }
            Self::Checkpoint { since } => {
                let since = since.as_deref().map(files::read_text).transpose()?;
                let made = context.interruptible(desk.checkpoint(since.as_deref())).await?;
                // Nothing but the file, so that the output can be kept.
                context.answer(&made, |page| {
                    made.since.as_ref().unwrap_or(&made.note).lines().for_each(|line| page.line(line));
                })?;
                Ok(Exit::Done)
            }
        }
    }
}

fn show(page: &mut Page, ledger: &LedgerView) {
    page.heading(if ledger.ok { "The ledger is as it was written" } else { "THE LEDGER IS NOT WHAT IT WAS" });
    page.points("What is wrong", ledger.failures.iter().cloned());
    page.gap();
    page.fields(&[
        ("Entries", ledger.entries.to_string()),
        ("Head", ledger.head.to_string()),
        ("Merkle root", ledger.root.to_string()),
        ("Checkpoints", format!("{} checked", ledger.checkpoints)),
        (
            "Anchor",
            ledger.anchor.map_or_else(
                || "none outside the database".to_owned(),
                |(size, head)| format!("{size} entries, head {head}"),
            ),
        ),
    ]);
}
