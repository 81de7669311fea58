//! Runs as people see them.

use lockstep_domain::digest::Digest;
use lockstep_domain::ids::RunId;
use lockstep_domain::run::{Progress, Run, RunEvent, StepState};
use lockstep_store::RunRow as IndexRow;

use crate::api::{RunRow, RunView, StepView};
use crate::desk::Desk;
use crate::error::{Code, Error, Result};
use crate::offboard::dossier::Dossier;
use crate::offboard::{known_account, named};
use crate::words;

impl Desk {
    /// Every run, newest first.
    ///
    /// # Errors
    /// Those of the store; [`Code::Tampered`] when a run's story cannot be followed.
    pub async fn runs(&self) -> Result<Vec<RunRow>> {
        let mut rows = Vec::new();
        for index in self.store.read(|r| r.runs()).await? {
            let run = self.fold(index.run.id).await?;
            rows.push(self.run_row(&index, &run).await?);
        }
        Ok(rows)
    }

    /// One run with its steps.
    ///
    /// # Errors
    /// [`Code::NotFound`]; [`Code::Tampered`].
    pub async fn run(&self, id: RunId) -> Result<RunView> {
        let index = self.store.read(move |r| r.run(id)).await?.ok_or_else(|| {
            Error::new(Code::NotFound, format!("there is no run {id}"), "`lockstep run list` shows the runs.")
        })?;
        let entries = self.store.read(move |r| r.entries_of_run(id)).await?;
        let run = Run::fold(&entries).map_err(|e| super::journal::unreadable(id, e))?;
        let dossier = self.dossier(id).await?;
        let record_sha256: Option<Digest> =
            entries.iter().rev().find_map(|e| match RunEvent::from_parts(&e.kind, &e.body) {
                Ok(RunEvent::Sealed { record, .. }) => Some(record),
                _ => None,
            });
        Ok(RunView {
            row: self.run_row(&index, &run).await?,
            access_end_at: run.opened.access_end_at,
            authority: run.opened.authority,
            hr_reread: run.hr_reread,
            late_s: run.late_s(),
            held: run.held.clone(),
            steps: run.steps.iter().filter_map(|s| step_view(&dossier, s)).collect(),
            residuals: dossier.plan.residuals.clone(),
            record_sha256,
        })
    }

    /// The run whose id begins so, and no other's does.
    ///
    /// # Errors
    /// [`Code::NotFound`]; [`Code::Usage`] when several do.
    pub async fn find_run(&self, prefix: &str) -> Result<RunId> {
        let prefix = prefix.trim().to_lowercase();
        let runs = self.store.read(|r| r.runs()).await?;
        let found: Vec<RunId> = runs
            .into_iter()
            .map(|r| r.run.id)
            .filter(|id| !prefix.is_empty() && id.to_string().starts_with(&prefix))
            .collect();
        match found[..] {
            [one] => Ok(one),
            [] => Err(Error::new(
                Code::NotFound,
                format!("there is no run {prefix:?}"),
                "`lockstep run list` shows the runs.",
            )),
            _ => Err(Error::new(
                Code::Usage,
                format!("several runs begin with {prefix:?}"),
                "Give more of the id.",
            )),
        }
    }

    async fn run_row(&self, index: &IndexRow, run: &Run) -> Result<RunRow> {
        let person = index.run.person;
        let name = self.store.read(move |r| r.person(person)).await?.map(|p| p.display_name);
        Ok(RunRow {
            id: index.run.id,
            person,
            name: name.unwrap_or_else(|| "erased".into()),
            opened_at: index.opened_at,
            standing: run.standing(),
            access_cut: run.access_cut(),
            open_steps: run.open_steps(),
            sealed_at: run.sealed_at,
        })
    }
}

fn step_view(dossier: &Dossier, progress: &Progress) -> Option<StepView> {
    let step = dossier.step(progress.outline.id)?;
    let known = known_account(&dossier.accounts, step);
    let (state, detail) = words::of_state(&progress.state);
    let remedy = match &progress.state {
        StepState::Blocked { blocker } => Some(blocker.remedy().to_owned()),
        StepState::Pending if progress.outline.is_task() => {
            Some("Do it, then confirm it by hand (`lockstep run attest`).".into())
        }
        _ => None,
    };
    let at = match progress.state {
        StepState::Settled { seen_at, .. } => Some(seen_at),
        StepState::Attested { done_at } => Some(done_at),
        _ => None,
    };
    Some(StepView {
        step: named(step, known),
        state: state.into(),
        detail,
        remedy,
        attempts: progress.attempts.len(),
        at,
    })
}
