//! The control address of a company that runs as a program: bad days, the clock and the logs by HTTP.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::{Json, Path, State};
use axum::http::StatusCode;
use axum::routing::get;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use tokio::task::JoinHandle;

use crate::faults::{FaultRule, Faults};
use crate::log::{Entry, RequestLog};
use crate::serve::listen;
use crate::time::PracticeClock;

/// What can be switched at one vendor.
#[derive(Clone, Debug)]
pub(crate) struct Switches {
    pub(crate) name: &'static str,
    pub(crate) faults: Faults,
    pub(crate) log: RequestLog,
}

struct Panel {
    vendors: Vec<Switches>,
    clock: PracticeClock,
}

type Shared = State<Arc<Panel>>;

/// What `PUT /clock` takes.
#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Move {
    Set(DateTime<Utc>),
    AdvanceSeconds(u64),
}

#[derive(Serialize)]
struct Shown {
    now: DateTime<Utc>,
}

/// `GET, POST, DELETE /faults/{vendor}`, `GET, DELETE /log/{vendor}`, `GET, PUT /clock`.
pub(crate) async fn start(
    vendors: Vec<Switches>,
    clock: PracticeClock,
    port: u16,
) -> io::Result<(JoinHandle<()>, String)> {
    let router = Router::new()
        .route("/faults/{vendor}", get(faults).post(add_fault).delete(clear_faults))
        .route("/log/{vendor}", get(log).delete(clear_log))
        .route("/clock", get(now).put(move_clock))
        .with_state(Arc::new(Panel { vendors, clock }));
    listen(router, port).await
}

impl Panel {
    fn vendor(&self, name: &str) -> Result<&Switches, StatusCode> {
        self.vendors.iter().find(|v| v.name == name).ok_or(StatusCode::NOT_FOUND)
    }
}

async fn faults(State(panel): Shared, Path(name): Path<String>) -> Result<Json<Vec<FaultRule>>, StatusCode> {
    Ok(Json(panel.vendor(&name)?.faults.all()))
}

async fn add_fault(
    State(panel): Shared,
    Path(name): Path<String>,
    Json(rule): Json<FaultRule>,
) -> Result<StatusCode, StatusCode> {
    panel.vendor(&name)?.faults.add(rule);
    Ok(StatusCode::CREATED)
}

async fn clear_faults(State(panel): Shared, Path(name): Path<String>) -> Result<StatusCode, StatusCode> {
    panel.vendor(&name)?.faults.clear();
    Ok(StatusCode::NO_CONTENT)
}

async fn log(State(panel): Shared, Path(name): Path<String>) -> Result<Json<Vec<Entry>>, StatusCode> {
    Ok(Json(panel.vendor(&name)?.log.all()))
}

async fn clear_log(State(panel): Shared, Path(name): Path<String>) -> Result<StatusCode, StatusCode> {
    panel.vendor(&name)?.log.clear();
    Ok(StatusCode::NO_CONTENT)
}

async fn now(State(panel): Shared) -> Json<Shown> {
    Json(Shown { now: panel.clock.now() })
}

async fn move_clock(State(panel): Shared, Json(to): Json<Move>) -> Json<Shown> {
    match to {
        Move::Set(now) => panel.clock.set(now),
        Move::AdvanceSeconds(seconds) => panel.clock.advance(Duration::from_secs(seconds)),
    }
    Json(Shown { now: panel.clock.now() })
}
