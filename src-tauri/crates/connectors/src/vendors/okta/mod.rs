//! Okta (Workforce Identity): accounts, groups, applications, admin roles, sessions, and the System Log.
//!
//! See `docs/vendors/okta.md` for how to connect, and for what the vendor leaves open.

mod activity;
mod kinds;
mod lists;
mod person;
mod probe;
mod read;
mod resource;
mod settings;
mod target;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use chrono::{DateTime, Utc};

use crate::api::{Api, ApiOptions, Auth, ServiceApp};
use crate::clock::Clock;
use crate::contract::{Connector, OpenContext, Vendor};
use crate::descriptor::{Descriptor, Pace, RoleKind, Scope};
use crate::error::{Error, Kind, Result};
use settings::{FIELDS, Settings};

/// Okta limits by endpoint and minute, and answers 429 with the instant of the next
/// (<https://developer.okta.com/docs/reference/rate-limits/>); at most 75 requests may be under way at once.
const PACE: Pace = Pace { parallel: 12, per_second: 200 };

/// The org authorization server, the only one that gives tokens for Okta's own API
/// (<https://developer.okta.com/docs/guides/implement-oauth-for-okta-serviceapp/main/>).
const TOKEN_PATH: &[&str] = &["oauth2", "v1", "token"];

/// Okta.
pub fn vendor() -> Vendor {
    Vendor {
        descriptor: Descriptor {
            id: "okta",
            name: "Okta",
            about: "Blocks sign-in, ends sessions and tokens, takes groups, applications and admin roles away, and reads who signed in.",
            roles: &[RoleKind::Access, RoleKind::Activity],
            fields: FIELDS,
            scopes: &[
                Scope { name: "okta.users.read", why: "to list accounts and to read each one back" },
                Scope {
                    name: "okta.users.manage",
                    why: "to suspend, and to end sessions, tokens and factors",
                },
                Scope { name: "okta.groups.read", why: "to know who is in which group" },
                Scope { name: "okta.groups.manage", why: "to take a leaver out of groups" },
                Scope {
                    name: "okta.apps.read",
                    why: "to know the applications behind Okta and who has them",
                },
                Scope { name: "okta.apps.manage", why: "to take directly assigned applications away" },
                Scope { name: "okta.roles.read", why: "to know who administers, so that the last one stays" },
                Scope { name: "okta.roles.manage", why: "to take admin roles away" },
                Scope { name: "okta.apiTokens.read", why: "to find API tokens that a leaver made" },
                Scope { name: "okta.apiTokens.manage", why: "to revoke them" },
                Scope { name: "okta.logs.read", why: "to prove that sessions were ended, and who did what" },
            ],
            pace: PACE,
            docs: "https://developer.okta.com/docs/api/",
        },
        open: Arc::new(open),
    }
}

fn open(mut context: OpenContext) -> Result<Connector> {
    let settings = Settings::read(&context.settings)?;
    let auth = match (context.secrets.remove("private_key"), context.secrets.remove("api_token")) {
        (Some(_), Some(_)) => {
            return Err(one_secret("both are set", "Remove the API token: a private key can do less harm."));
        }
        (Some(key), None) => {
            let client_id = settings.client_id.as_deref().ok_or_else(|| {
                Error::new(
                    Kind::Setting,
                    "the setting client_id is missing",
                    "Set the client ID of the service app that the private key belongs to.",
                )
            })?;
            let key_id = settings.key_id.as_deref();
            Auth::ServiceApp(Box::new(ServiceApp::new(
                client_id,
                &key,
                key_id,
                TOKEN_PATH,
                &settings.scopes,
            )?))
        }
        (None, Some(token)) => Auth::Scheme { scheme: "SSWS", token },
        (None, None) => {
            return Err(one_secret("neither is set", "Set the service app's private key (private_key)."));
        }
    };
    let options = ApiOptions {
        allow_local: settings.allow_local,
        read_timeout: settings.timeout,
        total_timeout: settings.timeout * 4,
        ..ApiOptions::default()
    };
    let api = Api::new(&settings.base_url, auth, PACE, context.clock.clone(), options)?;
    let tenant = api.tenant();
    let reads_log = settings.may_read("logs");
    let okta = Arc::new(Okta { api, settings, clock: context.clock, cleared: Mutex::default() });
    Ok(Connector {
        accounts: Some(okta.clone()),
        activity: reads_log.then(|| okta.clone() as _),
        access: Some(okta),
        tenant,
        ..Connector::default()
    })
}

fn one_secret(why: &str, remedy: &str) -> Error {
    Error::new(Kind::Setting, format!("one of private_key and api_token is needed; {why}"), remedy)
}

/// An open connection to one Okta organisation.
struct Okta {
    api: Api,
    settings: Settings,
    clock: Arc<dyn Clock>,
    /// The orders by which this connection ended sessions, by account.
    cleared: Mutex<BTreeMap<String, Cleared>>,
}

/// An order to end an account's sessions that Okta took.
#[derive(Clone)]
struct Cleared {
    /// When it was sent (UTC, our clock).
    sent_at: DateTime<Utc>,
    /// The vendor's id of the request. By it the event in the System Log is known as the effect of this order.
    request_id: Option<String>,
}
