//! The sweep: every account of the person is read once more, by whatever connection.

use std::collections::{BTreeMap, BTreeSet};

use lockstep_domain::access::{Observation, Presence, SignIn, Target, Wish};
use lockstep_domain::ids::{AccountId, ConnectionId, PersonId};
use lockstep_domain::plan::Step;
use lockstep_domain::run::{Run, RunEvent, StepState};
use lockstep_store::{AccountRow, LinkState};

use super::control::Scene;
use super::drive::Sweep;
use super::journal::{Journal, Record};
use crate::desk::Desk;
use crate::error::Result;
use crate::offboard::dossier::Dossier;
use crate::offboard::facts::Targets;

/// Reads every account of the person again and records what is left; or adds steps for what was not known.
pub(crate) async fn sweep(scene: &Scene<'_>, journal: &Journal) -> Result<Sweep> {
    let person = journal.ask(|run| run.opened.person).await;
    scene.desk.read_details(person, scene.targets).await?;
    let found = scene.desk.amend(journal, scene.dossier, scene.targets).await?;
    if found.amended {
        return Ok(Sweep::Amended);
    }
    let by_person = journal.ask(|run| closed_by_a_person(scene.dossier, run)).await;
    let mut over = look_over(scene.desk, scene.targets, person, &by_person).await?;
    over.left.extend(found.to_approve);
    let (left, unread) = over.counts();
    if left > 0 || unread > 0 {
        scene.desk.notice(format!(
            "The last check found {left} accounts with access left and could not read {unread} connections. Preview the person again."
        ));
    }
    journal.record(vec![Record::of(RunEvent::Swept { left, unread })]).await?;
    Ok(Sweep::Recorded)
}

/// What looking over somebody's accounts found.
#[derive(Debug, Default)]
pub(crate) struct LookedOver {
    /// Accounts that can still sign in, as far as nobody accepted that.
    pub(crate) left: BTreeSet<AccountId>,
    /// Connections that could not be read.
    pub(crate) unread: BTreeSet<ConnectionId>,
}

impl LookedOver {
    /// How many of each.
    pub(crate) fn counts(&self) -> (u32, u32) {
        let count = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        (count(self.left.len()), count(self.unread.len()))
    }
}

/// Reads every account of a person by the vendor's id.
pub(crate) async fn look_over(
    desk: &Desk,
    targets: &Targets,
    person: PersonId,
    by_person: &BTreeMap<AccountId, StepState>,
) -> Result<LookedOver> {
    let (accounts, connections) =
        desk.store.read(move |r| Ok((r.accounts_of(person)?, r.connections()?))).await?;
    let doors = targets.all();
    let mut over = LookedOver::default();
    for (link, account) in accounts {
        if link.state == LinkState::Rejected {
            continue;
        }
        let Some(target) = doors.get(&account.connection) else {
            // An account list has no door of its own to look at: its work is a person's. What cannot even be
            // opened was not looked at.
            let row = connections.iter().find(|c| c.id == account.connection);
            if row.is_none_or(|row| desk.connector(row).is_err()) && !by_person.contains_key(&account.id) {
                over.unread.insert(account.connection);
            }
            continue;
        };
        match target.observe(&account.record.remote_id).await {
            Ok(seen) => {
                // An accepted exception is no news. A person's word that it is done is one, when it is not.
                let accepted = by_person.get(&account.id) == Some(&StepState::Waived);
                if can_sign_in(&seen) && !accepted {
                    over.left.insert(account.id);
                }
                keep(desk, account, &seen).await?;
            }
            Err(_) if by_person.contains_key(&account.id) => {}
            Err(_) => {
                over.unread.insert(account.connection);
            }
        }
    }
    Ok(over)
}

/// Accounts whose sign-in a person has dealt with: accepted as an exception, or confirmed by hand.
pub(crate) fn closed_by_a_person(dossier: &Dossier, run: &Run) -> BTreeMap<AccountId, StepState> {
    let doors = dossier.plan.steps.iter().filter(|s| s.wish == Wish::Disabled);
    let dealt_with = |step: &Step| {
        let Target::Account(account) = &step.target else { return None };
        let state = run.step(step.id)?.state.clone();
        matches!(state, StepState::Waived | StepState::Attested { .. }).then_some((account.account, state))
    };
    doors.filter_map(dealt_with).collect()
}

/// Unknown counts as left: it is never guessed to be good.
fn can_sign_in(seen: &Observation) -> bool {
    match &seen.presence {
        Presence::Absent => false,
        Presence::Present(facts) => facts.sign_in != SignIn::Disabled,
    }
}

/// What was read back is what the lists show until the next sync.
async fn keep(desk: &Desk, account: AccountRow, seen: &Observation) -> Result<()> {
    let mut record = account.record;
    let sign_in = match &seen.presence {
        Presence::Absent => SignIn::Disabled,
        Presence::Present(facts) => facts.sign_in,
    };
    if record.sign_in != sign_in {
        record.sign_in = sign_in;
        desk.store.write(move |tx| tx.update_account(account.id, &record)).await?;
    }
    Ok(())
}
