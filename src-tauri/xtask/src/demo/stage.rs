//! Whom and what the story is about: the practice company, a real SCIM server, and what was learnt on the way.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use chrono::{DateTime, NaiveDate, SecondsFormat, TimeDelta, Utc};
use lockstep_practice::{Case, Person};
use lockstep_testkit::{Home, Lockstep, NewUser, Practice, Running, ScimServer};

use super::truth::{Access, access_of_all};
use crate::Result;

/// Everybody whose case is special, and some for whom nothing is planned.
const PEOPLE: usize = 30;

/// Whose accounts the SCIM server holds: the leaver and who works beside them. All are ordinary people but the first,
/// who administers it.
const WITH_SCIM: [u32; 4] = [1, LEAVER, LEAVER + 1, 3];

/// Somebody for whom nothing was planned when the company began, with keys at OpenAI.
const LEAVER: u32 = 19;

/// Everything that the story plays with.
pub(super) struct Stage {
    pub(super) practice: Practice,
    pub(super) scim: ScimServer,
    /// The SCIM server's id of the group that everybody there is in.
    pub(super) staff: String,
    /// The SCIM server's ids by person.
    pub(super) scim_ids: BTreeMap<u32, String>,
    /// The person who leaves.
    pub(super) leaver: Person,
    /// `lockstep serve`, while it runs.
    pub(super) service: Option<Running>,
    /// When the leaver's access ends, as HR has it now (UTC).
    pub(super) end: Option<DateTime<Utc>>,
    /// What everybody could do before anything was done.
    pub(super) before: BTreeMap<u32, Access>,
    /// Values for the `{placeholders}` of the story.
    pub(super) values: BTreeMap<&'static str, String>,
}

impl Stage {
    /// Starts the company and the SCIM server.
    pub(super) fn set(program: PathBuf, clock: PathBuf, scim: &Path) -> Result<Self> {
        let home = Home::new();
        let lockstep = Lockstep::at(program, &home);
        let mut practice = Practice::unconnected(PEOPLE, home, lockstep, clock);
        let scim = ScimServer::start_program_with(scim, &practice.clock_env())?;
        practice.lockstep = practice.lockstep.with_env("DEMO_SCIM_TOKEN", scim.token());
        let (staff, scim_ids) = hire_at_scim(&practice, &scim)?;
        let leaver = practice.office.population.person(LEAVER).cloned().ok_or("nobody leaves")?;
        let values = values(&practice, &scim, &leaver);
        let mut stage = Self {
            practice,
            scim,
            staff,
            scim_ids,
            leaver,
            service: None,
            end: None,
            before: BTreeMap::new(),
            values,
        };
        stage.before = access_of_all(&stage);
        stage.introduce();
        Ok(stage)
    }

    fn introduce(&self) {
        println!(
            "\nThe practice company, all of it on this machine, each system built from its vendor's documentation:"
        );
        for contact in self.practice.office.contacts() {
            println!("  {:<9} {}", contact.vendor, contact.base_url);
        }
        println!("  {:<9} {} (scim2-server, not ours)", "scim", self.scim.base_url());
        println!(
            "{} people; {} is going to leave. The company, the server and Lockstep share a clock that this \
             demonstration moves, so that weeks pass in a second.",
            self.practice.office.population.people.len(),
            self.leaver.display_name()
        );
        println!(
            "Secrets of this temporary home go to the sealed file store, opened by LOCKSTEP_PASSPHRASE. A home of \
             your own uses the operating system's keychain."
        );
    }

    /// The present in the company (UTC).
    pub(super) fn now(&self) -> DateTime<Utc> {
        self.practice.office.clock.now()
    }

    /// The day so many days after the company began.
    pub(super) fn day(&self, days: i64) -> NaiveDate {
        self.practice.office.population.today + TimeDelta::days(days)
    }

    /// A text with what is known now in place of its placeholders.
    pub(super) fn fill(&self, text: &str) -> String {
        let text = text.replace("{now}", &self.now().to_rfc3339_opts(SecondsFormat::Secs, true));
        self.values.iter().fold(text, |text, (name, value)| text.replace(&format!("{{{name}}}"), value))
    }
}

/// Gives some people accounts on the SCIM server, with HR's numbers.
fn hire_at_scim(practice: &Practice, server: &ScimServer) -> Result<(String, BTreeMap<u32, String>)> {
    let staff = server.create_group("Engineering");
    let administrators = server.create_group("Administrators");
    let mut ids = BTreeMap::new();
    for number in WITH_SCIM {
        let person = practice.office.population.person(number).ok_or("the company is too small")?;
        let account = NewUser::named(&person.work_email, &person.first_name, &person.last_name)
            .with_external_id(&person.employee_number());
        let id = server.create_user(&account);
        server.add_member(&staff, &id);
        if person.case == Case::LastAdmin {
            server.add_member(&administrators, &id);
        }
        ids.insert(number, id);
    }
    Ok((staff, ids))
}

fn values(practice: &Practice, scim: &ScimServer, leaver: &Person) -> BTreeMap<&'static str, String> {
    let proof = practice.home.write("portal.txt", "Ticket 4711: account closed in the payroll portal.\n");
    BTreeMap::from([
        ("scim_url", scim.base_url().to_owned()),
        ("leaver", leaver.work_email.clone()),
        ("name", leaver.display_name()),
        ("proof", proof.display().to_string()),
        ("bundle", practice.home.path().join("evidence.zip").display().to_string()),
        ("month_ago", (practice.office.population.today - TimeDelta::days(30)).to_string()),
    ])
}
