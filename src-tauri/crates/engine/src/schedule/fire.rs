//! A timer's instant has come: claim it, look once more, and start what was approved.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use chrono::{DateTime, TimeDelta, Utc};
use lockstep_domain::guards::Refusal;
use lockstep_domain::ids::{EntryId, RunId};
use lockstep_domain::ledger::Actor;
use lockstep_domain::run::late_s;
use lockstep_store::{TimerRow, TimerState};

use super::arm::by_id;
use super::armed::{Approved, Gone};
use crate::api::{FireView, OffboardRequest, SyncRequest};
use crate::desk::Desk;
use crate::error::{Code, Result};
use crate::offboard::counts;
use crate::offboard::dossier::{Dossier, KnownAccount, dossier_of};
use crate::offboard::facts::{Case, Targets};
use crate::offboard::open::Opening;
use crate::run::last_look::LastLook;

/// How long a claim counts. A holder whose process died is told by its lock, not by this.
const CLAIM: TimeDelta = TimeDelta::minutes(2);

/// When a hindered timer is tried again.
const AGAIN: TimeDelta = TimeDelta::seconds(30);

/// What became of a timer whose instant had come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Fired {
    /// It opened this run.
    Run(RunId),
    /// Something speaks against it, in a word; it is tried again.
    Hindered(&'static str),
    /// The approval no longer stands.
    Void(Gone),
    /// Another process is at it, or was faster.
    Elsewhere,
}

/// What was said of each timer that is hindered, so that the same is not said at every try.
#[derive(Debug, Default)]
pub(crate) struct Hindrances(Mutex<BTreeMap<EntryId, String>>);

impl Hindrances {
    /// Whether something else, or nothing, was said of this timer last.
    fn is_news(&self, id: EntryId, said: &str) -> bool {
        let before = self.lock().insert(id, said.to_owned());
        before.is_none_or(|before| before != said)
    }

