//! `lockstep serve`.

use std::sync::Arc;

use clap::Args;
use lockstep_engine::{Code, Error, Heartbeat};

use crate::context::Context;
use crate::exit::{Exit, Stop};

/// Be there: read every connection in its interval, fire timers, go on with runs
#[derive(Debug, Args)]
#[command(after_help = "\
Ends on Ctrl-C or SIGTERM, after the write under way. Says what it does on standard error; LOCKSTEP_LOG chooses how
much, and with --json each line is a JSON document.")]
pub(crate) struct Serve {
    /// Read everything, fire what is due and go on with what is open, once
    #[arg(long)]
    once: bool,
}

impl Serve {
    pub(crate) async fn run(self, context: &Context) -> Result<Exit, Stop> {
        let desk = match context.shared_desk().await {
            Ok(desk) => desk,
            Err(error) => {
                tracing_error(&error);
                return Err(error.into());
            }
        };
        if self.once {
            context.interruptible(desk.serve_once()).await?;
            return Ok(Exit::Done);
        }
        let stop = stop_signal()?;
        supervisor::ready();
        let served = desk.serve(stop, Some(supervisor::heartbeat())).await;
        supervisor::stopping();
        served?;
        Ok(Exit::Done)
    }
}

/// Whoever reads only the log must see that nothing will fire.
fn tracing_error(error: &Error) {
    let why =
        if error.code() == Code::SecretsLocked { "its secrets are not there" } else { "it could not start" };
    tracing::error!("NOT ARMED: no timer fires, because {why}: {error}. {}", error.remedy());
}

/// Resolves when the process is asked to end.
fn stop_signal() -> Result<impl Future<Output = ()>, Error> {
    #[cfg(unix)]
    let mut terminated = {
        use tokio::signal::unix::{SignalKind, signal};
        signal(SignalKind::terminate()).map_err(|error| {
            Error::new(
                Code::Failed,
                "The program cannot hear when it is asked to end.",
                "Start it as an ordinary process of this machine.",
            )
            .caused_by(error)
        })?
    };
    Ok(async move {
        #[cfg(unix)]
        tokio::select! {
            _ = tokio::signal::ctrl_c() => {}
            _ = terminated.recv() => {}
        }
        #[cfg(not(unix))]
        {
            // Without a way to hear Ctrl-C the process is ended from outside.
            if tokio::signal::ctrl_c().await.is_err() {
                std::future::pending::<()>().await;
            }
        }
    })
}

/// What systemd is told (<https://www.freedesktop.org/software/systemd/man/latest/sd_notify.html>); nothing where
/// there is no systemd. That it cannot be told does not stop a timer.
#[cfg(unix)]
mod supervisor {
    use super::{Arc, Heartbeat};
    use sd_notify::NotifyState;

    pub(super) fn ready() {
        let _ = sd_notify::notify(&[NotifyState::Ready]);
    }

    pub(super) fn stopping() {
        let _ = sd_notify::notify(&[NotifyState::Stopping]);
    }

    pub(super) fn heartbeat() -> Heartbeat {
        Arc::new(|| {
            let _ = sd_notify::notify(&[NotifyState::Watchdog]);
        })
    }
}

#[cfg(not(unix))]
mod supervisor {
    use super::{Arc, Heartbeat};

    pub(super) fn ready() {}

    pub(super) fn stopping() {}

    pub(super) fn heartbeat() -> Heartbeat {
        Arc::new(|| {})
    }
}
