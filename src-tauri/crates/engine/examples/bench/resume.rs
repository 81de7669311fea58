//! A large ledger: verifying it, and going on with many runs after the process was killed.

use std::time::{Duration, Instant};

use chrono::{DateTime, TimeDelta, Utc};
use lockstep_domain::digest::Digest;
use lockstep_domain::ids::{EntryId, RunId};
use lockstep_domain::ledger::{Actor, Draft};
use lockstep_engine::api::Progress;
use lockstep_store::{Store, StoreOptions, fresh_id};
use serde_json::json;

use crate::Result;
use crate::office::{Office, offboard, people};
use crate::table::{Row, time};
use crate::watch::Watch;

const RUNS: u32 = 1_000;
const ENTRIES: u64 = 1_000_000;
const ENTRIES_AT_ONCE: u64 = 50_000;
/// A sealed run of the past has about so many entries.
const ENTRIES_PER_RUN: u64 = 25;

pub(crate) async fn measure() -> Result<Vec<Row>> {
    let office = Office::of_leavers(RUNS, 1).await?;
    fill(&office).await?;
    let run = start_all_and_die(&office).await?;

    let all = resume(&office, None).await?;
    let one = resume(&office, Some(run)).await?;

    let desk = office.desk(&Watch::new()).await?;
    let begun = Instant::now();
    office.sync(&desk).await?; // waits for the check of the whole file that follows an unclean stop
    let checked = begun.elapsed();
    let begun = Instant::now();
    let ledger = desk.verify_ledger().await?;
    let verified = begun.elapsed();
    if !ledger.ok || ledger.entries < ENTRIES {
        return Err(
            format!("the ledger of {} entries is not good: {:?}", ledger.entries, ledger.failures).into()
        );
    }
    drop(desk);
    let store = Store::open(&office.home(), StoreOptions::default())?.store;
    let open = store.read(|r| r.open_runs()).await?.len();
    if open != usize::try_from(RUNS)? {
        return Err(format!("{open} runs are open, of {RUNS}").into());
    }
    Ok(vec![
        Row::at_most("resume all of 1,000 runs: opening to the first write", all, Duration::from_millis(100)),
        Row::at_most("resume one of 1,000 runs: opening to its first write", one, Duration::from_millis(100)),
        Row::beside("check of the whole file, beside the work", time(checked)),
        Row::at_most("verify 1,000,000 entries from SQLite", verified, Duration::from_millis(600)),
        Row::beside("entries in that ledger", ledger.entries.to_string()),
    ])
}

/// Entries as past runs leave them.
async fn fill(office: &Office) -> Result<()> {
    let store = Store::open(&office.home(), StoreOptions::default())?.store;
    let at: DateTime<Utc> = "2026-09-25T08:00:00Z".parse()?;
    let mut seq = store.read(|r| r.head()).await?.seq;
    while seq < ENTRIES {
        let upto = (seq + ENTRIES_AT_ONCE).min(ENTRIES);
        store
            .write(move |tx| {
                let mut run = RunId(fresh_id(at)?);
                for n in seq..upto {
                    if n % ENTRIES_PER_RUN == 0 {
                        run = RunId(fresh_id(at)?);
                    }
                    let digest = Digest::of(&n.to_be_bytes());
                    tx.append(Draft {
                        id: EntryId(fresh_id(at)?),
                        at: at + TimeDelta::microseconds(i64::try_from(n).unwrap_or(0)),
                        actor: Actor::engine(),
                        kind: "step.settled".into(),
                        run: Some(run),
                        body: json!({ "step": digest, "assurance": "read_back", "seen_at": at, "observation": digest }),
                        commitment: None,
                    })?;
                }
                Ok(())
            })
            .await?;
        seq = upto;
    }
    Ok(())
}

/// Starts every run in one batch and dies when the first of them writes; answers with one of them.
async fn start_all_and_die(office: &Office) -> Result<RunId> {
    let watch = Watch::until(is_write);
    let desk = office.desk(&watch).await?;
    match offboard(&desk, people(1..=RUNS)).await {
        Err(e) if watch.killed_at().is_none() => return Err(e),
        Err(_) => {}
        Ok(_) => return Err("the runs were through before the process could be killed".into()),
    }
    let runs = watch.told().into_iter().rev();
    let last = runs
        .map(|(_, told)| if let Progress::Run { run, .. } = told { run.parse::<RunId>().ok() } else { None });
    last.flatten().next().ok_or_else(|| "no run was told of".into())
}

/// From opening a home that was not closed to the first write of a run, durable as an intent; then dies again.
async fn resume(office: &Office, run: Option<RunId>) -> Result<Duration> {
    let watch = Watch::until(is_write);
    let begun = Instant::now();
    let desk = office.desk(&watch).await?;
    let resumed = desk.resume(run).await;
    match (watch.killed_at(), resumed) {
        (Some(at), _) => Ok(at - begun),
        (None, Err(e)) => Err(e.into()),
        (None, Ok(_)) => Err("no run wrote anything".into()),
    }
}

fn is_write(progress: &Progress) -> bool {
    matches!(progress, Progress::Run { line, .. } if line.starts_with("about to write"))
}
