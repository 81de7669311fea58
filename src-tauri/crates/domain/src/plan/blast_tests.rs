use proptest::prelude::*;

use super::super::fixtures::*;
use super::super::leaver::tests::any_account;
use super::super::plan_leaver;
use super::*;
use crate::policy::Policy;

#[test]
fn a_hostile_name_of_a_system_is_not_counted_as_an_account() {
    let mut facts = facts(Vec::new());
    facts.manual = vec![(system(1, "7:account|4:scim"), Some(":account|".into()))];
    let blast = blast_radius(&plan_leaver(&facts, &Policy::default()));
    assert_eq!((blast.accounts, blast.manual), (0, 1), "people approve by these numbers");
}

#[test]
fn each_place_says_what_happens_there_and_what_cannot_be_undone() {
    let mut effects = REVERSIBLE;
    effects[2] = Effect::Final;
    effects[3] = Effect::Lossy;
    let blast = blast_radius(&plan_leaver(&facts(vec![account(1, can_all(effects))]), &Policy::default()));
    assert_eq!(
        blast.systems,
        vec![SystemImpact {
            place: "scim app.example/v2".into(),
            login: Some("login-1".into()),
            steps: vec![
                "contain: sign-in blocked".into(),
                "contain: sessions ended".into(),
                "remove: a key revoked, cannot be undone".into(),
                "remove: a membership removed, loses data".into(),
            ],
        }],
        "the preview names every loss, where and when"
    );
}

#[test]
fn a_fallback_is_named_with_its_cost() {
    let gentle = can(WishKind::Disabled, Effect::Reversible);
    let fallback =
        Can { fallback: true, dialect: Some("deactivate".into()), ..can(WishKind::Disabled, Effect::Lossy) };
    let blast =
        blast_radius(&plan_leaver(&facts(vec![account(1, vec![gentle, fallback])]), &Policy::default()));
    assert_eq!(
        blast.systems[0].steps,
        vec!["contain: sign-in blocked; if that is refused: deactivate, loses data"],
        "only what the preview named was approved"
    );
}

proptest! {
    #![proptest_config(always_the_same())]

    #[test]
    fn the_numbers_are_the_plans_own(accounts in (any_account(1), any_account(2), any_account(3)), tasks in 0..3u128) {
        let mut facts = facts(vec![accounts.0, accounts.1, accounts.2]);
        facts.manual = (0..tasks).map(|n| (system(n, &format!("system {n}")), None)).collect();
        let plan = plan_leaver(&facts, &Policy::default());
        let blast = blast_radius(&plan);
        let of = |kind: WishKind| plan.steps.iter().filter(|s| s.wish.kind() == kind).count();
        let touched: BTreeSet<_> = plan
            .steps
            .iter()
            .filter_map(|s| match &s.target {
                Target::Account(a) => Some(a.account),
                _ => None,
            })
            .collect();
        prop_assert_eq!(blast.accounts, touched.len(), "every account that is touched is counted once");
        prop_assert_eq!(blast.credentials, of(WishKind::CredentialRevoked), "keys");
        prop_assert_eq!(blast.grants, of(WishKind::GrantAbsent), "memberships");
        prop_assert_eq!(blast.manual, facts.manual.len(), "work for people");
        let can_lose = plan.steps.iter().filter(|s| s.ways.iter().any(|w| w.effect == Effect::Final)).count();
        prop_assert_eq!(blast.irreversible, can_lose, "what cannot be undone is never counted too low");
        let told: usize = blast.systems.iter().map(|s| s.steps.len()).sum();
        prop_assert_eq!(told, plan.steps.len() - 1, "every step but the evidence stands under its place");
    }
}
