//! Okta over its simulator, with every bad day that the vendor is known for.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use chrono::TimeDelta;
use lockstep_connectors::vendors::okta;
use lockstep_connectors::{
    AccessTarget, ActivityFrom, ActivityPage, ActivitySource, Clock, Completeness, Connector, Error, Kind,
    ManualClock, OpenContext, Result,
};
use lockstep_domain::access::{AccountFacts, Presence, Sessions, SignIn, Wish, WishKind};
use lockstep_domain::activity::{Action, ActorKind};
use lockstep_domain::capability::{Effect, Mode, Proof};
use lockstep_practice::vendors::okta::{API_TOKEN, CLIENT_ID, Okta, Org, PRIVATE_KEY};
use lockstep_practice::{Case, Fault, Population, PracticeClock, Running};
use tokio::sync::mpsc;
use zeroize::Zeroizing;

use super::suite::{Subject, behaves, order};
use super::support::{clock, failed, read_all, start};

/// An organisation of twenty or so, and somebody ordinary in it.
struct World {
    okta: Running<Okta>,
    clock: Arc<ManualClock>,
    people: usize,
    /// The id and login of somebody who just works there.
    kim: String,
    login: String,
    /// The group of Kim's department, by the vendor's id.
    department: String,
}

impl World {
    async fn new() -> Self {
        let clock = clock();
        let shown = clock.clone();
        let practice = PracticeClock::following(move || shown.now());
        let population = Population::new(20, 1, start().date_naive());
        let okta = Running::start(Okta::new(&population, &practice), &practice, 0).await.unwrap();
        let kim = population.one(Case::Ordinary).unwrap();
        let department = format!("00gpractice-{}", kim.department.to_lowercase().replace(' ', "-"));
        let world = Self {
            okta,
            clock,
            people: population.people.len(),
            kim: format!("00upractice{:09}", kim.number),
            login: kim.work_email.clone(),
            department,
        };
        // So that there is always something to lose, and somebody else who must not lose it.
        let other = format!("00upractice{:09}", population.one(Case::Admin).unwrap().number);
        world.edit(|org| {
            org.groups.get_mut(&world.department).unwrap().members.insert(other);
            org.users.get_mut(&world.kim).unwrap().apps.insert("0oapractice00000chat".into());
        });
        world
    }

    fn edit(&self, change: impl FnOnce(&mut Org)) {
        self.okta.vendor.edit(change);
    }

    fn set_status(&self, status: &'static str) {
        self.edit(|org| org.users.get_mut(&self.kim).unwrap().status = status);
    }

    fn status(&self) -> &'static str {
        self.okta.vendor.truth().users[&self.kim].status
    }

    fn open<'a>(&'a self, more: &[(&'a str, &'a str)]) -> Connector {
        let settings = [("client_id", CLIENT_ID)].into_iter().chain(more.iter().copied());
        self.open_with("private_key", PRIVATE_KEY, settings)
            .expect("the practice company's settings are right")
    }

    fn open_with<'a>(
        &'a self,
        secret: &str,
        value: &str,
        more: impl IntoIterator<Item = (&'a str, &'a str)>,
    ) -> Result<Connector> {
        let base = [("base_url", self.okta.base_url.as_str()), ("allow_local", "true")];
        (okta::vendor().open)(OpenContext {
            settings: base.into_iter().chain(more).map(|(k, v)| (k.to_owned(), v.to_owned())).collect(),
            secrets: [(secret.to_owned(), Zeroizing::new(value.to_owned()))].into(),
            clock: self.clock.clone(),
        })
    }

    async fn facts(&self, access: &dyn AccessTarget) -> AccountFacts {
        match access.observe(&self.kim).await.expect("the account can be read").presence {
            Presence::Present(facts) => facts,
            Presence::Absent => panic!("Kim is there"),
        }
    }

    async fn apply(&self, access: &dyn AccessTarget, wish: Wish, dialect: Option<&str>) -> Result<(), Error> {
        access.apply(&order(&self.kim, wish, dialect.map(Into::into))).await.map(drop)
    }
}

fn access(connector: &Connector) -> &dyn AccessTarget {
    connector.access.as_deref().expect("Okta changes accounts")
}

