//! What things are called on screen and on paper, said in one place.

use lockstep_domain::access::{Target, Wish};
use lockstep_domain::capability::Effect;
use lockstep_domain::plan::{Step, Wave};
use lockstep_domain::run::{Assurance, RunEvent, StepState};

use crate::offboard::dossier::KnownAccount;

/// A wave as people read it.
pub(crate) fn of_wave(wave: Wave) -> &'static str {
    match wave {
        Wave::Prepare => "Prepare",
        Wave::Contain => "Block sign-in",
        Wave::Preserve => "Save evidence",
        Wave::Remove => "Remove access",
        Wave::Recover => "Hand over",
        Wave::Confirm => "Check again",
    }
}

/// A wish as people read it.
pub(crate) fn of_wish(wish: &Wish) -> String {
    match wish {
        Wish::Disabled => "sign-in is blocked".into(),
        Wish::SessionsEnded => "sessions and tokens are ended".into(),
        Wish::CredentialRevoked { credential } => format!("key {credential} no longer works"),
        Wish::GrantAbsent { entitlement } => format!("membership {entitlement} is removed"),
        Wish::EvidenceStored => "the state before the cut is stored".into(),
        Wish::TaskDone => "done by hand".into(),
    }
}

/// A step's wish with the names of the group or key, where the account's record gives them.
pub(crate) fn of_step(step: &Step, known: Option<&KnownAccount>) -> String {
    let named = known.zip(step.wish.object()).and_then(|(known, id)| match &step.wish {
        Wish::GrantAbsent { .. } => {
            let (_, name) = known.entitlements.iter().find(|(e, _)| e == id)?;
            Some(format!("membership of {name} is removed"))
        }
        Wish::CredentialRevoked { .. } => {
            let name = known.record.credentials.iter().find(|c| c.remote_id == id)?.name.clone()?;
            Some(format!("key {name} ({id}) no longer works"))
        }
        _ => None,
    });
    named.unwrap_or_else(|| of_wish(&step.wish))
}

/// What is done where the vendor refuses the usual way.
pub(crate) fn of_fallback(step: &Step) -> Option<String> {
    let ways = step.ways.iter().filter(|way| way.fallback);
    let words = ways.map(|way| {
        let what = way.dialect.as_deref().unwrap_or("a stronger way");
        let cost = match way.effect {
            Effect::Reversible => "",
            Effect::Lossy => ", which may lose data",
            Effect::Final => ", which cannot be undone",
        };
        format!("{what}{cost}")
    });
    let words: Vec<String> = words.collect();
    (!words.is_empty()).then(|| words.join("; then "))
}

/// Where a step acts: system and account.
pub(crate) fn of_target(step: &Step) -> (String, Option<String>) {
    match &step.target {
        Target::Account(a) => (format!("{} {}", a.vendor, a.tenant), Some(a.login.clone())),
        Target::AccountToBe { natural_key, .. } => (natural_key.clone(), None),
        Target::Device { remote_id, .. } => (format!("device {remote_id}"), None),
        Target::Vault { name } => (format!("{name} evidence vault"), None),
        Target::Task(t) => (t.system_name.clone(), t.account_hint.clone()),
    }
}

/// How sure we are, in words.
pub(crate) fn of_assurance(assurance: Assurance) -> &'static str {
    match assurance {
        Assurance::ReadBack => "read back",
        Assurance::AlreadyTrue => "was so already",
        Assurance::Receipt => "vendor's receipt only",
    }
}

/// State and detail of a step.
pub(crate) fn of_state(state: &StepState) -> (&'static str, Option<String>) {
    match state {
        StepState::Pending => ("pending", None),
        StepState::Waiting { until, why } => {
            ("waiting", Some(format!("{why}, until {}", until.format("%FT%TZ"))))
        }
        StepState::Blocked { blocker } => ("blocked", Some(blocker.to_string().replace('_', " "))),
        StepState::Settled { assurance, .. } => ("done", Some(of_assurance(*assurance).into())),
        StepState::Waived => ("exception", Some("accepted as exception".into())),
        StepState::Attested { .. } => ("done", Some("confirmed by hand".into())),
    }
}

/// An event as one line for people, without names: those are added by whoever knows the plan.
pub(crate) fn of_event(event: &RunEvent) -> String {
    match event {
        RunEvent::Opened(opened) => {
            let by = if opened.armed.is_some() { " by its timer" } else { "" };
            format!("run opened{by} with {} steps", opened.steps.len())
        }
        RunEvent::Amended { steps } => format!("{} steps added", steps.len()),
        RunEvent::HrReread {} => "HR read again: unchanged".into(),
        RunEvent::Held { why } => format!("held: {why}"),
        RunEvent::Released {} => "released".into(),
        RunEvent::WaveOpened { wave, cause } => format!("{}: opened ({cause})", of_wave(*wave)),
        RunEvent::Intended { attempt, .. } => format!("about to write, attempt {attempt}"),
        RunEvent::Applied { .. } => "the vendor took the write".into(),
        RunEvent::Failed { error, .. } => format!("the write failed: {error}"),
        RunEvent::Settled { assurance, .. } => format!("holds: {}", of_assurance(*assurance)),
        RunEvent::Deferred { until, why, .. } => format!("waits until {} ({why})", until.format("%FT%TZ")),
        RunEvent::Blocked { blocker, .. } => format!("a person must act: {blocker}"),
        RunEvent::Retried { .. } => "tried again".into(),
        RunEvent::Waived { .. } => "accepted as exception".into(),
        RunEvent::Attested { .. } => "confirmed by hand".into(),
        RunEvent::Stored { artefact, vault, .. } => format!("{artefact} stored in {vault}, read back"),
        RunEvent::Swept { left: 0, unread: 0 } => "checked again: nothing left".into(),
        RunEvent::Swept { left, unread } => {
            format!("checked again: {left} accounts left, {unread} connections unread")
        }
        RunEvent::Cancelled {} => "stopped by an operator".into(),
        RunEvent::Sealed { .. } => "run record sealed".into(),
    }
}
