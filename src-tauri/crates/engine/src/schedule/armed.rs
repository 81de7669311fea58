//! What arming approves, kept encrypted beside its ledger entry until the instant comes.

use chrono::{DateTime, Utc};
use lockstep_domain::digest::Digest;
use lockstep_domain::ids::EntryId;
use lockstep_domain::plan::Authority;
use lockstep_store::TimerRow;
use serde::{Deserialize, Serialize};

use crate::desk::Desk;
use crate::error::{Code, Error, Result};
use crate::offboard::dossier::Dossier;
use crate::offboard::facts::{Case, record_key};

/// The ledger's kinds of entries about timers.
pub(crate) const ARMED: &str = "timer.armed";
pub(crate) const DISARMED: &str = "timer.disarmed";
pub(crate) const VOID: &str = "timer.void";

/// The open part of the entry that arms: opaque ids, instants and digests.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct ArmedBody {
    pub(crate) person: lockstep_domain::ids::PersonId,
    pub(crate) employment: lockstep_domain::ids::EmploymentId,
    pub(crate) generation: u32,
    pub(crate) event: String,
    /// When it fires (UTC).
    pub(crate) due_at: DateTime<Utc>,
    /// The authority that was approved.
    pub(crate) authority: Digest,
    /// Digest of the plan in the payload.
    pub(crate) plan: Digest,
    /// Opaque ids of the operators who approved, the requester first.
    pub(crate) approvers: Vec<String>,
}

/// The payload: the approved plan with everything that it was approved on.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct ArmedPlan {
    pub(crate) dossier: Dossier,
    /// Vendor and tenant of the source.
    pub(crate) source: (String, String),
    /// Vendor and tenant of every connection that the approval reaches.
    pub(crate) reach: Vec<(String, String)>,
    /// How many people were approved together.
    pub(crate) batch: usize,
}

/// An armed plan as it was approved, checked against its entry.
pub(crate) struct Approved {
    pub(crate) body: ArmedBody,
    pub(crate) plan: ArmedPlan,
    /// When (UTC).
    pub(crate) at: DateTime<Utc>,
}

/// Why an approval no longer stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Gone {
    /// HR moved an instant.
    Moved,
    /// HR took the end back, or the person is hired again.
    Withdrawn,
    /// HR gives another e-mail or number for this employment.
    Identity,
    /// A run of the same event was started by hand.
    Started,
}

impl Gone {
    /// The word for it, in ledger and table.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Moved => "moved",
            Self::Withdrawn => "withdrawn",
            Self::Identity => "identity",
            Self::Started => "started",
        }
    }

    /// What has this word.
    pub(crate) fn of_word(word: &str) -> Option<Self> {
        [Self::Moved, Self::Withdrawn, Self::Identity, Self::Started].into_iter().find(|g| g.as_str() == word)
    }

    /// What happened, and what to do.
    pub(crate) fn words(self) -> &'static str {
        match self {
            Self::Moved => {
                "HR moved the end. What was approved was the old instant: preview the person again and arm anew"
            }
            Self::Withdrawn => "HR took the end back, or the person is hired again. Nothing is cut",
            Self::Identity => {
                "HR gives another e-mail or number for this employment. Preview the person again and arm anew"
            }
            Self::Started => "the person is being offboarded already",
        }
    }
}

impl ArmedPlan {
    /// Why the approval does not stand for the case as it is now. Accounts that were found since do not void it: a
    /// leaver must not save themselves by making one.
    pub(crate) fn gone(&self, now: &Case) -> Option<Gone> {
        let then = &self.dossier.plan;
        if now.open_run.is_some() || now.generation != then.event.generation {
            return Some(Gone::Started);
        }
        let same_stint = now.stint.row.id == then.event.employment;
        if !same_stint || now.other_stint || now.plan.access_end_at.is_none() {
            return Some(Gone::Withdrawn);
        }
        let instants = |plan: &lockstep_domain::plan::Plan| (plan.access_end_at, plan.employment_end_at);
        if instants(&now.plan) != instants(then) {
            return Some(Gone::Moved);
        }
        let same_source = (&now.source.vendor, &now.source.tenant) == (&self.source.0, &self.source.1);
        let same = same_source
            && crate::run::last_look::identity(&now.stint.row.record)
                == crate::run::last_look::identity(&self.dossier.worker);
        (!same).then_some(Gone::Identity)
    }

    fn authority(&self) -> Digest {
        let worker = &self.dossier.worker;
        let key = |id: &str| record_key(&self.source.0, &self.source.1, id);
        let (person, employment) = (key(&worker.remote_person_id), key(&worker.remote_employment_id));
        Authority::of(&self.dossier.plan, person, employment, self.reach.clone()).digest()
    }
}

impl Desk {
    /// The approval behind a timer, or why it cannot be relied on.
    pub(crate) async fn approved(&self, timer: &TimerRow) -> Result<Approved> {
        let id: EntryId = timer.timer.id;
        let found = self.store.read(move |r| Ok((r.entry(id)?, r.payload(id)?))).await?;
        let broken = |what: &str| {
            Error::new(
                Code::NeedsPerson,
                format!("the approval of timer {id} cannot be used: {what}"),
                "Preview the person again and arm anew.",
            )
        };
        let (Some(entry), Some(payload)) = found else { return Err(broken("its plan was erased")) };
        let body: ArmedBody = serde_json::from_value(entry.body)
            .map_err(|e| broken("its entry is of another form").caused_by(e))?;
        let plan: ArmedPlan = serde_json::from_slice(&payload)
            .map_err(|e| broken("its plan is of another form").caused_by(e))?;
        let planned = Digest::of_json(&plan.dossier.plan).unwrap_or(Digest::ZERO);
        let same = entry.kind == ARMED
            && planned == body.plan
            && plan.authority() == body.authority
            && plan.dossier.plan.access_end_at == Some(body.due_at)
            && body.due_at == timer.timer.due_at
            && plan.dossier.plan.event.employment == timer.timer.employment;
        if same {
            Ok(Approved { body, plan, at: entry.at })
        } else {
            Err(broken("it is not what was approved"))
        }
    }
}
