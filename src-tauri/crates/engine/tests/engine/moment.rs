//! A moment of an office: everything that outlives a process, kept so that many futures can begin there.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};
use lockstep_connectors::Clock;
use lockstep_connectors::vendors::sim::{SimState, SimWorld, SimWrite};

use super::fate::Keyring;
use super::office::Office;
use super::wrap::{Log, Manner, Sent};

pub(crate) struct Moment {
    pub(crate) trace: String,
    files: Vec<(PathBuf, Vec<u8>)>,
    now: DateTime<Utc>,
    secrets: BTreeMap<String, Vec<u8>>,
    hr: SimState,
    app: SimState,
    writes: Vec<SimWrite>,
    sent: Log,
    manner: Manner,
}

impl Moment {
    /// Keeps the moment, as a crash would leave it: a Desk may be in the middle of its work.
    pub(crate) fn of(office: &Office) -> Self {
        let mut files = files_below(&office.home());
        // Of use to living processes only, and rebuilt by the next.
        files.retain(|(path, _)| !path.ends_with("lockstep.db-shm"));
        Self {
            trace: trace(office),
            files,
            now: office.clock.now(),
            secrets: office.keyring.contents(),
            hr: office.hr.truth(),
            app: office.app.truth(),
            writes: office.app_writes(),
            sent: office.sent.log(),
            manner: office.manner.clone(),
        }
    }

    /// An office of its own that begins at this moment.
    pub(crate) fn thaw(&self) -> Office {
        let mut office = Office::empty();
        office.past.clone_from(&self.writes);
        office.manner = self.manner.clone();
        office.keyring = Keyring::of(self.secrets.clone());
        office.sent = Sent::of(self.sent.clone());
        for (path, bytes) in &self.files {
            let path = office.home().join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, bytes).unwrap();
        }
        office.clock.set(self.now);
        let put = |world: &SimWorld, truth: &SimState| world.edit(|s| *s = truth.clone());
        put(&office.hr, &self.hr);
        put(&office.app, &self.app);
        office
    }
}

/// What a process finds when it begins at this moment, in words without random ids: two moments of one trace
/// have the same futures.
pub(crate) fn trace(office: &Office) -> String {
    let ledger =
        "SELECT group_concat(kind || coalesce(body ->> 'step', '') || coalesce(body ->> 'attempt', ''), ' ')
                  FROM (SELECT kind, body FROM ledger ORDER BY seq)";
    let beside = "SELECT (SELECT count(*) FROM lease) || '/' || (SELECT count(*) FROM checkpoint) || '/' ||
                  (SELECT group_concat(sign_in) FROM account) || '/' ||
                  coalesce((SELECT group_concat(is_open) FROM run), '')";
    let conn = rusqlite::Connection::open(office.home().join("lockstep.db")).unwrap();
    let ask = |sql: &str| conn.query_row(sql, [], |row| row.get::<_, String>(0)).unwrap();
    let anchor = office
        .keyring
        .contents()
        .get("ledger-anchor")
        .map(|a| String::from_utf8_lossy(&a[..12]).into_owned());
    let writes: Vec<String> = office.app_writes().iter().map(|w| format!("{:?}", w.wish)).collect();
    let vault = files_below(&office.home().join("vault")).len();
    let (now, truth) = (office.clock.now(), office.app.truth().accounts);
    format!("{} | {} | {anchor:?} | {writes:?} | {vault} | {now} | {truth:?}", ask(ledger), ask(beside))
}

/// The files below a folder, with their bytes. One that goes away meanwhile is not there.
pub(crate) fn files_below(root: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let mut files = Vec::new();
    collect(root, Path::new(""), &mut files);
    files
}

fn collect(root: &Path, below: &Path, files: &mut Vec<(PathBuf, Vec<u8>)>) {
    let Ok(entries) = std::fs::read_dir(root.join(below)) else { return };
    for entry in entries {
        let path = below.join(entry.unwrap().file_name());
        if root.join(&path).is_dir() {
            collect(root, &path, files);
        } else if let Ok(bytes) = std::fs::read(root.join(&path)) {
            files.push((path, bytes));
        }
    }
}
