//! Words that HR systems and account lists use for a state.

use std::collections::{BTreeMap, HashMap};

use lockstep_domain::access::SignIn;
use lockstep_domain::people::SourceStatus;

use super::columns::fold;
use super::settings::{Role, wrong};
use crate::error::Result;

/// Words that mean one thing wherever they are used. Words that may mean two things (inactive: on leave or
/// gone? resigned: in notice or gone?) are left to the connection's own map.
const STATUS: &[(SourceStatus, &[&str])] = &[
    (
        SourceStatus::Active,
        &["active", "employed", "working", "current", "aktiv", "actif", "activo", "activa"],
    ),
    (
        SourceStatus::Pending,
        &[
            "pending",
            "pre-hire",
            "prehire",
            "not started",
            "onboarding",
            "future hire",
            "künftig",
            "à venir",
            "pendiente",
        ],
    ),
    (
        SourceStatus::OnLeave,
        &[
            "on leave",
            "leave",
            "leave of absence",
            "loa",
            "parental leave",
            "maternity leave",
            "sabbatical",
            "beurlaubt",
            "elternzeit",
            "en congé",
            "excedencia",
        ],
    ),
    (SourceStatus::Suspended, &["suspended", "suspendiert", "suspendu", "suspendido", "suspendida"]),
    (
        SourceStatus::Terminated,
        &[
            "terminated",
            "left",
            "leaver",
            "former",
            "former employee",
            "ex-employee",
            "retired",
            "deceased",
            "ausgeschieden",
            "ausgetreten",
            "sorti",
            "ancien employé",
            "cesado",
            "cesada",
        ],
    ),
];

const ENABLED: &[&str] =
    &["active", "enabled", "yes", "true", "1", "aktiv", "ja", "actif", "oui", "activo", "sí", "si"];
const DISABLED: &[&str] = &[
    "inactive",
    "disabled",
    "deactivated",
    "suspended",
    "blocked",
    "locked",
    "no",
    "false",
    "0",
    "inaktiv",
    "deaktiviert",
    "gesperrt",
    "nein",
    "inactif",
    "désactivé",
    "non",
    "inactivo",
    "desactivado",
];
const ADMIN: &[&str] = &["yes", "true", "1", "admin", "administrator", "owner", "ja", "oui", "sí", "si"];
const NO_ADMIN: &[&str] = &["no", "false", "0", "user", "member", "guest", "nein", "non"];

/// The words of one connection: the common ones, and its own on top.
#[derive(Debug)]
pub(super) struct Words {
    status: HashMap<String, SourceStatus>,
    sign_in: HashMap<String, SignIn>,
}

impl Words {
    /// The common words, and those of the setting `status_map` on top.
    ///
    /// # Errors
    /// `Setting` when a word is mapped to something that is no state of this role.
    pub(super) fn new(role: Role, own: &BTreeMap<String, String>) -> Result<Self> {
        let mut status: HashMap<_, _> =
            STATUS.iter().flat_map(|(state, words)| words.iter().map(|w| (fold(w), *state))).collect();
        let mut sign_in: HashMap<_, _> = ENABLED.iter().map(|w| (fold(w), SignIn::Enabled)).collect();
        sign_in.extend(DISABLED.iter().map(|w| (fold(w), SignIn::Disabled)));
        for (word, state) in own {
            match role {
                Role::Workers => {
                    let state = state
                        .parse()
                        .map_err(|_| no_state(state, "active, pending, on_leave, suspended, terminated"))?;
                    status.insert(fold(word), state);
                }
                Role::Accounts => {
                    let state = match state.as_str() {
                        "enabled" => SignIn::Enabled,
                        "disabled" => SignIn::Disabled,
                        _ => return Err(no_state(state, "enabled, disabled")),
                    };
                    sign_in.insert(fold(word), state);
                }
            }
        }
        Ok(Self { status, sign_in })
    }

    /// What HR's word means; `None` when nobody said.
    pub(super) fn status(&self, word: &str) -> Option<SourceStatus> {
        self.status.get(&fold(word)).copied()
    }

    /// What an account list's word means for sign-in; `None` when nobody said.
    pub(super) fn sign_in(&self, word: &str) -> Option<SignIn> {
        self.sign_in.get(&fold(word)).copied()
    }
}

fn no_state(state: &str, known: &str) -> crate::error::Error {
    wrong("status_map", &format!("{state:?} is no state"), &format!("map each word to one of: {known}"))
}

/// Whether a word says that the account administers its system; `None` when nobody said.
pub(super) fn admin(word: &str) -> Option<bool> {
    let folded = fold(word);
    let means = |words: &[&str]| words.iter().any(|w| fold(w) == folded);
    if means(ADMIN) {
        return Some(true);
    }
    means(NO_ADMIN).then_some(false)
}
