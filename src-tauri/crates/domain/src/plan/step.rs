//! One step: a wish about a target, and the ways to make it true.

use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::EventKey;
use crate::access::{Target, Wish, WishKind};
use crate::capability::{Can, Effect};
use crate::digest::{Digest, NotADigest};
use crate::people::words;

words! {
    /// The waves of a leaver, in order. A wave opens when the one before is settled or its time is up.
    Wave {
        /// Before the instant; reads only.
        Prepare = "prepare",
        /// Everything reversible that denies access, everywhere at once.
        Contain = "contain",
        /// Evidence of the state before the cut; beside containment.
        Preserve = "preserve",
        /// What is lossy or final.
        Remove = "remove",
        /// Hand-over, devices, work for people.
        Recover = "recover",
        /// The sweep for what is left.
        Confirm = "confirm",
    }
}

/// Identifies a step on any machine: a hash over organisation, event, wish and natural target.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct StepId(pub Digest);

impl fmt::Display for StepId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for StepId {
    type Err = NotADigest;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.parse().map(Self)
    }
}

/// What a step id is made of.
#[derive(Serialize)]
struct StepKey<'a> {
    v: u8,
    event: &'a EventKey,
    target: String,
    wish: WishKind,
    object: Option<&'a str>,
}

/// One step of a plan.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Step {
    /// Its id.
    pub id: StepId,
    /// Its wave.
    pub wave: Wave,
    /// What it acts on.
    pub target: Target,
    /// What must become true.
    pub wish: Wish,
    /// Ways to make it true, in the order in which to try them. Empty for vaults and tasks.
    pub ways: Vec<Can>,
    /// Not to be done before (UTC).
    pub not_before: Option<DateTime<Utc>>,
    /// To be done by (UTC).
    pub due: Option<DateTime<Utc>>,
    /// Who answers for it where a person has to act.
    pub owner: Option<String>,
    /// Controls it gives evidence for ("SOC2 CC6.3").
    pub controls: Vec<String>,
    /// Why it is in the plan.
    pub origin: StepOrigin,
}

words! {
    /// Why a step is in the plan.
    StepOrigin {
        /// The plan that was approved.
        Approved = "approved",
        /// An account of the same person that was found later.
        FoundLater = "found_later",
    }
}

/// A step under opaque ids only: what the ledger entry carries and the fold needs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Outline {
    /// The step.
    pub id: StepId,
    /// Its wave.
    pub wave: Wave,
    /// What is done one after the other: an account, a vault or a task.
    pub lane: String,
    /// The wish without its object.
    pub wish: WishKind,
    /// Ways to make it true.
    pub ways: Vec<Can>,
    /// Not before (UTC).
    pub not_before: Option<DateTime<Utc>>,
    /// Due (UTC).
    pub due: Option<DateTime<Utc>>,
}

impl Step {
    /// The id of a step with this event, target and wish.
    pub fn id_of(event: &EventKey, target: &Target, wish: &Wish) -> StepId {
        let key =
            StepKey { v: 1, event, target: target.natural_id(), wish: wish.kind(), object: wish.object() };
        // A struct of strings and integers always has a canonical form.
        StepId(Digest::of_json(&key).unwrap_or(Digest::ZERO))
    }

    /// The strongest effect of its ways; nothing is stronger than reversible without ways.
    pub fn strongest_effect(&self) -> Effect {
        self.ways.iter().map(|w| w.effect).max().unwrap_or(Effect::Reversible)
    }

    /// The strongest effect of the ways that are taken while the vendor refuses none of them.
    pub fn usual_effect(&self) -> Effect {
        let usual = self.ways.iter().filter(|w| !w.fallback).map(|w| w.effect).max();
        usual.unwrap_or_else(|| self.strongest_effect())
    }

    /// The step under opaque ids.
    pub fn outline(&self) -> Outline {
        let lane = match &self.target {
            Target::Account(a) => a.account.to_string(),
            Target::AccountToBe { .. } | Target::Device { .. } => self.id.to_string(),
            Target::Vault { name } => format!("vault:{name}"),
            Target::Task(_) => format!("task:{}", self.id),
        };
        Outline {
            id: self.id,
            wave: self.wave,
            lane,
            wish: self.wish.kind(),
            ways: self.ways.clone(),
            not_before: self.not_before,
            due: self.due,
        }
    }
}

impl Outline {
    /// Whether a person has to do it.
    pub fn is_task(&self) -> bool {
        self.wish == WishKind::TaskDone
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::access::AccountRef;
    use crate::ids::{AccountId, ConnectionId, EmploymentId, OrgId, PersonId};

    fn event() -> EventKey {
        EventKey {
            org: OrgId(Uuid::from_u128(1)),
            person: PersonId(Uuid::from_u128(2)),
            employment: EmploymentId(Uuid::from_u128(3)),
            generation: 1,
        }
    }

    fn account(our_id: u128, remote_id: &str) -> Target {
        Target::Account(AccountRef {
            account: AccountId(Uuid::from_u128(our_id)),
            connection: ConnectionId(Uuid::from_u128(our_id)),
            vendor: "scim".into(),
            tenant: "app.example/v2".into(),
            remote_id: remote_id.into(),
            login: format!("login-{our_id}"),
        })
    }

    #[test]
    fn the_id_is_pinned_and_does_not_depend_on_our_random_ids() {
        let id = Step::id_of(&event(), &account(7, "u-1"), &Wish::Disabled);
        assert_eq!(
            id.to_string(),
            "6b539e4c0265acee174be0747a5d4c4c5a4c644cdb0c229c7e0b15a82ce38bd4",
            "golden: another machine, or a later version, must name the same step the same"
        );
        assert_eq!(id, Step::id_of(&event(), &account(8, "u-1"), &Wish::Disabled), "our ids are random");
    }

    #[test]
    fn every_part_of_the_key_changes_the_id() {
        let base = Step::id_of(&event(), &account(7, "u-1"), &Wish::Disabled);
        let grant = |e: &str| Wish::GrantAbsent { entitlement: e.into() };
        let others = [
            Step::id_of(&EventKey { generation: 2, ..event() }, &account(7, "u-1"), &Wish::Disabled),
            Step::id_of(&event(), &account(7, "u-2"), &Wish::Disabled),
            Step::id_of(&event(), &account(7, "u-1"), &Wish::SessionsEnded),
            Step::id_of(&event(), &account(7, "u-1"), &grant("a")),
            Step::id_of(&event(), &account(7, "u-1"), &grant("b")),
        ];
        for (i, other) in others.iter().enumerate() {
            assert_ne!(*other, base, "case {i}: two steps under one id would be done once");
        }
        assert_ne!(others[3], others[4], "the object is part of the wish");
    }

    #[test]
    fn hostile_names_cannot_forge_another_target() {
        let task = |system: &str, hint: &str| {
            Target::Task(crate::access::TaskRef {
                system: crate::ids::SystemId(Uuid::from_u128(1)),
                system_name: system.into(),
                account_hint: Some(hint.into()),
                instruction: String::new(),
            })
        };
        assert_ne!(
            task("a|1:b", "c").natural_id(),
            task("a", "1:b|1:c").natural_id(),
            "parts are length-prefixed, so separators inside names mean nothing"
        );
    }
}
