//! A small HTTP server of the tests' own: a function from request to answer, and a log of what came.

use std::collections::BTreeMap;
use std::future::Future;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Query, Request};
use axum::http::{HeaderMap, Method};
use axum::response::Response;
use serde_json::{Value, json};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// A request as it came.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    pub(crate) method: Method,
    /// The path below `/v2`, still encoded.
    pub(crate) path: String,
    pub(crate) query: BTreeMap<String, String>,
    pub(crate) headers: HeaderMap,
    /// The JSON body; null when there was none.
    pub(crate) body: Value,
    /// The body's very bytes.
    pub(crate) bytes: Vec<u8>,
}

impl Asked {
    pub(crate) fn is(&self, method: &Method, path: &str) -> bool {
        self.method == method && self.path == path
    }
}

/// A server on a free loopback port; it ends when dropped.
pub(crate) struct Server {
    /// With `/v2`.
    pub(crate) base_url: String,
    log: Arc<Mutex<Vec<Asked>>>,
    task: JoinHandle<()>,
}

impl Server {
    pub(crate) async fn start(answer: impl Fn(&Asked) -> Response + Send + Sync + 'static) -> Self {
        let log = Arc::new(Mutex::new(Vec::new()));
        let (answer, kept) = (Arc::new(answer), log.clone());
        let router = Router::new().fallback(move |request: Request| {
            let (answer, kept) = (answer.clone(), kept.clone());
            async move {
                let asked = read(request).await;
                kept.lock().unwrap().push(asked.clone());
                answer(&asked)
            }
        });
        let (listener, base_url) = listen().await;
        let task = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { base_url, log, task }
    }

    /// A server that treats each connection by hand; its log stays empty but for one entry a connection.
    pub(crate) async fn raw<F>(treat: impl Fn(TcpStream) -> F + Send + 'static) -> Self
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let (listener, base_url) = listen().await;
        let log = Arc::new(Mutex::new(Vec::new()));
        let kept = log.clone();
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                kept.lock().unwrap().push(Asked {
                    method: Method::GET,
                    path: String::new(),
                    query: BTreeMap::new(),
                    headers: HeaderMap::new(),
                    body: Value::Null,
                    bytes: Vec::new(),
                });
                tokio::spawn(treat(stream));
            }
        });
        Self { base_url, log, task }
    }

    /// What was asked so far, in order.
    pub(crate) fn asked(&self) -> Vec<Asked> {
        self.log.lock().unwrap().clone()
    }

    /// The writes that came so far, in order.
    pub(crate) fn writes(&self) -> Vec<Asked> {
        let mut asked = self.asked();
        asked.retain(|a| a.method != Method::GET);
        asked
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn listen() -> (TcpListener, String) {
    let listener = TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], 0))).await.unwrap();
    let base_url = format!("http://{}/v2", listener.local_addr().unwrap());
    (listener, base_url)
}

async fn read(request: Request) -> Asked {
    let (parts, body) = request.into_parts();
    let bytes = to_bytes(body, 1024 * 1024).await.unwrap();
    Asked {
        query: Query::try_from_uri(&parts.uri).map(|q: Query<BTreeMap<_, _>>| q.0).unwrap_or_default(),
        path: parts.uri.path().trim_start_matches("/v2").to_owned(),
        method: parts.method,
        headers: parts.headers,
        body: if bytes.is_empty() { Value::Null } else { serde_json::from_slice(&bytes).unwrap() },
        bytes: bytes.to_vec(),
    }
}

/// A SCIM answer.
pub(crate) fn scim(status: u16, body: &Value) -> Response {
    with(status, &[("content-type", "application/scim+json")], body.to_string())
}

/// A SCIM error (RFC 7644 §3.12).
pub(crate) fn scim_error(status: u16, detail: &str) -> Response {
    scim(
        status,
        &json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:Error"],
            "status": status.to_string(), "detail": detail}),
    )
}

/// A SCIM list (RFC 7644 §3.4.2).
pub(crate) fn scim_list(total: usize, resources: &[Value]) -> Response {
    scim(
        200,
        &json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:ListResponse"],
            "totalResults": total, "itemsPerPage": resources.len(), "Resources": resources}),
    )
}

/// Any answer.
pub(crate) fn with(status: u16, headers: &[(&str, &str)], body: String) -> Response {
    let mut response = Response::builder().status(status);
    for (name, value) in headers {
        response = response.header(*name, *value);
    }
    response.body(Body::from(body)).unwrap()
}
