//! The tests' simulated vendor: one Receipt-only wish, one Final, one lagging, and a source of workers.
//!
//! It is compiled only with the feature `sim`, which no release sets. A test keeps the [`SimWorld`] and opens
//! as many connections to it as it lets processes die.

mod connector;
mod world;

use std::sync::Arc;

use connector::Sim;
pub use world::{
    Fault, GRANT_LAG_S, Op, Outcome, SimAccount, SimGroup, SimState, SimWorld, SimWrite, Times, WorkersRead,
};

use crate::contract::{Connector, OpenContext, Vendor};
use crate::descriptor::{Descriptor, Field, FieldKind, Pace, RoleKind};
use crate::error::{Error, Kind};

const ROLES: &[&str] = &["both", "workers", "access"];

const FIELDS: &[Field] = &[
    Field {
        name: "role",
        label: "Role",
        help: "Which of its roles the connection plays.",
        kind: FieldKind::Choice(ROLES),
        required: false,
        default: Some("both"),
        example: "access",
    },
    Field {
        name: "tenant",
        label: "Tenant",
        help: "Any word; tells two connections apart.",
        kind: FieldKind::Text,
        required: false,
        default: Some("sim"),
        example: "sim",
    },
];

/// The simulated vendor over one world.
pub fn vendor(world: Arc<SimWorld>) -> Vendor {
    Vendor {
        descriptor: Descriptor {
            id: "sim",
            name: "Simulated vendor",
            about: "Stands for a vendor in tests.",
            roles: &[RoleKind::Workers, RoleKind::Access],
            fields: FIELDS,
            scopes: &[],
            pace: Pace { parallel: 8, per_second: 1000 },
            docs: "https://datatracker.ietf.org/doc/html/rfc7644",
        },
        open: Arc::new(move |context: OpenContext| {
            let setting = |name: &str, default: &str| {
                context.settings.get(name).map_or_else(|| default.to_owned(), Clone::clone)
            };
            let role = setting("role", "both");
            if !ROLES.contains(&role.as_str()) {
                return Err(Error::new(
                    Kind::Setting,
                    "the setting role is none of both, workers, access",
                    "Use one of these words.",
                ));
            }
            let sim = Arc::new(Sim { world: world.clone(), clock: context.clock });
            let mut connector = Connector { tenant: setting("tenant", "sim"), ..Connector::default() };
            if role != "access" {
                connector.workers = Some(sim.clone());
            }
            if role != "workers" {
                connector.accounts = Some(sim.clone());
                connector.access = Some(sim);
            }
            Ok(connector)
        }),
    }
}
