//! The command line as a whole; each noun declares its own verbs.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

use crate::commands::{
    backlog, completions, connection, evidence, init, key, leaver, ledger, link, lookback, offboard, pause,
    person, policy, run, serve, sync, system, timer, vendor,
};

/// Keep HR and access in step: see who leaves, cut their access everywhere, prove it.
#[derive(Debug, Parser)]
#[command(name = "lockstep", version, arg_required_else_help = true, after_help = AFTER_HELP)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) global: Global,
    #[command(subcommand)]
    pub(crate) command: Command,
}

const AFTER_HELP: &str = "\
Example, from nothing to a cut that is proven:
  lockstep init --org \"Acme\"
  lockstep connection add csv --name hr --set path=people.csv --set zone=Europe/Berlin
  lockstep connection add scim --name okta --set base_url=https://… --secret token=env:OKTA_TOKEN
  lockstep sync
  lockstep leaver list
  lockstep connection mode okta full --reason \"after a week of observing\"
  lockstep offboard preview kim@acme.test
  lockstep offboard start kim@acme.test --approve DIGEST
  lockstep evidence export RUN

Exit codes: 0 done, 1 failed, 2 wrong usage, 3 a person must decide, 130 interrupted.";

/// Options of every command.
#[derive(Debug, Args)]
#[command(next_help_heading = "For every command")]
pub(crate) struct Global {
    /// Lockstep's home: database, evidence, policy [default: a folder of your account's data]
    #[arg(long, global = true, value_name = "DIR", env = "LOCKSTEP_HOME")]
    pub(crate) home: Option<PathBuf>,
    /// Answer with one JSON document; errors are JSON on standard error
    #[arg(long, global = true)]
    pub(crate) json: bool,
    /// Show no progress
    #[arg(long, short, global = true)]
    pub(crate) quiet: bool,
}

/// A noun, or a verb that stands alone.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Set up a new home
    Init(init::Init),
    /// What this build can connect to
    #[command(subcommand)]
    Vendor(vendor::Vendor),
    /// Ties to HR systems and to the systems that people have access to
    #[command(subcommand)]
    Connection(connection::Connection),
    /// The register of systems, connected or not
    #[command(subcommand)]
    System(system::System),
    /// Read HR and the systems
    Sync(sync::Sync),
    /// Everybody known, with employments and accounts
    #[command(subcommand)]
    Person(person::Person),
    /// Whose an account is
    #[command(subcommand)]
    Link(link::Link),
    /// Who leaves
    #[command(subcommand)]
    Leaver(leaver::Leaver),
    /// Who left before Lockstep came and still has access
    #[command(subcommand)]
    Backlog(backlog::Backlog),
    /// Who left since a day, and when and by whom their access was cut
    Lookback(lookback::Lookback),
    /// See what a leaver loses, approve it, do it
    #[command(subcommand)]
    Offboard(offboard::Offboard),
    /// Approved plans that wait for their instant
    #[command(subcommand)]
    Timer(timer::Timer),
    /// Be there: read every connection in its interval, fire timers, go on with runs
    Serve(serve::Serve),
    /// What was done for a leaver, and what is left
    #[command(subcommand)]
    Run(run::Run),
    /// Sealed records that others can check
    #[command(subcommand)]
    Evidence(evidence::Evidence),
    /// The chained record of everything that happened
    #[command(subcommand)]
    Ledger(ledger::Ledger),
    /// The key that signs the evidence
    #[command(subcommand)]
    Key(key::Key),
    /// The rules in force
    #[command(subcommand)]
    Policy(policy::Policy),
    /// Stop every change everywhere for a while
    #[command(subcommand)]
    Pause(pause::Pause),
    /// Print completions for a shell
    Completions(completions::Completions),
}
