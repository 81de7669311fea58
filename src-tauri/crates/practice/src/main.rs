//! `lockstep-practice`: the practice company as a program.

use clap::Parser;
use lockstep_practice::{Office, OfficeOptions, PracticeClock};
use serde_json::json;

/// Simulated vendors on loopback with made-up people. For practice: nothing here is real.
#[derive(Debug, Parser)]
#[command(name = "lockstep-practice", version)]
struct Args {
    /// How many people.
    #[arg(long, default_value_t = 50)]
    people: usize,
    /// The seed; the same makes the same company.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// The first of consecutive ports; free ones without it.
    #[arg(long)]
    port_base: Option<u16>,
}

#[tokio::main]
async fn main() -> std::io::Result<()> {
    let args = Args::parse();
    let office = Office::start(OfficeOptions {
        people: args.people,
        seed: args.seed,
        clock: PracticeClock::real(),
        port_base: args.port_base,
    })
    .await?;
    let welcome = json!({
        "control": office.control_url, "people": office.population.people.len(), "vendors": office.contacts(),
    });
    show(&welcome);
    tokio::signal::ctrl_c().await
}

/// One line of JSON, so that a script can read it.
#[expect(clippy::print_stdout, reason = "this program speaks to its starter and nobody else")]
fn show(welcome: &serde_json::Value) {
    println!("{welcome}");
}
