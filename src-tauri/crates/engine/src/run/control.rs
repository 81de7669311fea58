//! Taking a run up, driving it under its lease, and going on with it after whatever happened.

use std::collections::BTreeMap;

use lockstep_domain::access::{Observation, Target};
use lockstep_domain::guards::Blocker;
use lockstep_domain::ids::RunId;
use lockstep_domain::plan::{Step, StepId, Wave};
use lockstep_domain::run::{Run, RunEvent, StepState, WaveClock};

use serde::de::DeserializeOwned;

use super::drive::{Driven, Driver, Surroundings, Sweep};
use super::journal::{Journal, Record};
use super::last_look::LookBack;
use super::lease::{self, Held};
use super::step::WriteGuard;
use crate::api::RunView;
use crate::desk::{Claim, Desk};
use crate::error::{Code, Error, Result};
use crate::offboard::dossier::Dossier;
use crate::offboard::facts::Targets;
use crate::offboard::{Guard, Judge};

/// What surrounds one run while it is driven.
pub(crate) struct Scene<'a> {
    pub(crate) desk: &'a Desk,
    pub(crate) dossier: &'a Dossier,
    pub(crate) targets: &'a Targets,
    guard: Guard<'a>,
}

impl Desk {
    /// Goes on with one run, or with all open ones. Blocked steps are tried again.
    ///
    /// # Errors
    /// [`Code::NotFound`], [`Code::NeedsPerson`] while paused, [`Code::Busy`] when another process drives it.
    pub async fn resume(&self, run: Option<RunId>) -> Result<Vec<RunView>> {
        let runs = match run {
            Some(id) => vec![id],
            None => self.store.read(|r| r.open_runs()).await?.into_iter().map(|row| row.run.id).collect(),
        };
        let targets = self.targets().await?;
        self.drive_all(&runs, &targets).await
    }

    /// Drives a run until nothing more can be done now. Blocked steps are tried again.
    pub(crate) async fn drive(&self, id: RunId, targets: &Targets) -> Result<()> {
        self.drive_retrying(id, targets, |_| true).await
    }

    /// The same with nobody there: only what may have passed by itself is tried again.
    pub(crate) async fn drive_unattended(&self, id: RunId, targets: &Targets) -> Result<()> {
        self.drive_retrying(id, targets, Blocker::passes_by_itself).await
    }

    async fn drive_retrying(&self, id: RunId, targets: &Targets, retried: fn(Blocker) -> bool) -> Result<()> {
        let (dossier, held, journal, _claim) = self.take_up(id, retried).await?;
        let driven = self.drive_under_lease(&journal, dossier, targets).await;
        let given_back = lease::give_back(&self.store, &held).await;
        driven.and(given_back)
    }

    async fn drive_under_lease(
        &self,
        journal: &Journal,
        mut dossier: Dossier,
        targets: &Targets,
    ) -> Result<()> {
        self.look_again(journal, &dossier).await?;
        let (over, since) = journal.ask(|run| (is_over(run), run.since)).await;
        let read_since = targets.accounts_read_at.is_some_and(|at| at >= since);
        if !over && read_since && self.amend(journal, &dossier, targets).await?.amended {
            dossier = self.dossier(journal.id()).await?;
        }
        while self.drive_planned(journal, &dossier, targets).await? == Driven::Amended {
            dossier = self.dossier(journal.id()).await?;
        }
        Ok(())
    }

    /// Drives the steps that the dossier tells of.
    async fn drive_planned(&self, journal: &Journal, dossier: &Dossier, targets: &Targets) -> Result<Driven> {
        let all = targets.all();
        let guard =
            Guard::new(self, dossier.plan.event.person, all.clone()).by_the_clock(!dossier.plan.explicit_now);
        let scene = Scene { desk: self, dossier, targets, guard };
        let steps: BTreeMap<StepId, Step> = dossier.plan.steps.iter().map(|s| (s.id, s.clone())).collect();
        let driver = Driver {
            journal,
            clock: &self.clock,
            around: &scene,
            targets: &all,
            steps: &steps,
            waves: WaveClock::from(&self.policy.policy.leaver),
            stop: &self.stop,
        };
        let driven = driver.drive().await;
        self.note_dialects(journal, &steps).await?;
        driven
    }

    /// Takes a run up: blocked steps are tried again, and it is ours alone. One run after the other, so that
    /// the first of a thousand blocks sign-in at once and not when all are taken up; no vendor is asked here.
    async fn take_up(
        &self,
        id: RunId,
        retried: fn(Blocker) -> bool,
    ) -> Result<(Dossier, Held, Journal, Claim<'_>)> {
        let _turn = self.taking_up.lock().await;
        if let Some(reason) = self.pause_status().await?.reason {
            return Err(Error::new(
                Code::NeedsPerson,
                format!("everything is paused: {reason}"),
                "Wait, or end the pause (`lockstep pause off`), then resume the run.",
            ));
        }
        let dossier = self.dossier(id).await?;
        self.retry_blocked(id, retried).await?;
        let busy = || {
            Error::new(
                Code::Busy,
                format!("run {id} is being driven already"),
                "Nothing to do: it goes on there. `lockstep run show` shows how far it is.",
            )
        };
        let claim = self.claim(id).ok_or_else(busy)?;
        let held = lease::take(&self.store, id, self.clock.now()).await?.ok_or_else(busy)?;
        let (store, clock, progress) = (self.store.clone(), self.clock.clone(), self.progress.clone());
        let journal = Journal::load(store, clock, progress, held.clone()).await?;
        Ok((dossier, held, journal, claim))
    }