#[tokio::test]
async fn okta_behaves() {
    let world = World::new().await;
    world.edit(|org| {
        org.manner.search_lag = TimeDelta::zero();
        for id in ["00T1", "00T2"] {
            org.api_tokens.insert(id.into(), world.kim.clone());
        }
    });
    let truth = || world.okta.vendor.truth();
    behaves(&Subject {
        name: "okta",
        connector: world.open(&[]),
        clock: world.clock.clone(),
        logins: truth().users.values().map(|u| u.profile["login"].as_str().unwrap().to_owned()).collect(),
        account: world.kim.clone(),
        group: format!("group:{}", world.department),
        keys: vec!["api_token:00T1".into(), "api_token:00T2".into()],
        can_sign_in: &|id| truth().users[id].status == "ACTIVE",
        members: &|group| {
            let group = group.strip_prefix("group:").unwrap();
            truth().groups[group].members.iter().cloned().collect()
        },
    })
    .await;
    let destroyed = world.okta.log.writes().into_iter().find(|e| {
        e.method == "DELETE" && e.path.strip_prefix("/api/v1/users/").is_some_and(|rest| !rest.contains('/'))
    });
    assert_eq!(destroyed, None, "a second delete would destroy the account for good, so there is no first");
}

#[tokio::test]
async fn what_each_thing_costs_is_stated() {
    let world = World::new().await;
    let can = access(&world.open(&[])).can();
    let of = |only: &str| can.iter().find(|c| c.only.as_deref() == Some(only)).map(|c| c.effect);
    for (only, effect) in [
        ("group:", Effect::Reversible),
        ("role:", Effect::Reversible),
        ("client:", Effect::Reversible),
        ("app:", Effect::Lossy),
        ("grant:", Effect::Lossy),
        ("factor:", Effect::Lossy),
        ("api_token:", Effect::Final),
    ] {
        assert_eq!(of(only), Some(effect), "{only} decides the wave it stands in");
    }
    for kept in ["kept_group:g", "app_by_group:a", "role_by_group:r"] {
        let wish = Wish::GrantAbsent { entitlement: kept.into() };
        assert!(
            !can.iter().any(|c| c.serves(&wish)),
            "{kept}: Okta refuses it, so it must not become a step"
        );
        let refused = failed(world.apply(access(&world.open(&[])), wish, None).await, kept);
        assert_eq!(refused.kind(), &Kind::Unsupported, "{kept}: and it is not tried");
    }
    let sign_in: Vec<_> = can.iter().filter(|c| c.wish == WishKind::Disabled).collect();
    assert!(sign_in[0].effect == Effect::Reversible && !sign_in[0].fallback, "suspending loses nothing");
    assert!(
        sign_in[1].effect == Effect::Lossy && sign_in[1].fallback,
        "deactivating is the approved fallback"
    );
    assert!(!Mode::ContainOnly.allows(true, sign_in[1].effect), "and never where only containing is allowed");
    assert!(world.okta.log.writes().iter().all(|e| e.path.ends_with("/token")), "nothing was changed here");

    let narrow = world.open(&[("scopes", "okta.users.read okta.users.manage okta.groups.read")]);
    let can = access(&narrow).can();
    assert!(can.iter().all(|c| c.wish != WishKind::GrantAbsent), "what was not granted is not promised");
    assert!(narrow.activity.is_none(), "nor is a log that may not be read");
    let facts = world.facts(access(&narrow)).await;
    assert_eq!(facts.admin, None, "roles that are not read are not “no roles”");
}

#[tokio::test]
async fn suspending_is_refused_by_status_and_the_fallback_works() {
    for status in ["LOCKED_OUT", "PASSWORD_EXPIRED", "RECOVERY", "PROVISIONED"] {
        let world = World::new().await;
        world.set_status(status);
        let connector = world.open(&[]);
        let access = access(&connector);
        assert_eq!(world.facts(access).await.sign_in, SignIn::Enabled, "{status}: the holder can come back");
        let refused = failed(world.apply(access, Wish::Disabled, Some("suspend")).await, status);
        assert_eq!(
            refused.kind(),
            &Kind::Unsupported,
            "{status}: refused for good, which opens the fallback"
        );
        assert_eq!(world.status(), status, "{status}: and nothing happened");

        let way = access.can().into_iter().find(|c| c.fallback).unwrap();
        world.apply(access, Wish::Disabled, way.dialect.as_deref()).await.expect("deactivating is taken");
        assert_eq!(world.facts(access).await.sign_in, SignIn::Enabled, "{status}: under way is not done");
        world.clock.advance(Duration::from_secs(way.lag_s.into()));
        let facts = world.facts(access).await;
        assert_eq!(facts.sign_in, SignIn::Disabled, "{status}: read back within the stated lag");
        assert_eq!(facts.credentials.map(|c| c.len()), Some(0), "{status}: what hung on it was destroyed");
        assert!(
            !world.okta.vendor.truth().told.is_empty(),
            "{status}: applications were told, hence the cost"
        );
    }
}

