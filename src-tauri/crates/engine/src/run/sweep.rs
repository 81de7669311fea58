//! The sweep: every account of the person is read once more, by whatever connection.

use std::collections::BTreeSet;

use lockstep_domain::access::{Observation, Presence, SignIn};
use lockstep_domain::run::RunEvent;
use lockstep_store::{AccountRow, LinkState};

use super::control::Scene;
use super::journal::{Journal, Record};
use crate::error::Result;

/// Reads every account of the person again and records what is left.
pub(crate) async fn sweep(scene: &Scene<'_>, journal: &Journal) -> Result<()> {
    let person = journal.ask(|run| run.opened.person).await;
    let (accounts, connections) =
        scene.desk.store.read(move |r| Ok((r.accounts_of(person)?, r.connections()?))).await?;
    let targets = scene.targets.all();
    let mut left = 0;
    let mut unread = BTreeSet::new();
    for (link, account) in accounts {
        if link.state == LinkState::Rejected {
            continue;
        }
        let Some(target) = targets.get(&account.connection) else {
            // An account list has no door of its own to look at: its work is a person's. What cannot even be
            // opened was not looked at.
            let row = connections.iter().find(|c| c.id == account.connection);
            if row.is_none_or(|row| scene.desk.connector(row).is_err()) {
                unread.insert(account.connection);
            }
            continue;
        };
        match target.observe(&account.record.remote_id).await {
            Ok(seen) => {
                left += u32::from(can_sign_in(&seen));
                keep(scene, account, &seen).await?;
            }
            Err(_) => {
                unread.insert(account.connection);
            }
        }
    }
    let unread = u32::try_from(unread.len()).unwrap_or(u32::MAX);
    if left > 0 || unread > 0 {
        scene.desk.notice(format!(
            "The last check found {left} accounts that can still sign in and could not read {unread} connections. Preview the person again."
        ));
    }
    journal.record(vec![Record::of(RunEvent::Swept { left, unread })]).await?;
    Ok(())
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
