//! The leaver's plan. A new step of a leaver is a line in one of the waves here.

use std::collections::BTreeSet;

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
    /// Service accounts of the person, by the row of the register that they stand under, and login.
    pub service_accounts: Vec<(System, String)>,
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
    /// The entitlements held: vendor id, and name for people.
    pub entitlements: Vec<(String, String)>,
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
    steps.extend(tasks(facts, &clock));
    once_each(&mut steps);
    steps.sort_by_key(|s| s.wave); // stable: accounts keep their order within a wave
    let removes = |s: &Step| s.wave == Wave::Remove;
    if facts.employment_end_at.is_none() && !facts.explicit_now && steps.iter().any(removes) {
        residuals.push(Residual {
            system: "HR".into(),
            what: "no end of employment is known; what removal would take stays until HR gives one".into(),
        });
    }
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

/// What accounts that are found after the approval still need.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct FoundLater {
    /// Steps that lose nothing, and work for people. They are added to the run.
    pub steps: Vec<Step>,
    /// Steps that nobody has approved: what is lossy or final has to be approved by name, in a new preview.
    pub to_approve: Vec<Step>,
}

/// Plans the accounts and tasks of `facts` as found later.
pub fn plan_found_later(facts: &LeaverFacts, policy: &Policy) -> FoundLater {
    let clock = Instants::of(facts, policy);
    let steps_of = |account| account_steps(&facts.event, account, &clock, StepOrigin::FoundLater);
    let mut steps: Vec<Step> = facts.accounts.iter().flat_map(steps_of).collect();
    once_each(&mut steps);
    let mut found = FoundLater::default();
    for mut step in steps {
        let wanted = step.clone();
        step.ways.retain(|w| w.effect == Effect::Reversible);
        if step.ways.is_empty() { found.to_approve.push(wanted) } else { found.steps.push(step) }
    }
    let mut tasks = tasks(facts, &clock);
    tasks.iter_mut().for_each(|task| task.origin = StepOrigin::FoundLater);
    once_each(&mut tasks);
    found.steps.extend(tasks);
    found
}

/// A vendor may list the same thing twice, and an account may be linked twice: one wish, one step.
fn once_each(steps: &mut Vec<Step>) {
    let mut seen = BTreeSet::new();
    steps.retain(|s| seen.insert(s.id));
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
    let mut steps: Vec<Step> = wishes_for(account)
        .into_iter()
        .filter_map(|wish| account_step(event, account, wish, clock, origin))
        .collect();
    // Where blocking means removing, the account goes after what hangs on it: a vendor may not let its keys be
    // reached any more, or leave them working. Stable: the other wishes keep their order.
    steps.sort_by_key(|s| s.wish == Wish::Disabled && s.wave == Wave::Remove);
    steps
}

fn wishes_for(account: &AccountFactsAtPlan) -> Vec<Wish> {
    let mut wishes = vec![Wish::Disabled, Wish::SessionsEnded];
    wishes.extend(
        account
            .record
            .credentials
            .iter()
            .filter(|c| c.state != CredentialState::Revoked)
            .map(|c| Wish::CredentialRevoked { credential: c.remote_id.clone() }),
    );
    wishes.extend(account.entitlements.iter().map(|(id, _)| Wish::GrantAbsent { entitlement: id.clone() }));
    wishes
}

