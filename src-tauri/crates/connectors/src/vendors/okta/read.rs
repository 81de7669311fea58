//! Reading all accounts, groups, applications and admins.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use async_trait::async_trait;
use futures_util::{StreamExt as _, stream};
use lockstep_domain::access::{CredentialRecord, EntitlementRecord, GrantRecord};
use lockstep_domain::digest::Digest;
use serde_json::Value;
use tokio::sync::mpsc;

use super::lists::List;
use super::resource::{self, is_super_admin, quarantine, text};
use super::{Okta, kinds};
use crate::contract::{AccountPage, AccountSource, Completeness, Probe, Quarantined, ReadSummary};
use crate::error::{Error, Kind, Result};

/// Lists of members and of roles under way at once; the pace bounds them further.
const AT_ONCE: usize = 12;

/// A whole read under way: what speaks against believing it, and its digests by list.
#[derive(Default)]
struct Sync {
    doubts: BTreeSet<String>,
    quarantined: Vec<Quarantined>,
    digests: BTreeMap<String, Digest>,
}

impl Sync {
    /// A list, or nothing of it when it may not be read, which is a doubt.
    fn believe(&mut self, name: &str, list: Result<(Vec<Value>, Digest)>) -> Result<Option<Vec<Value>>> {
        match list {
            Ok((list, digest)) => {
                self.digests.insert(name.to_owned(), digest);
                Ok(Some(list))
            }
            Err(e) if *e.kind() == Kind::Forbidden => {
                self.doubts.insert(format!(
                    "{name}: they may not be read. Grant the scope and an admin role that allows it, or take \
                     it out of the setting scopes."
                ));
                Ok(None)
            }
            Err(e) => Err(e),
        }
    }

    fn usable<T>(&mut self, list: &str, record: &Value, read: Result<T, &'static str>) -> Option<T> {
        read.map_err(|field| self.quarantined.push(quarantine(list, record, field))).ok()
    }
}

#[async_trait]
impl AccountSource for Okta {
    async fn read_accounts(&self, out: mpsc::Sender<AccountPage>) -> Result<ReadSummary> {
        let mut sync = Sync::default();
        let admins = self.admins(&mut sync, &out).await?;
        let credentials = self.tokens_by_account(&mut sync).await?;
        self.apps(&mut sync, &out).await?;
        self.groups(&mut sync, &out).await?;
        let rows = self.users(&mut sync, &out, admins.as_ref(), credentials).await?;
        if !sync.quarantined.is_empty() {
            sync.doubts.insert(format!("{} records could not be used", sync.quarantined.len()));
        }
        let digests: Vec<u8> = sync.digests.values().flat_map(|d| d.0).collect();
        Ok(ReadSummary {
            rows,
            claimed_total: None, // Okta gives none
            quarantined: sync.quarantined,
            findings: vec![],
            completeness: if sync.doubts.is_empty() {
                Completeness::Complete
            } else {
                Completeness::Incomplete(sync.doubts.into_iter().collect())
            },
            source_sha256: Digest::of(&digests),
            clock_skew_s: self.api.skew_s(),
            cursor: None,
        })
    }

    async fn read_account(&self, account_remote_id: &str) -> Result<Option<AccountPage>> {
        let Some(person) = self.person(account_remote_id).await? else {
            return Ok(Some(AccountPage::default()));
        };
        let (Some(entitlements), Some(credentials)) = (person.entitlements, person.credentials) else {
            return Err(Error::new(
                Kind::Forbidden,
                "not everything that hangs on this account in Okta may be read",
                "Try the connection: it says which rights are missing. Grant them, or take them out of the setting scopes.",
            ));
        };
        let account = resource::account(&person.user, person.admin, credentials).map_err(|field| {
            Error::new(
                Kind::Malformed,
                format!("the account's field {field} is missing or no text"),
                "Look at this account in Okta.",
            )
        })?;
        let grants = entitlements.iter().map(|e| grant(account_remote_id, &e.remote_id)).collect();
        Ok(Some(AccountPage { accounts: vec![account], entitlements, grants }))
    }

    async fn probe(&self) -> Result<Probe> {
        self.try_out().await
    }
}

impl Okta {
    /// Who is super administrator, and the roles of everybody who has one; `None` when that is not told.
    async fn admins(
        &self,
        sync: &mut Sync,
        out: &mpsc::Sender<AccountPage>,
    ) -> Result<Option<HashSet<String>>> {
        if !self.settings.may_read("roles") {
            return Ok(None);
        }
        let assignees =
            List::of(self, "admins", &["api", "v1", "iam", "assignees", "users"], &[]).all().await;
        let Some(assignees) = sync.believe("Admin roles", assignees)? else { return Ok(None) };
        let ids: Vec<String> = assignees.iter().filter_map(|a| text(a, "id")).map(str::to_owned).collect();
        if ids.len() < assignees.len() {
            sync.doubts.insert("Admin roles: some name no account".into());
        }
        let mut roles = stream::iter(ids)
            .map(|id| async move {
                let roles = List::of(self, "roles", &["api", "v1", "users", &id, "roles"], &[]).all().await;
                (id, roles)
            })
            .buffer_unordered(AT_ONCE);
        let (mut admins, mut page) = (HashSet::new(), AccountPage::default());
        while let Some((id, roles)) = roles.next().await {
            let Some(roles) = sync.believe(&format!("Roles of {id}"), roles)? else { return Ok(None) };
            if roles.iter().any(is_super_admin) {
                admins.insert(id.clone());
            }
            for role in &roles {
                if let Some(role) = sync.usable("roles", role, resource::role(role)) {
                    page.grants.push(grant(&id, &role.remote_id));
                    page.entitlements.push(role);
                }
            }
        }
        pass_on(out, page).await?;
        Ok(Some(admins))
    }

