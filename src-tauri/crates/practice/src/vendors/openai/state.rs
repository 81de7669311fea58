//! What the organisation holds.

use chrono::{DateTime, TimeDelta, Utc};

use super::OpenAi;
use crate::population::{Case, Person, Population};

/// How it behaves where its description leaves room.
#[derive(Clone, Copy, Debug, Default)]
pub struct Manner {
    /// For how many seconds what was removed is still shown.
    pub lag_s: u32,
    /// Whether lists in the query of usage are taken with brackets only; without them they are overlooked.
    pub brackets: bool,
    /// Whether every list tells no cursor, which is optional.
    pub no_cursors: bool,
}

/// A member of the organisation or of a project.
#[derive(Clone, Debug)]
pub struct Member {
    /// The vendor's id.
    pub id: String,
    /// E-mail; may be missing.
    pub email: Option<String>,
    /// Name; may be missing.
    pub name: Option<String>,
    /// `owner`, `reader`, `member` or a word of the organisation's own.
    pub role: Option<String>,
    /// Whether a directory keeps the member.
    pub scim_managed: bool,
    /// Removed; shown until then.
    pub gone_at: Option<DateTime<Utc>>,
}

/// Who owns a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Owner {
    /// A member.
    User(String),
    /// A service account.
    Service(String),
}

impl Owner {
    /// The owner's id.
    pub fn id(&self) -> &str {
        match self {
            Self::User(id) | Self::Service(id) => id,
        }
    }
}

/// A key.
#[derive(Clone, Debug)]
pub struct Key {
    /// The vendor's id.
    pub id: String,
    /// Whose it is.
    pub owner: Owner,
    /// The owner's e-mail, told even when the owner is gone.
    pub email: Option<String>,
    /// Deleted; shown until then.
    pub gone_at: Option<DateTime<Utc>>,
}

/// A project.
#[derive(Clone, Debug)]
pub struct Project {
    /// The vendor's id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Since when it is archived.
    pub archived_at: Option<DateTime<Utc>>,
    /// Its members.
    pub members: Vec<Member>,
    /// Ids and names of its service accounts.
    pub services: Vec<(String, String)>,
    /// Its keys.
    pub keys: Vec<Key>,
}

#[derive(Clone, Debug)]
pub(super) struct Invite {
    pub(super) id: String,
    pub(super) email: String,
    pub(super) status: &'static str,
    pub(super) gone_at: Option<DateTime<Utc>>,
}

impl Invite {
    pub(super) fn pending(&self) -> bool {
        self.status == "pending" && self.gone_at.is_none()
    }
}

/// Something that the audit log tells.
#[derive(Clone, Debug)]
pub(super) struct Event {
    pub(super) at: DateTime<Utc>,
    pub(super) kind: &'static str,
    /// The member who did it in a session; else our own admin key.
    pub(super) by: Option<(String, String)>,
    pub(super) about: String,
}

#[derive(Debug)]
pub(super) struct State {
    pub(super) manner: Manner,
    pub(super) members: Vec<Member>,
    pub(super) invites: Vec<Invite>,
    pub(super) projects: Vec<Project>,
    pub(super) admin_keys: Vec<Key>,
    pub(super) events: Vec<Event>,
    pub(super) begun: DateTime<Utc>,
}

/// The service account that owns the admin key of the practice company.
const OWN: &str = "svc_acct_lockstep";

impl State {
    pub(super) fn new(population: &Population, now: DateTime<Utc>) -> Self {
        let mut state = Self {
            manner: Manner::default(),
            members: Vec::new(),
            invites: Vec::new(),
            projects: vec![
                project("proj_default", "Default project", None),
                project("proj_research", "Research", None),
                project("proj_old", "Old prototype", Some(now - TimeDelta::days(90))),
            ],
            admin_keys: vec![Key {
                id: "key_admin_1".into(),
                owner: Owner::Service(OWN.into()),
                email: None,
                gone_at: None,
            }],
            events: Vec::new(),
            begun: now,
        };
        for person in population.people.iter().filter(|p| uses_it(p, population)) {
            state.take_in(person);
        }
        state.nameless();
        for (place, machine) in population.service_accounts.iter().enumerate() {
            let owner = machine.owner.and_then(|n| population.person(n));
            state.machine(place, &machine.login, owner);
        }
        if let Some(joiner) = population.one(Case::Joiner) {
            state.invite("invite-1", &joiner.work_email, "pending");
        }
        state.invite("invite-2", "long.ago@practice.example", "expired");
        state
    }

