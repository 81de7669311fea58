//! A leaver at a vendor that can only remove, with use to be told: OpenAI, as the practice company simulates it.

use std::path::{Path, PathBuf};
use std::process::Command;

use lockstep_connectors::Clock;
use lockstep_connectors::vendors::openai;
use lockstep_domain::capability::Mode;
use lockstep_engine::Desk;
use lockstep_engine::api::{AddConnection, DecideLink, OffboardRequest};
use lockstep_practice::population::{Case, Population};
use lockstep_practice::vendors::openai::{ADMIN_KEY, OpenAi};
use lockstep_practice::{Fault, PracticeClock, Running};
use zeroize::Zeroizing;

use super::fate::Witness;
use super::office::{Office, offboard, today};

const MODELS: &str = "models";

struct Organisation {
    office: Office,
    server: Running<OpenAi>,
    /// The leaver's vendor id and e-mail.
    leaver: (String, String),
}

impl Organisation {
    /// Person 1 of the office is a member who made a service account.
    async fn start() -> Self {
        let office = Office::of(1).await;
        let clock = office.clock.clone();
        let practice = PracticeClock::following(move || clock.now());
        let population = Population::new(20, 1, today().date_naive());
        let server = Running::start(OpenAi::new(&population, &practice), &practice, 0).await.unwrap();
        let person = population.one(Case::LeavesSoon).unwrap();
        let leaver = (OpenAi::id_of(person.number), person.work_email.clone());
        Self { office, server, leaver }
    }

    async fn desk(&self) -> Desk {
        let mut options = self.office.options("olga", &Witness::none());
        options.vendors.push(openai::vendor());
        Desk::open(&self.office.home(), options).await.unwrap()
    }

    async fn connect(&self, desk: &Desk) {
        let base_url = format!("{}/v1", self.server.base_url);
        let settings = [
            ("organization", "org-practice"),
            ("base_url", base_url.as_str()),
            ("allow_local", "true"),
            ("lag_seconds", "0"),
        ];
        let settings = settings.map(|(k, v)| (k.to_owned(), v.to_owned())).into();
        let secrets = [("token".to_owned(), Zeroizing::new(ADMIN_KEY.to_owned()))].into();
        let add = AddConnection { vendor: "openai".into(), name: MODELS.into(), settings, secrets };
        desk.add_connection(add).await.unwrap();
        self.office.mode(desk, MODELS, Mode::Full).await;
    }

    /// HR tells the leaver's address, everything is read, and a person confirms whose accounts they are.
    async fn read(&self, desk: &Desk) -> lockstep_engine::api::SyncView {
        self.office.hr_says(1, |w| w.work_email = Some(self.leaver.1.clone()));
        let view = self.office.sync(desk).await;
        for link in desk.links(true).await.unwrap() {
            let reason = "asked the team".into();
            desk.decide_link(DecideLink { link: link.id, confirm: true, reason }).await.unwrap();
        }
        view
    }

    fn leaver(&self) -> OffboardRequest {
        OffboardRequest { people: vec![self.leaver.1.clone()], ..OffboardRequest::default() }
    }
}