    /// What a run was opened with, and what was found later.
    pub(crate) async fn dossier(&self, id: RunId) -> Result<Dossier> {
        let amended = RunEvent::Amended { steps: Vec::new() }.to_parts().0;
        let (opened, amendments) = self
            .store
            .read(move |r| {
                let entries = r.entries_of_run(id)?;
                let opened = entries.first().map(|e| r.payload(e.id)).transpose()?.flatten();
                let later = entries.iter().filter(|e| e.kind == amended).map(|e| r.payload(e.id));
                Ok((opened, later.collect::<Result<Vec<_>, _>>()?))
            })
            .await?;
        let gone = || {
            Error::new(
                Code::NotFound,
                format!("run {id} is not there, or its personal data was erased"),
                "`lockstep run list` shows the runs.",
            )
        };
        let opened: Dossier = of_run(id, &opened.ok_or_else(gone)?)?;
        amendments.iter().try_fold(opened, |dossier, later| {
            Ok(dossier.amended(of_run(id, later.as_deref().ok_or_else(gone)?)?))
        })
    }

    /// The run as the ledger tells it.
    pub(crate) async fn fold(&self, id: RunId) -> Result<Run> {
        let entries = self.store.read(move |r| r.entries_of_run(id)).await?;
        if entries.is_empty() {
            return Err(Error::new(
                Code::NotFound,
                format!("there is no run {id}"),
                "`lockstep run list` shows the runs.",
            ));
        }
        Run::fold(&entries).map_err(|e| super::journal::unreadable(id, e))
    }

    /// Asked and recorded in one transaction: two processes may go on with the same run at the same moment, and
    /// the slower one must find nothing left to retry instead of an illegal order.
    async fn retry_blocked(&self, id: RunId, retried: fn(Blocker) -> bool) -> Result<()> {
        self.record_what(id, move |run| {
            if run.sealed_at.is_some() || run.cancelled {
                return Vec::new();
            }
            let blocked = |s: &&lockstep_domain::run::Progress| {
                matches!(s.state, StepState::Blocked { blocker } if blocker != Blocker::MaybeSent && retried(blocker))
            };
            let steps = run.steps.iter().filter(blocked);
            steps.map(|s| Record::of(RunEvent::Retried { step: s.outline.id })).collect()
        })
        .await
    }

    /// Looks at HR's record once more where the last look no longer counts: HR could not be read then, or
    /// access was cut in an earlier drive and removal is still to open, perhaps days later.
    async fn look_again(&self, journal: &Journal, dossier: &Dossier) -> Result<()> {
        let (over, reread, removal_ahead) =
            journal.ask(|run| (is_over(run), run.hr_reread, removal_ahead(run))).await;
        if over || (reread && !removal_ahead) {
            return Ok(());
        }
        match self.look_back(dossier).await? {
            LookBack::Same if !reread => {
                journal.record(vec![Record::of(RunEvent::HrReread {})]).await?;
            }
            LookBack::Same => {}
            LookBack::Changed => {
                journal.record(vec![Record::of(RunEvent::Held { why: HR_CHANGED.into() })]).await?;
            }
            LookBack::Unread if removal_ahead => {
                return Err(Error::new(
                    Code::NeedsPerson,
                    format!("HR cannot be read, and run {} has still to remove access", journal.id()),
                    "Sign-in is blocked already. Restore the HR connection, then resume the run.",
                ));
            }
            LookBack::ClockOff(seconds) if removal_ahead => {
                return Err(Error::new(
                    Code::NeedsPerson,
                    format!(
                        "this machine's clock is off by {} s, and run {} has still to remove access",
                        seconds.abs(),
                        journal.id()
                    ),
                    "Sign-in is blocked already. Set the clock right, then resume the run.",
                ));
            }
            LookBack::Unread | LookBack::ClockOff(_) => {}
        }
        Ok(())
    }

