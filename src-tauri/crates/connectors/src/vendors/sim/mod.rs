//! The tests' simulated vendor: one Receipt-only wish, one Final, one lagging, and a source of workers.
//!
//! It is compiled only with the feature `sim`, which no release sets. A test keeps the [`SimWorld`] and opens
//! as many connections to it as it lets processes die.

mod connector;
mod world;

use std::sync::Arc;

use chrono::NaiveDate;
use connector::Sim;
use lockstep_domain::digest::Digest;
use lockstep_domain::people::{EmploymentType, SourceStatus, TerminationKind, WorkerKind, WorkerRecord};
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

/// Somebody who has worked since 2024: person, stint, and work e-mail as given, the rest plain.
pub fn worker(person: &str, employment: &str, email: &str) -> WorkerRecord {
    WorkerRecord {
        remote_person_id: person.into(),
        remote_employment_id: employment.into(),
        employee_number: Some(format!("N{person}")),
        first_name: "Person".into(),
        last_name: person.into(),
        display_name: format!("Person {person}"),
        work_email: Some(email.into()),
        personal_email: None,
        manager_remote_id: None,
        worker_kind: WorkerKind::Employee,
        employment_type: EmploymentType::FullTime,
        start_date: NaiveDate::from_ymd_opt(2024, 1, 15),
        termination_date: None,
        last_day_worked: None,
        notice_given_date: None,
        termination_at: None,
        termination_kind: TerminationKind::Unknown,
        source_status: SourceStatus::Active,
        source_status_raw: "Active".into(),
        time_zone: None,
        location: None,
        legal_entity: None,
        department: None,
        job_title: None,
        cost_center: None,
        raw_sha256: Digest::of(employment.as_bytes()),
    }
}

/// The simulated vendor over one world.
pub fn vendor(world: Arc<SimWorld>) -> Vendor {
    Vendor {
        descriptor: Descriptor {
            id: "sim",
            name: "Simulated vendor",
            about: "Stands for a vendor in tests.",
            roles: &[RoleKind::Workers, RoleKind::Access, RoleKind::Activity],
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
                connector.access = Some(sim.clone());
                connector.activity = Some(sim);
            }
            Ok(connector)
        }),
    }
}
