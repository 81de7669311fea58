//! Accounts of the person, and what hangs on accounts, that are found after the approval: what can be undone is
//! added to the run; what cannot is left to a new preview.

use std::collections::BTreeSet;

use lockstep_domain::access::Target;
use lockstep_domain::ids::AccountId;
use lockstep_domain::plan::{FoundLater, LeaverFacts, Step, StepId, plan_found_later};
use lockstep_domain::run::RunEvent;

use super::journal::{Journal, Record};
use crate::desk::Desk;
use crate::error::Result;
use crate::offboard::accounts;
use crate::offboard::dossier::{Amendment, Dossier, KnownAccount};
use crate::offboard::facts::{Targets, at_plan, manual, service_accounts};
use crate::stints::Sources;

/// What looking for more found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Found {
    /// Whether the run got more steps; it has to be driven with them.
    pub(crate) amended: bool,
    /// Accounts on which something is left that nobody has approved to remove.
    pub(crate) to_approve: BTreeSet<AccountId>,
}

impl Desk {
    /// Adds to a run what was found since it was opened, as its tables tell it now; asks no vendor.
    pub(crate) async fn amend(
        &self,
        journal: &Journal,
        dossier: &Dossier,
        targets: &Targets,
    ) -> Result<Found> {
        let known_accounts = self.accounts_now(dossier).await?;
        let FoundLater { mut steps, mut to_approve } =
            self.plan_more(dossier, &known_accounts, targets).await?;
        let planned: BTreeSet<StepId> =
            journal.ask(|run| run.steps.iter().map(|s| s.outline.id).collect()).await;
        steps.retain(|s| !planned.contains(&s.id));
        to_approve.retain(|s| !planned.contains(&s.id));
        let to_approve = to_approve.iter().filter_map(account_of).collect();
        if steps.is_empty() {
            return Ok(Found { amended: false, to_approve });
        }
        let outlines = steps.iter().map(Step::outline).collect();
        let count = steps.len();
        let amendment = Amendment { steps, accounts: new_accounts(dossier, known_accounts) };
        let record = Record::with(RunEvent::Amended { steps: outlines }, &amendment);
        let amended = journal.record(vec![record]).await?;
        if amended {
            self.notice(format!(
                "More was found of this person than at the approval: {count} steps that lose nothing were added to the run."
            ));
        }
        Ok(Found { amended, to_approve })
    }

    async fn accounts_now(&self, dossier: &Dossier) -> Result<Vec<KnownAccount>> {
        let person = dossier.plan.event.person;
        let accounts = self
            .store
            .read(move |r| accounts::of_person(r, person, &Sources::load(r)?.connections, &r.systems()?));
        Ok(accounts.await?)
    }

    async fn plan_more(
        &self,
        dossier: &Dossier,
        known: &[KnownAccount],
        targets: &Targets,
    ) -> Result<FoundLater> {
        let systems = self.store.read(|r| r.systems()).await?;
        let new = new_accounts(dossier, known.to_vec());
        let plan = &dossier.plan;
        let facts = LeaverFacts {
            event: plan.event,
            access_end_at: plan.access_end_at,
            employment_end_at: plan.employment_end_at,
            explicit_now: plan.explicit_now,
            now: self.clock.now(),
            policy_digest: plan.policy,
            accounts: known.iter().filter_map(|k| at_plan(k, targets)).collect(),
            // A system without a list was work from the beginning.
            manual: manual(&systems, &new, targets).into_iter().filter(|(_, hint)| hint.is_some()).collect(),
            service_accounts: service_accounts(&systems, &new),
        };
        Ok(plan_found_later(&facts, &self.policy.policy))
    }
}

fn new_accounts(dossier: &Dossier, mut known: Vec<KnownAccount>) -> Vec<KnownAccount> {
    let before: BTreeSet<AccountId> = dossier.accounts.iter().map(|k| k.account.account).collect();
    known.retain(|k| !before.contains(&k.account.account));
    known.iter_mut().for_each(|k| k.found_later = true);
    known
}

fn account_of(step: &Step) -> Option<AccountId> {
    match &step.target {
        Target::Account(account) => Some(account.account),
        _ => None,
    }
}
