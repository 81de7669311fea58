//! A leaver's documents with every kind of line in them, hostile names included.

use super::{
    AccountSnapshot, Approval, Clocks, CredentialLine, Ends, EventLine, Fact, GrantLine, Header,
    IdentityLink, LedgerHead, ManualStep, Origin, Outcome, ResidualLine, RunRecord, Snapshot, Source,
    StepRecord, SystemRecord, UnreadSystem, UsageLine, UsageSummary,
};
use chrono::{DateTime, TimeDelta, Utc};
use lockstep_domain::access::{CredentialState, SignIn};
use lockstep_domain::digest::Digest;
use lockstep_domain::ids::OrgId;
use lockstep_domain::run::Assurance;
use lockstep_domain::systems::Lane;
use uuid::Uuid;

pub(super) fn at(seconds: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_790_344_800, 0).unwrap() + TimeDelta::seconds(seconds)
}

fn fact(label: &str, value: &str, origin: Origin) -> Fact {
    Fact { label: label.into(), value: Some(value.into()), origin }
}

pub(super) fn person() -> Vec<Fact> {
    vec![
        fact("Name", "Zoë Müller-Łukasik", Origin::Read),
        fact("Work e-mail", "zoe.mueller@example.org", Origin::Read),
        fact("Employee number", "=HYPERLINK(\"http://evil\")", Origin::Read),
        Fact { label: "Manager".into(), value: None, origin: Origin::Read },
        fact("Place of work", "Αθήνα / Київ", Origin::Inferred),
        fact("Legal hold", "none", Origin::Manual),
    ]
}

pub(super) fn ends() -> Ends {
    Ends {
        access_end_at: Some(at(0)),
        employment_end_at: Some(at(36_000)),
        precision: "a date (last day worked 2026-09-25)".into(),
        basis: "end of the working day, 16:00 in the zone of the employment".into(),
        explicit_now: false,
    }
}

fn link() -> IdentityLink {
    IdentityLink {
        confidence: 98,
        reasons: vec!["same employee number".into(), "same work e-mail".into()],
        confirmed_by: None,
    }
}

pub(super) fn header() -> Header {
    Header {
        organisation: "Acme Prüfstand GmbH".into(),
        org: OrgId(Uuid::from_u128(1)),
        subject: "run 0199a1b2-0000-7000-8000-00000000002a".into(),
        generated_at: at(900),
        zone: Some(chrono_tz::Europe::Berlin),
        operator: "Lockstep, by itself".into(),
        host: "hr-desk-1".into(),
        tool_version: "0.1.0".into(),
        environment: "production".into(),
        policy: Digest::of(b"policy"),
        sources: vec![
            Source {
                system: "HR export".into(),
                instance: "people.csv".into(),
                connector: "csv 0.1.0".into(),
                query: "all rows, column map 3".into(),
                started_at: at(-600),
                ended_at: at(-598),
                reported_total: Some(412),
                fetched: 412,
                left_out: vec![("no employment".into(), 2)],
                complete: true,
            },
            Source {
                system: "Wiki".into(),
                instance: "wiki.example.org".into(),
                connector: "scim 0.1.0".into(),
                query: "GET /Users?filter=userName eq \"zoe.mueller\"".into(),
                started_at: at(-500),
                ended_at: at(-470),
                reported_total: None,
                fetched: 80,
                left_out: vec![],
                complete: false,
            },
        ],
        known_limits: vec![
            "Sign-ins between the cut and the read-back are not looked for.".into(),
            "The clock was within 2 s of the HR system's.".into(),
        ],
        ledger: LedgerHead {
            size: 4711,
            head: Digest::of(b"head"),
            key: "lockstep/00000000-0000-0000-0000-000000000001+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
                .into(),
        },
    }
}

fn step(wish: &str, outcome: Outcome, attempts: u32) -> StepRecord {
    let sent = (attempts > 0).then(|| at(3));
    StepRecord {
        wish: wish.into(),
        outcome,
        requested_at: sent,
        executed_at: sent.map(|t| t + TimeDelta::seconds(1)),
        read_back_at: Some(at(6)),
        attempts,
        dialect: (attempts > 0).then(|| "replace_object".into()),
        receipt: (attempts > 0).then(|| Digest::of(b"receipt")),
        observation: Some(Digest::of(b"observation")),
        controls: vec!["SOC 2 CC6.2".into(), "ISO 27001 A.5.18".into()],
    }
}

