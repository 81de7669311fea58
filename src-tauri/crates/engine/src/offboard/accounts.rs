//! The accounts of a person as a plan needs them: linked, and with all that hangs on them.

use std::collections::BTreeMap;

use futures_util::future::join_all;
use lockstep_connectors::AccountPage;
use lockstep_domain::access::{AccountDetail, AccountRef};
use lockstep_domain::ids::{ConnectionId, PersonId};
use lockstep_domain::systems::System;
use lockstep_store::{AccountRow, ConnectionRow, LinkRow, LinkState, Reader};

use super::dossier::KnownAccount;
use super::facts::Targets;
use super::usage::usage_of;
use crate::desk::Desk;
use crate::error::Result;

/// Every account that may be the person's, as it was read last.
pub(crate) fn of_person(
    r: &Reader<'_>,
    person: PersonId,
    connections: &BTreeMap<ConnectionId, ConnectionRow>,
    systems: &[System],
) -> lockstep_store::Result<Vec<KnownAccount>> {
    let mut accounts = Vec::new();
    for (link, mut account) in r.accounts_of(person)? {
        let Some(connection) = connections.get(&account.connection) else { continue };
        // An account that the last list left out is planned all the same: lists have gaps, and what is really
        // gone reads back as gone.
        if link.state == LinkState::Rejected {
            continue;
        }
        let held = r.entitlements_of(account.id)?;
        let mut names: BTreeMap<String, String> = held
            .into_iter()
            .map(|h| (h.remote_id.clone(), h.record.map_or(h.remote_id, |e| e.name)))
            .collect();
        if let Some(row) = r.account_detail(account.id)? {
            names.extend(row.detail.entitlements.iter().map(|e| (e.remote_id.clone(), e.name.clone())));
            account.record = account.record.with_detail(&row.detail);
        }
        let usage = usage_of(r, connection.id, &account.record)?;
        let known = known(link, account, connection, names.into_iter().collect(), systems);
        accounts.push(KnownAccount { usage, ..known });
    }
    Ok(accounts)
}

impl Desk {
    /// Reads what the lists of accounts leave out, for every account of a person, all at once. A read that
    /// fails leaves what was read before, and is told.
    pub(crate) async fn read_details(&self, person: PersonId, targets: &Targets) -> Result<()> {
        let accounts = self.store.read(move |r| r.accounts_of(person)).await?;
        let ours = accounts.into_iter().filter(|(link, _)| link.state != LinkState::Rejected);
        let reads = ours.filter_map(|(_, account)| {
            let source = targets.accounts(account.connection)?.clone();
            Some(async move {
                let page = source.read_account(&account.record.remote_id).await;
                (account, page)
            })
        });
        for (account, page) in join_all(reads).await {
            match page {
                Ok(None) => {}
                Ok(Some(page)) => {
                    let detail = detail_of(page, &account.record.remote_id);
                    let at = self.clock.now();
                    self.store.write(move |tx| tx.put_account_detail(account.id, &detail, at)).await?;
                }
                Err(e) => self.notice(format!(
                    "What hangs on {} could not be read; what was read before stands: {e}. {}",
                    account.record.login,
                    e.remedy()
                )),
            }
        }
        Ok(())
    }
}

fn detail_of(page: AccountPage, remote_id: &str) -> AccountDetail {
    let account = page.accounts.into_iter().find(|a| a.remote_id == remote_id);
    let held = page.grants.into_iter().filter(|g| g.account_remote_id == remote_id);
    let entitlements = held
        .filter_map(|g| page.entitlements.iter().find(|e| e.remote_id == g.entitlement_remote_id).cloned())
        .collect();
    AccountDetail {
        admin: account.as_ref().and_then(|a| a.admin),
        credentials: account.map(|a| a.credentials).unwrap_or_default(),
        entitlements,
    }
}

fn known(
    link: LinkRow,
    account: AccountRow,
    connection: &ConnectionRow,
    entitlements: Vec<(String, String)>,
    systems: &[System],
) -> KnownAccount {
    let system = systems.iter().find(|s| s.connection == Some(connection.id));
    KnownAccount {
        account: AccountRef {
            account: account.id,
            connection: connection.id,
            vendor: connection.vendor.clone(),
            tenant: connection.tenant.clone(),
            remote_id: account.record.remote_id.clone(),
            login: account.record.login.clone(),
        },
        system: system.map_or_else(|| connection.name.clone(), |s| s.name.clone()),
        record: account.record,
        entitlements,
        confidence: link.confidence,
        reasons: link.reasons,
        link_state: link.state.as_str().into(),
        confirmed_by: link.decided_by,
        listed: account.missing_since.is_none(),
        seen_at: account.last_seen_at,
        found_later: false,
        usage: None,
    }
}
