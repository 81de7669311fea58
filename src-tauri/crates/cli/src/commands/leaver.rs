//! `lockstep leaver list`.

use clap::Subcommand;
use lockstep_engine::api::LeaverRow;

use crate::context::Context;
use crate::exit::{Exit, Stop};
use crate::text::{Page, plain, utc_with_local};

/// Who leaves
#[derive(Debug, Subcommand)]
pub(crate) enum Leaver {
    /// List who leaves, or left since the first read
    List,
}

impl Leaver {
    pub(crate) async fn run(self, context: &Context) -> Result<Exit, Stop> {
        let Self::List = self;
        let leavers = context.desk().await?.leavers().await?;
        context.answer(&leavers, |page| list(page, &leavers))?;
        Ok(Exit::Done)
    }
}

fn list(page: &mut Page, leavers: &[LeaverRow]) {
    let rows = leavers.iter().map(|leaver| {
        let state = plain(&[std::slice::from_ref(&leaver.state), &leaver.flags].concat().join(", "));
        [
            leaver.name.clone(),
            state,
            utc_with_local(leaver.access_end_at, leaver.access_end_local.as_deref()),
            leaver.open_accounts.to_string(),
            super::or_dash(leaver.run.as_ref()),
            leaver.person.to_string(),
        ]
    });
    page.table(
        ["Name", "State", "Access ends", "Open accounts", "Run", "Person"],
        rows.collect(),
        "Nobody leaves, as of the last complete read.",
    );
}