#[tokio::test]
async fn suspending_tells_no_application_and_a_search_notices_late() {
    let world = World::new().await;
    let connector = world.open(&[]);
    world.apply(access(&connector), Wish::Disabled, Some("suspend")).await.expect("Kim is active");
    assert_eq!(world.facts(access(&connector)).await.sign_in, SignIn::Disabled, "read back by id at once");
    assert_eq!(world.okta.vendor.truth().told, vec![], "applications behind Okta learn nothing");
    let listed = read_all(connector.accounts.as_deref().unwrap()).await.unwrap().0.accounts;
    let kim = listed.iter().find(|a| a.remote_id == world.kim).unwrap();
    assert_eq!(kim.sign_in, SignIn::Enabled, "which is why nothing is read back by a search");
    assert!(listed.iter().any(|a| a.sign_in == SignIn::Disabled), "deactivated ones are listed as well");
}

#[tokio::test]
async fn ended_sessions_are_read_back_from_the_log_where_it_shows_in_time() {
    for (lag_s, expected) in [(0, true), (30, false)] {
        let world = World::new().await;
        world.edit(|org| org.manner.log_lag = TimeDelta::seconds(lag_s));
        let connector = world.open(&[]);
        let access = access(&connector);
        let way = access.can().into_iter().find(|c| c.wish == WishKind::SessionsEnded).unwrap();
        assert_eq!(way.proof, Proof::Receipt, "Okta lists no sessions");
        let before = world.facts(access).await.sessions;
        assert_eq!(before, Sessions::Unknown, "nothing is claimed before our own order");
        let sent = world.clock.now();
        world.apply(access, Wish::SessionsEnded, None).await.expect("taken");
        let kim = world.okta.vendor.truth().users[&world.kim].clone();
        assert!(!kim.session && kim.clients.is_empty(), "tokens that Okta gave end with the sessions");
        match world.facts(access).await.sessions {
            Sessions::EndedAt(at) => assert!(expected && at >= sent, "as of our order, by our clock"),
            Sessions::Unknown => assert!(!expected, "a log that lags leaves the receipt"),
            other => panic!("{other:?} is nothing that Okta tells"),
        }
    }
}

#[tokio::test]
async fn without_an_admin_role_nothing_is_believed() {
    let world = World::new().await;
    world.edit(|org| org.manner.admin_role = false);
    let connector = world.open(&[]);
    let source = connector.accounts.as_deref().unwrap();
    let (all, summary) = read_all(source).await.expect("200 and empty is no error by itself");
    assert_eq!(all.accounts.len(), 0, "Okta shows nobody");
    let Completeness::Incomplete(why) = summary.completeness else { panic!("nobody must become a leaver") };
    assert!(why.iter().any(|w| w.contains("admin role")), "the operator learns why: {why:?}");
    let error = failed(source.probe().await, "nothing is shown");
    assert!(error.remedy().contains("admin role"), "and what to do: {}", error.remedy());
    failed(access(&connector).observe(&world.kim).await, "not seen is not gone");
}

