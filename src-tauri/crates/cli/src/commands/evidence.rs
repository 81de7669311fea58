//! `lockstep evidence …`.

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use lockstep_engine::api::VerifyView;
use lockstep_engine::domain::digest::Digest;
use lockstep_engine::{Desk, Result};
use serde::Serialize;

use crate::context::Context;
use crate::exit::{Exit, Stop};
use crate::files;
use crate::text::Page;

/// Sealed records that others can check
#[derive(Debug, Subcommand)]
pub(crate) enum Evidence {
    /// Write a run's sealed record as one file that can be checked without us
    Export(Export),
    /// Check a file of evidence; needs no home, no network
    Verify(Verify),
}

#[derive(Debug, Args)]
pub(crate) struct Export {
    /// The run's id or a unique beginning of it
    run: String,
    /// The file to write [default: a name made of our ids, in this folder]
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Replace the file if it is there
    #[arg(long)]
    force: bool,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Without --trust and --checkpoint a file can only be shown to agree with the key inside it: where it comes
from and whether something is missing is then not proven.

Example:
  lockstep key export > acme.key            (once, kept by the auditor)
  lockstep evidence verify run.zip --trust @acme.key --checkpoint later-checkpoint.txt")]
pub(crate) struct Verify {
    /// The file
    file: PathBuf,
    /// The organisation's key, as text or as @FILE
    #[arg(long, value_name = "KEY|@FILE")]
    trust: Option<String>,
    /// A later checkpoint of the same ledger
    #[arg(long, value_name = "FILE")]
    checkpoint: Option<PathBuf>,
}

/// What `--json` prints after an export.
#[derive(Serialize)]
struct Exported {
    file: String,
    bytes: usize,
    sha256: Digest,
}

impl Evidence {
    pub(crate) async fn run(self, context: &Context) -> Result<Exit, Stop> {
        match self {
            Self::Export(export) => export.run(context).await,
            Self::Verify(verify) => {
                let found = verify.check()?;
                context.answer(&found, |page| verified(page, &found))?;
                Ok(Exit::done_if(found.ok, Exit::Failed))
            }
        }
    }
}

impl Export {
    async fn run(self, context: &Context) -> Result<Exit, Stop> {
        let desk = context.desk().await?;
        let run = desk.find_run(&self.run).await?;
        let bundle = context.interruptible(desk.export_evidence(run)).await?;
        let path = self.out.unwrap_or_else(|| PathBuf::from(&bundle.file_name));
        files::write(&path, &bundle.bytes, self.force)?;
        let file = path.display().to_string();
        let exported = Exported { file, bytes: bundle.bytes.len(), sha256: bundle.sha256 };
        context.answer(&exported, |page| {
            page.line(format!("Written: {} ({} bytes)", exported.file, exported.bytes));
            page.line(format!("SHA-256: {}", exported.sha256));
            page.line(format!("Check it with `lockstep evidence verify {}`.", exported.file));
        })?;
        Ok(Exit::Done)
    }
}

impl Verify {
    fn check(&self) -> Result<VerifyView> {
        let bundle = files::read(&self.file)?;
        let trust = match self.trust.as_deref().map(|text| (text, text.strip_prefix('@'))) {
            Some((_, Some(file))) => Some(files::read_text(Path::new(file))?),
            Some((key, None)) => Some(key.to_owned()),
            None => None,
        };
        let checkpoint = self.checkpoint.as_deref().map(files::read_text).transpose()?;
        Ok(Desk::verify_evidence(&bundle, trust.as_deref().map(str::trim), checkpoint.as_deref()))
    }
}

fn verified(page: &mut Page, found: &VerifyView) {
    page.heading(if found.ok { "Holds" } else { "DOES NOT HOLD" });
    page.line(&found.verdict);
    page.points("Does not hold", found.failures.iter().cloned());
    page.points("Checked and holds", found.checked.iter().cloned());
    page.points("Not proven by this", found.not_proven.iter().cloned());
}
