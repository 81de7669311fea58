//! Opening connections in tests.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use lockstep_connectors::vendors::scim;
use lockstep_connectors::{
    AccountPage, AccountSource, Connector, Error, ManualClock, Notice, OpenContext, ReadSummary, Result,
    Severity, Vendor,
};
use tokio::sync::mpsc;
use uuid::Uuid;
use zeroize::Zeroizing;

/// The token of every test's connection; it must never come out again.
pub(crate) const TOKEN: &str = "tok-3n-s3cr3t";

pub(crate) fn start() -> DateTime<Utc> {
    "2026-09-25T14:00:00Z".parse().unwrap()
}

/// A clock on which waiting takes no time.
pub(crate) fn clock() -> Arc<ManualClock> {
    Arc::new(ManualClock::new(start()))
}

pub(crate) fn open(
    vendor: &Vendor,
    clock: &Arc<ManualClock>,
    token: &str,
    settings: &[(&str, &str)],
) -> Result<Connector> {
    (vendor.open)(OpenContext {
        settings: settings.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect(),
        secrets: [("token".to_owned(), Zeroizing::new(token.to_owned()))].into(),
        clock: clock.clone(),
    })
}

/// A connection to a SCIM server on loopback.
pub(crate) fn open_scim(base_url: &str, clock: &Arc<ManualClock>, more: &[(&str, &str)]) -> Connector {
    let mut settings = vec![("base_url", base_url), ("allow_local", "true")];
    settings.extend(more);
    open(&scim::vendor(), clock, TOKEN, &settings).expect("loopback is allowed here")
}

/// A connection with these secrets.
pub(crate) fn open_with(
    vendor: &Vendor,
    secrets: &[(&str, &str)],
    settings: &[(&str, &str)],
) -> Result<Connector> {
    let owned = |(k, v): &(&str, &str)| ((*k).to_owned(), (*v).to_owned());
    (vendor.open)(OpenContext {
        settings: settings.iter().map(owned).collect(),
        secrets: secrets.iter().map(owned).map(|(k, v)| (k, Zeroizing::new(v))).collect(),
        clock: clock(),
    })
}

/// A notice as the engine words them.
pub(crate) fn notice() -> Notice {
    Notice {
        id: Uuid::from_u128(7),
        severity: Severity::Urgent,
        subject: "Lockstep needs a person".into(),
        body: "Lockstep needs a person: a scheduled offboarding cannot start (case 3f2a91). Open Lockstep."
            .into(),
        at: start(),
    }
}

/// All pages of a read in one, and how it ended.
pub(crate) async fn read_all(source: &dyn AccountSource) -> Result<(AccountPage, ReadSummary)> {
    let (out, mut pages) = mpsc::channel::<AccountPage>(1);
    let collect = async {
        let mut all = AccountPage::default();
        while let Some(page) = pages.recv().await {
            all.accounts.extend(page.accounts);
            all.entitlements.extend(page.entitlements);
            all.grants.extend(page.grants);
        }
        all
    };
    let (summary, all) = tokio::join!(source.read_accounts(out), collect);
    Ok((all, summary?))
}

/// The error of a call that must fail, shown to hold no secret and to say what to do.
pub(crate) fn failed<T>(result: Result<T>, why: &str) -> Error {
    let Err(error) = result else { panic!("this must fail: {why}") };
    let shown = format!("{error} {error:?} {}", error.remedy());
    assert!(!shown.contains(TOKEN), "an error must not show the secret: {shown}");
    assert!(!error.remedy().is_empty(), "an error must say what to do: {shown}");
    assert!(!error.to_string().contains(char::is_control), "vendor text must not steer a terminal: {shown}");
    error
}
