//! A SCIM server with a mind of its own about dialects, written from RFC 7644 and `docs/vendors/scim.md`.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use axum::http::Method;
use axum::response::Response;
use serde_json::{Value, json};

use super::server::{Asked, Server, scim, scim_error, scim_list, with};
use super::support::TOKEN;

/// The body of `Disabled` that a request carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Spoken {
    /// Replace without path.
    Object,
    /// Replace of a path with a boolean.
    PathBool,
    /// Replace of a path with a text.
    PathString,
    /// The whole account.
    Put,
}

/// What the server does with a dialect that it does not know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Otherwise {
    /// 400.
    Refuse,
    /// 204, and nothing happens.
    Ignore,
    /// 501.
    NoPatch,
}

/// How a server likes to be spoken to.
#[derive(Clone, Debug)]
pub(crate) struct Manner {
    pub(crate) knows: &'static [Spoken],
    pub(crate) otherwise: Otherwise,
    /// 200 with the account, or 204 with nothing.
    pub(crate) answers_with_body: bool,
    /// Whether versions are advertised, sent and checked.
    pub(crate) etag: bool,
    /// Whether `/ServiceProviderConfig` and `/Me` exist.
    pub(crate) discovery: bool,
    /// The most that a page holds, whatever was asked for.
    pub(crate) page: usize,
    /// Whether lists of groups show their members.
    pub(crate) lists_members: bool,
    /// Whether a member is removed by the value instead of a path filter (as Entra's old form).
    pub(crate) member_by_value: bool,
}

impl Default for Manner {
    fn default() -> Self {
        Self {
            knows: &[Spoken::Object, Spoken::PathBool, Spoken::Put],
            otherwise: Otherwise::Refuse,
            answers_with_body: false,
            etag: false,
            discovery: true,
            page: 2,
            lists_members: true,
            member_by_value: false,
        }
    }
}

#[derive(Default)]
struct World {
    users: BTreeMap<String, Value>,
    groups: BTreeMap<String, Value>,
    version: u32,
}

/// The server and the truth behind it.
pub(crate) struct ScimServer {
    pub(crate) server: Server,
    world: Arc<Mutex<World>>,
}

impl ScimServer {
    /// With users u1 to u5 and groups g1 (admins: u1, u2), g2 (u1) and g3 (nobody).
    pub(crate) async fn start(manner: Manner) -> Self {
        let mut world = World { version: 1, ..World::default() };
        for n in 1..=5 {
            let user = json!({"id": format!("u{n}"), "userName": format!("user{n}@acme.test"), "active": true,
                "externalId": format!("E{n}"), "title": "kept", "meta": {"version": "W/\"1\""}});
            world.users.insert(format!("u{n}"), user);
        }
        for (id, name, members) in
            [("g1", "Admins", vec!["u1", "u2"]), ("g2", "Wiki", vec!["u1"]), ("g3", "Empty", vec![])]
        {
            let members: Vec<Value> = members.iter().map(|m| json!({"value": m})).collect();
            let mut group = json!({"id": id, "displayName": name, "meta": {"version": "W/\"1\""}});
            if !members.is_empty() {
                group["members"] = Value::from(members);
            }
            world.groups.insert(id.into(), group);
        }
        let world = Arc::new(Mutex::new(world));
        let behind = world.clone();
        let server = Server::start(move |asked| answer(&manner, &mut behind.lock().unwrap(), asked)).await;
        Self { server, world }
    }

    pub(crate) fn user(&self, id: &str) -> Value {
        self.world.lock().unwrap().users.get(id).cloned().unwrap_or_default()
    }

    pub(crate) fn members(&self, group: &str) -> Vec<String> {
        members(&self.world.lock().unwrap().groups[group])
    }
}

fn members(group: &Value) -> Vec<String> {
    let list = group["members"].as_array().cloned().unwrap_or_default();
    list.iter().filter_map(|m| m["value"].as_str().map(str::to_owned)).collect()
}

