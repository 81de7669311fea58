//! Reading everybody: members, invitations, service accounts, and those of whom only keys are left.

use std::collections::BTreeMap;

use async_trait::async_trait;
use lockstep_domain::access::{AccountRecord, CredentialRecord, EntitlementRecord, GrantRecord, OwnerKind};
use lockstep_domain::digest::Digest;
use serde_json::Value;
use tokio::sync::mpsc;

use super::OpenAi;
use super::facts::{Key, Owner, invited, keys_only, member};
use super::ids::membership;
use super::list::List;
use super::project::{Inside, Project};
use crate::contract::{AccountPage, AccountSource, Completeness, Probe, Quarantined, ReadSummary};
use crate::error::{Error, Kind, Result};

#[async_trait]
impl AccountSource for OpenAi {
    async fn read_accounts(&self, out: mpsc::Sender<AccountPage>) -> Result<ReadSummary> {
        let (projects, mut aside, mut digests) = self.projects().await?;
        let insides = self.insides(&projects).await?;
        let (admin_keys, odd_keys) = self.admin_keys().await?;
        aside.extend(odd_keys);
        let makers = self.makers().await?;
        let makers_known = makers.is_some();
        let mut hanging = Hanging { makers: makers.unwrap_or_default(), ..Hanging::default() };
        hanging.take_keys(admin_keys);
        let mut entitlements = AccountPage::default();
        for (project, inside) in projects.iter().zip(insides) {
            digests.extend(&inside.sha256);
            entitlements.entitlements.push(entitlement(project));
            hanging.take(project, inside, &mut entitlements, &mut aside);
        }
        pass_on(&out, entitlements).await?;
        let mut read = Read { out: &out, rows: 0, managed: 0, makers_known, aside };
        self.pass_members(&mut hanging, &mut read, &mut digests).await?;
        self.pass_invitations(&mut read, &mut digests).await?;
        let left = AccountPage { accounts: hanging.rest(), ..AccountPage::default() };
        read.pass(left).await?;
        Ok(read.summary(&digests, self.api.skew_s()))
    }

    async fn probe(&self) -> Result<Probe> {
        let one = [("limit", "1")];
        // The first decides: a key that may not see members is of no use here.
        let users = self.api.get(&["organization", "users"], &one).await?;
        let (mut held, mut missing) = (vec!["Users: read".to_owned()], Vec::new());
        let since = (self.clock.now().timestamp() - 3600).to_string();
        let hour = [("start_time", since.as_str()), ("bucket_width", "1h"), ("limit", "1")];
        let tries: [(&str, &[&str], &[(&str, &str)]); 3] = [
            ("Projects: read", &["organization", "projects"], &one),
            ("Admin keys: read", &["organization", "admin_api_keys"], &one),
            ("Usage: read", &["organization", "usage", "completions"], &hour),
        ];
        for (right, path, query) in tries {
            match self.api.get(path, query).await {
                Ok(_) => held.push(right.into()),
                Err(e) if *e.kind() == Kind::Forbidden => missing.push(right.to_owned()),
                Err(e) => return Err(e),
            }
        }
        let members = users.body.get("data").and_then(Value::as_array).map_or(0, Vec::len);
        let sight = if members == 0 { "shows no member" } else { "shows members" };
        Ok(Probe {
            summary: format!("OpenAI organisation {}: the key {sight}", self.settings.organization),
            held,
            missing,
            excess: vec![],
        })
    }
}

impl OpenAi {
    async fn pass_members(
        &self,
        hanging: &mut Hanging,
        read: &mut Read<'_>,
        digests: &mut Vec<u8>,
    ) -> Result<()> {
        let mut list = List::of(&self.api, &["organization", "users"], &[]);
        while let Some(users) = list.next().await? {
            let mut page = AccountPage::default();
            for user in &users {
                read.managed += u64::from(user.get("is_scim_managed").and_then(Value::as_bool) == Some(true));
                match member(user) {
                    Ok(account) => page.accounts.push(hanging.complete(account)),
                    Err(fault) => read.aside.push(fault.quarantine("users", user)),
                }
            }
            read.pass(page).await?;
        }
        digests.extend(list.sha256().0);
        Ok(())
    }

    async fn pass_invitations(&self, read: &mut Read<'_>, digests: &mut Vec<u8>) -> Result<()> {
        let mut list = List::of(&self.api, &["organization", "invites"], &[]);
        while let Some(invites) = list.next().await? {
            let mut page = AccountPage::default();
            for invite in &invites {
                match invited(invite) {
                    Ok(account) => page.accounts.extend(account),
                    Err(fault) => read.aside.push(fault.quarantine("invites", invite)),
                }
            }
            read.pass(page).await?;
        }
        digests.extend(list.sha256().0);
        Ok(())
    }
}

