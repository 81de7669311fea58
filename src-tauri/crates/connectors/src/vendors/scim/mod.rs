//! SCIM 2.0 (RFC 7643, RFC 7644): accounts and groups of any server that speaks it.
//!
//! See `docs/vendors/scim.md` for what servers make of it.

mod dialect;
mod groups;
mod list;
mod read;
mod resource;
mod settings;
mod target;

use std::sync::Arc;

use serde_json::Value;
use tokio::sync::OnceCell;

use crate::api::{Api, ApiOptions, Auth};
use crate::clock::Clock;
use crate::contract::{Connector, OpenContext, Vendor};
use crate::descriptor::{Descriptor, Pace, RoleKind, Scope};
use crate::error::{Error, Kind, Result};
use settings::{FIELDS, Settings};

const PACE: Pace = Pace { parallel: 4, per_second: 10 };

/// SCIM 2.0.
pub fn vendor() -> Vendor {
    Vendor {
        descriptor: Descriptor {
            id: "scim",
            name: "SCIM 2.0",
            about: "Reads and deactivates accounts, and takes them out of groups, at any server that speaks SCIM 2.0.",
            roles: &[RoleKind::Access],
            fields: FIELDS,
            scopes: &[
                Scope { name: "Users: read", why: "to list accounts and to read each one back" },
                Scope { name: "Users: update", why: "to set active to false" },
                Scope { name: "Groups: read", why: "to know who administers and who is in which group" },
                Scope { name: "Groups: update", why: "to take a leaver out of groups" },
            ],
            pace: PACE,
            docs: "https://datatracker.ietf.org/doc/html/rfc7644",
        },
        open: Arc::new(open),
    }
}

fn open(mut context: OpenContext) -> Result<Connector> {
    let settings = Settings::read(&context.settings)?;
    let token = context.secrets.remove("token").ok_or_else(|| {
        Error::new(Kind::Setting, "the secret token is missing", "Set the bearer token of the SCIM server.")
    })?;
    let options = ApiOptions {
        allow_local: settings.allow_local,
        read_timeout: settings.timeout,
        total_timeout: settings.timeout * 4,
        media_type: "application/scim+json",
        ..ApiOptions::default()
    };
    let api = Api::new(&settings.base_url, Auth::Bearer(token), PACE, context.clock.clone(), options)?;
    let tenant = api.tenant();
    let scim = Arc::new(Scim { api, settings, clock: context.clock, features: OnceCell::new() });
    Ok(Connector { accounts: Some(scim.clone()), access: Some(scim), tenant, ..Connector::default() })
}

/// An open connection to one SCIM server.
struct Scim {
    api: Api,
    settings: Settings,
    clock: Arc<dyn Clock>,
    features: OnceCell<Features>,
}

/// What a server says it supports (RFC 7643 §5); `None` where it does not say.
#[derive(Clone, Copy, Debug, Default)]
struct Features {
    patch: Option<bool>,
    filter: Option<bool>,
    etag: Option<bool>,
}

impl Scim {
    /// Asks once per connection. A server that does not answer this is used all the same.
    async fn features(&self) -> Result<&Features> {
        self.features
            .get_or_try_init(|| async {
                match self.api.get(&["ServiceProviderConfig"], &[]).await {
                    Ok(config) => Ok(Features::read(&config.body)),
                    Err(e) => match e.kind() {
                        Kind::NotFound | Kind::Unsupported | Kind::Forbidden | Kind::Malformed => {
                            Ok(Features::default())
                        }
                        _ => Err(e),
                    },
                }
            })
            .await
    }
}

impl Features {
    fn read(config: &Value) -> Self {
        let supported = |name: &str| config.get(name)?.get("supported")?.as_bool();
        Self { patch: supported("patch"), filter: supported("filter"), etag: supported("etag") }
    }
}
