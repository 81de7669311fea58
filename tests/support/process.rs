//! Waiting for other processes.

use std::thread;
use std::time::{Duration, Instant};

/// Asks `ready` every 20 ms until it gives a value or the time is up.
pub(crate) fn poll<T>(limit: Duration, mut ready: impl FnMut() -> Option<T>) -> Option<T> {
    let end = Instant::now() + limit;
    loop {
        if let Some(value) = ready() {
            return Some(value);
        }
        if Instant::now() >= end {
            return None;
        }
        pause(Duration::from_millis(20));
    }
}

/// Asks `ready` until it gives a value or the time is up, while other processes go on.
pub fn wait_for<T>(limit: Duration, ready: impl FnMut() -> Option<T>) -> Option<T> {
    poll(limit, ready)
}

/// Lets real time pass.
#[expect(
    clippy::disallowed_methods,
    reason = "another process runs in real time; there is no Clock to hand in"
)]
pub(crate) fn pause(duration: Duration) {
    thread::sleep(duration);
}
