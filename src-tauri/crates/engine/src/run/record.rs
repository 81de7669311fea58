//! The two documents of a run, put together from its dossier, its entries and their payloads: never from
//! tables that have moved on since.

use chrono::{DateTime, Utc};
use lockstep_connectors::Receipt;
use lockstep_domain::access::Target;
use lockstep_domain::digest::Digest;
use lockstep_domain::ids::RunId;
use lockstep_domain::ledger::Entry;
use lockstep_domain::plan::{Step, StepId};
use lockstep_domain::run::{Progress, Run, RunEvent, StepState};
use lockstep_domain::systems::Lane;
use lockstep_evidence::PdfError;
use lockstep_evidence::document::{
    AccountSnapshot, Approval, Clocks, CredentialLine, Ends, EventLine, Fact, GrantLine, Header,
    IdentityLink, LedgerHead, ManualStep, Origin, Outcome, ResidualLine, RunRecord, Snapshot, Source,
    StepRecord, SystemRecord,
};
use lockstep_store::{ReadKind, Reader};

use super::people_act::Said;
use crate::desk::Desk;
use crate::error::{Code, Error, Result};
use crate::offboard::dossier::{Dossier, KnownAccount};
use crate::offboard::{known_account, usage_summary};
use crate::words;

/// The name under which the run record is stored.
pub(crate) const RECORD: &str = "run-record.pdf";

/// An entry of the run with its payload.
struct Told {
    entry: Entry,
    event: RunEvent,
    payload: Option<Vec<u8>>,
}

impl Told {
    fn said(&self) -> Option<Said> {
        serde_json::from_slice(self.payload.as_deref()?).ok()
    }
}

/// What documents are made of.
pub(crate) struct Papers<'a> {
    dossier: &'a Dossier,
    run: Run,
    told: Vec<Told>,
    header: Header,
}

/// How far a document follows the story of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Until {
    /// To its opening: nothing that happened since may change the document, since it is written once.
    Opening,
    /// To its latest entry.
    Now,
}

/// Gathers what the documents of a run are made of. They come out the same, to the byte, as long as nothing
/// more happens that they tell of.
pub(crate) async fn papers<'a>(
    desk: &Desk,
    dossier: &'a Dossier,
    id: RunId,
    until: Until,
) -> Result<Papers<'a>> {
    let told_of = |k: &&KnownAccount| until == Until::Now || !k.found_later;
    let connections: Vec<_> = dossier.accounts.iter().filter(told_of).map(|k| k.account.connection).collect();
    let source = dossier.source.clone();
    let (told, head, sources, at) = desk
        .store
        .read(move |r| {
            let mut entries = r.entries_of_run(id)?;
            if until == Until::Opening {
                entries.truncate(1);
            }
            let at = entries.iter().rev().find(|e| !is_own_entry(e)).map_or(DateTime::UNIX_EPOCH, |e| e.at);
            let mut told = Vec::new();
            for entry in entries {
                let payload = r.payload(entry.id)?;
                told.push((entry, payload));
            }
            Ok((told, r.head()?, reads(r, &source, &connections, at)?, at))
        })
        .await?;
    let entries: Vec<Entry> = told.iter().map(|(entry, _)| entry.clone()).collect();
    let run = Run::fold(&entries).map_err(|e| super::journal::unreadable(id, e))?;
    let told = told
        .into_iter()
        .filter_map(|(entry, payload)| {
            let event = RunEvent::from_parts(&entry.kind, &entry.body).ok()?;
            Some(Told { entry, event, payload })
        })
        .collect::<Vec<_>>();
    // The last entry that the document tells of, so that it comes out the same after a crash.
    let last = told.iter().rev().find(|t| !is_own(&t.event)).map_or(head.seq, |t| t.entry.seq);
    let size = last.min(head.seq);
    let hash = desk.store.read(move |r| r.entries(size..=size)).await?;
    let header = Header {
        organisation: desk.organisation().to_owned(),
        org: desk.org(),
        subject: format!("run {id}"),
        generated_at: at,
        zone: Some(dossier.ends.zone),
        operator: dossier.approvers.join(", "),
        host: gethostname::gethostname().to_string_lossy().into_owned(),
        tool_version: env!("CARGO_PKG_VERSION").into(),
        environment: "production".into(),
        policy: dossier.plan.policy,
        sources,
        known_limits: limits(&run, dossier),
        ledger: LedgerHead {
            size,
            head: hash.first().and_then(|e| e.hash().ok()).unwrap_or(Digest::ZERO),
            key: desk.key_view()?.verifier_key,
        },
    };
    Ok(Papers { dossier, run, told, header })
}

/// Entries about the record itself, which it cannot tell of.
fn is_own(event: &RunEvent) -> bool {
    matches!(event, RunEvent::Sealed { .. })
        || matches!(event, RunEvent::Stored { artefact, .. } if artefact == RECORD)
}

