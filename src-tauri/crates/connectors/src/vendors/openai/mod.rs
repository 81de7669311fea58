//! OpenAI's API platform: members, projects, keys and use of one organisation, by its Administration API.
//!
//! Vendor facts are from <https://platform.openai.com/docs/api-reference/administration> and the vendor's own
//! OpenAPI description (<https://github.com/openai/openai-openapi>); `docs/vendors/openai.md` says which stay
//! uncertain. ChatGPT workspaces are another system and not reached by this.

mod audit;
mod facts;
mod ids;
mod list;
mod own;
mod project;
mod read;
mod settings;
mod target;
mod usage;

use std::sync::Arc;

use tokio::sync::OnceCell;

use crate::api::{Api, ApiOptions, Auth};
use crate::clock::Clock;
use crate::contract::{Connector, OpenContext, Vendor};
use crate::descriptor::{Descriptor, Pace, RoleKind, Scope};
use crate::error::{Error, Kind, Result};
use own::KeyEnds;
use settings::{FIELDS, Settings};

/// The vendor publishes no rate limit of its Administration API; this leaves room for other tools.
const PACE: Pace = Pace { parallel: 8, per_second: 20 };
/// Lists read side by side; the pace holds them back further.
const SIDE_BY_SIDE: usize = 8;

/// OpenAI's API platform.
pub fn vendor() -> Vendor {
    Vendor {
        descriptor: Descriptor {
            id: "openai",
            name: "OpenAI API",
            about: "Reads members, projects, API keys and use of an organisation; deletes a leaver's keys and removes the member. Sign-in cannot be suspended there.",
            roles: &[RoleKind::Access, RoleKind::Usage],
            fields: FIELDS,
            scopes: &[
                Scope {
                    name: "Admin API key of an organisation owner",
                    why: "the Administration API takes no other credential; it reaches /organization/* only, never models or data",
                },
                Scope { name: "Users: read, write", why: "to list members and to remove a leaver" },
                Scope {
                    name: "Projects and API keys: read, write",
                    why: "to find and delete a leaver's keys and project memberships",
                },
                Scope {
                    name: "Audit log: read",
                    why: "to learn who made a service account, where the log is switched on",
                },
                Scope { name: "Usage: read", why: "to keep who used which key and model, by hour" },
            ],
            pace: PACE,
            docs: "https://platform.openai.com/docs/api-reference/administration",
        },
        open: Arc::new(open),
    }
}

fn open(mut context: OpenContext) -> Result<Connector> {
    let settings = Settings::read(&context.settings)?;
    let token = context.secrets.remove("token").ok_or_else(|| {
        Error::new(
            Kind::Setting,
            "the secret token is missing",
            "Set an admin API key of the OpenAI organisation.",
        )
    })?;
    let options = ApiOptions {
        allow_local: settings.allow_local,
        read_timeout: settings.timeout,
        total_timeout: settings.timeout * 4,
        ..ApiOptions::default()
    };
    let ends = KeyEnds::of(&token);
    let api = Api::new(&settings.base_url, Auth::Bearer(token), PACE, context.clock.clone(), options)?;
    // One address serves all organisations, and a member's id is the same in each of them.
    let tenant = format!("{}/{}", api.tenant(), settings.organization);
    let openai = Arc::new(OpenAi { api, settings, clock: context.clock, ends, own: OnceCell::new() });
    let usage = openai.settings.usage.then(|| openai.clone() as Arc<dyn crate::contract::UsageSource>);
    Ok(Connector {
        accounts: Some(openai.clone()),
        access: Some(openai),
        usage,
        tenant,
        ..Connector::default()
    })
}

/// An open connection to one organisation.
struct OpenAi {
    api: Api,
    settings: Settings,
    clock: Arc<dyn Clock>,
    ends: KeyEnds,
    own: OnceCell<std::collections::BTreeSet<String>>,
}
