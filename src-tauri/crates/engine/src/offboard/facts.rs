//! Gathers what is known of a person who shall be offboarded, and plans it.

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use lockstep_connectors::{AccessTarget, AccountSource};
use lockstep_domain::access::{OwnerKind, WishKind};
use lockstep_domain::capability::Can;
use lockstep_domain::ids::{ConnectionId, SystemId};
use lockstep_domain::people::EmploymentState;
use lockstep_domain::plan::{
    AccountFactsAtPlan, Authority, EventKey, LeaverFacts, Plan, RemoteKey, plan_leaver,
};
use lockstep_domain::systems::{Lane, Sso, System};
use lockstep_store::{ConnectionRow, PersonRow, ReadKind, Reader, RunRow};

use super::accounts;
use super::dossier::KnownAccount;
use crate::desk::Desk;
use crate::error::{Code, Error, Result};
use crate::stints::{self, Sources, Stint};

/// The life event that this is about, as the run index names it.
pub(crate) const LEAVER: &str = "leaver";

/// Everything known of one case.
pub(crate) struct Case {
    pub(crate) person: PersonRow,
    pub(crate) stint: Stint,
    /// Whether another stint speaks against acting.
    pub(crate) other_stint: bool,
    pub(crate) source: ConnectionRow,
    /// When HR was last read completely (UTC).
    pub(crate) hr_read_at: Option<DateTime<Utc>>,
    pub(crate) accounts: Vec<KnownAccount>,
    pub(crate) generation: u32,
    /// A run of this event that is not through yet.
    pub(crate) open_run: Option<RunRow>,
    /// Whether HR has said the same for a day: such leavers do not count toward the mass breaker.
    pub(crate) known_for_a_day: bool,
    pub(crate) plan: Plan,
    pub(crate) authority: Authority,
}

/// What a transaction reads for a case before connectors are asked.
struct Rows {
    person: PersonRow,
    stints: Vec<Stint>,
    /// Which of them is ending.
    leaving: Option<usize>,
    source: Option<ConnectionRow>,
    hr_read_at: Option<DateTime<Utc>>,
    accounts: Vec<KnownAccount>,
    systems: Vec<System>,
    runs: Vec<RunRow>,
    connections: Vec<ConnectionRow>,
}

impl Desk {
    /// The person meant by an id, e-mail, number or exact name.
    pub(crate) async fn one_person(&self, text: &str) -> Result<PersonRow> {
        let wanted = text.to_owned();
        let mut found = self.store.read(move |r| r.find_people(&wanted)).await?;
        match found.len() {
            1 => Ok(found.remove(0)),
            0 => Err(Error::new(
                Code::NotFound,
                format!("nobody is called {text:?}"),
                "Give an id, work e-mail, employee number or the exact name; `lockstep person list` finds people.",
            )),
            n => {
                let ids: Vec<String> = found.iter().take(10).map(|p| p.id.to_string()).collect();
                Err(Error::new(
                    Code::NeedsPerson,
                    format!("{n} people are called {text:?}"),
                    format!("Say which one by id: {}.", ids.join(", ")),
                ))
            }
        }
    }

    /// Gathers and plans a case.
    pub(crate) async fn case(&self, who: &str, explicit_now: bool, targets: &Targets) -> Result<Case> {
        let person = self.one_person(who).await?;
        let now = self.clock.now();
        let rows = self.store.read(move |r| rows_of(r, person, now, explicit_now)).await?;
        let name = rows.person.display_name.clone();
        let Some(at) = rows.leaving else {
            return Err(Error::new(
                Code::NotFound,
                format!("{name} has no employment that a connected source tells of"),
                "Add or restore the connection to the HR system and sync.",
            ));
        };
        let stint = rows.stints[at].clone();
        let other_stint = stints::others_hold(&stint, &rows.stints);
        let source = rows.source.ok_or_else(|| {
            Error::new(
                Code::NotFound,
                format!("the source of {name}'s record was removed"),
                "Add the HR connection again and sync.",
            )
        })?;
        let generation =
            rows.runs.iter().filter(|r| !r.is_open).map(|r| r.run.generation).max().unwrap_or(0) + 1;
        let event =
            EventKey { org: self.org(), person: rows.person.id, employment: stint.row.id, generation };
        let accounts = rows.accounts;
        let facts = LeaverFacts {
            event,
            access_end_at: stint.state.access_end_at,
            employment_end_at: stint.state.employment_end_at,
            explicit_now,
            now,
            policy_digest: self.policy.version,
            accounts: accounts.iter().filter_map(|k| at_plan(k, targets)).collect(),
            manual: manual(&rows.systems, &accounts, targets),
            service_accounts: service_accounts(&rows.systems, &accounts),
        };
        let plan = plan_leaver(&facts, &self.policy.policy);
        let key = |remote_id: &str| record_key(&source.vendor, &source.tenant, remote_id);
        let record = &stint.row.record;
        let reach = rows.connections.iter().filter(|c| targets.can(c.id).is_some());
        let authority = Authority::of(
            &plan,
            key(&record.remote_person_id),
            key(&record.remote_employment_id),
            reach.map(|c| (c.vendor.clone(), c.tenant.clone())),
        );
        Ok(Case {
            known_for_a_day: !stint.row.baseline && now - stint.row.ends_since >= TimeDelta::days(1),
            open_run: rows.runs.into_iter().find(|r| r.is_open),
            person: rows.person,
            stint,
            other_stint,
            source,
            hr_read_at: rows.hr_read_at,
            accounts,
            generation,
            plan,
            authority,
        })
    }

