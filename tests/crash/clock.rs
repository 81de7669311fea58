use std::path::PathBuf;
use std::time::Duration;

use chrono::{DateTime, SubsecRound, TimeDelta, Utc};
use lockstep_testkit::{Company, Running, ShiftedClock, wait_for};
use serde_json::Value;

use crate::{assert_settled, runs, runs_of};

/// What is waited for happens by then, on a slow machine too.
const LIMIT: Duration = Duration::from_secs(60);

/// How much time passes at once while a test waits: less than what a service takes for a clock that was set.
const STEP: TimeDelta = TimeDelta::seconds(15);
/// How long a service gets for each such step; it looks at the clock every second.
const LOOK: Duration = Duration::from_secs(2);

#[test]
fn a_night_asleep_and_a_clock_set_forward_and_back_cut_nobody_early_or_twice() {
    let mut day = Day::begin();
    let mut services = [0, 1].map(|n| day.serve(n));
    day.wait("they must be there before the clock is set", |day| {
        [0, 1].iter().all(|which| day.log_of(*which).contains("lockstep is there"))
    });

    // Forward: Kim's instant seems to have come.
    day.program.shift(TimeDelta::hours(1));
    day.wait("the timer must be tried and refused", |day| day.hindrance("Kim") == "clock_off");
    day.assert_work(&["Kim", "Lee", "Ana", "Bo"], "nothing rests on a clock that was set");
    // Set right again, and a minute and a half before the instant.
    day.program.shift(TimeDelta::hours(-1));
    day.pass_until("Kim", TimeDelta::seconds(-90));
    day.assert_work(&["Kim", "Lee", "Ana", "Bo"], "with the clock right, nobody's instant has come");

    // Back: Kim's instant comes, and by the program's clock it is an hour away.
    day.seen_by_both(|day| day.program.shift(TimeDelta::hours(-1)));
    day.pass_until("Kim", TimeDelta::minutes(3));
    day.assert_work(&["Kim", "Lee", "Ana", "Bo"], "by a clock that was set back it is not yet");
    day.program.shift(TimeDelta::hours(1));
    day.wait_cut("Kim");
    day.assert_work(&["Lee", "Ana", "Bo"], "nobody else's instant has come");

    // Eight hours asleep, in which Lee's instant comes.
    services.iter_mut().for_each(|service| service.signal("STOP"));
    day.pass(TimeDelta::hours(8));
    services.iter_mut().for_each(|service| service.signal("CONT"));
    day.wait_cut("Lee");
    day.assert_work(&["Ana", "Bo"], "Ana's instant comes only in the morning");

    // And then everything is as ever.
    day.pass_until("Ana", TimeDelta::seconds(-90));
    day.assert_work(&["Ana", "Bo"], "a minute early is early");
    day.wait_cut("Ana");
    day.assert_work(&["Bo"], "Bo stays");
    day.wait("every run must come to its end", |day| {
        runs(&day.company).iter().all(|run| run["standing"] == "closed" && run["sealed_at"].is_string())
    });
    let ended = services.map(Running::end);
    assert!(
        ended.iter().all(|output| output.code == Some(0)),
        "asked to end, they end well:\n{}",
        day.logs()
    );
    day.assert_told(&[("Kim", Some(3 * 60)), ("Lee", Some(3 * 3600)), ("Ana", None)]);
}

