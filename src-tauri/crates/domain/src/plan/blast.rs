//! What a plan cuts and may break, counted from the plan itself so that nobody approves another thing.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::{Plan, Step};
use crate::access::{Target, WishKind};
use crate::capability::{Can, Effect};

/// What approving a plan does, in numbers and per system.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct BlastRadius {
    /// Accounts that lose access.
    pub accounts: usize,
    /// Keys and tokens that stop working.
    pub credentials: usize,
    /// Memberships that are taken away.
    pub grants: usize,
    /// Steps that cannot be undone.
    pub irreversible: usize,
    /// Steps that a person has to do.
    pub manual: usize,
    /// The same by target, in plan order.
    pub systems: Vec<SystemImpact>,
}

/// What happens in one place.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SystemImpact {
    /// Vendor and tenant, or the name of the system.
    pub place: String,
    /// The account there.
    pub login: Option<String>,
    /// The steps in words.
    pub steps: Vec<String>,
}

/// Counts a plan.
pub fn blast_radius(plan: &Plan) -> BlastRadius {
    let mut order: Vec<String> = Vec::new();
    let mut accounts = BTreeSet::new();
    let mut places: BTreeMap<String, SystemImpact> = BTreeMap::new();
    for step in &plan.steps {
        let (place, login) = match &step.target {
            Target::Account(a) => (format!("{} {}", a.vendor, a.tenant), Some(a.login.clone())),
            Target::Task(t) => (t.system_name.clone(), t.account_hint.clone()),
            Target::AccountToBe { natural_key, .. } => (natural_key.clone(), None),
            Target::Device { remote_id, .. } => (format!("device {remote_id}"), None),
            Target::Vault { .. } => continue,
        };
        let key = step.target.natural_id();
        if !places.contains_key(&key) {
            order.push(key.clone());
        }
        if matches!(step.target, Target::Account(_)) {
            accounts.insert(key.clone());
        }
        let impact = places.entry(key).or_insert_with(|| SystemImpact { place, login, steps: Vec::new() });
        impact.steps.push(words_for(step));
    }
    let count = |kind: WishKind| plan.steps.iter().filter(|s| s.wish.kind() == kind).count();
    let irreversible = plan.steps.iter().filter(|s| s.strongest_effect() == Effect::Final).count();
    BlastRadius {
        accounts: accounts.len(),
        credentials: count(WishKind::CredentialRevoked),
        grants: count(WishKind::GrantAbsent),
        irreversible,
        manual: count(WishKind::TaskDone),
        systems: order.iter().filter_map(|k| places.remove(k)).collect(),
    }
}

fn words_for(step: &Step) -> String {
    let what = match step.wish.kind() {
        WishKind::Disabled => "sign-in blocked",
        WishKind::SessionsEnded => "sessions ended",
        WishKind::CredentialRevoked => "a key revoked",
        WishKind::GrantAbsent => "a membership removed",
        WishKind::EvidenceStored => "evidence stored",
        WishKind::TaskDone => "work for a person",
    };
    let fallbacks: String = step.ways.iter().filter(|w| w.fallback).map(fallback_words).collect();
    format!("{}: {what}{}{fallbacks}", step.wave, cost(step.usual_effect()))
}

/// What is done when the vendor refuses the gentle way; approved with the rest, so it is said with the rest.
fn fallback_words(way: &Can) -> String {
    let what = way.dialect.as_deref().unwrap_or("a stronger way");
    format!("; if that is refused: {what}{}", cost(way.effect))
}

fn cost(effect: Effect) -> &'static str {
    match effect {
        Effect::Reversible => "",
        Effect::Lossy => ", loses data",
        Effect::Final => ", cannot be undone",
    }
}

#[cfg(test)]
#[path = "blast_tests.rs"]
mod tests;
