//! What a source of workers says about one stint of employment.

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};

use crate::digest::Digest;

macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident = $word:literal),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum $name { $($(#[$vdoc])* $variant),+ }

        impl $name {
            /// Every value, in declaration order.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The word that is stored and exported.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word),+ }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl std::str::FromStr for $name {
            type Err = crate::UnknownWord;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Self::ALL.iter().copied().find(|v| v.as_str() == text)
                    .ok_or_else(|| crate::UnknownWord::new(stringify!($name), text, Self::ALL.iter().map(|v| v.as_str())))
            }
        }
    };
}
pub(crate) use words;

words! {
    /// The kind of worker.
    WorkerKind {
        /// On the payroll.
        Employee = "employee",
        /// Supplied by another company.
        Contingent = "contingent",
        /// Works under a contract of their own.
        Contractor = "contractor",
        /// In training.
        Intern = "intern",
        /// Known and none of these.
        Other = "other",
        /// The source said something we have no word for.
        Unknown = "unknown",
    }
}

words! {
    /// The form of the employment.
    EmploymentType {
        /// Full time.
        FullTime = "full_time",
        /// Part time.
        PartTime = "part_time",
        /// Under contract.
        Contract = "contract",
        /// Internship.
        Internship = "internship",
        /// Temporary.
        Temporary = "temporary",
        /// Apprenticeship.
        Apprenticeship = "apprenticeship",
        /// Freelance.
        Freelance = "freelance",
        /// Known and none of these.
        Other = "other",
        /// The source said something we have no word for.
        Unknown = "unknown",
    }
}

words! {
    /// Why a stint ends.
    TerminationKind {
        /// The person resigned.
        Voluntary = "voluntary",
        /// The employer ended it.
        Involuntary = "involuntary",
        /// The contract ran out.
        EndOfContract = "end_of_contract",
        /// Retirement.
        Retirement = "retirement",
        /// The person died.
        Death = "death",
        /// The role went away.
        Redundancy = "redundancy",
        /// Both agreed.
        Mutual = "mutual",
        /// Not said, or said in words we do not know.
        Unknown = "unknown",
    }
}

words! {
    /// What HR says the stint is *now*; never the same as what we conclude from the dates.
    SourceStatus {
        /// Accepted, not started.
        Pending = "pending",
        /// Working.
        Active = "active",
        /// On leave; still employed.
        OnLeave = "on_leave",
        /// Suspended by HR; still employed.
        Suspended = "suspended",
        /// Ended.
        Terminated = "terminated",
        /// A word that the connection's map does not know. Never read as active or terminated.
        Unknown = "unknown",
    }
}

/// One stint of one person, normalised from one source record.
///
/// Dates are calendar dates as written by the source, without zone; instants are UTC.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WorkerRecord {
    /// The source's id of the person, verbatim.
    pub remote_person_id: String,
    /// The source's id of the stint; equal to the person's where the source has no own id for it.
    pub remote_employment_id: String,
    /// The number on the badge, where the source has one apart from its ids.
    pub employee_number: Option<String>,
    /// Given name.
    pub first_name: String,
    /// Family name.
    pub last_name: String,
    /// The name the person goes by, as HR would write it on a list.
    pub display_name: String,
    /// Work e-mail as written.
    pub work_email: Option<String>,
    /// Private e-mail as written; never used to authorise anything.
    pub personal_email: Option<String>,
    /// The source's id of the manager.
    pub manager_remote_id: Option<String>,
    /// Kind of worker.
    pub worker_kind: WorkerKind,
    /// Form of employment.
    pub employment_type: EmploymentType,
    /// First day of employment.
    pub start_date: Option<NaiveDate>,
    /// Last calendar day of employment, inclusive.
    pub termination_date: Option<NaiveDate>,
    /// Last day actually worked, inclusive; before `termination_date` in garden leave.
    pub last_day_worked: Option<NaiveDate>,
    /// The day notice was given.
    pub notice_given_date: Option<NaiveDate>,
    /// The exact instant of the end, where the source gives a time.
    pub termination_at: Option<DateTime<Utc>>,
    /// Why the stint ends.
    pub termination_kind: TerminationKind,
    /// What HR says now.
    pub source_status: SourceStatus,
    /// The word that HR used for it.
    pub source_status_raw: String,
    /// IANA zone of the employment, where the source gives one; validated by the reader.
    pub time_zone: Option<chrono_tz::Tz>,
    /// Place of work.
    pub location: Option<String>,
    /// Employing company.
    pub legal_entity: Option<String>,
    /// Department.
    pub department: Option<String>,
    /// Job title.
    pub job_title: Option<String>,
    /// Cost centre.
    pub cost_center: Option<String>,
    /// SHA-256 of the source record as it was read.
    pub raw_sha256: Digest,
}
