//! OpenAI against the simulated organisation of the practice company.

use std::sync::Arc;

use lockstep_connectors::vendors::openai;
use lockstep_connectors::{AccessTarget, AccountPage, Completeness, Connector, Kind, ManualClock};
use lockstep_domain::access::{AccountFacts, CredentialState, OwnerKind, Presence, SignIn, Wish};
use lockstep_practice::population::{Case, Population};
use lockstep_practice::vendors::openai::{ADMIN_KEY, Manner, OpenAi};
use lockstep_practice::{Fault, PracticeClock, Running};

use super::suite::{Subject, behaves, order};
use super::support::{clock, failed, open, read_all, start};

/// A company's organisation on the clock of the test.
pub(crate) struct Organisation {
    pub(crate) server: Running<OpenAi>,
    pub(crate) population: Population,
    pub(crate) clock: Arc<ManualClock>,
}

impl Organisation {
    pub(crate) async fn start() -> Self {
        let clock = clock();
        let shown = clock.clone();
        let practice = PracticeClock::following(move || lockstep_connectors::Clock::now(shown.as_ref()));
        let population = Population::new(40, 1, start().date_naive());
        let server = Running::start(OpenAi::new(&population, &practice), &practice, 0).await.unwrap();
        Self { server, population, clock }
    }

    pub(crate) fn open(&self, more: &[(&str, &str)]) -> Connector {
        let url = format!("{}/v1", self.server.base_url);
        let mut settings = vec![
            ("organization", "org-practice"),
            ("base_url", url.as_str()),
            ("allow_local", "true"),
            ("lag_seconds", "0"),
        ];
        settings.extend(more);
        open(&openai::vendor(), &self.clock, ADMIN_KEY, &settings).expect("loopback is allowed here")
    }

    pub(crate) fn id(&self, case: Case) -> String {
        OpenAi::id_of(self.population.one(case).unwrap().number)
    }

    fn keys(&self, case: Case) -> Vec<String> {
        let number = self.population.one(case).unwrap().number;
        vec![format!("project/proj_default/key_{number}_1"), format!("project/proj_research/key_{number}_2")]
    }

    /// Everybody who must be listed, told without the API.
    fn logins(&self) -> Vec<String> {
        let members = self.server.vendor.members().into_iter().map(|m| m.email.unwrap_or(m.id));
        let machines = ["svc_acct_0", "svc_acct_1", "svc_acct_2", "svc_acct_lockstep"].map(str::to_owned);
        members.chain(self.server.vendor.invited()).chain(machines).collect()
    }
}

async fn all(connector: &Connector) -> AccountPage {
    read_all(connector.accounts.as_deref().unwrap()).await.expect("it can be read").0
}

async fn present(access: &dyn AccessTarget, account: &str) -> AccountFacts {
    match access.observe(account).await.expect("it can be observed").presence {
        Presence::Present(facts) => facts,
        Presence::Absent => panic!("{account} is there"),
    }
}

#[tokio::test]
async fn an_organisation_behaves_in_every_manner() {
    for (name, manner, lag) in [
        ("plain", Manner::default(), "0"),
        ("no cursors", Manner { no_cursors: true, ..Manner::default() }, "0"),
        ("late", Manner { lag_s: 20, ..Manner::default() }, "20"),
    ] {
        let organisation = Organisation::start().await;
        let vendor = organisation.server.vendor.clone();
        vendor.behave(manner);
        behaves(&Subject {
            name,
            connector: organisation.open(&[("lag_seconds", lag)]),
            clock: organisation.clock.clone(),
            logins: organisation.logins(),
            account: organisation.id(Case::LeavesToday),
            group: "project/proj_default".into(),
            keys: organisation.keys(Case::LeavesToday),
            can_sign_in: &|id| vendor.members().iter().any(|m| m.id == id),
            members: &|group| vendor.members_of(group.trim_start_matches("project/")),
        })
        .await;
    }
}