fn answer(manner: &Manner, world: &mut World, asked: &Asked) -> Response {
    let token = asked.headers.get("authorization").and_then(|v| v.to_str().ok());
    if token != Some(format!("Bearer {TOKEN}").as_str()) {
        return scim_error(401, &format!("bad token in {}", token.unwrap_or_default()));
    }
    let path: Vec<&str> = asked.path.trim_start_matches('/').split('/').collect();
    match (asked.method.clone(), path.as_slice()) {
        (Method::GET, ["ServiceProviderConfig"]) if manner.discovery => scim(
            200,
            &json!({"patch": {"supported": manner.otherwise != Otherwise::NoPatch},
                "filter": {"supported": true}, "etag": {"supported": manner.etag}}),
        ),
        (Method::GET, ["Me"]) if manner.discovery => scim(200, &world.users["u5"]),
        (Method::GET, ["Users"]) => list(manner, asked, world.users.values().cloned()),
        (Method::GET, ["Groups"]) => list(
            manner,
            asked,
            world.groups.values().map(|g| {
                let mut shown = g.clone();
                if !manner.lists_members {
                    shown.as_object_mut().unwrap().remove("members");
                }
                shown
            }),
        ),
        (Method::GET, ["Users", id]) => one(world.users.get(*id)),
        (Method::GET, ["Groups", id]) => one(world.groups.get(*id)),
        (Method::PATCH | Method::PUT, ["Users", id]) if world.users.contains_key(*id) => {
            write_user(manner, world, asked, id)
        }
        (Method::PATCH, ["Groups", id]) if world.groups.contains_key(*id) => {
            write_group(manner, world, asked, id)
        }
        _ => scim_error(404, "no such resource"),
    }
}

fn one(resource: Option<&Value>) -> Response {
    resource.map_or_else(|| scim_error(404, "no such resource"), |r| scim(200, r))
}

fn list(manner: &Manner, asked: &Asked, all: impl Iterator<Item = Value>) -> Response {
    let number = |name: &str| asked.query.get(name).and_then(|v| v.parse::<usize>().ok());
    let all: Vec<Value> = match asked.query.get("filter").and_then(|f| f.strip_prefix("userName eq ")) {
        Some(wanted) => all.filter(|u| u["userName"].to_string().eq_ignore_ascii_case(wanted)).collect(),
        None => all.collect(),
    };
    let from = number("startIndex").unwrap_or(1).saturating_sub(1).min(all.len());
    let to = (from + number("count").unwrap_or(manner.page).min(manner.page)).min(all.len());
    scim_list(all.len(), &all[from..to])
}

fn stale(manner: &Manner, asked: &Asked, resource: &Value) -> bool {
    manner.etag
        && asked.headers.get("if-match").and_then(|v| v.to_str().ok()) != resource["meta"]["version"].as_str()
}

fn write_user(manner: &Manner, world: &mut World, asked: &Asked, id: &str) -> Response {
    if stale(manner, asked, &world.users[id]) {
        return scim_error(412, "another version");
    }
    let operation = &asked.body["Operations"][0];
    let spoken = match (asked.method == Method::PUT, operation.get("path"), operation.get("value")) {
        (true, ..) => Spoken::Put,
        (_, None, Some(Value::Object(_))) => Spoken::Object,
        (_, Some(_), Some(Value::Bool(false))) => Spoken::PathBool,
        _ => Spoken::PathString,
    };
    if !manner.knows.contains(&spoken) {
        return match manner.otherwise {
            Otherwise::Refuse => scim_error(400, "this form of the request is not understood"),
            Otherwise::Ignore => with(204, &[], String::new()),
            Otherwise::NoPatch => scim_error(501, "PATCH is not supported"),
        };
    }
    world.version += 1;
    let version = format!("W/\"{}\"", world.version);
    let user = world.users.get_mut(id).unwrap();
    if spoken == Spoken::Put {
        if asked.body.get("meta").is_some() {
            return scim_error(400, "meta is read-only");
        }
        *user = asked.body.clone();
    }
    user["active"] = json!(false);
    user["meta"] = json!({"version": version});
    if manner.answers_with_body {
        scim(200, user)
    } else {
        with(204, &[("x-request-id", "r-1")], String::new())
    }
}

fn write_group(manner: &Manner, world: &mut World, asked: &Asked, id: &str) -> Response {
    if stale(manner, asked, &world.groups[id]) {
        return scim_error(412, "another version");
    }
    let operation = &asked.body["Operations"][0];
    let path = operation["path"].as_str().unwrap_or_default();
    let removed: Vec<String> = if manner.member_by_value {
        let values = operation["value"].as_array().cloned().unwrap_or_default();
        values.iter().filter_map(|v| v["value"].as_str().map(str::to_owned)).collect()
    } else if let Some(filter) = path.strip_prefix("members[value eq ").and_then(|p| p.strip_suffix(']')) {
        vec![serde_json::from_str(filter).unwrap()]
    } else {
        members(&world.groups[id]) // the RFC: a remove without a filter empties the attribute
    };
    let left: Vec<String> = members(&world.groups[id]).into_iter().filter(|m| !removed.contains(m)).collect();
    world.version += 1;
    let group = world.groups.get_mut(id).unwrap();
    group["members"] = left.iter().map(|m| json!({"value": m})).collect();
    group["meta"] = json!({"version": format!("W/\"{}\"", world.version)});
    with(204, &[], String::new())
}
