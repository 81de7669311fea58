//! Looking again after a run's record was sealed: a group rule, an import or a person may have given access back.

use chrono::{DateTime, TimeDelta, Utc};
use lockstep_domain::ids::{PersonId, RunId};
use lockstep_domain::people::EmploymentState;
use serde_json::json;

use crate::desk::Desk;
use crate::error::Result;
use crate::offboard::facts::Targets;
use crate::run::sweep::{closed_by_a_person, look_over};
use crate::stints::{self, Sources};

/// How long after the seal.
const AFTER: [TimeDelta; 4] =
    [TimeDelta::hours(1), TimeDelta::hours(24), TimeDelta::days(7), TimeDelta::days(30)];

/// When a person is looked at again after a seal (UTC).
pub(crate) fn due_after(seal: DateTime<Utc>) -> [DateTime<Utc>; 4] {
    AFTER.map(|after| seal + after)
}

impl Desk {
    /// Looks again at everybody for whom it is time. What is found is recorded and told; a new preview deals with
    /// it, since nobody has approved another run.
    pub(crate) async fn watch(&self) -> Result<()> {
        let now = self.clock.now();
        let due = self.store.read(move |r| r.due_watches(now)).await?;
        if due.is_empty() || self.pause_status().await?.paused {
            return Ok(());
        }
        let targets = self.targets().await?;
        for run in due {
            self.watch_one(run, &targets).await?;
        }
        Ok(())
    }

    async fn watch_one(&self, id: RunId, targets: &Targets) -> Result<()> {
        let (run, dossier) = (self.fold(id).await?, self.dossier(id).await?);
        let person = run.opened.person;
        // Who works here again has access by right.
        let employed = self.is_employed(person).await?;
        let (left, unread) = if employed {
            (0, 0)
        } else {
            look_over(self, targets, person, &closed_by_a_person(&dossier, &run)).await?.counts()
        };
        let now = self.clock.now();
        let act = self.act();
        let news = self
            .store
            .write(move |tx| {
                let first = tx.end_watches(id, now, left, unread)?;
                if first {
                    let body = json!({ "run": id, "left": left, "unread": unread, "employed": employed });
                    act.append_as_engine(tx, "watch.looked", body)?;
                }
                Ok(first)
            })
            .await?;
        if news && left > 0 {
            self.notice(format!(
                "Access that run {id} had cut is there again: {left} accounts can sign in. Preview the person again."
            ));
        }
        if news && unread > 0 {
            self.notice(format!("Looking again at run {id}, {unread} connections could not be read."));
        }
        Ok(())
    }

    async fn is_employed(&self, person: PersonId) -> Result<bool> {
        let now = self.clock.now();
        let state = self
            .store
            .read(move |r| {
                let sources = Sources::load(r)?;
                Ok(stints::of_person(&sources.stints(r.stints_of(person)?, now)))
            })
            .await?;
        Ok(matches!(state.state, EmploymentState::Active | EmploymentState::NoticePeriod))
    }
}
