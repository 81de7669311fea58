//! Lists that cannot be believed, and what is concluded from an account or member that is missing.

use lockstep_connectors::{Completeness, Kind};
use lockstep_domain::access::{Presence, SignIn, Wish, WishKind};
use serde_json::{Value, json};

use super::scim_server::{Manner, ScimServer};
use super::server::{Asked, Server, scim, scim_error, scim_list, with};
use super::suite::order;
use super::support::{clock, failed, open_scim, read_all};

fn user(n: usize) -> Value {
    json!({"id": format!("u{n}"), "userName": format!("user{n}"), "active": true})
}

fn start_index(asked: &Asked) -> usize {
    asked.query["startIndex"].parse().unwrap()
}

/// A server whose `/Users` is this function of the index asked for; it offers no groups.
async fn listing(users: impl Fn(usize) -> axum::response::Response + Send + Sync + 'static) -> Server {
    Server::start(move |asked| match asked.path.as_str() {
        "/Users" => users(start_index(asked)),
        _ => scim_error(404, "not offered"),
    })
    .await
}

#[tokio::test]
async fn paging_without_end_is_broken_off() {
    let server = listing(|_| scim_list(1000, &[user(1), user(2)])).await;
    let connector = open_scim(&server.base_url, &clock(), &[]);
    let error = failed(read_all(connector.accounts.as_deref().unwrap()).await, "startIndex is ignored");
    assert_eq!(error.kind(), &Kind::Malformed, "the same page for ever is no list: {error}");
    assert_eq!(server.asked().len(), 3, "groups, the first page, and the one that gave it away");

    let server = listing(|_| scim_list(2_000_000_000, &[user(1)])).await;
    let connector = open_scim(&server.base_url, &clock(), &[]);
    let error = failed(read_all(connector.accounts.as_deref().unwrap()).await, "nobody has so many");
    assert_eq!(error.kind(), &Kind::Malformed, "it would be read for weeks: {error}");

    let server = listing(|from| scim_list(from + 10, &[user(from), user(from + 1)])).await;
    let connector = open_scim(&server.base_url, &clock(), &[]);
    let (all, summary) = read_all(connector.accounts.as_deref().unwrap()).await.expect("it is bounded");
    assert_eq!(all.accounts.len(), 12, "the first total bounds the reading");
    assert!(matches!(summary.completeness, Completeness::Incomplete(_)), "and more may be behind it");
}

#[tokio::test]
async fn a_list_that_contradicts_itself_is_incomplete_and_says_why() {
    type Users = fn(usize) -> axum::response::Response;
    let cases: [(&str, Users, &str); 6] = [
        (
            "ends early",
            |from| if from == 1 { scim_list(5, &[user(1), user(2)]) } else { scim_list(5, &[]) },
            "sent 2",
        ),
        ("sends more than it says", |_| scim_list(1, &[user(1), user(2)]), "sent 2"),
        ("says nobody, sends one", |_| scim_list(0, &[user(1)]), "sent 1"),
        (
            "shrinks",
            |from| scim_list(if from == 1 { 4 } else { 3 }, &[user(from), user(from + 1)]),
            "changed",
        ),
        ("shifts", |from| scim_list(4, &[user(from.min(2)), user(from + 1)]), "twice"),
        ("has a nameless one", |_| scim_list(2, &[user(1), json!({"id": "u2"})]), "could not be used"),
    ];
    for (name, users, why) in cases {
        let server = listing(users).await;
        let connector = open_scim(&server.base_url, &clock(), &[]);
        let (_, summary) = read_all(connector.accounts.as_deref().unwrap()).await.expect("it can be read");
        let Completeness::Incomplete(reasons) = summary.completeness else {
            panic!("a list that {name} must not make anybody's absence believed");
        };
        assert!(
            reasons.iter().any(|r| r.contains(why)),
            "a list that {name}: the reason is told: {reasons:?}"
        );
    }
}

#[tokio::test]
async fn what_is_no_list_is_refused() {
    for body in
        [json!({}), json!([]), json!({"totalResults": "5"}), json!({"totalResults": 1, "Resources": {}})]
    {
        let shown = body.clone();
        let server = listing(move |_| scim(200, &body)).await;
        let connector = open_scim(&server.base_url, &clock(), &[]);
        let error = failed(read_all(connector.accounts.as_deref().unwrap()).await, "no list");
        assert_eq!(error.kind(), &Kind::Malformed, "{shown} is not nobody");
    }
}

