//! The leaver's plan. A new step of a leaver is a line in one of the waves here.

use chrono::{DateTime, TimeDelta, Utc};

use super::{EventKey, Plan, Residual, Step, StepOrigin, Wave};
use crate::access::{AccountRecord, AccountRef, CredentialState, OwnerKind, Target, TaskRef, Wish, WishKind};
use crate::capability::{Can, Effect};
use crate::digest::Digest;
use crate::policy::Policy;
use crate::systems::{Lane, System};

/// The controls that cutting a leaver's access gives evidence for.
const CUT_CONTROLS: &[&str] = &["SOC2 CC6.2", "SOC2 CC6.3", "HIPAA 164.308(a)(3)(ii)(C)", "ISO27001 A.5.18"];

/// Everything that planning a leaver looks at.
#[derive(Clone, Debug)]
pub struct LeaverFacts {
    /// The event.
    pub event: EventKey,
    /// When access ends (UTC).
    pub access_end_at: Option<DateTime<Utc>>,
    /// When employment ends (UTC).
    pub employment_end_at: Option<DateTime<Utc>>,
    /// Whether an operator said "now".
    pub explicit_now: bool,
    /// The present (UTC).
    pub now: DateTime<Utc>,
    /// The policy's digest.
    pub policy_digest: Digest,
    /// The person's accounts, in the order of the register.
    pub accounts: Vec<AccountFactsAtPlan>,
    /// Systems of the register in which people have to act, with the account where a list told us.
    pub manual: Vec<(System, Option<String>)>,
}

/// One account as it is known when the plan is made.
#[derive(Clone, Debug)]
pub struct AccountFactsAtPlan {
    /// The account.
    pub account: AccountRef,
    /// The system's name for people.
    pub system: String,
    /// What the vendor listed.
    pub record: AccountRecord,
    /// Vendor ids of the entitlements held.
    pub entitlements: Vec<String>,
    /// What the connection can do.
    pub can: Vec<Can>,
}

/// Plans a leaver: what to cut, keep, remove and hand over, and what will stay.
pub fn plan_leaver(facts: &LeaverFacts, policy: &Policy) -> Plan {
    let clock = Instants::of(facts, policy);
    let mut steps = Vec::new();
    let mut residuals = Vec::new();
    for account in &facts.accounts {
        steps.extend(account_steps(&facts.event, account, &clock, StepOrigin::Approved));
        residuals.extend(residuals_of(account));
    }
    steps.push(evidence_step(&facts.event, &clock));
    for (system, hint) in &facts.manual {
        steps.push(task_step(&facts.event, system, hint.as_deref(), &clock));
    }
    steps.sort_by_key(|s| s.wave); // stable: accounts keep their order within a wave
    Plan {
        v: 1,
        event: facts.event,
        access_end_at: facts.access_end_at,
        employment_end_at: facts.employment_end_at,
        explicit_now: facts.explicit_now,
        policy: facts.policy_digest,
        steps,
        residuals,
    }
}

/// The reversible steps for an account that was found after the approval. What is lossy or final is left
/// out: that has to be approved by name.
pub fn steps_for_account(facts: &LeaverFacts, policy: &Policy, account: &AccountFactsAtPlan) -> Vec<Step> {
    let mut steps =
        account_steps(&facts.event, account, &Instants::of(facts, policy), StepOrigin::FoundLater);
    steps.retain(|s| s.strongest_effect() == Effect::Reversible);
    steps
}

/// When the parts of the plan may and must happen.
struct Instants {
    contain: Option<DateTime<Utc>>,
    contain_due: Option<DateTime<Utc>>,
    remove: Option<DateTime<Utc>>,
    task_due: Option<DateTime<Utc>>,
}

impl Instants {
    fn of(facts: &LeaverFacts, policy: &Policy) -> Self {
        let contain = if facts.explicit_now { None } else { facts.access_end_at };
        let from = contain.unwrap_or(facts.now);
        Self {
            contain,
            contain_due: Some(from + TimeDelta::seconds(policy.leaver.cut_within_s.into())),
            remove: facts.employment_end_at,
            task_due: Some(from + TimeDelta::hours(policy.leaver.task_hours.into())),
        }
    }
}

