//! The last look: HR's record is read again just before access is cut.

use chrono::{DateTime, TimeDelta, Utc};
use lockstep_domain::guards::Refusal;
use lockstep_domain::people::{
    ChangeOfEnd, Circumstances, News, Reading, StintState, WorkerRecord, change_of_end, held_by,
};
use lockstep_domain::time::{DateRules, Ends, ends_of};

use crate::date_settings::date_rules;
use crate::desk::Desk;
use crate::error::Result;
use crate::offboard::dossier::Dossier;
use crate::offboard::facts::Case;
use crate::stints;

/// What the last look found.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum LastLook {
    /// HR says the same.
    Same,
    /// HR could not be read, and the last complete read is young enough to contain on it.
    Unread,
    /// The run must not start.
    Refused(Refusal),
}

/// What HR says of a run that was started before.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum LookBack {
    /// What it was started on.
    Same,
    /// Something else.
    Changed,
    /// It could not be read.
    Unread,
    /// Our clock is off by so many seconds; what rests on an instant cannot go on.
    ClockOff(i64),
}

impl Desk {
    /// Reads HR's record of the person now and compares it with what was approved. An operator's explicit
    /// "now" does not hang on HR's dates; the record is read all the same, for the evidence.
    pub(crate) async fn last_look(&self, case: &Case, explicit_now: bool) -> Result<LastLook> {
        let read = self.read_worker(case).await;
        let skew_s = read.as_ref().ok().and_then(|(_, skew_s)| *skew_s);
        let look = match read {
            Ok((stints, _)) => self.compare(case, &stints, explicit_now)?,
            Err(e) => {
                self.notice(format!("HR could not be read again: {e}. {}", e.remedy()));
                self.unread(case)
            }
        };
        // What rests on HR's instant rests on our clock.
        if let Some(seconds) = self.clock_watch.off_by(skew_s).filter(|_| !explicit_now) {
            return Ok(LastLook::Refused(Refusal::ClockOff { seconds }));
        }
        Ok(match look {
            // Too old a read stops a timer, not a person; final steps still wait for HR.
            LastLook::Refused(Refusal::HrUnread) if explicit_now => LastLook::Unread,
            look => look,
        })
    }

    /// What HR says now of what a run was started on.
    pub(crate) async fn look_back(&self, dossier: &Dossier) -> Result<LookBack> {
        let Ok(row) = self.connection_row(&dossier.source).await else { return Ok(LookBack::Unread) };
        let (Some(workers), Ok(rules)) =
            (self.connector(&row).ok().and_then(|c| c.workers), date_rules(&row.settings))
        else {
            return Ok(LookBack::Unread);
        };
        let worker = &dossier.worker;
        let Ok(stints) = workers.read_worker(&worker.remote_person_id).await else {
            return Ok(LookBack::Unread);
        };
        let by_hr = !dossier.plan.explicit_now;
        if by_hr && let Some(seconds) = self.clock_watch.off_by(workers.clock_skew_s()) {
            return Ok(LookBack::ClockOff(seconds));
        }
        let held = by_hr && another_holds(&dossier.state, worker, &stints, &rules, self.clock.now());
        let same = stints.iter().any(|s| {
            s.remote_employment_id == worker.remote_employment_id
                && identity(s) == identity(worker)
                && (!by_hr || same_ends(&ends_of(s, &rules), &dossier.ends))
        });
        Ok(if same && !held { LookBack::Same } else { LookBack::Changed })
    }

    /// HR's record as it is now, and how far HR's clock is from ours in seconds, where it shows.
    async fn read_worker(&self, case: &Case) -> Result<(Vec<WorkerRecord>, Option<i64>)> {
        let connector = self.connector(&case.source)?;
        let Some(workers) = connector.workers else { return Ok((Vec::new(), None)) };
        let stints = workers.read_worker(&case.person.remote_id).await?;
        Ok((stints, workers.clock_skew_s()))
    }

    fn compare(&self, case: &Case, stints: &[WorkerRecord], explicit_now: bool) -> Result<LastLook> {
        let record = &case.stint.row.record;
        let Some(new) = stints.iter().find(|s| s.remote_employment_id == record.remote_employment_id) else {
            return Ok(changed("HR no longer lists this employment"));
        };
        let rules = date_rules(&case.source.settings)?;
        // Before anything else is compared: a rehire leaves the old employment's record as it was.
        if !explicit_now && another_holds(&case.stint.state, record, stints, &rules, self.clock.now()) {
            return Ok(changed("HR lists another employment of this person"));
        }
        if new.raw_sha256 == record.raw_sha256 {
            return Ok(LastLook::Same);
        }
        if identity(new) != identity(record) {
            return Ok(changed("HR gives another e-mail or number for this employment"));
        }
        if explicit_now {
            return Ok(LastLook::Same); // the person is the same; the dates are not what this rests on
        }
        let ends = ends_of(new, &rules);
        let reads: [Reading; 0] = [];
        let seen = Circumstances { reads: &reads, explicit_rescind: false, last_look: true, executed: false };
        let news = News::Read { end: &ends.access, status: new.source_status };
        Ok(match change_of_end(&case.stint.ends.access, news, seen) {
            ChangeOfEnd::Keep if ends.employment.at == case.stint.ends.employment.at => LastLook::Same,
            _ => changed("HR gives another end for this employment"),
        })
    }

    fn unread(&self, case: &Case) -> LastLook {
        let oldest = self.clock.now() - TimeDelta::hours(self.policy.policy.leaver.last_read_hours.into());
        match case.hr_read_at {
            Some(read) if read > oldest => LastLook::Unread,
            _ => LastLook::Refused(Refusal::HrUnread),
        }
    }
}

fn changed(what: &str) -> LastLook {
    LastLook::Refused(Refusal::HrChanged { what: what.into() })
}

/// Whether HR now tells of another stint of the person that speaks against acting on this one.
fn another_holds(
    leaving: &StintState,
    record: &WorkerRecord,
    told: &[WorkerRecord],
    rules: &DateRules,
    now: DateTime<Utc>,
) -> bool {
    told.iter()
        .filter(|other| other.remote_employment_id != record.remote_employment_id)
        .any(|other| held_by(leaving, &stints::just_told(other, rules, now)))
}

fn same_ends(a: &Ends, b: &Ends) -> bool {
    (a.access.at, a.employment.at) == (b.access.at, b.employment.at)
}

/// What makes a record this person's.
pub(crate) fn identity(record: &WorkerRecord) -> (&str, &Option<String>, Option<String>) {
    (
        &record.remote_person_id,
        &record.employee_number,
        record.work_email.as_ref().map(|e| e.trim().to_lowercase()),
    )
}
