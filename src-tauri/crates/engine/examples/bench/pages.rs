//! Laying out a run record.

use std::time::Instant;

use chrono::{DateTime, TimeDelta};
use lockstep_domain::digest::Digest;
use lockstep_domain::ids::OrgId;
use lockstep_domain::run::Assurance;
use lockstep_domain::systems::Lane;
use lockstep_evidence::document::{
    Clocks, Ends, EventLine, Fact, Header, LedgerHead, Origin, Outcome, RunRecord, StepRecord, SystemRecord,
};
use std::time::Duration;

use crate::Result;
use crate::table::{Row, median, time};

/// So many entries fill about a hundred pages.
const ENTRIES: u64 = 2_200;
const TIMES: usize = 5;

pub(crate) fn measure() -> Result<Vec<Row>> {
    let record = record()?;
    let mut times = Vec::new();
    let mut pages = 0;
    for _ in 0..TIMES {
        let begun = Instant::now();
        let pdf = record.render()?;
        times.push(begun.elapsed());
        pages = page_count(&pdf)?;
    }
    let took = median(times);
    Ok(vec![
        Row::at_most("PDF per page", took / pages, Duration::from_millis(2)),
        Row::beside(format!("a run record of {pages} pages, median of {TIMES}"), time(took)),
    ])
}

/// How many pages the page tree of the file says it has.
fn page_count(pdf: &[u8]) -> Result<u32> {
    let text = String::from_utf8_lossy(pdf);
    let counts = text
        .split("/Count ")
        .skip(1)
        .filter_map(|rest| rest.split(|c: char| !c.is_ascii_digit()).next()?.parse::<u32>().ok());
    counts.max().filter(|n| *n > 0).ok_or_else(|| "the PDF does not say how many pages it has".into())
}

fn record() -> Result<RunRecord> {
    let at = DateTime::from_timestamp(1_790_344_800, 0).ok_or("no such instant")?;
    let fact = |label: &str, value: &str| Fact {
        label: label.into(),
        value: Some(value.into()),
        origin: Origin::Read,
    };
    let step = |wish: &str| StepRecord {
        wish: wish.into(),
        outcome: Outcome::Settled { assurance: Assurance::ReadBack },
        requested_at: Some(at),
        executed_at: Some(at),
        read_back_at: Some(at),
        attempts: 1,
        dialect: None,
        receipt: Some(Digest::of(b"receipt")),
        observation: Some(Digest::of(b"observation")),
        controls: vec!["SOC 2 CC6.2".into(), "ISO 27001 A.5.18".into()],
    };
    Ok(RunRecord {
        header: Header {
            organisation: "Bench".into(),
            org: OrgId(uuid::Uuid::nil()),
            subject: "run 0199a1b2-0000-7000-8000-00000000002a".into(),
            generated_at: at,
            zone: Some(chrono_tz::Europe::Berlin),
            operator: "bench".into(),
            host: "bench".into(),
            tool_version: env!("CARGO_PKG_VERSION").into(),
            environment: "bench".into(),
            policy: Digest::of(b"policy"),
            sources: vec![],
            known_limits: vec![],
            ledger: LedgerHead {
                size: ENTRIES,
                head: Digest::of(b"head"),
                key: "bench+c74f20a3+ARpc".into(),
            },
        },
        person: vec![fact("Name", "Zoë Müller-Łukasik"), fact("Place of work", "Αθήνα / Київ")],
        ends: Ends {
            access_end_at: Some(at),
            employment_end_at: Some(at),
            precision: "a date".into(),
            basis: "the end of that day".into(),
            explicit_now: false,
        },
        approvals: vec![],
        hr_reread: true,
        clocks: Clocks { cut: 8, of: 8, cut_at: Some(at), open: 0, closed_at: Some(at) },
        systems: (0..8)
            .map(|n| SystemRecord {
                system: format!("System {n}"),
                tenant: None,
                account: Some(format!("zoe.mueller (u-{n})")),
                lane: Lane::Automatic,
                identity: None,
                steps: vec![step("Sign-in is blocked"), step("Sessions and tokens from before are ended")],
            })
            .collect(),
        residuals: vec![],
        manual: vec![],
        usage: vec![],
        events: (0..ENTRIES)
            .map(|seq| EventLine {
                seq,
                at: at + TimeDelta::seconds(i64::try_from(seq).unwrap_or(0)),
                actor: "engine".into(),
                what: format!(
                    "read back: sign-in is blocked (observation {})",
                    Digest::of(&seq.to_be_bytes())
                ),
            })
            .collect(),
    })
}
