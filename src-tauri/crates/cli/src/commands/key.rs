//! `lockstep key export`.

use clap::Subcommand;

use crate::context::Context;
use crate::exit::{Exit, Stop};

/// The key that signs the evidence
#[derive(Debug, Subcommand)]
pub(crate) enum Key {
    /// Print the public key; give it to whoever will check the evidence
    #[command(after_help = "Example:\n  lockstep key export > acme.key")]
    Export,
}

impl Key {
    pub(crate) async fn run(self, context: &Context) -> Result<Exit, Stop> {
        let Self::Export = self;
        let key = context.desk().await?.key().await?;
        // Nothing but the key, so that the output is a file for `evidence verify --trust @FILE`.
        context.answer(&key, |page| page.line(&key.verifier_key))?;
        Ok(Exit::Done)
    }
}