    /// Opens every target of access. One that cannot be opened is told and left out; its steps then say so.
    pub(crate) async fn targets(&self) -> Result<Targets> {
        let (rows, accounts_read_at) = self
            .store
            .read(|r| {
                let rows = r.connections()?;
                let mut newest = None;
                for row in &rows {
                    let reads = r.complete_reads(row.id, ReadKind::Accounts, 1)?;
                    newest = newest.max(reads.into_iter().next().and_then(|read| read.end).map(|end| end.at));
                }
                Ok((rows, newest))
            })
            .await?;
        let mut targets = Targets { accounts_read_at, ..Targets::default() };
        for row in rows {
            match self.connector(&row) {
                Ok(connector) => {
                    if let Some(access) = connector.access {
                        let can = self.preferred(&row, access.can()).await?;
                        let open = OpenTarget { access, can, accounts: connector.accounts };
                        targets.by_connection.insert(row.id, open);
                    }
                }
                Err(e) => self.notice(format!("{}: {e}. {}", row.name, e.remedy())),
            }
        }
        Ok(targets)
    }

    /// Ways in the order in which to try them: a dialect that was found to work comes first.
    async fn preferred(&self, row: &ConnectionRow, mut can: Vec<Can>) -> Result<Vec<Can>> {
        let id = row.id;
        let saved = self.store.read(move |r| r.dialects(id)).await?;
        can.sort_by_key(|c| saved.get(&c.wish).is_some_and(|d| c.dialect.as_deref() != Some(d)));
        Ok(can)
    }
}

/// The open targets of access, with what each can do.
#[derive(Default)]
pub(crate) struct Targets {
    /// When some list of accounts was last read completely (UTC); nothing is found that was not read.
    pub(crate) accounts_read_at: Option<DateTime<Utc>>,
    by_connection: BTreeMap<ConnectionId, OpenTarget>,
}

struct OpenTarget {
    access: Arc<dyn AccessTarget>,
    can: Vec<Can>,
    accounts: Option<Arc<dyn AccountSource>>,
}

impl Targets {
    pub(crate) fn can(&self, connection: ConnectionId) -> Option<&[Can]> {
        self.by_connection.get(&connection).map(|open| open.can.as_slice())
    }

    pub(crate) fn all(&self) -> BTreeMap<ConnectionId, Arc<dyn AccessTarget>> {
        self.by_connection.iter().map(|(id, open)| (*id, open.access.clone())).collect()
    }

    pub(crate) fn accounts(&self, connection: ConnectionId) -> Option<&Arc<dyn AccountSource>> {
        self.by_connection.get(&connection)?.accounts.as_ref()
    }
}

/// HR's record under the vendor's own name, as an approval binds it.
pub(crate) fn record_key(vendor: &str, tenant: &str, remote_id: &str) -> RemoteKey {
    RemoteKey { vendor: vendor.to_owned(), tenant: tenant.to_owned(), remote_id: remote_id.to_owned() }
}

