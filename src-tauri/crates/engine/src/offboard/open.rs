//! Opening a run: index, plan, approval and names in one durable transaction. One run per event.

use lockstep_domain::digest::Digest;
use lockstep_domain::guards::mass_breaker;
use lockstep_domain::ids::{EntryId, RunId};
use lockstep_domain::ledger::{Actor, Draft};
use lockstep_domain::plan::Step;
use lockstep_domain::run::{Opened, Run, RunEvent};
use lockstep_store::{Kind, NewRun, TimerState, fresh_id};

use super::dossier::Dossier;
use super::facts::LEAVER;
use super::preview::counting_since;
use crate::desk::Desk;
use crate::error::{Code, Error, Result};

/// What a run is opened on.
pub(crate) struct Opening {
    pub(crate) dossier: Dossier,
    /// The authority that was approved.
    pub(crate) authority: Digest,
    /// Opaque ids of those who approved, the requester first.
    pub(crate) approver_ids: Vec<String>,
    /// Whether it counts toward the mass breaker.
    pub(crate) counts: bool,
    /// Whether HR was read again just before.
    pub(crate) hr_reread: bool,
    /// The timer that opens it.
    pub(crate) armed: Option<EntryId>,
    /// Whose act this is.
    pub(crate) by: Actor,
}

impl Desk {
    /// Opens the run. A timer is ended in the same transaction, so that it opens one run, however many processes
    /// try.
    pub(crate) async fn open_run(&self, opening: Opening) -> Result<RunId> {
        let at = self.clock.now();
        let id = RunId(fresh_id(at)?);
        let payload = serde_json::to_vec(&opening.dossier).map_err(|e| {
            Error::new(Code::Failed, "the plan has no stored form", "Report this; it is a defect.")
                .caused_by(e)
        })?;
        let (armed, counts) = (opening.armed, opening.counts);
        let name = opening.dossier.worker.display_name.clone();
        let event = opening.dossier.plan.event;
        let new = NewRun {
            id,
            person: event.person,
            employment: event.employment,
            generation: event.generation,
            event: LEAVER.into(),
            counts,
        };
        let by = opening.by.clone();
        let (kind, body) = RunEvent::Opened(opened(opening)).to_parts();
        let draft =
            Draft { id: EntryId(fresh_id(at)?), at, actor: by, kind, run: Some(id), body, commitment: None };
        let (policy, since) = (self.policy.policy.clone(), counting_since(at, &self.policy.policy));
        let opening = self
            .store
            .write(move |tx| {
                let many = |n| usize::try_from(n).unwrap_or(usize::MAX);
                let (recent, employed) = (tx.counting_runs_since(since)?, tx.employed_people()?);
                let breaker = mass_breaker(many(recent), usize::from(counts), many(employed), &policy);
                if breaker.is_some() {
                    return Ok(breaker);
                }
                let entry = tx.append_with_payload(draft, new.person, &payload)?;
                // A run whose first entry cannot be followed must not begin.
                Run::fold([&entry]).map_err(lockstep_store::Error::abandon)?;
                tx.open_run(&new, &entry)?;
                if let Some(timer) = armed {
                    tx.end_timer(timer, TimerState::Fired, Some(new.id))?;
                }
                Ok(None)
            })
            .await;
        match opening {
            Ok(None) => Ok(id),
            Ok(Some(refusal)) => Err(Error::refused(format!("{name} is not offboarded"), vec![refusal])),
            Err(e) if e.kind() == Kind::Conflict => Err(Error::new(
                Code::NeedsPerson,
                format!("another process has just started offboarding {name}"),
                "Look at it with `lockstep run list`.",
            )
            .caused_by(e)),
            Err(e) => Err(e.into()),
        }
    }
}

fn opened(opening: Opening) -> Opened {
    let plan = &opening.dossier.plan;
    Opened {
        person: plan.event.person,
        employment: plan.event.employment,
        generation: plan.event.generation,
        access_end_at: plan.access_end_at,
        employment_end_at: plan.employment_end_at,
        explicit_now: plan.explicit_now,
        authority: opening.authority,
        plan: Digest::of_json(plan).unwrap_or(Digest::ZERO),
        policy: plan.policy,
        approvers: opening.approver_ids,
        hr_reread: opening.hr_reread,
        counts: opening.counts,
        armed: opening.armed,
        steps: plan.steps.iter().map(Step::outline).collect(),
    }
}
