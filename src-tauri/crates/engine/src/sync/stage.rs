//! Moving what a connector reads into the staging tables while it goes on reading.

use std::future::Future;

use lockstep_connectors::ReadSummary;
use lockstep_store::{ConnectionRow, Tx};
use tokio::sync::mpsc;

use crate::api::Progress;
use crate::desk::Desk;
use crate::error::Result;

/// Chunks under way between reading and staging: enough to overlap, too few to fill the memory.
const IN_FLIGHT: usize = 4;

/// Runs a read and stages its chunks as they come. The outer error is the store's, the inner the vendor's.
pub(super) async fn pump<C, R, F, S>(
    desk: &Desk,
    row: &ConnectionRow,
    read: R,
    len: impl Fn(&C) -> usize,
    stage: S,
) -> Result<lockstep_connectors::Result<ReadSummary>>
where
    C: Send + 'static,
    R: FnOnce(mpsc::Sender<C>) -> F,
    F: Future<Output = lockstep_connectors::Result<ReadSummary>>,
    S: Fn(&Tx<'_>, C) -> lockstep_store::Result<()> + Clone + Send + 'static,
{
    let (sender, mut chunks) = mpsc::channel(IN_FLIGHT);
    let staging = async {
        let mut rows = 0;
        while let Some(chunk) = chunks.recv().await {
            rows += u64::try_from(len(&chunk)).unwrap_or(0);
            let stage = stage.clone();
            desk.store.write(move |tx| stage(tx, chunk)).await?;
            desk.tell(Progress::Reading { connection: row.name.clone(), rows });
        }
        Ok(())
    };
    let (read, staged) = tokio::join!(read(sender), staging);
    staged.map(|()| read)
}
