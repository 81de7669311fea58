//! The facts that the write guard judges: read in the transaction that records the intent of each write.

use std::collections::BTreeMap;
use std::sync::Arc;

use lockstep_connectors::{AccessTarget, Clock};
use lockstep_domain::access::{AccountRef, Observation, OwnerKind, Presence, Target};
use lockstep_domain::capability::Effect;
use lockstep_domain::guards::{Blocker, WriteFacts, may_write};
use lockstep_domain::ids::{AccountId, ConnectionId, PersonId};
use lockstep_domain::plan::{Step, Wave};
use lockstep_domain::policy::Protected;
use lockstep_store::{AccountRow, LinkState, Reader};
use tokio::sync::OnceCell;

use crate::desk::{Desk, Operator};
use crate::schedule::MOST_SKEW_S;

/// Tells what stands against one write, on the facts of the transaction that it is asked in.
pub(crate) type Judge = Box<dyn FnOnce(&Reader<'_>) -> lockstep_store::Result<Option<Blocker>> + Send>;

/// The guard of one person's offboarding, with what it knows beside the database.
pub(crate) struct Guard<'a> {
    desk: &'a Desk,
    person: PersonId,
    protected: Arc<Protected>,
    doors: BTreeMap<ConnectionId, Door>,
    /// Whether what is done rests on HR's instant, and so on our clock.
    by_the_clock: bool,
}

/// A target, and the account of our own credentials there as far as it tells. Asked before the first write to
/// that target, so that one that does not answer holds up no other; asked again when it did not answer.
struct Door {
    target: Arc<dyn AccessTarget>,
    own_account: OnceCell<Option<String>>,
}

impl<'a> Guard<'a> {
    /// The guard of this person's accounts behind these targets.
    pub(crate) fn new(
        desk: &'a Desk,
        person: PersonId,
        targets: BTreeMap<ConnectionId, Arc<dyn AccessTarget>>,
    ) -> Self {
        let door = |(id, target)| (id, Door { target, own_account: OnceCell::new() });
        let protected = Arc::new(desk.policy.policy.protected.clone());
        let doors = targets.into_iter().map(door).collect();
        Self { desk, person, protected, doors, by_the_clock: false }
    }

    /// The same for a run that rests on HR's instant: where a target's clock says that ours is off, nothing is
    /// written.
    pub(crate) fn by_the_clock(self, by_the_clock: bool) -> Self {
        Self { by_the_clock, ..self }
    }

    /// The judge of writing this step now: what the vendor tells is asked before, the rest when it judges.
    pub(crate) async fn judge(&self, step: &Step, way: usize, seen: Option<&Observation>) -> Judge {
        let Target::Account(account) = &step.target else { return Box::new(|_| Ok(None)) };
        if self.by_the_clock && seen.is_some() && self.is_clock_off(account.connection) {
            return Box::new(|_| Ok(Some(Blocker::ClockOff)));
        }
        let own_account = self
            .own_account(account.connection)
            .await
            .is_some_and(|own| *own == account.remote_id || own.eq_ignore_ascii_case(&account.login));
        let case = Case {
            account: account.clone(),
            wave: step.wave,
            effect: step.ways.get(way).map_or(Effect::Final, |w| w.effect),
            admin_now: match seen.map(|o| &o.presence) {
                Some(Presence::Present(facts)) => facts.admin,
                _ => None,
            },
            own_account,
            person: self.person,
            operator: self.desk.operator.clone(),
            clock: Arc::clone(&self.desk.clock),
        };
        let protected = Arc::clone(&self.protected);
        Box::new(move |r| {
            Ok(match case.facts(r)? {
                None => Some(Blocker::ConnectionGone),
                Some(facts) => may_write(&facts, &protected).err(),
            })
        })
    }

    /// By the answer in which the account was just observed.
    fn is_clock_off(&self, connection: ConnectionId) -> bool {
        let skew_s = self.doors.get(&connection).and_then(|door| door.target.clock_skew_s());
        skew_s.is_some_and(|skew| skew.abs() > MOST_SKEW_S)
    }

