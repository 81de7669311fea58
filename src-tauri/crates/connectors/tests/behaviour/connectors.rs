//! The suite over each connector.

use std::sync::Arc;

use lockstep_connectors::vendors::sim::{self, SimAccount, SimGroup, SimWorld};
use lockstep_connectors::vendors::{csv, scim};
use lockstep_domain::access::{Wish, WishKind};
use lockstep_testkit::{NewUser, ScimServer as RealServer};

use super::scim_server::{Manner, ScimServer};
use super::suite::{Subject, behaves, order};
use super::support::{clock, open, open_scim};

fn nobody(_: &str) -> Vec<String> {
    vec![]
}

fn logins(n: usize) -> Vec<String> {
    (1..=n).map(|n| format!("user{n}@acme.test")).collect()
}

pub(crate) fn sim_world() -> Arc<SimWorld> {
    let world = SimWorld::new();
    world.edit(|state| {
        state.groups.insert("g1".into(), SimGroup { name: "Admins".into(), privileged: true });
        for n in 1..=5 {
            let mut account = SimAccount::enabled(&format!("user{n}@acme.test"));
            if n <= 2 {
                account.groups.insert("g1".into());
                account.keys.extend(["k1".to_owned(), "k2".to_owned()]);
            }
            state.accounts.insert(format!("u{n}"), account);
        }
    });
    world
}

#[tokio::test]
async fn the_simulated_vendor_behaves() {
    let (world, clock) = (sim_world(), clock());
    behaves(&Subject {
        name: "sim",
        connector: open(&sim::vendor(world.clone()), &clock, "", &[]).unwrap(),
        clock,
        logins: logins(5),
        account: "u1".into(),
        group: "g1".into(),
        keys: vec!["k1".into(), "k2".into()],
        can_sign_in: &|id| world.truth().accounts[id].enabled,
        members: &|group| {
            let in_it = |a: &SimAccount| a.groups.contains(group);
            world.truth().accounts.iter().filter(|(_, a)| in_it(a)).map(|(id, _)| id.clone()).collect()
        },
    })
    .await;
}

#[tokio::test]
async fn scim_behaves_against_servers_of_every_make() {
    let strict = Manner::default();
    let makes = [
        ("204 without a body", strict.clone()),
        ("200 with the account", Manner { answers_with_body: true, ..strict.clone() }),
        ("versions are checked", Manner { etag: true, ..strict.clone() }),
        ("no discovery", Manner { discovery: false, ..strict.clone() }),
        ("members only in the group itself", Manner { lists_members: false, ..strict.clone() }),
        ("one record a page", Manner { page: 1, ..strict.clone() }),
        ("everything on one page", Manner { page: 1000, ..strict }),
    ];
    for (name, manner) in makes {
        let (server, clock) = (ScimServer::start(manner).await, clock());
        behaves(&Subject {
            name,
            connector: open_scim(&server.server.base_url, &clock, &[("admin_group", "Admins")]),
            clock,
            logins: logins(5),
            account: "u1".into(),
            group: "g1".into(),
            keys: vec![],
            can_sign_in: &|id| server.user(id)["active"] != false,
            members: &|group| server.members(group),
        })
        .await;
    }
}

#[tokio::test]
async fn scim_behaves_against_a_server_that_nobody_here_wrote() {
    let (server, clock) = (RealServer::start(), clock());
    // More than a page, so that the server's own paging is seen.
    let ids: Vec<String> = logins(130)
        .iter()
        .map(|login| server.create_user(&NewUser::named(login, "Kim", "Doe").with_external_id(login)))
        .collect();
    let group = server.create_group("Admins");
    server.create_group("Nobody");
    for id in &ids[..3] {
        server.add_member(&group, id);
    }
    let settings = [
        ("base_url", server.base_url()),
        ("allow_local", "true"),
        ("admin_group", "admins"),
        ("own_account", "USER130@acme.test"),
    ];
    let connector = open(&scim::vendor(), &clock, server.token(), &settings).unwrap();
    let own = connector.access.as_ref().unwrap().own_account().await.unwrap();
    assert_eq!(own.as_ref(), ids.last(), "the account behind the token is guarded by its id");
    behaves(&Subject {
        name: "scim2-server",
        connector,
        clock,
        logins: logins(130),
        account: ids[0].clone(),
        group,
        keys: vec![],
        can_sign_in: &|id| server.is_active(id) == Some(true),
        members: &|group| server.members(group),
    })
    .await;
}

#[tokio::test]
async fn every_dialect_is_proven_against_a_server_that_nobody_here_wrote() {
    let (server, clock) = (RealServer::start(), clock());
    let settings = [("base_url", server.base_url()), ("allow_local", "true")];
    let connector = open(&scim::vendor(), &clock, server.token(), &settings).unwrap();
    let access = connector.access.as_ref().unwrap();
    for way in access.can().into_iter().filter(|c| c.wish == WishKind::Disabled) {
        let dialect = way.dialect.unwrap();
        let login = format!("{dialect}@acme.test");
        let id = server.create_user(&NewUser::named(&login, "Kim", "Doe").with_external_id("E1"));
        let before = server.user(&id).unwrap();
        access.apply(&order(&id, Wish::Disabled, Some(dialect.clone()))).await.expect("it follows the RFC");
        assert_eq!(server.is_active(&id), Some(false), "{dialect}: the server itself says so");
        let after = server.user(&id).unwrap();
        for attribute in ["userName", "externalId", "name", "emails", "displayName"] {
            assert_eq!(after[attribute], before[attribute], "{dialect}: reversible means nothing is lost");
        }
    }
}

#[tokio::test]
async fn an_account_list_in_a_file_behaves() {
    let path = concat!(env!("CARGO_TARGET_TMPDIR"), "/behaviour-accounts.csv");
    let rows: String = logins(5).iter().map(|l| format!("{l},{l},true\n")).collect();
    std::fs::write(path, format!("login,email,active\n{rows}")).unwrap();
    let clock = clock();
    behaves(&Subject {
        name: "csv",
        connector: open(&csv::vendor(), &clock, "", &[("path", path), ("role", "accounts")]).unwrap(),
        clock,
        logins: logins(5),
        account: String::new(),
        group: String::new(),
        keys: vec![],
        can_sign_in: &|_| true,
        members: &nobody,
    })
    .await;
}
