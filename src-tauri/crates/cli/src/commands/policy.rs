//! `lockstep policy show`.

use clap::Subcommand;

use crate::context::Context;
use crate::exit::{Exit, Stop};

/// The rules in force
#[derive(Debug, Subcommand)]
pub(crate) enum Policy {
    /// Show the rules in sentences
    Show,
}

impl Policy {
    pub(crate) async fn run(self, context: &Context) -> Result<Exit, Stop> {
        let Self::Show = self;
        let policy = context.desk().await?.policy();
        context.answer(&policy, |page| {
            page.line(format!("Policy ({}), version {}", policy.source, policy.version));
            page.points("Rules", policy.sentences.iter().cloned());
        })?;
        Ok(Exit::Done)
    }
}
