//! What an organisation holds, and what happens in it as time passes.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};

use super::limits::Limits;
use super::oauth::AccessToken;
use crate::population::{Case, Person, Population};

/// A user's status, in the vendor's words.
pub type Status = &'static str;

/// How this organisation is set up, and how slow the vendor is.
#[derive(Clone, Debug)]
pub struct Manner {
    /// Whether the service app has an admin role; without it lists are 200 and empty.
    pub admin_role: bool,
    /// The scopes granted to the service app.
    pub granted_scopes: BTreeSet<String>,
    /// For how long a search shows the status from before a change.
    pub search_lag: TimeDelta,
    /// How long deactivating somebody with applications takes.
    pub deactivation: TimeDelta,
    /// How long the System Log takes to show an event.
    pub log_lag: TimeDelta,
    /// How long a group rule takes to add a member again.
    pub rule_lag: TimeDelta,
}

/// A user.
#[derive(Clone, Debug)]
pub struct User {
    /// The vendor's id.
    pub id: String,
    /// The profile.
    pub profile: Value,
    /// The status.
    pub status: Status,
    /// The status before, and until when a search shows it (UTC).
    pub(super) shown_until: Option<(Status, DateTime<Utc>)>,
    /// When a deactivation under way will be over (UTC).
    pub(super) deactivated_at: Option<DateTime<Utc>>,
    pub(super) status_changed: DateTime<Utc>,
    pub(super) last_login: Option<DateTime<Utc>>,
    /// Applications assigned to the user itself.
    pub apps: BTreeSet<String>,
    /// Admin roles assigned to the user itself: assignment id and type.
    pub roles: BTreeMap<String, String>,
    /// Factors: id and type.
    pub factors: BTreeMap<String, String>,
    /// Clients with refresh tokens.
    pub clients: BTreeSet<String>,
    /// Consents: id and scope.
    pub consents: BTreeMap<String, String>,
    /// Whether a session at Okta is live.
    pub session: bool,
}

/// A group.
#[derive(Clone, Debug)]
pub struct Group {
    pub(super) name: String,
    pub(super) kind: &'static str,
    /// Ids of members; Everyone has all.
    pub members: BTreeSet<String>,
    /// Applications that the group brings.
    pub(super) apps: BTreeSet<String>,
    /// Whether a rule keeps the members, and whom it adds again when (UTC).
    pub(super) rule: Option<BTreeMap<String, DateTime<Utc>>>,
}

/// An organisation.
#[derive(Clone, Debug)]
pub struct Org {
    /// How it is set up.
    pub manner: Manner,
    /// Users by id; who was deleted is gone.
    pub users: BTreeMap<String, User>,
    /// Groups by id.
    pub groups: BTreeMap<String, Group>,
    /// Labels of applications by id.
    pub apps: BTreeMap<String, String>,
    /// API tokens: id, and whose.
    pub api_tokens: BTreeMap<String, String>,
    /// What applications were told of users by provisioning: application, user, what.
    pub told: Vec<(String, String, &'static str)>,
    /// The System Log: events with the time from which they show (UTC).
    pub(super) log: Vec<(DateTime<Utc>, Value)>,
    pub(super) access_tokens: Vec<AccessToken>,
    pub(super) used_assertions: BTreeSet<String>,
    pub(super) api_token_owner: String,
    pub(super) limits: Limits,
    pub(super) requests: u64,
}

/// Everyone, by the vendor's kind.
pub(super) const EVERYONE: &str = "00gpractice0everyone";
const STAFF: &str = "00gpractice00000staff";
const DIRECTORY: &str = "00gpractice0directory";

impl Org {
    pub(super) fn new(population: &Population, now: DateTime<Utc>) -> Self {
        let mut org = Self {
            manner: Manner::default(),
            users: population.people.iter().map(|p| user(p, population, now)).collect(),
            groups: BTreeMap::new(),
            apps: [("0oapractice00000wiki", "Practice Wiki"), ("0oapractice00000chat", "Practice Chat")]
                .map(|(id, label)| (id.to_owned(), label.to_owned()))
                .into(),
            api_tokens: BTreeMap::new(),
            told: vec![],
            log: vec![],
            access_tokens: vec![],
            used_assertions: BTreeSet::new(),
            api_token_owner: population.one(Case::Operator).map(|p| user_id(p.number)).unwrap_or_default(),
            limits: Limits::default(),
            requests: 0,
        };
        let here: BTreeSet<String> =
            org.users.values().filter(|u| u.status == "ACTIVE").map(|u| u.id.clone()).collect();
        let everyone = org.users.values().filter(|u| u.status != "DEPROVISIONED").map(|u| u.id.clone());
        let group = |name: &str, kind, members: BTreeSet<String>| Group {
            name: name.into(),
            kind,
            members,
            apps: BTreeSet::new(),
            rule: None,
        };
        let wiki = BTreeSet::from(["0oapractice00000wiki".to_owned()]);
        org.groups = [
            (EVERYONE.into(), group("Everyone", "BUILT_IN", everyone.collect())),
            (DIRECTORY.into(), group("Domain Users", "APP_GROUP", here.clone())),
            (
                STAFF.into(),
                Group { rule: Some(BTreeMap::new()), apps: wiki, ..group("Staff", "OKTA_GROUP", here) },
            ),
        ]
        .into();
        for person in &population.people {
            let name = person.department.clone();
            let id = format!("00gpractice-{}", name.to_lowercase().replace(' ', "-"));
            let department =
                org.groups.entry(id).or_insert_with(|| group(&name, "OKTA_GROUP", BTreeSet::new()));
            let user = user_id(person.number);
            if org.users.get(&user).is_some_and(|u| u.status == "ACTIVE") {
                department.members.insert(user.clone());
            }
            if person.is_admin() {
                org.api_tokens.insert(format!("00Tpractice{:04}", person.number), user);
            }
        }
        org
    }

