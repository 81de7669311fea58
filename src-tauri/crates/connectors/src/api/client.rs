//! One connection's client: reads that are asked again, writes that are sent once.

mod pass;

use std::fmt;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, OnceLock};

use lockstep_domain::digest::Digest;
use reqwest::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, DATE, ETAG, HeaderMap, IF_MATCH, LOCATION};
use reqwest::{Client, Method, RequestBuilder, Response, StatusCode};
use serde_json::Value;
use url::Url;

use pass::Pass;

use super::address::{GuardedResolver, Reach, base_url};
use super::auth::Auth;
use super::body::{self, Bytes};
use super::exchange::{ApiOptions, Document, Write};
use super::link::{self, PageLink};
use super::pace::Pacer;
use super::retry::{Failure, backoff, http_date};
use super::status::refusal;
use super::text::clean;
use super::transport::{read_broke, write_broke};
use crate::clock::Clock;
use crate::contract::Receipt;
use crate::descriptor::Pace;
use crate::error::{Error, Kind, Result};

/// Redirects within the same server that a read follows.
const MOST_REDIRECTS: usize = 3;

/// A client of one tenant of one vendor.
pub struct Api {
    base: Url,
    reach: Reach,
    auth: Auth,
    options: ApiOptions,
    pacer: Pacer,
    clock: Arc<dyn Clock>,
    clients: OnceLock<Clients>,
    skew_s: AtomicI64,
}

#[derive(Clone)]
struct Clients {
    reads: Client,
    writes: Client,
}

/// A read that may be asked again.
struct Question {
    method: Method,
    url: Url,
    body: Option<String>,
}

/// Stands for "no answer carried a date yet".
const NO_SKEW: i64 = i64::MIN;

impl fmt::Debug for Api {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Api")
            .field("base", &self.base.as_str())
            .field("auth", &self.auth)
            .finish_non_exhaustive()
    }
}

impl Api {
    /// A client; talks to nobody yet.
    ///
    /// # Errors
    /// `Setting`, when the base URL is not one that may be reached, or the secret cannot be sent.
    pub fn new(
        base: &str,
        auth: Auth,
        pace: Pace,
        clock: Arc<dyn Clock>,
        options: ApiOptions,
    ) -> Result<Self> {
        let (base, reach) = base_url(base, options.allow_local)?;
        auth.header()?;
        let pacer = Pacer::new(pace, clock.clone());
        let skew_s = AtomicI64::new(NO_SKEW);
        Ok(Self { base, reach, auth, options, pacer, clock, clients: OnceLock::new(), skew_s })
    }

    /// Tells one tenant from another: host, port where one is given, and path.
    pub fn tenant(&self) -> String {
        let port = self.base.port().map(|p| format!(":{p}")).unwrap_or_default();
        let path = self.base.path().trim_end_matches('/');
        format!("{}{port}{path}", self.base.host_str().unwrap_or_default())
    }

    /// The vendor's clock minus ours in seconds, by the last answer that carried a date.
    pub fn skew_s(&self) -> Option<i64> {
        Some(self.skew_s.load(Ordering::Relaxed)).filter(|s| *s != NO_SKEW)
    }

    /// Reads JSON. Asked again, within bounds, when the server is busy or the connection breaks.
    ///
    /// # Errors
    /// Of every kind; see [`Kind`].
    pub async fn get(&self, segments: &[&str], query: &[(&str, &str)]) -> Result<Document> {
        self.read(Question { method: Method::GET, url: self.url(segments, query)?, body: None }).await
    }

    /// Reads JSON with a question in the body, where a vendor takes it by `POST`. It must change nothing: it is asked
    /// again like any read.
    ///
    /// # Errors
    /// Of every kind; see [`Kind`].
    pub async fn ask(&self, segments: &[&str], query: &[(&str, &str)], body: &Value) -> Result<Document> {
        let (url, body) = (self.url(segments, query)?, Some(body.to_string()));
        self.read(Question { method: Method::POST, url, body }).await
    }

    /// Reads the page that a vendor named as the next one.
    ///
    /// # Errors
    /// As of [`get`](Self::get).
    pub async fn get_page(&self, page: &PageLink) -> Result<Document> {
        self.read(Question { method: Method::GET, url: page.0.clone(), body: None }).await
    }

    /// A page of this server by a link that it gave in a body, or by one that was stored.
    ///
    /// # Errors
    /// `Malformed`, when it leads to another server.
    pub fn page(&self, link: &str) -> Result<PageLink> {
        PageLink::on(&self.base, link)
    }

