//! `cargo xtask <verb>`: everything that is done to the repository, in one place and the same on every machine.
#![expect(clippy::print_stdout, reason = "this program talks to the person who runs it")]

mod bench;
mod check;
mod demo;
mod repo;
mod run;
mod setup;
mod stages;
mod test;
mod tidy;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// What goes wrong here is told in one sentence that names the remedy.
type Result<T = ()> = std::result::Result<T, String>;

#[derive(Parser)]
#[command(bin_name = "cargo xtask", about = "Demonstrate, test and check Lockstep")]
struct Args {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Subcommand)]
enum Verb {
    /// Show the main job: a practice company, a timer that fires with nobody there, a leaver cut and proven
    Demo {
        /// Without a window, on the command line
        #[arg(long)]
        headless: bool,
    },
    /// Build the program, run every test, and tidy
    Test {
        /// Handed to `cargo test` instead of the whole workspace, for example: -- -p lockstep-cli name
        #[arg(last = true)]
        only: Vec<String>,
    },
    /// Format, lints, documentation, dependencies and licences
    Check,
    /// The rules that no compiler knows: arrows between crates, file sizes, registered vendors, requirements
    Tidy,
    /// Measure what the project promises about speed (release build)
    Bench,
}

fn main() -> ExitCode {
    let result = match Args::parse().verb {
        Verb::Demo { headless } => demo::run(headless),
        // It prints its own failure, since the numbers of tests must be its last line.
        Verb::Test { only } => return test::run(&only),
        Verb::Check => check::run(),
        Verb::Tidy => tidy::run(),
        Verb::Bench => bench::run(),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(reason) => {
            println!("\nerror: {reason}");
            ExitCode::FAILURE
        }
    }
}