fn is_own_entry(entry: &Entry) -> bool {
    RunEvent::from_parts(&entry.kind, &entry.body).is_ok_and(|event| is_own(&event))
}

impl Papers<'_> {
    /// When the last thing happened that the record tells of (UTC).
    pub(crate) fn told_until(&self) -> DateTime<Utc> {
        self.header.generated_at
    }

    /// The state before the cut, as PDF.
    pub(crate) async fn snapshot(&self) -> Result<Vec<u8>> {
        let snapshot = Snapshot {
            header: self.header.clone(),
            person: self.person(),
            employment: self.employment(),
            ends: self.ends(),
            accounts: self.dossier.first_accounts().map(account_snapshot).collect(),
            usage: self.dossier.first_accounts().filter_map(usage_summary).collect(),
            unread: Vec::new(),
        };
        laid_out(move || snapshot.render()).await
    }

    /// What happened, as PDF. Made at the time of the last entry that it tells of.
    pub(crate) async fn record(self) -> Result<Vec<u8>> {
        let record = RunRecord {
            person: self.person(),
            ends: self.ends(),
            approvals: self.approvals(),
            hr_reread: self.run.hr_reread,
            clocks: self.clocks(),
            systems: self.systems(),
            residuals: self.residuals(),
            manual: self.manual(),
            events: self.events(),
            usage: self.dossier.accounts.iter().filter_map(usage_summary).collect(),
            header: self.header,
        };
        laid_out(move || record.render()).await
    }

    fn known(&self, step: &Step) -> Option<&KnownAccount> {
        known_account(&self.dossier.accounts, step)
    }

    fn person(&self) -> Vec<Fact> {
        let worker = &self.dossier.worker;
        vec![
            read("Name", Some(worker.display_name.clone())),
            read("Work e-mail", worker.work_email.clone()),
            read("Employee number", worker.employee_number.clone()),
            read("HR's id", Some(worker.remote_person_id.clone())),
            inferred("Our id", self.run.opened.person.to_string()),
        ]
    }

    fn employment(&self) -> Vec<Fact> {
        let worker = &self.dossier.worker;
        let day = |d: Option<chrono::NaiveDate>| d.map(|d| d.to_string());
        vec![
            read("Source", Some(self.dossier.source.clone())),
            read("HR's word", Some(worker.source_status_raw.clone())),
            inferred("State", self.dossier.state.state.to_string()),
            read("Kind of worker", Some(worker.worker_kind.to_string())),
            read("First day", day(worker.start_date)),
            read("Last day worked", day(worker.last_day_worked)),
            read("Last day of employment", day(worker.termination_date)),
            read("Why it ends", Some(worker.termination_kind.to_string())),
            read("Department", worker.department.clone()),
            read("Job title", worker.job_title.clone()),
            read("Place", worker.location.clone()),
            read("Employer", worker.legal_entity.clone()),
        ]
    }

    fn ends(&self) -> Ends {
        let inputs = self.dossier.ends.access.inputs.as_ref();
        Ends {
            access_end_at: self.dossier.plan.access_end_at,
            employment_end_at: self.dossier.plan.employment_end_at,
            precision: inputs.map_or_else(|| "no end".into(), |i| format!("a {}", i.precision)),
            basis: inputs.map_or_else(
                || "no date of HR".into(),
                |i| {
                    let cutoff =
                        i.cutoff.map_or_else(|| "the end of that day".into(), |t| format!("{t} that day"));
                    format!(
                        "{} {}, {}, {cutoff} in {} ({}), tz database {}",
                        i.field, i.day, i.convention, i.zone, i.zone_source, i.tzdb
                    )
                },
            ),
            explicit_now: self.dossier.plan.explicit_now,
        }
    }

    fn approvals(&self) -> Vec<Approval> {
        let opened = &self.run.opened;
        let role = |i: usize| if i == 0 { "requested and approved" } else { "second approval" };
        let reason = self.dossier.reason.as_ref().map(|r| format!(": {r}")).unwrap_or_default();
        let approval = |(i, who): (usize, &String)| Approval {
            who: who.clone(),
            role: format!("{}{}", role(i), if i == 0 { &reason } else { "" }),
            at: self.dossier.approved_at.unwrap_or(self.run.since),
            authority: opened.authority,
            preview_policy: opened.policy,
        };
        self.dossier.approvers.iter().enumerate().map(approval).collect()
    }

    fn clocks(&self) -> Clocks {
        let cut = self.run.access_cut();
        let open = self.run.open_steps();
        Clocks {
            cut: cut.cut,
            of: cut.of,
            cut_at: cut.at,
            open,
            closed_at: (open == 0).then(|| self.told_until()),
        }
    }

    fn systems(&self) -> Vec<SystemRecord> {
        let mut records: Vec<(String, SystemRecord)> = Vec::new();
        for progress in &self.run.steps {
            let Some(step) = self.dossier.step(progress.outline.id) else { continue };
            let key = step.target.natural_id();
            let record = self.step_record(step, progress);
            match records.iter_mut().find(|(k, _)| *k == key) {
                Some((_, system)) => system.steps.push(record),
                None => records.push((key, self.system_record(step, record))),
            }
        }
        records.into_iter().map(|(_, record)| record).collect()
    }

    fn system_record(&self, step: &Step, first: StepRecord) -> SystemRecord {
        let known = self.known(step);
        let (place, account) = words::of_target(step);
        SystemRecord {
            system: known.map_or(place, |k| k.system.clone()),
            tenant: known.map(|k| k.account.tenant.clone()),
            account: known.map(|k| format!("{} ({})", k.account.login, k.account.remote_id)).or(account),
            lane: if matches!(step.target, Target::Task(_)) { Lane::Manual } else { Lane::Automatic },
            identity: known.map(identity),
            steps: vec![first],
        }
    }

    fn step_record(&self, step: &Step, progress: &Progress) -> StepRecord {
        let of_step = |wanted: fn(&RunEvent) -> bool| {
            self.told.iter().rev().find(move |t| t.event.step() == Some(step.id) && wanted(&t.event))
        };
        let settled = of_step(|e| matches!(e, RunEvent::Settled { .. }));
        let applied = of_step(|e| matches!(e, RunEvent::Applied { .. }));
        let (read_back_at, observation) = match settled.map(|t| &t.event) {
            Some(RunEvent::Settled { seen_at, observation, .. }) => (Some(*seen_at), Some(*observation)),
            _ => (None, None),
        };
        let receipt: Option<Receipt> =
            applied.and_then(|t| serde_json::from_slice(t.payload.as_deref()?).ok());
        StepRecord {
            wish: words::of_step(step, self.known(step)),
            outcome: self.outcome(step.id, progress),
            requested_at: progress.attempts.first().map(|a| a.intended_at),
            executed_at: receipt.as_ref().map(|r| r.at),
            read_back_at,
            attempts: u32::try_from(progress.attempts.len()).unwrap_or(u32::MAX),
            dialect: progress.last_way().and_then(|w| w.dialect.clone()),
            receipt: applied.and_then(|t| match &t.event {
                RunEvent::Applied { receipt, .. } => Some(*receipt),
                _ => None,
            }),
            observation,
            controls: step.controls.clone(),
        }
    }

    fn outcome(&self, step: StepId, progress: &Progress) -> Outcome {
        match &progress.state {
            StepState::Settled { assurance, .. } => Outcome::Settled { assurance: *assurance },
            StepState::Attested { .. } => Outcome::Attested,
            StepState::Waived => {
                let waived = |t: &&Told| matches!(t.event, RunEvent::Waived { step: s } if s == step);
                let said = self.told.iter().rev().find(waived).and_then(Told::said);
                let (who, why) =
                    said.map_or_else(|| ("unknown".into(), "erased".into()), |s| (s.by, s.words));
                Outcome::Waived { who, why }
            }
            StepState::Blocked { blocker } => Outcome::Blocked { why: blocker.to_string() },
            StepState::Waiting { until, why } => {
                Outcome::Open { why: format!("{why}, until {}", until.format("%FT%TZ")) }
            }
            StepState::Pending => Outcome::Open { why: "not done yet".into() },
        }
    }

    fn residuals(&self) -> Vec<ResidualLine> {
        let line = |r: &lockstep_domain::plan::Residual| ResidualLine {
            system: r.system.clone(),
            what: r.what.clone(),
            until: None,
        };
        self.dossier.plan.residuals.iter().map(line).collect()
    }

    fn manual(&self) -> Vec<ManualStep> {
        let mut steps = Vec::new();
        for told in &self.told {
            let RunEvent::Attested { step, done_at, file } = &told.event else { continue };
            let (Some(step), said) = (self.dossier.step(*step), told.said()) else { continue };
            let (system, _) = words::of_target(step);
            let instruction = match &step.target {
                Target::Task(task) => task.instruction.clone(),
                _ => words::of_wish(&step.wish),
            };
            let (account, who, note) = match said {
                Some(s) => (s.account.unwrap_or_default(), s.by, s.words),
                None => ("erased".into(), "erased".into(), "erased".into()),
            };
            steps.push(ManualStep {
                system,
                account,
                instruction,
                done_at: *done_at,
                recorded_at: told.entry.at,
                who,
                note,
                file: *file,
            });
        }
        steps
    }

    fn events(&self) -> Vec<EventLine> {
        let lines = self.told.iter().filter(|t| !is_own(&t.event)).map(|t| {
            let step = t.event.step().and_then(|id| self.dossier.step(id));
            let named = step.map(|s| {
                let (system, account) = words::of_target(s);
                let who = account.map(|a| format!(", {a}")).unwrap_or_default();
                format!("{system}{who}, {}: ", words::of_step(s, self.known(s)))
            });
            EventLine {
                seq: t.entry.seq,
                at: t.entry.at,
                actor: t.entry.actor.as_str().to_owned(),
                what: format!("{}{}", named.unwrap_or_default(), words::of_event(&t.event)),
            }
        });
        lines.collect()
    }
}

