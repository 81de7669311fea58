use proptest::prelude::*;

use super::super::fixtures::*;
use super::*;
use crate::plan::StepId;
use crate::systems::Lane;

fn plan(facts: &LeaverFacts) -> Plan {
    plan_leaver(facts, &Policy::default())
}

fn wave_of_kind(plan: &Plan, kind: WishKind) -> Option<Wave> {
    plan.steps.iter().find(|s| s.wish.kind() == kind).map(|s| s.wave)
}

fn residuals(plan: &Plan) -> String {
    plan.residuals.iter().map(|r| format!("{}: {}", r.system, r.what)).collect::<Vec<_>>().join("\n")
}

#[test]
fn each_wish_lands_in_its_wave_by_what_it_costs() {
    use Effect::{Final, Lossy, Reversible};
    use Wave::{Contain, Remove};
    let cases = [
        (WishKind::Disabled, Reversible, Contain),
        (WishKind::Disabled, Lossy, Remove),
        (WishKind::Disabled, Final, Remove),
        (WishKind::SessionsEnded, Reversible, Contain),
        (WishKind::SessionsEnded, Lossy, Remove),
        (WishKind::SessionsEnded, Final, Remove),
        (WishKind::CredentialRevoked, Reversible, Contain),
        (WishKind::CredentialRevoked, Lossy, Remove),
        (WishKind::CredentialRevoked, Final, Remove),
        (WishKind::GrantAbsent, Reversible, Remove),
        (WishKind::GrantAbsent, Lossy, Remove),
        (WishKind::GrantAbsent, Final, Remove),
    ];
    for (wish, effect, wave) in cases {
        let plan = plan(&facts(vec![account(1, vec![can(wish, effect)])]));
        assert_eq!(wave_of_kind(&plan, wish), Some(wave), "{wish} that is {effect}: contain loses nothing");
        let step = plan.steps.iter().find(|s| s.wish.kind() == wish).unwrap();
        let opens = if wave == Contain { access_end() } else { employment_end() };
        assert_eq!(step.not_before, Some(opens), "{wish}: {wave} opens at its own instant");
    }
    let plan = plan(&facts(Vec::new()));
    assert_eq!(wave_of_kind(&plan, WishKind::EvidenceStored), Some(Wave::Preserve), "evidence, always");
}

#[test]
fn a_door_that_can_be_shut_without_loss_is_not_left_open_until_removal() {
    for wish in [WishKind::Disabled, WishKind::SessionsEnded, WishKind::CredentialRevoked] {
        let ways = vec![can(wish, Effect::Reversible), can(wish, Effect::Final)];
        let plan = plan(&facts(vec![account(1, ways)]));
        let step = plan.steps.iter().find(|s| s.wish.kind() == wish).unwrap();
        assert_eq!(step.wave, Wave::Contain, "{wish}: deleting it later is no reason to leave it on today");
        assert_eq!(step.strongest_effect(), Effect::Reversible, "{wish}: containment never loses anything");
    }
}

fn fallback(effect: Effect) -> Can {
    Can { fallback: true, dialect: Some("deactivate".into()), ..can(WishKind::Disabled, effect) }
}

#[test]
fn an_approved_fallback_stays_behind_the_gentle_way_and_never_delays_it() {
    let gentle = can(WishKind::Disabled, Effect::Reversible);
    let both = plan(&facts(vec![account(1, vec![fallback(Effect::Lossy), gentle.clone()])]));
    let step = &both.steps[0];
    assert_eq!(step.wave, Wave::Contain, "a refusal that may come is no reason to wait for removal");
    assert_eq!(step.ways, vec![gentle.clone(), fallback(Effect::Lossy)], "the gentle way is tried first");
    assert_eq!(step.usual_effect(), Effect::Reversible, "what is done unless it is refused");
    assert_eq!(step.strongest_effect(), Effect::Lossy, "what the approval has to cover");
    assert!(!residuals(&both).contains("sign-in"), "it is blocked in time, so nothing is said");

    let last = plan(&facts(vec![account(1, vec![gentle, fallback(Effect::Final)])]));
    assert_eq!(last.steps[0].strongest_effect(), Effect::Reversible, "containment destroys nothing for good");
    let alone = plan(&facts(vec![account(1, vec![fallback(Effect::Lossy)])]));
    assert_eq!(alone.steps.last().unwrap().wave, Wave::Remove, "alone it is what it costs");
    let found = account(1, vec![can(WishKind::Disabled, Effect::Reversible), fallback(Effect::Lossy)]);
    let later = later(&found).steps;
    assert_eq!(later[0].strongest_effect(), Effect::Reversible, "nobody approved it for this account");
}

