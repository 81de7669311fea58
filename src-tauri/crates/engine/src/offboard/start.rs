//! Starting a run: look again, judge, open it in one transaction, and drive it.

use lockstep_domain::guards::Refusal;
use lockstep_domain::ids::RunId;
use lockstep_domain::ledger::Actor;

use super::dossier::dossier_of;
use super::facts::{Case, Targets};
use super::open::Opening;
use super::preview::{batch_digest, counts};
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
            match self.open_case(case, &request, &approvers, batch, reread).await {
                Ok(run) => runs.push(run),
                Err(e) => unopened = unopened.or(Some(e)),
            }
        }
        // Whoever's run is open is cut, whatever became of the others of the batch.
        let driven = self.drive_all(&runs, &targets).await;
        unopened.map_or(driven, Err)
    }

    /// Opens a run on what was just previewed, approved and looked at.
    async fn open_case(
        &self,
        case: Case,
        request: &StartRequest,
        approvers: &[String],
        batch: usize,
        hr_reread: bool,
    ) -> Result<RunId> {
        let approver_ids = self.operator_ids(approvers).await?;
        let (authority, counts) = (case.authority.digest(), counts(&case, batch));
        let dossier = dossier_of(case, request.who.reason.clone(), approvers);
        let by = Actor::new(&self.operator.id).unwrap_or_else(|_| Actor::engine());
        self.open_run(Opening { dossier, authority, approver_ids, counts, hr_reread, armed: None, by }).await
    }

    /// Opaque ids of operators, by name.
    pub(crate) async fn operator_ids(&self, names: &[String]) -> Result<Vec<String>> {
        let mut ids = Vec::new();
        for name in names {
            ids.push(known_operator(&self.store, name, self.clock.now()).await?.id);
        }
        Ok(ids)
    }

    /// Who approves: the operator, and a second one where one is named. Never the same person twice.
    pub(crate) fn approvers(&self, request: &StartRequest) -> Result<Vec<String>> {
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

    pub(crate) fn refuse_if_running(&self, case: &Case) -> Result<()> {
        match &case.open_run {
            None => Ok(()),
            Some(row) => Err(Error::new(
                Code::NeedsPerson,
                format!("{} is being offboarded already, in run {}", case.person.display_name, row.run.id),
                "Look at it with `lockstep run show`, or go on with it with `lockstep run resume`.",
            )),
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
