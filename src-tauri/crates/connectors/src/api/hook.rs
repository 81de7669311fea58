//! An address that is itself the credential: whoever knows it may post there. It is shown nowhere, not even its path.

use std::fmt;
use std::sync::{Arc, OnceLock};

use reqwest::Client;
use reqwest::header::CONTENT_TYPE;
use url::Url;
use zeroize::Zeroizing;

use super::address::{Reach, base_url};
use super::body::{self, Bytes};
use super::client::client;
use super::exchange::ApiOptions;
use super::pace::Pacer;
use super::status::refusal;
use super::text::clean;
use super::transport::write_broke;
use crate::clock::Clock;
use crate::descriptor::Pace;
use crate::error::{Error, Kind, Result};

const REMEDY: &str = "Make a new webhook address where the notices go, and add the connection again with it.";

/// A client that posts to one secret address.
pub struct Hook {
    url: Zeroizing<String>,
    host: String,
    reach: Reach,
    options: ApiOptions,
    pacer: Pacer,
    clock: Arc<dyn Clock>,
    client: OnceLock<Client>,
}

impl fmt::Debug for Hook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Hook").field("host", &self.host).finish_non_exhaustive()
    }
}

impl Hook {
    /// A client; talks to nobody yet. The address may hold a query, as some vendors keep the secret there.
    ///
    /// # Errors
    /// `Setting`, when the address is not one that may be reached.
    pub fn new(
        url: Zeroizing<String>,
        pace: Pace,
        clock: Arc<dyn Clock>,
        options: ApiOptions,
    ) -> Result<Self> {
        let whole = Zeroizing::new(url.trim().to_owned());
        // What is judged is the address without its query; the rules of a base URL hold for the rest.
        let (base, reach) = base_url(whole.split('?').next().unwrap_or_default(), options.allow_local)
            .map_err(|e| Error::new(e.kind().clone(), format!("the secret url: {e}"), e.remedy()))?;
        let port = base.port().map(|p| format!(":{p}")).unwrap_or_default();
        let host = format!("{}{port}", base.host_str().unwrap_or_default());
        let pacer = Pacer::new(pace, clock.clone());
        Ok(Self { url: whole, host, reach, options, pacer, clock, client: OnceLock::new() })
    }

    /// The host, with its port where one is given: all of the address that is no secret.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// Posts a body, once. `headers` are sent as they are given.
    ///
    /// # Errors
    /// Of every kind; none quotes the address. A redirect is never followed.
    pub async fn post(&self, body: String, headers: &[(&'static str, String)]) -> Result<()> {
        let what = format!("POST to the webhook at {}", self.host);
        // The cause is left out: it could quote the address.
        let url = Url::parse(&self.url)
            .map_err(|_| Error::new(Kind::Setting, "the secret url is not a web address", REMEDY))?;
        let mut request = self.client()?.post(url).header(CONTENT_TYPE, self.options.media_type).body(body);
        for (name, value) in headers {
            request = request.header(*name, value);
        }
        let _turn = self.pacer.turn().await;
        let response = request.send().await.map_err(|e| write_broke(e, &what))?;
        let (status, headers) = (response.status(), response.headers().clone());
        tracing::debug!(status = status.as_u16(), "{what}");
        if status.is_success() {
            self.pacer.ease();
            return Ok(());
        }
        if status.is_redirection() {
            let said = format!("{what}: the server answered {} and points elsewhere", status.as_u16());
            return Err(Error::new(Kind::Setting, said, REMEDY));
        }
        // A reason that cannot be read does not change what the status says.
        let words = match body::read(response, self.options.largest_answer).await {
            Ok(Bytes::Whole(bytes)) => self.words(&String::from_utf8_lossy(&bytes)),
            Ok(Bytes::TooLarge) | Err(_) => String::new(),
        };
        let refused = refusal(status, &headers, &what, &words, self.clock.now()).error;
        match refused.kind() {
            Kind::RateLimited { retry_at } => self.pacer.slow_down(*retry_at),
            Kind::Auth | Kind::Forbidden | Kind::NotFound => {
                return Err(Error::new(refused.kind().clone(), refused.to_string(), REMEDY));
            }
            _ => {}
        }
        Err(refused)
    }

    /// The server's reason, unless it could be an echo of the address: a short word or two, and no part of that.
    fn words(&self, text: &str) -> String {
        let text = text.trim();
        let plain = text.len() <= 60 && text.chars().all(|c| c.is_ascii_alphabetic() || " _-.".contains(c));
        let parts = self.url.split(['/', '?', '&', '=']).filter(|part| part.len() > 3);
        if plain && !parts.into_iter().any(|part| text.contains(part)) {
            clean(text, 60)
        } else {
            String::new()
        }
    }

    fn client(&self) -> Result<&Client> {
        if let Some(client) = self.client.get() {
            return Ok(client);
        }
        let made = client(self.reach, &self.options, false)?;
        Ok(self.client.get_or_init(|| made))
    }
}