    async fn tokens_by_account(&self, sync: &mut Sync) -> Result<BTreeMap<String, Vec<CredentialRecord>>> {
        let mut by_account: BTreeMap<String, Vec<CredentialRecord>> = BTreeMap::new();
        if !self.settings.may_read("apiTokens") {
            return Ok(by_account);
        }
        let tokens = List::of(self, "API tokens", &["api", "v1", "api-tokens"], &[]).all().await;
        for token in sync.believe("API tokens", tokens)?.unwrap_or_default() {
            let Some(record) =
                sync.usable("api-tokens", &token, resource::credential(kinds::API_TOKEN, &token))
            else {
                continue;
            };
            let maker = text(&token, "userId").ok_or("userId");
            if let Some(maker) = sync.usable("api-tokens", &token, maker) {
                by_account.entry(maker.to_owned()).or_default().push(record);
            }
        }
        Ok(by_account)
    }

    /// The applications, which the register of systems starts from. Who has them is asked by account.
    async fn apps(&self, sync: &mut Sync, out: &mpsc::Sender<AccountPage>) -> Result<()> {
        if !self.settings.may_read("apps") {
            return Ok(());
        }
        let apps = List::of(self, "applications", &["api", "v1", "apps"], &[("limit", "200")]).all().await;
        let apps = sync.believe("Applications", apps)?.unwrap_or_default();
        let entitlements =
            apps.iter().filter_map(|app| sync.usable("apps", app, resource::app(app, true))).collect();
        pass_on(out, AccountPage { entitlements, ..AccountPage::default() }).await
    }

    async fn groups(&self, sync: &mut Sync, out: &mpsc::Sender<AccountPage>) -> Result<()> {
        let groups = List::of(self, "groups", &["api", "v1", "groups"], &[("limit", "200")]).all().await;
        let Some(groups) = sync.believe("Groups", groups)? else { return Ok(()) };
        if groups.is_empty() {
            // Every organisation has the group Everyone.
            sync.doubts
                .insert("Groups: none is shown, so the app lacks an admin role that shows them".into());
        }
        let mut kept = Vec::new();
        for group in &groups {
            if let Some(entitlement) = sync.usable("groups", group, resource::group(group)) {
                // Everyone holds everybody; nobody can be taken out, so its members are not asked for.
                let everyone = text(group, "type") == Some("BUILT_IN");
                let id = text(group, "id").unwrap_or_default().to_owned();
                kept.push((id, entitlement.clone(), everyone));
            }
        }
        let entitlements: Vec<EntitlementRecord> = kept.iter().map(|(_, e, _)| e.clone()).collect();
        pass_on(out, AccountPage { entitlements, ..AccountPage::default() }).await?;
        let mut members = stream::iter(kept.into_iter().filter(|(.., everyone)| !everyone))
            .map(|(id, entitlement, _)| async move {
                let path = ["api", "v1", "groups", id.as_str(), "users"];
                let members = List::of(self, "members", &path, &[("limit", "200")]).all().await;
                (entitlement, members)
            })
            .buffer_unordered(AT_ONCE);
        while let Some((entitlement, members)) = members.next().await {
            let members = match members {
                Err(e) if *e.kind() == Kind::NotFound => {
                    sync.doubts.insert("Groups: some went away while they were read".into());
                    continue;
                }
                members => sync.believe(&format!("Members of {}", entitlement.remote_id), members)?,
            };
            let mut page = AccountPage::default();
            for member in members.unwrap_or_default() {
                let id = text(&member, "id").ok_or("id");
                if let Some(id) = sync.usable("members", &member, id) {
                    page.grants.push(grant(id, &entitlement.remote_id));
                }
            }
            pass_on(out, page).await?;
        }
        Ok(())
    }

    /// All accounts. Only a search lists deactivated ones as well; it may lag, so nothing is read back by it.
    async fn users(
        &self,
        sync: &mut Sync,
        out: &mpsc::Sender<AccountPage>,
        admins: Option<&HashSet<String>>,
        mut credentials: BTreeMap<String, Vec<CredentialRecord>>,
    ) -> Result<u64> {
        let query = [("search", "status pr"), ("limit", "200")];
        let mut list = List::of(self, "users", &["api", "v1", "users"], &query);
        let mut seen = HashSet::new();
        while let Some(users) = list.next().await? {
            let mut page = AccountPage::default();
            for user in &users {
                let id = text(user, "id").unwrap_or_default();
                if !id.is_empty() && !seen.insert(id.to_owned()) {
                    sync.doubts
                        .insert("Accounts: some were sent twice, others may have slipped through".into());
                    continue;
                }
                let admin = admins.map(|admins| admins.contains(id));
                let held = credentials.remove(id).unwrap_or_default();
                page.accounts.extend(sync.usable("users", user, resource::account(user, admin, held)));
            }
            pass_on(out, page).await?;
        }
        if seen.is_empty() {
            sync.doubts
                .insert("Accounts: none is shown, so the app lacks an admin role that shows them".into());
        }
        sync.digests.insert("Accounts".into(), list.digest());
        let set_aside = sync.quarantined.iter().filter(|q| q.row.starts_with("users/")).count();
        Ok(seen.len().saturating_sub(set_aside) as u64)
    }
}

fn grant(account: &str, entitlement: &str) -> GrantRecord {
    GrantRecord { account_remote_id: account.into(), entitlement_remote_id: entitlement.into() }
}

async fn pass_on(out: &mpsc::Sender<AccountPage>, page: AccountPage) -> Result<()> {
    out.send(page).await.map_err(|_| {
        Error::new(Kind::Unavailable, "the read was given up by who asked for it", "Read again.")
    })
}
