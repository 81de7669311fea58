//! Reads files the way the engine does, for the tests of the csv connector.
#![allow(dead_code, reason = "each test binary uses its own part")]
#![allow(clippy::expect_used, reason = "a test that cannot be set up has to stop")]
#![allow(clippy::panic, reason = "the same")]
#![allow(unreachable_pub, reason = "a module of tests is nobody's interface")]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use lockstep_connectors::vendors::csv;
use lockstep_connectors::{
    AccountPage, Completeness, Connector, ManualClock, OpenContext, ReadSummary, Result,
};
use lockstep_domain::access::AccountRecord;
use lockstep_domain::people::WorkerRecord;
use tokio::sync::mpsc;

/// A file that is read with these settings.
pub struct Source {
    connector: Connector,
    runtime: tokio::runtime::Runtime,
    _dir: Option<tempfile::TempDir>,
}

/// What the engine gets of a file.
#[derive(Debug)]
pub struct Read<T> {
    pub records: Vec<T>,
    pub summary: ReadSummary,
}

impl<T> Read<T> {
    pub fn is_complete(&self) -> bool {
        self.summary.completeness == Completeness::Complete
    }

    /// Row and stable word of every quarantined row.
    pub fn quarantined(&self) -> Vec<(String, String)> {
        self.summary.quarantined.iter().map(|q| (q.row.clone(), word(&q.reason))).collect()
    }

    /// Row and stable word of every finding.
    pub fn findings(&self) -> Vec<(String, String)> {
        self.summary.findings.iter().map(|q| (q.row.clone(), word(&q.reason))).collect()
    }
}

fn word(reason: &str) -> String {
    reason.split_once(':').expect("a reason begins with a stable word").0.to_owned()
}

pub fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../tests/fixtures/csv").join(name)
}

pub fn open(path: &Path, settings: &[(&str, &str)]) -> Result<Connector> {
    let mut all: BTreeMap<String, String> =
        settings.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
    all.insert("path".to_owned(), path.display().to_string());
    let clock = Arc::new(ManualClock::new("2026-11-21T12:00:00Z".parse().expect("an instant")));
    (csv::vendor().open)(OpenContext { settings: all, secrets: BTreeMap::new(), clock })
}

impl Source {
    pub fn at(path: &Path, settings: &[(&str, &str)]) -> Self {
        let connector = open(path, settings).expect("the settings of the test are right");
        let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
        Self { connector, runtime, _dir: None }
    }

    pub fn fixture(name: &str, settings: &[(&str, &str)]) -> Self {
        Self::at(&fixture(name), settings)
    }

    pub fn bytes(bytes: impl AsRef<[u8]>, settings: &[(&str, &str)]) -> Self {
        let dir = tempfile::tempdir().expect("a folder");
        let path = dir.path().join("people");
        std::fs::write(&path, bytes).expect("the file is written");
        Self { _dir: Some(dir), ..Self::at(&path, settings) }
    }

    pub fn workers(&self) -> Result<Read<WorkerRecord>> {
        let source = self.connector.workers.as_ref().expect("opened for workers");
        self.runtime.block_on(async {
            let (out, mut chunks) = mpsc::channel(1);
            let collect = async {
                let mut all = Vec::new();
                while let Some(chunk) = chunks.recv().await {
                    all.extend(chunk);
                }
                all
            };
            let (summary, records) = tokio::join!(source.read_workers(out), collect);
            if summary.is_err() {
                assert!(records.is_empty(), "nothing of a refused file may reach the engine");
            }
            Ok(Read { records, summary: summary? })
        })
    }

    pub fn worker(&self, id: &str) -> Result<Vec<WorkerRecord>> {
        let source = self.connector.workers.as_ref().expect("opened for workers");
        self.runtime.block_on(source.read_worker(id))
    }

    pub fn accounts(&self) -> Result<Read<AccountRecord>> {
        let source = self.connector.accounts.as_ref().expect("opened for accounts");
        self.runtime.block_on(async {
            let (out, mut pages) = mpsc::channel::<AccountPage>(1);
            let collect = async {
                let mut all = Vec::new();
                while let Some(page) = pages.recv().await {
                    all.extend(page.accounts);
                }
                all
            };
            let (summary, records) = tokio::join!(source.read_accounts(out), collect);
            Ok(Read { records, summary: summary? })
        })
    }

    pub fn probe(&self) -> Result<String> {
        let (workers, accounts) = (&self.connector.workers, &self.connector.accounts);
        let probe = self.runtime.block_on(async {
            match (workers, accounts) {
                (Some(workers), _) => workers.probe().await,
                (None, Some(accounts)) => accounts.probe().await,
                (None, None) => panic!("a connection plays a role"),
            }
        });
        Ok(probe?.summary)
    }
}