fn account_step(
    event: &EventKey,
    account: &AccountFactsAtPlan,
    wish: Wish,
    clock: &Instants,
    origin: StepOrigin,
) -> Option<Step> {
    let ways = ways_for(&wish, &account.can);
    let wave = wave_of(wish.kind(), usual_effect(&ways)?);
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

/// The ways to take. What denies access is done without loss where that can be: a stronger way beside it
/// would put the whole step off until removal, and the door would stay open that long. A stronger way that
/// the connector names as the fallback stays behind the gentle ones, unless nothing could undo it.
fn ways_for(wish: &Wish, can: &[Can]) -> Vec<Can> {
    let ways = || can.iter().filter(move |c| c.serves(wish));
    let mut gentle: Vec<Can> = ways().filter(|c| c.effect == Effect::Reversible).cloned().collect();
    if !denies_access(wish.kind()) || gentle.iter().all(|c| c.fallback) {
        return ways().cloned().collect();
    }
    gentle.extend(ways().filter(|c| c.fallback && c.effect == Effect::Lossy).cloned());
    gentle.sort_by_key(|c| c.fallback); // stable: dialects keep their order
    gentle
}

/// The strongest effect of what is done unless the vendor refuses it; `None` without a way.
fn usual_effect(ways: &[Can]) -> Option<Effect> {
    let strongest =
        |fallbacks: bool| ways.iter().filter(|w| fallbacks || !w.fallback).map(|w| w.effect).max();
    strongest(false).or_else(|| strongest(true))
}

/// Containment takes what denies access and loses nothing.
fn wave_of(wish: WishKind, strongest: Effect) -> Wave {
    if denies_access(wish) && strongest == Effect::Reversible { Wave::Contain } else { Wave::Remove }
}

/// Whether a wish shuts a door. Memberships go with removal, since a group is no door of its own and its
/// loss is what a hand-over looks at.
fn denies_access(wish: WishKind) -> bool {
    matches!(wish, WishKind::Disabled | WishKind::SessionsEnded | WishKind::CredentialRevoked)
}

fn residuals_of(account: &AccountFactsAtPlan) -> Vec<Residual> {
    let residual = |what: &str| Residual { system: account.system.clone(), what: what.into() };
    if account.record.owner_kind == OwnerKind::Service {
        return vec![residual(
            "a service account of this person stays: a program depends on it; rotate it with its owner",
        )];
    }
    let mut lines: Vec<String> = Vec::new();
    for wish in wishes_for(account) {
        let told = left_by(&wish, &account.can).map(|what| match &wish {
            Wish::GrantAbsent { entitlement } if some_can(WishKind::GrantAbsent, account) => {
                format!("“{}” cannot be taken away here: it is kept elsewhere", name_of(account, entitlement))
            }
            _ => what.to_owned(),
        });
        lines.extend(told.filter(|line| !lines.contains(line)));
    }
    lines.extend(spared_by(account));
    lines.iter().map(|line| residual(line)).collect()
}

fn some_can(wish: WishKind, account: &AccountFactsAtPlan) -> bool {
    account.can.iter().any(|c| c.wish == wish)
}

fn name_of<'a>(account: &'a AccountFactsAtPlan, entitlement: &'a str) -> &'a str {
    account.entitlements.iter().find(|(id, _)| id == entitlement).map_or(entitlement, |(_, name)| name)
}

/// The applications behind this account that learn nothing of what is done here.
fn spared_by(account: &AccountFactsAtPlan) -> Option<String> {
    let spared = |id: &str| account.can.iter().flat_map(|c| &c.spares).any(|begin| id.starts_with(begin));
    let names: BTreeSet<&str> =
        account.entitlements.iter().filter(|(id, _)| spared(id)).map(|(_, name)| name.as_str()).collect();
    if names.is_empty() {
        return None;
    }
    let names = names.into_iter().collect::<Vec<_>>().join(", ");
    Some(format!(
        "applications behind this account are told nothing when its sign-in is blocked: sessions and keys of \
         their own live on in {names}, unless a step of theirs stands in this plan"
    ))
}

/// What stays, at least until removal, when a wish is one that the connection cannot serve in time.
fn left_by(wish: &Wish, can: &[Can]) -> Option<&'static str> {
    let wish_kind = wish.kind();
    let strongest = usual_effect(&ways_for(wish, can));
    let in_time = strongest
        .is_some_and(|effect| !denies_access(wish_kind) || wave_of(wish_kind, effect) == Wave::Contain);
    if in_time {
        return None;
    }
    match (wish_kind, strongest) {
        (WishKind::Disabled, None) => Some("this connection cannot block sign-in"),
        (WishKind::Disabled, Some(_)) => {
            Some("sign-in cannot be blocked here without loss; it works until removal")
        }
        (WishKind::SessionsEnded, None) => {
            Some("sessions and tokens cannot be ended here; they live until the application ends them")
        }
        (WishKind::SessionsEnded, Some(_)) => {
            Some("sessions and tokens cannot be ended here without loss; they live until removal")
        }
        (WishKind::CredentialRevoked, None) => {
            Some("keys of this account cannot be revoked by this connection")
        }
        (WishKind::CredentialRevoked, Some(_)) => {
            Some("keys of this account cannot be switched off without loss; they work until removal")
        }
        (WishKind::GrantAbsent, _) => Some("group memberships cannot be removed by this connection"),
        (WishKind::EvidenceStored | WishKind::TaskDone, _) => None,
    }
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

/// What is to be done with a program's account of somebody who leaves. It is never cut by the run itself.
const ROTATE: &str = "Rotate the secrets of this service account, which the person may know, with the people whose program uses it, and name another owner.";

fn instruction(system: &System, hint: Option<&str>) -> &'static str {
    match (system.lane, hint) {
        (_, None) => "Check whether the person has an account here; if so, remove its access.",
        (Lane::Assisted, _) => "Remove the account's access with the help of the link.",
        (_, Some(_)) => "Remove the account's access.",
    }
}

/// Everything that people have to do.
fn tasks(facts: &LeaverFacts, clock: &Instants) -> Vec<Step> {
    let manual = facts.manual.iter().map(|(system, hint)| {
        let hint = hint.as_deref();
        task_step(&facts.event, system, hint, instruction(system, hint), clock)
    });
    let rotate = facts
        .service_accounts
        .iter()
        .map(|(system, login)| task_step(&facts.event, system, Some(login), ROTATE, clock));
    manual.chain(rotate).collect()
}

fn task_step(
    event: &EventKey,
    system: &System,
    hint: Option<&str>,
    instruction: &str,
    clock: &Instants,
) -> Step {
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
pub(in crate::plan) mod tests;
