//! Words that a preview and a run share about a step.

use lockstep_engine::api::NamedStep;
use lockstep_engine::domain::plan::Residual;

use crate::text::Page;

/// Enough of a step's id to tell it from the others of its run.
pub(super) fn short_id(step: &NamedStep) -> String {
    step.id.to_string().chars().take(12).collect()
}

/// System and account, as people name them.
pub(super) fn target(step: &NamedStep) -> String {
    match &step.account {
        Some(account) => format!("{}: {account}", step.system),
        None => step.system.clone(),
    }
}

/// Access that stays for a while, or cannot be proven gone.
pub(super) fn residuals(page: &mut Page, residuals: &[Residual]) {
    page.points(
        "What stays",
        residuals.iter().map(|residual| format!("{}: {}", residual.system, residual.what)),
    );
}
