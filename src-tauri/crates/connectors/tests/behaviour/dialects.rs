//! Each dialect against servers that know only some, tried one attempt at a time as the engine does.

use lockstep_connectors::{AccessTarget, Kind};
use lockstep_domain::access::{Presence, SignIn, Wish, WishKind};
use lockstep_domain::capability::Effect;
use reqwest::Method;

use super::scim_server::{Manner, Otherwise, ScimServer, Spoken};
use super::suite::order;
use super::support::{clock, failed, open_scim};

/// Tries the listed dialects until one is proven by a read-back; the words that were tried.
async fn try_in_order(access: &dyn AccessTarget) -> Vec<String> {
    let mut tried = Vec::new();
    for way in access.can().into_iter().filter(|c| c.wish == WishKind::Disabled) {
        tried.extend(way.dialect.clone());
        if let Err(error) = access.apply(&order("u1", Wish::Disabled, way.dialect)).await {
            assert_eq!(
                error.kind(),
                &Kind::Unsupported,
                "only this lets the engine try another way: {error}"
            );
        }
        match access.observe("u1").await.expect("a read-back").presence {
            Presence::Present(facts) if facts.sign_in == SignIn::Disabled => break,
            other => assert!(matches!(other, Presence::Present(_)), "the account stays"),
        }
    }
    tried
}

#[tokio::test]
async fn the_right_dialect_is_found_at_every_make_of_server() {
    use Otherwise::{Ignore, NoPatch, Refuse};
    use Spoken::{Object, PathBool, PathString, Put};
    let all = ["replace_object", "replace_path_bool", "replace_path_string", "put_full"];
    for (make, knows, otherwise, tries) in [
        ("made for Okta", &[Object][..], Refuse, 1),
        ("made for Okta, silent on others", &[Object], Ignore, 1),
        ("knows paths only", &[PathBool], Refuse, 2),
        ("ignores what has no path", &[PathBool], Ignore, 2),
        ("made for Entra", &[PathString], Refuse, 3),
        ("made for Entra, ignores booleans", &[PathString], Ignore, 3),
        ("knows no PATCH", &[Put], NoPatch, 4),
        ("says yes to every PATCH and does nothing", &[Put], Ignore, 4),
    ] {
        for etag in [false, true] {
            let manner = Manner { knows, otherwise, etag, answers_with_body: etag, ..Manner::default() };
            let server = ScimServer::start(manner).await;
            let connector = open_scim(&server.server.base_url, &clock(), &[]);
            let tried = try_in_order(connector.access.as_deref().unwrap()).await;
            assert_eq!(tried, all[..tries], "{make}: the read-back decides, not the status");
            assert_eq!(server.user("u1")["active"], false, "{make}: the server says so, too");
            assert_eq!(server.user("u1")["title"], "kept", "{make}: nothing else is lost");
            assert_eq!(server.user("u2")["active"], true, "{make}: nobody else is cut");
            assert_eq!(server.server.writes().len(), tries, "{make}: one request for one attempt");
        }
    }
}

#[tokio::test]
async fn versions_are_sent_only_where_the_server_minds() {
    for etag in [false, true] {
        let server = ScimServer::start(Manner { etag, ..Manner::default() }).await;
        let connector = open_scim(&server.server.base_url, &clock(), &[]);
        let access = connector.access.as_ref().unwrap();
        for (wish, dialect) in [
            (Wish::Disabled, "replace_object"),
            (Wish::Disabled, "put_full"),
            (Wish::GrantAbsent { entitlement: "g1".into() }, "path_filter"),
        ] {
            access
                .apply(&order("u1", wish, Some(dialect.into())))
                .await
                .expect("the version is the present one");
        }
        for write in server.server.writes() {
            let sent = write.headers.get("if-match").is_some();
            assert_eq!(
                sent, etag,
                "RFC 7644 §3.14: some servers refuse a version they never gave: {write:?}"
            );
            assert_eq!(write.headers["content-type"], "application/scim+json", "RFC 7644 §8.1");
        }
    }
}

#[tokio::test]
async fn a_member_is_removed_by_value_only_where_the_setting_says_so() {
    let server = ScimServer::start(Manner { member_by_value: true, ..Manner::default() }).await;
    let connector = open_scim(&server.server.base_url, &clock(), &[("member_removal", "value_array")]);
    let wish = || Wish::GrantAbsent { entitlement: "g1".into() };
    let access = connector.access.as_ref().unwrap();
    access.apply(&order("u1", wish(), Some("value_array".into()))).await.expect("the server takes it");
    assert_eq!(server.members("g1"), ["u2"], "only the leaver is out");

    let standard = ScimServer::start(Manner::default()).await;
    let connector = open_scim(&standard.server.base_url, &clock(), &[]);
    let access = connector.access.as_ref().unwrap();
    let refused = access.apply(&order("u1", wish(), Some("value_array".into()))).await;
    let error = failed(refused, "by the RFC this would empty the group");
    assert_eq!(error.kind(), &Kind::Unsupported, "the engine must not be able to ask for it");
    assert_eq!(standard.members("g1"), ["u1", "u2"], "nobody lost anything");
}

#[test]
fn what_deactivating_costs_is_what_the_setting_says() {
    for (more, expected) in [
        (vec![], Effect::Reversible),
        (vec![("deactivation_effect", "lossy")], Effect::Lossy),
        (vec![("deactivation_effect", "final")], Effect::Final),
    ] {
        let connector = open_scim("http://127.0.0.1:9/v2", &clock(), &more);
        for way in connector.access.unwrap().can() {
            let effect = if way.wish == WishKind::Disabled { expected } else { Effect::Reversible };
            assert_eq!(way.effect, effect, "{more:?}: a server that deletes must not be called harmless");
        }
    }
}

#[tokio::test]
async fn what_scim_cannot_do_is_refused_without_a_request() {
    let server = ScimServer::start(Manner::default()).await;
    let connector = open_scim(&server.server.base_url, &clock(), &[]);
    let access = connector.access.as_ref().unwrap();
    for wish in [
        Wish::SessionsEnded,
        Wish::CredentialRevoked { credential: "k".into() },
        Wish::EvidenceStored,
        Wish::TaskDone,
    ] {
        let error =
            failed(access.apply(&order("u1", wish.clone(), None)).await, "SCIM says nothing about it");
        assert_eq!(error.kind(), &Kind::Unsupported, "{wish:?} must become a visible manual step");
    }
    assert!(server.server.asked().is_empty(), "no request can do it");
}

#[tokio::test]
async fn a_hostile_id_stays_one_segment_of_the_path() {
    let server = ScimServer::start(Manner::default()).await;
    let connector = open_scim(&server.server.base_url, &clock(), &[]);
    let access = connector.access.as_ref().unwrap();
    for (id, path) in [
        ("../Groups/g1", "/Users/..%2FGroups%2Fg1"),
        ("u1?x=1#y", "/Users/u1%3Fx=1%23y"),
        ("a b\u{202E}", "/Users/a%20b%E2%80%AE"),
    ] {
        failed(
            access.apply(&order(id, Wish::Disabled, Some("replace_object".into()))).await,
            "nobody has this id",
        );
        let write = server.server.writes().pop().expect("the request went out");
        assert!(write.is(&Method::PATCH, path), "{id:?} must not name another record: {write:?}");
    }
    let before = server.server.asked().len();
    for id in ["", ".", ".."] {
        let error = failed(access.observe(id).await, "the address would be that of all accounts");
        assert_eq!(error.kind(), &Kind::Malformed, "{id:?} comes from outside");
    }
    assert_eq!(server.server.asked().len(), before, "and nothing was asked");
}
