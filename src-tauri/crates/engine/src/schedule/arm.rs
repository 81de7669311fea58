//! Arming: the approval of a previewed plan is kept until its instant. And taking that back.

use lockstep_domain::digest::Digest;
use lockstep_domain::guards::Refusal;
use lockstep_domain::ids::{EntryId, PersonId};
use lockstep_domain::ledger::{Actor, Draft};
use lockstep_store::{Kind, NewTimer, Reader, TimerRow, TimerState, fresh_id};
use serde_json::json;

use super::armed::{ARMED, ArmedBody, ArmedPlan, DISARMED};
use crate::api::{StartRequest, TimerView};
use crate::desk::Desk;
use crate::error::{Code, Error, Result};
use crate::offboard::batch_digest;
use crate::offboard::dossier::dossier_of;
use crate::offboard::facts::{Case, LEAVER, Targets};
use crate::pause::said;
use crate::stints::{self, Sources};

impl Desk {
    /// Arms what was previewed and approved: each run starts at its person's instant, with nobody there.
    ///
    /// # Errors
    /// [`Code::Usage`] with `now`, which needs no timer; [`Code::NeedsPerson`] with what the guards said, or when
    /// somebody's instant has come. Nobody is armed then.
    pub async fn arm(&self, request: StartRequest) -> Result<Vec<TimerView>> {
        let Some(approved) = request.approve else {
            return Err(Error::new(
                Code::Usage,
                "the approval is missing",
                "Preview first and give its digest with --approve: you approve what you saw.",
            ));
        };
        if request.who.now {
            return Err(Error::new(
                Code::Usage,
                "what is to happen now waits for no timer",
                "Start it with `lockstep offboard start`.",
            ));
        }
        let targets = self.targets().await?;
        let cases = self.cases(&request.who, &targets).await?;
        if batch_digest(&cases) != approved {
            return Err(Error::refused(
                "what would be done is not what was approved",
                vec![Refusal::AuthorityChanged],
            ));
        }
        let approvers = self.approvers(&request)?;
        for case in &cases {
            self.refuse_arming(case, &request, cases.len(), approvers.len()).await?;
        }
        let batch = cases.len();
        let mut armed = Vec::new();
        for case in cases {
            armed.push(self.arm_case(case, &targets, &approvers, batch).await?);
        }
        self.timers_by(move |t| armed.contains(&t.timer.id)).await
    }

    /// What speaks against the run at its instant, as far as that is known today. A pause and the mass breaker are
    /// judged when it fires.
    async fn refuse_arming(
        &self,
        case: &Case,
        request: &StartRequest,
        batch: usize,
        approvers: usize,
    ) -> Result<()> {
        self.refuse_if_running(case)?;
        let name = &case.person.display_name;
        let mut refusals = self.refusals(case, &request.who, batch, approvers).await?;
        refusals.retain(|refusal| match refusal {
            Refusal::NotDue { access_end_at } => access_end_at.is_none(),
            Refusal::Paused { .. } | Refusal::MassBreaker { .. } => false,
            _ => true,
        });
        if !refusals.is_empty() {
            return Err(Error::refused(format!("{name} is not armed"), refusals));
        }
        if case.plan.access_end_at.is_none_or(|at| at <= self.clock.now()) {
            return Err(Error::new(
                Code::NeedsPerson,
                format!("the access of {name} ends now or has ended: there is nothing to wait for"),
                "Start it with `lockstep offboard start` and the same digest.",
            ));
        }
        Ok(())
    }