#[tokio::test]
async fn an_account_is_told_with_all_that_hangs_on_it() {
    let world = World::new().await;
    world.edit(|org| {
        let kim = org.users.get_mut(&world.kim).unwrap();
        kim.roles.insert("ra1".into(), "SUPER_ADMIN".into());
        kim.consents.insert("oag1".into(), "okta.users.read".into());
    });
    let connector = world.open(&[]);
    let source = connector.accounts.as_deref().unwrap();
    let page = source.read_account(&world.kim).await.unwrap().expect("the list does not tell all");
    let account = &page.accounts[0];
    assert_eq!((account.login.as_str(), account.admin), (world.login.as_str(), Some(true)), "who it is");
    assert!(account.external_id.is_some(), "the employee number identifies");
    assert_eq!(account.emails.len(), 1, "the private e-mail identifies nobody at work");
    let kinds = |ids: Vec<&str>| {
        ids.iter().filter_map(|i| i.split_once(':')).map(|(k, _)| k.to_owned()).collect::<BTreeSet<_>>()
    };
    let held = kinds(page.entitlements.iter().map(|e| e.remote_id.as_str()).collect());
    let expected = ["app", "app_by_group", "group", "kept_group", "role"].map(str::to_owned);
    assert_eq!(held, expected.into(), "each kind is told apart");
    let credentials = kinds(account.credentials.iter().map(|c| c.remote_id.as_str()).collect());
    assert_eq!(credentials, ["client", "factor", "grant"].map(str::to_owned).into(), "so are keys");

    let (all, _) = read_all(source).await.unwrap();
    let admins = all.accounts.iter().filter(|a| a.admin == Some(true)).count();
    let truth = world.okta.vendor.truth().users.values().filter(|u| !u.roles.is_empty()).count();
    assert_eq!(admins, truth, "over all pages of assignees: the last one is guarded");
    let nobody = source.read_account("00unobody").await.unwrap().expect("an answer");
    assert!(nobody.accounts.is_empty(), "not being there is a value");
}

#[tokio::test]
async fn a_group_rule_adds_again_and_that_is_seen() {
    let world = World::new().await;
    let connector = world.open(&[]);
    let staff = Wish::GrantAbsent { entitlement: "group:00gpractice00000staff".into() };
    world.apply(access(&connector), staff, Some("group")).await.expect("taken");
    let holds = |facts: AccountFacts| facts.grants.unwrap().contains("group:00gpractice00000staff");
    assert!(!holds(world.facts(access(&connector)).await), "gone for now");
    world.clock.advance(Duration::from_mins(6));
    assert!(holds(world.facts(access(&connector)).await), "a later look tells what the rule did");
}

#[tokio::test]
async fn a_token_is_renewed_and_a_refused_write_is_told_once() {
    let world = World::new().await;
    let connector = world.open(&[]);
    let access = access(&connector);
    let minted = || world.okta.log.of("POST", "/oauth2/v1/token").len();
    world.facts(access).await;
    world.facts(access).await;
    assert_eq!(minted(), 1, "one token serves many requests at once");
    world.clock.advance(Duration::from_mins(56));
    world.facts(access).await;
    assert_eq!(minted(), 2, "renewed before its end");

    world.okta.faults.next(1, "GET /api/v1/users/{id}", Fault::CredentialsExpired);
    world.facts(access).await;
    assert_eq!(minted(), 3, "a read that finds the token refused asks for another and goes on");

    let suspend = "POST /api/v1/users/{id}/lifecycle/suspend";
    world.okta.faults.next(1, suspend, Fault::CredentialsExpired);
    let error = failed(world.apply(access, Wish::Disabled, None).await, "a write is not repeated here");
    assert_eq!(error.kind(), &Kind::TokenExpired, "the next attempt is the engine's");
    assert_eq!(world.status(), "ACTIVE", "nothing happened");
    world.facts(access).await;
    world.apply(access, Wish::Disabled, None).await.expect("the next attempt has a new token");
    assert_eq!(world.okta.log.of("POST", "/api/v1/users").len(), 2, "each attempt was one request");

    world.okta.faults.always(suspend, Fault::CredentialsExpired);
    let mut kinds = Vec::new();
    for _ in 0..3 {
        world.facts(access).await;
        kinds.push(failed(world.apply(access, Wish::Disabled, None).await, "refused").kind().clone());
    }
    assert_eq!(kinds[1..], [Kind::Auth, Kind::Auth], "again and again is a matter for people: {kinds:?}");
}

