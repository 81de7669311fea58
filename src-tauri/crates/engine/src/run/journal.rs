//! The journal of one run while it is driven: what happens is written to the ledger, in one durable
//! transaction with the check that the run is still ours, and nothing is written that the fold finds illegal.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use chrono::{DateTime, Utc};
use lockstep_connectors::Clock;
use lockstep_domain::digest::Digest;
use lockstep_domain::ids::{EntryId, PersonId, RunId};
use lockstep_domain::ledger::{Actor, Draft, Entry};
use lockstep_domain::plan::StepId;
use lockstep_domain::run::{FoldError, Run, RunEvent};
use lockstep_store::{Store, Tx, fresh_id};
use serde::Serialize;
use serde_json::Value;

use super::control::is_open;
use super::lease::{self, Held};
use crate::api::Progress;
use crate::desk::ProgressSink;
use crate::error::{Code, Error, Result};
use crate::offboard::Judge;
use crate::schedule::due_after;
use crate::words;

/// One event to record, with what is kept encrypted beside it.
pub(crate) struct Record {
    event: RunEvent,
    payload: Option<Value>,
}

impl Record {
    pub(crate) fn of(event: RunEvent) -> Self {
        Self { event, payload: None }
    }

    /// With personal data, which goes into the person's encrypted payload.
    pub(crate) fn with<T: Serialize>(event: RunEvent, payload: &T) -> Self {
        Self { event, payload: serde_json::to_value(payload).ok() }
    }

    pub(crate) fn event(&self) -> &RunEvent {
        &self.event
    }
}

/// The fold, up to which entry it knows the ledger, and since when the lease runs.
#[derive(Clone)]
struct Told {
    run: Run,
    seq: u64,
    prolonged_at: DateTime<Utc>,
}

/// The journal of a run that this process drives under a lease.
pub(crate) struct Journal {
    store: Store,
    clock: Arc<dyn Clock>,
    progress: Option<ProgressSink>,
    held: Held,
    person: PersonId,
    /// What the ledger tells. Moved on by the store's writing thread alone, after each commit and before the next
    /// transaction: while one lane's record is being committed, the others go on and queue theirs behind it.
    told: Arc<Mutex<Told>>,
}

/// What one transaction wrote.
struct Written<X> {
    lines: Vec<(u64, String)>,
    at: DateTime<Utc>,
    /// Whether all records were still legal.
    all: bool,
    answer: X,
}

impl Journal {
    /// Takes up the run that the lease was taken for.
    pub(crate) async fn load(
        store: Store,
        clock: Arc<dyn Clock>,
        progress: Option<ProgressSink>,
        held: Held,
    ) -> Result<Self> {
        let id = held.run;
        let entries = store.read(move |r| r.entries_of_run(id)).await?;
        let run = Run::fold(&entries).map_err(|e| unreadable(id, e))?;
        let seq = entries.last().map_or(0, |e| e.seq);
        let person = run.opened.person;
        let prolonged_at = clock.now();
        let told = Arc::new(Mutex::new(Told { run, seq, prolonged_at }));
        Ok(Self { store, clock, progress, held, person, told })
    }

    /// The run's id.
    pub(crate) fn id(&self) -> RunId {
        self.held.run
    }

    /// Asks the run as it is now.
    pub(crate) async fn ask<T>(&self, question: impl FnOnce(&Run) -> T) -> T {
        question(&lock(&self.told).run)
    }

    /// Records events of the engine. `false` when people were faster (they closed the step, held or stopped the
    /// run): then only what the vendor answered was recorded, and the caller must not go on with the rest.
    pub(crate) async fn record(&self, records: Vec<Record>) -> Result<bool> {
        Ok(self.write(move |_| Ok((records, ()))).await?.0)
    }

    /// Records the intent to write, behind what is to be told `before` it, or what stands against the write on
    /// the facts of this very transaction. Only after `true` the write may be sent.
    pub(crate) async fn intend(
        &self,
        before: Option<Record>,
        (step, attempt, way): (StepId, u32, usize),
        judge: Judge,
    ) -> Result<bool> {
        let judged = move |tx: &Tx<'_>| {
            let blocker = judge(tx)?;
            let event = match blocker {
                None => RunEvent::Intended { step, attempt, way },
                Some(blocker) => RunEvent::Blocked { step, blocker },
            };
            Ok((before.into_iter().chain([Record::of(event)]).collect(), blocker.is_none()))
        };
        let (all, permitted) = self.write(judged).await?;
        Ok(all && permitted)
    }

    /// Writes the records that `what` makes in the transaction; answers whether all were legal, and its answer.
    async fn write<X: Send + 'static>(
        &self,
        what: impl FnOnce(&Tx<'_>) -> lockstep_store::Result<(Vec<Record>, X)> + Send + 'static,
    ) -> Result<(bool, X)> {
        let (held, person, clock) = (self.held.clone(), self.person, Arc::clone(&self.clock));
        let (before, after) = (Arc::clone(&self.told), Arc::clone(&self.told));
        let written = self
            .store
            .write_then(
                move |tx| {
                    let told = lock(&before).clone();
                    write_in(tx, (&held, person), told, to_micros(clock.now()), what)
                },
                move |written| {
                    written.map(|(told, written)| {
                        *lock(&after) = told;
                        written
                    })
                },
            )
            .await?;
        let Written { lines, at, all, answer } = written.map_err(|e| unreadable(self.id(), e))?;
        if let Some(progress) = &self.progress {
            for (seq, line) in lines {
                progress(Progress::Run { run: self.id().to_string(), seq, line, at });
            }
        }
        Ok((all, answer))
    }
}

