//! What every simulated vendor refuses before its own code is asked: unknown paths, wrong methods, unknown query
//! parameters, wrong content types, missing or wrong credentials – each in that vendor's own words.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Router;
use axum::body::{Bytes, to_bytes};
use axum::extract::{FromRequestParts as _, RawPathParams, Request};
use axum::http::{HeaderMap, Method, header, request::Parts};
use axum::routing::{MethodFilter, on};
use serde_json::Value;

use crate::answer::Answer;

/// The largest body that is read.
const LARGEST_BODY: usize = 1 << 20;

/// A simulated vendor: its state behind a lock, and its routes.
pub trait Simulator: Sized + Send + Sync + 'static {
    /// Name in lists, faults and logs ("bamboohr").
    const NAME: &'static str;

    /// Every request that it understands.
    fn routes() -> Vec<Route<Self>>;

    /// Whether the credentials of this request are good.
    ///
    /// # Errors
    /// What is wrong with them.
    fn admit(&self, asked: &Asked) -> Result<(), Refusal>;

    /// A refusal in the vendor's own shape.
    fn refuse(refusal: &Refusal) -> Answer;
}

/// Why a request is refused before the vendor's own code is asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// No such path.
    UnknownPath,
    /// The path does not take this method.
    WrongMethod,
    /// No such query parameter.
    UnknownParameter(String),
    /// The content type is not the one that is taken.
    WrongContentType,
    /// The body is not what the content type says, or too large.
    MalformedBody,
    /// No credentials.
    MissingCredentials,
    /// Credentials that nobody has.
    WrongCredentials,
    /// Credentials that were good.
    ExpiredCredentials,
}

/// A request that passed.
#[derive(Clone, Debug)]
pub struct Asked {
    /// The method.
    pub method: Method,
    /// The path, still encoded.
    pub path: String,
    /// The values of the pattern's `{names}`, decoded.
    pub params: BTreeMap<String, String>,
    /// The query, decoded, in order.
    pub query: Vec<(String, String)>,
    /// The headers.
    pub headers: HeaderMap,
    /// The body as it came.
    pub body: Bytes,
}

impl Asked {
    /// The value of `{name}` in the path; empty when the pattern has no such name.
    pub fn param(&self, name: &str) -> &str {
        self.params.get(name).map_or("", String::as_str)
    }

    /// The first value of a query parameter.
    pub fn query(&self, name: &str) -> Option<&str> {
        self.query.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// The body as JSON; null when there is none.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }

    /// The fields of a form body, decoded.
    pub fn form(&self) -> BTreeMap<String, String> {
        url::form_urlencoded::parse(&self.body).into_owned().collect()
    }

    /// A header as text; empty when it is missing.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|v| v.to_str().ok()).unwrap_or_default()
    }

    /// The token of `Authorization: <scheme> <token>`.
    pub fn credentials(&self, scheme: &str) -> Option<&str> {
        let (said, token) = self.header("authorization").split_once(' ')?;
        said.eq_ignore_ascii_case(scheme).then_some(token.trim())
    }
}

/// What a body may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Takes {
    Nothing,
    /// JSON, or no body at all.
    Json(&'static str),
    Form,
}

/// One request that a vendor understands.
#[derive(Debug)]
pub struct Route<V> {
    method: MethodFilter,
    pattern: &'static str,
    query: &'static [&'static str],
    takes: Takes,
    open: bool,
    answer: fn(&V, &Asked) -> Answer,
}

impl<V: Simulator> Route<V> {
    /// `GET pattern`; `{name}` stands for one segment of the path.
    pub fn get(pattern: &'static str, answer: fn(&V, &Asked) -> Answer) -> Self {
        Self { method: MethodFilter::GET, pattern, query: &[], takes: Takes::Nothing, open: false, answer }
    }

    /// `POST pattern` with a JSON body or none.
    pub fn post(pattern: &'static str, answer: fn(&V, &Asked) -> Answer) -> Self {
        Self {
            method: MethodFilter::POST,
            takes: Takes::Json("application/json"),
            ..Self::get(pattern, answer)
        }
    }