#[tokio::test]
async fn keys_go_after_evidence_and_the_member_last() {
    let organisation = Organisation::start().await;
    let desk = organisation.desk().await;
    organisation.connect(&desk).await;
    let read = organisation.read(&desk).await;
    assert!(read.complete, "everything was read: {read:#?}");
    let usage = read.connections.iter().find(|c| c.what == "usage").expect("use is read with the rest");
    assert!(usage.rows > 100, "two weeks of a company: {usage:?}");
    organisation.office.leave(&desk, 1).await;
    organisation.server.log.clear();

    let run = offboard(&desk, organisation.leaver()).await.unwrap().remove(0);
    let writes: Vec<String> = organisation.server.log.writes().into_iter().map(|e| e.path).collect();
    let kinds: Vec<&str> = writes
        .iter()
        .map(|path| match path.split('/').rev().nth(1).unwrap() {
            "api_keys" => "key",
            _ if path.contains("/projects/") => "membership",
            _ => "member",
        })
        .collect();
    assert_eq!(
        kinds,
        ["key", "key", "membership", "member"],
        "what hangs on the member goes first: {writes:?}"
    );
    assert!(organisation.server.vendor.keys_of(&organisation.leaver.0).is_empty(), "no key is left");
    let members = organisation.server.vendor.members();
    assert!(members.iter().all(|m| m.id != organisation.leaver.0), "nor the member");
    let entries = organisation.office.entries().await;
    let stored = entries.iter().position(|e| e.kind == "artefact.stored");
    let after = entries[stored.expect("evidence is stored")..].iter().filter(|e| e.kind == "step.intended");
    assert!(after.count() >= writes.len(), "every final write comes after it");
    let left: String = run.residuals.iter().map(|r| format!("{}\n", r.what)).collect();
    assert!(left.contains("it works until removal"), "that nothing could be blocked is said: {left}");
    assert_eq!(organisation.server.vendor.keys_of("svc_acct_0").len(), 1, "a program goes on working");
    let rotate = run.steps.iter().find(|s| s.step.account.as_deref() == Some("svc_acct_0"));
    assert!(rotate.is_some(), "and becomes work for somebody: {:#?}", run.steps);

    let snapshot = text_of(&pdf(&organisation.office.home(), "snapshot"));
    assert!(snapshot.contains("Use of models"), "the snapshot tells the use before the cut:\n{snapshot}");
    assert!(snapshot.contains("gpt-5"), "by key and model");
    assert!(!snapshot.contains("not collected. This"), "and does not deny it");
}

#[tokio::test]
async fn trouble_with_use_is_told_and_holds_up_no_cut() {
    let organisation = Organisation::start().await;
    let desk = organisation.desk().await;
    organisation.connect(&desk).await;
    organisation.server.faults.always("GET /v1/organization/usage/{list}", Fault::status(403));
    let read = organisation.read(&desk).await;
    let usage = read.connections.iter().find(|c| c.what == "usage").expect("it is told");
    assert!(!usage.complete && !usage.trouble.is_empty(), "with what went wrong: {usage:?}");
    organisation.office.hr_says(1, |w| {
        w.termination_date = Some(super::office::LAST_DAY.parse().unwrap());
        w.source_status = lockstep_domain::people::SourceStatus::Terminated;
    });
    organisation.office.sync(&desk).await;
    offboard(&desk, organisation.leaver()).await.unwrap();
    let members = organisation.server.vendor.members();
    assert!(members.iter().all(|m| m.id != organisation.leaver.0), "telemetry never decides over access");
    let snapshot = text_of(&pdf(&organisation.office.home(), "snapshot"));
    assert!(snapshot.contains("Usage: not collected"), "what is not known is said:\n{snapshot}");
}

#[tokio::test]
async fn use_is_read_on_from_where_it_ended() {
    let organisation = Organisation::start().await;
    let desk = organisation.desk().await;
    organisation.connect(&desk).await;
    organisation.read(&desk).await;
    organisation.server.log.clear();
    organisation.office.pass(std::time::Duration::from_hours(2));
    assert!(organisation.office.sync(&desk).await.complete, "a second read");
    let asked = organisation.server.log.of("GET", "/v1/organization/usage/completions");
    let from = (today() - chrono::TimeDelta::hours(3)).timestamp();
    assert_eq!(asked.len(), 1, "one page is enough: {asked:?}");
    assert!(asked[0].query.contains(&format!("start_time={from}")), "the newest hours again: {asked:?}");
}

fn pdf(home: &Path, name: &str) -> PathBuf {
    let mut folders = vec![home.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|e| e == "pdf") && path.to_string_lossy().contains(name) {
                return path;
            }
        }
    }
    panic!("no {name} in the vault");
}

fn text_of(pdf: &Path) -> String {
    let run = Command::new("pdftotext").args(["-layout", "-enc", "UTF-8"]).arg(pdf).arg("-").output();
    let run = run.expect("pdftotext is needed: apt-get install poppler-utils (cargo xtask test does it)");
    String::from_utf8(run.stdout).unwrap()
}