#[test]
fn what_a_connection_can_take_away_of_one_kind_only_is_said_of_the_others() {
    let role = Can { only: Some("role:".into()), ..can(WishKind::GrantAbsent, Effect::Reversible) };
    let mut found = account(1, vec![can(WishKind::Disabled, Effect::Reversible), role]);
    found.entitlements =
        vec![("role:1".into(), "Super admin".into()), ("ad:2".into(), "Domain users".into())];
    let plan = plan(&facts(vec![found]));
    let held: Vec<_> = plan.steps.iter().filter_map(|s| s.wish.object()).collect();
    assert_eq!(held, ["role:1"], "a group of the directory cannot be edited here, so it is no step");
    let told = residuals(&plan);
    assert!(told.contains("“Domain users” cannot be taken away here"), "{told}: but a line");
    assert!(!told.contains("Super admin"), "{told}: what is a step is not said to stay");
}

#[test]
fn applications_that_are_told_nothing_are_named() {
    let suspend = Can { spares: vec!["app:".into()], ..can(WishKind::Disabled, Effect::Reversible) };
    let mut found = account(1, vec![suspend, can(WishKind::GrantAbsent, Effect::Lossy)]);
    found.entitlements.extend([("app:2".into(), "Wiki".into()), ("app:1".into(), "Chat".into())]);
    let told = residuals(&plan(&facts(vec![found])));
    assert!(told.contains("live on in Chat, Wiki,"), "{told}: blocked sign-in ends no session inside them");
}

#[test]
fn a_door_that_only_removal_shuts_is_said_to_be_open_until_then() {
    for (n, word) in ["sign-in", "sessions", "keys"].into_iter().enumerate() {
        for effect in [Effect::Lossy, Effect::Final] {
            let mut effects = REVERSIBLE;
            effects[n] = effect;
            let told = residuals(&plan(&facts(vec![account(1, can_all(effects))])));
            assert_eq!(told.lines().count(), 1, "{told}: one line for the one thing that stays");
            assert!(
                told.contains(word) && told.contains("until removal"),
                "{told}: {word} live through garden leave"
            );
        }
    }
}

#[test]
fn what_a_connection_cannot_do_is_said_and_what_it_can_is_not() {
    let all = can_all(REVERSIBLE);
    assert_eq!(residuals(&plan(&facts(vec![account(1, all.clone())]))), "", "nothing stays, nothing is said");
    for (missing, word) in [
        (WishKind::Disabled, "cannot block sign-in"),
        (WishKind::SessionsEnded, "sessions and tokens cannot be ended"),
        (WishKind::CredentialRevoked, "keys of this account cannot be revoked"),
        (WishKind::GrantAbsent, "memberships cannot be removed"),
    ] {
        let can = all.iter().filter(|c| c.wish != missing).cloned().collect();
        let plan = plan(&facts(vec![account(1, can)]));
        assert_eq!(wave_of_kind(&plan, missing), None, "{missing}: no way, no step");
        let told = residuals(&plan);
        assert!(told.starts_with("App 1: ") && told.contains(word), "{told:?} must say that {missing} stays");
    }
}

#[test]
fn nothing_is_said_of_keys_and_memberships_that_are_not_there() {
    let mut bare = account(1, vec![can(WishKind::Disabled, Effect::Reversible)]);
    bare.entitlements.clear();
    bare.record.credentials[0].state = CredentialState::Revoked;
    let told = residuals(&plan(&facts(vec![bare])));
    assert!(!told.contains("keys"), "{told}: a revoked key does not stay");
    assert!(!told.contains("memberships"), "{told}: there is none");
}

#[test]
fn a_service_account_is_left_alone_and_shown() {
    let mut robot = account(1, can_all(REVERSIBLE));
    robot.record.owner_kind = OwnerKind::Service;
    let plan = plan(&facts(vec![robot.clone()]));
    let touched = plan.steps.iter().any(|s| matches!(s.target, Target::Account(_)));
    assert!(!touched, "cutting it stops a program that others depend on");
    assert!(residuals(&plan).contains("service account"), "it stays, so it is said");
    let found = later(&robot).steps;
    assert_eq!(found, vec![], "found later it is no less a program's");

    robot.record.owner_kind = OwnerKind::Unknown;
    let found = later(&robot).steps;
    assert!(!found.is_empty(), "a vendor that does not tell must not keep a leaver in");
}

