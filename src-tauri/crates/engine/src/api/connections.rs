//! Vendors and connections.

use std::collections::BTreeMap;
use std::fmt;

use chrono::{DateTime, Utc};
use lockstep_domain::capability::{Can, Mode};
use lockstep_domain::ids::ConnectionId;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

/// A vendor as its connector describes it.
#[derive(Clone, Debug, Serialize)]
pub struct VendorView {
    /// Name on the command line.
    pub id: String,
    /// Name for people.
    pub name: String,
    /// What it is for.
    pub about: String,
    /// The roles it plays.
    pub roles: Vec<String>,
    /// What a connection has to be told.
    pub fields: Vec<FieldView>,
    /// Rights that the credentials need: name and reason.
    pub scopes: Vec<(String, String)>,
    /// Where the vendor documents the API.
    pub docs: String,
}

/// One thing that a connection has to be told.
#[derive(Clone, Debug, Serialize)]
pub struct FieldView {
    /// Name in settings.
    pub name: String,
    /// Label for people.
    pub label: String,
    /// Where to get it.
    pub help: String,
    /// What may stand in it.
    pub kind: String,
    /// Whether it is a secret.
    pub secret: bool,
    /// Whether a connection needs it.
    pub required: bool,
    /// What is taken when nothing is said.
    pub default: Option<String>,
    /// An example.
    pub example: String,
}

/// A new connection. Secrets go to the keychain and nowhere else.
#[derive(Deserialize)]
pub struct AddConnection {
    /// The vendor.
    pub vendor: String,
    /// A unique name.
    pub name: String,
    /// Settings by field name.
    pub settings: BTreeMap<String, String>,
    /// Secrets by field name.
    #[serde(skip)]
    pub secrets: BTreeMap<String, Zeroizing<String>>,
}

impl fmt::Debug for AddConnection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AddConnection")
            .field("vendor", &self.vendor)
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

/// A connection.
#[derive(Clone, Debug, Serialize)]
pub struct ConnectionView {
    /// Its id.
    pub id: ConnectionId,
    /// Its name.
    pub name: String,
    /// Its vendor.
    pub vendor: String,
    /// Which tenant of the vendor.
    pub tenant: String,
    /// How far it may go.
    pub mode: Mode,
    /// Settings, no secrets among them.
    pub settings: BTreeMap<String, String>,
    /// Names of the secrets that the keychain holds for it.
    pub secrets: Vec<String>,
    /// What it can do.
    pub can: Vec<Can>,
    /// When its last complete read ended (UTC).
    pub last_complete_read: Option<DateTime<Utc>>,
    /// Its last failure, with what to do about it.
    pub trouble: Option<String>,
}

/// Raising or lowering how far a connection may go; a logged act.
#[derive(Clone, Debug, Deserialize)]
pub struct SetMode {
    /// The connection, by name or id.
    pub connection: String,
    /// The new mode.
    pub mode: Mode,
    /// Why.
    pub reason: String,
}

/// What trying a connection found.
#[derive(Clone, Debug, Serialize)]
pub struct ProbeView {
    /// The connection.
    pub connection: String,
    /// What answered.
    pub summary: String,
    /// Rights held.
    pub held: Vec<String>,
    /// Rights needed and not held.
    pub missing: Vec<String>,
    /// Rights held and not needed.
    pub excess: Vec<String>,
}