#[tokio::test]
async fn a_key_whose_owner_lost_the_project_is_not_overlooked() {
    let organisation = Organisation::start().await;
    let connector = organisation.open(&[]);
    let (id, keys) = (organisation.id(Case::LeavesSoon), organisation.keys(Case::LeavesSoon));
    let listed = all(&connector).await.accounts.into_iter().find(|a| a.remote_id == id).unwrap();
    let ids: Vec<String> = listed.credentials.into_iter().map(|c| c.remote_id).collect();
    assert_eq!(ids, keys, "a key that the default list hides is still enabled");
    let access = connector.access.as_ref().unwrap();
    access
        .apply(&order(&id, Wish::CredentialRevoked { credential: keys[1].clone() }, None))
        .await
        .expect("it can be deleted");
    let left = present(access.as_ref(), &id).await.credentials.expect("keys are readable");
    assert_eq!(left.into_keys().collect::<Vec<_>>(), keys[..1], "that one and no other");
}

#[tokio::test]
async fn keys_that_outlive_the_member_are_still_seen() {
    let organisation = Organisation::start().await;
    let connector = organisation.open(&[]);
    let (access, id) = (connector.access.as_ref().unwrap(), organisation.id(Case::LeavesToday));
    access.apply(&order(&id, Wish::Disabled, None)).await.expect("the member can be removed");
    let seen = present(access.as_ref(), &id).await;
    assert_eq!(seen.sign_in, SignIn::Disabled, "nobody signs in who is no member");
    let keys = seen.credentials.expect("keys are readable");
    assert_eq!(keys.len(), 2, "to call the account gone would call its keys revoked");
    assert!(keys.values().all(|s| *s == CredentialState::Active), "as far as is known they work");
    let listed = all(&connector).await.accounts.into_iter().find(|a| a.remote_id == id);
    assert_eq!(listed.map(|a| a.credentials.len()), Some(2), "the sweep must find them, too");
    for credential in organisation.keys(Case::LeavesToday) {
        let wish = Wish::CredentialRevoked { credential };
        access.apply(&order(&id, wish, None)).await.expect("a key is deleted by its project");
    }
    assert_eq!(access.observe(&id).await.unwrap().presence, Presence::Absent, "now nothing is left");
}

#[tokio::test]
async fn machines_invitations_and_odd_members_are_told_for_what_they_are() {
    let organisation = Organisation::start().await;
    let connector = organisation.open(&[]);
    let page = all(&connector).await;
    let find = |id: &str| page.accounts.iter().find(|a| a.remote_id == id).expect("it is listed");
    let machine = find("svc_acct_0");
    assert_eq!(machine.owner_kind, OwnerKind::Service, "no leaver's run cuts a program off");
    assert_eq!(machine.credentials.len(), 1, "its keys are shown, for whoever rotates them");
    let maker = organisation.population.one(Case::LeavesSoon).unwrap();
    assert_eq!(machine.emails, [maker.work_email.as_str()], "the audit log tells who made it");
    let nameless = find("user-nameless");
    assert_eq!((nameless.login.as_str(), nameless.admin), ("user-nameless", None), "missing is unknown");
    assert_eq!(find(&organisation.id(Case::LastAdmin)).admin, Some(true), "owners administer");
    let invited = find("invite/invite-1");
    assert_eq!(invited.sign_in, SignIn::Enabled, "an open invitation is a door");
    assert!(page.accounts.iter().all(|a| a.remote_id != "invite/invite-2"), "an expired one is none");
    let access = connector.access.as_ref().unwrap();
    access.apply(&order("invite/invite-1", Wish::Disabled, None)).await.expect("it can be taken back");
    let seen = access.observe("invite/invite-1").await.unwrap().presence;
    assert_eq!(seen, Presence::Absent, "and reads back as gone");
    assert_eq!(access.own_account().await.unwrap().as_deref(), Some("svc_acct_lockstep"), "by the key's end");
}

