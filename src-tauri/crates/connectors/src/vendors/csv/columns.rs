//! Which column of a file holds which of our fields.

use std::collections::{BTreeMap, HashSet};

use serde::Serialize;

use super::report::{Place, refuse, shown};
use super::settings::Role;
use crate::error::Result;

macro_rules! fields {
    ($($variant:ident $name:literal $synonyms:expr;)+) => {
        /// A field that a column can hold.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub(super) enum Field { $($variant),+ }

        impl Field {
            const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The field's name in a column map.
            pub(super) fn name(self) -> &'static str {
                match self { $(Self::$variant => $name),+ }
            }

            /// Header texts (English, German, French, Spanish) that mean the field, beside its own name.
            fn synonyms(self) -> &'static [&'static str] {
                match self { $(Self::$variant => &$synonyms),+ }
            }
        }
    };
}

fields! {
    PersonId "remote_person_id" ["employee id", "person id", "worker id", "personalnummer", "personal-nr",
        "mitarbeiter-id", "mitarbeiternummer", "matricule", "id employé", "id empleado", "id de empleado"];
    EmploymentId "remote_employment_id" ["employment id", "assignment id", "contract id", "vertragsnummer",
        "id contrat", "id contrato"];
    EmployeeNumber "employee_number" ["employee number", "employee no", "badge number", "ausweisnummer",
        "numéro d'employé", "número de empleado"];
    FirstName "first_name" ["given name", "forename", "vorname", "prénom", "nombre"];
    LastName "last_name" ["surname", "family name", "nachname", "familienname", "nom", "nom de famille",
        "apellido", "apellidos"];
    DisplayName "display_name" ["name", "full name", "employee name", "vollständiger name", "nom complet",
        "nombre completo"];
    WorkEmail "work_email" ["email", "email address", "work email address", "company email", "dienstliche e-mail",
        "e-mail-adresse", "courriel", "adresse e-mail", "correo", "correo electrónico"];
    PersonalEmail "personal_email" ["private email", "home email", "private e-mail-adresse",
        "courriel personnel", "correo personal"];
    ManagerId "manager_remote_id" ["manager id", "supervisor id", "vorgesetzten-id", "id manager",
        "id responsable"];
    WorkerKind "worker_kind" ["worker type", "art des mitarbeiters"];
    EmploymentType "employment_type" ["employee type", "beschäftigungsart", "type de contrat",
        "tipo de contrato"];
    StartDate "start_date" ["hire date", "date of hire", "entry date", "eintrittsdatum", "eintritt",
        "date d'embauche", "date d'entrée", "fecha de alta", "fecha de inicio", "fecha de ingreso"];
    TerminationDate "termination_date" ["end date", "leaving date", "date of termination", "exit date",
        "austrittsdatum", "austritt", "date de sortie", "date de départ", "date de fin", "fecha de baja",
        "fecha de fin", "fecha de salida"];
    LastDayWorked "last_day_worked" ["last working day", "last day of work", "letzter arbeitstag",
        "dernier jour travaillé", "último día trabajado"];
    NoticeDate "notice_given_date" ["notice date", "resignation date", "kündigungsdatum", "date de démission",
        "fecha de preaviso"];
    TerminationAt "termination_at" ["termination time", "access ends at"];
    TerminationKind "termination_kind" ["termination type", "austrittsart", "motif de départ",
        "motivo de baja"];
    Status "source_status" ["status", "employment status", "employee status", "beschäftigungsstatus", "statut",
        "estado"];
    TimeZone "time_zone" ["timezone", "zeitzone", "fuseau horaire", "zona horaria"];
    Location "location" ["work location", "site", "standort", "arbeitsort", "lieu de travail", "ubicación"];
    LegalEntity "legal_entity" ["company", "firma", "gesellschaft", "société", "empresa"];
    Department "department" ["abteilung", "département", "service", "departamento"];
    JobTitle "job_title" ["title", "position", "stelle", "poste", "puesto", "cargo"];
    CostCenter "cost_center" ["cost centre", "kostenstelle", "centre de coûts", "centro de coste"];
    AccountId "remote_id" ["account id", "user id", "konto-id", "benutzer-id", "id utilisateur", "id de usuario"];
    Login "login" ["username", "user name", "login name", "account", "benutzername", "anmeldename",
        "identifiant", "nom d'utilisateur", "usuario", "nombre de usuario"];
    Emails "emails" ["email", "email address", "email addresses", "e-mail-adresse", "courriel",
        "correo", "correo electrónico"];
    ExternalId "external_id" ["external id", "employee number", "employee id", "personalnummer", "matricule",
        "número de empleado"];
    AccountName "display_name" ["name", "full name", "vollständiger name", "nom complet", "nombre completo"];
    Active "active" ["enabled", "status", "account status", "aktiv", "actif", "statut", "activo", "estado"];
    Admin "admin" ["is admin", "administrator", "role", "rolle", "rôle", "rol"];
    LastUsed "last_used" ["last login", "last sign-in", "last active", "letzte anmeldung",
        "dernière connexion", "último acceso"];
}

