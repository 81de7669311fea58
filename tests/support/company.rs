use chrono::{DateTime, SecondsFormat, Utc};

use crate::{Home, Lockstep, NewUser, Output, ScimServer, ShiftedClock};

const HEADER: &str = "employee_id,employee_number,first_name,last_name,work_email,status,start_date,\
                      termination_date,time_zone\n";

/// A last day that is over wherever and whenever a test runs.
pub const LONG_OVER: &str = "2026-06-30";
/// A last day that is far from over.
pub const FAR_AHEAD: &str = "2099-01-31";

/// Opens the sealed secrets of the tests' homes, which are thrown away.
pub const PASSPHRASE: &str = "a throw-away home needs no better passphrase";

/// For a server that is there, however slow the machine is that the tests run on.
pub const PATIENT: &str = "timeout_seconds=20";

/// What HR's export says of one person: first name, status, last day.
pub type Says<'a> = (&'a str, &'a str, &'a str);

/// A company for tests: HR's export, a real directory in which everybody has an account, and a home that
/// has both connected and read once. The directory is still only observed.
///
/// People go by their first names; their mail, and login, is `name@acme.test`. An administrator who is in no
/// HR system looks after the directory.
#[derive(Debug)]
pub struct Company {
    /// Lockstep's home, with HR's export `people.csv` beside it.
    pub home: Home,
    /// The program on that home; the directory's token is in its variable `TOKEN`.
    pub lockstep: Lockstep,
    /// The directory.
    pub server: ScimServer,
    accounts: Vec<(String, String)>,
}

impl Company {
    /// Makes the company; `people` all work there.
    pub fn of(people: &[&str]) -> Self {
        let home = Home::new();
        let lockstep = Lockstep::new(&home);
        Self::with(people, home, lockstep, ScimServer::start())
    }

    /// The same, with program and directory each on a clock that the test moves.
    pub fn on(people: &[&str], program: &ShiftedClock, directory: &ShiftedClock) -> Self {
        let home = Home::new();
        let lockstep = Lockstep::new(&home).on(program);
        Self::with(people, home, lockstep, ScimServer::start_on(directory))
    }

    fn with(people: &[&str], home: Home, lockstep: Lockstep, server: ScimServer) -> Self {
        let lockstep = initialised(lockstep);
        let lockstep = lockstep.with_env("TOKEN", server.token());
        let mut accounts = Vec::new();
        for (index, name) in people.iter().enumerate() {
            let user = NewUser::named(&mail(name), name, "Doe").with_external_id(&number(index));
            accounts.push(((*name).to_owned(), server.create_user(&user)));
        }
        let root = server.create_user(&NewUser::named("root@acme.test", "Root", "Admin"));
        server.add_member(&server.create_group("Administrators"), &root);
        let company = Self { home, lockstep, server, accounts };
        company.hr_says(&[]);
        connect_hr(&company.lockstep, &company.home);
        let base_url = company.server.base_url().to_owned();
        let settings = ["admin_group=Administrators", PATIENT];
        connect_scim(&company.lockstep, "directory", &base_url, "TOKEN", &settings)
            .expect_code(0, "the directory is reachable");
        company.lockstep.run(&["sync"]).expect_code(0, "the first read is the baseline of every test");
        company
    }

