//! Reading all accounts with their groups.

use async_trait::async_trait;
use lockstep_domain::access::{EntitlementRecord, GrantRecord};
use lockstep_domain::digest::Digest;
use tokio::sync::mpsc;

use super::Scim;
use super::groups::Groups;
use super::list::{List, page};
use super::resource::account;
use crate::contract::{AccountPage, AccountSource, Completeness, Probe, ReadSummary};
use crate::error::{Error, Kind, Result};

#[async_trait]
impl AccountSource for Scim {
    async fn read_accounts(&self, out: mpsc::Sender<AccountPage>) -> Result<ReadSummary> {
        let mut groups = self.groups().await?;
        pass_on(&out, entitlements(&groups)).await?;
        let mut quarantined = std::mem::take(&mut groups.quarantined);
        // Set aside or not, a group that could not be read leaves the admins in doubt.
        if !quarantined.is_empty() {
            groups.doubts.insert("Groups: some could not be used".into());
        }
        let mut rows = 0;
        let mut list = List::of(&self.api, "Users");
        while let Some(users) = list.next().await? {
            let mut page = AccountPage::default();
            for (position, user) in users {
                match account(&user, |id| groups.admin(id)) {
                    Ok(record) => page.accounts.push(record),
                    Err(fault) => quarantined.push(fault.quarantine("Users", &user, position)),
                }
            }
            rows += page.accounts.len() as u64;
            pass_on(&out, page).await?;
        }
        let end = list.end();
        let mut doubts: Vec<String> = groups.doubts.into_iter().chain(end.doubts).collect();
        if !quarantined.is_empty() {
            doubts.push(format!("{} records could not be used", quarantined.len()));
        }
        let pages = [groups.sha256.unwrap_or(Digest::ZERO).0, end.sha256.0].concat();
        Ok(ReadSummary {
            rows,
            claimed_total: Some(end.claimed),
            quarantined,
            findings: groups.findings,
            completeness: if doubts.is_empty() {
                Completeness::Complete
            } else {
                Completeness::Incomplete(doubts)
            },
            source_sha256: Digest::of(&pages),
            clock_skew_s: self.api.skew_s(),
            cursor: None,
        })
    }

    async fn probe(&self) -> Result<Probe> {
        let answer = self.api.get(&["Users"], &[("startIndex", "1"), ("count", "1")]).await?;
        let (users, _) = page("Users", answer.body)?;
        let features = self.features().await?;
        let groups = match self.api.get(&["Groups"], &[("startIndex", "1"), ("count", "1")]).await {
            Ok(_) if self.settings.groups => "yes",
            Ok(_) => "not used",
            Err(e) if *e.kind() == Kind::Forbidden => "not allowed",
            Err(e) if matches!(e.kind(), Kind::NotFound | Kind::Unsupported) => "no",
            Err(e) => return Err(e),
        };
        let said = |supported: Option<bool>| match supported {
            Some(true) => "yes",
            Some(false) => "no",
            None => "not told",
        };
        Ok(Probe {
            summary: format!(
                "SCIM 2.0, {users} users; groups: {groups}; patch: {}; filter: {}; etag: {}",
                said(features.patch),
                said(features.filter),
                said(features.etag)
            ),
            held: std::iter::once("Users: read")
                .chain((groups == "yes").then_some("Groups: read"))
                .map(str::to_owned)
                .collect(),
            missing: (groups == "not allowed").then(|| "Groups: read".to_owned()).into_iter().collect(),
            excess: vec![],
        })
    }
}

fn entitlements(groups: &Groups) -> AccountPage {
    let mut page = AccountPage::default();
    for (id, (name, members)) in &groups.all {
        page.entitlements.push(EntitlementRecord {
            remote_id: id.clone(),
            name: name.clone(),
            privileged: groups.is_privileged(id),
        });
        page.grants.extend(members.accounts.iter().map(|account| GrantRecord {
            account_remote_id: account.clone(),
            entitlement_remote_id: id.clone(),
        }));
    }
    page
}

async fn pass_on(out: &mpsc::Sender<AccountPage>, page: AccountPage) -> Result<()> {
    out.send(page).await.map_err(|_| {
        Error::new(Kind::Unavailable, "the read was given up by who asked for it", "Read again.")
    })
}
