//! `lockstep offboard …`.

use clap::{Args, Subcommand};
use lockstep_engine::api::{OffboardRequest, StartRequest};
use lockstep_engine::domain::digest::Digest;

use super::{preview_page, run_page, timer};
use crate::context::Context;
use crate::exit::{Exit, Stop};

/// See what a leaver loses, approve it, do it
#[derive(Debug, Subcommand)]
pub(crate) enum Offboard {
    /// Show what would be cut and may break; nothing is changed
    Preview(Who),
    /// Start what a preview showed, and go on until nothing more can be done now
    #[command(after_help = START_HELP)]
    Start(Approved),
    /// Approve what a preview showed for the instant at which access ends; its timer starts it then
    #[command(after_help = ARM_HELP)]
    Arm(Approved),
    /// Take an approval back before its instant
    Disarm {
        /// The person, or the timer's id
        who: String,
        /// Why; it is recorded
        #[arg(long)]
        reason: String,
    },
    /// Stop a run before its next step; what is done stays done
    Cancel {
        /// The run's id or a unique beginning of it
        run: String,
        /// Why; it is recorded
        #[arg(long)]
        reason: String,
    },
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  lockstep offboard preview kim@acme.test
  lockstep offboard preview kim@acme.test 1042 --now --reason \"dismissed today\"")]
pub(crate) struct Who {
    /// Ids, work e-mails, employee numbers or exact names; several are one batch
    #[arg(required = true)]
    person: Vec<String>,
    /// Now, whatever HR's dates say: your explicit act
    #[arg(long, requires = "reason")]
    now: bool,
    /// Why now; it is recorded
    #[arg(long, requires = "now")]
    reason: Option<String>,
}

const START_HELP: &str = "\
Exit code 3 when a guard refuses or a step waits for a person.

Example:
  lockstep offboard start kim@acme.test --approve 8c1f…";

const ARM_HELP: &str = "\
A timer fires only while `lockstep serve` runs, or when `lockstep timer fire` is called. Exit code 3 when a guard
refuses.

Example:
  lockstep offboard arm kim@acme.test --approve 8c1f…";

#[derive(Debug, Args)]
pub(crate) struct Approved {
    #[command(flatten)]
    who: Who,
    /// The digest that the preview showed; it binds your approval to what you saw
    #[arg(long, value_name = "DIGEST")]
    approve: Digest,
    /// A second operator who approves the same, where the policy asks for two
    #[arg(long, value_name = "NAME")]
    second_approver: Option<String>,
}

impl Offboard {
    pub(crate) async fn run(self, context: &Context) -> Result<Exit, Stop> {
        let desk = context.desk().await?;
        match self {
            Self::Preview(who) => {
                let request = who.request();
                let preview = context.interruptible(desk.preview(&request)).await?;
                context.answer(&preview, |page| preview_page::show(page, &preview, &request))?;
            }
            Self::Start(start) => {
                let runs = context.interruptible(desk.start(start.request())).await?;
                context.answer(&runs, |page| run_page::show_all(page, &runs))?;
                return Ok(Exit::of_runs(&runs));
            }
            Self::Arm(arm) => {
                let timers = context.interruptible(desk.arm(arm.request())).await?;
                context.answer(&timers, |page| timer::list(page, &timers))?;
            }
            Self::Disarm { who, reason } => {
                let timer = desk.disarm(&who, &reason).await?;
                context.answer(&timer, |page| timer::list(page, std::slice::from_ref(&timer)))?;
            }
            Self::Cancel { run, reason } => {
                let run = desk.find_run(&run).await?;
                let run = desk.cancel(run, &reason).await?;
                context.answer(&run, |page| run_page::show(page, &run))?;
            }
        }
        Ok(Exit::Done)
    }
}

impl Approved {
    fn request(self) -> StartRequest {
        let Self { who, approve, second_approver } = self;
        StartRequest { who: who.request(), approve: Some(approve), second_approver }
    }
}

impl Who {
    fn request(self) -> OffboardRequest {
        OffboardRequest { people: self.person, now: self.now, reason: self.reason }
    }
}
