//! `lockstep sync`.

use clap::Args;
use lockstep_engine::api::{ConnectionSync, SyncRequest, SyncView};

use crate::context::Context;
use crate::exit::{Exit, Stop};
use crate::text::{Page, count};

/// Read HR and the systems, and say what changed
#[derive(Debug, Args)]
#[command(after_help = "\
Exit code 3 when a read was not complete: then nobody becomes a leaver by it.

Examples:
  lockstep sync
  lockstep sync --connection hr --accept-smaller \"we sold the Leeds office\"")]
pub(crate) struct Sync {
    /// Read only this connection
    #[arg(long, value_name = "NAME")]
    connection: Option<String>,
    /// Accept that this connection's source became much smaller, and why; it is recorded
    #[arg(long, value_name = "REASON", requires = "connection")]
    accept_smaller: Option<String>,
}

impl Sync {
    pub(crate) async fn run(self, context: &Context) -> Result<Exit, Stop> {
        let request = SyncRequest { connection: self.connection, accept_smaller: self.accept_smaller };
        let desk = context.desk().await?;
        let sync = context.interruptible(desk.sync(request)).await?;
        context.answer(&sync, |page| show(page, &sync))?;
        Ok(Exit::done_if(sync.complete, Exit::NeedsPerson))
    }
}

fn show(page: &mut Page, sync: &SyncView) {
    let rows = sync.connections.iter().map(|read| {
        [read.connection.clone(), read.what.clone(), read.rows.to_string(), outcome(read).to_owned()]
    });
    page.table(
        ["Connection", "What", "Rows", "Read"],
        rows.collect(),
        "There is nothing to read yet. Add a connection with `lockstep connection add`.",
    );
    for read in &sync.connections {
        page.points(&format!("{}: trouble", read.connection), read.trouble.iter().cloned());
        let quarantined = read.quarantined.iter().map(super::remark_words);
        page.points(&format!("{}: rows that could not be used", read.connection), quarantined);
        let findings = read.findings.iter().map(super::remark_words);
        page.points(&format!("{}: remarks", read.connection), findings);
    }
    page.gap();
    page.line(format!("{} on the list.", count(sync.new_leavers, "new leaver", "new leavers")));
    if sync.backlog > 0 {
        page.line(format!(
            "{} left and still {} access: `lockstep backlog list`.",
            count(sync.backlog, "person", "people"),
            if sync.backlog == 1 { "has" } else { "have" }
        ));
    }
    if sync.links_to_confirm > 0 {
        page.line(format!(
            "{} to confirm: `lockstep link list`.",
            count(sync.links_to_confirm, "account", "accounts")
        ));
    }
    if !sync.complete {
        page.line("Not every read is complete: nobody becomes a leaver by an incomplete read.");
    }
}

fn outcome(read: &ConnectionSync) -> &'static str {
    match (read.complete, read.baseline, read.changes_only) {
        (false, ..) => "incomplete",
        (true, true, _) => "complete, the first (baseline)",
        (true, false, true) => "changes since the last read",
        (true, false, false) => "complete",
    }
}
