//! People, leavers, the Backlog, and whose account is whose.

use chrono::{DateTime, TimeDelta, Utc};
use lockstep_domain::access::SignIn;
use lockstep_domain::activity::Action;
use lockstep_domain::ids::PersonId;
use lockstep_domain::people::{EmploymentState, StatusFlag, Timing};
use lockstep_store::{AccountRow, LinkRow, LinkState, PersonRow as StoredPerson, Reader};
use serde_json::json;

use crate::api::{
    AccountView, BacklogRow, DecideLink, EmploymentView, LeaverRow, LinkView, PeopleQuery, PersonRow,
    PersonView,
};
use crate::desk::Desk;
use crate::error::{Code, Error, Result};
use crate::pause::said;
use crate::stints::{self, Sources, Stint};

/// How far back the list of leavers goes.
const LEAVERS_DAYS: i64 = 90;

impl Desk {
    /// People, by name.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn people(&self, query: PeopleQuery) -> Result<Vec<PersonRow>> {
        let now = self.clock.now();
        let limit = u32::try_from(query.limit.max(1)).unwrap_or(u32::MAX);
        let text = query.text.unwrap_or_default();
        let rows = self
            .store
            .read(move |r| {
                let sources = Sources::load(r)?;
                let people = r.search_people(&text, limit)?;
                people.into_iter().map(|p| person_row(r, &sources, p, now).map(|(row, _)| row)).collect()
            })
            .await?;
        Ok(rows)
    }

    /// One person with everything known, by id, e-mail, employee number or exact name.
    ///
    /// # Errors
    /// [`Code::NotFound`]; [`Code::NeedsPerson`] when several are called so.
    pub async fn person(&self, person: &str) -> Result<PersonView> {
        let person = self.one_person(person).await?;
        let now = self.clock.now();
        let view = self
            .store
            .read(move |r| {
                let sources = Sources::load(r)?;
                let id = person.id;
                let (row, stints) = person_row(r, &sources, person, now)?;
                let accounts = r.accounts_of(id)?;
                Ok(PersonView {
                    row,
                    employments: stints.iter().map(|s| employment_view(&sources, s)).collect(),
                    accounts: accounts
                        .into_iter()
                        .map(|(link, account)| account_view(r, &sources, link, account))
                        .collect::<lockstep_store::Result<_>>()?,
                    runs: r.runs_of(id)?.into_iter().map(|run| run.run.id.to_string()).collect(),
                })
            })
            .await?;
        Ok(view)
    }

    /// All links, or those that wait for a decision.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn links(&self, only_proposed: bool) -> Result<Vec<LinkView>> {
        let views = self
            .store
            .read(move |r| {
                let sources = Sources::load(r)?;
                let links = if only_proposed { r.links_in(LinkState::Proposed)? } else { r.links()? };
                links.into_iter().map(|link| link_view(r, &sources, link)).collect()
            })
            .await?;
        Ok(views)
    }

    /// A person's decision about a link; recorded.
    ///
    /// # Errors
    /// [`Code::NotFound`]; [`Code::Usage`] without a reason.
    pub async fn decide_link(&self, decide: DecideLink) -> Result<LinkView> {
        let reason = said(&decide.reason)?;
        let (act, id) = (self.act(), decide.link);
        let state = if decide.confirm { LinkState::Confirmed } else { LinkState::Rejected };
        let view = self
            .store
            .write(move |tx| {
                let Some(link) = tx.link(id)? else { return Ok(None) };
                tx.decide_link(id, state, &act.operator, act.at)?;
                let body = json!({
                    "link": id, "person": link.person, "account": link.account,
                    "state": state.as_str(),
                });
                act.append_said(tx, "link.decided", body, Some(link.person), &reason)?;
                let sources = Sources::load(tx)?;
                tx.link(id)?.map(|link| link_view(tx, &sources, link)).transpose()
            })
            .await?;
        view.ok_or_else(|| {
            Error::new(Code::NotFound, format!("there is no link {id}"), "`lockstep link list` shows them.")
        })
    }

    /// Who leaves, and who left since the first read: by the instant at which access ends.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn leavers(&self) -> Result<Vec<LeaverRow>> {
        let now = self.clock.now();
        let from = (now - TimeDelta::days(LEAVERS_DAYS)).date_naive();
        let mut rows: Vec<LeaverRow> = self
            .store
            .read(move |r| {
                let sources = Sources::load(r)?;
                let mut rows = Vec::new();
                for row in r.stints_ending(from)? {
                    let Some(stint) = sources.stint(row, now).filter(is_leaver) else { continue };
                    rows.extend(leaver_row(r, &stint)?);
                }
                Ok(rows)
            })
            .await?;
        rows.sort_by_key(|r| (r.access_end_at, r.name.clone()));
        Ok(rows)
    }

    /// Who left before the first read and still has access.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn backlog(&self) -> Result<Vec<BacklogRow>> {
        let now = self.clock.now();
        let tomorrow = (now + TimeDelta::days(1)).date_naive();
        let rows = self
            .store
            .read(move |r| {
                let sources = Sources::load(r)?;
                let mut rows = Vec::new();
                for row in r.backlog_stints(tomorrow)? {
                    let Some(stint) = sources.stint(row, now) else { continue };
                    if stint.state.timing == Timing::BaselineBacklog {
                        rows.extend(backlog_row(r, &sources, &stint)?);
                    }
                }
                Ok(rows)
            })
            .await?;
        Ok(rows)
    }
}