pub(super) fn run_record() -> RunRecord {
    let settled = |assurance| Outcome::Settled { assurance };
    RunRecord {
        header: header(),
        person: person(),
        ends: ends(),
        approvals: vec![Approval {
            who: "Ирина Петрова".into(),
            role: "Requested and approved".into(),
            at: at(-3600),
            authority: Digest::of(b"authority"),
            preview_policy: Digest::of(b"policy"),
        }],
        hr_reread: true,
        clocks: Clocks { cut: 2, of: 3, cut_at: None, open: 2, closed_at: None },
        systems: vec![
            SystemRecord {
                system: "Directory".into(),
                tenant: Some("acme.example/v2".into()),
                account: Some("zoe.mueller (u-1)".into()),
                lane: Lane::Automatic,
                identity: Some(link()),
                steps: vec![
                    step("Sign-in is blocked", settled(Assurance::ReadBack), 2),
                    step("Sessions and tokens from before are ended", settled(Assurance::Receipt), 1),
                    step("Not in group \u{201c}Admins\u{201d}", settled(Assurance::AlreadyTrue), 0),
                ],
            },
            SystemRecord {
                system: "Wiki 张\u{202e}".into(),
                tenant: None,
                account: Some("a-very-long-login-name-that-does-not-fit-into-any-cell-at-all@subsidiary.example.org (0123456789abcdef0123456789abcdef)".into()),
                lane: Lane::Automatic,
                identity: Some(IdentityLink { confirmed_by: Some("Irina".into()), confidence: 60, reasons: vec![] }),
                steps: vec![
                    step("Sign-in is blocked", Outcome::Blocked { why: "the last administrator of a system is never blocked".into() }, 0),
                    step("API key \u{201c}ci\u{201d} no longer works", Outcome::Waived { who: "Irina".into(), why: "moved to the service account".into() }, 0),
                ],
            },
            SystemRecord {
                system: "Badge system".into(),
                tenant: None,
                account: None,
                lane: Lane::Manual,
                identity: None,
                steps: vec![
                    StepRecord { read_back_at: None, observation: None, ..step("Badge is taken back", Outcome::Attested, 0) },
                    StepRecord { read_back_at: None, observation: None, ..step("Key is taken back", Outcome::Open { why: "due 2026-09-28".into() }, 0) },
                ],
            },
        ],
        residuals: vec![ResidualLine {
            system: "Directory".into(),
            what: "Access tokens already given out work until they expire.".into(),
            until: Some(at(3600)),
        }],
        manual: vec![ManualStep {
            system: "Badge system".into(),
            account: "card 4711".into(),
            instruction: "Take the badge back and block it".into(),
            done_at: at(600),
            recorded_at: at(800),
            who: "Bob".into(),
            note: "lies in the safe <b>now</b>".into(),
            file: Some(Digest::of(b"photo")),
        }],
        events: (0..60)
            .map(|i| EventLine {
                seq: 4000 + i,
                at: at(i.try_into().unwrap()),
                actor: "engine".into(),
                what: format!("read back: sign-in is blocked (observation {})", Digest::of(&[i as u8])),
            })
            .collect(),
        usage: vec![],
    }
}

/// Two weeks of two keys, one of them without a name that could be told.
pub(super) fn usage() -> UsageSummary {
    let line = |key: Option<&str>, requests| UsageLine {
        key: key.map(str::to_owned),
        models: vec!["gpt-5".into(), "gpt-5-mini".into()],
        requests,
        input_tokens: requests * 1200,
        output_tokens: requests * 300,
        last_hour: at(-7200),
    };
    UsageSummary {
        system: "Models".into(),
        login: "zoe.mueller".into(),
        since: at(-1_209_600),
        until: at(-3600),
        keys: vec![line(Some("ci \u{202e}key"), 4242), line(None, 7)],
    }
}

pub(super) fn snapshot() -> Snapshot {
    let account = |system: &str, admin| AccountSnapshot {
        system: system.into(),
        tenant: Some("acme.example/v2".into()),
        login: "zoe.mueller".into(),
        remote_id: "8f14e45f-ceea-467f-9f3b-5d0a8c1f0001".into(),
        sign_in: SignIn::Enabled,
        admin,
        identity: link(),
        grants: Some(vec![
            GrantLine { name: "Admins".into(), remote_id: "g-1".into(), privileged: true },
            GrantLine {
                name: "Все сотрудники".into(), remote_id: "g-2".into(), privileged: false
            },
        ]),
        credentials: Some(vec![CredentialLine {
            name: Some("ci".into()),
            remote_id: "k-1".into(),
            state: CredentialState::Active,
            last_used_at: Some(at(-9000)),
        }]),
        last_used_at: Some(at(-7200)),
        observed_at: at(-600),
    };
    Snapshot {
        header: Header { known_limits: vec![], ..header() },
        person: person(),
        employment: vec![
            fact("Kind of worker", "employee", Origin::Read),
            fact("First day", "2019-04-01", Origin::Read),
            fact("Last calendar day", "2026-09-30", Origin::Read),
        ],
        ends: ends(),
        accounts: vec![
            account("Directory", Some(true)),
            AccountSnapshot { grants: None, credentials: None, last_used_at: None, ..account("Wiki", None) },
        ],
        unread: vec![UnreadSystem { system: "Finance".into(), why: "the credentials were refused".into() }],
        usage: vec![],
    }
}
