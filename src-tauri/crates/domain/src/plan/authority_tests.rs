use proptest::prelude::*;
use uuid::Uuid;

use super::super::fixtures::*;
use super::super::{AccountFactsAtPlan, LeaverFacts, plan_leaver};
use super::*;
use crate::ids::{AccountId, ConnectionId, EmploymentId, OrgId, PersonId};
use crate::policy::Policy;

fn hr(remote_id: &str) -> RemoteKey {
    RemoteKey { vendor: "csv".into(), tenant: "hr.csv".into(), remote_id: remote_id.into() }
}

fn connections() -> Vec<(String, String)> {
    vec![("scim".into(), "app.example/v2".into()), ("sim".into(), "two".into())]
}

fn of_plan(plan: &Plan) -> Authority {
    Authority::of(plan, hr("p-1"), hr("e-1"), connections())
}

fn of(facts: &LeaverFacts) -> Authority {
    of_plan(&plan_leaver(facts, &Policy::default()))
}

fn final_keys() -> Vec<crate::capability::Can> {
    can_all([Effect::Reversible, Effect::Reversible, Effect::Final, Effect::Lossy])
}

#[test]
fn the_bytes_and_the_digest_of_a_gentle_plan_are_pinned() {
    let authority = of(&facts(vec![account(1, can_all(REVERSIBLE))]));
    assert_eq!(
        String::from_utf8(authority.canonical()).unwrap(),
        concat!(
            r#"{"access_end_at":"2026-09-25T14:00:00Z","connections":[["scim","app.example/v2"],["sim","two"]],"#,
            r#""employment":{"remote_id":"e-1","tenant":"hr.csv","vendor":"csv"},"#,
            r#""employment_end_at":"2026-09-30T14:00:00Z","explicit_now":false,"generation":1,"irreversible":[],"#,
            r#""person":{"remote_id":"p-1","tenant":"hr.csv","vendor":"csv"},"purpose":"lockstep/authority","#,
            r#""strongest":{"contain":"reversible","remove":"reversible"},"v":1}"#
        ),
        "golden: an auditor recomputes what was approved"
    );
    assert_eq!(
        authority.digest().to_string(),
        "94d18d3255a939f3cdae725509c9ede60df49bc4034909ca04671c976c9af83b",
        "golden: another machine, or a later version, must ask for the same approval"
    );
}

#[test]
fn the_bytes_and_the_digest_of_a_plan_with_losses_are_pinned() {
    let now = LeaverFacts {
        explicit_now: true,
        access_end_at: None,
        employment_end_at: None,
        ..facts(vec![account(2, final_keys()), account(1, final_keys())])
    };
    let authority = of(&now);
    assert_eq!(
        String::from_utf8(authority.canonical()).unwrap(),
        concat!(
            r#"{"access_end_at":null,"connections":[["scim","app.example/v2"],["sim","two"]],"#,
            r#""employment":{"remote_id":"e-1","tenant":"hr.csv","vendor":"csv"},"#,
            r#""employment_end_at":null,"explicit_now":true,"generation":1,"irreversible":["#,
            r#"[{"remote_id":"u-1","tenant":"app.example/v2","vendor":"scim"},"credential_revoked","k-1"],"#,
            r#"[{"remote_id":"u-2","tenant":"app.example/v2","vendor":"scim"},"credential_revoked","k-1"]],"#,
            r#""person":{"remote_id":"p-1","tenant":"hr.csv","vendor":"csv"},"purpose":"lockstep/authority","#,
            r#""strongest":{"contain":"reversible","remove":"final"},"v":1}"#
        ),
        "golden: what cannot be undone is approved by name"
    );
    assert_eq!(
        authority.digest().to_string(),
        "f8ed345ac85ce64af3e6f4713b0773789732b97a095f4139e3f047ee09fa9b92",
        "golden"
    );
}

