//! All groups with their members, and who administers by them.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use lockstep_domain::digest::Digest;

use super::Scim;
use super::list::List;
use super::resource::{Group, Members, group};
use crate::contract::Quarantined;
use crate::error::{Kind, Result};

/// A read of all groups.
#[derive(Default)]
pub(super) struct Groups {
    /// Name and members by id.
    pub(super) all: BTreeMap<String, (String, Members)>,
    /// Groups that could not be used.
    pub(super) quarantined: Vec<Quarantined>,
    /// Remarks.
    pub(super) findings: Vec<Quarantined>,
    /// Why absence of a grant proves nothing.
    pub(super) doubts: BTreeSet<String>,
    /// Whether the server has groups at all.
    pub(super) offered: bool,
    /// SHA-256 over the pages.
    pub(super) sha256: Option<Digest>,
    admin: Option<AdminGroups>,
}

/// The groups whose members administer.
struct AdminGroups {
    ids: BTreeSet<String>,
    members: HashSet<String>,
    /// Whether everybody else is surely no admin.
    complete: bool,
}

impl Groups {
    /// Whether a missing grant means that it is not held.
    pub(super) fn is_complete(&self) -> bool {
        self.offered && self.doubts.is_empty() && self.quarantined.is_empty()
    }

    /// Whether the account administers, as far as the named admin group tells.
    pub(super) fn admin(&self, account: &str) -> Option<bool> {
        let admin = self.admin.as_ref()?;
        match admin.members.contains(account) {
            true => Some(true),
            false => (admin.complete && self.is_complete()).then_some(false),
        }
    }

    /// Whether membership gives power over others' access.
    pub(super) fn is_privileged(&self, group: &str) -> bool {
        self.admin.as_ref().is_some_and(|a| a.ids.contains(group))
    }

    /// The ids of the groups that an account is directly in.
    pub(super) fn held_by(&self, account: &str) -> BTreeSet<String> {
        let holds = |members: &Members| members.accounts.iter().any(|m| m == account);
        self.all.iter().filter(|(_, (_, m))| holds(m)).map(|(id, _)| id.clone()).collect()
    }

    fn name_admins(&mut self, wanted: &str) {
        let named: Vec<_> = self
            .all
            .iter()
            .filter(|(id, (name, _))| *id == wanted || name.eq_ignore_ascii_case(wanted))
            .collect();
        if named.is_empty() {
            self.findings.push(Quarantined {
                row: "Groups".into(),
                column: "admin_group".into(),
                reason: "no group has the id or name that the setting gives, so no admin is known".into(),
                remedy: "Correct the setting admin_group.".into(),
            });
            return;
        }
        self.admin = Some(AdminGroups {
            ids: named.iter().map(|(id, _)| (*id).clone()).collect(),
            members: named.iter().flat_map(|(_, (_, m))| m.accounts.iter().cloned()).collect(),
            // A system without an admin is not believed: more likely its members are not shown.
            complete: named.iter().all(|(_, (_, m))| !m.nested && !m.is_empty()),
        });
    }

    /// Servers that show no members at all look like one whose groups are all empty.
    fn remark_if_all_empty(&mut self) {
        if !self.all.is_empty() && self.all.values().all(|(_, members)| members.is_empty()) {
            self.findings.push(Quarantined {
                row: "Groups".into(),
                column: "members".into(),
                reason: "no group shows a member".into(),
                remedy:
                    "If the groups are not really empty, the server does not show members: set groups=false."
                        .into(),
            });
        }
    }
}

impl Scim {
    /// Reads all groups. That a server has none, or does not let us see them, is part of the answer.
    pub(super) async fn groups(&self) -> Result<Groups> {
        if !self.settings.groups {
            return Ok(Groups::default());
        }
        let mut groups = Groups { offered: true, ..Groups::default() };
        let mut list = List::of(&self.api, "Groups");
        let mut found = Vec::new();
        loop {
            let page = match list.next().await {
                Ok(Some(page)) => page,
                Ok(None) => break,
                Err(e) if found.is_empty() && matches!(e.kind(), Kind::NotFound | Kind::Unsupported) => {
                    return Ok(Groups::default());
                }
                Err(e) if *e.kind() == Kind::Forbidden => {
                    groups.doubts.insert(format!("Groups: they may not be read. {}", e.remedy()));
                    return Ok(groups);
                }
                Err(e) => return Err(e),
            };
            for (position, value) in page {
                match group(&value) {
                    Ok(group) => found.push(group),
                    Err(fault) => groups.quarantined.push(fault.quarantine("Groups", &value, position)),
                }
            }
        }
        // Some servers leave members out of lists. One that shows any shows them all.
        let shown = found.iter().any(|g| g.members.as_ref().is_some_and(|m| !m.is_empty()));
        for Group { id, name, members } in found {
            let members = match members {
                Some(members) if shown || !members.is_empty() => members,
                None if shown => Members::default(),
                _ => match self.members_of(&id).await {
                    Ok(members) => members,
                    Err(e) if *e.kind() == Kind::NotFound => {
                        groups.doubts.insert("Groups: some went away while they were read".into());
                        continue;
                    }
                    Err(e) => return Err(e),
                },
            };
            groups.all.insert(id, (name, members));
        }
        let end = list.end();
        groups.doubts.extend(end.doubts);
        groups.sha256 = Some(end.sha256);
        groups.remark_if_all_empty();
        if let Some(wanted) = &self.settings.admin_group {
            groups.name_admins(wanted);
        }
        Ok(groups)
    }

    /// Asks for one group by id. Members missing there mean none, since they are returned by default
    /// (RFC 7643 §7, §8.7.1).
    async fn members_of(&self, id: &str) -> Result<Members> {
        let answer = self.api.get(&["Groups", id], &[]).await?;
        match group(&answer.body) {
            Ok(found) if found.id == id => Ok(found.members.unwrap_or_default()),
            _ => Err(super::target::another_record("group")),
        }
    }
}
