//! `lockstep backlog list`.

use clap::Subcommand;
use lockstep_engine::api::BacklogRow;

use crate::context::Context;
use crate::exit::{Exit, Stop};
use crate::text::{Page, utc};

/// Who left before Lockstep came and still has access
#[derive(Debug, Subcommand)]
pub(crate) enum Backlog {
    /// List them with the accounts that still work; nothing is done to these without you
    List,
}

impl Backlog {
    pub(crate) async fn run(self, context: &Context) -> Result<Exit, Stop> {
        let Self::List = self;
        let backlog = context.desk().await?.backlog().await?;
        context.answer(&backlog, |page| list(page, &backlog))?;
        Ok(Exit::Done)
    }
}

fn list(page: &mut Page, backlog: &[BacklogRow]) {
    let rows = backlog.iter().map(|row| {
        let person = row.person.to_string();
        let open = row.open_accounts.join(", ");
        [row.name.clone(), utc(row.access_end_at), open, utc(row.signed_in_at), person]
    });
    page.table(
        ["Name", "Access should have ended", "Still open", "Last sign-in since", "Person"],
        rows.collect(),
        "Nobody who left before the first read still has access, as of the last complete read.",
    );
}