    async fn own_account(&self, connection: ConnectionId) -> Option<&str> {
        let door = self.doors.get(&connection)?;
        // A vendor that does not answer this fails the write as well, or is asked again before the next.
        door.own_account.get_or_try_init(|| door.target.own_account()).await.ok()?.as_deref()
    }
}

/// A write that is to be judged, with what is known of it beside the database.
struct Case {
    account: AccountRef,
    wave: Wave,
    effect: Effect,
    admin_now: Option<bool>,
    own_account: bool,
    person: PersonId,
    operator: Operator,
    clock: Arc<dyn Clock>,
}

impl Case {
    /// `None` when the connection is gone.
    fn facts(&self, r: &Reader<'_>) -> lockstep_store::Result<Option<WriteFacts>> {
        let account = &self.account;
        let Some(connection) = r.connection(account.connection)?.filter(|c| c.removed_at.is_none()) else {
            return Ok(None);
        };
        let known = r.account(account.account)?;
        let record = known.as_ref().map(|k| &k.record);
        let emails = record.map(|a| a.emails.as_slice()).unwrap_or_default();
        let admin = self.admin_now.or_else(|| record.and_then(|a| a.admin));
        let now = self.clock.now();
        Ok(Some(WriteFacts {
            paused: r.pause()?.is_some_and(|p| p.until > now),
            mode: connection.mode,
            wave: self.wave,
            effect: self.effect,
            admin,
            other_admins: match admin {
                Some(false) => None, // a plain user is never the last administrator
                _ => other_admins(r, account)?,
            },
            own_account: self.own_account,
            operator_account: is_operators(account, emails, &self.operator),
            owner_kind: record.map_or(OwnerKind::Unknown, |a| a.owner_kind),
            link_confirmed: is_confirmed(r, account.account, self.person)?,
            names: names(account, emails),
        }))
    }
}

/// Other administrators whose sign-in works and stays; `None` where the vendor never tells who administers it.
fn other_admins(r: &Reader<'_>, account: &AccountRef) -> lockstep_store::Result<Option<usize>> {
    let admins = r.admins(account.connection)?;
    if admins.enabled == 0 {
        return Ok(admins.all_known.then_some(0));
    }
    let mut others = 0;
    for other in r.enabled_admins(account.connection)? {
        if other.id != account.account && !is_leaving(r, &other)? {
            others += 1;
        }
    }
    Ok(Some(others))
}

/// Whether a run is cutting the account, or has been at it since it was last listed. The run is there before
/// its first write is judged, so that of two administrators who leave at once neither counts on the other.
fn is_leaving(r: &Reader<'_>, account: &AccountRow) -> lockstep_store::Result<bool> {
    for link in r.links_of_account(account.id)? {
        let runs = r.runs_of(link.person)?;
        if link.state != LinkState::Rejected
            && runs.iter().any(|run| run.is_open || run.opened_at > account.last_seen_at)
        {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Whether the account is this person's and nobody else's. Another person's confirmed link says the opposite
/// of what a cut needs.
fn is_confirmed(r: &Reader<'_>, account: AccountId, person: PersonId) -> lockstep_store::Result<bool> {
    let links = r.links_of_account(account)?;
    let mut holders = links.iter().filter(|l| l.state == LinkState::Confirmed).map(|l| l.person);
    Ok(holders.next() == Some(person) && holders.all(|holder| holder == person))
}

fn is_operators(account: &AccountRef, emails: &[String], operator: &Operator) -> bool {
    let Some(email) = &operator.email else { return false };
    account.login.eq_ignore_ascii_case(email) || emails.iter().any(|e| e.eq_ignore_ascii_case(email))
}

fn names(account: &AccountRef, emails: &[String]) -> Vec<String> {
    [account.login.clone(), account.remote_id.clone()].into_iter().chain(emails.iter().cloned()).collect()
}