#[tokio::test]
async fn unreadable_groups_leave_grants_and_admins_unknown() {
    type Groups = fn() -> axum::response::Response;
    let cases: [(&str, Groups, bool); 4] = [
        ("not offered", || scim_error(404, "no"), true),
        ("not implemented", || scim_error(501, "no"), true),
        ("not allowed", || scim_error(403, "no"), false),
        (
            "half unreadable",
            || {
                scim_list(
                    2,
                    &[json!({"id": "g1", "displayName": "Admins"}), json!({"id": "g2", "members": 7})],
                )
            },
            false,
        ),
    ];
    for (name, groups, complete) in cases {
        let server = Server::start(move |asked| match asked.path.as_str() {
            "/Users" => scim_list(1, &[user(1)]),
            "/Users/u1" => scim(200, &user(1)),
            "/Groups" => groups(),
            "/Groups/g1" => scim(200, &json!({"id": "g1"})),
            _ => scim_error(404, "no"),
        })
        .await;
        let connector = open_scim(&server.base_url, &clock(), &[("admin_group", "Admins")]);
        let (all, summary) =
            read_all(connector.accounts.as_deref().unwrap()).await.expect("users are readable");
        assert_eq!(summary.completeness == Completeness::Complete, complete, "groups {name}: {summary:?}");
        assert_eq!(all.accounts[0].admin, None, "groups {name}: nobody is called no admin by that");
        let seen = connector.access.as_ref().unwrap().observe("u1").await.expect("the user is readable");
        let Presence::Present(facts) = seen.presence else { panic!("u1 is there") };
        assert_eq!(facts.grants, None, "groups {name}: an unread grant must not look removed");
        assert_eq!(facts.sign_in, SignIn::Enabled, "groups {name}: what was read stands");
    }
}

#[tokio::test]
async fn admins_are_known_by_the_named_group_alone() {
    let server = ScimServer::start(Manner::default()).await;
    for (setting, first, third, findings) in [
        (Some("admins"), Some(true), Some(false), 0),
        (Some("g1"), Some(true), Some(false), 0),
        (Some("Owners"), None, None, 1),
        (None, None, None, 0),
    ] {
        let more: Vec<_> = setting.map(|s| ("admin_group", s)).into_iter().collect();
        let connector = open_scim(&server.server.base_url, &clock(), &more);
        let (all, summary) = read_all(connector.accounts.as_deref().unwrap()).await.expect("all readable");
        let admin = |id: &str| all.accounts.iter().find(|a| a.remote_id == id).unwrap().admin;
        assert_eq!((admin("u1"), admin("u3")), (first, third), "{setting:?} guards the last admin");
        assert_eq!(summary.findings.len(), findings, "{setting:?}: a group that is not there is told");
        let privileged: Vec<_> = all.entitlements.iter().filter(|e| e.privileged).collect();
        assert_eq!(privileged.len(), usize::from(first.is_some()), "{setting:?}");
        assert_eq!(all.grants.len(), 3, "{setting:?}: grants do not hang on it");
    }
}

#[tokio::test]
async fn groups_in_the_admin_group_leave_the_others_in_doubt() {
    let server = Server::start(|asked| match asked.path.as_str() {
        "/Users" => scim_list(2, &[user(1), user(2)]),
        "/Groups" => scim_list(
            1,
            &[json!({"id": "g", "displayName": "Admins",
            "members": [{"value": "u1"}, {"value": "g2", "type": "Group"}]})],
        ),
        _ => scim_error(404, "no"),
    })
    .await;
    let connector = open_scim(&server.base_url, &clock(), &[("admin_group", "Admins")]);
    let (all, _) = read_all(connector.accounts.as_deref().unwrap()).await.expect("all readable");
    let admins: Vec<_> = all.accounts.iter().map(|a| a.admin).collect();
    assert_eq!(admins, [Some(true), None], "u2 may be an admin through the inner group");
}

#[tokio::test]
async fn a_group_that_goes_away_while_it_is_read_is_no_missing_account() {
    let group = |n: usize| json!({"id": format!("g{n}"), "displayName": "Wiki"});
    type Groups = fn(usize, Value) -> axum::response::Response;
    let cases: [(&str, Groups, Option<&str>); 2] = [
        ("one group goes", |_, group| scim_list(1, &[group]), None),
        (
            "the list goes",
            |from, group| if from == 1 { scim_list(2, &[group]) } else { scim_error(404, "no") },
            Some("malformed"),
        ),
    ];
    for (name, groups, error) in cases {
        let server = Server::start(move |asked| match asked.path.as_str() {
            "/Users" => scim_list(1, &[user(1)]),
            "/Users/u1" => scim(200, &user(1)),
            "/Groups" => groups(start_index(asked), group(start_index(asked))),
            _ => scim_error(404, "gone"),
        })
        .await;
        let connector = open_scim(&server.base_url, &clock(), &[]);
        match connector.access.as_ref().unwrap().observe("u1").await {
            Ok(seen) => {
                let Presence::Present(facts) = seen.presence else { panic!("{name}: u1 is there") };
                assert_eq!((facts.grants, error), (None, None), "{name}: grants are in doubt, u1 is not");
            }
            Err(e) => assert_eq!(Some(e.kind().as_str()), error, "{name}: half a list is none"),
        }
    }
}

