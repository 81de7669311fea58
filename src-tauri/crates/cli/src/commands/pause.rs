//! `lockstep pause …`.

use clap::Subcommand;
use lockstep_engine::api::PauseView;

use crate::context::Context;
use crate::exit::{Exit, Stop};
use crate::text::{Page, utc};

/// Stop every change everywhere for a while
#[derive(Debug, Subcommand)]
pub(crate) enum Pause {
    /// Stop before the next step, everywhere; it ends by itself
    #[command(after_help = "Example:\n  lockstep pause on --hours 4 --reason \"directory migration\"")]
    On {
        /// How long, in hours
        #[arg(long, value_parser = clap::value_parser!(u32).range(1..))]
        hours: u32,
        /// Why; it is recorded
        #[arg(long)]
        reason: String,
    },
    /// End the pause
    Off {
        /// Why; it is recorded
        #[arg(long)]
        reason: String,
    },
    /// Say whether a pause is in force
    Status,
}

impl Pause {
    pub(crate) async fn run(self, context: &Context) -> Result<Exit, Stop> {
        let desk = context.desk().await?;
        let pause = match self {
            Self::On { hours, reason } => desk.pause(&reason, hours).await?,
            Self::Off { reason } => desk.unpause(&reason).await?,
            Self::Status => desk.pause_status().await?,
        };
        context.answer(&pause, |page| show(page, &pause))?;
        Ok(Exit::Done)
    }
}

fn show(page: &mut Page, pause: &PauseView) {
    if !pause.paused {
        page.line("Not paused.");
        return;
    }
    page.line(format!("Paused until {}: nothing is changed anywhere.", utc(pause.until)));
    if let Some(reason) = &pause.reason {
        page.line(format!("Reason: {reason}"));
    }
}