impl Field {
    /// The fields of a role.
    pub(super) fn of(role: Role) -> &'static [Self] {
        let first_account_field = Self::AccountId as usize;
        match role {
            Role::Workers => &Self::ALL[..first_account_field],
            Role::Accounts => &Self::ALL[first_account_field..],
        }
    }

    fn is_meant_by(self, folded: &str) -> bool {
        fold(self.name()) == folded || self.synonyms().iter().any(|s| fold(s) == folded)
    }
}

/// Lower case, without blanks and the signs that join words: how headers and status words compare.
pub(super) fn fold(text: &str) -> String {
    let joins_words = |c: char| c.is_whitespace() || matches!(c, '_' | '-' | '.' | '\'' | '’');
    text.chars().filter(|c| !joins_words(*c)).flat_map(char::to_lowercase).collect()
}

/// A column map as saved: field name to header text.
pub(super) type ColumnMap = BTreeMap<String, String>;

/// A column map put forward from header texts alone.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Proposal {
    /// Field name to header text, ready to be saved as the setting `columns`.
    pub columns: BTreeMap<String, String>,
    /// Required fields for which no header was found.
    pub missing: Vec<&'static str>,
    /// Fields for which several headers were found; a person has to choose.
    pub ambiguous: BTreeMap<String, Vec<String>>,
    /// Headers that stand for none of our fields.
    pub unused: Vec<String>,
}

impl Proposal {
    /// Whether it can be used without asking anybody.
    pub fn is_safe(&self) -> bool {
        self.missing.is_empty() && self.ambiguous.is_empty()
    }
}

/// Puts a column map forward for these headers. A header equal to our field name beats a synonym.
pub fn propose_columns(role: Role, headers: &[&str]) -> Proposal {
    let folded: Vec<String> = headers.iter().map(|h| fold(h)).collect();
    let at = |i: usize| headers[i].trim().to_owned();
    let mut proposal = Proposal::default();
    let mut used = vec![false; headers.len()];
    for &field in Field::of(role) {
        let own = fold(field.name());
        let named = |test: &dyn Fn(&str) -> bool| (0..headers.len()).filter(|&i| test(&folded[i])).collect();
        let mut found: Vec<usize> = named(&|h| h == own);
        if found.is_empty() {
            found = named(&|h| field.is_meant_by(h));
        }
        found.iter().for_each(|&i| used[i] = true);
        match found[..] {
            [] => {}
            [only] => drop(proposal.columns.insert(field.name().to_owned(), at(only))),
            _ => {
                let choices = found.into_iter().map(at).collect();
                proposal.ambiguous.insert(field.name().to_owned(), choices);
            }
        }
    }
    proposal.missing = missing(role, |f| {
        proposal.columns.contains_key(f.name()) || proposal.ambiguous.contains_key(f.name())
    });
    proposal.unused = (0..headers.len()).filter(|&i| !used[i]).map(at).collect();
    proposal
}

/// The required fields that are not there.
fn missing(role: Role, has: impl Fn(Field) -> bool) -> Vec<&'static str> {
    let mut missing = Vec::new();
    match role {
        Role::Workers => {
            let required = [Field::PersonId, Field::Status, Field::TerminationDate];
            missing.extend(required.into_iter().filter(|f| !has(*f)).map(Field::name));
            if !(has(Field::DisplayName) || has(Field::FirstName) && has(Field::LastName)) {
                missing.push("display_name (or first_name and last_name)");
            }
        }
        Role::Accounts => {
            if !has(Field::AccountId) && !has(Field::Login) {
                missing.push("remote_id (or login)");
            }
        }
    }
    missing
}

/// The columns of one file, found.
#[derive(Debug)]
pub(super) struct Columns {
    at: [Option<usize>; Field::ALL.len()],
    headers: Vec<String>,
}