/// What hangs on accounts and is listed elsewhere than they are.
#[derive(Default)]
struct Hanging {
    keys: BTreeMap<String, (Owner, Vec<CredentialRecord>)>,
    services: BTreeMap<String, AccountRecord>,
    /// E-mails of those who made service accounts.
    makers: BTreeMap<String, String>,
}

impl Hanging {
    fn take(
        &mut self,
        project: &Project,
        inside: Inside,
        page: &mut AccountPage,
        aside: &mut Vec<Quarantined>,
    ) {
        let grant = |account: &str| GrantRecord {
            account_remote_id: account.to_owned(),
            entitlement_remote_id: membership(&project.id),
        };
        page.grants.extend(inside.members.iter().map(|m| grant(m)));
        page.grants.extend(inside.service_accounts.iter().map(|s| grant(&s.remote_id)));
        self.services.extend(inside.service_accounts.into_iter().map(|s| (s.remote_id.clone(), s)));
        self.take_keys(inside.keys);
        aside.extend(inside.quarantined);
    }

    fn take_keys(&mut self, keys: Vec<Key>) {
        for key in keys {
            let id = key.owner.id.clone();
            self.keys.entry(id).or_insert_with(|| (key.owner, Vec::new())).1.push(key.record);
        }
    }

    /// The account with its keys; it is not told again at the end.
    fn complete(&mut self, mut account: AccountRecord) -> AccountRecord {
        self.services.remove(&account.remote_id);
        if account.owner_kind == OwnerKind::Service {
            // Whoever made it answers for it until somebody says otherwise; a link by e-mail is confirmed by hand.
            account.emails.extend(self.makers.get(&account.remote_id).cloned());
        }
        account.credentials = self.keys.remove(&account.remote_id).map(|(_, keys)| keys).unwrap_or_default();
        account
    }

    /// Service accounts, and those who are no members any more and still have keys.
    fn rest(mut self) -> Vec<AccountRecord> {
        let services: Vec<AccountRecord> = std::mem::take(&mut self.services).into_values().collect();
        let mut rest: Vec<AccountRecord> = services.into_iter().map(|s| self.complete(s)).collect();
        rest.extend(
            self.keys
                .into_values()
                .map(|(owner, keys)| AccountRecord { credentials: keys, ..keys_only(&owner) }),
        );
        rest
    }
}

/// A read under way.
struct Read<'a> {
    out: &'a mpsc::Sender<AccountPage>,
    rows: u64,
    /// Members that a directory puts back when they are removed here.
    managed: u64,
    makers_known: bool,
    aside: Vec<Quarantined>,
}

impl Read<'_> {
    async fn pass(&mut self, page: AccountPage) -> Result<()> {
        self.rows += page.accounts.len() as u64;
        pass_on(self.out, page).await
    }

    fn summary(self, digests: &[u8], clock_skew_s: Option<i64>) -> ReadSummary {
        let doubts: Vec<String> = (!self.aside.is_empty())
            .then(|| format!("{} records could not be used", self.aside.len()))
            .into_iter()
            .collect();
        let managed = (self.managed > 0).then(|| Quarantined {
            row: "users".into(),
            column: "is_scim_managed".into(),
            reason: format!(
                "{} members are kept by a directory, which puts back whom it still assigns",
                self.managed
            ),
            remedy: "See that leavers lose the assignment in the directory as well.".into(),
        });
        let unknown_makers = (!self.makers_known).then(|| Quarantined {
            row: "audit_logs".into(),
            column: "service_account.created".into(),
            reason: "the audit log cannot be read, so nobody knows who made the service accounts".into(),
            remedy: "Switch it on in the organisation's settings (it cannot be switched off again), or link service accounts to their owners by hand.".into(),
        });
        ReadSummary {
            rows: self.rows,
            claimed_total: None,
            quarantined: self.aside,
            findings: managed.into_iter().chain(unknown_makers).collect(),
            completeness: match doubts.is_empty() {
                true => Completeness::Complete,
                false => Completeness::Incomplete(doubts),
            },
            source_sha256: Digest::of(digests),
            clock_skew_s,
            cursor: None,
        }
    }
}

fn entitlement(project: &Project) -> EntitlementRecord {
    EntitlementRecord {
        remote_id: membership(&project.id),
        name: format!("project {}", project.name),
        privileged: false,
    }
}

async fn pass_on(out: &mpsc::Sender<AccountPage>, page: AccountPage) -> Result<()> {
    out.send(page).await.map_err(|_| {
        Error::new(Kind::Unavailable, "the read was given up by who asked for it", "Read again.")
    })
}