#[tokio::test]
async fn without_an_audit_log_the_rest_is_read_and_that_is_said() {
    for status in [400, 403, 404] {
        let organisation = Organisation::start().await;
        organisation.server.faults.always("GET /v1/organization/audit_logs", Fault::status(status));
        let connector = organisation.open(&[]);
        let (page, summary) = read_all(connector.accounts.as_deref().unwrap()).await.expect("it is read");
        assert_eq!(page.accounts.len(), organisation.logins().len(), "{status}: everybody is there");
        assert_eq!(summary.completeness, Completeness::Complete, "{status}: nobody is missing for that");
        assert!(
            summary.findings.iter().any(|f| f.reason.contains("audit log")),
            "{status}: whose the service accounts are is not known, so it is said"
        );
    }
}

#[tokio::test]
async fn the_last_owner_and_our_own_account_stay() {
    let organisation = Organisation::start().await;
    let owner = organisation.id(Case::LastAdmin);
    let disable = order(&owner, Wish::Disabled, None);
    let access = organisation.open(&[]).access.unwrap();
    let error = failed(access.apply(&disable).await, "the last owner");
    assert_eq!(error.kind(), &Kind::Unsupported, "the vendor refuses: {error}");
    assert!(error.to_string().contains("last owner"), "in its own words: {error}");

    organisation.server.log.clear();
    let email = organisation.population.one(Case::LastAdmin).unwrap().work_email.to_uppercase();
    let access = organisation.open(&[("own_account", &email)]).access.unwrap();
    assert_eq!(access.own_account().await.unwrap(), Some(owner), "named by e-mail, guarded by id");
    let error = failed(access.apply(&disable).await, "the branch that we sit on");
    assert_eq!(error.kind(), &Kind::Conflict, "{error}");
    assert!(organisation.server.log.writes().is_empty(), "nothing was sent");

    let access = organisation.open(&[("own_account", "nobody@acme.test")]).access.unwrap();
    assert_eq!(failed(access.own_account().await, "nobody").kind(), &Kind::Setting, "a typo guards nobody");
}

#[tokio::test]
async fn passing_trouble_delays_a_read_and_lasting_trouble_stops_it() {
    let inside = "GET /v1/organization/projects/proj_research/{list}";
    let html = || Fault::Status { status: 200, headers: [].into(), body: "<html>".into() };
    for (on, fault, times, kind) in [
        ("GET /v1/organization/users", Fault::busy(429, 7), 1, None),
        (inside, Fault::status(503), 2, None),
        (inside, Fault::Reset, 1, None),
        (inside, Fault::Truncated, 1, None),
        (inside, Fault::status(500), 99, Some("unavailable")),
        (inside, Fault::busy(429, 3600), 99, Some("rate_limited")),
        (inside, Fault::status(403), 99, Some("forbidden")),
        // As if it were archived, which it is not: nothing may be skipped for that.
        (inside, Fault::status(400), 99, Some("unsupported")),
        (inside, Fault::status(404), 99, Some("not_found")),
        (inside, html(), 99, Some("malformed")),
        ("GET /v1/organization/invites", Fault::CredentialsExpired, 99, Some("auth")),
    ] {
        let organisation = Organisation::start().await;
        organisation.server.faults.next(times, on, fault.clone());
        let connector = organisation.open(&[]);
        let read = read_all(connector.accounts.as_deref().unwrap()).await;
        match kind {
            None => {
                let (page, summary) = read.unwrap_or_else(|e| panic!("{fault:?} passes: {e}"));
                assert_eq!(page.accounts.len(), organisation.logins().len(), "{fault:?}: all are there");
                assert_eq!(summary.completeness, Completeness::Complete, "{fault:?} was survived");
            }
            Some(kind) => {
                let error = failed(read, "a list is missing");
                assert_eq!(error.kind().as_str(), kind, "{fault:?} is no empty list: {error}");
            }
        }
    }
}