impl Columns {
    /// Finds the columns of a saved map, or of the proposal where none is saved.
    ///
    /// # Errors
    /// When a column is missing, stands there twice, or cannot be told without a person.
    pub(super) fn find(
        role: Role,
        saved: Option<&ColumnMap>,
        headers: &[&str],
        place: Place,
    ) -> Result<Self> {
        let seen = || headers.iter().take(60).map(|h| shown(h)).collect::<Vec<_>>().join(", ");
        let proposed;
        let map = match saved {
            Some(map) => map,
            None => {
                proposed = propose_columns(role, headers);
                if let Some((field, choices)) = proposed.ambiguous.first_key_value() {
                    let choices = choices.iter().map(|h| shown(h)).collect::<Vec<_>>().join(", ");
                    return Err(refuse(
                        format_args!("{place}: more than one column could be {field}: {choices}"),
                        format!(
                            "save a column map: say in the setting `columns` which header {field} stands under"
                        ),
                    ));
                }
                &proposed.columns
            }
        };
        let mut columns = Self {
            at: [None; Field::ALL.len()],
            headers: headers.iter().map(|h| h.trim().to_owned()).collect(),
        };
        let folded: Vec<String> = headers.iter().map(|h| fold(h)).collect();
        for &field in Field::of(role) {
            let Some(header) = map.get(field.name()) else { continue };
            columns.at[field as usize] = Some(columns.locate(field, header, &folded).map_err(|problem| {
                refuse(
                    format_args!("{place} {problem}; headers seen: {}", seen()),
                    "export the column under its agreed header, once, or change the setting `columns`",
                )
            })?);
        }
        let missing = missing(role, |f| columns.index(f).is_some());
        if !missing.is_empty() {
            return Err(refuse(
                format_args!("{place} has no column for {}; headers seen: {}", missing.join(", "), seen()),
                "add the column to the export, or name its header in the setting `columns`; \
                 the header must be the first row of the file",
            ));
        }
        Ok(columns)
    }

    /// The one column under this header: an exact match first, then one that differs in case and signs only.
    fn locate(&self, field: Field, header: &str, folded: &[String]) -> Result<usize, String> {
        let header = header.trim();
        let wanted = fold(header);
        let mut found: Vec<usize> =
            self.headers.iter().enumerate().filter(|(_, h)| *h == header).map(|(i, _)| i).collect();
        if found.is_empty() && !wanted.is_empty() {
            found = (0..folded.len()).filter(|&i| folded[i] == wanted).collect();
        }
        match found[..] {
            [only] => Ok(only),
            [] => Err(format!("has no column {} (for {})", shown(header), field.name())),
            _ => {
                let letters: Vec<String> = found.into_iter().map(letter).collect();
                Err(format!(
                    "has the column {} (for {}) more than once: {}",
                    shown(header),
                    field.name(),
                    letters.join(", ")
                ))
            }
        }
    }

    /// Where a field stands, from 0; `None` when the file does not have it.
    pub(super) fn index(&self, field: Field) -> Option<usize> {
        self.at[field as usize]
    }

    /// Places of all mapped columns.
    pub(super) fn mapped(&self) -> impl Iterator<Item = (Field, usize)> + '_ {
        Field::ALL.iter().filter_map(|&f| Some((f, self.index(f)?)))
    }

    /// How many columns the header has.
    pub(super) fn width(&self) -> usize {
        self.headers.len()
    }

    /// Whether these cells are a header again: at least two, and at least half of those filled, under mapped
    /// columns are words that headers use.
    pub(super) fn looks_like_header<'a>(&self, role: Role, cell: impl Fn(usize) -> Option<&'a str>) -> bool {
        let own: HashSet<String> = self.headers.iter().map(|h| fold(h)).collect();
        let filled: Vec<String> = self.mapped().filter_map(|(_, i)| cell(i)).map(fold).collect();
        let is_word = |c: &&String| {
            own.contains(c.as_str()) || Field::of(role).iter().any(|f| f.is_meant_by(c.as_str()))
        };
        let words = filled.iter().filter(is_word).count();
        words >= 2 && words * 2 >= filled.len()
    }
}

/// A column's letters as a spreadsheet shows them (0 is A).
pub(super) fn letter(index: usize) -> String {
    let mut letters = Vec::new();
    let mut rest = index + 1;
    while rest > 0 {
        letters.push(char::from(b'A' + u8::try_from((rest - 1) % 26).unwrap_or(0)));
        rest = (rest - 1) / 26;
    }
    letters.iter().rev().collect()
}
