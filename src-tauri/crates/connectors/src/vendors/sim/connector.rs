//! The simulated vendor's roles.

use std::sync::Arc;

use async_trait::async_trait;
use lockstep_domain::access::{
    AccountFacts, AccountRecord, CredentialRecord, CredentialState, EntitlementRecord, GrantRecord,
    Observation, OwnerKind, Presence, Sessions, SignIn, WishKind,
};
use lockstep_domain::capability::{Can, Effect, Proof};
use lockstep_domain::digest::Digest;
use lockstep_domain::people::WorkerRecord;
use tokio::sync::mpsc;

use super::world::{Fault, GRANT_LAG_S, Op, SimAccount, SimWorld, WorkersRead, simulated};
use crate::clock::Clock;
use crate::contract::{
    AccessTarget, AccountPage, AccountSource, ActivityFrom, ActivityPage, ActivitySource, Completeness,
    Order, Probe, ReadSummary, Receipt, WorkerSource,
};
use crate::error::{Kind, Result};

/// Small, so that tests see more than one page.
const PAGE: usize = 100;

pub(super) struct Sim {
    pub(super) world: Arc<SimWorld>,
    pub(super) clock: Arc<dyn Clock>,
}

impl Sim {
    /// Lets a fault strike a read, on the whole or on one record.
    async fn read(&self, op: Op, remote_id: &str) -> Result<()> {
        match self.world.fault(op, remote_id) {
            Some(Fault::Refused(kind)) => Err(simulated(kind)),
            Some(Fault::AnswerLost | Fault::Ignored) => Err(simulated(Kind::Unavailable)),
            Some(Fault::Delayed(by)) => {
                self.clock.sleep(by).await;
                Ok(())
            }
            None => Ok(()),
        }
    }

    fn record(&self, remote_id: &str, account: &SimAccount) -> AccountRecord {
        AccountRecord {
            remote_id: remote_id.into(),
            login: account.login.clone(),
            display_name: account.display_name.clone(),
            emails: account.emails.clone(),
            external_id: account.external_id.clone(),
            sign_in: sign_in(account),
            admin: Some(account.admin),
            owner_kind: OwnerKind::Human,
            created_at: None,
            last_used_at: None,
            status_changed_at: None,
            credentials: account
                .keys
                .iter()
                .map(|key| CredentialRecord {
                    remote_id: key.clone(),
                    name: None,
                    state: CredentialState::Active,
                    last_used_at: None,
                })
                .collect(),
        }
    }

    fn page(&self, accounts: &[(&String, &SimAccount)]) -> AccountPage {
        let now = self.clock.now();
        AccountPage {
            accounts: accounts.iter().map(|(id, a)| self.record(id, a)).collect(),
            entitlements: vec![],
            grants: accounts
                .iter()
                .flat_map(|(id, a)| a.shown_groups(now).into_iter().map(move |group| (id, group)))
                .map(|(id, group)| GrantRecord {
                    account_remote_id: (*id).clone(),
                    entitlement_remote_id: group,
                })
                .collect(),
        }
    }

    fn summary(
        &self,
        rows: usize,
        completeness: Completeness,
        source: &impl serde::Serialize,
    ) -> ReadSummary {
        ReadSummary {
            rows: rows as u64,
            claimed_total: Some(rows as u64),
            quarantined: vec![],
            findings: vec![],
            completeness,
            source_sha256: Digest::of_json(source).unwrap_or(Digest::ZERO),
            clock_skew_s: self.world.truth().skew_s,
            cursor: None,
        }
    }

    async fn try_out(&self) -> Result<Probe> {
        self.read(Op::Probe, "").await?;
        let truth = self.world.truth();
        Ok(Probe {
            summary: format!("Simulated, {} accounts, {} workers", truth.accounts.len(), truth.workers.len()),
            held: vec![],
            missing: vec![],
            excess: vec![],
        })
    }
}

fn sign_in(account: &SimAccount) -> SignIn {
    if account.enabled { SignIn::Enabled } else { SignIn::Disabled }
}

async fn pass_on<T: Send>(out: &mpsc::Sender<T>, page: T) -> Result<()> {
    out.send(page).await.map_err(|_| simulated(Kind::Unavailable))
}

#[async_trait]
impl WorkerSource for Sim {
    async fn read_workers(&self, out: mpsc::Sender<Vec<WorkerRecord>>) -> Result<ReadSummary> {
        self.read(Op::ReadWorkers, "").await?;
        let truth = self.world.truth();
        for chunk in truth.workers.chunks(PAGE) {
            pass_on(&out, chunk.to_vec()).await?;
        }
        let completeness = match truth.workers_read {
            WorkersRead::Complete => Completeness::Complete,
            WorkersRead::Incomplete(why) => Completeness::Incomplete(vec![why]),
        };
        Ok(self.summary(truth.workers.len(), completeness, &truth.workers))
    }

