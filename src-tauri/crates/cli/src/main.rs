//! `lockstep`: every verb of the Desk on the command line.
//!
//! Nothing is decided here: arguments become a request, the Desk answers, and the answer is shown as text
//! for people or as one JSON document.

mod args;
mod commands;
mod context;
mod exit;
mod files;
mod progress;
mod report;
mod secrets;
#[cfg(test)]
mod tests;
mod text;

use std::io::IsTerminal;
use std::process::ExitCode;

use clap::Parser;
use lockstep_engine::{Code, Error};
use tracing_subscriber::EnvFilter;

use crate::args::Cli;
use crate::context::Context;
use crate::exit::{Exit, Stop};

/// Names what is logged to standard error, in the syntax of tracing's filters; nothing without it.
const LOG: &str = "LOCKSTEP_LOG";
/// What a service logs when nothing is said.
const SERVICE_LOG: &str = "warn,lockstep=info,lockstep_engine=info";

fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return report::usage(&error).into(),
    };
    start_log(&cli);
    let context = Context::new(cli.global);
    match run(cli.command, &context) {
        Ok(exit) => exit,
        Err(stop) => context.stopped(&stop),
    }
    .into()
}

/// Logs to standard error: what `LOCKSTEP_LOG` names, and for a service without it what it does.
fn start_log(cli: &Cli) {
    let serves = matches!(cli.command, args::Command::Serve(_));
    let filter = match std::env::var(LOG) {
        Ok(filter) => filter,
        Err(_) if serves => SERVICE_LOG.to_owned(),
        Err(_) => return,
    };
    let log = tracing_subscriber::fmt().with_env_filter(EnvFilter::new(filter)).with_writer(std::io::stderr);
    if serves && cli.global.json {
        log.json().init();
    } else {
        log.with_ansi(std::io::stderr().is_terminal() && text::colour_wanted()).init();
    }
}

fn run(command: args::Command, context: &Context) -> Result<Exit, Stop> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().map_err(|error| {
        Error::new(
            Code::Failed,
            "The program could not start its worker threads.",
            "Close other programs or raise the limit on threads, then try again.",
        )
        .caused_by(error)
    })?;
    let result = runtime.block_on(commands::run(command, context));
    // After Ctrl-C a read from a slow system may still be under way; nothing is lost by not waiting for it.
    runtime.shutdown_background();
    result
}