#[tokio::test]
async fn a_missing_list_never_makes_an_account_absent() {
    let id = |o: &Organisation| o.id(Case::LeavesToday);
    for (on, status) in [
        ("GET /v1/organization/projects", 404),
        ("GET /v1/organization/admin_api_keys", 404),
        ("GET /v1/organization/projects/{p}/api_keys", 404),
        ("GET /v1/organization/projects/{p}/users/{u}", 400),
        ("GET /v1/organization/users/{u}", 500),
    ] {
        let organisation = Organisation::start().await;
        organisation.server.faults.always(on, Fault::status(status));
        let access = organisation.open(&[]).access.unwrap();
        let error = failed(access.observe(&id(&organisation)).await, on);
        assert_ne!(error.kind(), &Kind::NotFound, "{on}: that would read as gone: {error}");
    }
    let organisation = Organisation::start().await;
    let empty = Fault::Status {
        status: 200,
        headers: [("content-type".to_owned(), "application/json".to_owned())].into(),
        body: r#"{"object":"list","data":[],"has_more":false}"#.into(),
    };
    organisation.server.faults.always("GET /v1/organization/users/{u}", Fault::status(404));
    organisation.server.faults.always("GET /v1/organization/users", empty);
    organisation.server.faults.always("GET /v1/organization/projects/{p}/api_keys", Fault::status(404));
    organisation.server.vendor.edit(|_, projects| projects.clear());
    let access = organisation.open(&[]).access.unwrap();
    let error = failed(access.observe(&id(&organisation)).await, "a blind key");
    assert_eq!(error.kind(), &Kind::Forbidden, "who sees nobody proves nothing: {error}");
}

#[tokio::test]
async fn a_write_goes_out_once_whatever_happens() {
    let (on, first) = ("DELETE /*", Wish::Disabled);
    for (fault, kind) in [
        (Fault::AnswerLost, "unavailable"),
        (Fault::Reset, "unavailable"),
        (Fault::status(503), "unavailable"),
        (Fault::busy(429, 1), "rate_limited"),
        (Fault::CredentialsExpired, "auth"),
        (Fault::status(409), "conflict"),
    ] {
        let organisation = Organisation::start().await;
        organisation.server.faults.always(on, fault.clone());
        let access = organisation.open(&[]).access.unwrap();
        let leaver = order(&organisation.id(Case::LeavesToday), first.clone(), None);
        let error = failed(access.apply(&leaver).await, "the write is not answered well");
        assert_eq!(error.kind().as_str(), kind, "{fault:?} decides what the engine does next: {error}");
        assert_eq!(organisation.server.log.writes().len(), 1, "{fault:?}: a repeat is the engine's");
    }
}

#[tokio::test]
async fn a_wrong_key_and_a_missing_organisation_are_told() {
    let organisation = Organisation::start().await;
    let url = format!("{}/v1", organisation.server.base_url);
    let settings = [("organization", "org-1"), ("base_url", &url), ("allow_local", "true")];
    let connector = open(&openai::vendor(), &organisation.clock, "sk-proj-a-project-key", &settings).unwrap();
    let error = failed(connector.accounts.as_ref().unwrap().probe().await, "a project key");
    assert_eq!(error.kind(), &Kind::Auth, "only an admin key opens this: {error}");
    assert!(error.to_string().contains("Incorrect API key"), "the vendor's words help: {error}");
    assert_eq!(connector.tenant.split('/').next_back(), Some("org-1"), "one host serves all organisations");
    let without = open(&openai::vendor(), &organisation.clock, ADMIN_KEY, &settings[1..]);
    assert_eq!(
        failed(without, "no organisation").kind(),
        &Kind::Setting,
        "two tenants must not look like one"
    );
    let probe = organisation.open(&[]).accounts.unwrap().probe().await.expect("it answers");
    assert_eq!((probe.held.len(), probe.missing.len()), (4, 0), "every right is tried: {probe:?}");
}
