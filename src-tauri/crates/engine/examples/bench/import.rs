//! Importing a large HR export, and previewing one person of it.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::Arc;
use std::time::{Duration, Instant};

use lockstep_connectors::vendors::csv;
use lockstep_connectors::{OpenContext, SystemClock};
use lockstep_engine::Desk;
use lockstep_engine::api::SyncRequest;
use tokio::sync::mpsc;

use crate::Result;
use crate::office::{Office, connection, email, people};
use crate::table::{Row, median, rate, time};
use crate::watch::Watch;

/// The connection that reads the export.
const EXPORT: &str = "export";

const PEOPLE: u32 = 100_000;
/// The first of them leave, and have accounts.
const LEAVERS: u32 = 50;

pub(crate) async fn measure() -> Result<Vec<Row>> {
    let office = Office::empty().await?;
    let path = office.home().join("people.csv");
    std::fs::write(&path, export())?;
    let settings = || {
        [("path", path.to_string_lossy().into_owned()), ("zone", "UTC".into()), ("role", "workers".into())]
    };
    let parsed = parse_alone(settings()).await?;

    let watch = Watch::new();
    let desk = office.desk(&watch).await?;
    desk.add_connection(connection("csv", EXPORT, settings())).await?;
    let first = sync(&desk, &watch).await?;
    let again = sync(&desk, &watch).await?;
    for n in 1..=LEAVERS {
        office.open_accounts(n, 3);
    }
    office.sync(&desk).await?;

    let mut previews = Vec::new();
    for n in 1..=LEAVERS {
        let begun = Instant::now();
        let view = desk.preview(&people([n])).await?;
        previews.push(begun.elapsed());
        if view.people.iter().all(|p| p.steps.len() < 3) {
            return Err(format!("the preview of {} has no steps to speak of", email(n)).into());
        }
    }
    Ok(vec![
        Row::at_least("CSV import of 100,000 people", rate(PEOPLE, first.import), 50_000.0),
        Row::beside("parsing and judging the file alone", told(parsed)),
        Row::beside("the same export again, unchanged", told(again.import)),
        Row::beside("beside the first: matching accounts and listing leavers", time(first.rest)),
        Row::beside("beside the second: the same", time(again.rest)),
        Row::at_most(
            "preview of one person of 100,000, median of 50",
            median(previews),
            Duration::from_millis(20),
        ),
    ])
}

fn told(took: Duration) -> String {
    format!("{:.0} rows/s", rate(PEOPLE, took))
}

/// How long a sync took.
struct Synced {
    /// From the beginning of the read to the commit that made it the present state.
    import: Duration,
    /// Everything else.
    rest: Duration,
}

/// Reads the export. The commits tell its parts apart: the first begins the read, the last but one makes it
/// the present state, and the last writes what matching found.
async fn sync(desk: &Desk, watch: &Watch) -> Result<Synced> {
    let before = watch.commits().len();
    let begun = Instant::now();
    let view = desk.sync(SyncRequest { connection: Some(EXPORT.into()), accept_smaller: None }).await?;
    let all = begun.elapsed();
    let commits = watch.commits().split_off(before);
    match &commits[..] {
        [first, .., flip, _] if view.complete => {
            let import = flip.1 - first.0;
            Ok(Synced { import, rest: all.saturating_sub(import) })
        }
        _ => Err(format!("the export was not imported: {view:?}").into()),
    }
}

async fn parse_alone<const N: usize>(settings: [(&str, String); N]) -> Result<Duration> {
    let settings =
        settings.into_iter().filter(|(k, _)| *k != "zone").map(|(k, v)| (k.to_owned(), v)).collect();
    let context = OpenContext { settings, secrets: BTreeMap::new(), clock: Arc::new(SystemClock) };
    let source = (csv::vendor().open)(context)?.workers.ok_or("the file is no source of workers")?;
    let (sender, mut chunks) = mpsc::channel(4);
    let begun = Instant::now();
    let drain = async { while chunks.recv().await.is_some() {} };
    let (read, ()) = tokio::join!(source.read_workers(sender), drain);
    let summary = read?;
    if summary.rows != u64::from(PEOPLE) {
        return Err(format!("{} rows were read of {PEOPLE}", summary.rows).into());
    }
    Ok(begun.elapsed())
}

/// An export as HR systems write them: names, dates, places, a few of the people leaving.
fn export() -> String {
    let mut csv = String::from(
        "remote_person_id,employee_number,first_name,last_name,work_email,worker_kind,employment_type,start_date,\
         termination_date,source_status,location,legal_entity,department,job_title,cost_center,manager_remote_id\n",
    );
    for n in 1..=PEOPLE {
        let (end, status) = if n <= LEAVERS { ("2026-09-18", "Terminated") } else { ("", "Active") };
        // Writing into a String cannot fail.
        let _ = writeln!(
            csv,
            "{n},N{n},Person,Number {n},{},employee,full_time,2019-04-{:02},{end},{status},\"Berlin, Mitte\",\
             Bench GmbH,Department {},Engineer,CC{},{}",
            email(n),
            n % 28 + 1,
            n % 40,
            n % 200,
            n / 10 + 1,
        );
    }
    csv
}
