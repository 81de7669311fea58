//! What the tests of dates and states share.

use proptest::test_runner::{Config, RngSeed};

use super::{EmploymentType, SourceStatus, TerminationKind, WorkerKind, WorkerRecord};
use crate::digest::Digest;

/// Somebody employed since 2024, without an end.
pub(crate) fn worker() -> WorkerRecord {
    WorkerRecord {
        remote_person_id: "1007".into(),
        remote_employment_id: "1007-1".into(),
        employee_number: None,
        first_name: "Kim".into(),
        last_name: "Ito".into(),
        display_name: "Kim Ito".into(),
        work_email: None,
        personal_email: None,
        manager_remote_id: None,
        worker_kind: WorkerKind::Employee,
        employment_type: EmploymentType::FullTime,
        start_date: Some("2024-01-15".parse().unwrap()),
        termination_date: None,
        last_day_worked: None,
        notice_given_date: None,
        termination_at: None,
        termination_kind: TerminationKind::Unknown,
        source_status: SourceStatus::Active,
        source_status_raw: "Active".into(),
        time_zone: None,
        location: None,
        legal_entity: None,
        department: None,
        job_title: None,
        cost_center: None,
        raw_sha256: Digest::ZERO,
    }
}

/// The same cases in every run, so that a green build stays green until the code changes.
pub(crate) fn cases(cases: u32) -> Config {
    Config { cases, rng_seed: RngSeed::Fixed(20_260_925), failure_persistence: None, ..Config::default() }
}
