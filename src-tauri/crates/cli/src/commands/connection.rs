//! `lockstep connection …`.

use clap::{Args, Subcommand};
use lockstep_engine::api::{ConnectionView, ProbeView, SetMode};
use lockstep_engine::domain::capability::Mode;
use serde::Serialize;

use super::connection_add::Add;
use crate::context::Context;
use crate::exit::{Exit, Stop};
use crate::text::{Page, utc};

/// Ties to HR systems and to the systems that people have access to
#[derive(Debug, Subcommand)]
pub(crate) enum Connection {
    /// Add a connection; it starts in mode observe and writes nothing
    Add(Add),
    /// List the connections with mode, last complete read and trouble
    List,
    /// Ask the system who we are and which rights we hold
    Test {
        /// The connection's name or id
        name: String,
    },
    /// Say how far a connection may go
    Mode(ModeArgs),
    /// Remove a connection and its secrets; what was recorded stays
    Remove {
        /// The connection's name or id
        name: String,
        /// Why; it is recorded
        #[arg(long)]
        reason: String,
    },
}

#[derive(Debug, Args)]
#[command(
    after_help = "observe reads only. contain_only may also block sign-in and end sessions, which can be \
                  undone. full may do everything that a run was approved for.\n\n\
                  Example:\n  lockstep connection mode okta contain_only --reason \"observed for a week\""
)]
pub(crate) struct ModeArgs {
    /// The connection's name or id
    name: String,
    /// How far it may go
    #[arg(value_parser = super::one_of::<Mode>(Mode::ALL.iter().map(|mode| mode.as_str())))]
    mode: Mode,
    /// Why; it is recorded
    #[arg(long)]
    reason: String,
}

/// What `--json` prints after a removal.
#[derive(Serialize)]
struct Removed {
    removed: String,
}

impl Connection {
    pub(crate) async fn run(self, context: &Context) -> Result<Exit, Stop> {
        match self {
            Self::Add(add) => add.run(context).await?,
            Self::List => {
                let connections = context.desk().await?.connections().await?;
                context.answer(&connections, |page| list(page, &connections))?;
            }
            Self::Test { name } => {
                let desk = context.desk().await?;
                let probe = context.interruptible(desk.test_connection(&name)).await?;
                context.answer(&probe, |page| probed(page, &probe))?;
                return Ok(Exit::done_if(probe.missing.is_empty(), Exit::NeedsPerson));
            }
            Self::Mode(ModeArgs { name, mode, reason }) => {
                let set = SetMode { connection: name, mode, reason };
                let connection = context.desk().await?.set_mode(set).await?;
                context.answer(&connection, |page| {
                    page.line(format!("{} is in mode {}.", connection.name, connection.mode));
                })?;
            }
            Self::Remove { name, reason } => {
                context.desk().await?.remove_connection(&name, &reason).await?;
                let removed = Removed { removed: name };
                context.answer(&removed, |page| {
                    page.line(format!("{} is removed, and its secrets with it.", removed.removed));
                })?;
            }
        }
        Ok(Exit::Done)
    }
}

fn list(page: &mut Page, connections: &[ConnectionView]) {
    let rows = connections.iter().map(|connection| {
        [
            connection.name.clone(),
            connection.vendor.clone(),
            connection.tenant.clone(),
            connection.mode.to_string(),
            connection.last_complete_read.map_or_else(|| "never".to_owned(), |at| utc(Some(at))),
            super::or_dash(connection.trouble.as_ref()),
        ]
    });
    page.table(
        ["Name", "Vendor", "Tenant", "Mode", "Last complete read", "Trouble"],
        rows.collect(),
        "No connections yet. Add one with `lockstep connection add`.",
    );
}

fn probed(page: &mut Page, probe: &ProbeView) {
    page.line(format!("{}: {}", probe.connection, probe.summary));
    page.points("Rights held", probe.held.iter().cloned());
    page.points("Rights that are missing; grant them at the vendor", probe.missing.iter().cloned());
    page.points("Rights that are not needed; take them away", probe.excess.iter().cloned());
}