    async fn arm_case(
        &self,
        case: Case,
        targets: &Targets,
        approvers: &[String],
        batch: usize,
    ) -> Result<EntryId> {
        let at = self.clock.now();
        let id = EntryId(fresh_id(at)?);
        let name = case.person.display_name.clone();
        let (authority, source) =
            (case.authority.digest(), (case.source.vendor.clone(), case.source.tenant.clone()));
        let connections = self.store.read(|r| r.connections()).await?;
        let reach = connections.into_iter().filter(|c| targets.can(c.id).is_some());
        let reach = reach.map(|c| (c.vendor, c.tenant)).collect();
        let plan = ArmedPlan { dossier: dossier_of(case, None, approvers), source, reach, batch };
        let event = plan.dossier.plan.event;
        let Some(due_at) = plan.dossier.plan.access_end_at else {
            return Err(Error::refused(
                format!("{name} is not armed"),
                vec![Refusal::NotDue { access_end_at: None }],
            ));
        };
        let body = ArmedBody {
            person: event.person,
            employment: event.employment,
            generation: event.generation,
            event: LEAVER.into(),
            due_at,
            authority,
            plan: Digest::of_json(&plan.dossier.plan).unwrap_or(Digest::ZERO),
            approvers: self.operator_ids(approvers).await?,
        };
        let no_form = |e: serde_json::Error| {
            Error::new(Code::Failed, "the plan has no stored form", "Report this; it is a defect.")
                .caused_by(e)
        };
        let payload = serde_json::to_vec(&plan).map_err(no_form)?;
        let actor = Actor::new(&self.operator.id).unwrap_or_else(|_| Actor::engine());
        let body = serde_json::to_value(&body).map_err(no_form)?;
        let draft = Draft { id, at, actor, kind: ARMED.into(), run: None, body, commitment: None };
        let timer = NewTimer {
            id,
            person: event.person,
            employment: event.employment,
            generation: event.generation,
            event: LEAVER.into(),
            due_at,
        };
        let armed = self
            .store
            .write(move |tx| {
                tx.append_with_payload(draft, timer.person, &payload)?;
                tx.arm_timer(&timer)
            })
            .await;
        match armed {
            Ok(()) => Ok(id),
            Err(e) if e.kind() == Kind::Conflict => Err(Error::new(
                Code::NeedsPerson,
                format!("{name} is armed already"),
                "Look at it with `lockstep timer list`; disarm it first to approve anew.",
            )
            .caused_by(e)),
            Err(e) => Err(e.into()),
        }
    }

    /// Takes an approval back: of a person by id, e-mail, number or exact name, or of a timer by its id.
    ///
    /// # Errors
    /// [`Code::NotFound`] when nothing is armed; [`Code::Usage`] without a reason; [`Code::NeedsPerson`] when the
    /// timer fired meanwhile.
    pub async fn disarm(&self, who: &str, reason: &str) -> Result<TimerView> {
        let reason = said(reason)?;
        let armed = self.store.read(|r| r.armed_timers()).await?;
        let timer = match armed.iter().find(|t| t.timer.id.to_string() == who.trim()) {
            Some(timer) => timer.timer.clone(),
            None => {
                let person = self.one_person(who).await?;
                let of_person = armed.into_iter().find(|t| t.timer.person == person.id);
                of_person.map(|t| t.timer).ok_or_else(|| {
                    Error::new(
                        Code::NotFound,
                        format!("nothing is armed for {}", person.display_name),
                        "`lockstep timer list` shows what is.",
                    )
                })?
            }
        };
        let (act, id) = (self.act(), timer.id);
        self.store
            .write(move |tx| {
                act.append_said(tx, DISARMED, json!({ "timer": id }), Some(timer.person), &reason)?;
                tx.end_timer(id, TimerState::Disarmed, None)
            })
            .await
            .map_err(|e| match e.kind() {
                Kind::Conflict => {
                    Error::new(Code::NeedsPerson, e.to_string(), e.remedy().to_owned()).caused_by(e)
                }
                _ => e.into(),
            })?;
        let mut views = self.timers_by(move |t| t.timer.id == id).await?;
        views.pop().ok_or_else(|| {
            Error::new(Code::NotFound, "the timer is gone", "`lockstep timer list` shows them.")
        })
    }

    /// The armed timers, the earliest first; with `all` also those that fired or were ended.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn timers(&self, all: bool) -> Result<Vec<TimerView>> {
        self.timers_by(move |t| all || t.state == TimerState::Armed).await
    }

    pub(crate) async fn timers_by(
        &self,
        wanted: impl Fn(&TimerRow) -> bool + Send + 'static,
    ) -> Result<Vec<TimerView>> {
        let views = self
            .store
            .read(move |r| {
                let sources = Sources::load(r)?;
                r.timers()?.into_iter().filter(|t| wanted(t)).map(|t| view(r, &sources, t)).collect()
            })
            .await?;
        Ok(views)
    }
}

fn view(r: &Reader<'_>, sources: &Sources, row: TimerRow) -> lockstep_store::Result<TimerView> {
    let person = r.person(row.timer.person)?;
    let employment = r.stints_of(row.timer.person)?.into_iter().find(|s| s.id == row.timer.employment);
    let zone = employment.and_then(|e| sources.stint(e, row.timer.due_at)).map(|stint| stint.state.zone);
    Ok(TimerView {
        id: row.timer.id,
        person: row.timer.person,
        name: person.map_or_else(|| "erased".into(), |p| p.display_name),
        due_at: row.timer.due_at,
        due_local: zone.map(|zone| stints::local(row.timer.due_at, zone)),
        state: row.state.as_str().into(),
        run: row.run,
        hindrance: row.hindrance,
        try_at: (row.state == TimerState::Armed).then_some(row.try_at),
    })
}

/// The case of a person as it is now, for whoever holds an id.
pub(super) fn by_id(person: PersonId) -> String {
    person.to_string()
}