/// Notice and since: the Backlog is a list of its own.
fn is_leaver(stint: &Stint) -> bool {
    let ends = matches!(stint.state.state, EmploymentState::NoticePeriod | EmploymentState::Terminated);
    ends && stint.state.timing != Timing::BaselineBacklog
}

fn person_row(
    r: &Reader<'_>,
    sources: &Sources,
    person: StoredPerson,
    now: DateTime<Utc>,
) -> lockstep_store::Result<(PersonRow, Vec<Stint>)> {
    let stints = sources.stints(r.stints_of(person.id)?, now);
    let state = stints::of_person(&stints);
    let row = PersonRow {
        id: person.id,
        name: person.display_name,
        work_email: person.work_email,
        employee_number: person.employee_number,
        state: state.state.to_string(),
        access_end_at: state.access_end_at,
    };
    Ok((row, stints))
}

fn employment_view(sources: &Sources, stint: &Stint) -> EmploymentView {
    let (record, state) = (&stint.row.record, &stint.state);
    let precision = stint.ends.access.inputs.as_ref().map_or("none", |i| i.precision.as_str());
    EmploymentView {
        id: stint.row.id,
        source: sources.name(stint.row.connection),
        source_status: record.source_status_raw.clone(),
        state: state.state.to_string(),
        flags: flags(&state.flags),
        start_date: record.start_date,
        termination_date: record.termination_date,
        last_day_worked: record.last_day_worked,
        access_end_at: state.access_end_at,
        access_end_local: state.access_end_at.map(|at| stints::local(at, state.zone)),
        employment_end_at: state.employment_end_at,
        precision: precision.into(),
        department: record.department.clone(),
        job_title: record.job_title.clone(),
    }
}

fn flags(flags: &std::collections::BTreeSet<StatusFlag>) -> Vec<String> {
    flags.iter().map(ToString::to_string).collect()
}

fn account_view(
    r: &Reader<'_>,
    sources: &Sources,
    link: LinkRow,
    account: AccountRow,
) -> lockstep_store::Result<AccountView> {
    let held = r.entitlements_of(account.id)?;
    Ok(AccountView {
        id: account.id,
        link: link.id,
        connection: sources.name(account.connection),
        login: account.record.login,
        remote_id: account.record.remote_id,
        sign_in: word(account.record.sign_in).into(),
        link_state: link.state.as_str().into(),
        confidence: link.confidence,
        entitlements: held.into_iter().map(|h| h.record.map_or(h.remote_id, |e| e.name)).collect(),
        credentials: account.record.credentials.len(),
        admin: account.record.admin,
    })
}