#[tokio::test]
async fn a_server_that_shows_no_members_is_told_and_can_be_left_alone() {
    let server = Server::start(|asked| match asked.path.as_str() {
        "/Users" => scim_list(1, &[user(1)]),
        "/Users/u1" => scim(200, &user(1)),
        "/Groups" => scim_list(1, &[json!({"id": "g", "displayName": "Admins", "members": []})]),
        _ => scim(200, &json!({"id": "g", "displayName": "Admins", "members": []})),
    })
    .await;
    let connector = open_scim(&server.base_url, &clock(), &[("admin_group", "Admins")]);
    let (all, summary) = read_all(connector.accounts.as_deref().unwrap()).await.expect("all readable");
    assert_eq!(summary.findings.len(), 1, "all groups empty is worth a remark: {summary:?}");
    assert_eq!(all.accounts[0].admin, None, "a system without admins is not believed");

    let left_alone = open_scim(&server.base_url, &clock(), &[("groups", "false")]);
    let access = left_alone.access.as_ref().unwrap();
    let Presence::Present(facts) = access.observe("u1").await.unwrap().presence else {
        panic!("u1 is there")
    };
    assert_eq!(facts.grants, None, "what is not read is unknown");
    assert!(access.can().iter().all(|c| c.wish == WishKind::Disabled), "and cannot be promised");
    let wish = Wish::GrantAbsent { entitlement: "g".into() };
    let error = failed(access.apply(&order("u1", wish, None)).await, "groups are left alone");
    assert_eq!(error.kind(), &Kind::Unsupported, "nor done");
}

#[tokio::test]
async fn a_missing_account_is_absent_only_where_the_credentials_would_show_it() {
    type Users = fn() -> axum::response::Response;
    let cases: [(&str, Users, Option<&str>); 5] = [
        ("shows others", || scim_list(3, &[user(1)]), None),
        ("shows nobody", || scim_list(0, &[]), Some("forbidden")),
        ("refuses the list", || scim_error(403, "no"), Some("forbidden")),
        ("refuses the token", || scim_error(401, "no"), Some("auth")),
        (
            "knows no such path",
            || with(404, &[("content-type", "text/html")], "<h1>404</h1>".into()),
            Some("malformed"),
        ),
    ];
    for (name, users, kind) in cases {
        let server = Server::start(move |asked| match asked.path.as_str() {
            "/Users" => users(),
            _ => scim_error(404, "no such user"),
        })
        .await;
        let connector = open_scim(&server.base_url, &clock(), &[]);
        let seen = connector.access.as_ref().unwrap().observe("u9").await;
        match kind {
            None => assert_eq!(seen.unwrap().presence, Presence::Absent, "a server that {name}"),
            Some(kind) => {
                let error = failed(seen, "404 alone proves nothing");
                assert_eq!(error.kind().as_str(), kind, "a server that {name} has not said that u9 is gone");
            }
        }
    }
}

#[tokio::test]
async fn another_account_than_asked_for_is_no_read_back() {
    let server = Server::start(|_| scim(200, &json!({"id": "u2", "userName": "x", "active": false}))).await;
    let connector = open_scim(&server.base_url, &clock(), &[]);
    let error = failed(connector.access.as_ref().unwrap().observe("u1").await, "it is u2's state");
    assert_eq!(error.kind(), &Kind::Malformed, "u2 being inactive says nothing about u1");
}

#[tokio::test]
async fn our_own_account_is_the_named_one_or_the_one_the_server_tells() {
    let told = Manner::default();
    let untold = Manner { discovery: false, ..told.clone() };
    for (manner, setting, expected) in [
        (&told, None, Ok(Some("u5"))),
        (&untold, None, Ok(None)),
        (&told, Some("u2"), Ok(Some("u2"))),
        (&untold, Some("User3@acme.test"), Ok(Some("u3"))),
        (&untold, Some("x\" or userName pr or userName eq \"x"), Err(Kind::Setting)),
        (&told, Some("nobody"), Err(Kind::Setting)),
    ] {
        let server = ScimServer::start(manner.clone()).await;
        let more: Vec<_> = setting.map(|s| ("own_account", s)).into_iter().collect();
        let connector = open_scim(&server.server.base_url, &clock(), &more);
        let own = connector.access.as_ref().unwrap().own_account().await;
        let own = own.map_err(|e| e.kind().clone());
        assert_eq!(
            own,
            expected.map(|o| o.map(str::to_owned)),
            "{setting:?} keeps us from cutting ourselves off"
        );
    }
}

#[tokio::test]
async fn a_probe_says_what_the_server_is_and_what_is_missing() {
    let server = ScimServer::start(Manner { etag: true, ..Manner::default() }).await;
    let connector = open_scim(&server.server.base_url, &clock(), &[]);
    let probe = connector.accounts.as_ref().unwrap().probe().await.expect("it answers");
    assert_eq!(
        probe.summary, "SCIM 2.0, 5 users; groups: yes; patch: yes; filter: yes; etag: yes",
        "the operator recognises the tenant by it"
    );
    assert!(server.server.writes().is_empty(), "trying a connection changes nothing");

    let server = Server::start(|asked| match asked.path.as_str() {
        "/Users" => scim_list(1, &[user(1)]),
        _ => scim_error(403, "no"),
    })
    .await;
    let connector = open_scim(&server.base_url, &clock(), &[]);
    let probe = connector.accounts.as_ref().unwrap().probe().await.expect("users are readable");
    assert_eq!(probe.missing, ["Groups: read"], "the operator can ask for exactly this right");
}
