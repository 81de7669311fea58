//! The look-back.

use chrono::{DateTime, NaiveDate, Utc};
use lockstep_domain::ids::{AccountId, PersonId};
use lockstep_domain::lookback::Cut;
use serde::Serialize;

/// Who left, and what became of their access.
#[derive(Clone, Debug, Serialize)]
pub struct LookbackView {
    /// The first day that was looked at, in each employment's zone.
    pub from: NaiveDate,
    /// Until when (UTC).
    pub until: DateTime<Utc>,
    /// One row per employment that ended, by the instant at which access should have.
    pub rows: Vec<LookbackRow>,
    /// People whom HR calls terminated without saying since when: nothing can be held against a date.
    pub undated: Vec<String>,
}

/// One employment that ended.
#[derive(Clone, Debug, Serialize)]
pub struct LookbackRow {
    /// The person.
    pub person: PersonId,
    /// Name.
    pub name: String,
    /// Employee number.
    pub employee_number: Option<String>,
    /// Work e-mail.
    pub work_email: Option<String>,
    /// The source's name.
    pub source: String,
    /// Last day of employment, inclusive.
    pub termination_date: Option<NaiveDate>,
    /// When access should have ended (UTC).
    pub access_end_at: DateTime<Utc>,
    /// The same by the clock on the wall there.
    pub access_end_local: String,
    /// When this employment was first read (UTC); what HR said before that nobody knows.
    pub first_read_at: DateTime<Utc>,
    /// The person's accounts, linked or proposed. None means that none was found, not that there was none.
    pub accounts: Vec<LookbackAccount>,
}

/// One account of somebody who left.
#[derive(Clone, Debug, Serialize)]
pub struct LookbackAccount {
    /// Our id.
    pub account: AccountId,
    /// The connection's name.
    pub system: String,
    /// What the holder types.
    pub login: String,
    /// The vendor's id.
    pub remote_id: String,
    /// "confirmed" or "proposed".
    pub link_state: String,
    /// 0–100.
    pub confidence: u8,
    /// When its state was read (UTC).
    pub read_at: DateTime<Utc>,
    /// Seconds from the instant at which access should have ended to the cut; negative when it was cut before.
    pub late_by_s: Option<i64>,
    /// When and by whom.
    #[serde(flatten)]
    pub cut: Cut,
}
