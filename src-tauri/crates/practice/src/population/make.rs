//! Making the population.

use std::collections::BTreeMap;

use chrono::{Days, NaiveDate, TimeDelta};
use fastrand::Rng;

use super::names::{FAMILY, GIVEN};
use super::{Case, DOMAIN, Location, Person, Population, ServiceAccount, Stint};

/// The cases that every company has, in this order at the top of the list; two for twins.
const CASES: [Case; 20] = [
    Case::LastAdmin,
    Case::Operator,
    Case::Admin,
    Case::Admin,
    Case::Joiner,
    Case::Mover,
    Case::LeftLongAgo,
    Case::LeftYesterday,
    Case::LeavesToday,
    Case::LeavesSoon,
    Case::LeavesLater,
    Case::Rehired,
    Case::LeavesAndReturns,
    Case::Contractor,
    Case::OnLeave,
    Case::Twin,
    Case::Ordinary, // the twin's twin
    Case::ReusesEmail,
    Case::Ordinary,
    Case::Ordinary,
];

/// What those beyond the fixed cases are, by chance out of this bag.
const BAG: [(Case, usize); 8] = [
    (Case::Ordinary, 820),
    (Case::LeftLongAgo, 100),
    (Case::Contractor, 40),
    (Case::LeavesSoon, 5),
    (Case::LeavesLater, 10),
    (Case::Rehired, 10),
    (Case::Joiner, 10),
    (Case::OnLeave, 5),
];

const LOCATIONS: [Location; 5] = [
    Location { name: "Denver", zone: "America/Denver" },
    Location { name: "Berlin", zone: "Europe/Berlin" },
    Location { name: "Sydney", zone: "Australia/Sydney" },
    Location { name: "東京", zone: "Asia/Tokyo" },
    Location { name: "Remote – Honolulu", zone: "Pacific/Honolulu" },
];

const DEPARTMENTS: [(&str, &[&str]); 5] = [
    ("Engineering", &["Engineer", "Senior Engineer", "Site Reliability Engineer"]),
    ("Sales", &["Account Executive", "Sales Manager"]),
    ("People", &["HR Partner", "Recruiter"]),
    ("Finance", &["Accountant", "Controller"]),
    ("Support", &["Support Agent", "Support Lead"]),
];

pub(super) fn population(size: usize, seed: u64, today: NaiveDate) -> Population {
    let mut rng = Rng::with_seed(seed);
    let mut taken = BTreeMap::new();
    let mut people: Vec<Person> = Vec::with_capacity(size.max(CASES.len()));
    for place in 0..size.max(CASES.len()) {
        let case = CASES.get(place).copied().unwrap_or_else(|| draw(&mut rng));
        let person = person(place, case, &mut rng, &mut taken, today);
        people.push(person);
    }
    tell_twins(&mut people, &mut taken);
    hand_on_email(&mut people);
    Population { today, service_accounts: service_accounts(&people), people }
}

fn draw(rng: &mut Rng) -> Case {
    let mut at = rng.usize(..BAG.iter().map(|(_, weight)| *weight).sum::<usize>());
    for (case, weight) in BAG {
        if at < weight {
            return case;
        }
        at -= weight;
    }
    Case::Ordinary
}

fn person(
    place: usize,
    case: Case,
    rng: &mut Rng,
    taken: &mut BTreeMap<String, u32>,
    today: NaiveDate,
) -> Person {
    let number = u32::try_from(place).unwrap_or(u32::MAX).saturating_add(1);
    let (given, family) = (GIVEN[rng.usize(..GIVEN.len())], FAMILY[rng.usize(..FAMILY.len())]);
    let local = unique(taken, &format!("{}.{}", given.1, family.1));
    let department = rng.usize(..DEPARTMENTS.len());
    let titles = DEPARTMENTS[department].1;
    let next = DEPARTMENTS[(department + 1) % DEPARTMENTS.len()].0;
    Person {
        number,
        case,
        first_name: given.0.into(),
        last_name: family.0.into(),
        work_email: format!("{local}@{DOMAIN}"),
        personal_email: format!("{local}@home.example"),
        department: DEPARTMENTS[department].0.into(),
        next_department: (case == Case::Mover).then(|| (day(today, 4), next.to_owned())),
        job_title: titles[rng.usize(..titles.len())].into(),
        location: LOCATIONS[rng.usize(..LOCATIONS.len())],
        // Eight people to a manager, so that the tree has some depth.
        manager: (number > 1).then(|| (number - 2) / 8 + 1),
        stints: stints(case, rng, today),
    }
}

fn unique(taken: &mut BTreeMap<String, u32>, local: &str) -> String {
    let times = taken.entry(local.to_owned()).or_insert(0);
    *times += 1;
    if *times == 1 { local.to_owned() } else { format!("{local}{times}") }
}