    async fn read_worker(&self, remote_person_id: &str) -> Result<Vec<WorkerRecord>> {
        self.read(Op::ReadWorker, remote_person_id).await?;
        Ok(self.world.stints(remote_person_id))
    }

    fn clock_skew_s(&self) -> Option<i64> {
        self.world.truth().skew_s
    }

    async fn probe(&self) -> Result<Probe> {
        self.try_out().await
    }
}

#[async_trait]
impl AccountSource for Sim {
    async fn read_accounts(&self, out: mpsc::Sender<AccountPage>) -> Result<ReadSummary> {
        self.read(Op::ReadAccounts, "").await?;
        let truth = self.world.truth();
        let entitlements = truth.groups.iter().map(|(id, group)| EntitlementRecord {
            remote_id: id.clone(),
            name: group.name.clone(),
            privileged: group.privileged,
        });
        pass_on(&out, AccountPage { entitlements: entitlements.collect(), ..AccountPage::default() }).await?;
        let accounts: Vec<_> = truth.accounts.iter().collect();
        let mut listed = Vec::new();
        for chunk in accounts.chunks(PAGE) {
            let page = self.page(chunk);
            listed.extend(page.accounts.iter().cloned());
            pass_on(&out, page).await?;
        }
        Ok(self.summary(accounts.len(), Completeness::Complete, &listed))
    }

    async fn probe(&self) -> Result<Probe> {
        self.try_out().await
    }
}

#[async_trait]
impl ActivitySource for Sim {
    async fn read_activity(&self, from: &ActivityFrom, out: mpsc::Sender<ActivityPage>) -> Result<()> {
        self.read(Op::ReadActivity, "").await?;
        let log = self.world.truth().activity;
        let mut next = match from {
            ActivityFrom::Since(at) => log.partition_point(|e| e.at < *at),
            ActivityFrom::Cursor(place) => place.parse().unwrap_or(0),
        };
        loop {
            let events: Vec<_> = log.iter().skip(next).take(PAGE).cloned().collect();
            next += events.len();
            let last = events.len() < PAGE;
            pass_on(&out, ActivityPage { events, cursor: next.to_string() }).await?;
            if last {
                return Ok(());
            }
        }
    }
}

#[async_trait]
impl AccessTarget for Sim {
    fn can(&self) -> Vec<Can> {
        let way = |wish, effect, proof, lag_s| Can { lag_s, ..Can::new(wish, effect, proof) };
        vec![
            way(WishKind::Disabled, Effect::Reversible, Proof::ReadBack, 0),
            way(WishKind::SessionsEnded, Effect::Reversible, Proof::Receipt, 0),
            way(WishKind::CredentialRevoked, Effect::Final, Proof::ReadBack, 0),
            way(WishKind::GrantAbsent, Effect::Reversible, Proof::ReadBack, GRANT_LAG_S),
        ]
    }

    async fn observe(&self, account_remote_id: &str) -> Result<Observation> {
        self.read(Op::Observe, account_remote_id).await?;
        let now = self.clock.now();
        let presence = self.world.account(account_remote_id).map_or(Presence::Absent, |account| {
            Presence::Present(AccountFacts {
                sign_in: sign_in(&account),
                sessions: Sessions::Unknown,
                grants: Some(account.shown_groups(now)),
                credentials: Some(
                    account.keys.iter().map(|key| (key.clone(), CredentialState::Active)).collect(),
                ),
                admin: Some(account.admin),
            })
        });
        Ok(Observation { at: now, presence })
    }

    async fn apply(&self, order: &Order) -> Result<Receipt> {
        let fault = self.world.fault(Op::Apply, &order.account_remote_id);
        if let Some(Fault::Delayed(by)) = fault {
            self.clock.sleep(by).await;
        }
        let now = self.clock.now();
        self.world.write(&order.account_remote_id, &order.wish, now, fault.as_ref())?;
        Ok(Receipt { at: now, status: "204".into(), request_id: None, body_sha256: Digest::of(b"") })
    }

    async fn own_account(&self) -> Result<Option<String>> {
        self.read(Op::OwnAccount, "").await?;
        Ok(self.world.edit(|s| s.own_account.clone()))
    }

    fn clock_skew_s(&self) -> Option<i64> {
        self.world.truth().skew_s
    }
}