fn account_steps(
    event: &EventKey,
    account: &AccountFactsAtPlan,
    clock: &Instants,
    origin: StepOrigin,
) -> Vec<Step> {
    if account.record.owner_kind == OwnerKind::Service {
        return Vec::new(); // shown as a residual: a program depends on it
    }
    let mut wishes = vec![Wish::Disabled, Wish::SessionsEnded];
    wishes.extend(
        account
            .record
            .credentials
            .iter()
            .filter(|c| c.state != CredentialState::Revoked)
            .map(|c| Wish::CredentialRevoked { credential: c.remote_id.clone() }),
    );
    wishes.extend(account.entitlements.iter().map(|e| Wish::GrantAbsent { entitlement: e.clone() }));
    wishes.into_iter().filter_map(|wish| account_step(event, account, wish, clock, origin)).collect()
}

fn account_step(
    event: &EventKey,
    account: &AccountFactsAtPlan,
    wish: Wish,
    clock: &Instants,
    origin: StepOrigin,
) -> Option<Step> {
    let ways: Vec<Can> = account.can.iter().filter(|c| c.wish == wish.kind()).cloned().collect();
    let strongest = ways.iter().map(|w| w.effect).max()?;
    let wave = wave_of(wish.kind(), strongest);
    let (not_before, due) = match wave {
        Wave::Contain => (clock.contain, clock.contain_due),
        _ => (clock.remove, None),
    };
    let target = Target::Account(account.account.clone());
    Some(Step {
        id: Step::id_of(event, &target, &wish),
        wave,
        target,
        wish,
        ways,
        not_before,
        due,
        owner: None,
        controls: CUT_CONTROLS.iter().map(ToString::to_string).collect(),
        origin,
    })
}

/// Containment takes what denies access and loses nothing; memberships go with removal, since a group is
/// no door of its own and its loss is what a hand-over looks at.
fn wave_of(wish: WishKind, strongest: Effect) -> Wave {
    match wish {
        WishKind::Disabled | WishKind::SessionsEnded | WishKind::CredentialRevoked
            if strongest == Effect::Reversible =>
        {
            Wave::Contain
        }
        _ => Wave::Remove,
    }
}

fn residuals_of(account: &AccountFactsAtPlan) -> Vec<Residual> {
    let residual = |what: &str| Residual { system: account.system.clone(), what: what.into() };
    if account.record.owner_kind == OwnerKind::Service {
        return vec![residual(
            "a service account of this person stays: a program depends on it; rotate it with its owner",
        )];
    }
    let can = |kind| account.can.iter().any(|c| c.wish == kind);
    let mut lines = Vec::new();
    if !can(WishKind::Disabled) {
        lines.push(residual("this connection cannot block sign-in"));
    }
    if !can(WishKind::SessionsEnded) {
        lines.push(residual(
            "sessions and tokens cannot be ended here; they live until the application ends them",
        ));
    }
    if !account.record.credentials.is_empty() && !can(WishKind::CredentialRevoked) {
        lines.push(residual("keys of this account cannot be revoked by this connection"));
    }
    if !account.entitlements.is_empty() && !can(WishKind::GrantAbsent) {
        lines.push(residual("group memberships cannot be removed by this connection"));
    }
    lines
}

fn evidence_step(event: &EventKey, clock: &Instants) -> Step {
    let target = Target::Vault { name: "local".into() };
    Step {
        id: Step::id_of(event, &target, &Wish::EvidenceStored),
        wave: Wave::Preserve,
        target,
        wish: Wish::EvidenceStored,
        ways: Vec::new(),
        not_before: clock.contain,
        due: None,
        owner: None,
        controls: vec!["SOC2 CC7.2".into()],
        origin: StepOrigin::Approved,
    }
}

fn task_step(event: &EventKey, system: &System, hint: Option<&str>, clock: &Instants) -> Step {
    let instruction = match (system.lane, hint) {
        (_, None) => "Check whether the person has an account here; if so, remove its access.",
        (Lane::Assisted, _) => "Remove the account's access with the help of the link.",
        (_, Some(_)) => "Remove the account's access.",
    };
    let target = Target::Task(TaskRef {
        system: system.id,
        system_name: system.name.clone(),
        account_hint: hint.map(Into::into),
        instruction: instruction.into(),
    });
    Step {
        id: Step::id_of(event, &target, &Wish::TaskDone),
        wave: Wave::Recover,
        target,
        wish: Wish::TaskDone,
        ways: Vec::new(),
        not_before: None,
        due: clock.task_due,
        owner: system.owner.clone().or_else(|| system.backup_owner.clone()),
        controls: CUT_CONTROLS.iter().map(ToString::to_string).collect(),
        origin: StepOrigin::Approved,
    }
}

#[cfg(test)]
#[path = "leaver_tests.rs"]
mod tests;