/// A day on which Kim, Lee and Ana leave at instants of their own and Bo stays.
struct Day {
    company: Company,
    program: ShiftedClock,
    directory: ShiftedClock,
    ends: [(&'static str, DateTime<Utc>); 3],
}

impl Day {
    fn begin() -> Self {
        let (program, directory) = (ShiftedClock::new(), ShiftedClock::new());
        let company = Company::on(&["Kim", "Lee", "Ana", "Bo"], &program, &directory);
        let now = program.now().trunc_subsecs(0);
        let ends = [("Kim", 30), ("Lee", 5 * 60), ("Ana", 9 * 60)];
        let ends = ends.map(|(name, minutes)| (name, now + TimeDelta::minutes(minutes)));
        company.hr_says_until(&ends);
        company.lockstep.run(&["sync"]).expect_code(0, "HR's file is whole");
        company.let_it_act();
        let who = ["kim@acme.test", "lee@acme.test", "ana@acme.test"];
        let digest = company.digest(&who);
        let arm = [&["offboard", "arm"], &who[..], &["--approve", &digest]].concat();
        company.lockstep.run(&arm).expect_code(0, "ends ahead can be armed");
        Self { company, program, directory, ends }
    }

    fn serve(&self, which: usize) -> Running {
        self.company.lockstep.spawn_logging(&["serve"], &self.log(which))
    }

    fn log(&self, which: usize) -> PathBuf {
        self.company.home.path().join(format!("serve-{which}.log"))
    }

    fn log_of(&self, which: usize) -> String {
        std::fs::read_to_string(self.log(which)).unwrap_or_default()
    }

    fn logs(&self) -> String {
        format!("{}\n--- the other ---\n{}", self.log_of(0), self.log_of(1))
    }

    /// Lets time pass for everybody.
    fn pass(&mut self, by: TimeDelta) {
        self.program.shift(by);
        self.directory.shift(by);
    }

    fn end_of(&self, name: &str) -> DateTime<Utc> {
        self.ends.iter().find(|(who, _)| *who == name).unwrap().1
    }

    /// Lets time pass until so long after somebody's instant, and both services have seen it.
    fn pass_until(&mut self, name: &str, after: TimeDelta) {
        let left = self.end_of(name) + after - self.directory.now();
        self.seen_by_both(|day| day.pass(left));
    }

    /// Moves a clock by so much that a service asks the systems for theirs, and waits until both have.
    fn seen_by_both(&mut self, set: impl FnOnce(&mut Self)) {
        let before = [0, 1].map(|which| self.asked(which));
        set(self);
        self.wait("a service whose clock was set asks for the time", |day| {
            [0, 1].iter().all(|which| day.asked(*which) > before[*which])
        });
    }

    /// How often a service has read the directory, which tells its own time.
    fn asked(&self, which: usize) -> usize {
        self.log_of(which).matches("read connection=\"directory\"").count()
    }

    /// Waits, time passing for everybody, until somebody is cut.
    fn wait_cut(&mut self, name: &str) {
        for _ in 0..LIMIT.as_secs() / LOOK.as_secs() {
            if wait_for(LOOK, || (!self.company.may_sign_in(name)).then_some(())).is_some() {
                return;
            }
            self.pass(STEP);
        }
        panic!("{name} can still sign in at {}:\n{}", self.program.now(), self.logs());
    }

    fn wait(&self, why: &str, ready: impl Fn(&Self) -> bool) {
        let came = wait_for(LIMIT, || ready(self).then_some(()));
        assert!(came.is_some(), "{why}:\n{}", self.logs());
    }

    fn hindrance(&self, name: &str) -> String {
        let timers = self.company.lockstep.run(&["--json", "timer", "list"]).json();
        let name = format!("{name} Doe");
        let timer = timers.as_array().unwrap().iter().find(|timer| timer["name"] == name.as_str());
        timer.and_then(|timer| timer["hindrance"].as_str()).unwrap_or_default().to_owned()
    }

    fn assert_work(&self, names: &[&str], why: &str) {
        for name in names {
            assert!(self.company.may_sign_in(name), "{name}: {why}:\n{}", self.logs());
        }
    }

    /// One run each, one write each, not before the instant, and by at least how many seconds each says it was late.
    fn assert_told(&self, late: &[(&str, Option<i64>)]) {
        assert_settled(&self.company, &late.iter().map(|(name, _)| *name).collect::<Vec<_>>());
        let runs = runs(&self.company);
        for (name, late) in late {
            let account = self.company.account(name);
            assert_eq!(self.company.server.changes_of(account), 1, "{name} is written to once");
            let (at, end) = (self.company.server.changed_at(account), self.end_of(name));
            assert!(at >= Some(end), "{name} was cut at {at:?}, before {end}");
            let id = runs_of(&runs, name)[0]["id"].as_str().unwrap().to_owned();
            let run: Value = self.company.lockstep.run(&["--json", "run", "show", &id]).json();
            let told = run["late_s"].as_i64();
            assert!(told >= *late && told.is_some() == late.is_some(), "{name} was {told:?} s late: {run:#}");
        }
    }
}
