//! `lockstep completions`.

use clap::{Args, CommandFactory};
use clap_complete::Shell;

use crate::args::Cli;
use crate::context;
use crate::exit::{Exit, Stop};

/// Print completions for a shell
#[derive(Debug, Args)]
#[command(
    after_help = "Example:\n  lockstep completions bash > ~/.local/share/bash-completion/completions/lockstep"
)]
pub(crate) struct Completions {
    /// The shell
    shell: Shell,
}

impl Completions {
    pub(crate) fn run(self) -> Result<Exit, Stop> {
        let mut script = Vec::new();
        clap_complete::generate(self.shell, &mut Cli::command(), "lockstep", &mut script);
        context::write_out(&script)?;
        Ok(Exit::Done)
    }
}