    /// Lets happen what is due.
    pub(super) fn settle(&mut self, now: DateTime<Utc>) {
        let done: Vec<String> = self
            .users
            .values()
            .filter(|u| u.deactivated_at.is_some_and(|at| at <= now))
            .map(|u| u.id.clone())
            .collect();
        for id in done {
            self.finish_deactivation(&id, now);
        }
        for group in self.groups.values_mut() {
            let Some(rule) = &mut group.rule else { continue };
            let users = &self.users;
            rule.retain(|user, at| {
                if *at > now {
                    return true;
                }
                if users.get(user).is_some_and(|u| u.status == "ACTIVE") {
                    group.members.insert(user.clone());
                }
                false
            });
        }
    }

    /// Changes a status; a search notices later.
    pub(super) fn set_status(&mut self, id: &str, status: Status, now: DateTime<Utc>) {
        let until = now + self.manner.search_lag;
        if let Some(user) = self.users.get_mut(id) {
            user.shown_until = Some((user.status, until));
            user.status = status;
            user.status_changed = now;
        }
    }

    /// Deactivating destroys what hung on the user and tells the applications.
    fn finish_deactivation(&mut self, id: &str, now: DateTime<Utc>) {
        self.set_status(id, "DEPROVISIONED", now);
        let apps = self.apps_of(id);
        self.told.extend(apps.into_keys().map(|app| (app, id.to_owned(), "active=false")));
        self.api_tokens.retain(|_, owner| owner != id);
        for group in self.groups.values_mut() {
            group.members.remove(id);
        }
        if let Some(user) = self.users.get_mut(id) {
            user.deactivated_at = None;
            user.session = false;
            user.apps.clear();
            user.factors.clear();
            user.clients.clear();
            user.consents.clear();
        }
    }

    /// The applications of a user: id, and whether by the user's own assignment.
    pub(super) fn apps_of(&self, id: &str) -> BTreeMap<String, bool> {
        let by_group = self.groups.values().filter(|g| g.members.contains(id)).flat_map(|g| &g.apps);
        let mut apps: BTreeMap<String, bool> = by_group.map(|app| (app.clone(), false)).collect();
        apps.extend(self.users.get(id).into_iter().flat_map(|u| &u.apps).map(|app| (app.clone(), true)));
        apps
    }

    /// Writes an event into the System Log.
    pub(super) fn note(
        &mut self,
        event_type: &str,
        user: &str,
        actor: Value,
        request: &str,
        now: DateTime<Utc>,
    ) {
        let login = self.users.get(user).map(|u| u.profile["login"].clone()).unwrap_or_default();
        let event = json!({
            "uuid": format!("practice-event-{}", self.log.len() + 1),
            "published": stamp(now),
            "eventType": event_type,
            "severity": "INFO",
            "actor": actor,
            "outcome": {"result": "SUCCESS"},
            "target": [{"id": user, "type": "User", "alternateId": login}],
            "transaction": {"type": "WEB", "id": request},
            "debugContext": {"debugData": {"requestId": request}},
        });
        self.log.push((now + self.manner.log_lag, event));
    }
}

impl Default for Manner {
    fn default() -> Self {
        let parts = ["users", "groups", "apps", "roles", "apiTokens"];
        let mut granted_scopes: BTreeSet<String> = parts
            .iter()
            .flat_map(|part| [format!("okta.{part}.read"), format!("okta.{part}.manage")])
            .collect();
        granted_scopes.insert("okta.logs.read".into());
        Self {
            admin_role: true,
            granted_scopes,
            search_lag: TimeDelta::seconds(5),
            deactivation: TimeDelta::seconds(5),
            log_lag: TimeDelta::zero(),
            rule_lag: TimeDelta::minutes(5),
        }
    }
}

/// The id of the person with this number.
pub fn user_id(number: u32) -> String {
    format!("00upractice{number:09}")
}

/// A time as Okta writes it.
pub(super) fn stamp(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(chrono::SecondsFormat::Millis, true)
}

fn user(person: &Person, population: &Population, now: DateTime<Utc>) -> (String, User) {
    let id = user_id(person.number);
    let status = match person.case {
        Case::Joiner => "STAGED",
        Case::LeftLongAgo => "DEPROVISIONED",
        _ => "ACTIVE",
    };
    let active = status == "ACTIVE";
    let manager = person.manager.and_then(|n| population.person(n)).map(Person::display_name);
    let user = User {
        profile: json!({
            "login": person.work_email, "email": person.work_email, "secondEmail": person.personal_email,
            "firstName": person.first_name, "lastName": person.last_name,
            "employeeNumber": person.employee_number(),
            "department": person.department, "manager": manager,
        }),
        status,
        shown_until: None,
        deactivated_at: None,
        status_changed: now - TimeDelta::days(200),
        last_login: active.then(|| now - TimeDelta::hours(20)),
        apps: if active && person.number.is_multiple_of(3) {
            BTreeSet::from(["0oapractice00000chat".to_owned()])
        } else {
            BTreeSet::new()
        },
        roles: if person.is_admin() {
            BTreeMap::from([(format!("ra1practice{:04}", person.number), "SUPER_ADMIN".to_owned())])
        } else {
            BTreeMap::new()
        },
        factors: active
            .then(|| (format!("opfpractice{:04}", person.number), "push".to_owned()))
            .into_iter()
            .collect(),
        clients: active.then(|| "0oapractice00000chat".to_owned()).into_iter().collect(),
        consents: BTreeMap::new(),
        session: active,
        id: id.clone(),
    };
    (id, user)
}
