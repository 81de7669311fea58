//! Progress of long work, on standard error and only for a terminal.

use std::sync::Arc;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget};
use lockstep_engine::ProgressSink;
use lockstep_engine::api::Progress;

use crate::text::clean;

/// A line that moves while work goes on; nothing when hidden.
#[derive(Clone)]
pub(crate) struct Bar(ProgressBar);

impl Bar {
    /// A bar that is drawn only when `visible`.
    pub(crate) fn new(visible: bool) -> Self {
        let target = if visible { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
        Self(ProgressBar::with_draw_target(None, target))
    }

    /// Where the Desk sends its progress.
    pub(crate) fn sink(&self) -> ProgressSink {
        let bar = self.0.clone();
        Arc::new(move |progress| {
            bar.enable_steady_tick(Duration::from_millis(120));
            let line = words(&progress);
            if matches!(progress, Progress::Run { .. }) {
                bar.println(&line);
            }
            bar.set_message(line);
        })
    }

    /// Takes the line away, before anything else is written to the terminal.
    pub(crate) fn clear(&self) {
        self.0.finish_and_clear();
    }
}

fn words(progress: &Progress) -> String {
    match progress {
        Progress::Reading { connection, rows } => format!("Reading {}: {rows} rows", clean(connection)),
        Progress::Run { line, at, .. } => format!("{} {}", at.format("%H:%M:%SZ"), clean(line)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn progress_cannot_carry_an_escape_sequence_to_the_terminal() {
        let line = "Kim\u{1b}]0;owned\u{7} blocked".to_owned();
        let at = "2026-09-25T17:00:00Z".parse().unwrap();
        let shown = words(&Progress::Run { run: "r".into(), seq: 1, line, at });
        assert_eq!(
            shown, "17:00:00Z Kim⟦U+001B⟧]0;owned⟦U+0007⟧ blocked",
            "names come from other systems; progress lines bypass the page"
        );
    }
}