fn stints(case: Case, rng: &mut Rng, today: NaiveDate) -> Vec<Stint> {
    let begun = -rng.i64(400..4000);
    let stint = |start: i64, last: Option<i64>, voluntary: bool| Stint {
        start: day(today, start),
        last_day: last.map(|last| day(today, last)),
        voluntary,
    };
    let until = |last: i64, rng: &mut Rng| vec![stint(begun, Some(last), rng.u8(..4) > 0)];
    match case {
        Case::Joiner => vec![stint(9, None, false)],
        Case::LeftLongAgo => {
            let last = -rng.i64(180..390);
            until(last, rng)
        }
        Case::LeftYesterday => until(-1, rng),
        Case::LeavesToday => until(0, rng),
        Case::LeavesSoon => until(5, rng),
        Case::LeavesLater => until(61, rng),
        Case::Rehired => vec![stint(begun, Some(-365), true), stint(-90, None, false)],
        Case::LeavesAndReturns => vec![stint(begun, Some(3), true), stint(5, None, false)],
        _ => vec![stint(begun, None, false)],
    }
}

/// The twin gets the name of the next person, and an address with a number.
fn tell_twins(people: &mut [Person], taken: &mut BTreeMap<String, u32>) {
    for place in 1..people.len() {
        if people[place - 1].case != Case::Twin {
            continue;
        }
        let (first, last) = (people[place].first_name.clone(), people[place].last_name.clone());
        let local = people[place].work_email.split('@').next().unwrap_or_default().to_owned();
        let local = unique(taken, &local);
        let twin = &mut people[place - 1];
        twin.first_name = first;
        twin.last_name = last;
        twin.work_email = format!("{local}@{DOMAIN}");
        twin.personal_email = format!("{local}@home.example");
    }
}

/// The address of somebody who left long ago belongs to another person now.
fn hand_on_email(people: &mut [Person]) {
    let old = people.iter().find(|p| p.case == Case::LeftLongAgo).map(|p| p.work_email.clone());
    if let (Some(email), Some(heir)) = (old, people.iter_mut().find(|p| p.case == Case::ReusesEmail)) {
        heir.work_email = email;
    }
}

fn service_accounts(people: &[Person]) -> Vec<ServiceAccount> {
    let owner = |case| people.iter().find(|p| p.case == case).map(|p| p.number);
    let account =
        |login: &str, purpose, owner| ServiceAccount { login: format!("{login}@{DOMAIN}"), purpose, owner };
    vec![
        account("svc-backup", "nightly backups", owner(Case::LeavesSoon)),
        account("svc-deploy", "deployments", owner(Case::LastAdmin)),
        account("svc-forgotten", "nobody remembers", None),
    ]
}

fn day(today: NaiveDate, offset: i64) -> NaiveDate {
    let days = Days::new(offset.unsigned_abs());
    let moved = if offset < 0 { today.checked_sub_days(days) } else { today.checked_add_days(days) };
    moved.unwrap_or(today + TimeDelta::zero())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn today() -> NaiveDate {
        NaiveDate::from_ymd_opt(2026, 9, 25).unwrap()
    }

    #[test]
    fn a_seed_makes_the_same_company_everywhere() {
        let company = population(500, 7, today());
        assert_eq!(company, population(500, 7, today()), "a failure must be repeatable from its seed");
        assert_ne!(company, population(500, 8, today()), "another seed is another company");
        assert_eq!(company.people.len(), 500, "as many people as were asked for");
    }

    #[test]
    fn every_case_is_in_the_smallest_company() {
        let company = population(0, 1, today());
        for case in CASES {
            assert!(company.one(case).is_some(), "{case:?} is what tests rest on");
        }
        assert_eq!(company.of(Case::LastAdmin).count(), 1, "a last one is one");
        let twin = company.one(Case::Twin).unwrap();
        let other = company.person(twin.number + 1).unwrap();
        assert_eq!(twin.display_name(), other.display_name(), "twins share the name");
        assert_ne!(twin.work_email, other.work_email, "and nothing else");
        let heir = company.one(Case::ReusesEmail).unwrap();
        let gone = company.one(Case::LeftLongAgo).unwrap();
        assert_eq!(heir.work_email, gone.work_email, "an address is no identity");
        assert!(heir.works_on(today()) && !gone.works_on(today()), "and only one of them works here");
    }

    #[test]
    fn addresses_are_unique_but_for_the_one_that_was_handed_on() {
        let company = population(3000, 3, today());
        let distinct: BTreeSet<&str> = company.people.iter().map(|p| p.work_email.as_str()).collect();
        assert_eq!(distinct.len(), company.people.len() - 1, "other cases must not get a second reason");
        assert!(distinct.iter().all(|e| e.is_ascii()), "addresses are plain, whatever the names");
    }
}
