//! Asking a process to end: no new write is begun, and what is under way comes to its end.

use std::future::Future;

use futures_util::future::{Either, select};
use tokio::sync::watch;

/// Whether the process was asked to end.
#[derive(Debug)]
pub(crate) struct Stop(watch::Sender<bool>);

impl Default for Stop {
    fn default() -> Self {
        Self(watch::Sender::new(false))
    }
}

impl Stop {
    /// Asks; whoever waits is woken.
    pub(crate) fn ask(&self) {
        self.0.send_replace(true);
    }

    pub(crate) fn is_asked(&self) -> bool {
        *self.0.borrow()
    }

    /// Waits for `work`, but no longer than until the process is asked to end.
    pub(crate) async fn or<T>(&self, work: impl Future<Output = T>) -> Option<T> {
        let mut asked = self.0.subscribe();
        let asked = async move { asked.wait_for(|asked| *asked).await.map(|_| ()) };
        match select(std::pin::pin!(work), std::pin::pin!(asked)).await {
            Either::Left((done, _)) => Some(done),
            Either::Right(_) => None,
        }
    }
}
