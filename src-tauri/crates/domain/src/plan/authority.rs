//! What an approval binds: who, when, where, how strongly, and which irreversible objects.
//!
//! Not the exact plan: an account that turns up later must not void the approval and so save a leaver.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, SecondsFormat, Utc};
use serde::Serialize;

use super::{Plan, Wave};
use crate::access::{Target, WishKind};
use crate::capability::Effect;
use crate::digest::Digest;

/// A thing under its vendor's own name; never under our random ids, so that it is the same on any machine.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct RemoteKey {
    /// The vendor ("scim").
    pub vendor: String,
    /// The tenant, as the connection names it.
    pub tenant: String,
    /// The vendor's id.
    pub remote_id: String,
}

impl RemoteKey {
    /// The vendor's name of a step's target; `None` for vaults and tasks, to which nothing is written.
    fn of(target: &Target) -> Option<Self> {
        let (vendor, tenant, remote_id) = match target {
            Target::Account(a) => (&a.vendor, &a.tenant, &a.remote_id),
            Target::AccountToBe { vendor, tenant, natural_key, .. } => (vendor, tenant, natural_key),
            Target::Device { vendor, tenant, remote_id, .. } => (vendor, tenant, remote_id),
            Target::Vault { .. } | Target::Task(_) => return None,
        };
        Some(Self { vendor: vendor.clone(), tenant: tenant.clone(), remote_id: remote_id.clone() })
    }
}

/// The structure whose canonical JSON is hashed. Versioned; golden vectors pin it.
#[derive(Clone, Debug, Serialize)]
pub struct Authority {
    v: u8,
    purpose: &'static str,
    person: RemoteKey,
    employment: RemoteKey,
    generation: u32,
    access_end_at: Option<String>,
    employment_end_at: Option<String>,
    explicit_now: bool,
    connections: BTreeSet<(String, String)>,
    strongest: BTreeMap<Wave, Effect>,
    irreversible: BTreeSet<(RemoteKey, WishKind, Option<String>)>,
}

impl Authority {
    /// What approving this plan authorises. `connections` are vendor and tenant of every connection that
    /// may be acted on, whether or not an account is known there yet.
    pub fn of(
        plan: &Plan,
        person: RemoteKey,
        employment: RemoteKey,
        connections: impl IntoIterator<Item = (String, String)>,
    ) -> Self {
        let stamp = |at: Option<DateTime<Utc>>| at.map(|t| t.to_rfc3339_opts(SecondsFormat::Secs, true));
        // Reversible steps are always within the authority, so that a wave which has none today may get
        // one tomorrow without a new approval.
        let mut strongest =
            BTreeMap::from([(Wave::Contain, Effect::Reversible), (Wave::Remove, Effect::Reversible)]);
        let mut irreversible = BTreeSet::new();
        for step in &plan.steps {
            let Some(key) = RemoteKey::of(&step.target) else { continue };
            let effect = step.strongest_effect();
            let most = strongest.entry(step.wave).or_insert(effect);
            *most = (*most).max(effect);
            if effect == Effect::Final {
                irreversible.insert((key, step.wish.kind(), step.wish.object().map(Into::into)));
            }
        }
        Self {
            v: 1,
            purpose: "lockstep/authority",
            person,
            employment,
            generation: plan.event.generation,
            access_end_at: stamp(plan.access_end_at),
            employment_end_at: stamp(plan.employment_end_at),
            explicit_now: plan.explicit_now,
            connections: connections.into_iter().collect(),
            strongest,
            irreversible,
        }
    }

    /// The digest that is shown with the preview and demanded back with the approval.
    pub fn digest(&self) -> Digest {
        // Strings, numbers and word-keyed maps always have a canonical form.
        Digest::of_json(self).unwrap_or(Digest::ZERO)
    }

    /// The bytes that are hashed, for the golden vectors and the bundle.
    pub fn canonical(&self) -> Vec<u8> {
        crate::digest::canonical_json(self).unwrap_or_default()
    }
}

#[cfg(test)]
#[path = "authority_tests.rs"]
mod tests;