#[tokio::test]
async fn wrong_credentials_are_told_without_showing_them() {
    let other_key = r#"{"kty":"EC","crv":"P-256","d":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAE","x":"axfR8uEsQkf4vOblY6RA8ncDfYEt6zOg9KE5RdiYwpY","y":"T-NC4v4af5uO5-tKfA-eFivOM1drMV7Oy7ZAaDe_UfU"}"#;
    let world = World::new().await;
    for (secret, value, more, kind) in [
        ("private_key", other_key, vec![("client_id", CLIENT_ID)], Kind::Auth),
        ("private_key", PRIVATE_KEY, vec![("client_id", "0oaunknown")], Kind::Auth),
        ("api_token", "00wrong", vec![], Kind::Auth),
    ] {
        let connector = world.open_with(secret, value, more.clone()).expect("the form is right");
        let error = failed(connector.accounts.as_ref().unwrap().probe().await, secret);
        assert_eq!(error.kind(), &kind, "{secret} {more:?}: {error}");
        assert!(!format!("{error} {error:?}").contains(value), "{secret}: not shown: {error:?}");
    }
    world.edit(|org| assert!(org.manner.granted_scopes.remove("okta.roles.manage"), "it was granted"));
    let error = failed(world.open(&[]).accounts.unwrap().probe().await, "a scope that was not granted");
    assert!(error.to_string().contains("scopes"), "the vendor's words help: {error}");
    for (secret, more) in [("private_key", vec![]), ("token", vec![("client_id", CLIENT_ID)])] {
        let error = failed(world.open_with(secret, PRIVATE_KEY, more), "something is missing");
        assert_eq!(error.kind(), &Kind::Setting, "{error}");
    }
}

#[tokio::test]
async fn an_api_token_is_the_second_choice_and_guards_its_maker() {
    let world = World::new().await;
    let connector = world.open_with("api_token", API_TOKEN, []).unwrap();
    let own = access(&connector).own_account().await.unwrap();
    assert!(
        own.is_some_and(|id| world.okta.vendor.truth().users.contains_key(&id)),
        "cutting it cuts us off"
    );
    assert_eq!(
        read_all(connector.accounts.as_deref().unwrap()).await.unwrap().0.accounts.len(),
        world.people,
        "all"
    );
    let app = world.open(&[]);
    assert_eq!(access(&app).own_account().await.unwrap(), None, "a service app is nobody's account");
}

#[tokio::test]
async fn a_limit_is_waited_out_by_reads_and_told_by_writes() {
    let world = World::new().await;
    let connector = world.open(&[]);
    let limited = |limit: &str, reset_in: i64| {
        let reset = (world.clock.now() + TimeDelta::seconds(reset_in)).timestamp().to_string();
        let headers = [
            ("x-rate-limit-limit", limit.to_owned()),
            ("x-rate-limit-remaining", "0".into()),
            ("x-rate-limit-reset", reset),
        ];
        Fault::Status {
            status: 429,
            headers: headers.map(|(k, v)| (k.to_owned(), v)).into(),
            body: r#"{"errorCode":"E0000047"}"#.into(),
        }
    };
    for (limit, reset_in, least, most) in [("600", 20, 20, 25), ("0", 3000, 2, 5)] {
        world.okta.faults.next(1, "GET /api/v1/users/{id}", limited(limit, reset_in));
        let before = world.clock.now();
        world.facts(access(&connector)).await;
        let waited = (world.clock.now() - before).num_seconds();
        assert!(
            (least..most).contains(&waited),
            "limit {limit}: as long as it takes and no longer: {waited}"
        );
    }
    world.okta.faults.next(1, "POST /api/v1/users/{id}/lifecycle/suspend", limited("600", 40));
    let due = world.clock.now() + TimeDelta::seconds(40);
    let error = failed(world.apply(access(&connector), Wish::Disabled, None).await, "a write is sent once");
    let Kind::RateLimited { retry_at } = error.kind() else { panic!("{error}") };
    assert!((*retry_at - due).num_seconds().abs() <= 2, "the engine plans by the vendor's own instant");
}