    /// HR writes its export anew: these people as told, everybody else works on.
    pub fn hr_says(&self, changes: &[Says<'_>]) {
        let rows: Vec<Says<'_>> = self
            .accounts
            .iter()
            .map(|(name, _)| {
                *changes.iter().find(|(who, ..)| who == name).unwrap_or(&(name.as_str(), "active", ""))
            })
            .collect();
        self.home.write("people.csv", hr_export(&rows));
    }

    /// HR writes its export anew: the access of these people ends at these instants, everybody else works on.
    pub fn hr_says_until(&self, ends: &[(&str, DateTime<Utc>)]) {
        let mut export = format!("{},termination_at\n", HEADER.trim_end());
        for (index, (name, _)) in self.accounts.iter().enumerate() {
            let end = ends.iter().find(|(who, _)| who == name);
            let end = end.map(|(_, at)| at.to_rfc3339_opts(SecondsFormat::Secs, true)).unwrap_or_default();
            export += &format!("{},{end}\n", row(index, (name, "active", "")));
        }
        self.home.write("people.csv", export);
    }

    /// The directory's own id of somebody's account.
    pub fn account(&self, name: &str) -> &str {
        let found = self.accounts.iter().find(|(who, _)| who == name);
        found.map_or_else(|| panic!("nobody is called {name}"), |(_, id)| id)
    }

    /// Whether somebody may sign in, asked of the directory itself.
    pub fn may_sign_in(&self, name: &str) -> bool {
        let active = self.server.is_active(self.account(name));
        active.unwrap_or_else(|| panic!("{name}'s account is gone"))
    }

    /// Allows Lockstep to act on the directory.
    pub fn let_it_act(&self) {
        self.lockstep
            .run(&["connection", "mode", "directory", "full", "--reason", "links were looked at"])
            .expect_code(0, "an operator may raise the mode");
    }

    /// The digest that a preview asks to have approved; `who` may carry `--now --reason …`.
    pub fn digest(&self, who: &[&str]) -> String {
        let args: Vec<_> = ["--json", "offboard", "preview"].iter().chain(who).copied().collect();
        let preview = self.lockstep.run(&args).expect_code(0, "a preview changes nothing").json();
        preview["digest"].as_str().map_or_else(|| panic!("no digest: {preview}"), String::from)
    }

    /// Previews, approves what was shown, and starts.
    pub fn offboard(&self, who: &[&str]) -> Output {
        self.start(who, &self.digest(who))
    }

    /// Starts with an approval that is at hand.
    pub fn start(&self, who: &[&str], digest: &str) -> Output {
        let args = ["--json", "offboard", "start"].iter().chain(who).copied();
        self.lockstep.run(&args.chain(["--approve", digest]).collect::<Vec<_>>())
    }
}

/// A home that has been set up, with its secrets in a sealed file, and knows nobody yet.
pub fn set_up() -> (Home, Lockstep) {
    let home = Home::new();
    let lockstep = initialised(Lockstep::new(&home));
    (home, lockstep)
}

fn initialised(lockstep: Lockstep) -> Lockstep {
    let lockstep = lockstep.with_env("LOCKSTEP_PASSPHRASE", PASSPHRASE);
    lockstep
        .run(&["init", "--org", "Acme", "--operator-email", "it@acme.test", "--secrets", "sealed-file"])
        .expect_code(0, "every other step stands on a home");
    lockstep
}

/// Connects the file `people.csv` beside the home as HR, under the name `hr`.
pub fn connect_hr(lockstep: &Lockstep, home: &Home) {
    let path = format!("path={}", home.path().join("people.csv").display());
    lockstep
        .run(&["connection", "add", "csv", "--name", "hr", "--set", &path, "--set", "zone=Europe/Berlin"])
        .expect_code(0, "a file needs no credentials");
}

/// Connects a SCIM server on this machine under a name; its token is in the variable `TOKEN`.
pub fn connect_directory(lockstep: &Lockstep, name: &str, base_url: &str) -> Output {
    connect_scim(lockstep, name, base_url, "TOKEN", &["admin_group=Administrators", "timeout_seconds=2"])
}

/// Connects a SCIM server on this machine whose token is in a variable, with settings of its own.
pub fn connect_scim(
    lockstep: &Lockstep,
    name: &str,
    base_url: &str,
    token: &str,
    settings: &[&str],
) -> Output {
    let (base_url, token) = (format!("base_url={base_url}"), format!("token=env:{token}"));
    let mut args = vec!["connection", "add", "scim", "--name", name, "--secret", &token];
    for setting in [&base_url, "allow_local=true"].iter().chain(settings) {
        args.extend(["--set", setting]);
    }
    lockstep.run(&args)
}

/// HR's export of these people, numbered in this order.
pub fn hr_export(people: &[Says<'_>]) -> String {
    let rows = people.iter().enumerate().map(|(index, says)| row(index, *says) + "\n");
    std::iter::once(HEADER.to_owned()).chain(rows).collect()
}

fn row(index: usize, (name, status, last_day): Says<'_>) -> String {
    let (number, mail) = (number(index), mail(name));
    format!("{index},{number},{name},Doe,{mail},{status},2021-03-01,{last_day},Europe/Berlin")
}

/// The number that HR and the directory have in common.
pub fn number(index: usize) -> String {
    format!("E-{index:04}")
}

fn mail(name: &str) -> String {
    format!("{}@acme.test", name.to_lowercase())
}
