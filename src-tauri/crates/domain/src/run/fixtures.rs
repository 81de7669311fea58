//! What the tests of runs start from.

use chrono::{DateTime, TimeDelta, Utc};
use uuid::Uuid;

use super::{Assurance, Opened, RunEvent, WaveCause};
use crate::access::WishKind;
use crate::capability::{Can, Effect, Proof};
use crate::digest::Digest;
use crate::ids::{EmploymentId, EntryId, OrgId, PersonId};
use crate::ledger::{Actor, Draft, Entry};
use crate::plan::{Outline, StepId, Wave};

/// Seconds after the instant at which access ends.
pub(super) fn t(seconds: i64) -> DateTime<Utc> {
    "2026-09-25T14:00:00Z".parse::<DateTime<Utc>>().unwrap() + TimeDelta::seconds(seconds)
}

pub(super) fn id(n: u8) -> StepId {
    StepId(Digest([n; 32]))
}

pub(super) fn way(wish: WishKind, effect: Effect, proof: Proof) -> Can {
    Can::new(wish, effect, proof)
}

/// A step with one reversible way that can be read back. Vaults and tasks have no ways.
pub(super) fn outline(n: u8, wave: Wave, lane: &str, wish: WishKind) -> Outline {
    let by_people = matches!(wish, WishKind::EvidenceStored | WishKind::TaskDone);
    let ways = if by_people { vec![] } else { vec![way(wish, Effect::Reversible, Proof::ReadBack)] };
    Outline { id: id(n), wave, lane: lane.into(), wish, ways, not_before: None, due: None }
}

pub(super) fn disable(n: u8, lane: &str) -> Outline {
    outline(n, Wave::Contain, lane, WishKind::Disabled)
}

pub(super) fn remove(n: u8, lane: &str, effect: Effect) -> Outline {
    let wish = WishKind::CredentialRevoked;
    Outline { ways: vec![way(wish, effect, Proof::ReadBack)], ..outline(n, Wave::Remove, lane, wish) }
}

pub(super) fn evidence(n: u8) -> Outline {
    outline(n, Wave::Preserve, &format!("vault:{n}"), WishKind::EvidenceStored)
}

pub(super) fn task(n: u8) -> Outline {
    outline(n, Wave::Recover, &format!("task:{n}"), WishKind::TaskDone)
}

/// Access and employment end at 0 s; HR was read again.
pub(super) fn opened(steps: Vec<Outline>) -> Opened {
    Opened {
        person: PersonId(Uuid::from_u128(2)),
        employment: EmploymentId(Uuid::from_u128(3)),
        generation: 1,
        access_end_at: Some(t(0)),
        employment_end_at: Some(t(0)),
        explicit_now: false,
        authority: Digest::of(b"authority"),
        plan: Digest::of(b"plan"),
        policy: Digest::of(b"policy"),
        approvers: vec!["op-1".into()],
        hr_reread: true,
        counts: true,
        armed: None,
        steps,
    }
}

pub(super) fn wave(wave: Wave) -> RunEvent {
    RunEvent::WaveOpened { wave, cause: WaveCause::Instant }
}

pub(super) fn intended(n: u8, attempt: u32, way: usize) -> RunEvent {
    RunEvent::Intended { step: id(n), attempt, way }
}

pub(super) fn applied(n: u8, attempt: u32) -> RunEvent {
    RunEvent::Applied { step: id(n), attempt, receipt: Digest::of(b"receipt") }
}

pub(super) fn failed(n: u8, attempt: u32, error: &str, refused: bool) -> RunEvent {
    RunEvent::Failed { step: id(n), attempt, error: error.into(), refused }
}

pub(super) fn settled(n: u8, assurance: Assurance, seen_at: DateTime<Utc>) -> RunEvent {
    RunEvent::Settled { step: id(n), assurance, seen_at, observation: Digest::of(b"seen") }
}

pub(super) fn deferred(n: u8, until: DateTime<Utc>) -> RunEvent {
    RunEvent::Deferred { step: id(n), until, why: "lag".into() }
}

pub(super) fn blocked(n: u8) -> RunEvent {
    RunEvent::Blocked { step: id(n), blocker: crate::guards::Blocker::Auth }
}

pub(super) fn attested(n: u8, done_at: DateTime<Utc>) -> RunEvent {
    RunEvent::Attested { step: id(n), done_at, file: None }
}

pub(super) fn swept() -> RunEvent {
    RunEvent::Swept { left: 0, unread: 0 }
}

pub(super) fn sealed() -> RunEvent {
    RunEvent::Sealed { record: Digest::of(b"record"), entries: 1, first_seq: 1, last_seq: 1 }
}

/// The event as the ledger would give it back.
pub(super) fn entry(seq: u64, at: DateTime<Utc>, event: &RunEvent) -> Entry {
    let (kind, body) = event.to_parts();
    let draft = Draft {
        id: EntryId(Uuid::from_u128(seq.into())),
        at,
        actor: Actor::engine(),
        kind,
        run: None,
        body,
        commitment: None,
    };
    draft.place(OrgId(Uuid::from_u128(1)), seq, Digest::ZERO).unwrap()
}
