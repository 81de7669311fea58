//! Who works at the practice company: made from a seed, the same on every machine, with the cases that go wrong
//! elsewhere always among them.

mod make;
mod names;

use chrono::NaiveDate;
use serde::Serialize;

/// The domain of the company's e-mail addresses; reserved for examples (RFC 2606).
pub const DOMAIN: &str = "practice.example";

/// Why somebody is in the population.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Case {
    /// Works here; nothing is planned.
    Ordinary,
    /// Administers systems; there are others.
    Admin,
    /// The only one who administers some systems.
    LastAdmin,
    /// The practice company's own operator of Lockstep.
    Operator,
    /// Starts in nine days.
    Joiner,
    /// Changes department in four days.
    Mover,
    /// Left half a year ago.
    LeftLongAgo,
    /// Left yesterday.
    LeftYesterday,
    /// Today is the last day.
    LeavesToday,
    /// The last day is in five days.
    LeavesSoon,
    /// The last day is in two months.
    LeavesLater,
    /// Left a year ago and came back.
    Rehired,
    /// Leaves in three days and starts again two days after that.
    LeavesAndReturns,
    /// Works under contract.
    Contractor,
    /// On leave; still employed.
    OnLeave,
    /// Has the very name of the next person.
    Twin,
    /// Got the e-mail address of somebody who left.
    ReusesEmail,
}

/// One period of employment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Stint {
    /// First day.
    pub start: NaiveDate,
    /// Last day, inclusive, where one is planned or past.
    pub last_day: Option<NaiveDate>,
    /// Whether the person resigned, where it ends.
    pub voluntary: bool,
}

/// Somebody with an employment, past, present or future.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Person {
    /// Number from 1 on; vendors make their ids from it.
    pub number: u32,
    /// Why they are here.
    pub case: Case,
    /// Given name.
    pub first_name: String,
    /// Family name.
    pub last_name: String,
    /// Work e-mail; also the login in most systems.
    pub work_email: String,
    /// Private e-mail.
    pub personal_email: String,
    /// Department.
    pub department: String,
    /// The department from a day on, for movers.
    pub next_department: Option<(NaiveDate, String)>,
    /// Job title.
    pub job_title: String,
    /// Place of work.
    pub location: Location,
    /// Number of the manager; `None` for the head of the company.
    pub manager: Option<u32>,
    /// Periods of employment, oldest first; never empty.
    pub stints: Vec<Stint>,
}

impl Person {
    /// The name on lists.
    pub fn display_name(&self) -> String {
        format!("{} {}", self.first_name, self.last_name)
    }

    /// The number that HR prints on lists; other systems keep it beside their accounts.
    pub fn employee_number(&self) -> String {
        format!("{:05}", 10_000 + self.number)
    }

    /// The newest period of employment.
    pub fn latest(&self) -> Option<&Stint> {
        self.stints.last()
    }

    /// Whether some employment covers this day.
    pub fn works_on(&self, day: NaiveDate) -> bool {
        self.stints.iter().any(|s| s.start <= day && s.last_day.is_none_or(|last| day <= last))
    }

    /// Whether they administer systems.
    pub fn is_admin(&self) -> bool {
        matches!(self.case, Case::Admin | Case::LastAdmin | Case::Operator)
    }
}

/// A place of work.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Location {
    /// Its name in HR.
    pub name: &'static str,
    /// Its IANA zone.
    pub zone: &'static str,
}

/// An account that belongs to a machine, and the person who answers for it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ServiceAccount {
    /// Its login.
    pub login: String,
    /// What it is for.
    pub purpose: &'static str,
    /// Number of the owner, if anybody knows one.
    pub owner: Option<u32>,
}

/// Everybody, and the machines' accounts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Population {
    /// The day on which it was made; dates of cases count from it.
    pub today: NaiveDate,
    /// People by number.
    pub people: Vec<Person>,
    /// Accounts of machines.
    pub service_accounts: Vec<ServiceAccount>,
}

impl Population {
    /// Makes a company of `size` people (at least one for every case) as of `today`.
    pub fn new(size: usize, seed: u64, today: NaiveDate) -> Self {
        make::population(size, seed, today)
    }

    /// Everybody of a case.
    pub fn of(&self, case: Case) -> impl Iterator<Item = &Person> {
        self.people.iter().filter(move |p| p.case == case)
    }

    /// The first person of a case; everyone exists at least once.
    pub fn one(&self, case: Case) -> Option<&Person> {
        self.of(case).next()
    }

    /// By number.
    pub fn person(&self, number: u32) -> Option<&Person> {
        self.people.get(usize::try_from(number.checked_sub(1)?).ok()?)
    }
}