    async fn read(&self, question: Question) -> Result<Document> {
        let (mut waits, mut renewed) = (backoff(), false);
        loop {
            let failure = match self.read_once(&question).await {
                Ok(document) => return Ok(document),
                Err(failure) => failure,
            };
            if *failure.error.kind() == Kind::TokenExpired && !renewed {
                renewed = true;
                continue;
            }
            match failure.next_wait(waits.next()) {
                Some(wait) => self.clock.sleep(wait).await,
                None => return Err(failure.error),
            }
        }
    }

    /// Sends one write, once. A success says only that the server took it.
    ///
    /// # Errors
    /// Of every kind. `Unavailable` says in words whether anything was sent: after that the outcome is
    /// unknown, and only a read can tell it.
    pub async fn send(&self, write: Write<'_>) -> Result<Receipt> {
        let url = self.url(write.segments, write.query)?;
        let what = self.what(write.method, &url);
        let pass = self.pass().await?;
        let mut request = self.request(&self.clients()?.writes, write.method, &url, &pass);
        if let Some(body) = write.body {
            request = request.header(CONTENT_TYPE, self.options.media_type).body(body.to_string());
        }
        if let Some(version) = write.if_match {
            request = request.header(IF_MATCH, version);
        }
        let _turn = self.pacer.turn().await;
        let response = request.send().await.map_err(|e| write_broke(e, &what))?;
        self.observe(&response, &what);
        let (status, headers) = (response.status(), response.headers().clone());
        if status.is_redirection() {
            return Err(self.redirected(&what, status, &headers));
        }
        if !status.is_success() {
            let refused = self.refused(response, &what).await;
            return Err(self.judge_pass(&pass, refused, true).error);
        }
        self.accepted(&pass, true);
        let bytes = match body::read(response, self.options.largest_answer).await {
            Ok(Bytes::Whole(bytes)) => bytes,
            Ok(Bytes::TooLarge) => return Err(body::too_large(&what, self.options.largest_answer)),
            Err(e) => return Err(write_broke(e, &what)),
        };
        self.pacer.ease();
        Ok(Receipt {
            at: self.clock.now(),
            status: status.as_u16().to_string(),
            request_id: request_id(&headers).map(|id| clean(&self.auth.mask(id), 120)),
            body_sha256: Digest::of(&bytes),
        })
    }

    async fn read_once(&self, question: &Question) -> Result<Document, Failure> {
        let what = self.what(&question.method, &question.url);
        let client = &self.clients().map_err(Failure::lasting)?.reads;
        let mut at = question.url.clone();
        let pass = self.pass().await.map_err(Failure::lasting)?;
        let _turn = self.pacer.turn().await;
        for _ in 0..=MOST_REDIRECTS {
            let mut request = self.request(client, &question.method, &at, &pass);
            if let Some(body) = &question.body {
                request = request.header(CONTENT_TYPE, self.options.media_type).body(body.clone());
            }
            let response = request.send().await.map_err(|e| read_broke(e, &what))?;
            self.observe(&response, &what);
            let status = response.status();
            if status.is_redirection() {
                at = self
                    .same_server(&at, response.headers())
                    .ok_or_else(|| Failure::lasting(self.redirected(&what, status, response.headers())))?;
                continue;
            }
            if !status.is_success() {
                let refused = self.refused(response, &what).await;
                return Err(self.judge_pass(&pass, refused, false));
            }
            self.accepted(&pass, false);
            return self.document(response, &what).await;
        }
        Err(Failure::lasting(Error::new(
            Kind::Malformed,
            format!("{what}: the server redirects in a circle"),
            "Check the base URL.",
        )))
    }

    async fn document(&self, response: Response, what: &str) -> Result<Document, Failure> {
        let says_json = body::says_json(&response);
        let etag = response.headers().get(ETAG).and_then(|v| v.to_str().ok()).map(str::to_owned);
        let limit = self.options.largest_answer;
        let next = link::next(response.headers())
            .map(|link| self.page(link))
            .transpose()
            .map_err(Failure::lasting)?;
        match body::read(response, limit).await {
            Ok(Bytes::Whole(bytes)) => {
                self.pacer.ease();
                let (body, sha256) =
                    body::json(&bytes, says_json, what, &self.auth).map_err(Failure::lasting)?;
                Ok(Document { body, etag, sha256, next })
            }
            Ok(Bytes::TooLarge) => Err(Failure::lasting(body::too_large(what, limit))),
            Err(e) => Err(read_broke(e, what)),
        }
    }

    async fn refused(&self, response: Response, what: &str) -> Failure {
        let (status, headers) = (response.status(), response.headers().clone());
        // A reason that cannot be read does not change what the status says.
        let words = match body::read(response, self.options.largest_answer).await {
            Ok(Bytes::Whole(bytes)) => body::vendor_words(&bytes, &self.auth),
            Ok(Bytes::TooLarge) | Err(_) => String::new(),
        };
        let words = if words.is_empty() { self.header_words(&headers) } else { words };
        let failure = refusal(status, &headers, what, &words, self.clock.now());
        if let Kind::RateLimited { retry_at } = failure.error.kind() {
            self.pacer.slow_down(*retry_at);
        }
        failure
    }

