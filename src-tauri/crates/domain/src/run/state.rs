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
}

impl Progress {
    /// A step to which nothing happened yet.
    pub fn new(outline: Outline) -> Self {
        Self { outline, state: StepState::Pending, attempts: Vec::new() }
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

    /// The index of the way to try next: a way whose answer was lost or is temporary once more, otherwise
    /// the first that was never tried. `None` when every way was taken and did nothing.
    pub fn next_way(&self) -> Option<usize> {
        let again = self.attempts.last().filter(|a| a.applied_at.is_none() && !a.refused).map(|a| a.way);
        again.or_else(|| (0..self.outline.ways.len()).find(|way| self.attempts.iter().all(|a| a.way != *way)))
    }
}