    /// A dialect that was seen to work is tried first from now on.
    async fn note_dialects(&self, journal: &Journal, steps: &BTreeMap<StepId, Step>) -> Result<()> {
        let proven = journal
            .ask(|run| {
                let read_back = |s: &&lockstep_domain::run::Progress| {
                    matches!(
                        s.state,
                        StepState::Settled { assurance: lockstep_domain::run::Assurance::ReadBack, .. }
                    )
                };
                run.steps
                    .iter()
                    .filter(read_back)
                    // What one account had to fall back on is no way to begin with at the next.
                    .filter_map(|s| Some((s.outline.id, s.last_way().filter(|w| !w.fallback)?)))
                    .filter_map(|(id, way)| Some((id, way.wish, way.dialect.clone()?)))
                    .collect::<Vec<_>>()
            })
            .await;
        let found: Vec<_> = proven
            .into_iter()
            .filter_map(|(id, wish, dialect)| match &steps.get(&id)?.target {
                Target::Account(account) => Some((account.connection, wish, dialect)),
                _ => None,
            })
            .collect();
        if found.is_empty() {
            return Ok(());
        }
        self.store
            .write(move |tx| {
                found.iter().try_for_each(|(c, wish, dialect)| tx.save_dialect(*c, *wish, dialect))
            })
            .await?;
        Ok(())
    }

    /// Appends what a person did to a run, checked against the fold, without needing its lease.
    pub(crate) async fn record_act(&self, id: RunId, records: Vec<Record>) -> Result<()> {
        self.record_what(id, |_| records).await
    }

    /// Appends what a person does to the run as it is found to be in the very transaction.
    async fn record_what(
        &self,
        id: RunId,
        what: impl FnOnce(&Run) -> Vec<Record> + Send + 'static,
    ) -> Result<()> {
        let mut act = self.act();
        act.at = super::journal::to_micros(act.at);
        let actor = lockstep_domain::ledger::Actor::new(&act.operator)
            .unwrap_or_else(|_| lockstep_domain::ledger::Actor::engine());
        let written = self
            .store
            .write(move |tx| {
                let entries = tx.entries_of_run(id)?;
                let mut run = match Run::fold(&entries) {
                    Ok(run) => run,
                    Err(unreadable) => return Ok(Err(unreadable)),
                };
                let records = what(&run);
                if let Err(illegal) = records.iter().try_for_each(|r| run.apply(r.event(), act.at)) {
                    return Ok(Err(illegal));
                }
                if !records.is_empty() {
                    super::journal::append(tx, (id, run.opened.person), &actor, act.at, &records)?;
                    tx.set_run_open(id, is_open(&run))?;
                }
                Ok(Ok(()))
            })
            .await?;
        written.map_err(|e| {
            Error::new(
                Code::Usage,
                format!("that cannot be done to run {id} now: {e}"),
                "Look at it with `lockstep run show`.",
            )
            .caused_by(e)
        })
    }
}

/// A part of what a run keeps of its plan.
fn of_run<T: DeserializeOwned>(id: RunId, bytes: &[u8]) -> Result<T> {
    serde_json::from_slice(bytes).map_err(|e| {
        Error::new(
            Code::Store,
            format!("the plan of run {id} cannot be read"),
            "A newer Lockstep may have written it: use that version.",
        )
        .caused_by(e)
    })
}

/// Why a run is held when HR says something else than what it was started on.
const HR_CHANGED: &str = "HR's record is not what was approved; release the run once HR says so again, or stop it and preview anew";

/// Whether nothing more is written by this run as it stands.
fn is_over(run: &Run) -> bool {
    run.sealed_at.is_some() || run.cancelled || run.held.is_some()
}

/// Whether access is cut and removal has not begun, because its instant was still to come when HR was last read.
fn removal_ahead(run: &Run) -> bool {
    let open = |wave| {
        run.steps.iter().any(|s| s.outline.wave == wave && !s.outline.is_task() && !s.state.is_closed())
    };
    run.opened.employment_end_at.is_some_and(|end| end > run.since)
        && run.wave_opened(Wave::Contain).is_some()
        && run.wave_opened(Wave::Remove).is_none()
        && !open(Wave::Contain)
        && open(Wave::Remove)
}

/// Whether anything is left to do: until the record is sealed and people's work is done.
pub(crate) fn is_open(run: &Run) -> bool {
    run.sealed_at.is_none() || (!run.cancelled && run.open_steps() > 0)
}

#[async_trait::async_trait]
impl WriteGuard for Scene<'_> {
    async fn judge(&self, step: &Step, way: usize, seen: &Observation) -> Judge {
        self.guard.judge(step, way, Some(seen)).await
    }
}

#[async_trait::async_trait]
impl Surroundings for Scene<'_> {
    async fn preserve(&self, journal: &Journal, step: &Step) -> Result<()> {
        super::preserve::preserve(self, journal, step).await
    }

    async fn wave_opened(&self) {
        // An anchor that cannot be moved must not keep anybody's access open.
        if let Err(e) = self.desk.move_anchor().await {
            self.desk.notice(format!("the ledger's anchor was not moved: {e}. {}", e.remedy()));
        }
    }

    async fn sweep(&self, journal: &Journal) -> Result<Sweep> {
        super::sweep::sweep(self, journal).await
    }

    async fn seal(&self, journal: &Journal) -> Result<()> {
        super::seal::seal(self, journal).await
    }
}