    /// Nothing speaks against this timer any more.
    fn over(&self, id: EntryId) {
        self.lock().remove(&id);
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<EntryId, String>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Desk {
    /// Fires every armed timer whose instant has come and drives what that opens, until nothing more can be done
    /// now.
    ///
    /// # Errors
    /// Those of the store. What hindered a timer is in the answer and among the notices; it is tried again.
    pub async fn fire_timers(&self) -> Result<FireView> {
        let due = self.due_timers().await?;
        let mut fired = FireView::default();
        if due.is_empty() {
            return Ok(fired);
        }
        let targets = self.targets().await?;
        let tries = due.iter().map(|timer| self.fire_and_drive(timer, &targets));
        for (timer, tried) in due.iter().zip(futures_util::future::join_all(tries).await) {
            match tried? {
                Fired::Run(run) => fired.runs.push(self.run(run).await?),
                Fired::Hindered(_) => fired.hindered.push(timer.timer.id),
                Fired::Void(_) => fired.void.push(timer.timer.id),
                Fired::Elsewhere => {}
            }
        }
        Ok(fired)
    }

    /// The armed timers that are to be tried now.
    pub(crate) async fn due_timers(&self) -> Result<Vec<TimerRow>> {
        let now = self.clock.now();
        Ok(self.store.read(move |r| r.due_timers(now, now + AGAIN)).await?)
    }

    /// Fires one timer and drives its run as far as it goes now.
    pub(crate) async fn fire_and_drive(&self, timer: &TimerRow, targets: &Targets) -> Result<Fired> {
        let fired = self.fire(timer, targets).await?;
        if let Fired::Run(run) = fired {
            match self.drive(run, targets).await {
                Err(e) if e.code() == Code::Busy => {} // somebody goes on with it already
                driven => driven?,
            }
        }
        Ok(fired)
    }

    async fn fire(&self, timer: &TimerRow, targets: &Targets) -> Result<Fired> {
        let id = timer.timer.id;
        if !self.claim_timer(timer).await? {
            return Ok(Fired::Elsewhere);
        }
        let tried = self.try_to_fire(timer, targets).await;
        match tried {
            Ok(Fired::Hindered(why)) => self.put_off(id, why).await?,
            Ok(_) => self.hindrances.over(id),
            Err(e) => {
                let said = format!("timer {id} could not be fired: {e}. {}", e.remedy());
                if self.hindrances.is_news(id, &said) {
                    self.notice(said);
                }
                self.put_off(id, "failed").await?;
                return Ok(Fired::Hindered("failed"));
            }
        }
        tried
    }

    async fn claim_timer(&self, timer: &TimerRow) -> Result<bool> {
        let me = self.store.holder().to_owned();
        let other = timer.held.as_ref().map(|(holder, _)| holder.clone()).filter(|holder| *holder != me);
        let dead = match other {
            Some(other) if !self.store.is_alive(&other)? => Some(other),
            _ => None,
        };
        let (id, now) = (timer.timer.id, self.clock.now());
        Ok(self
            .store
            .write(move |tx| tx.claim_timer(id, &me, dead.as_deref(), (now, now + AGAIN), now + CLAIM))
            .await?)
    }

    async fn put_off(&self, id: EntryId, why: &'static str) -> Result<()> {
        let again = self.clock.now() + AGAIN;
        Ok(self.store.write(move |tx| tx.put_off_timer(id, again, Some(why))).await?)
    }

    /// The last look, and the start if nothing speaks against it.
    async fn try_to_fire(&self, timer: &TimerRow, targets: &Targets) -> Result<Fired> {
        let approved = self.approved(timer).await?;
        let case = self.case(&by_id(timer.timer.person), false, targets).await?;
        if let Some(gone) = approved.plan.gone(&case) {
            self.void_timer(timer, gone).await?;
            return Ok(Fired::Void(gone));
        }
        let name = case.person.display_name.clone();
        let who = OffboardRequest { people: vec![by_id(timer.timer.person)], ..OffboardRequest::default() };
        let (batch, approvers) = (approved.plan.batch, approved.plan.dossier.approvers.len());
        if let Some(refusal) = self.refusals(&case, &who, batch, approvers).await?.first() {
            return Ok(self.hindered(timer, &name, refusal));
        }
        let hr_reread = match self.last_look(&case, false).await? {
            LastLook::Same => true,
            LastLook::Unread => false,
            LastLook::Refused(Refusal::HrChanged { what }) => {
                if self.hindrances.is_news(timer.timer.id, &what) {
                    self.notice(format!("the timer of {name} does not fire: {what}"));
                }
                return self.read_anew(timer, &case).await;
            }
            LastLook::Refused(refusal) => return Ok(self.hindered(timer, &name, &refusal)),
        };
        match self.open_run(self.opening(timer, approved, case, hr_reread)).await {
            Ok(run) => {
                self.tell_lateness(&name, timer.timer.due_at);
                Ok(Fired::Run(run))
            }
            Err(e) => match e.refusals().first() {
                Some(refusal) => Ok(self.hindered(timer, &name, refusal)),
                None if e.code() == Code::NeedsPerson => Ok(Fired::Elsewhere),
                None => Err(e),
            },
        }
    }

    /// What was approved, on what is known now: the plan stays the approved one.
    fn opening(&self, timer: &TimerRow, approved: Approved, case: Case, hr_reread: bool) -> Opening {
        let Approved { body, plan, at: approved_at } = approved;
        let counts = counts(&case, plan.batch);
        let fresh = dossier_of(case, None, &plan.dossier.approvers);
        let now = |known: KnownAccount| {
            let fresh = fresh.accounts.iter().find(|k| k.account.account == known.account.account);
            fresh.cloned().unwrap_or(known)
        };
        // Accounts found since the approval come as an amendment of the run, in sight.
        let accounts = plan.dossier.accounts.into_iter().map(now).collect();
        let dossier = Dossier { plan: plan.dossier.plan, approved_at: Some(approved_at), accounts, ..fresh };
        Opening {
            dossier,
            authority: body.authority,
            approver_ids: body.approvers,
            counts,
            hr_reread,
            armed: Some(timer.timer.id),
            by: Actor::engine(),
        }
    }

    /// HR says something else than the last read: everybody is read anew, and the timer follows what that brings.
    async fn read_anew(&self, timer: &TimerRow, case: &Case) -> Result<Fired> {
        let id = timer.timer.id;
        self.sync(SyncRequest { connection: Some(case.source.name.clone()), accept_smaller: None }).await?;
        let row = self.store.read(move |r| r.timer(id)).await?;
        let gone = row.filter(|t| t.state == TimerState::Void).and_then(|t| Gone::of_word(&t.hindrance?));
        Ok(gone.map_or(Fired::Hindered("hr_changed"), Fired::Void))
    }

    fn hindered(&self, timer: &TimerRow, name: &str, refusal: &Refusal) -> Fired {
        let word = word(refusal);
        if self.hindrances.is_news(timer.timer.id, word) {
            self.notice(format!("the timer of {name} does not fire: {}", refusal.remedy()));
        }
        Fired::Hindered(word)
    }

    fn tell_lateness(&self, name: &str, due_at: DateTime<Utc>) {
        if let Some(late) = late_s(due_at, self.clock.now()) {
            self.notice(format!(
                "the timer of {name} fired {late} s late: nothing was running at its instant"
            ));
        }
    }
}

/// A refusal in one word, as the ledger's and our own lists have it.
fn word(refusal: &Refusal) -> &'static str {
    match refusal {
        Refusal::Paused { .. } => "paused",
        Refusal::ProtectedPerson => "protected_person",
        Refusal::OperatorSelf => "operator_self",
        Refusal::NotDue { .. } => "not_due",
        Refusal::StillEmployed => "still_employed",
        Refusal::StateUnknown => "state_unknown",
        Refusal::MassBreaker { .. } => "mass_breaker",
        Refusal::SourceShrunk => "source_shrunk",
        Refusal::SecondApprover => "second_approver",
        Refusal::AuthorityChanged => "authority_changed",
        Refusal::HrChanged { .. } => "hr_changed",
        Refusal::HrUnread => "hr_unread",
        Refusal::ClockOff { .. } => "clock_off",
    }
}
