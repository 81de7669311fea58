//! Moving what a connector reads into the staging tables while it goes on reading.

use std::future::Future;

use lockstep_store::{ConnectionRow, Tx};
use tokio::sync::mpsc;

use crate::api::Progress;
use crate::desk::Desk;
use crate::error::Result;

/// Chunks under way between reading and staging: enough to overlap, too few to fill the memory.
const IN_FLIGHT: usize = 8;

/// How a read ended, and how much it passed on.
pub(super) struct Pumped<T> {
    pub(super) answer: lockstep_connectors::Result<T>,
    pub(super) rows: u64,
}

/// Runs a read and stages its chunks as they come. The error is the store's; the vendor's is in the answer.
pub(super) async fn pump<C, T, R, F, S>(
    desk: &Desk,
    row: &ConnectionRow,
    read: R,
    len: impl Fn(&C) -> usize,
    stage: S,
) -> Result<Pumped<T>>
where
    C: Send + 'static,
    R: FnOnce(mpsc::Sender<C>) -> F,
    F: Future<Output = lockstep_connectors::Result<T>>,
    S: Fn(&Tx<'_>, C) -> lockstep_store::Result<()> + Clone + Send + 'static,
{
    let (sender, mut chunks) = mpsc::channel(IN_FLIGHT);
    let staging = async {
        let mut rows = 0;
        let mut come = Vec::with_capacity(IN_FLIGHT);
        // Whatever came meanwhile is staged in one transaction: its sync to the disk takes as long as a chunk.
        while chunks.recv_many(&mut come, IN_FLIGHT).await > 0 {
            let batch = std::mem::take(&mut come);
            rows += batch.iter().map(&len).sum::<usize>() as u64;
            let stage = stage.clone();
            desk.store.write(move |tx| batch.into_iter().try_for_each(|chunk| stage(tx, chunk))).await?;
            desk.tell(Progress::Reading { connection: row.name.clone(), rows });
        }
        Ok(rows)
    };
    let (answer, staged) = tokio::join!(read(sender), staging);
    staged.map(|rows| Pumped { answer, rows })
}