#[test]
fn every_bound_part_changes_the_digest() {
    let base_facts = facts(vec![account(1, final_keys())]);
    let plan = plan_leaver(&base_facts, &Policy::default());
    let base = of_plan(&plan).digest();
    let changed = |change: &dyn Fn(&mut LeaverFacts)| {
        let mut facts = base_facts.clone();
        change(&mut facts);
        of(&facts).digest()
    };
    let account_with = |can: Vec<crate::capability::Can>| changed(&|f| f.accounts[0].can = can.clone());
    let fewer = connections().into_iter().take(1);
    let cases = [
        ("person", Authority::of(&plan, hr("p-2"), hr("e-1"), connections()).digest()),
        ("employment", Authority::of(&plan, hr("p-1"), hr("e-2"), connections()).digest()),
        ("connections", Authority::of(&plan, hr("p-1"), hr("e-1"), fewer).digest()),
        ("generation", changed(&|f| f.event.generation = 2)),
        ("instant", changed(&|f| f.access_end_at = Some(at("2026-09-25T14:00:01Z")))),
        ("no instant", changed(&|f| f.access_end_at = None)),
        ("end of employment", changed(&|f| f.employment_end_at = Some(at("2026-09-30T14:00:01Z")))),
        ("no end of employment", changed(&|f| f.employment_end_at = None)),
        ("now", changed(&|f| f.explicit_now = true)),
        (
            "the strongest effect of a wave",
            account_with(can_all([
                Effect::Reversible,
                Effect::Reversible,
                Effect::Lossy,
                Effect::Reversible,
            ])),
        ),
        (
            "a fallback that loses something",
            account_with({
                let mut can = can_all([Effect::Reversible, Effect::Reversible, Effect::Final, Effect::Lossy]);
                can.push(crate::capability::Can {
                    fallback: true,
                    ..super::super::fixtures::can(WishKind::Disabled, Effect::Lossy)
                });
                can
            }),
        ),
        ("another irreversible object", changed(&|f| f.accounts[0].record.credentials.push(key("k-2")))),
        ("the object's name", changed(&|f| f.accounts[0].record.credentials[0].remote_id = "k-9".into())),
        ("the account's vendor id", changed(&|f| f.accounts[0].account.remote_id = "u-9".into())),
        ("the account's tenant", changed(&|f| f.accounts[0].account.tenant = "other".into())),
        (
            "the irreversible wish",
            account_with(can_all([Effect::Reversible, Effect::Final, Effect::Final, Effect::Lossy])),
        ),
    ];
    for (i, (part, digest)) in cases.iter().enumerate() {
        assert_ne!(*digest, base, "{part}: an approval must not cover what nobody saw");
        assert_ne!(*digest, Digest::ZERO, "{part}: there always is a canonical form");
        let same = cases[..i].iter().find(|(_, other)| other == digest);
        assert!(same.is_none(), "{part} looks like {same:?}");
    }
}

#[test]
fn what_is_final_about_a_device_is_approved_by_name_too() {
    let mut plan = plan_leaver(&facts(vec![account(1, final_keys())]), &Policy::default());
    let base = of_plan(&plan).digest();
    let step = plan.steps.iter_mut().find(|s| s.strongest_effect() == Effect::Final).unwrap();
    step.target = Target::Device {
        connection: ConnectionId(Uuid::from_u128(9)),
        vendor: "mdm".into(),
        tenant: "acme".into(),
        remote_id: "17".into(),
    };
    let authority = of_plan(&plan);
    assert_ne!(authority.digest(), base, "another object");
    let text = String::from_utf8(authority.canonical()).unwrap();
    assert!(text.contains(r#"{"remote_id":"17","tenant":"acme","vendor":"mdm"}"#), "{text}: wiped by name");
}

fn gentle(n: u128) -> AccountFactsAtPlan {
    account(n, can_all(REVERSIBLE))
}

proptest! {
    #![proptest_config(always_the_same())]

    #[test]
    fn our_random_ids_and_the_order_of_accounts_are_not_bound(
        order in Just(vec![1u128, 2, 3]).prop_shuffle(),
        salt in any::<u64>(),
        accounts_added in 0..4u128,
    ) {
        let all = |n: &u128| account(*n, final_keys());
        let base = of(&facts([1, 2, 3].iter().map(all).collect())).digest();
        let mut facts = facts(order.iter().map(all).collect());
        let random = |n: u128| Uuid::from_u128(u128::from(salt) << 64 | n);
        facts.event.org = OrgId(random(1));
        facts.event.person = PersonId(random(2));
        facts.event.employment = EmploymentId(random(3));
        for (n, account) in (4..).zip(&mut facts.accounts) {
            account.account.account = AccountId(random(n));
            account.account.connection = ConnectionId(random(n + 100));
            account.account.login = format!("renamed-{n}");
        }
        prop_assert_eq!(of(&facts).digest(), base, "the same on any machine, whatever the register's order");
        facts.accounts.extend((0..accounts_added).map(|n| gentle(10 + n)));
        facts.manual = vec![(system(1, "Wiki"), None)];
        prop_assert_eq!(of(&facts).digest(), base, "an account that turns up must not save a leaver");
    }
}
