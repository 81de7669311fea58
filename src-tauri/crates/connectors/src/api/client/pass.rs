//! Being let in: by a secret that is given, or by a token that is asked for.

use reqwest::header::{ACCEPT, CONTENT_TYPE, HeaderValue};
use reqwest::{Method, StatusCode};
use serde_json::Value;
use url::Url;

use super::Api;
use crate::api::auth::{Auth, authorization};
use crate::api::retry::{Failure, backoff};
use crate::api::token::ServiceApp;
use crate::api::transport::read_broke;
use crate::error::{Error, Kind, Result};

/// What a request shows to be let in, and which of our tokens it is.
pub(super) struct Pass {
    pub(super) header: HeaderValue,
    number: u64,
}

impl Api {
    /// What lets the next request in; a service application's token is minted first if need be.
    pub(super) async fn pass(&self) -> Result<Pass> {
        if let Some(header) = self.auth.header()? {
            return Ok(Pass { header, number: 0 });
        }
        let Auth::ServiceApp(app) = &self.auth else { return Err(self.no_token()) };
        let _alone = app.minting.lock().await;
        if app.current(self.clock.now()).is_none() {
            self.mint(app).await?;
        }
        let (token, number) = app.current(self.clock.now()).ok_or_else(|| self.no_token())?;
        Ok(Pass { header: authorization("Bearer", &token)?, number })
    }

    /// Asks for a token. That changes nothing at the vendor, so it is asked again like a read.
    async fn mint(&self, app: &ServiceApp) -> Result<()> {
        let url = self.url(app.token_path, &[])?;
        let mut waits = backoff();
        loop {
            let failure = match self.mint_once(app, &url).await {
                Ok(answer) => return app.take(&answer, self.clock.now()),
                Err(failure) => failure,
            };
            match failure.next_wait(waits.next()) {
                Some(wait) => self.clock.sleep(wait).await,
                None => return Err(failure.error),
            }
        }
    }

    async fn mint_once(&self, app: &ServiceApp, url: &Url) -> Result<Value, Failure> {
        let what = self.what(&Method::POST, url);
        let form = app.request(url.as_str(), self.clock.now()).map_err(Failure::lasting)?;
        let client = &self.clients().map_err(Failure::lasting)?.writes;
        let _turn = self.pacer.turn().await;
        let request = client
            .post(url.clone())
            .header(ACCEPT, "application/json")
            .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(form.as_str().to_owned());
        let response = request.send().await.map_err(|e| read_broke(e, &what))?;
        self.observe(&response, &what);
        let status = response.status();
        if status.is_redirection() {
            return Err(Failure::lasting(self.redirected(&what, status, response.headers())));
        }
        if !status.is_success() {
            let failure = self.refused(response, &what).await;
            // RFC 6749 §5.2: a client that is not known, or may not have these scopes, is told by 400 as well.
            return Err(if status == StatusCode::BAD_REQUEST {
                failure.of_kind(Kind::Auth)
            } else {
                failure
            });
        }
        Ok(self.document(response, &what).await?.body)
    }

    fn no_token(&self) -> Error {
        Error::new(
            Kind::Auth,
            format!("{} gives tokens that have already expired", self.base.host_str().unwrap_or_default()),
            "Check this machine's clock.",
        )
    }

    pub(super) fn accepted(&self, pass: &Pass, write: bool) {
        if let Auth::ServiceApp(app) = &self.auth {
            app.accepted(pass.number, write);
        }
    }

    /// Tells a token that has run out from credentials that are wrong.
    pub(super) fn judge_pass(&self, pass: &Pass, failure: Failure, write: bool) -> Failure {
        match &self.auth {
            Auth::ServiceApp(app)
                if *failure.error.kind() == Kind::Auth && app.refused(pass.number, write) =>
            {
                failure.of_kind(Kind::TokenExpired)
            }
            _ => failure,
        }
    }
}
