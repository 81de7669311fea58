//! How long access stays open after a start: one leaver with three accounts, and a hundred at one instant.

use std::time::{Duration, Instant};

use lockstep_connectors::vendors::sim::{Fault, Op, Times};
use lockstep_engine::api::StartRequest;

use crate::Result;
use crate::office::{Office, people};
use crate::steps::contained;
use crate::table::Row;
use crate::watch::Watch;

/// How long each answer of a system takes.
const ANSWER: Duration = Duration::from_millis(50);
const ACCOUNTS: u32 = 3;
const LEAVERS: u32 = 100;

/// From the start to the last read-back of containment.
pub(crate) async fn one() -> Result<Vec<Row>> {
    let office = Office::of_leavers(1, ACCOUNTS).await?;
    let watch = Watch::new();
    let desk = office.desk(&watch).await?;
    let who = people([1]);
    let approve = Some(desk.preview(&who).await?.digest);
    slow(&office);
    let begun = Instant::now();
    desk.start(StartRequest { who, approve, second_approver: None }).await?;
    drop(desk);
    let (steps, at) = contained(&office, &watch).await?;
    expect(steps, ACCOUNTS)?;
    Ok(vec![Row::at_most(
        "start, contain verified: 3 accounts, 50 ms per answer",
        at - begun,
        Duration::from_millis(300),
    )])
}

/// From the instant to the last read-back of containment of everybody.
pub(crate) async fn many() -> Result<Vec<Row>> {
    let office = Office::in_notice(LEAVERS, 1).await?;
    let watch = Watch::new();
    let desk = office.desk(&watch).await?;
    let who = people(1..=LEAVERS);
    let approve = Some(desk.preview(&who).await?.digest);
    desk.arm(StartRequest { who, approve, second_approver: None }).await?;
    office.clock.pass_until("2026-10-01T00:00:00Z".parse()?);
    slow(&office);
    let begun = Instant::now();
    desk.fire_timers().await?;
    drop(desk);
    let (steps, at) = contained(&office, &watch).await?;
    expect(steps, LEAVERS)?;
    Ok(vec![Row::at_most(
        "100 leavers at one instant, all contained, 50 ms per answer",
        at - begun,
        Duration::from_secs(2),
    )])
}

/// From now on answers take their time.
fn slow(office: &Office) {
    office.clock.run();
    for op in [Op::Observe, Op::Apply, Op::OwnAccount] {
        office.app.fail(op, Fault::Delayed(ANSWER), Times::Always);
    }
    office.hr.fail(Op::ReadWorker, Fault::Delayed(ANSWER), Times::Always);
}

/// Sign-in and sessions of each account.
fn expect(steps: u32, accounts: u32) -> Result<()> {
    if steps == accounts * 2 {
        Ok(())
    } else {
        Err(format!("{steps} steps were settled in containment").into())
    }
}
