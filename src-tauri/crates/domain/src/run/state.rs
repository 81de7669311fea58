//! How far a step is.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::event::Assurance;
use crate::capability::{Can, Effect, Proof};
use crate::guards::Blocker;
use crate::plan::Outline;

/// How far a step is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum StepState {
    /// Nothing is settled; there may have been attempts.
    Pending,
    /// Not before then.
    Waiting {
        /// When to look again (UTC).
        until: DateTime<Utc>,
        /// The kind of hindrance.
        why: String,
    },
    /// A person has to act.
    Blocked {
        /// Why.
        blocker: Blocker,
    },
    /// It holds.
    Settled {
        /// How sure we are.
        assurance: Assurance,
        /// When that was seen (UTC).
        seen_at: DateTime<Utc>,
    },
    /// Accepted as an exception.
    Waived,
    /// Confirmed by hand.
    Attested {
        /// When it was done, by the person's word (UTC).
        done_at: DateTime<Utc>,
    },
}

impl StepState {
    /// Whether nothing more will happen to it.
    pub fn is_closed(&self) -> bool {
        matches!(self, Self::Settled { .. } | Self::Waived | Self::Attested { .. })
    }
}

/// One write of a step.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attempt {
    /// Index of the way taken.
    pub way: usize,
    /// When the intent was durable (UTC).
    pub intended_at: DateTime<Utc>,
    /// When the vendor took it (UTC).
    pub applied_at: Option<DateTime<Utc>>,
    /// The error it was answered with.
    pub failed: Option<String>,
    /// Whether the vendor certainly did nothing.
    pub refused: bool,
}

impl Attempt {
    /// Whether the answer is outstanding: the write may or may not have happened.
    pub fn is_open(&self) -> bool {
        self.applied_at.is_none() && self.failed.is_none()
    }

    /// Whether taking the same way again is pointless: the vendor took it, or could not make sense of it.
    /// Refused credentials, asked-for patience and lost answers say nothing about the way.
    fn was_in_vain(&self) -> bool {
        match self.failed.as_deref() {
            None => self.applied_at.is_some(),
            Some("auth" | "token_expired" | "forbidden" | "rate_limited" | "unavailable") => false,
            Some(_) => true,
        }
    }

    /// Whether the vendor said for good that it does not do this, and surely did nothing.
    fn was_refused_for_good(&self) -> bool {
        self.refused && matches!(self.failed.as_deref(), Some("unsupported" | "conflict"))
    }
}

/// A step and what happened to it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Progress {
    /// The step.
    pub outline: Outline,
    /// How far it is.
    pub state: StepState,
    /// Its writes, in order.
    pub attempts: Vec<Attempt>,
    /// Writes from before a person asked for another try; the ways they took may be taken again.
    pub tried_before: usize,
}

impl Progress {
    /// A step to which nothing happened yet.
    pub fn new(outline: Outline) -> Self {
        Self { outline, state: StepState::Pending, attempts: Vec::new(), tried_before: 0 }
    }

    /// The way of the latest attempt.
    pub fn last_way(&self) -> Option<&Can> {
        self.attempts.last().and_then(|a| self.outline.ways.get(a.way))
    }

    /// Whether a write that cannot be undone may have been sent.
    pub fn final_maybe_sent(&self) -> bool {
        self.attempts
            .iter()
            .any(|a| !a.refused && self.outline.ways.get(a.way).is_some_and(|w| w.effect == Effect::Final))
    }

    /// Until when "not yet" means wait (UTC): the vendor's lag after the latest write that may have happened.
    pub fn lag_until(&self) -> Option<DateTime<Utc>> {
        let last = self.attempts.iter().rev().find(|a| !a.refused)?;
        let lag = self.outline.ways.get(last.way)?.lag_s;
        Some(last.applied_at.unwrap_or(last.intended_at) + chrono::TimeDelta::seconds(lag.into()))
    }

    /// When the vendor took a write whose only proof is that answer (UTC).
    pub fn receipt_at(&self) -> Option<DateTime<Utc>> {
        let last = self.attempts.last()?;
        let receipt = self.outline.ways.get(last.way)?.proof == Proof::Receipt;
        last.applied_at.filter(|_| receipt)
    }

    /// The index of the way to try next: the last one again unless the vendor did not understand it or took
    /// it without effect, otherwise the first that was not tried. `None` when every way was taken in vain.
    pub fn next_way(&self) -> Option<usize> {
        let tried = self.attempts.get(self.tried_before..).unwrap_or_default();
        if let Some(last) = tried.last()
            && !last.was_in_vain()
        {
            return Some(last.way);
        }
        (0..self.outline.ways.len())
            .find(|way| tried.iter().all(|a| a.way != *way) && self.may_be_tried(*way, tried))
    }

    /// A fallback loses something, so silence, a lost answer or a write without effect does not open it: the
    /// vendor must have refused every other way.
    fn may_be_tried(&self, way: usize, tried: &[Attempt]) -> bool {
        let refused = |other: usize| {
            tried.iter().rev().find(|a| a.way == other).is_some_and(Attempt::was_refused_for_good)
        };
        let ways = &self.outline.ways;
        !ways[way].fallback || (0..ways.len()).filter(|other| !ways[*other].fallback).all(refused)
    }
}
