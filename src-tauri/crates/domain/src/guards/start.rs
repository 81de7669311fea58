//! Judged before a run may start, for every way of starting one: window, CLI, timer.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::policy::{Policy, Protected};

/// Why a run may not start, with what was counted.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "refusal", rename_all = "snake_case")]
pub enum Refusal {
    /// Everything is paused.
    Paused {
        /// Why.
        reason: String,
        /// Until when (UTC).
        until: DateTime<Utc>,
    },
    /// The person is on the protected list.
    ProtectedPerson,
    /// The operator would cut themselves off.
    OperatorSelf,
    /// The instant has not come and nobody said "now".
    NotDue {
        /// When it comes (UTC), if a date is known.
        access_end_at: Option<DateTime<Utc>>,
    },
    /// Another stint of the person goes on, or one starts too soon after this one.
    StillEmployed,
    /// HR's words about this person cannot be understood.
    StateUnknown,
    /// Too many leavers in too short a time.
    MassBreaker {
        /// Started in the window, this batch included.
        leavers: usize,
        /// Allowed.
        limit: usize,
        /// The window in hours.
        window_hours: u32,
    },
    /// The source of workers shrank suspiciously; its last read is not relied on.
    SourceShrunk,
    /// A second operator has to approve.
    SecondApprover,
    /// What was approved is not what would be done now.
    AuthorityChanged,
    /// HR says something else now than when this was approved.
    HrChanged {
        /// What changed, in words.
        what: String,
    },
    /// HR cannot be read and the last complete read is too old.
    HrUnread,
    /// Our clock cannot be relied on: it is this far from HR's, or was set by this much.
    ClockOff {
        /// HR's clock minus ours, or by how much ours was set, in seconds.
        seconds: i64,
    },
}

impl Refusal {
    /// What a person can do about it.
    pub fn remedy(&self) -> &'static str {
        match self {
            Self::Paused { .. } => "Wait, or end the pause (`lockstep pause off`).",
            Self::ProtectedPerson => "Take the person off the protected list in the policy first.",
            Self::OperatorSelf => "Let another operator do it.",
            Self::NotDue { .. } => {
                "Wait for the instant, or say `--now` with a reason: that is your explicit act."
            }
            Self::StillEmployed => {
                "Look at the person's employments; say `--now` with a reason if access must end all the same."
            }
            Self::StateUnknown => {
                "Correct the record in HR or the connection's status words, then sync; or say `--now` with a reason."
            }
            Self::MassBreaker { .. } => {
                "Check that these people really leave, then preview and approve them together in one batch (`lockstep offboard preview A B C`)."
            }
            Self::SourceShrunk => {
                "Look at the export: people are missing. Sync a complete one, or accept the smaller one (`lockstep sync --connection NAME --accept-smaller REASON`)."
            }
            Self::SecondApprover => "Let a second operator approve the same digest (`--second-approver`).",
            Self::AuthorityChanged => "Preview again, look at what changed, and approve the new digest.",
            Self::HrChanged { .. } => "Preview again: HR's record is not what was approved.",
            Self::ClockOff { .. } => {
                "Set this machine's clock right (time synchronisation is best); or say `--now` with a reason."
            }
            Self::HrUnread => "Restore the HR connection and sync; or say `--now` with a reason.",
        }
    }
}

/// What is known when a run shall start.
#[derive(Clone, Debug)]
pub struct StartFacts {
    /// The present (UTC).
    pub now: DateTime<Utc>,
    /// A pause in force: reason and end (UTC).
    pub paused: Option<(String, DateTime<Utc>)>,
    /// Names by which the protected list may mention the person.
    pub names: Vec<String>,
    /// Whether the person is the operator.
    pub is_operator: bool,
    /// Whether an operator said "now".
    pub explicit_now: bool,
    /// When access ends (UTC).
    pub access_end_at: Option<DateTime<Utc>>,
    /// Whether another stint of the person goes on or starts within seven days.
    pub other_stint: bool,
    /// Whether HR's status could not be understood and no end date helps.
    pub state_unknown: bool,
    /// Runs started in the window that count toward the breaker (not those approved in a batch, nor
    /// those of leavers known and unchanged for 24 h).
    pub recent_leavers: usize,
    /// How many of this start count: those of this request, 0 when approved as one batch.
    pub counting: usize,
    /// Everybody employed by the last complete read.
    pub employed: usize,
    /// Whether the source's last read shrank and nobody has accepted that.
    pub source_shrunk: bool,
    /// Operators who approved, the requester among them.
    pub approvers: usize,
}

/// Everything that speaks against starting; empty means go.
pub fn may_start(facts: &StartFacts, policy: &Policy) -> Vec<Refusal> {
    let mut refusals = Vec::new();
    if let Some((reason, until)) = &facts.paused
        && *until > facts.now
    {
        refusals.push(Refusal::Paused { reason: reason.clone(), until: *until });
    }
    if Protected::lists(&policy.protected.people, facts.names.iter().map(String::as_str)) {
        refusals.push(Refusal::ProtectedPerson);
    }
    if facts.is_operator {
        refusals.push(Refusal::OperatorSelf);
    }
    if !facts.explicit_now {
        refusals.extend(not_by_hr(facts));
    }
    if facts.source_shrunk && !facts.explicit_now {
        refusals.push(Refusal::SourceShrunk);
    }
    refusals.extend(mass_breaker(facts.recent_leavers, facts.counting, facts.employed, policy));
    if policy.guards.two_person && facts.approvers < 2 {
        refusals.push(Refusal::SecondApprover);
    }
    refusals
}

