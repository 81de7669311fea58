use std::path::PathBuf;
use std::time::Duration;

use chrono::{DateTime, SubsecRound, TimeDelta, Utc};
use lockstep_testkit::{
    Company, NewUser, PATIENT, Running, ScimServer, ShiftedClock, connect_scim, number, wait_for,
};
use serde_json::Value;

use crate::random::Random;
use crate::{runs, runs_of};

/// Kills that must really have happened.
const KILLS: usize = 100;
/// One leaver a second, so that instants come during the kills.
const PEOPLE: usize = 24;
/// The longest time between two kills; a process lives for two of them on average, and needs a quarter of a second to
/// be there.
const MOST_BETWEEN: Duration = Duration::from_millis(500);
/// After every so many kills it is looked whether a run was under way.
const LOOK_EVERY: usize = 10;
/// What is left open after the last kill is done by then.
const SETTLE: Duration = Duration::from_secs(120);

#[test]
fn a_hundred_kills_of_two_services_cut_everybody_once_and_nobody_early() {
    let names: Vec<String> = (0..PEOPLE).map(|n| format!("P{n:02}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let mut clock = ShiftedClock::seen_late();
    let begin = clock.now().trunc_subsecs(0) + TimeDelta::days(1);
    let ends: Vec<_> =
        names.iter().zip(0..).map(|(name, n)| (*name, begin + TimeDelta::seconds(n))).collect();
    let firm = Firm::leaving(&ends, &clock);
    clock.shift(begin - clock.now() - TimeDelta::seconds(3));
    assert!(names.iter().all(|name| firm.company.may_sign_in(name)), "armed is not cut");

    let last = ends[PEOPLE - 1].1;
    let mut services = [0, 1].map(|n| firm.serve(n));
    let mut random = Random(0x5e2e_0a2d);
    let (mut kills, mut inside) = (0, 0);
    while kills < KILLS || clock.now() <= last {
        let which = usize::from(random.up_to(Duration::from_secs(2)) >= Duration::from_secs(1));
        let fresh = firm.serve(which);
        let killed = std::mem::replace(&mut services[which], fresh).kill_after(random.up_to(MOST_BETWEEN));
        assert_eq!(killed.code, None, "a service goes on until it is killed:\n{}", firm.logs());
        kills += 1;
        if kills % LOOK_EVERY == 0 {
            inside += usize::from(runs(&firm.company).iter().any(|run| run["standing"] == "working"));
        }
    }
    assert!(inside > 0, "none of {kills} kills was near a run under way, so this tests nothing");
    let settled = wait_for(SETTLE, || firm.settled().then_some(()));
    let ended = services.map(Running::end);
    assert!(
        settled.is_some(),
        "what a kill left open must go on by itself: {:#?}\n{}",
        runs(&firm.company),
        firm.logs()
    );
    assert!(
        ended.iter().all(|output| output.code == Some(0)),
        "asked to end, they end well:\n{}",
        firm.logs()
    );
    firm.assert_cut(&ends);
}

/// A company in which people have an account in the directory, which gives access back, and one at the badge
/// office, which does not: what is written there is final.
struct Firm {
    company: Company,
    badges: ScimServer,
    holders: Vec<String>,
}

impl Firm {
    /// Everybody is in notice, approved and armed together.
    fn leaving(ends: &[(&str, DateTime<Utc>)], clock: &ShiftedClock) -> Self {
        let names: Vec<&str> = ends.iter().map(|(name, _)| *name).collect();
        let mut company = Company::on(&names, clock, clock);
        let badges = ScimServer::start_on(clock);
        let holders = names.iter().zip(0..).map(|(name, index)| {
            let mail = mail(name);
            badges.create_user(&NewUser::named(&mail, name, "Doe").with_external_id(&number(index)))
        });
        let holders = holders.collect();
        // The breaker would rightly stop so many.
        let policy = format!("[guards]\nleavers_count = {}\n", ends.len());
        std::fs::write(company.home.lockstep_dir().join("policy.toml"), policy).unwrap();
        company.lockstep = company.lockstep.with_env("BADGES", badges.token());
        let settings = ["deactivation_effect=final", "groups=false", PATIENT];
        connect_scim(&company.lockstep, "badges", badges.base_url(), "BADGES", &settings)
            .expect_code(0, "the badge office is reachable");
        company.hr_says_until(ends);
        company.lockstep.run(&["sync"]).expect_code(0, "HR's file is whole");
        company.let_it_act();
        let mode = ["connection", "mode", "badges", "full", "--reason", "links were looked at"];
        company.lockstep.run(&mode).expect_code(0, "an operator may raise the mode");
        let mails: Vec<String> = names.iter().map(|name| mail(name)).collect();
        let mails: Vec<&str> = mails.iter().map(String::as_str).collect();
        let digest = company.digest(&mails);
        let arm = [&["offboard", "arm"], &mails[..], &["--approve", &digest]].concat();
        company.lockstep.run(&arm).expect_code(0, "ends ahead can be armed");
        Self { company, badges, holders }
    }

    fn serve(&self, which: usize) -> Running {
        self.company.lockstep.spawn_logging(&["serve"], &self.log(which))
    }

    fn log(&self, which: usize) -> PathBuf {
        self.company.home.path().join(format!("serve-{which}.log"))
    }

    fn logs(&self) -> String {
        let read = |which| std::fs::read_to_string(self.log(which)).unwrap_or_default();
        format!("{}\n--- the other ---\n{}", read(0), read(1))
    }

    /// Everybody has a run, and none can go on by itself.
    fn settled(&self) -> bool {
        let runs = runs(&self.company);
        runs.len() >= self.holders.len() && runs.iter().all(|run| run["standing"] != "working")
    }

    fn assert_cut(&self, ends: &[(&str, DateTime<Utc>)]) {
        let runs = runs(&self.company);
        let timers = self.company.lockstep.run(&["--json", "timer", "list", "--all"]).json();
        let timers = timers.as_array().unwrap();
        assert_eq!(timers.len(), ends.len(), "nothing was armed twice");
        assert!(timers.iter().all(|timer| timer["state"] == "fired"), "each names its run: {timers:#?}");
        for ((name, end), badge) in ends.iter().zip(&self.holders) {
            let [run] = runs_of(&runs, name)[..] else { panic!("{name} is not cut by one run: {runs:#?}") };
            let id = run["id"].as_str().unwrap();
            let run = self.company.lockstep.run(&["--json", "run", "show", id]).json();
            self.assert_directory(name, *end, &run);
            self.assert_badge(name, badge, *end, &run);
        }
        let verified = self.company.lockstep.run(&["--json", "ledger", "verify"]);
        assert_eq!(verified.expect_code(0, "the chain must hold").json()["ok"], true, "and be whole");
    }

    /// Reversible: it may be written again after a kill, and each time is in the ledger.
    fn assert_directory(&self, name: &str, end: DateTime<Utc>, run: &Value) {
        let account = self.company.account(name);
        assert!(!self.company.may_sign_in(name), "{name} must be out, says the directory itself");
        let at = self.company.server.changed_at(account);
        assert!(at >= Some(end), "{name} was cut at {at:?}, before {end}");
        let (sent, noted) = (self.company.server.changes_of(account), attempts(run, "directory"));
        assert!(sent <= noted, "{name}: {sent} writes came and {noted} were intended: {run:#}");
    }

    /// Final: one write at most. Where a kill left open whether it was sent, a person is asked, even if it turns out
    /// to have arrived.
    fn assert_badge(&self, name: &str, badge: &str, end: DateTime<Utc>, run: &Value) {
        let sent = self.badges.changes_of(badge);
        assert!(sent <= 1, "{name}: a final write came {sent} times");
        let gone = self.badges.is_active(badge) == Some(false);
        if gone {
            let at = self.badges.changed_at(badge);
            assert!(at >= Some(end), "{name}'s badge went at {at:?}, before {end}");
        }
        if run["standing"] == "closed" {
            assert!(gone, "{name}'s badge works, and the run says nothing is left: {run:#}");
            assert!(run["sealed_at"].is_string(), "a run that is through is sealed: {run:#}");
        } else {
            let steps = run["steps"].as_array().unwrap();
            let open: Vec<_> = steps.iter().filter(|step| step["state"] != "done").collect();
            let [step] = open[..] else { panic!("only the badge may stay open: {run:#}") };
            let doubt = (&step["system"], &step["detail"], &step["attempts"]);
            assert_eq!(
                (doubt.0.as_str(), doubt.1.as_str(), doubt.2.as_u64()),
                (Some("badges"), Some("maybe sent"), Some(1)),
                "{name}: only a write in doubt waits for a person: {run:#}"
            );
        }
    }
}

/// How many writes to a system were intended.
fn attempts(run: &Value, system: &str) -> usize {
    let steps = run["steps"].as_array().unwrap();
    let there = steps.iter().filter(|step| step["system"] == system);
    there.map(|step| usize::try_from(step["attempts"].as_u64().unwrap()).unwrap()).sum()
}

fn mail(name: &str) -> String {
    format!("{}@acme.test", name.to_lowercase())
}