fn rows_of(
    r: &Reader<'_>,
    person: PersonRow,
    now: DateTime<Utc>,
    explicit_now: bool,
) -> lockstep_store::Result<Rows> {
    let sources = Sources::load(r)?;
    let stints = sources.stints(r.stints_of(person.id)?, now);
    let systems = r.systems()?;
    let accounts = accounts::of_person(r, person.id, &sources.connections, &systems)?;
    let hr = r.complete_reads(person.connection, ReadKind::Workers, 1)?;
    let leaving = leaving_stint(&stints, explicit_now);
    let runs = match leaving {
        Some(at) => r.runs_of_employment(stints[at].row.id, LEAVER)?,
        None => Vec::new(),
    };
    Ok(Rows {
        source: sources.connections.get(&person.connection).cloned(),
        hr_read_at: hr.into_iter().next().and_then(|read| read.end).map(|end| end.at),
        accounts,
        systems,
        runs,
        connections: sources.connections.into_values().collect(),
        leaving,
        stints,
        person,
    })
}

/// The stint that is ending: one that has ended or will, the latest end first; with an explicit "now" an
/// open one as well.
fn leaving_stint(stints: &[Stint], explicit_now: bool) -> Option<usize> {
    let rank = |s: &Stint| match s.state.state {
        EmploymentState::Terminated => 3,
        EmploymentState::NoticePeriod => 2,
        EmploymentState::Active | EmploymentState::Unknown => 1,
        EmploymentState::PreHire => 0,
    };
    let order = |s: &Stint| {
        let open = explicit_now && s.state.access_end_at.is_none();
        (open, rank(s), s.state.access_end_at, s.row.record.start_date)
    };
    (0..stints.len()).max_by_key(|i| order(&stints[*i]))
}

pub(crate) fn at_plan(known: &KnownAccount, targets: &Targets) -> Option<AccountFactsAtPlan> {
    Some(AccountFactsAtPlan {
        account: known.account.clone(),
        system: known.system.clone(),
        record: known.record.clone(),
        entitlements: known.entitlements.clone(),
        can: targets.can(known.account.connection)?.to_vec(),
    })
}

/// Service accounts that are taken for the person's, with the register's row of their system.
pub(crate) fn service_accounts(systems: &[System], accounts: &[KnownAccount]) -> Vec<(System, String)> {
    let machines = accounts.iter().filter(|k| k.listed && k.record.owner_kind == OwnerKind::Service);
    let row = |k: &KnownAccount| {
        let registered = systems.iter().find(|s| s.connection == Some(k.account.connection));
        registered.cloned().unwrap_or_else(|| unregistered(k))
    };
    machines.map(|k| (row(k), k.account.login.clone())).collect()
}

/// Systems in which a person has to act: those in which no connection can block sign-in. Where an account
/// list names the person, the account is given; where there is no list, somebody has to look.
pub(crate) fn manual(
    systems: &[System],
    accounts: &[KnownAccount],
    targets: &Targets,
) -> Vec<(System, Option<String>)> {
    let blocks = |connection| {
        targets.can(connection).is_some_and(|can| can.iter().any(|c| c.wish == WishKind::Disabled))
    };
    // A list that no longer has the account is an answer; a target is asked by id whatever its list says.
    let accounts: Vec<&KnownAccount> =
        accounts.iter().filter(|k| k.listed || targets.can(k.account.connection).is_some()).collect();
    let mut work = Vec::new();
    for system in systems {
        if system.lane == Lane::Automatic && system.connection.is_some_and(blocks) {
            continue;
        }
        let listed: Vec<&&KnownAccount> =
            accounts.iter().filter(|k| Some(k.account.connection) == system.connection).collect();
        // A list that does not name the person is an answer; no list is none.
        if listed.is_empty() && (system.everyone || system.connection.is_none()) {
            work.push((system.clone(), None));
        }
        work.extend(listed.into_iter().map(|k| (system.clone(), Some(k.account.login.clone()))));
    }
    // A connection that no row of the register names any more: its accounts are still somebody's work.
    let registered = |connection| systems.iter().any(|s| s.connection == Some(connection));
    let orphans =
        accounts.iter().filter(|k| !registered(k.account.connection) && !blocks(k.account.connection));
    work.extend(orphans.map(|k| (unregistered(k), Some(k.account.login.clone()))));
    work
}

fn unregistered(known: &KnownAccount) -> System {
    System {
        id: SystemId(known.account.connection.0),
        name: known.system.clone(),
        owner: None,
        backup_owner: None,
        sso: Sso::Unknown,
        data_class: None,
        lane: Lane::Manual,
        how_to: None,
        connection: Some(known.account.connection),
        everyone: false,
    }
}
