//! BambooHR: who joins, moves and leaves, from the records and the employment status table.
//!
//! See `docs/vendors/bamboohr.md` for what is believed, and
//! <https://documentation.bamboohr.com/reference> for the vendor's description.

mod ask;
mod cursor;
mod facts;
mod judge;
mod periods;
mod settings;
mod source;

use std::sync::Arc;
use std::time::Duration;

use crate::api::{Api, ApiOptions, Auth};
use crate::contract::{Connector, OpenContext, Vendor};
use crate::descriptor::{Descriptor, Pace, RoleKind, Scope};
use crate::error::{Error, Kind, Result};
use settings::{FIELDS, Settings};
use source::BambooHr;

/// No limit is published; these are the numbers that other clients live with.
const PACE: Pace = Pace { parallel: 4, per_second: 5 };

/// Everybody comes in one answer, so it may be large.
const LARGEST_ANSWER: usize = 128 << 20;

/// BambooHR.
pub fn vendor() -> Vendor {
    Vendor {
        descriptor: Descriptor {
            id: "bamboohr",
            name: "BambooHR",
            about: "Reads who joins, moves and leaves, with future dates, from BambooHR.",
            roles: &[RoleKind::Workers],
            fields: FIELDS,
            scopes: &[
                Scope {
                    name: "see all employees",
                    why: "active and inactive; whoever is hidden looks unemployed",
                },
                Scope {
                    name: "view: Status, Hire Date, Termination Date, Name, Work Email",
                    why: "what every judgement rests on; the vendor leaves hidden fields out without a word",
                },
                Scope {
                    name: "view: table Employment Status",
                    why: "planned ends and rehires, before they take effect",
                },
            ],
            pace: PACE,
            docs: "https://documentation.bamboohr.com/reference",
        },
        open: Arc::new(open),
    }
}

fn open(mut context: OpenContext) -> Result<Connector> {
    let settings = Settings::read(&context.settings)?;
    let key = context.secrets.remove("api_key").ok_or_else(|| {
        Error::new(Kind::Setting, "the secret api_key is missing", "Set the API key that BambooHR made.")
    })?;
    let timeout = Duration::from_secs(settings.timeout_s.into());
    let options = ApiOptions {
        allow_local: settings.allow_local,
        read_timeout: timeout,
        total_timeout: timeout * 10,
        largest_answer: LARGEST_ANSWER,
        ..ApiOptions::default()
    };
    let api = Api::new(&settings.base_url, Auth::KeyAsName(key), PACE, context.clock.clone(), options)?;
    let tenant = api.tenant();
    let source = Arc::new(BambooHr { api, settings, clock: context.clock });
    Ok(Connector { workers: Some(source), tenant, ..Connector::default() })
}
