//! What would be done, what it cuts and may break, and what speaks against it. Reads only.

use chrono::{DateTime, TimeDelta, Utc};
use lockstep_domain::access::Target;
use lockstep_domain::digest::Digest;
use lockstep_domain::guards::{Refusal, StartFacts, may_start};
use lockstep_domain::people::EmploymentState;
use lockstep_domain::plan::{Step, blast_radius};
use lockstep_domain::policy::Policy;
use lockstep_store::ReadKind;

use super::Guard;
use super::dossier::KnownAccount;
use super::facts::{Case, Targets};
use crate::api::{NamedStep, OffboardRequest, PersonPreview, PreviewStep, PreviewView};
use crate::desk::Desk;
use crate::error::{Code, Error, Result};
use crate::pause::said;
use crate::{stints, words};

impl Desk {
    /// Previews offboarding one person, or several as one batch.
    ///
    /// # Errors
    /// [`Code::NotFound`], [`Code::NeedsPerson`] for an ambiguous name, [`Code::Usage`].
    pub async fn preview(&self, request: &OffboardRequest) -> Result<PreviewView> {
        let targets = self.targets().await?;
        for who in &request.people {
            self.read_details(self.one_person(who).await?.id, &targets).await?;
        }
        let cases = self.cases(request, &targets).await?;
        let mut people = Vec::new();
        for case in &cases {
            let refusals = self.refusals(case, request, cases.len(), 1).await?;
            let guard = Guard::new(self, case.person.id, targets.all());
            people.push(self.preview_of(case, refusals, &guard).await?);
        }
        Ok(PreviewView { digest: batch_digest(&cases), people })
    }

    /// The cases of a request, each person once.
    pub(crate) async fn cases(&self, request: &OffboardRequest, targets: &Targets) -> Result<Vec<Case>> {
        if request.people.is_empty() {
            return Err(Error::new(
                Code::Usage,
                "nobody is named",
                "Name one person, or several as one batch.",
            ));
        }
        if request.now {
            said(request.reason.as_deref().unwrap_or_default())?;
        }
        let mut cases: Vec<Case> = Vec::new();
        for who in &request.people {
            let case = self.case(who, request.now, targets).await?;
            if cases.iter().all(|c| c.person.id != case.person.id) {
                cases.push(case);
            }
        }
        Ok(cases)
    }

    /// Everything that speaks against starting this case now.
    pub(crate) async fn refusals(
        &self,
        case: &Case,
        request: &OffboardRequest,
        batch: usize,
        approvers: usize,
    ) -> Result<Vec<Refusal>> {
        let policy = &self.policy.policy;
        let now = self.clock.now();
        let since = counting_since(now, policy);
        let source = case.source.id;
        let (pause, recent, employed, last_read) = self
            .store
            .read(move |r| {
                Ok((
                    r.pause()?,
                    r.counting_runs_since(since)?,
                    r.employed_people()?,
                    // One that failed told nothing; that HR cannot be read is the last look's to judge.
                    r.last_told_read(source, ReadKind::Workers)?,
                ))
            })
            .await?;
        let state = &case.stint.state;
        let facts = StartFacts {
            now,
            paused: pause.map(|p| (p.reason, p.until)),
            names: [case.person.work_email.clone(), case.person.employee_number.clone()]
                .into_iter()
                .flatten()
                .collect(),
            is_operator: is_operator(self.operator.email.as_deref(), case),
            explicit_now: request.now,
            access_end_at: state.access_end_at,
            other_stint: case.other_stint,
            state_unknown: state.state == EmploymentState::Unknown,
            recent_leavers: usize::try_from(recent).unwrap_or(usize::MAX),
            counting: usize::from(counts(case, batch)),
            employed: usize::try_from(employed).unwrap_or(0),
            source_shrunk: last_read.is_some_and(|r| !r.complete),
            approvers,
        };
        Ok(may_start(&facts, policy))
    }

    async fn preview_of(
        &self,
        case: &Case,
        refusals: Vec<Refusal>,
        guard: &Guard<'_>,
    ) -> Result<PersonPreview> {
        let mut steps = Vec::new();
        for step in &case.plan.steps {
            let judge = guard.judge(step, 0, None).await;
            let blocked =
                self.store.read(move |r| judge(r)).await?.map(|b| (b.to_string(), b.remedy().to_owned()));
            steps.push(PreviewStep { step: named(step, known_account(&case.accounts, step)), blocked });
        }
        let state = &case.stint.state;
        Ok(PersonPreview {
            person: case.person.id,
            name: case.person.display_name.clone(),
            work_email: case.person.work_email.clone(),
            state: state.state.to_string(),
            access_end_at: state.access_end_at,
            access_end_local: state.access_end_at.map(|at| stints::local(at, state.zone)),
            employment_end_at: state.employment_end_at,
            authority: case.authority.digest(),
            blast_radius: blast_radius(&case.plan),
            steps,
            residuals: case.plan.residuals.clone(),
            refusals: refusals.into_iter().map(Into::into).collect(),
        })
    }
}

/// Since when starts count toward the mass breaker at `now` (UTC).
pub(super) fn counting_since(now: DateTime<Utc>, policy: &Policy) -> DateTime<Utc> {
    now - TimeDelta::hours(policy.guards.leavers_window_hours.into())
}

/// Whether starting this case counts toward the mass breaker: not in a batch that was approved together, and
/// not when HR has said the same for a day.
pub(crate) fn counts(case: &Case, batch: usize) -> bool {
    batch == 1 && !case.known_for_a_day
}

/// What an approval names: one person's authority, or all of a batch in one.
pub(crate) fn batch_digest(cases: &[Case]) -> Digest {
    let mut digests: Vec<Digest> = cases.iter().map(|c| c.authority.digest()).collect();
    digests.sort_unstable();
    match digests[..] {
        [one] => one,
        // A list of digests always has a canonical form.
        _ => Digest::of_json(&digests).unwrap_or(Digest::ZERO),
    }
}

fn is_operator(email: Option<&str>, case: &Case) -> bool {
    email.is_some_and(|e| {
        case.person.work_email.as_deref().is_some_and(|w| w.trim().eq_ignore_ascii_case(e.trim()))
    })
}

/// What is known of the account that a step acts on.
pub(crate) fn known_account<'a>(accounts: &'a [KnownAccount], step: &Step) -> Option<&'a KnownAccount> {
    let Target::Account(account) = &step.target else { return None };
    accounts.iter().find(|k| k.account.account == account.account)
}

/// A step with the names that people need.
pub(crate) fn named(step: &Step, known: Option<&KnownAccount>) -> NamedStep {
    let (place, account) = words::of_target(step);
    NamedStep {
        id: step.id,
        wave: words::of_wave(step.wave).into(),
        system: known.map_or(place, |k| k.system.clone()),
        account,
        wish: words::of_step(step, known),
        effect: step.usual_effect().to_string(),
        fallback: words::of_fallback(step),
        owner: step.owner.clone(),
        due: step.due,
    }
}
