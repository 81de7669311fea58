//! The rules an organisation sets for itself. Read from TOML by the engine; every version is kept.

use serde::{Deserialize, Serialize};

use crate::people::words;

/// One version of the policy.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Policy {
    /// How leavers are handled.
    pub leaver: LeaverPolicy,
    /// When acting stops and a person has to look.
    pub guards: GuardPolicy,
    /// How sure we must be that an account is a person's.
    pub identity: IdentityPolicy,
    /// Who and what is never touched by a run.
    pub protected: Protected,
}

/// How leavers are handled.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LeaverPolicy {
    /// Seconds after which removal no longer waits for containment that is stuck elsewhere.
    pub contain_budget_s: u32,
    /// Seconds that storing evidence may take before what is not final goes on without it.
    pub preserve_budget_s: u32,
    /// Which stored evidence a final step needs. No time-out lifts it.
    pub final_needs: FinalNeeds,
    /// Seconds within which a normal leaver's access must be cut.
    pub cut_within_s: u32,
    /// Hours that the owner of a manual step has.
    pub task_hours: u32,
    /// How old the last complete read may be, in hours, when HR cannot be read again at the last look.
    pub last_read_hours: u32,
    /// After how many hours a source that tells its changes is read as a whole again: absence shows only there.
    pub full_read_hours: u32,
}

words! {
    /// Which evidence must be stored before a final step.
    FinalNeeds {
        /// The sealed local copy, read back, is enough.
        Bounded = "bounded",
        /// Every configured vault must have confirmed it.
        Strict = "strict",
    }
}

/// When acting stops and a person has to look.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct GuardPolicy {
    /// Leavers started in one window before the breaker trips, whatever the size of the company.
    pub leavers_count: u32,
    /// The same as a share of everybody employed, in percent. The larger of the two counts.
    pub leavers_share_percent: f64,
    /// The window of both, in hours.
    pub leavers_window_hours: u32,
    /// How much smaller a source may become from one complete read to the next, in percent.
    pub source_shrink_percent: f64,
    /// Whether a second operator has to approve every leaver.
    pub two_person: bool,
}

/// How sure we must be that an account is a person's.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct IdentityPolicy {
    /// Confidence (0–100) from which a link needs no person to confirm it.
    pub confirmed_from: u8,
}

/// Who and what is never touched by a run.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Protected {
    /// Work e-mails or employee numbers of people.
    pub people: Vec<String>,
    /// Logins or vendor ids of accounts, break-glass ones above all.
    pub accounts: Vec<String>,
}

impl Default for LeaverPolicy {
    fn default() -> Self {
        Self {
            contain_budget_s: 300,
            preserve_budget_s: 120,
            final_needs: FinalNeeds::Bounded,
            cut_within_s: 3600,
            task_hours: 24,
            last_read_hours: 24,
            full_read_hours: 20,
        }
    }
}

impl Default for GuardPolicy {
    fn default() -> Self {
        Self {
            leavers_count: 3,
            leavers_share_percent: 2.0,
            leavers_window_hours: 24,
            source_shrink_percent: 10.0,
            two_person: false,
        }
    }
}

impl Default for IdentityPolicy {
    fn default() -> Self {
        Self { confirmed_from: 95 }
    }
}

impl Protected {
    /// Whether one of these names stands on a list, compared without case.
    pub fn lists<'a>(list: &[String], names: impl IntoIterator<Item = &'a str>) -> bool {
        let list: Vec<String> = list.iter().map(|n| n.trim().to_lowercase()).collect();
        names.into_iter().any(|n| list.contains(&n.trim().to_lowercase()))
    }
}