fn word(sign_in: SignIn) -> &'static str {
    match sign_in {
        SignIn::Enabled => "enabled",
        SignIn::Disabled => "disabled",
        SignIn::Unknown => "unknown",
    }
}

fn link_view(r: &Reader<'_>, sources: &Sources, link: LinkRow) -> lockstep_store::Result<LinkView> {
    let account = r.account(link.account)?;
    let person = r.person(link.person)?;
    Ok(LinkView {
        id: link.id,
        person: link.person,
        person_name: person.map_or_else(|| "erased".into(), |p| p.display_name),
        connection: account.as_ref().map_or_else(String::new, |a| sources.name(a.connection)),
        login: account.as_ref().map_or_else(String::new, |a| a.record.login.clone()),
        remote_id: account.map_or_else(String::new, |a| a.record.remote_id),
        confidence: link.confidence,
        reasons: link.reasons,
        state: link.state.as_str().into(),
    })
}

/// The person's accounts that are not known to be closed, rejected links left out.
fn open_accounts(r: &Reader<'_>, person: PersonId) -> lockstep_store::Result<Vec<AccountRow>> {
    let accounts = r.accounts_of(person)?;
    Ok(accounts
        .into_iter()
        .filter(|(link, account)| {
            link.state != LinkState::Rejected
                && account.missing_since.is_none()
                && account.record.sign_in != SignIn::Disabled
        })
        .map(|(_, account)| account)
        .collect())
}

fn leaver_row(r: &Reader<'_>, stint: &Stint) -> lockstep_store::Result<Option<LeaverRow>> {
    let Some(person) = r.person(stint.row.person)? else { return Ok(None) };
    let state = &stint.state;
    let runs = r.runs_of_employment(stint.row.id, crate::offboard::facts::LEAVER)?;
    Ok(Some(LeaverRow {
        person: person.id,
        name: person.display_name,
        employment: stint.row.id,
        state: state.state.to_string(),
        flags: flags(&state.flags),
        access_end_at: state.access_end_at,
        access_end_local: state.access_end_at.map(|at| stints::local(at, state.zone)),
        open_accounts: open_accounts(r, person.id)?.len(),
        run: runs.first().map(|run| run.run.id.to_string()),
    }))
}

fn backlog_row(
    r: &Reader<'_>,
    sources: &Sources,
    stint: &Stint,
) -> lockstep_store::Result<Option<BacklogRow>> {
    let Some(person) = r.person(stint.row.person)? else { return Ok(None) };
    let open = open_accounts(r, person.id)?;
    let signed_in_at = last_sign_in(r, &open, stint.state.access_end_at)?;
    let logins = open.into_iter().map(|a| format!("{} ({})", a.record.login, sources.name(a.connection)));
    let open_accounts: Vec<String> = logins.collect();
    Ok((!open_accounts.is_empty()).then_some(BacklogRow {
        person: person.id,
        name: person.display_name,
        access_end_at: stint.state.access_end_at,
        open_accounts,
        signed_in_at,
    }))
}

/// The last sign-in since `after` that systems' logs tell of.
fn last_sign_in(
    r: &Reader<'_>,
    accounts: &[AccountRow],
    after: Option<DateTime<Utc>>,
) -> lockstep_store::Result<Option<DateTime<Utc>>> {
    let mut last = None;
    for account in accounts {
        let events = r.activity_of(account.connection, &account.record.remote_id)?;
        let sign_ins = events.iter().filter(|e| e.action == Action::SignedIn && e.succeeded != Some(false));
        last = last.max(sign_ins.map(|e| e.at).filter(|at| after.is_none_or(|end| *at > end)).max());
    }
    Ok(last)
}
