//! What the tests of plans start from.

use chrono::{DateTime, Utc};
use proptest::test_runner::{Config, RngSeed};
use uuid::Uuid;

use super::{AccountFactsAtPlan, EventKey, LeaverFacts};
use crate::access::{
    AccountRecord, AccountRef, CredentialRecord, CredentialState, OwnerKind, SignIn, WishKind,
};
use crate::capability::{Can, Effect, Proof};
use crate::digest::Digest;
use crate::ids::{AccountId, ConnectionId, EmploymentId, OrgId, PersonId, SystemId};
use crate::systems::{Lane, Sso, System};

pub(super) fn at(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

pub(super) fn access_end() -> DateTime<Utc> {
    at("2026-09-25T14:00:00Z")
}

/// Five days of garden leave later.
pub(super) fn employment_end() -> DateTime<Utc> {
    at("2026-09-30T14:00:00Z")
}

pub(super) fn event() -> EventKey {
    EventKey {
        org: OrgId(Uuid::from_u128(1)),
        person: PersonId(Uuid::from_u128(2)),
        employment: EmploymentId(Uuid::from_u128(3)),
        generation: 1,
    }
}

pub(super) fn can(wish: WishKind, effect: Effect) -> Can {
    Can::new(wish, effect, Proof::ReadBack)
}

/// A connection that can do all that is wished of an account, with these effects for disable, sessions,
/// keys, memberships.
pub(super) fn can_all(effects: [Effect; 4]) -> Vec<Can> {
    let wishes =
        [WishKind::Disabled, WishKind::SessionsEnded, WishKind::CredentialRevoked, WishKind::GrantAbsent];
    wishes.into_iter().zip(effects).map(|(wish, effect)| can(wish, effect)).collect()
}

pub(super) const REVERSIBLE: [Effect; 4] = [Effect::Reversible; 4];

pub(super) fn key(id: &str) -> CredentialRecord {
    CredentialRecord { remote_id: id.into(), name: None, state: CredentialState::Active, last_used_at: None }
}

/// A person's account `u-<n>` with one key and one membership.
pub(super) fn account(n: u128, can: Vec<Can>) -> AccountFactsAtPlan {
    let remote_id = format!("u-{n}");
    let login = format!("login-{n}");
    AccountFactsAtPlan {
        account: AccountRef {
            account: AccountId(Uuid::from_u128(100 + n)),
            connection: ConnectionId(Uuid::from_u128(200)),
            vendor: "scim".into(),
            tenant: "app.example/v2".into(),
            remote_id: remote_id.clone(),
            login: login.clone(),
        },
        system: format!("App {n}"),
        record: AccountRecord {
            remote_id,
            login,
            display_name: None,
            emails: Vec::new(),
            external_id: None,
            sign_in: SignIn::Enabled,
            admin: Some(false),
            owner_kind: OwnerKind::Human,
            created_at: None,
            last_used_at: None,
            status_changed_at: None,
            credentials: vec![key("k-1")],
        },
        entitlements: vec![("g-1".into(), "Group 1".into())],
        can,
    }
}

pub(super) fn system(n: u128, name: &str) -> System {
    System {
        id: SystemId(Uuid::from_u128(300 + n)),
        name: name.into(),
        owner: Some("Olga Owner".into()),
        backup_owner: Some("Ben Backup".into()),
        sso: Sso::Unknown,
        data_class: None,
        lane: Lane::Manual,
        how_to: None,
        connection: None,
        everyone: false,
    }
}

pub(super) fn facts(accounts: Vec<AccountFactsAtPlan>) -> LeaverFacts {
    LeaverFacts {
        event: event(),
        access_end_at: Some(access_end()),
        employment_end_at: Some(employment_end()),
        explicit_now: false,
        now: at("2026-09-20T08:00:00Z"),
        policy_digest: Digest::of(b"policy"),
        accounts,
        manual: Vec::new(),
        service_accounts: Vec::new(),
    }
}

/// Properties are tried on the same values each time, so that a red build is red again.
pub(super) fn always_the_same() -> Config {
    Config { failure_persistence: None, rng_seed: RngSeed::Fixed(26_925), ..Config::default() }
}
