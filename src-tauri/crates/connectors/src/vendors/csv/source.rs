//! Reading the file in one of its two roles.

use std::collections::HashSet;
use std::fs::File;
use std::io::{self, Read as _};
use std::path::Path;
use std::sync::Arc;

use async_trait::async_trait;
use lockstep_domain::access::AccountRecord;
use lockstep_domain::digest::Digest;
use lockstep_domain::people::WorkerRecord;
use tokio::sync::mpsc;

use super::columns::Columns;
use super::report::{Report, refuse, shown};
use super::settings::Settings;
use super::settle::Settled;
use super::table::{Row, Table};
use super::{accounts, workers};
use crate::contract::{AccountPage, AccountSource, Completeness, Probe, ReadSummary, WorkerSource};
use crate::error::{Error, Kind, Result};

/// The largest file that is read.
const LARGEST_FILE: u64 = 256 << 20;
/// Records handed on at a time.
const CHUNK: usize = 1_000;

/// A file, read anew at every call.
#[derive(Debug)]
pub(super) struct FileSource {
    pub(super) settings: Arc<Settings>,
}

/// A whole file, judged.
struct Reading<T> {
    records: Vec<T>,
    held_back: HashSet<String>,
    summary: ReadSummary,
    form: String,
}

type Judge<T> = fn(&[Row], &Columns, &Settings, &mut Report) -> Settled<T>;

impl FileSource {
    /// Reads and judges the file in a thread of its own; `then` runs there too.
    async fn read<T: 'static, R: Send + 'static>(
        &self,
        judge: Judge<T>,
        then: impl FnOnce(Reading<T>) -> Result<R> + Send + 'static,
    ) -> Result<R> {
        let settings = Arc::clone(&self.settings);
        tokio::task::spawn_blocking(move || then(read(&settings, judge)?)).await.map_err(|e| {
            Error::new(Kind::Malformed, "reading the file was broken off", "report this file to the makers")
                .caused_by(e)
        })?
    }

    async fn probe_as<T: 'static>(&self, judge: Judge<T>, noun: &'static str) -> Result<Probe> {
        self.read(judge, move |reading| {
            let ReadSummary { rows, quarantined, findings, .. } = &reading.summary;
            let (held, remarks) = (quarantined.len(), findings.len());
            let summary = format!("{}: {rows} {noun}, {held} faults, {remarks} remarks", reading.form);
            Ok(Probe { summary, held: vec![], missing: vec![], excess: vec![] })
        })
        .await
    }
}

#[async_trait]
impl WorkerSource for FileSource {
    async fn read_workers(&self, out: mpsc::Sender<Vec<WorkerRecord>>) -> Result<ReadSummary> {
        self.read(workers::read, move |reading| {
            send(reading.records, |chunk| out.blocking_send(chunk).is_ok())?;
            Ok(reading.summary)
        })
        .await
    }

    async fn read_worker(&self, remote_person_id: &str) -> Result<Vec<WorkerRecord>> {
        let wanted = remote_person_id.to_owned();
        self.read(workers::read, move |mut reading| {
            if reading.held_back.contains(&wanted) {
                return Err(Error::new(
                    Kind::Malformed,
                    format!("a row of the person {} is quarantined", shown(&wanted)),
                    "correct the row in the HR system and export again",
                ));
            }
            reading.records.retain(|record| record.remote_person_id == wanted);
            Ok(reading.records)
        })
        .await
    }

    async fn probe(&self) -> Result<Probe> {
        self.probe_as(workers::read, "stints").await
    }
}

#[async_trait]
impl AccountSource for FileSource {
    async fn read_accounts(&self, out: mpsc::Sender<AccountPage>) -> Result<ReadSummary> {
        self.read(accounts::read, move |reading: Reading<AccountRecord>| {
            send(reading.records, |accounts| {
                out.blocking_send(AccountPage { accounts, ..AccountPage::default() }).is_ok()
            })?;
            Ok(reading.summary)
        })
        .await
    }

    async fn probe(&self) -> Result<Probe> {
        self.probe_as(accounts::read, "accounts").await
    }
}

fn send<T>(records: Vec<T>, mut send: impl FnMut(Vec<T>) -> bool) -> Result<()> {
    let mut records = records.into_iter();
    loop {
        let chunk: Vec<T> = records.by_ref().take(CHUNK).collect();
        if chunk.is_empty() {
            return Ok(());
        }
        if !send(chunk) {
            return Err(Error::new(
                Kind::Unavailable,
                "the reader of the file went away",
                "start the read again",
            ));
        }
    }
}

fn read<T>(settings: &Settings, judge: Judge<T>) -> Result<Reading<T>> {
    let bytes = load(&settings.path)?;
    let source_sha256 = Digest::of(&bytes);
    let mut table = Table::read(bytes, settings)?;
    let mut report = Report::default();
    let columns = table.columns(settings, &mut report)?;
    let Settled { records, held_back } = judge(&table.rows, &columns, settings, &mut report);
    table.find_open_end(&mut report);
    let records: Vec<T> = records.into_iter().map(|(_, record)| record).collect();
    let completeness = match report.quarantined.len() {
        0 => Completeness::Complete,
        faults => Completeness::Incomplete(vec![format!("{faults} faults in rows that are quarantined")]),
    };
    let summary = ReadSummary {
        rows: records.len() as u64,
        claimed_total: None,
        quarantined: report.quarantined,
        findings: report.findings,
        completeness,
        source_sha256,
        clock_skew_s: None,
        cursor: None,
    };
    Ok(Reading { records, held_back, summary, form: table.form })
}

/// The bytes of the file, read once.
fn load(path: &Path) -> Result<Vec<u8>> {
    let unreadable = |e: io::Error| {
        let remedy = match e.kind() {
            io::ErrorKind::NotFound => "check the setting `path`, and whether the export ran",
            io::ErrorKind::PermissionDenied => "let this program's user read the file",
            _ => "check the setting `path` and the disk or share that it lies on",
        };
        Error::new(Kind::Setting, format!("{} cannot be read", path.display()), remedy).caused_by(e)
    };
    let mut file = File::open(path).map_err(unreadable)?;
    let before = file.metadata().map_err(unreadable)?;
    if !before.is_file() {
        let problem = format!("{} is not a file", path.display());
        return Err(Error::new(Kind::Setting, problem, "name the file itself in the setting `path`"));
    }
    let mut bytes = Vec::with_capacity(usize::try_from(before.len().min(LARGEST_FILE)).unwrap_or(0));
    file.by_ref().take(LARGEST_FILE + 1).read_to_end(&mut bytes).map_err(unreadable)?;
    if bytes.len() as u64 > LARGEST_FILE {
        return Err(refuse(
            "it is larger than 256 MiB",
            "export only the list of people, without attachments",
        ));
    }
    let after = file.metadata().map_err(unreadable)?;
    if after.len() != before.len() || after.modified().ok() != before.modified().ok() {
        return Err(Error::new(
            Kind::Unavailable,
            format!("{} changed while it was read", path.display()),
            "wait until the export is finished; write it under another name and rename it at the end",
        ));
    }
    Ok(bytes)
}
