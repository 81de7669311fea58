//! What came first: told by the directory itself, and by the run.

use chrono::{DateTime, Utc};
use lockstep_practice::vendors::okta::user_id;
use serde_json::Value;

use super::stage::Stage;
use crate::Result;

/// When a step of the run came true (UTC), and which.
type Came<'a> = (DateTime<Utc>, &'a Value);

impl Stage {
    /// What the directory was told about the leaver, in order; the door must come first, and never early.
    pub(super) fn directory_log(&self) -> Result {
        let id = user_id(self.leaver.number);
        let writes = self.practice.office.okta.log.writes();
        let writes: Vec<_> = writes.into_iter().filter(|entry| entry.path.contains(&id)).collect();
        for entry in &writes {
            let at = entry.at.format("%Y-%m-%dT%H:%M:%S%.3fZ");
            println!("    {at}  {:<6} {}", entry.method, entry.path.replace(&id, "{leaver}"));
        }
        let place = |what: &str| writes.iter().position(|entry| entry.path.contains(what));
        let early = writes.iter().any(|entry| self.end.is_some_and(|end| entry.at < end));
        match (place("lifecycle/suspend"), place("sessions")) {
            _ if early => Err("something was written before the instant".into()),
            (Some(door), Some(inside)) if door < inside => Ok(()),
            _ => Err("sign-in was not cut before the sessions were ended".into()),
        }
    }

    /// The steps of the run as they came true: none early, and none that cannot be undone before the evidence.
    pub(super) fn true_order(&self) -> Result {
        let run = self.json(&["--json", "run", "show", "{run}"])?;
        let mut came: Vec<Came<'_>> =
            run["steps"].as_array().into_iter().flatten().filter_map(came).collect();
        came.sort_by_key(|(at, _)| *at);
        for (at, step) in &came {
            let word = |name: &str| step[name].as_str().unwrap_or("-");
            let at = at.format("%Y-%m-%dT%H:%M:%S%.3fZ");
            println!("    {at}  {:<21} {:<11} {}", word("system"), word("effect"), word("wish"));
        }
        let stored = came.iter().find(|(_, step)| step["wave"] == "Save evidence");
        let (stored, _) = stored.ok_or("no evidence was stored")?;
        let mut finals = came.iter().filter(|(_, step)| step["effect"] == "final").peekable();
        if finals.peek().is_none() || finals.any(|(at, _)| at < stored) {
            return Err("something that cannot be undone came before the evidence".into());
        }
        match came.first() {
            Some((first, _)) if self.end.is_some_and(|end| *first >= end) => Ok(()),
            first => Err(format!("the first step came before the instant: {first:?}")),
        }
    }
}

/// A step that came true.
fn came(step: &Value) -> Option<Came<'_>> {
    (step["state"] == "done").then_some(())?;
    Some((step["at"].as_str()?.parse().ok()?, step))
}
