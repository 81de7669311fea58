//! Runs for people: two facts first (access cut, case open or closed), then the steps.

use lockstep_engine::api::{RunRow, RunView, StepView};
use lockstep_engine::domain::run::{AccessCut, Standing};

use super::step_page::{residuals, short_id, target};
use crate::text::{Page, count, utc};

/// Shows runs on a list.
pub(super) fn list(page: &mut Page, runs: &[RunRow]) {
    let rows = runs.iter().map(|run| {
        [
            run.name.clone(),
            cut_words(&run.access_cut),
            case_words(run),
            standing_words(run.standing).to_owned(),
            utc(Some(run.opened_at)),
            run.id.to_string(),
        ]
    });
    page.table(
        ["Name", "Access cut", "Case", "Stands", "Opened", "Run"],
        rows.collect(),
        "No runs. See who leaves with `lockstep leaver list`.",
    );
}

/// Shows each run with its steps.
pub(super) fn show_all(page: &mut Page, runs: &[RunView]) {
    if runs.is_empty() {
        page.line("No run is open.");
    }
    for run in runs {
        show(page, run);
    }
}

/// Shows a run with its steps.
pub(super) fn show(page: &mut Page, run: &RunView) {
    let row = &run.row;
    page.heading(format!("{}: {}", row.name, standing_words(row.standing)));
    page.fields(&[
        ("Run", row.id.to_string()),
        ("Access cut", cut_words(&row.access_cut)),
        ("Case", case_words(row)),
        ("Opened", utc(Some(row.opened_at))),
        ("Access ends", utc(run.access_end_at)),
        ("HR read again", if run.hr_reread { "yes" } else { "no, HR not re-read" }.to_owned()),
        ("Approved", run.authority.to_string()),
        ("Sealed", row.sealed_at.map_or_else(|| "not yet".to_owned(), |at| utc(Some(at)))),
        ("Run record", run.record_sha256.map_or_else(|| "-".to_owned(), |sha| format!("SHA-256 {sha}"))),
    ]);
    if let Some(late) = run.late_s {
        page.line(format!("Late: its timer opened it {late} s after the instant."));
    }
    if let Some(held) = &run.held {
        page.line(format!("Held: {held}"));
    }
    page.gap();
    page.table(
        ["Step", "Wave", "Where", "What becomes true", "State", "Detail", "Writes", "At"],
        run.steps.iter().map(step_row).collect(),
        "No steps.",
    );
    let needs_you = run.steps.iter().filter_map(|step| {
        let remedy = step.remedy.as_ref()?;
        Some(format!("{} {} ({}): {remedy}", short_id(&step.step), target(&step.step), step.step.wish))
    });
    page.points("Needs you", needs_you);
    residuals(page, &run.residuals);
}

fn step_row(step: &StepView) -> [String; 8] {
    [
        short_id(&step.step),
        step.step.wave.clone(),
        target(&step.step),
        step.step.wish.clone(),
        step.state.clone(),
        super::or_dash(step.detail.as_ref()),
        step.attempts.to_string(),
        step.at.map_or_else(|| "-".to_owned(), |at| utc(Some(at))),
    ]
}

fn cut_words(cut: &AccessCut) -> String {
    let of = format!("{} of {}", cut.cut, cut.of);
    match cut.at {
        Some(at) => format!("{of}, {}", utc(Some(at))),
        None => of,
    }
}

fn case_words(run: &RunRow) -> String {
    match run.standing {
        Standing::Closed => "closed".to_owned(),
        Standing::Cancelled => "cancelled".to_owned(),
        Standing::Working | Standing::NeedsPerson | Standing::TasksOpen => {
            format!("open, {} left", count(run.open_steps, "step", "steps"))
        }
    }
}

fn standing_words(standing: Standing) -> &'static str {
    match standing {
        Standing::Working => "working",
        Standing::NeedsPerson => "needs a person",
        Standing::TasksOpen => "tasks open",
        Standing::Closed => "closed",
        Standing::Cancelled => "cancelled",
    }
}
