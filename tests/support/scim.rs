use std::ffi::OsString;
use std::fs::{self, File};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;
use std::{env, io};

use chrono::{DateTime, Utc};
use serde_json::{Value, json};
use tempfile::TempDir;
use ureq::Agent;
use ureq::http::{Response, StatusCode};

use crate::{ShiftedClock, process};

/// Names the server's program; `cargo xtask test` sets it.
const PROGRAM: &str = "SCIM2_SERVER";
/// A server that is not up by then has failed; a cold Python start takes about a second.
const START_LIMIT: Duration = Duration::from_secs(30);
/// Between choosing a free port and binding it, another process may take it.
const PORT_ATTEMPTS: usize = 3;
/// The server's log of requests, in its folder.
const LOG: &str = "server.log";

/// Variables for the server beside those of the test.
type Env<'a> = &'a [(&'static str, OsString)];

/// A user to put on the server.
#[derive(Debug, Clone)]
pub struct NewUser {
    /// SCIM `userName`.
    pub user_name: String,
    /// SCIM `name.givenName`.
    pub given_name: String,
    /// SCIM `name.familyName`.
    pub family_name: String,
    /// SCIM `externalId`, where an HR system's own id is often kept.
    pub external_id: Option<String>,
}

impl NewUser {
    /// A user without an external id.
    pub fn named(user_name: &str, given_name: &str, family_name: &str) -> Self {
        Self {
            user_name: user_name.into(),
            given_name: given_name.into(),
            family_name: family_name.into(),
            external_id: None,
        }
    }

    /// The same user with an external id.
    #[must_use]
    pub fn with_external_id(mut self, external_id: &str) -> Self {
        self.external_id = Some(external_id.into());
        self
    }

    fn body(&self) -> Value {
        let mut body = json!({
            "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"],
            "userName": self.user_name,
            "displayName": format!("{} {}", self.given_name, self.family_name),
            "name": { "givenName": self.given_name, "familyName": self.family_name },
            "emails": [{ "value": self.user_name, "primary": true }],
            "active": true,
        });
        if let Some(external_id) = &self.external_id {
            body["externalId"] = json!(external_id);
        }
        body
    }
}

/// `scim2-server`, a SCIM 2.0 server by other people, on a free
/// loopback port. It keeps its data in memory and ends when the value is dropped.
///
/// Every call panics with what the server answered if the answer is not the one the call needs.
#[derive(Debug)]
pub struct ScimServer {
    child: Child,
    base_url: String,
    token: String,
    agent: Agent,
    /// Holds the server's log; removed with the server.
    dir: TempDir,
}

impl ScimServer {
    /// Starts the server that `SCIM2_SERVER` names and waits until it answers.
    ///
    /// # Panics
    /// Without the variable, or when the server does not come up.
    pub fn start() -> Self {
        Self::start_with(&[])
    }

    /// Starts it on a clock that the test moves.
    ///
    /// # Panics
    /// As [`ScimServer::start`].
    pub fn start_on(clock: &ShiftedClock) -> Self {
        Self::start_with(&clock.env())
    }

    fn start_with(env: Env<'_>) -> Self {
        let Some(program) = env::var_os(PROGRAM) else {
            panic!(
                "{PROGRAM} does not name the SCIM server. Run the tests with `cargo xtask test`, \
                 which installs it and sets the variable."
            );
        };
        Self::start_program_with(Path::new(&program), env).unwrap_or_else(|error| panic!("{error}"))
    }

    /// Starts a known program and waits until it answers.
    ///
    /// # Errors
    /// A sentence with the server's own log when it ends early or stays silent.
    pub fn start_program(program: &Path) -> Result<Self, String> {
        Self::start_program_with(program, &[])
    }

    /// The same with variables beside the caller's.
    ///
    /// # Errors
    /// As of starting it without them.
    pub fn start_program_with(program: &Path, env: Env<'_>) -> Result<Self, String> {
        let mut last = String::new();
        for _ in 0..PORT_ATTEMPTS {
            match Self::start_once(program, env) {
                Ok(server) => return Ok(server),
                Err(error) => last = error,
            }
        }
        Err(format!("the SCIM server {} did not start: {last}", program.display()))
    }

    fn start_once(program: &Path, env: Env<'_>) -> Result<Self, String> {
        let text = |error: io::Error| error.to_string();
        let dir = TempDir::with_prefix("lockstep-scim-").map_err(text)?;
        let log = dir.path().join(LOG);
        let file = File::create(&log).map_err(text)?;
        let port = free_port().map_err(text)?;
        let token = format!("test-token-{port}");
        let child = Command::new(program)
            .args(["--hostname", "127.0.0.1", "--port", &port.to_string(), "--bearer-token", &token])
            .envs(env.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::null())
            .stdout(file.try_clone().map_err(text)?)
            .stderr(file)
            .spawn()
            .map_err(text)?;
        let config = Agent::config_builder()
            .http_status_as_error(false)
            .proxy(None)
            .timeout_global(Some(Duration::from_secs(10)));
        let base_url = format!("http://127.0.0.1:{port}/v2");
        let mut server = Self { child, base_url, token, agent: config.build().into(), dir };
        server.wait_until_up(log)?;
        Ok(server)
    }

    fn wait_until_up(&mut self, log: PathBuf) -> Result<(), String> {
        let url = self.url("ServiceProviderConfig");
        let up = process::poll(START_LIMIT, || {
            if let Ok(Some(status)) = self.child.try_wait() {
                return Some(Err(format!("it ended with {status}")));
            }
            let answer = self.agent.get(&url).header("Authorization", self.bearer()).call().ok()?;
            (answer.status() == StatusCode::OK).then_some(Ok(()))
        });
        up.unwrap_or_else(|| Err(format!("no answer within {} s", START_LIMIT.as_secs()))).map_err(|reason| {
            let log = fs::read_to_string(log).unwrap_or_default();
            format!("{reason}. Its log:\n{log}")
        })
    }

    /// The base URL for a connection, without a slash at its end. It is plain http on loopback, which a
    /// connection accepts only when its setting says so.
    pub fn base_url(&self) -> &str {
        &self.base_url
    }

    /// The bearer token that the server asks for.
    pub fn token(&self) -> &str {
        &self.token
    }

    /// Creates a user, active, and returns the server's id for it.
    pub fn create_user(&self, user: &NewUser) -> String {
        id_of(&self.post("Users", &user.body()))
    }

    /// The user as the server has it now, or `None` when it knows no such id.
    pub fn user(&self, id: &str) -> Option<Value> {
        self.get(&format!("Users/{id}"))
    }

    /// The user's `active` as the server has it now, or `None` when there is no such user.
    pub fn is_active(&self, id: &str) -> Option<bool> {
        let user = self.user(id)?;
        let active = user["active"].as_bool();
        Some(active.unwrap_or_else(|| panic!("the server gives no true or false as active: {user}")))
    }

    /// How many changes of a user arrived here, by the server's own log.
    pub fn changes_of(&self, id: &str) -> usize {
        let log = fs::read_to_string(self.dir.path().join(LOG));
        let log = log.unwrap_or_else(|error| panic!("the server's log cannot be read: {error}"));
        ["PATCH", "PUT", "DELETE"]
            .map(|method| log.matches(&format!("\"{method} /v2/Users/{id} ")).count())
            .iter()
            .sum()
    }

    /// When a user was changed last (UTC), by the server's own clock.
    pub fn changed_at(&self, id: &str) -> Option<DateTime<Utc>> {
        self.user(id)?["meta"]["lastModified"].as_str()?.parse().ok()
    }

    /// All users that the server has.
    pub fn users(&self) -> Vec<Value> {
        self.list("Users")
    }

    /// Sets `active` behind Lockstep's back, as an administrator of that system would.
    pub fn set_active(&self, id: &str, active: bool) {
        self.patch(&format!("Users/{id}"), &json!({ "op": "replace", "path": "active", "value": active }));
    }

    /// Removes a user behind Lockstep's back.
    pub fn delete_user(&self, id: &str) {
        let url = self.url(&format!("Users/{id}"));
        let answer = sent(&url, self.agent.delete(&url).header("Authorization", self.bearer()).call());
        assert!(answer.status().is_success(), "the server refused to delete {url}: {}", answer.status());
    }

    /// Creates a group without members and returns the server's id for it.
    pub fn create_group(&self, display_name: &str) -> String {
        let body = json!({
            "schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"],
            "displayName": display_name,
        });
        id_of(&self.post("Groups", &body))
    }

    /// Puts a user into a group.
    pub fn add_member(&self, group: &str, user: &str) {
        let operation = json!({ "op": "add", "path": "members", "value": [{ "value": user }] });
        self.patch(&format!("Groups/{group}"), &operation);
    }

    /// The ids of a group's members now.
    pub fn members(&self, group: &str) -> Vec<String> {
        let group =
            self.get(&format!("Groups/{group}")).unwrap_or_else(|| panic!("the server has no group {group}"));
        let members = group["members"].as_array().cloned().unwrap_or_default();
        members.iter().filter_map(|member| member["value"].as_str().map(String::from)).collect()
    }

    fn list(&self, kind: &str) -> Vec<Value> {
        let mut all = Vec::new();
        loop {
            let path = format!("{kind}?startIndex={}&count=100", all.len() + 1);
            let page = self.get(&path).unwrap_or_else(|| panic!("the server has no {kind}"));
            let rows = page["Resources"].as_array().cloned().unwrap_or_default();
            let done = rows.is_empty();
            all.extend(rows);
            if done || Some(all.len() as u64) >= page["totalResults"].as_u64() {
                return all;
            }
        }
    }

    fn get(&self, path: &str) -> Option<Value> {
        let url = self.url(path);
        let answer = sent(&url, self.agent.get(&url).header("Authorization", self.bearer()).call());
        if answer.status() == StatusCode::NOT_FOUND {
            return None;
        }
        Some(body_of(&url, answer))
    }

    fn post(&self, path: &str, body: &Value) -> Value {
        let url = self.url(path);
        let call = self.agent.post(&url).header("Authorization", self.bearer()).send_json(body);
        body_of(&url, sent(&url, call))
    }

    fn patch(&self, path: &str, operation: &Value) {
        let url = self.url(path);
        let body = json!({
            "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
            "Operations": [operation],
        });
        let call = self.agent.patch(&url).header("Authorization", self.bearer()).send_json(&body);
        let mut answer = sent(&url, call);
        let status = answer.status();
        let said = answer.body_mut().read_to_string().unwrap_or_default();
        assert!(status.is_success(), "the server refused a PATCH of {url}: {status} {said}");
    }

    fn url(&self, path: &str) -> String {
        format!("{}/{path}", self.base_url)
    }

    fn bearer(&self) -> String {
        format!("Bearer {}", self.token)
    }
}

impl Drop for ScimServer {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

type Answer = Response<ureq::Body>;

fn sent(url: &str, call: Result<Answer, ureq::Error>) -> Answer {
    call.unwrap_or_else(|error| panic!("the SCIM server did not answer at {url}: {error}"))
}

fn body_of(url: &str, mut answer: Answer) -> Value {
    let status = answer.status();
    let text = answer.body_mut().read_to_string().unwrap_or_default();
    assert!(status.is_success(), "the SCIM server answered {status} at {url}: {text}");
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("no JSON from {url} ({error}): {text}"))
}

fn id_of(resource: &Value) -> String {
    resource["id"].as_str().map_or_else(|| panic!("the server gave no id: {resource}"), String::from)
}

fn free_port() -> io::Result<u16> {
    Ok(TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port())
}