fn read(label: &str, value: Option<String>) -> Fact {
    Fact { label: label.into(), value, origin: Origin::Read }
}

fn inferred(label: &str, value: String) -> Fact {
    Fact { label: label.into(), value: Some(value), origin: Origin::Inferred }
}

fn identity(known: &KnownAccount) -> IdentityLink {
    IdentityLink {
        confidence: known.confidence,
        reasons: known.reasons.clone(),
        confirmed_by: known.confirmed_by.clone(),
    }
}

fn account_snapshot(known: &KnownAccount) -> AccountSnapshot {
    let record = &known.record;
    let grant = |(id, name): &(String, String)| GrantLine {
        name: name.clone(),
        remote_id: id.clone(),
        privileged: false,
    };
    let credential = |c: &lockstep_domain::access::CredentialRecord| CredentialLine {
        name: c.name.clone(),
        remote_id: c.remote_id.clone(),
        state: c.state,
        last_used_at: c.last_used_at,
    };
    AccountSnapshot {
        system: known.system.clone(),
        tenant: Some(known.account.tenant.clone()),
        login: record.login.clone(),
        remote_id: record.remote_id.clone(),
        sign_in: record.sign_in,
        admin: record.admin,
        identity: identity(known),
        grants: Some(known.entitlements.iter().map(grant).collect()),
        credentials: Some(record.credentials.iter().map(credential).collect()),
        last_used_at: record.last_used_at,
        observed_at: known.seen_at,
    }
}