fn lock(told: &Mutex<Told>) -> MutexGuard<'_, Told> {
    told.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Appends what is legal of the records to a run that is still ours. An illegal order appends nothing.
fn write_in<X>(
    tx: &Tx<'_>,
    (held, person): (&Held, PersonId),
    mut told: Told,
    at: DateTime<Utc>,
    what: impl FnOnce(&Tx<'_>) -> lockstep_store::Result<(Vec<Record>, X)>,
) -> lockstep_store::Result<Result<(Told, Written<X>), FoldError>> {
    tx.check_lease(held.run, &held.holder, held.epoch)?;
    if at - told.prolonged_at > lease::TTL / 4 {
        tx.take_lease(held.run, &held.holder, at, lease::TTL)?;
        told.prolonged_at = at;
    }
    // What others added since.
    let news = tx.entries_of_run_after(held.run, told.seq)?;
    let (records, answer) = what(tx)?;
    let Legal { records, all } = match legal_after(&mut told.run, &news, records, at) {
        Ok(legal) => legal,
        Err(illegal) => return Ok(Err(illegal)), // nothing was appended yet
    };
    let lines = append(tx, (held.run, person), &Actor::engine(), at, &records)?;
    if told.run.sealed_at.is_some() {
        tx.set_run_open(held.run, is_open(&told.run))?;
    }
    let last = lines.last().map(|(seq, _)| *seq).or_else(|| news.last().map(|e| e.seq));
    told.seq = last.unwrap_or(told.seq);
    Ok(Ok((told, Written { lines, at, all, answer })))
}

/// An instant as the ledger stores it, so that the fold in memory and the fold of the ledger are the same.
pub(crate) fn to_micros(at: DateTime<Utc>) -> DateTime<Utc> {
    DateTime::from_timestamp_micros(at.timestamp_micros()).unwrap_or(at)
}

/// What of the engine's records is legal after what others added.
struct Legal {
    records: Vec<Record>,
    /// Whether that is all of them.
    all: bool,
}

/// Folds what others added, then what is about to be added. Where others were faster, what is no longer legal
/// is left out; where nobody was, it is an error.
fn legal_after(
    run: &mut Run,
    news: &[Entry],
    records: Vec<Record>,
    at: DateTime<Utc>,
) -> Result<Legal, FoldError> {
    for entry in news {
        let event = RunEvent::from_parts(&entry.kind, &entry.body)
            .map_err(|source| FoldError::Unreadable { seq: entry.seq, source })?;
        run.apply(&event, entry.at)?;
    }
    let mut legal = Legal { records: Vec::with_capacity(records.len()), all: true };
    for record in records {
        match run.apply(&record.event, at) {
            Ok(()) => legal.records.push(record),
            Err(_) if !news.is_empty() => legal.all = false,
            Err(illegal) => return Err(illegal),
        }
    }
    Ok(legal)
}

/// The seal, counted where nobody else can append: a person may confirm a task at the same moment.
fn sealed_now(tx: &Tx<'_>, run: RunId, record: Digest) -> lockstep_store::Result<RunEvent> {
    let entries = tx.entries_of_run(run)?;
    Ok(RunEvent::Sealed {
        record,
        entries: u64::try_from(entries.len()).unwrap_or(u64::MAX),
        first_seq: entries.first().map_or(0, |e| e.seq),
        last_seq: entries.last().map_or(0, |e| e.seq),
    })
}

/// Appends events of a run; answers with sequence numbers and words.
pub(crate) fn append(
    tx: &Tx<'_>,
    (run, person): (RunId, PersonId),
    actor: &Actor,
    at: DateTime<Utc>,
    records: &[Record],
) -> lockstep_store::Result<Vec<(u64, String)>> {
    let mut written = Vec::with_capacity(records.len());
    for record in records {
        let (kind, body) = match &record.event {
            RunEvent::Sealed { record, .. } => sealed_now(tx, run, *record)?.to_parts(),
            event => event.to_parts(),
        };
        let id = EntryId(fresh_id(at)?);
        let draft = Draft { id, at, actor: actor.clone(), kind, run: Some(run), body, commitment: None };
        let entry = match &record.payload {
            None => tx.append(draft)?,
            Some(payload) => tx.append_with_payload(draft, person, payload.to_string().as_bytes())?,
        };
        if matches!(record.event, RunEvent::Sealed { .. }) {
            tx.seal_run(run, &entry)?;
            tx.set_watches(run, &due_after(at))?;
        }
        written.push((entry.seq, words::of_event(&record.event)));
    }
    Ok(written)
}

/// The entries of a run make no sense; nothing is done with it until somebody has looked.
pub(crate) fn unreadable(run: RunId, cause: FoldError) -> Error {
    Error::new(
        Code::Tampered,
        format!("the story that the ledger tells of run {run} cannot be followed: {cause}"),
        "Run `lockstep ledger verify`. A newer Lockstep may have written these entries: use that version.",
    )
    .caused_by(cause)
}