#[test]
fn a_service_account_becomes_work_for_the_systems_owner() {
    let mut robot = account(1, can_all(REVERSIBLE));
    robot.record.owner_kind = OwnerKind::Service;
    let mut facts = facts(vec![robot]);
    facts.service_accounts = vec![(system(1, "Models"), "svc-backup".into())];
    let plan = plan(&facts);
    let task = plan.steps.iter().find(|s| s.wish == Wish::TaskDone).expect("its secrets may be known");
    let Target::Task(told) = &task.target else { panic!("work for a person") };
    assert_eq!(told.account_hint.as_deref(), Some("svc-backup"), "which one");
    assert!(told.instruction.contains("Rotate"), "and what to do: {}", told.instruction);
    assert_eq!(task.owner.as_deref(), Some("Olga Owner"), "by whom");
    assert!(task.due.is_some(), "and by when");
}

#[test]
fn an_account_that_can_only_be_removed_goes_after_what_hangs_on_it() {
    let kinds = |effects| -> Vec<WishKind> {
        let plan = plan(&facts(vec![account(1, can_all(effects))]));
        let of_account = plan.steps.iter().filter(|s| matches!(s.target, Target::Account(_)));
        of_account.map(|s| s.wish.kind()).collect()
    };
    let last =
        [WishKind::SessionsEnded, WishKind::CredentialRevoked, WishKind::GrantAbsent, WishKind::Disabled];
    let first =
        [WishKind::Disabled, WishKind::SessionsEnded, WishKind::CredentialRevoked, WishKind::GrantAbsent];
    assert_eq!(kinds([Effect::Final; 4]), last, "its keys may go on working once it cannot be reached");
    assert_eq!(kinds([Effect::Lossy; 4]), last, "removed is removed");
    assert_eq!(kinds(REVERSIBLE), first, "where sign-in can be blocked, that comes first");
}

#[test]
fn manual_systems_become_work_with_owner_and_due_time() {
    let mut alone = system(2, "Wiki");
    (alone.owner, alone.lane) = (None, Lane::Assisted);
    let mut facts = facts(Vec::new());
    facts.manual = vec![(system(1, "Door keys"), Some("kim".into())), (alone, None)];
    let plan = plan(&facts);
    let tasks: Vec<&Step> = plan.steps.iter().filter(|s| s.wish == Wish::TaskDone).collect();
    assert_eq!(tasks.len(), 2, "a system without connector is work, not silence");
    for (task, owner) in tasks.iter().zip(["Olga Owner", "Ben Backup"]) {
        assert_eq!(task.wave, Wave::Recover, "no ticket holds up the cut");
        assert_eq!(task.owner.as_deref(), Some(owner), "somebody answers for it, the deputy if need be");
        assert_eq!(task.due, Some(access_end() + TimeDelta::hours(24)), "due by the policy's hours");
    }
    let Target::Task(unsure) = &tasks[1].target else { panic!("a task's target is a task") };
    assert!(unsure.instruction.starts_with("Check"), "without an account list, the first thing is to look");
}

#[test]
fn order_is_by_wave_then_as_the_register_lists_accounts() {
    let plan = plan(&facts(vec![account(2, can_all(REVERSIBLE)), account(1, can_all(REVERSIBLE))]));
    let order: Vec<(Wave, WishKind, String)> =
        plan.steps.iter().map(|s| (s.wave, s.wish.kind(), s.target.natural_id())).collect();
    let place = |n: u8| format!("7:account|4:scim|14:app.example/v2|3:u-{n}");
    let cut = [WishKind::Disabled, WishKind::SessionsEnded, WishKind::CredentialRevoked];
    let mut expected: Vec<_> =
        [2, 1].into_iter().flat_map(|n| cut.map(|w| (Wave::Contain, w, place(n)))).collect();
    expected.push((Wave::Preserve, WishKind::EvidenceStored, "5:vault|5:local".into()));
    expected.extend([2, 1].map(|n| (Wave::Remove, WishKind::GrantAbsent, place(n))));
    assert_eq!(order, expected, "vendors' order within an account, and nothing jumps about between previews");
}

#[test]
fn now_opens_containment_at_once_and_leaves_removal_to_the_end_of_employment() {
    let now = LeaverFacts { explicit_now: true, ..facts(vec![account(1, can_all(REVERSIBLE))]) };
    let plan = plan(&now);
    for step in &plan.steps {
        let expected = if step.wave == Wave::Remove { Some(employment_end()) } else { None };
        assert_eq!(step.not_before, expected, "{}: a click cuts access, it ends no employment", step.wave);
        if step.wave == Wave::Contain {
            assert_eq!(step.due, Some(now.now + TimeDelta::hours(1)), "the hour runs from the click");
        }
    }
}

#[test]
fn an_unknown_end_of_employment_is_said() {
    let mut facts = facts(vec![account(1, can_all(REVERSIBLE))]);
    facts.employment_end_at = None;
    assert!(residuals(&plan(&facts)).contains("no end of employment"), "removal waits, so it is said");
    let now = LeaverFacts { explicit_now: true, ..facts.clone() };
    assert_eq!(residuals(&plan(&now)), "", "the operator's act covers what the preview shows");
    facts.accounts.clear();
    assert_eq!(residuals(&plan(&facts)), "", "nothing is to be removed");
}