    /// The reason of a refusal, where a vendor gives it in a header and leaves the body empty.
    fn header_words(&self, headers: &HeaderMap) -> String {
        let names = ["x-bamboohr-error-message", "x-bamboohr-message"];
        let words = names.iter().find_map(|name| headers.get(*name)?.to_str().ok()).unwrap_or_default();
        clean(&self.auth.mask(words), 200)
    }

    fn request(&self, client: &Client, method: &Method, url: &Url, pass: &Pass) -> RequestBuilder {
        let accept = match self.options.media_type {
            "application/json" => "application/json".to_owned(),
            other => format!("{other}, application/json"),
        };
        client
            .request(method.clone(), url.clone())
            .header(ACCEPT, accept)
            .header(AUTHORIZATION, pass.header.clone())
    }

    fn clients(&self) -> Result<&Clients> {
        if let Some(clients) = self.clients.get() {
            return Ok(clients);
        }
        let made = Clients {
            reads: client(self.reach, &self.options, true)?,
            writes: client(self.reach, &self.options, false)?,
        };
        Ok(self.clients.get_or_init(|| made))
    }

    /// The address of a path. Ids come from outside: each segment is encoded, and one that would climb or
    /// vanish is refused, since the request would then mean another record, or all of them.
    fn url(&self, segments: &[&str], query: &[(&str, &str)]) -> Result<Url> {
        if segments.iter().any(|s| matches!(*s, "" | "." | "..")) {
            return Err(Error::new(
                Kind::Malformed,
                "an id from the vendor is empty or made of dots, so no address can be formed from it",
                "Look at this record at the vendor and handle it by hand.",
            ));
        }
        let mut url = self.base.clone();
        if let Ok(mut path) = url.path_segments_mut() {
            path.pop_if_empty().extend(segments);
        }
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        Ok(url)
    }

    /// Names a request in errors: without query, which can hold personal data.
    fn what(&self, method: &Method, url: &Url) -> String {
        format!("{method} {} at {}", clean(url.path(), 120), self.base.host_str().unwrap_or_default())
    }

    fn same_server(&self, from: &Url, headers: &HeaderMap) -> Option<Url> {
        let target = from.join(headers.get(LOCATION)?.to_str().ok()?).ok()?;
        (target.origin() == self.base.origin()).then_some(target)
    }

    fn redirected(&self, what: &str, status: StatusCode, headers: &HeaderMap) -> Error {
        let location = headers.get(LOCATION).and_then(|v| v.to_str().ok());
        let target = location.and_then(|l| self.base.join(l).ok());
        let host = match &target {
            Some(url) => format!("{}://{}", url.scheme(), url.host_str().unwrap_or_default()),
            None => "an address that is not told".to_owned(),
        };
        Error::new(
            Kind::Setting,
            format!("{what}: the server answered {} and points to {}", status.as_u16(), clean(&host, 120)),
            "The secret is not sent to another address. If that address is right, set it as the base URL.",
        )
    }

    fn observe(&self, response: &Response, what: &str) {
        tracing::debug!(status = response.status().as_u16(), "{what}");
        let date = response.headers().get(DATE).and_then(|v| v.to_str().ok()).and_then(http_date);
        if let Some(date) = date {
            self.skew_s.store((date - self.clock.now()).num_seconds(), Ordering::Relaxed);
        }
    }
}

/// A client of `reqwest` that reaches no further than it may, follows nothing and repeats nothing.
pub(super) fn client(reach: Reach, options: &ApiOptions, keep_alive: bool) -> Result<Client> {
    let mut builder = Client::builder()
        .user_agent(concat!("lockstep/", env!("CARGO_PKG_VERSION")))
        .dns_resolver(GuardedResolver(reach))
        .no_proxy()
        .redirect(reqwest::redirect::Policy::none())
        .retry(reqwest::retry::never())
        .referer(false)
        .connect_timeout(options.connect_timeout)
        .read_timeout(options.read_timeout)
        .timeout(options.total_timeout);
    if !keep_alive {
        // A connection that the server has just closed would make a write's outcome unknown for nothing.
        builder = builder.pool_max_idle_per_host(0);
    }
    builder.build().map_err(|e| {
        Error::new(
            Kind::Unavailable,
            "no secure connection can be set up on this machine",
            "Check that the machine's certificate store is readable.",
        )
        .caused_by(e)
    })
}

fn request_id(headers: &HeaderMap) -> Option<&str> {
    ["x-request-id", "request-id", "x-correlation-id", "x-okta-request-id", "x-amzn-requestid"]
        .iter()
        .find_map(|name| headers.get(*name)?.to_str().ok())
}
