//! Timers follow HR: an approval of something that HR no longer says is void.

use lockstep_store::{Kind, TimerRow, TimerState};
use serde_json::json;

use super::arm::by_id;
use super::armed::{Gone, VOID};
use crate::desk::Desk;
use crate::error::{Code, Result};
use crate::offboard::facts::Targets;

impl Desk {
    /// Holds every armed timer against what HR said last.
    pub(crate) async fn follow_hr(&self) -> Result<()> {
        // Accounts do not void an approval, so no connection has to be opened for this.
        let targets = Targets::default();
        for timer in self.store.read(|r| r.armed_timers()).await? {
            let case = match self.case(&by_id(timer.timer.person), false, &targets).await {
                Ok(case) => case,
                // Its source was removed; that is told when it is tried, and by the readiness alarms before.
                Err(e) if e.code() == Code::NotFound => continue,
                Err(e) => return Err(e),
            };
            match self.approved(&timer).await {
                Ok(approved) => {
                    if let Some(gone) = approved.plan.gone(&case) {
                        self.void_timer(&timer, gone).await?;
                    }
                }
                Err(e) => self.notice(format!("{e}. {}", e.remedy())),
            }
        }
        Ok(())
    }

    /// Ends a timer whose approval no longer stands; recorded, and told loudly.
    pub(crate) async fn void_timer(&self, timer: &TimerRow, gone: Gone) -> Result<()> {
        let (act, id, person) = (self.act(), timer.timer.id, timer.timer.person);
        let name = self.store.read(move |r| r.person(person)).await?.map(|p| p.display_name);
        let ended = self
            .store
            .write(move |tx| {
                act.append_as_engine(tx, VOID, json!({ "timer": id, "why": gone.as_str() }))?;
                tx.put_off_timer(id, act.at, Some(gone.as_str()))?;
                tx.end_timer(id, TimerState::Void, None)
            })
            .await;
        match ended {
            Ok(()) => self.notice(format!(
                "the timer of {} is void: {}",
                name.as_deref().unwrap_or("somebody"),
                gone.words()
            )),
            Err(e) if e.kind() == Kind::Conflict => {} // somebody else was faster
            Err(e) => return Err(e.into()),
        }
        Ok(())
    }
}
