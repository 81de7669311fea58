//! `lockstep lookback`.

use std::path::PathBuf;

use chrono::NaiveDate;
use clap::Args;
use lockstep_engine::api::{LookbackAccount, LookbackRow, LookbackView};

use crate::context::Context;
use crate::exit::{Exit, Stop};
use crate::files;
use crate::text::{Page, plain, utc};

/// Who left since a day, and when and by whom their access was cut
#[derive(Debug, Args)]
#[command(after_help = "\
Looks at what was read; sync first. Nothing is changed.

Example:
  lockstep lookback --from 2026-01-01 --out leavers-2026.csv")]
pub(crate) struct Lookback {
    /// The first day, as HR's calendar has it
    #[arg(long, value_name = "DATE")]
    from: NaiveDate,
    /// Write the table as CSV
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Replace the file if it is there
    #[arg(long, requires = "out")]
    force: bool,
}

impl Lookback {
    pub(crate) async fn run(self, context: &Context) -> Result<Exit, Stop> {
        let view = context.desk().await?.lookback(self.from).await?;
        if let Some(path) = &self.out {
            files::write(path, &view.to_csv()?, self.force)?;
        }
        context.answer(&view, |page| {
            show(page, &view);
            if let Some(path) = &self.out {
                page.line(format!("Written to {}.", path.display()));
            }
        })?;
        Ok(Exit::Done)
    }
}

fn show(page: &mut Page, view: &LookbackView) {
    let rows = view.rows.iter().flat_map(|row| {
        let none = row.accounts.is_empty().then(|| without_account(row));
        none.into_iter().chain(row.accounts.iter().map(|account| line(row, account)))
    });
    page.table(
        ["Name", "Access should have ended", "System", "Account", "Cut", "By", "Rests on", "To look at"],
        rows.collect(),
        "Nobody left since that day, as far as HR tells.",
    );
    for name in &view.undated {
        page.line(format!("{name}: HR says terminated and gives no date."));
    }
}

fn without_account(row: &LookbackRow) -> [String; 8] {
    let unknown = || "-".to_owned();
    [
        row.name.clone(),
        utc(Some(row.access_end_at)),
        unknown(),
        "none found".into(),
        unknown(),
        unknown(),
        unknown(),
        "no account is linked".into(),
    ]
}

fn line(row: &LookbackRow, account: &LookbackAccount) -> [String; 8] {
    let cut = &account.cut;
    let gaps: Vec<String> = cut.gaps.iter().map(|gap| plain(gap.as_str())).collect();
    let by = match &cut.actor {
        Some(actor) => format!("{} ({actor})", plain(cut.performed_by.as_str())),
        None => plain(cut.performed_by.as_str()),
    };
    [
        row.name.clone(),
        utc(Some(row.access_end_at)),
        account.system.clone(),
        account.login.clone(),
        utc(cut.at),
        by,
        plain(cut.precision.as_str()),
        gaps.join(", "),
    ]
}
