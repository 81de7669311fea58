//! Vendors as one process sees them: every write is held against the ledger at the moment at which it goes
//! out.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use lockstep_connectors::{
    AccessTarget, AccountPage, AccountSource, Order, Probe, ReadSummary, Receipt, Result, Vendor,
};
use lockstep_domain::access::{Observation, OwnerKind, WishKind};
use lockstep_domain::capability::Can;
use lockstep_domain::digest::Digest;
use tokio::sync::mpsc;

use super::fate::Witness;

/// Writes that went out, by step, and those that had no intent in the ledger.
#[derive(Clone, Debug, Default)]
pub(crate) struct Sent(Arc<Mutex<Log>>);

#[derive(Clone, Debug, Default)]
pub(crate) struct Log {
    pub(crate) steps: Vec<Digest>,
    pub(crate) without_intent: Vec<String>,
}

impl Sent {
    pub(crate) fn of(log: Log) -> Self {
        Self(Arc::new(Mutex::new(log)))
    }

    pub(crate) fn log(&self) -> Log {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Takes down a write that is about to go out. The ledger is read as any other process would read it.
    fn note(&self, home: &Path, order: &Order) {
        let intents = durable_intents(home, order.step);
        let mut log = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        log.steps.push(order.step);
        let sent = log.steps.iter().filter(|s| **s == order.step).count();
        if intents < sent {
            log.without_intent.push(format!("{:?}: write {sent}, {intents} intents", order.wish));
        }
    }
}

fn durable_intents(home: &Path, step: Digest) -> usize {
    let conn = rusqlite::Connection::open(home.join("lockstep.db")).unwrap();
    let sql = "SELECT count(*) FROM ledger WHERE kind = 'step.intended' AND body LIKE ?1";
    let found: i64 = conn.query_row(sql, [format!("%{step}%")], |row| row.get(0)).unwrap();
    usize::try_from(found).unwrap()
}

/// How a test changes what a vendor is.
#[derive(Clone, Default)]
pub(crate) struct Manner {
    /// Ways that the vendor says it has, instead of its own.
    pub(crate) can: Option<Vec<Can>>,
    /// Accounts whose login begins so belong to programs.
    pub(crate) service_prefix: Option<&'static str>,
    /// The one dialect of blocking sign-in that works; others are taken without effect.
    pub(crate) works: Option<&'static str>,
}

/// The vendor as one process sees it.
pub(crate) fn seen_by(
    witness: &Witness,
    sent: &Sent,
    home: &Path,
    manner: &Manner,
    vendor: Vendor,
) -> Vendor {
    let (witness, sent, home, manner) = (witness.clone(), sent.clone(), home.to_owned(), manner.clone());
    let open = vendor.open.clone();
    Vendor {
        descriptor: vendor.descriptor,
        open: Arc::new(move |context| {
            let mut connector = open(context)?;
            connector.access = connector.access.map(|inner| -> Arc<dyn AccessTarget> {
                let (witness, sent, home) = (witness.clone(), sent.clone(), home.clone());
                Arc::new(Door { inner, witness, sent, home, manner: manner.clone() })
            });
            if let Some(prefix) = manner.service_prefix {
                connector.accounts = connector
                    .accounts
                    .map(|inner| -> Arc<dyn AccountSource> { Arc::new(List { inner, prefix }) });
            }
            Ok(connector)
        }),
    }
}

struct Door {
    inner: Arc<dyn AccessTarget>,
    witness: Witness,
    sent: Sent,
    home: PathBuf,
    manner: Manner,
}

#[async_trait]
impl AccessTarget for Door {
    fn can(&self) -> Vec<Can> {
        self.manner.can.clone().unwrap_or_else(|| self.inner.can())
    }

    async fn observe(&self, account_remote_id: &str) -> Result<Observation> {
        self.inner.observe(account_remote_id).await
    }

    async fn apply(&self, order: &Order) -> Result<Receipt> {
        self.witness.point();
        self.sent.note(&self.home, order);
        let idle = order.wish.kind() == WishKind::Disabled
            && self.manner.works.is_some_and(|works| order.dialect.as_deref() != Some(works));
        let answer = if idle {
            let at = self.inner.observe(&order.account_remote_id).await?.at;
            Ok(Receipt { at, status: "204".into(), request_id: None, body_sha256: Digest::of(b"") })
        } else {
            self.inner.apply(order).await
        };
        self.witness.point();
        answer
    }

    async fn own_account(&self) -> Result<Option<String>> {
        self.inner.own_account().await
    }

    fn clock_skew_s(&self) -> Option<i64> {
        self.inner.clock_skew_s()
    }
}

/// A list that marks the accounts of programs.
struct List {
    inner: Arc<dyn AccountSource>,
    prefix: &'static str,
}

#[async_trait]
impl AccountSource for List {
    async fn read_accounts(&self, out: mpsc::Sender<AccountPage>) -> Result<ReadSummary> {
        let (sender, mut pages) = mpsc::channel::<AccountPage>(1);
        let pass_on = async {
            while let Some(mut page) = pages.recv().await {
                for account in page.accounts.iter_mut().filter(|a| a.login.starts_with(self.prefix)) {
                    account.owner_kind = OwnerKind::Service;
                }
                out.send(page).await.unwrap();
            }
        };
        let (summary, ()) = tokio::join!(self.inner.read_accounts(sender), pass_on);
        summary
    }

    async fn probe(&self) -> Result<Probe> {
        self.inner.probe().await
    }
}
