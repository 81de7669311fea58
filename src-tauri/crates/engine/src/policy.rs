//! The policy in force: the home's own file, or the one that is built in.

use lockstep_domain::digest::Digest;
use lockstep_domain::policy::Policy;

use crate::api::PolicyView;
use crate::desk::Desk;
use crate::error::{Code, Error, Result};
use crate::home::Home;

const BUILT_IN: &str = include_str!("../../../../assets/policies/default.toml");

/// A policy with the digest that names its version.
#[derive(Clone, Debug)]
pub(crate) struct LoadedPolicy {
    pub(crate) policy: Policy,
    pub(crate) text: String,
    pub(crate) version: Digest,
    pub(crate) source: &'static str,
}

/// Reads the home's policy file if there is one.
pub(crate) fn load(home: &Home) -> Result<LoadedPolicy> {
    let path = home.policy_file();
    let (text, source) = match std::fs::read_to_string(&path) {
        Ok(text) => (text, "home"),
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => (BUILT_IN.to_owned(), "built in"),
        Err(e) => {
            return Err(Error::new(
                Code::Failed,
                format!("the policy {} cannot be read", path.display()),
                "Check your rights to the file. Without its policy Lockstep does nothing.",
            )
            .caused_by(e));
        }
    };
    let policy = toml::from_str(&text).map_err(|e| {
        Error::new(
            Code::Usage,
            format!("the policy {} has a mistake: {e}", path.display()),
            "Correct the line that is named; `lockstep policy show` prints what is understood.",
        )
    })?;
    check(&policy).map_err(|what| {
        Error::new(
            Code::Usage,
            format!("the policy {} makes no sense: {what}", path.display()),
            "Correct the value that is named. Until then Lockstep does nothing.",
        )
    })?;
    Ok(LoadedPolicy { policy, version: Digest::of(text.as_bytes()), text, source })
}

/// Values that would switch a guard off by mistake.
fn check(policy: &Policy) -> Result<(), &'static str> {
    let percent = |p: f64| p.is_finite() && (0.0..=100.0).contains(&p);
    if !percent(policy.guards.leavers_share_percent) || !percent(policy.guards.source_shrink_percent) {
        return Err("guards: a share is a number from 0 to 100");
    }
    if policy.guards.leavers_window_hours == 0 {
        return Err("guards.leavers_window_hours: a window of no hours counts nobody");
    }
    if !(71..=100).contains(&policy.identity.confirmed_from) {
        return Err("identity.confirmed_from: from 71 to 100, since an e-mail alone (70) must not suffice");
    }
    Ok(())
}

impl Desk {
    /// The policy in force.
    pub fn policy(&self) -> PolicyView {
        PolicyView {
            version: self.policy.version,
            source: self.policy.source.into(),
            sentences: sentences(&self.policy.policy),
            policy: self.policy.policy.clone(),
        }
    }
}

fn sentences(policy: &Policy) -> Vec<String> {
    let Policy { leaver, guards, identity, protected } = policy;
    let two = if guards.two_person { "Two operators approve" } else { "One operator approves" };
    vec![
        format!(
            "A leaver's access is cut within {} minutes of the instant at which it ends.",
            leaver.cut_within_s / 60
        ),
        format!(
            "Removal does not wait longer than {} s for containment that is stuck elsewhere.",
            leaver.contain_budget_s
        ),
        format!(
            "Storing evidence has {} s before what is not final goes on without it.",
            leaver.preserve_budget_s
        ),
        format!(
            "What cannot be undone needs stored evidence ({}); no time-out lifts that.",
            leaver.final_needs
        ),
        format!("Work for people is due within {} hours.", leaver.task_hours),
        format!(
            "If HR cannot be read at the instant, a complete read of the last {} hours is enough to contain.",
            leaver.last_read_hours
        ),
        format!(
            "A source that tells its changes is read as a whole at least every {} hours.",
            leaver.full_read_hours
        ),
        format!(
            "More than {} leavers, or {} % of everybody employed if that is more, within {} hours stop every further start.",
            guards.leavers_count, guards.leavers_share_percent, guards.leavers_window_hours
        ),
        format!("A source that shrinks by more than {} % is not believed.", guards.source_shrink_percent),
        format!("{two} a leaver."),
        format!(
            "An account is a person's without anybody looking from a confidence of {} %.",
            identity.confirmed_from
        ),
        format!("Protected: {} people, {} accounts.", protected.people.len(), protected.accounts.len()),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_built_in_policy_is_the_domain_s_default() {
        let built_in: Policy = toml::from_str(BUILT_IN).unwrap();
        assert_eq!(built_in, Policy::default(), "the file that people read and the code must say the same");
    }

    #[test]
    fn a_value_that_would_switch_a_guard_off_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let home = Home::at(dir.path());
        for (text, word) in [
            ("[guards]\nsource_shrink_percent = inf\n", "share"),
            ("[guards]\nleavers_share_percent = -1.0\n", "share"),
            ("[guards]\nleavers_window_hours = 0\n", "window"),
            ("[identity]\nconfirmed_from = 70\n", "e-mail alone"),
        ] {
            std::fs::write(home.policy_file(), text).unwrap();
            let error = load(&home).unwrap_err();
            assert!(error.to_string().contains(word), "{text:?} must not pass silently: {error}");
        }
    }

    #[test]
    fn a_misspelt_rule_is_refused_and_not_ignored() {
        let dir = tempfile::tempdir().unwrap();
        let home = Home::at(dir.path());
        std::fs::write(home.policy_file(), "[guards]\ntwo_persons = true\n").unwrap();
        let error = load(&home).unwrap_err();
        assert!(error.to_string().contains("two_persons"), "the mistake is named: {error}");
    }
}
