//! `lockstep system …`.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use lockstep_engine::api::{SetSystem, SystemImport, SystemView};
use lockstep_engine::domain::systems::{Lane, Sso};

use crate::context::Context;
use crate::exit::{Exit, Stop};
use crate::files;
use crate::text::Page;

/// The register of systems, connected or not
#[derive(Debug, Subcommand)]
pub(crate) enum System {
    /// List the systems with owner and lane
    List,
    /// Add a system or change it; what is not named stays as it is
    Set(Box<Set>),
    /// Add and change systems from a CSV file; one bad row and nothing is changed
    Import {
        /// The CSV file; docs/cli.md names its columns
        file: PathBuf,
    },
}

#[derive(Debug, Args)]
#[command(after_help = "Example:\n  lockstep system set \"Design tool\" --lane manual --owner it@acme.test")]
pub(crate) struct Set {
    /// The system's name, as people call it
    name: String,
    /// Who answers for it: a name, role or address
    #[arg(long)]
    owner: Option<String>,
    /// Who does when the owner is away
    #[arg(long)]
    backup_owner: Option<String>,
    /// How people sign in
    #[arg(long, value_parser = super::one_of::<Sso>(Sso::ALL.iter().map(|sso| sso.as_str())))]
    sso: Option<Sso>,
    /// What kind of data it holds, in your own words
    #[arg(long)]
    data_class: Option<String>,
    /// Who does the work: a connection, a person led by a link, or a person
    #[arg(long, value_parser = super::one_of::<Lane>(Lane::ALL.iter().map(|lane| lane.as_str())))]
    lane: Option<Lane>,
    /// Where the steps for removing somebody are written down (https)
    #[arg(long, value_name = "URL")]
    how_to: Option<String>,
    /// The connection that reads it or acts on it
    #[arg(long, value_name = "NAME")]
    connection: Option<String>,
    /// Whether everybody is assumed to have an account
    #[arg(long, value_name = "true|false")]
    everyone: Option<bool>,
}

impl System {
    pub(crate) async fn run(self, context: &Context) -> Result<Exit, Stop> {
        match self {
            Self::List => {
                let systems = context.desk().await?.systems().await?;
                context.answer(&systems, |page| list(page, &systems))?;
            }
            Self::Set(set) => {
                let system = context.desk().await?.set_system(set.request()).await?;
                context.answer(&system, |page| list(page, std::slice::from_ref(&system)))?;
            }
            Self::Import { file } => {
                let csv = files::read(&file)?;
                let import = context.desk().await?.import_systems(&csv).await?;
                context.answer(&import, |page| imported(page, &import))?;
                return Ok(Exit::done_if(import.refused.is_empty(), Exit::Failed));
            }
        }
        Ok(Exit::Done)
    }
}

impl Set {
    fn request(self) -> SetSystem {
        SetSystem {
            name: self.name,
            owner: self.owner,
            backup_owner: self.backup_owner,
            sso: self.sso,
            data_class: self.data_class,
            lane: self.lane,
            how_to: self.how_to,
            connection: self.connection,
            everyone: self.everyone,
        }
    }
}

fn list(page: &mut Page, systems: &[SystemView]) {
    let rows = systems.iter().map(|view| {
        let system = &view.system;
        [
            system.name.clone(),
            system.lane.to_string(),
            super::or_dash(view.connection_name.as_ref()),
            super::or_dash(system.owner.as_ref()),
            system.sso.to_string(),
            if system.everyone { "everyone".to_owned() } else { view.accounts.to_string() },
        ]
    });
    page.table(
        ["System", "Lane", "Connection", "Owner", "SSO", "Accounts"],
        rows.collect(),
        "No systems yet. Add them with `lockstep system import` or `lockstep system set`.",
    );
}

fn imported(page: &mut Page, import: &SystemImport) {
    if import.refused.is_empty() {
        let SystemImport { added, changed, unchanged, .. } = import;
        page.line(format!("{added} added, {changed} changed, {unchanged} as they were."));
        return;
    }
    page.line("Nothing was changed, because rows cannot be used.");
    page.points("Put these right and import again", import.refused.iter().map(super::remark_words));
}
