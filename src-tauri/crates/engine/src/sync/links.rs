//! Whose account is whose: proposed by what was read, decided by policy where it is sure enough, by a person
//! otherwise. A decision of a person is never overwritten.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use lockstep_domain::identity::{Candidate, Directory, PersonKeys};
use lockstep_domain::ids::{AccountId, LinkId, PersonId};
use lockstep_store::{LinkRow, LinkState, PersonRow, Reader, Tx, fresh_id};

use crate::desk::Desk;
use crate::error::Result;
use crate::stints::{self, Sources};

impl Desk {
    /// Matches every account anew; answers how many links wait for a person.
    pub(crate) async fn match_accounts(&self) -> Result<usize> {
        let (now, sure) = (self.clock.now(), self.policy.policy.identity.confirmed_from);
        let waiting = self
            .store
            .write(move |tx| {
                let directory = directory(tx, now)?;
                let known = by_account(tx.links()?);
                for connection in tx.connections()? {
                    for account in tx.accounts(connection.id)? {
                        let old = known.get(&account.id).map(Vec::as_slice).unwrap_or_default();
                        renew(tx, account.id, old, directory.candidates(&account.record), sure, now)?;
                    }
                }
                Ok(tx.links_in(LinkState::Proposed)?.len())
            })
            .await?;
        Ok(waiting)
    }
}

/// Everybody, by what they can be recognised by.
fn directory(r: &Reader<'_>, now: DateTime<Utc>) -> lockstep_store::Result<Directory> {
    let sources = Sources::load(r)?;
    let mut directory = Directory::default();
    for person in r.people()? {
        let left_at = left_at(r, &sources, &person, now)?;
        directory.add(PersonKeys {
            person: person.id,
            numbers: person.employee_number.into_iter().chain([person.remote_id]).collect(),
            work_emails: person.work_email.into_iter().collect(),
            left_at,
        });
    }
    Ok(directory)
}

/// When the last employment of a person ended, if all have.
fn left_at(
    r: &Reader<'_>,
    sources: &Sources,
    person: &PersonRow,
    now: DateTime<Utc>,
) -> lockstep_store::Result<Option<DateTime<Utc>>> {
    let stints = sources.stints(r.stints_of(person.id)?, now);
    Ok(stints::of_person(&stints).access_end_at.filter(|at| *at <= now))
}

fn by_account(links: Vec<LinkRow>) -> BTreeMap<AccountId, Vec<LinkRow>> {
    let mut map: BTreeMap<AccountId, Vec<LinkRow>> = BTreeMap::new();
    for link in links {
        map.entry(link.account).or_default().push(link);
    }
    map
}

/// Brings the links of one account to what matching finds now.
fn renew(
    tx: &Tx<'_>,
    account: AccountId,
    old: &[LinkRow],
    candidates: Vec<Candidate>,
    sure: u8,
    now: DateTime<Utc>,
) -> lockstep_store::Result<()> {
    let decided: BTreeSet<PersonId> =
        old.iter().filter(|l| l.decided_by.is_some()).map(|l| l.person).collect();
    let confirmed_by_person = old.iter().any(|l| l.decided_by.is_some() && l.state == LinkState::Confirmed);
    let found: BTreeSet<PersonId> = candidates.iter().map(|c| c.person).collect();
    for gone in old.iter().filter(|l| l.decided_by.is_none() && !found.contains(&l.person)) {
        tx.withdraw_link(gone.id)?;
    }
    for candidate in candidates.into_iter().filter(|c| !decided.contains(&c.person)) {
        let state = if candidate.confidence >= sure && !confirmed_by_person {
            LinkState::Confirmed
        } else {
            LinkState::Proposed
        };
        let reasons: Vec<String> = candidate.reasons.iter().map(|r| r.as_str().to_owned()).collect();
        let same = old.iter().any(|l| {
            l.person == candidate.person
                && l.state == state
                && l.confidence == candidate.confidence
                && l.reasons == reasons
        });
        if !same {
            let id = LinkId(fresh_id(now)?);
            let person = candidate.person;
            let confidence = candidate.confidence;
            tx.propose_link(&LinkRow {
                id,
                person,
                account,
                confidence,
                reasons,
                state,
                decided_by: None,
                decided_at: None,
            })?;
        }
    }
    Ok(())
}
