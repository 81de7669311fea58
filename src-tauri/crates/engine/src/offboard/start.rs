//! Starting a run: look again, judge, open it in one transaction, and drive it.

use lockstep_domain::digest::Digest;
use lockstep_domain::guards::{Refusal, mass_breaker};
use lockstep_domain::ids::{EntryId, RunId};
use lockstep_domain::ledger::{Actor, Draft};
use lockstep_domain::run::{Opened, Run, RunEvent};
use lockstep_store::{Kind, NewRun, fresh_id};

use super::dossier::Dossier;
use super::facts::{Case, LEAVER, Targets};
use super::preview::{batch_digest, counting_since, counts};
use crate::api::{RunView, StartRequest};
use crate::desk::{Desk, known_operator};
use crate::error::{Code, Error, Result};
use crate::run::last_look::LastLook;

impl Desk {
    /// Starts what was previewed and approved, and drives until nothing more can be done now.
    ///
    /// # Errors
    /// [`Code::NeedsPerson`] with what the guards said; nothing was started then. When another process was
    /// faster with one of a batch, the others are driven before that is told.
    pub async fn start(&self, request: StartRequest) -> Result<Vec<RunView>> {
        let Some(approved) = request.approve else {
            return Err(Error::new(
                Code::Usage,
                "the approval is missing",
                "Preview first and give its digest with --approve: you approve what you saw.",
            ));
        };
        let targets = self.targets().await?;
        let cases = self.cases(&request.who, &targets).await?;
        if batch_digest(&cases) != approved {
            return Err(Error::refused(
                "what would be done is not what was approved",
                vec![Refusal::AuthorityChanged],
            ));
        }
        let approvers = self.approvers(&request)?;
        let mut looks = Vec::new();
        for case in &cases {
            self.refuse_if_running(case)?;
            let mut refusals = self.refusals(case, &request.who, cases.len(), approvers.len()).await?;
            let look = self.last_look(case, request.who.now).await?;
            if let LastLook::Refused(refusal) = &look {
                refusals.push(refusal.clone());
            }
            if !refusals.is_empty() {
                let what = format!("{} is not offboarded", case.person.display_name);
                return Err(Error::refused(what, refusals));
            }
            looks.push(look);
        }
        let batch = cases.len();
        let mut runs = Vec::new();
        let mut unopened = None;
        for (case, look) in cases.into_iter().zip(looks) {
            let reread = matches!(look, LastLook::Same);
            match self.open_run(case, &request, &approvers, batch, reread).await {
                Ok(run) => runs.push(run),
                Err(e) => unopened = unopened.or(Some(e)),
            }
        }
        // Whoever's run is open is cut, whatever became of the others of the batch.
        let driven = self.drive_all(&runs, &targets).await;
        unopened.map_or(driven, Err)
    }

    /// Who approves: the operator, and a second one where one is named. Never the same person twice.
    fn approvers(&self, request: &StartRequest) -> Result<Vec<String>> {
        let mut approvers = vec![self.operator.name.clone()];
        if let Some(second) = request.second_approver.as_deref().map(str::trim).filter(|s| !s.is_empty()) {
            if second.eq_ignore_ascii_case(&self.operator.name) {
                return Err(Error::new(
                    Code::Usage,
                    "the second approver is the operator who asks",
                    "Let another person approve.",
                ));
            }
            approvers.push(second.to_owned());
        }
        Ok(approvers)
    }

    fn refuse_if_running(&self, case: &Case) -> Result<()> {
        match &case.open_run {
            None => Ok(()),
            Some(row) => Err(Error::new(
                Code::NeedsPerson,
                format!("{} is being offboarded already, in run {}", case.person.display_name, row.run.id),
                "Look at it with `lockstep run show`, or go on with it with `lockstep run resume`.",
            )),
        }
    }

    /// Opens the run: index, plan, approval and names in one durable transaction. One run per event.
    async fn open_run(
        &self,
        case: Case,
        request: &StartRequest,
        approvers: &[String],
        batch: usize,
        hr_reread: bool,
    ) -> Result<RunId> {
        let at = self.clock.now();
        let id = RunId(fresh_id(at)?);
        let mut approver_ids = Vec::new();
        for name in approvers {
            approver_ids.push(known_operator(&self.store, name, at).await?.id);
        }
        let counts = counts(&case, batch);
        let opened = Opened {
            person: case.person.id,
            employment: case.stint.row.id,
            generation: case.generation,
            access_end_at: case.plan.access_end_at,
            employment_end_at: case.plan.employment_end_at,
            explicit_now: case.plan.explicit_now,
            authority: case.authority.digest(),
            plan: Digest::of_json(&case.plan).unwrap_or(Digest::ZERO),
            policy: self.policy.version,
            approvers: approver_ids,
            hr_reread,
            counts,
            steps: case.plan.steps.iter().map(lockstep_domain::plan::Step::outline).collect(),
        };
        let new = NewRun {
            id,
            person: case.person.id,
            employment: case.stint.row.id,
            generation: case.generation,
            event: LEAVER.into(),
            counts,
        };
        let name = case.person.display_name.clone();
        let dossier = Dossier {
            plan: case.plan,
            worker: case.stint.row.record.clone(),
            source: case.source.name,
            ends: case.stint.ends,
            state: case.stint.state,
            accounts: case.accounts,
            reason: request.who.reason.clone(),
            approvers: approvers.to_vec(),
            hr_read_at: case.hr_read_at,
        };
        let payload = serde_json::to_vec(&dossier).map_err(|e| {
            Error::new(Code::Failed, "the plan has no stored form", "Report this; it is a defect.")
                .caused_by(e)
        })?;
        let (kind, body) = RunEvent::Opened(opened).to_parts();
        let draft = Draft {
            id: EntryId(fresh_id(at)?),
            at,
            actor: Actor::new(&self.operator.id).unwrap_or_else(|_| Actor::engine()),
            kind,
            run: Some(id),
            body,
            commitment: None,
        };
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

    /// Drives several runs at the same time; answers with each as it then is.
    pub(crate) async fn drive_all(&self, runs: &[RunId], targets: &Targets) -> Result<Vec<RunView>> {
        let driven = futures_util::future::join_all(runs.iter().map(|id| self.drive(*id, targets))).await;
        let mut views = Vec::new();
        self.sound().await?;
        for (id, driven) in runs.iter().zip(driven) {
            match driven {
                // One of many goes on elsewhere: the others are told all the same.
                Err(e) if e.code() == Code::Busy && runs.len() > 1 => self.notice(e.to_string()),
                other => other?,
            }
            views.push(self.run(*id).await?);
        }
        Ok(views)
    }
}
