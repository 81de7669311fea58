//! How a connector describes itself. The wizard, the docs, the CLI, the behaviour suite and the planner
//! read this; nothing about a vendor is known anywhere else.

use serde::Serialize;

/// What a vendor is and needs; plain data.
#[derive(Clone, Debug, Serialize)]
pub struct Descriptor {
    /// Name in code and on the command line ("scim").
    pub id: &'static str,
    /// Name for people.
    pub name: &'static str,
    /// One sentence: what it is for.
    pub about: &'static str,
    /// The roles it plays.
    pub roles: &'static [RoleKind],
    /// What a connection has to be told, secrets included.
    pub fields: &'static [Field],
    /// Rights that the credentials need.
    pub scopes: &'static [Scope],
    /// How fast it may be asked.
    pub pace: Pace,
    /// Where the vendor documents the API (https).
    pub docs: &'static str,
}

/// A role that a vendor can play.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum RoleKind {
    /// Says who works here.
    Workers,
    /// Lists accounts, and no more.
    Accounts,
    /// Lists accounts and changes them.
    Access,
    /// Tells who signed in and who changed what.
    Activity,
    /// Tells how much was used, and by whom.
    Usage,
    /// Passes notices on to people.
    Notices,
}

/// One thing that a connection has to be told.
#[derive(Clone, Debug, Serialize)]
pub struct Field {
    /// Name in settings and on the command line ("base_url").
    pub name: &'static str,
    /// Label for people.
    pub label: &'static str,
    /// Where to get it, with least privilege.
    pub help: &'static str,
    /// What may stand in it.
    pub kind: FieldKind,
    /// Whether a connection can do without.
    pub required: bool,
    /// What is taken when nothing is said.
    pub default: Option<&'static str>,
    /// An example, as the vendor would write it.
    pub example: &'static str,
}

/// What may stand in a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum FieldKind {
    /// Words.
    Text,
    /// An https address (http only on loopback, and only when the connection allows it).
    Url,
    /// A secret: kept in the keychain, never in settings, never shown again.
    Secret,
    /// A file on this machine.
    Path,
    /// Yes or no.
    Flag,
    /// One of these words.
    Choice(&'static [&'static str]),
    /// An IANA time zone.
    Zone,
    /// A saved column map, as JSON.
    ColumnMap,
}

/// A right that the credentials need, and what for.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Scope {
    /// The vendor's name of it.
    pub name: &'static str,
    /// What we use it for.
    pub why: &'static str,
}

/// How fast a vendor may be asked.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Pace {
    /// Requests under way at once.
    pub parallel: u8,
    /// Requests a second, before the vendor says otherwise.
    pub per_second: u16,
}