/// What an account gets that is found after the approval.
fn later(account: &AccountFactsAtPlan) -> FoundLater {
    plan_found_later(&facts(vec![account.clone()]), &Policy::default())
}

#[test]
fn what_is_found_later_gets_only_what_can_be_undone() {
    for effect in Effect::ALL {
        let found = account(1, can_all([*effect; 4]));
        let FoundLater { steps, to_approve } = later(&found);
        let expected = if *effect == Effect::Reversible { (4, 0) } else { (0, 4) };
        let got = (steps.len(), to_approve.len());
        assert_eq!(
            got, expected,
            "{effect}: nobody has approved this account by name, and nothing is forgotten"
        );
        assert!(steps.iter().all(|s| s.origin == StepOrigin::FoundLater), "the evidence says so");
    }
    let both =
        vec![can(WishKind::GrantAbsent, Effect::Final), can(WishKind::GrantAbsent, Effect::Reversible)];
    let steps = later(&account(1, both)).steps;
    assert_eq!(steps.len(), 1, "a gentle way exists and is taken");
    assert_eq!(steps[0].strongest_effect(), Effect::Reversible, "and only that one");
}

#[test]
fn the_same_thing_listed_twice_is_one_step() {
    let mut twice = account(1, can_all(REVERSIBLE));
    twice.entitlements.push(("g-1".into(), "Group 1".into()));
    twice.record.credentials.push(key("k-1"));
    let mut facts = facts(vec![twice.clone(), twice.clone()]);
    facts.manual = vec![(system(1, "Wiki"), None), (system(1, "Wiki"), None)];
    let plan = plan(&facts);
    let ids: BTreeSet<StepId> = plan.steps.iter().map(|s| s.id).collect();
    assert_eq!(ids.len(), plan.steps.len(), "a second step under one id could never be closed");
    assert_eq!(plan.steps.len(), 6, "four of the account, the evidence, the task");
    let later = plan_found_later(&facts, &Policy::default()).steps;
    assert_eq!(later.len(), 5, "and so for what is found later: four of the account and the task");
    assert!(later.iter().all(|s| s.origin == StepOrigin::FoundLater), "the evidence says so");
}

pub(in crate::plan) fn any_account(n: u128) -> impl Strategy<Value = AccountFactsAtPlan> {
    let effect = prop::sample::select(Effect::ALL);
    let ways = prop::collection::vec(
        (prop::sample::select(&WishKind::ALL[..4]), effect, any::<bool>(), prop::option::of("[gk]-[01]"))
            .prop_map(|(w, e, fallback, only)| Can { fallback, only, ..can(w, e) }),
        0..7,
    );
    let owner = prop::sample::select(vec![OwnerKind::Human, OwnerKind::Service, OwnerKind::Unknown]);
    (ways, owner, 0..3usize, 0..3usize).prop_map(move |(ways, owner, keys, groups)| {
        let mut account = account(n, ways);
        account.record.owner_kind = owner;
        account.record.credentials = (0..keys).map(|k| key(&format!("k-{k}"))).collect();
        account.entitlements = (0..groups).map(|g| (format!("g-{g}"), format!("Group {g}"))).collect();
        account
    })
}

proptest! {
    #![proptest_config(always_the_same())]

    #[test]
    fn every_wish_is_a_step_or_a_line(account in any_account(1)) {
        let plan = plan(&facts(vec![account.clone()]));
        let told = residuals(&plan);
        if account.record.owner_kind == OwnerKind::Service {
            prop_assert!(told.contains("service account"), "never silence");
            return Ok(());
        }
        for wish in wishes_for(&account) {
            let step = plan.steps.iter().find(|s| s.wish == wish);
            let word = match wish.kind() {
                WishKind::Disabled => "sign-in",
                WishKind::SessionsEnded => "sessions",
                WishKind::CredentialRevoked => "keys",
                _ => "cannot be ",
            };
            prop_assert!(step.is_some() || told.contains(word), "{wish:?} must not vanish; told: {told}");
        }
        for step in &plan.steps {
            let loses = step.ways.iter().any(|w| !w.fallback && w.effect != Effect::Reversible);
            prop_assert!(step.wave != Wave::Contain || !loses, "containment loses nothing by itself");
            prop_assert!(
                step.wave != Wave::Contain || step.strongest_effect() != Effect::Final,
                "and nothing for good, whatever is refused"
            );
            prop_assert!(step.ways.iter().all(|w| w.serves(&step.wish)), "no way is taken on another's object");
        }
    }
}