/// What HR's own words do not authorise; an operator's explicit act may.
fn not_by_hr(facts: &StartFacts) -> Option<Refusal> {
    if facts.state_unknown {
        return Some(Refusal::StateUnknown);
    }
    if facts.other_stint {
        return Some(Refusal::StillEmployed);
    }
    match facts.access_end_at {
        Some(at) if at <= facts.now => None,
        access_end_at => Some(Refusal::NotDue { access_end_at }),
    }
}

/// Whether `counting` more leavers are too many after the `recent` ones of the window, among so many `employed`.
/// Judged with the other guards, and once more in the transaction that opens a run: another process may have
/// started some meanwhile.
pub fn mass_breaker(recent: usize, counting: usize, employed: usize, policy: &Policy) -> Option<Refusal> {
    let guards = &policy.guards;
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a head-count times a small percentage; rounding down is the careful side"
    )]
    let share = (employed as f64 * guards.leavers_share_percent.max(0.0) / 100.0) as usize;
    let limit = share.max(guards.leavers_count as usize);
    let leavers = recent.saturating_add(counting);
    (counting > 0 && leavers > limit).then_some(Refusal::MassBreaker {
        leavers,
        limit,
        window_hours: guards.leavers_window_hours,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    fn due() -> StartFacts {
        StartFacts {
            now: at("2026-09-25T14:00:00Z"),
            paused: None,
            names: vec!["kim@acme.test".into(), "1007".into()],
            is_operator: false,
            explicit_now: false,
            access_end_at: Some(at("2026-09-25T14:00:00Z")),
            other_stint: false,
            state_unknown: false,
            recent_leavers: 0,
            counting: 1,
            employed: 100,
            source_shrunk: false,
            approvers: 1,
        }
    }

    fn refused(facts: &StartFacts) -> Vec<Refusal> {
        may_start(facts, &Policy::default())
    }

    #[test]
    fn a_leaver_at_the_instant_starts_and_a_second_earlier_does_not() {
        assert_eq!(refused(&due()), vec![], "the instant itself is not early");
        let early = StartFacts { now: at("2026-09-25T13:59:59Z"), ..due() };
        assert!(matches!(refused(&early)[..], [Refusal::NotDue { .. }]), "never early");
        assert_eq!(refused(&StartFacts { explicit_now: true, ..early }), vec![], "an explicit act may");
        let undated = StartFacts { access_end_at: None, ..due() };
        assert!(
            matches!(refused(&undated)[..], [Refusal::NotDue { access_end_at: None }]),
            "no date, no leaver"
        );
    }

    #[test]
    fn what_hr_did_not_say_needs_an_explicit_act() {
        for (facts, word) in [
            (StartFacts { state_unknown: true, ..due() }, "unknown status"),
            (StartFacts { other_stint: true, ..due() }, "a second job"),
            (StartFacts { source_shrunk: true, ..due() }, "half the feed is missing"),
        ] {
            assert_eq!(refused(&facts).len(), 1, "{word} must stop an unattended start");
            assert_eq!(
                refused(&StartFacts { explicit_now: true, ..facts }),
                vec![],
                "{word}: a person may decide"
            );
        }
    }

    #[test]
    fn no_explicit_act_lifts_pause_protection_self_or_breaker() {
        let now = StartFacts { explicit_now: true, ..due() };
        let mut protected = Policy::default();
        protected.protected.people = vec!["1007".into()];
        assert_eq!(may_start(&now, &protected), vec![Refusal::ProtectedPerson], "protected means protected");
        let paused = StartFacts { paused: Some(("drill".into(), at("2026-09-25T15:00:00Z"))), ..now.clone() };
        assert!(matches!(refused(&paused)[..], [Refusal::Paused { .. }]), "pause means pause");
        let over = StartFacts { paused: Some(("drill".into(), at("2026-09-25T13:00:00Z"))), ..now.clone() };
        assert_eq!(refused(&over), vec![], "a pause ends by itself");
        assert_eq!(
            refused(&StartFacts { is_operator: true, ..now.clone() }),
            vec![Refusal::OperatorSelf],
            "nobody cuts the branch they sit on"
        );
        assert!(
            matches!(refused(&StartFacts { recent_leavers: 3, ..now })[..], [Refusal::MassBreaker { .. }]),
            "the breaker holds for on-demand too"
        );
    }

    #[test]
    fn the_breaker_takes_the_larger_of_count_and_share_and_spares_a_batch() {
        for (employed, recent, trips) in
            [(100, 2, false), (100, 3, true), (1_000, 19, false), (1_000, 20, true)]
        {
            let facts = StartFacts { employed, recent_leavers: recent, ..due() };
            assert_eq!(!refused(&facts).is_empty(), trips, "{recent} before, {employed} employed");
        }
        let batch = StartFacts { counting: 0, recent_leavers: 50, ..due() };
        assert_eq!(refused(&batch), vec![], "people approved together were looked at together");
    }

    #[test]
    fn two_people_where_the_policy_says_so() {
        let mut policy = Policy::default();
        policy.guards.two_person = true;
        assert_eq!(may_start(&due(), &policy), vec![Refusal::SecondApprover], "one is not two");
        assert_eq!(may_start(&StartFacts { approvers: 2, ..due() }, &policy), vec![], "two are");
    }
}
