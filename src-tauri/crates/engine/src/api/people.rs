//! People, their stints, accounts and links.

use chrono::{DateTime, NaiveDate, Utc};
use lockstep_domain::ids::{AccountId, EmploymentId, LinkId, PersonId};
use serde::{Deserialize, Serialize};

/// Which people to list.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct PeopleQuery {
    /// Part of a name, e-mail or number.
    pub text: Option<String>,
    /// How many at the most.
    pub limit: usize,
}

/// A person on a list.
#[derive(Clone, Debug, Serialize)]
pub struct PersonRow {
    /// Id.
    pub id: PersonId,
    /// Name.
    pub name: String,
    /// Work e-mail.
    pub work_email: Option<String>,
    /// Employee number.
    pub employee_number: Option<String>,
    /// State over all stints.
    pub state: String,
    /// When access ends (UTC).
    pub access_end_at: Option<DateTime<Utc>>,
}

/// A person with everything known.
#[derive(Clone, Debug, Serialize)]
pub struct PersonView {
    /// The row.
    #[serde(flatten)]
    pub row: PersonRow,
    /// Stints, newest first.
    pub employments: Vec<EmploymentView>,
    /// Accounts, linked or proposed.
    pub accounts: Vec<AccountView>,
    /// Runs by id, newest first.
    pub runs: Vec<String>,
}

/// One stint.
#[derive(Clone, Debug, Serialize)]
pub struct EmploymentView {
    /// Id.
    pub id: EmploymentId,
    /// The source's name.
    pub source: String,
    /// What HR says now.
    pub source_status: String,
    /// State by the dates.
    pub state: String,
    /// Remarks ("garden_leave").
    pub flags: Vec<String>,
    /// First day.
    pub start_date: Option<NaiveDate>,
    /// Last day of employment, inclusive.
    pub termination_date: Option<NaiveDate>,
    /// Last day worked, inclusive.
    pub last_day_worked: Option<NaiveDate>,
    /// When access ends (UTC).
    pub access_end_at: Option<DateTime<Utc>>,
    /// The same by the clock on the wall there, with offset and zone.
    pub access_end_local: Option<String>,
    /// When employment ends (UTC).
    pub employment_end_at: Option<DateTime<Utc>>,
    /// "date" when the instant was worked out from a date.
    pub precision: String,
    /// Department.
    pub department: Option<String>,
    /// Job title.
    pub job_title: Option<String>,
}

/// One account of a person.
#[derive(Clone, Debug, Serialize)]
pub struct AccountView {
    /// Id.
    pub id: AccountId,
    /// The link that ties it to the person.
    pub link: LinkId,
    /// The connection's name.
    pub connection: String,
    /// What the holder types.
    pub login: String,
    /// The vendor's id.
    pub remote_id: String,
    /// Whether sign-in works.
    pub sign_in: String,
    /// "confirmed", "proposed" or "rejected".
    pub link_state: String,
    /// 0–100.
    pub confidence: u8,
    /// Names of what it is granted.
    pub entitlements: Vec<String>,
    /// Number of keys.
    pub credentials: usize,
    /// Whether it administers the system.
    pub admin: Option<bool>,
}

/// A link between a person and an account.
#[derive(Clone, Debug, Serialize)]
pub struct LinkView {
    /// Id.
    pub id: LinkId,
    /// The person.
    pub person: PersonId,
    /// The person's name.
    pub person_name: String,
    /// The connection's name.
    pub connection: String,
    /// The account's login.
    pub login: String,
    /// The account's vendor id.
    pub remote_id: String,
    /// 0–100.
    pub confidence: u8,
    /// Why.
    pub reasons: Vec<String>,
    /// "confirmed", "proposed" or "rejected".
    pub state: String,
}

/// A person's decision about a link.
#[derive(Clone, Debug, Deserialize)]
pub struct DecideLink {
    /// The link.
    pub link: LinkId,
    /// Whether the account is this person's.
    pub confirm: bool,
    /// Why.
    pub reason: String,
}

/// Somebody who leaves or left since the first read.
#[derive(Clone, Debug, Serialize)]
pub struct LeaverRow {
    /// The person.
    pub person: PersonId,
    /// Name.
    pub name: String,
    /// The stint.
    pub employment: EmploymentId,
    /// "notice_period" or "terminated".
    pub state: String,
    /// Remarks.
    pub flags: Vec<String>,
    /// When access ends (UTC).
    pub access_end_at: Option<DateTime<Utc>>,
    /// The same by the clock on the wall there.
    pub access_end_local: Option<String>,
    /// Accounts whose sign-in works.
    pub open_accounts: usize,
    /// The run, if one was opened.
    pub run: Option<String>,
}

/// Somebody who left before the first read and still has access.
#[derive(Clone, Debug, Serialize)]
pub struct BacklogRow {
    /// The person.
    pub person: PersonId,
    /// Name.
    pub name: String,
    /// When access should have ended (UTC).
    pub access_end_at: Option<DateTime<Utc>>,
    /// Logins that still work, with their connection.
    pub open_accounts: Vec<String>,
    /// The last sign-in after access should have ended, where a system's log tells of one (UTC).
    pub signed_in_at: Option<DateTime<Utc>>,
}
