//! A step's time minus its commits: what the engine itself takes to look, judge, write down, send and read
//! back, with a vendor that answers at once.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use lockstep_domain::plan::{StepId, Wave};
use lockstep_domain::run::RunEvent;
use lockstep_engine::api::Progress;
use lockstep_store::{Store, StoreOptions};

use crate::Result;
use crate::office::{Office, offboard, people};
use crate::table::{Row, time};
use crate::watch::{Span, Watch};

const PEOPLE: u32 = 60;
const ACCOUNTS: u32 = 2;

pub(crate) async fn measure() -> Result<Vec<Row>> {
    let office = Office::of_leavers(PEOPLE, ACCOUNTS).await?;
    let watch = Watch::new();
    let desk = office.desk(&watch).await?;
    for n in 1..=PEOPLE {
        offboard(&desk, people([n])).await?;
    }
    drop(desk);
    let store = Store::open(&office.home(), StoreOptions::default())?.store;
    let entries = store.read(|r| r.entries(1..=u64::MAX)).await?;
    let events = entries.iter().filter_map(|e| Some((e.seq, RunEvent::from_parts(&e.kind, &e.body).ok()?)));
    let waves = Waves::of(&events.collect(), &watch.told());
    let (in_commits, commits) = waves
        .open
        .iter()
        .map(|span| watch.commits_within(*span))
        .fold((Duration::ZERO, 0), |(sum, n), (took, more)| (sum + took, n + more));
    let open: Duration = waves.open.iter().map(|(from, to)| *to - *from).sum();
    if waves.steps != PEOPLE * ACCOUNTS * 4 {
        return Err(
            format!("{} steps of accounts were settled, of {}", waves.steps, PEOPLE * ACCOUNTS * 4).into()
        );
    }
    let own = open.saturating_sub(in_commits) / waves.steps;
    Ok(vec![
        Row::at_most("a step minus its FULL commits", own, Duration::from_micros(150)),
        Row::beside(format!("a step with them, of {} steps", waves.steps), time(open / waves.steps)),
        Row::beside("commits per step", format!("{:.2}", f64::from(commits) / f64::from(waves.steps))),
        Row::beside("one of these commits, mean", time(in_commits / commits.max(1))),
    ])
}

/// How many steps of containment were settled, and when the last.
pub(crate) async fn contained(office: &Office, watch: &Watch) -> Result<(u32, Instant)> {
    let store = Store::open(&office.home(), StoreOptions::default())?.store;
    let entries = store.read(|r| r.entries(1..=u64::MAX)).await?;
    let events = entries.iter().filter_map(|e| Some((e.seq, RunEvent::from_parts(&e.kind, &e.body).ok()?)));
    let waves = Waves::of(&events.collect(), &watch.told());
    Ok((waves.contained, waves.contained_at.ok_or("nothing was contained")?))
}

/// The stretches in which steps of accounts were done: each from the opening of its wave to the last step
/// that was settled in it. What happens between them (documents, the sweep, the seal) is not a step's.
struct Waves {
    open: Vec<Span>,
    steps: u32,
    /// Of these, those of containment, and when the last was settled.
    contained: u32,
    contained_at: Option<Instant>,
}

impl Waves {
    fn of(events: &BTreeMap<u64, RunEvent>, told: &[(Instant, Progress)]) -> Self {
        let planned: BTreeMap<StepId, Wave> = events
            .values()
            .filter_map(|e| if let RunEvent::Opened(opened) = e { Some(&opened.steps) } else { None })
            .flatten()
            .map(|step| (step.id, step.wave))
            .collect();
        let mut spans: BTreeMap<(&str, Wave), Span> = BTreeMap::new();
        let (mut steps, mut contained, mut contained_at) = (0, 0, None);
        for (at, progress) in told {
            let Progress::Run { run, seq, .. } = progress else { continue };
            match events.get(seq) {
                Some(RunEvent::WaveOpened { wave, .. }) => {
                    spans.insert((run, *wave), (*at, *at));
                }
                Some(RunEvent::Settled { step, .. }) => {
                    let wave = planned.get(step).filter(|w| matches!(w, Wave::Contain | Wave::Remove));
                    if let Some(span) = wave.and_then(|wave| spans.get_mut(&(run.as_str(), *wave))) {
                        span.1 = *at;
                        steps += 1;
                        if wave == Some(&Wave::Contain) {
                            contained += 1;
                            contained_at = contained_at.max(Some(*at));
                        }
                    }
                }
                _ => {}
            }
        }
        let open = spans.into_values().filter(|(from, to)| from < to).collect();
        Self { open, steps, contained, contained_at }
    }
}
