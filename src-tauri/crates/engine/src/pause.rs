//! The global pause: nothing new is started and no write is sent while it lasts.

use chrono::TimeDelta;
use lockstep_store::Pause;
use serde_json::json;

use crate::api::PauseView;
use crate::desk::Desk;
use crate::error::{Code, Error, Result};

impl Desk {
    /// Pauses everything for so many hours; recorded.
    ///
    /// # Errors
    /// [`Code::Usage`] without a reason or hours.
    pub async fn pause(&self, reason: &str, hours: u32) -> Result<PauseView> {
        let reason = said(reason)?;
        if hours == 0 {
            return Err(Error::new(
                Code::Usage,
                "a pause of no hours is none",
                "Say how many hours with --hours.",
            ));
        }
        let act = self.act();
        let until = act.at + TimeDelta::hours(hours.into());
        self.store
            .write(move |tx| {
                tx.set_pause(Some(&Pause {
                    reason: reason.clone(),
                    since: act.at,
                    until,
                    set_by: act.operator.clone(),
                }))?;
                act.append_said(tx, "pause.on", json!({ "until": until }), None, &reason)?;
                Ok(())
            })
            .await?;
        self.pause_status().await
    }

    /// Ends the pause; recorded.
    ///
    /// # Errors
    /// [`Code::Usage`] without a reason.
    pub async fn unpause(&self, reason: &str) -> Result<PauseView> {
        let reason = said(reason)?;
        let act = self.act();
        self.store
            .write(move |tx| {
                tx.set_pause(None)?;
                act.append_said(tx, "pause.off", json!({}), None, &reason)?;
                Ok(())
            })
            .await?;
        self.pause_status().await
    }

    /// Whether everything is paused.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn pause_status(&self) -> Result<PauseView> {
        let now = self.clock.now();
        let pause = self.store.read(|r| r.pause()).await?.filter(|p| p.until > now);
        Ok(match pause {
            Some(p) => PauseView { paused: true, reason: Some(p.reason), until: Some(p.until) },
            None => PauseView { paused: false, reason: None, until: None },
        })
    }
}

/// A reason in words; an empty one is none.
pub(crate) fn said(reason: &str) -> Result<String> {
    let reason = reason.trim();
    if reason.is_empty() {
        return Err(Error::new(Code::Usage, "a reason is missing", "Say why with --reason; it is recorded."));
    }
    Ok(reason.to_owned())
}
