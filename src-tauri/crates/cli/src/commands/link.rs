//! `lockstep link …`.

use clap::{Args, Subcommand};
use lockstep_engine::api::{DecideLink, LinkView};
use lockstep_engine::domain::ids::LinkId;

use crate::context::Context;
use crate::exit::{Exit, Stop};
use crate::text::{Page, plain};

/// Whose an account is
#[derive(Debug, Subcommand)]
pub(crate) enum Link {
    /// List the links that wait for a decision
    List {
        /// List the decided ones too
        #[arg(long)]
        all: bool,
    },
    /// Say that the account is this person's
    Confirm(Decision),
    /// Say that the account is not this person's
    Reject(Decision),
}

#[derive(Debug, Args)]
pub(crate) struct Decision {
    /// The link's id, from `lockstep link list`
    link: LinkId,
    /// Why; it is recorded
    #[arg(long)]
    reason: String,
}

impl Link {
    pub(crate) async fn run(self, context: &Context) -> Result<Exit, Stop> {
        let desk = context.desk().await?;
        let (decision, confirm) = match self {
            Self::List { all } => {
                let links = desk.links(!all).await?;
                context.answer(&links, |page| list(page, &links))?;
                return Ok(Exit::Done);
            }
            Self::Confirm(decision) => (decision, true),
            Self::Reject(decision) => (decision, false),
        };
        let Decision { link, reason } = decision;
        let link = desk.decide_link(DecideLink { link, confirm, reason }).await?;
        context.answer(&link, |page| {
            let LinkView { person_name, connection, login, state, .. } = &link;
            page.line(format!("{login} in {connection} and {person_name}: {state}."));
        })?;
        Ok(Exit::Done)
    }
}

fn list(page: &mut Page, links: &[LinkView]) {
    let rows = links.iter().map(|link| {
        [
            link.person_name.clone(),
            link.connection.clone(),
            link.login.clone(),
            link.state.clone(),
            format!("{} %", link.confidence),
            plain(&link.reasons.join("; ")),
            link.id.to_string(),
        ]
    });
    page.table(
        ["Person", "Connection", "Login", "State", "Sure", "Why", "Link"],
        rows.collect(),
        "No account waits for a decision.",
    );
}
