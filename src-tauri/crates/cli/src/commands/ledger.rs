//! `lockstep ledger verify`.

use clap::Subcommand;
use lockstep_engine::api::LedgerView;

use crate::context::Context;
use crate::exit::{Exit, Stop};
use crate::text::Page;

/// The chained record of everything that happened
#[derive(Debug, Subcommand)]
pub(crate) enum Ledger {
    /// Check every entry, every signed checkpoint, and the anchor kept outside the database
    Verify,
}

impl Ledger {
    pub(crate) async fn run(self, context: &Context) -> Result<Exit, Stop> {
        let Self::Verify = self;
        let desk = context.desk().await?;
        let ledger = context.interruptible(desk.verify_ledger()).await?;
        context.answer(&ledger, |page| show(page, &ledger))?;
        Ok(Exit::done_if(ledger.ok, Exit::Failed))
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