    /// `PUT pattern` with a JSON body or none.
    pub fn put(pattern: &'static str, answer: fn(&V, &Asked) -> Answer) -> Self {
        Self { method: MethodFilter::PUT, ..Self::post(pattern, answer) }
    }

    /// `PATCH pattern` with a JSON body or none.
    pub fn patch(pattern: &'static str, answer: fn(&V, &Asked) -> Answer) -> Self {
        Self { method: MethodFilter::PATCH, ..Self::post(pattern, answer) }
    }

    /// `DELETE pattern` without a body.
    pub fn delete(pattern: &'static str, answer: fn(&V, &Asked) -> Answer) -> Self {
        Self { method: MethodFilter::DELETE, ..Self::get(pattern, answer) }
    }

    /// The query parameters that it knows; any other is refused.
    #[must_use]
    pub fn query(self, known: &'static [&'static str]) -> Self {
        Self { query: known, ..self }
    }

    /// Takes a form instead of JSON.
    #[must_use]
    pub fn form(self) -> Self {
        Self { takes: Takes::Form, ..self }
    }

    /// Takes this kind of JSON ("application/scim+json").
    #[must_use]
    pub fn json_as(self, media_type: &'static str) -> Self {
        Self { takes: Takes::Json(media_type), ..self }
    }

    /// Needs no credentials (where credentials are given out).
    #[must_use]
    pub fn open(self) -> Self {
        Self { open: true, ..self }
    }

    async fn serve(&self, vendor: &V, request: Request) -> Answer {
        match self.read(vendor, request).await {
            Ok(asked) => (self.answer)(vendor, &asked),
            Err(refusal) => V::refuse(&refusal),
        }
    }

    async fn read(&self, vendor: &V, request: Request) -> Result<Asked, Refusal> {
        let (mut parts, body) = request.into_parts();
        let body = to_bytes(body, LARGEST_BODY).await.map_err(|_| Refusal::MalformedBody)?;
        let asked = asked(&mut parts, body).await;
        if !self.open {
            vendor.admit(&asked)?;
        }
        if let Some((unknown, _)) = asked.query.iter().find(|(key, _)| !self.query.contains(&key.as_str())) {
            return Err(Refusal::UnknownParameter(unknown.clone()));
        }
        self.check_body(&asked)?;
        Ok(asked)
    }

    fn check_body(&self, asked: &Asked) -> Result<(), Refusal> {
        let media = asked.header(header::CONTENT_TYPE.as_str()).split(';').next().unwrap_or_default().trim();
        match self.takes {
            _ if asked.body.is_empty() => Ok(()),
            Takes::Nothing => Err(Refusal::MalformedBody),
            Takes::Form if media == "application/x-www-form-urlencoded" => Ok(()),
            Takes::Json(kind) if media == kind => {
                serde_json::from_slice::<Value>(&asked.body).map(drop).map_err(|_| Refusal::MalformedBody)
            }
            Takes::Form | Takes::Json(_) => Err(Refusal::WrongContentType),
        }
    }
}

async fn asked(parts: &mut Parts, body: Bytes) -> Asked {
    let params = RawPathParams::from_request_parts(parts, &()).await;
    let query = parts.uri.query().unwrap_or_default();
    Asked {
        method: parts.method.clone(),
        path: parts.uri.path().to_owned(),
        params: params
            .map(|all| all.iter().map(|(k, v)| (k.to_owned(), v.to_owned())).collect())
            .unwrap_or_default(),
        query: url::form_urlencoded::parse(query.as_bytes()).into_owned().collect(),
        headers: parts.headers.clone(),
        body,
    }
}

/// The vendor as a web service.
pub(crate) fn router<V: Simulator>(vendor: &Arc<V>) -> Router {
    let mut router = Router::new()
        .fallback(|| async { V::refuse(&Refusal::UnknownPath) })
        .method_not_allowed_fallback(|| async { V::refuse(&Refusal::WrongMethod) });
    for route in V::routes() {
        let (vendor, route) = (vendor.clone(), Arc::new(route));
        let (pattern, method) = (route.pattern, route.method);
        let serve = move |request: Request| {
            let (vendor, route) = (vendor.clone(), route.clone());
            async move { route.serve(&vendor, request).await }
        };
        router = router.route(pattern, on(method, serve));
    }
    router
}