/// The complete reads that a run rests on, as of `at`.
fn reads(
    r: &Reader<'_>,
    source: &str,
    connections: &[lockstep_domain::ids::ConnectionId],
    at: DateTime<Utc>,
) -> lockstep_store::Result<Vec<Source>> {
    let mut sources = Vec::new();
    for row in r.connections()? {
        let kind = if row.name == source {
            ReadKind::Workers
        } else if connections.contains(&row.id) {
            ReadKind::Accounts
        } else {
            continue;
        };
        // The newest that had ended by then: later syncs must not change a document.
        let reads = r.complete_reads(row.id, kind, 20)?;
        let Some((read, end)) =
            reads.into_iter().filter_map(|read| Some((read.read, read.end?))).find(|(_, end)| end.at <= at)
        else {
            continue;
        };
        sources.push(Source {
            system: row.name,
            instance: row.tenant,
            connector: format!("{} {}", row.vendor, env!("CARGO_PKG_VERSION")),
            query: format!("all {}", kind.as_str()),
            started_at: read.started_at,
            ended_at: end.at,
            reported_total: end.claimed_total,
            fetched: end.rows,
            left_out: Vec::new(),
            complete: true,
        });
    }
    Ok(sources)
}

fn limits(run: &Run, dossier: &Dossier) -> Vec<String> {
    let mut limits = Vec::new();
    if dossier.first_accounts().all(|k| k.usage.is_none()) {
        limits.push("Usage: not collected. Nothing is said about what the person did.".to_owned());
    }
    if !run.hr_reread {
        limits.push("HR was not read again just before access was cut; final steps waited.".into());
    }
    if let (Some(late), Some(due)) = (run.late_s(), run.opened.access_end_at) {
        limits.push(format!(
            "Started by its timer {late} s late, at {}: scheduled for {}, when nothing was running.",
            run.since.format("%FT%TZ"),
            due.format("%FT%TZ")
        ));
    }
    if let Some((_, left, unread)) = run.swept
        && (left > 0 || unread > 0)
    {
        limits.push(format!(
            "The last check found {left} accounts that can sign in and could not read {unread} connections."
        ));
    }
    limits
}

/// Lays pages out away from the threads that talk to vendors: no cut waits for a document.
async fn laid_out(render: impl FnOnce() -> Result<Vec<u8>, PdfError> + Send + 'static) -> Result<Vec<u8>> {
    let remedy = "Report this; it is a defect. The ledger holds everything.";
    let made = tokio::task::spawn_blocking(render)
        .await
        .map_err(|e| Error::new(Code::Failed, "the document cannot be made", remedy).caused_by(e))?;
    made.map_err(|e| Error::new(Code::Failed, format!("the document cannot be made: {e}"), remedy))
}
