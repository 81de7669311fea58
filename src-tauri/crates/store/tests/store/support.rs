//! A home in a temporary folder, and the things that tests put into it.

use std::path::Path;

use chrono::{DateTime, TimeDelta, Utc};
use lockstep_domain::access::{AccountRecord, OwnerKind, SignIn};
use lockstep_domain::capability::Mode;
use lockstep_domain::digest::Digest;
use lockstep_domain::ids::{ConnectionId, EmploymentId, EntryId, OrgId, PersonId, ReadId, RunId};
use lockstep_domain::ledger::{Actor, Draft};
use lockstep_domain::people::{EmploymentType, SourceStatus, TerminationKind, WorkerKind, WorkerRecord};
use lockstep_store::{
    ConnectionRow, Flipped, MasterKey, NewRead, NewRun, Org, ReadEnd, ReadKind, Store, StoreOptions, fresh_id,
};
use serde_json::{Value, json};
use tempfile::TempDir;

pub(crate) fn now() -> DateTime<Utc> {
    "2026-09-25T14:00:00Z".parse().unwrap()
}

pub(crate) fn hours(n: i64) -> DateTime<Utc> {
    now() + TimeDelta::hours(n)
}

pub(crate) fn key() -> MasterKey {
    MasterKey::from_bytes(&[7; 32]).unwrap()
}

pub(crate) fn options() -> StoreOptions {
    StoreOptions { master_key: Some(key()), ..StoreOptions::default() }
}

pub(crate) fn open(home: &Path) -> Store {
    Store::open(home, options()).unwrap().store
}

/// A home that is set up, open.
pub(crate) async fn home() -> (TempDir, Store) {
    let dir = TempDir::new().unwrap();
    let store = open(dir.path());
    let org = Org { id: OrgId(id()), name: "Acme".into(), created_at: now() };
    store.write(move |tx| tx.create_org(&org)).await.unwrap();
    (dir, store)
}

pub(crate) fn id() -> uuid::Uuid {
    fresh_id(now()).unwrap()
}

pub(crate) fn draft(body: Value) -> Draft {
    Draft {
        id: EntryId(id()),
        at: now(),
        actor: Actor::engine(),
        kind: "step.settled".into(),
        run: None,
        body,
        commitment: None,
    }
}

pub(crate) async fn append(store: &Store, count: u64) {
    store
        .write(move |tx| {
            for n in 0..count {
                tx.append(draft(json!({ "n": n })))?;
            }
            Ok(())
        })
        .await
        .unwrap();
}

/// A run with the entry that opened it.
pub(crate) async fn run(store: &Store) -> RunId {
    let new = NewRun {
        id: RunId(id()),
        person: PersonId(id()),
        employment: EmploymentId(id()),
        generation: 1,
        event: "leaver".into(),
        counts: true,
    };
    let run = new.id;
    store
        .write(move |tx| {
            let opened =
                tx.append(Draft { run: Some(run), kind: "run.opened".into(), ..draft(json!({})) })?;
            tx.open_run(&new, &opened)
        })
        .await
        .unwrap();
    run
}

pub(crate) async fn connection(store: &Store, name: &str) -> ConnectionId {
    let row = ConnectionRow {
        id: ConnectionId(id()),
        vendor: "csv".into(),
        tenant: "export.csv".into(),
        name: name.into(),
        settings: std::iter::once(("path".to_owned(), "/srv/export.csv".to_owned())).collect(),
        mode: Mode::Observe,
        trouble: None,
        created_at: now(),
        removed_at: None,
    };
    let id = row.id;
    store.write(move |tx| tx.add_connection(&row)).await.unwrap();
    id
}

pub(crate) fn worker(remote: &str, status: SourceStatus) -> WorkerRecord {
    WorkerRecord {
        remote_person_id: remote.into(),
        remote_employment_id: remote.into(),
        employee_number: Some(format!("N{remote}")),
        first_name: "Kim".into(),
        last_name: format!("Doe{remote}"),
        display_name: format!("Kim Doe{remote}"),
        work_email: Some(format!("Kim.{remote}@Acme.test")),
        personal_email: None,
        manager_remote_id: None,
        worker_kind: WorkerKind::Employee,
        employment_type: EmploymentType::FullTime,
        start_date: "2020-01-01".parse().ok(),
        termination_date: None,
        last_day_worked: None,
        notice_given_date: None,
        termination_at: None,
        termination_kind: TerminationKind::Unknown,
        source_status: status,
        source_status_raw: status.to_string(),
        time_zone: None,
        location: None,
        legal_entity: None,
        department: None,
        job_title: None,
        cost_center: None,
        raw_sha256: Digest::of(remote.as_bytes()),
    }
}

pub(crate) fn account(remote: &str, sign_in: SignIn, admin: Option<bool>) -> AccountRecord {
    AccountRecord {
        remote_id: remote.into(),
        login: format!("{remote}@acme.test"),
        display_name: None,
        emails: vec![],
        external_id: None,
        sign_in,
        admin,
        owner_kind: OwnerKind::Human,
        created_at: None,
        last_used_at: None,
        status_changed_at: None,
        credentials: vec![],
    }
}

pub(crate) fn end(at: DateTime<Utc>, rows: usize) -> ReadEnd {
    ReadEnd { at, rows: rows as u64, claimed_total: None, source_sha256: Some(Digest::of(b"bytes")) }
}

pub(crate) async fn begin(
    store: &Store,
    connection: ConnectionId,
    kind: ReadKind,
    at: DateTime<Utc>,
) -> ReadId {
    let read = ReadId(id());
    store
        .write(move |tx| tx.begin_read(&NewRead { id: read, connection, kind, started_at: at }))
        .await
        .unwrap();
    read
}

/// A whole read of workers, complete.
pub(crate) async fn import(
    store: &Store,
    connection: ConnectionId,
    at: DateTime<Utc>,
    workers: Vec<WorkerRecord>,
) -> (ReadId, Flipped) {
    let read = begin(store, connection, ReadKind::Workers, at).await;
    let flipped = store
        .write(move |tx| {
            tx.stage_workers(read, &workers)?;
            tx.flip_workers(read, &end(at, workers.len()))
        })
        .await
        .unwrap();
    (read, flipped)
}
