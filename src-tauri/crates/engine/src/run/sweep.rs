//! The sweep: every account of the person is read once more, by whatever connection.

use std::collections::{BTreeMap, BTreeSet};

use lockstep_domain::access::{Observation, Presence, SignIn, Target, Wish};
use lockstep_domain::ids::AccountId;
use lockstep_domain::plan::StepId;
use lockstep_domain::run::{Run, RunEvent, StepState};
use lockstep_store::{AccountRow, LinkState};

use super::control::Scene;
use super::drive::Sweep;
use super::journal::{Journal, Record};
use crate::error::Result;

/// Reads every account of the person again and records what is left; or adds steps for what was not known.
pub(crate) async fn sweep(scene: &Scene<'_>, journal: &Journal) -> Result<Sweep> {
    let person = journal.ask(|run| run.opened.person).await;
    scene.desk.read_details(person, scene.targets).await?;
    let found = scene.desk.amend(journal, scene.dossier, scene.targets).await?;
    if found.amended {
        return Ok(Sweep::Amended);
    }
    let (accounts, connections) =
        scene.desk.store.read(move |r| Ok((r.accounts_of(person)?, r.connections()?))).await?;
    let targets = scene.targets.all();
    let by_person = closed_by_a_person(scene, journal).await;
    let mut left: BTreeSet<AccountId> = found.to_approve;
    let mut unread = BTreeSet::new();
    for (link, account) in accounts {
        if link.state == LinkState::Rejected {
            continue;
        }
        let Some(target) = targets.get(&account.connection) else {
            // An account list has no door of its own to look at: its work is a person's. What cannot even be
            // opened was not looked at.
            let row = connections.iter().find(|c| c.id == account.connection);
            if row.is_none_or(|row| scene.desk.connector(row).is_err())
                && !by_person.contains_key(&account.id)
            {
                unread.insert(account.connection);
            }
            continue;
        };
        match target.observe(&account.record.remote_id).await {
            Ok(seen) => {
                // An accepted exception is no news. A person's word that it is done is one, when it is not.
                let accepted = by_person.get(&account.id) == Some(&StepState::Waived);
                if can_sign_in(&seen) && !accepted {
                    left.insert(account.id);
                }
                keep(scene, account, &seen).await?;
            }
            Err(_) if by_person.contains_key(&account.id) => {}
            Err(_) => {
                unread.insert(account.connection);
            }
        }
    }
    let count = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
    let (left, unread) = (count(left.len()), count(unread.len()));
    if left > 0 || unread > 0 {
        scene.desk.notice(format!(
            "The last check found {left} accounts with access left and could not read {unread} connections. Preview the person again."
        ));
    }
    journal.record(vec![Record::of(RunEvent::Swept { left, unread })]).await?;
    Ok(Sweep::Recorded)
}

/// Accounts whose sign-in a person has dealt with: accepted as an exception, or confirmed by hand.
async fn closed_by_a_person(scene: &Scene<'_>, journal: &Journal) -> BTreeMap<AccountId, StepState> {
    let doors = scene.dossier.plan.steps.iter().filter(|s| s.wish == Wish::Disabled);
    let doors: Vec<(StepId, AccountId)> = doors
        .filter_map(|step| match &step.target {
            Target::Account(account) => Some((step.id, account.account)),
            _ => None,
        })
        .collect();
    let state = |run: &Run| {
        let dealt_with = |(step, account): (StepId, AccountId)| {
            let state = run.step(step)?.state.clone();
            matches!(state, StepState::Waived | StepState::Attested { .. }).then_some((account, state))
        };
        doors.into_iter().filter_map(dealt_with).collect()
    };
    journal.ask(state).await
}

/// Unknown counts as left: it is never guessed to be good.
fn can_sign_in(seen: &Observation) -> bool {
    match &seen.presence {
        Presence::Absent => false,
        Presence::Present(facts) => facts.sign_in != SignIn::Disabled,
    }
}

/// What was read back is what the lists show until the next sync.
async fn keep(scene: &Scene<'_>, account: AccountRow, seen: &Observation) -> Result<()> {
    let mut record = account.record;
    let sign_in = match &seen.presence {
        Presence::Absent => SignIn::Disabled,
        Presence::Present(facts) => facts.sign_in,
    };
    if record.sign_in != sign_in {
        record.sign_in = sign_in;
        scene.desk.store.write(move |tx| tx.update_account(account.id, &record)).await?;
    }
    Ok(())
}