    pub(super) fn project(&self, id: &str) -> Option<&Project> {
        self.projects.iter().find(|p| p.id == id)
    }

    pub(super) fn project_mut(&mut self, id: &str) -> Option<&mut Project> {
        self.projects.iter_mut().find(|p| p.id == id)
    }

    pub(super) fn all_keys(&self) -> impl Iterator<Item = &Key> {
        self.projects.iter().flat_map(|p| &p.keys)
    }

    fn take_in(&mut self, person: &Person) {
        let id = OpenAi::id_of(person.number);
        let email = person.work_email.clone();
        // The only owner, so that nobody may remove them.
        let role = if person.case == Case::LastAdmin { "owner" } else { "reader" };
        let member = Member {
            id: id.clone(),
            email: Some(email.clone()),
            name: Some(person.display_name()),
            role: Some(role.into()),
            scim_managed: person.case == Case::LeavesLater,
            gone_at: None,
        };
        self.members.push(member.clone());
        for (place, key) in [("proj_default", 1), ("proj_research", 2)] {
            let Some(project) = self.project_mut(place) else { continue };
            // Lost access to the second project; the key there is still enabled, and hidden by default.
            if person.case != Case::LeavesSoon || place == "proj_default" {
                project.members.push(Member { role: Some("member".into()), ..member.clone() });
            }
            project.keys.push(Key {
                id: format!("key_{}_{key}", person.number),
                owner: Owner::User(id.clone()),
                email: Some(email.clone()),
                gone_at: None,
            });
        }
    }

    /// Only what is promised of a member.
    fn nameless(&mut self) {
        self.members.push(Member {
            id: "user-nameless".into(),
            email: None,
            name: None,
            role: None,
            scim_managed: false,
            gone_at: None,
        });
    }

    fn machine(&mut self, place: usize, login: &str, maker: Option<&Person>) {
        let id = format!("svc_acct_{place}");
        let at = self.begun - TimeDelta::days(200);
        let by = maker.map(|m| (OpenAi::id_of(m.number), m.work_email.clone()));
        self.events.push(Event { at, kind: "service_account.created", by, about: id.clone() });
        let Some(project) = self.project_mut("proj_default") else { return };
        project.services.push((id.clone(), login.split('@').next().unwrap_or(login).to_owned()));
        project.keys.push(Key {
            id: format!("key_svc_{place}"),
            owner: Owner::Service(id),
            email: None,
            gone_at: None,
        });
    }

    fn invite(&mut self, id: &str, email: &str, status: &'static str) {
        self.invites.push(Invite { id: id.into(), email: email.into(), status, gone_at: None });
    }
}

/// Two in three of those who work here, every special case, and who left yesterday and was forgotten.
fn uses_it(person: &Person, population: &Population) -> bool {
    let works = person.works_on(population.today) || person.case == Case::LeftYesterday;
    works && (person.case != Case::Ordinary || !person.number.is_multiple_of(3))
}

fn project(id: &str, name: &str, archived_at: Option<DateTime<Utc>>) -> Project {
    Project {
        id: id.into(),
        name: name.into(),
        archived_at,
        members: Vec::new(),
        services: Vec::new(),
        keys: Vec::new(),
    }
}

/// Whether something is still shown.
pub(super) fn shown(gone_at: Option<DateTime<Utc>>, now: DateTime<Utc>) -> bool {
    gone_at.is_none_or(|at| now < at)
}
