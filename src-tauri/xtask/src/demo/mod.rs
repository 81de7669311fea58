//! A whole practice company and one leaver, told step by step. What is done is a list in `story.rs`; `stage.rs` sets
//! up whom it is about, `acts.rs` does it, `truth.rs` asks the systems themselves, and `order.rs` looks at what came first.

mod acts;
mod order;
mod stage;
mod story;
mod truth;

use crate::setup::{self, Need};
use crate::{Result, repo, run};
use stage::Stage;
use story::STORY;

pub(crate) fn run(headless: bool) -> Result {
    if !headless {
        return Err("the window comes in a later version; use `cargo xtask demo --headless`".into());
    }
    setup::require(&[Need::CCompiler, Need::Python, Need::ShiftedClock])?;
    let clock = setup::shifted_clock()
        .ok_or("libfaketime, which lets weeks pass in a second, is not to be had on this platform")?;
    let scim = setup::python_tool("scim2-server")?;
    run::stream(&mut run::cargo(&["build", "-p", "lockstep-cli"]))?;
    let program = repo::debug_dir()?.join(repo::program("lockstep"));

    let mut stage = Stage::set(program, clock, &scim)?;
    for (number, step) in STORY.iter().enumerate() {
        println!("\n[{}/{}] {}", number + 1, STORY.len(), stage.fill(step.say));
        stage.perform(&step.act).inspect_err(|_| stage.show_log())?;
    }
    println!(
        "\nDone: cut at the instant, read back, and proven. The temporary home and the servers are gone."
    );
    Ok(())
}
