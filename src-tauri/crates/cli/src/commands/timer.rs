//! `lockstep timer …`.

use clap::Subcommand;
use lockstep_engine::api::{AlarmView, FireView, TimerView};

use super::run_page;
use crate::context::Context;
use crate::exit::{Exit, Stop};
use crate::text::{Page, count, plain, then, utc, utc_with_local};

/// Approved plans that wait for their instant
#[derive(Debug, Subcommand)]
pub(crate) enum Timer {
    /// List what is armed, the earliest instant first
    List {
        /// Also those that fired or were ended
        #[arg(long)]
        all: bool,
    },
    /// Say who leaves without an approval, and what would keep timers from doing their work
    Check,
    /// Fire every timer whose instant has come, once; `lockstep serve` does that by itself
    Fire,
}

impl Timer {
    pub(crate) async fn run(self, context: &Context) -> Result<Exit, Stop> {
        let desk = context.desk().await?;
        match self {
            Self::List { all } => {
                let timers = desk.timers(all).await?;
                context.answer(&timers, |page| list(page, &timers))?;
                Ok(Exit::Done)
            }
            Self::Check => {
                let alarms = desk.alarms().await?;
                context.answer(&alarms, |page| check(page, &alarms))?;
                Ok(Exit::done_if(alarms.is_empty(), Exit::NeedsPerson))
            }
            Self::Fire => {
                let fired = context.interruptible(desk.fire_timers()).await?;
                context.answer(&fired, |page| show(page, &fired))?;
                let looked_at = fired.hindered.is_empty() && fired.void.is_empty();
                Ok(if looked_at { Exit::of_runs(&fired.runs) } else { Exit::NeedsPerson })
            }
        }
    }
}

/// Shows timers.
pub(super) fn list(page: &mut Page, timers: &[TimerView]) {
    let row = |timer: &TimerView| {
        [
            timer.name.clone(),
            utc_with_local(Some(timer.due_at), timer.due_local.as_deref()),
            plain(&timer.state),
            timer.hindrance.as_deref().map_or_else(|| "-".to_owned(), plain),
            timer.run.map_or_else(|| "-".to_owned(), |run| run.to_string()),
            timer.id.to_string(),
        ]
    };
    page.table(
        ["Name", "Fires", "State", "Why not", "Run", "Timer"],
        timers.iter().map(row).collect(),
        "Nothing is armed. Preview a leaver and arm with `lockstep offboard arm`.",
    );
    if let Some(next) = timers.iter().filter(|t| t.state == "armed").filter_map(|t| t.try_at).min() {
        page.line(format!("Next: {}. It fires only while `lockstep serve` runs.", utc(Some(next))));
    }
}

fn check(page: &mut Page, alarms: &[AlarmView]) {
    if alarms.is_empty() {
        page.line(
            "Nothing needs attention: whoever leaves within a day is armed, and nothing is in the way.",
        );
    }
    for alarm in alarms {
        page.line(format!(
            "{} ({}, case {})",
            then(&alarm.text, &alarm.remedy),
            utc(alarm.due_at),
            alarm.case
        ));
    }
}

fn show(page: &mut Page, fired: &FireView) {
    let FireView { runs, hindered, void } = fired;
    if runs.is_empty() && hindered.is_empty() && void.is_empty() {
        page.line("No timer's instant has come.");
        return;
    }
    if !hindered.is_empty() {
        page.line(format!(
            "{} not fired and tried again; the notes say why.",
            count(hindered.len(), "timer", "timers")
        ));
    }
    if !void.is_empty() {
        page.line(format!(
            "{} void: HR says something else than what was approved.",
            count(void.len(), "timer", "timers")
        ));
    }
    if !runs.is_empty() {
        run_page::show_all(page, runs);
    }
}