#[tokio::test]
async fn no_bad_day_of_any_list_makes_a_smaller_company() {
    let lists = [
        "GET /api/v1/users",
        "GET /api/v1/groups",
        "GET /api/v1/groups/{id}/users",
        "GET /api/v1/apps",
        "GET /api/v1/api-tokens",
        "GET /api/v1/iam/assignees/users",
        "GET /api/v1/users/{id}/roles",
        "POST /oauth2/v1/token",
    ];
    let faults = [
        ("500", Fault::status(500)),
        ("503", Fault::busy(503, 1)),
        ("403", Fault::status(403)),
        ("404", Fault::status(404)),
        ("a reset", Fault::Reset),
        ("half an answer", Fault::Truncated),
        ("an old token", Fault::CredentialsExpired),
        ("no list", Fault::Status { status: 200, headers: [].into(), body: "{}".into() }),
    ];
    for list in lists {
        for (name, fault) in &faults {
            let world = World::new().await;
            world.okta.faults.always(list, fault.clone());
            let connector = world.open(&[]);
            let source = connector.accounts.as_deref().unwrap();
            match read_all(source).await {
                Err(error) => assert!(!error.remedy().is_empty(), "{list}, {name}: what to do: {error}"),
                Ok((_, summary)) => assert_ne!(
                    summary.completeness,
                    Completeness::Complete,
                    "{list}, {name}: what was not read must not look like it was not there"
                ),
            }
            world.okta.faults.clear();
            let (all, summary) = read_all(source).await.expect("a good day again");
            assert_eq!(summary.completeness, Completeness::Complete, "{list}, {name}: it heals by itself");
            assert_eq!(all.accounts.len(), world.people, "{list}, {name}: with everybody");
        }
    }
}

async fn events(source: &dyn ActivitySource, from: &ActivityFrom) -> Result<Vec<ActivityPage>> {
    let (out, mut pages) = mpsc::channel(1);
    let collect = async {
        let mut all = Vec::new();
        while let Some(page) = pages.recv().await {
            all.push(page);
        }
        all
    };
    let (end, all) = tokio::join!(source.read_activity(from, out), collect);
    end.map(|()| all)
}

#[tokio::test]
async fn the_system_log_is_read_on_from_where_it_was_left() {
    let world = World::new().await;
    let connector = world.open(&[]);
    let log = connector.activity.as_deref().expect("the scope is there");
    let begin = ActivityFrom::Since(world.clock.now() - TimeDelta::hours(1));
    world.apply(access(&connector), Wish::Disabled, None).await.unwrap();
    world.apply(access(&connector), Wish::SessionsEnded, None).await.unwrap();
    let pages = events(log, &begin).await.unwrap();
    let told: Vec<_> = pages.iter().flat_map(|p| &p.events).map(|e| (e.action, e.succeeded)).collect();
    assert_eq!(told, [(Action::Suspended, Some(true)), (Action::SessionsEnded, Some(true))], "in order");
    let first = &pages[0].events[0];
    assert_eq!(first.account_remote_id.as_deref(), Some(world.kim.as_str()), "to whom it was done");
    assert_eq!(first.actor.kind, ActorKind::Program, "by a program and no person");

    let cursor = pages.last().unwrap().cursor.clone();
    assert!(cursor.starts_with("/api/v1/logs?"), "what is stored names no server: {cursor}");
    let from = ActivityFrom::Cursor(cursor);
    world.okta.log.clear();
    assert!(events(log, &from).await.unwrap().iter().all(|p| p.events.is_empty()), "nothing is told twice");
    assert_eq!(world.okta.log.all().len(), 1, "and nothing new costs one request");

    // An event that arrives late, after newer ones were told.
    world.edit(|org| org.manner.log_lag = TimeDelta::minutes(2));
    let unsuspended = world.kim.clone();
    world.edit(|org| org.users.get_mut(&unsuspended).unwrap().status = "ACTIVE");
    world.apply(access(&connector), Wish::Disabled, None).await.unwrap();
    assert!(events(log, &from).await.unwrap().iter().all(|p| p.events.is_empty()), "not shown yet");
    world.clock.advance(Duration::from_mins(3));
    let late: usize = events(log, &from).await.unwrap().iter().map(|p| p.events.len()).sum();
    assert_eq!(late, 1, "polling by the vendor's link misses nothing");

    for cursor in
        ["https://evil.test/api/v1/logs?after=1", "/api/v1/users?limit=1", "//evil.test/api/v1/logs?x"]
    {
        let error = failed(events(log, &ActivityFrom::Cursor(cursor.into())).await, cursor);
        assert_eq!(error.kind(), &Kind::Malformed, "{cursor}: a stored place is not trusted either");
    }
}
