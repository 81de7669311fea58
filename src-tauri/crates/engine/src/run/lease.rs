//! Who drives a run: one process at a time, and within it one task.

use chrono::{DateTime, TimeDelta, Utc};
use lockstep_domain::ids::RunId;
use lockstep_store::Store;

use crate::error::Result;

/// How long a lease lasts without being prolonged. Every record prolongs it in good time; and a holder whose
/// process died is told by its lock, not by this.
pub(crate) const TTL: TimeDelta = TimeDelta::minutes(5);

/// A lease that was taken.
#[derive(Clone, Debug)]
pub(crate) struct Held {
    pub(crate) run: RunId,
    pub(crate) holder: String,
    pub(crate) epoch: u64,
}

/// Takes the lease on a run, from a dead holder too. `None` while somebody else drives it.
pub(crate) async fn take(store: &Store, run: RunId, now: DateTime<Utc>) -> Result<Option<Held>> {
    let holder = store.holder().to_owned();
    let other = store.read(move |r| r.lease(run)).await?.map(|l| l.holder).filter(|h| *h != holder);
    let dead = match other {
        Some(other) if !store.is_alive(&other)? => Some(other),
        _ => None,
    };
    let me = holder.clone();
    let epoch = store
        .write(move |tx| {
            // Broken only if it still is the dead one's: another process may have been faster.
            if let (Some(dead), Some(lease)) = (&dead, tx.lease(run)?)
                && lease.holder == *dead
            {
                tx.break_lease(run)?;
            }
            tx.take_lease(run, &me, now, TTL)
        })
        .await?;
    Ok(epoch.map(|epoch| Held { run, holder, epoch }))
}

/// Gives the lease back.
pub(crate) async fn give_back(store: &Store, held: &Held) -> Result<()> {
    let held = held.clone();
    store
        .write(move |tx| {
            tx.check_lease(held.run, &held.holder, held.epoch)?;
            tx.break_lease(held.run)
        })
        .await?;
    Ok(())
}
