//! A leaver in a directory that refuses: what was approved is done, and no more.

use lockstep_connectors::vendors::okta;
use lockstep_domain::capability::Mode;
use lockstep_domain::run::Standing;
use lockstep_engine::Desk;
use lockstep_engine::api::{AddConnection, RunView, StepView};
use lockstep_practice::vendors::okta::{CLIENT_ID, Okta, PRIVATE_KEY, user_id};
use lockstep_practice::{Case, Fault, Population, PracticeClock, Running};
use zeroize::Zeroizing;

use super::fate::Witness;
use super::office::{Office, email, offboard_one, people};

const OKTA: &str = "okta";
const SUSPEND: &str = "POST /api/v1/users/{id}/lifecycle/suspend";

/// An office beside an Okta organisation in which person 1 has the account `id`.
struct Directory {
    office: Office,
    desk: Desk,
    okta: Running<Okta>,
    id: String,
}

impl Directory {
    async fn new(mode: Mode) -> Self {
        let office = Office::of(2).await;
        let clock = office.clock.clone();
        let practice = PracticeClock::following(move || lockstep_connectors::Clock::now(clock.as_ref()));
        let population = Population::new(20, 1, practice.now().date_naive());
        let id = user_id(population.one(Case::Ordinary).unwrap().number);
        let okta = Running::start(Okta::new(&population, &practice), &practice, 0).await.unwrap();
        okta.vendor.edit(|org| {
            let profile = &mut org.users.get_mut(&id).unwrap().profile;
            for key in ["login", "email"] {
                profile[key] = email(1).into();
            }
            profile["employeeNumber"] = "N1".into();
        });
        let mut options = office.options("olga", &Witness::none());
        options.vendors.push(okta::vendor());
        let desk = Desk::open(&office.home(), options).await.unwrap();
        let settings =
            [("base_url", okta.base_url.as_str()), ("client_id", CLIENT_ID), ("allow_local", "true")];
        let add = AddConnection {
            vendor: OKTA.into(),
            name: OKTA.into(),
            settings: settings.map(|(k, v)| (k.to_owned(), v.to_owned())).into(),
            secrets: [("private_key".to_owned(), Zeroizing::new(PRIVATE_KEY.to_owned()))].into(),
        };
        desk.add_connection(add).await.unwrap();
        office.mode(&desk, OKTA, mode).await;
        office.leave(&desk, 1).await;
        Self { office, desk, okta, id }
    }

    fn set_status(&self, status: &'static str) {
        self.okta.vendor.edit(|org| org.users.get_mut(&self.id).unwrap().status = status);
    }

    fn status(&self) -> &'static str {
        self.okta.vendor.truth().users[&self.id].status
    }

    fn asked(&self, change: &str) -> usize {
        self.okta.log.writes().iter().filter(|e| e.path.ends_with(change)).count()
    }

    async fn run(&self) -> RunView {
        offboard_one(&self.desk, 1).await
    }
}

#[tokio::test]
async fn a_leaver_is_suspended_and_everything_of_theirs_is_taken_at_its_cost() {
    let directory = Directory::new(Mode::Full).await;
    let told = directory.desk.preview(&people(&[1])).await.unwrap();
    let residuals = format!("{:?}", told.people[0].residuals);
    assert!(residuals.contains("Practice Wiki"), "an application behind Okta is told nothing: {residuals}");
    assert!(residuals.contains("Domain Users"), "what a directory keeps is named: {residuals}");
    let run = directory.run().await;
    let truth = directory.okta.vendor.truth();
    assert_eq!(directory.status(), "SUSPENDED", "the gentle way: {:#?}", run.steps);
    assert!(!truth.users[&directory.id].session, "sessions are ended");
    let left: Vec<_> = truth.groups.iter().filter(|(_, g)| g.members.contains(&directory.id)).collect();
    assert_eq!(left.len(), 2, "only Everyone and the directory's own group are left");
    assert_eq!(run.row.standing, Standing::Closed, "and it is through: {:#?}", run.steps);
}

#[tokio::test]
async fn a_refused_suspension_is_followed_by_the_approved_deactivation() {
    let directory = Directory::new(Mode::Full).await;
    directory.set_status("LOCKED_OUT");
    let told = directory.desk.preview(&people(&[1])).await.unwrap();
    let steps = format!("{:?}", told.people[0].blast_radius.systems);
    assert!(steps.contains("if that is refused: deactivate, loses data"), "it was shown before: {steps}");
    let run = directory.run().await;
    assert_eq!(directory.status(), "DEPROVISIONED", "whoever is locked out can come back: {:#?}", run.steps);
    assert_eq!((directory.asked("/suspend"), directory.asked("/deactivate")), (1, 1), "each was tried once");
    let sign_in = |s: &&StepView| s.step.system == OKTA && s.step.wish.contains("sign-in");
    let attempts = run.steps.iter().find(sign_in).map(|s| s.attempts);
    assert_eq!(attempts, Some(2), "and each attempt is in the ledger: {:#?}", run.steps);
}

#[tokio::test]
async fn where_only_containing_is_allowed_nothing_is_lost() {
    let directory = Directory::new(Mode::ContainOnly).await;
    directory.set_status("PASSWORD_EXPIRED");
    let run = directory.run().await;
    assert_eq!(directory.status(), "PASSWORD_EXPIRED", "deactivating loses data");
    assert_eq!(directory.asked("/deactivate"), 0, "so it is not even asked for");
    assert_eq!(run.row.standing, Standing::NeedsPerson, "a person has to decide: {:#?}", run.steps);
}

#[tokio::test]
async fn trouble_that_passes_never_opens_the_fallback() {
    for fault in [
        Fault::status(500),
        Fault::busy(503, 1),
        Fault::Reset,
        Fault::busy(429, 5),
        Fault::CredentialsExpired,
    ] {
        let directory = Directory::new(Mode::Full).await;
        directory.okta.faults.next(1, SUSPEND, fault.clone());
        let run = directory.run().await;
        assert_eq!(directory.asked("/deactivate"), 0, "{fault:?}: silence is no refusal");
        assert_eq!(directory.status(), "SUSPENDED", "{fault:?}: it is tried again: {:#?}", run.steps);
        assert_eq!(run.row.standing, Standing::Closed, "{fault:?}: by itself, with nobody asked");
    }
}

#[tokio::test]
async fn what_one_account_fell_back_on_is_not_where_the_next_begins() {
    let directory = Directory::new(Mode::Full).await;
    directory.set_status("LOCKED_OUT");
    directory.run().await;
    let second = user_id(2);
    directory.okta.vendor.edit(|org| {
        let user = org.users.get_mut(&second).unwrap();
        user.status = "ACTIVE";
        user.roles.clear();
        user.profile["login"] = email(2).into();
        user.profile["email"] = email(2).into();
        user.profile["employeeNumber"] = "N2".into();
    });
    directory.office.pass(std::time::Duration::from_mins(1));
    directory.office.leave(&directory.desk, 2).await;
    offboard_one(&directory.desk, 2).await;
    assert_eq!(
        directory.okta.vendor.truth().users[&second].status,
        "SUSPENDED",
        "the gentle way comes first"
    );
}
