//! How the run record is laid out.

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use lockstep_domain::digest::Digest;
use lockstep_domain::systems::Lane;

use super::common::print_facts;
use super::run_record::{
    Approval, Clocks, Evidence, ManualStep, Outcome, RunRecord, StepRecord, SystemRecord,
};
use super::usage::print_usage;
use super::words::{assurance, both, local, or_none, utc};
use crate::pdf::{Cell, Column, Face, PdfError, Sheet};

impl RunRecord {
    /// The document as PDF; the same bytes for the same record.
    ///
    /// # Errors
    /// When the page writer fails.
    pub fn render(&self) -> Result<Vec<u8>, PdfError> {
        let identity = Digest::of_json(self).map_err(|e| PdfError(e.to_string()))?;
        let subtitle = "What was done to end a person's access, and how it is known";
        let mut sheet = self.header.open("Run record", subtitle, identity, &[&self.person]);
        self.print_summary(&mut sheet);
        sheet.heading("Person");
        print_facts(&mut sheet, &self.person);
        self.ends.print(&mut sheet, self.header.zone);
        self.print_approvals(&mut sheet);
        sheet.heading("System by system");
        if self.systems.is_empty() {
            sheet.strong("No system is part of this run. Evidence missing.");
        }
        for system in &self.systems {
            system.print(&mut sheet, self.header.zone);
        }
        self.print_residuals(&mut sheet);
        self.print_manual(&mut sheet);
        self.print_exceptions(&mut sheet);
        self.print_events(&mut sheet);
        print_usage(&mut sheet, &self.usage, self.header.zone);
        self.header.print_sources(&mut sheet);
        self.header.close(&mut sheet);
        sheet.finish()
    }

    fn print_summary(&self, sheet: &mut Sheet) {
        let zone = self.header.zone;
        let Clocks { cut, of, cut_at, open, closed_at } = self.clocks;
        let count = |evidence| {
            let steps = self.systems.iter().flat_map(|system| &system.steps);
            steps.filter(|step| step.outcome.evidence() == evidence).count()
        };
        sheet.heading("In short");
        let cut_at = cut_at.map_or("not all are cut".into(), |at| both(at, zone));
        let closed = match closed_at {
            Some(at) => format!("closed, {}", both(at, zone)),
            None => format!("open, {open} steps left"),
        };
        let steps = format!(
            "{} steps: {} evidence complete, {} exception, {} evidence missing",
            self.systems.iter().map(|system| system.steps.len()).sum::<usize>(),
            count(Evidence::Complete),
            count(Evidence::Exception),
            count(Evidence::Missing)
        );
        let hr =
            if self.hr_reread { "read again just before the run" } else { "HR NOT RE-READ before the run" };
        sheet.pairs([
            ("Access cut", format!("{cut} of {of} accounts: {cut_at}"), Face::Bold),
            ("Case", closed, Face::Bold),
            ("Evidence", self.evidence().words().into(), Face::Bold),
            ("Steps", steps, Face::Sans),
            ("HR record", hr.into(), Face::Sans),
        ]);
    }

    fn print_approvals(&self, sheet: &mut Sheet) {
        sheet.heading("Approval");
        if self.approvals.is_empty() {
            sheet.strong("No approval is recorded. Evidence missing.");
        }
        for Approval { who, role, at, authority, preview_policy } in &self.approvals {
            sheet.pairs([
                (role.as_str(), format!("{who}, {}", both(*at, self.header.zone)), Face::Sans),
                ("Authority digest", authority.to_string(), Face::Mono),
                ("Policy of the preview", preview_policy.to_string(), Face::Mono),
            ]);
        }
    }

    fn print_residuals(&self, sheet: &mut Sheet) {
        sheet.heading("What stays");
        if self.residuals.is_empty() {
            sheet.paragraph("Nothing is recorded that stays after these steps.");
            return;
        }
        let columns = [
            Column { title: "System", share: 1.6 },
            Column { title: "What stays", share: 4.0 },
            Column { title: "Until", share: 2.4 },
        ];
        let rows = self.residuals.iter().map(|residual| {
            let until = residual.until.map_or_else(
                || Cell::strong("no end is known"),
                |at| Cell::lines(times(at, self.header.zone)),
            );
            vec![Cell::text(&residual.system), Cell::text(&residual.what), until]
        });
        sheet.table(&columns, rows);
    }

    fn print_manual(&self, sheet: &mut Sheet) {
        sheet.heading("Confirmed by hand");
        if self.manual.is_empty() {
            sheet.paragraph("No step was confirmed by hand.");
            return;
        }
        sheet.paragraph("These rest on a person's word. No system was read to confirm them.");
        let columns = [
            Column { title: "System, account", share: 1.8 },
            Column { title: "What was to be done", share: 2.0 },
            Column { title: "Done and recorded", share: 2.7 },
            Column { title: "Who, in their words", share: 2.0 },
            Column { title: "File (SHA-256)", share: 2.1 },
        ];
        sheet.table(&columns, self.manual.iter().map(|step| step.row(self.header.zone)));
    }

    fn print_exceptions(&self, sheet: &mut Sheet) {
        sheet.heading("Exceptions");
        let rows: Vec<_> = self
            .systems
            .iter()
            .flat_map(|system| system.steps.iter().map(move |step| (system, step)))
            .filter_map(|(system, step)| {
                let said = match &step.outcome {
                    Outcome::Settled { .. } | Outcome::Attested => return None,
                    Outcome::Waived { who, why } => format!("accepted by {who}: {why}"),
                    Outcome::Blocked { why } => format!("blocked, a person has to act: {why}"),
                    Outcome::Open { why } => format!("open: {why}"),
                };
                let word = Cell::strong(step.outcome.evidence().words());
                Some(vec![Cell::text(system.title()), Cell::text(&step.wish), word, Cell::text(said)])
            })
            .collect();
        if rows.is_empty() {
            sheet.paragraph("None: every step has evidence.");
            return;
        }
        let columns = [
            Column { title: "System, account", share: 2.2 },
            Column { title: "What must be true", share: 2.2 },
            Column { title: "Evidence", share: 1.3 },
            Column { title: "Why", share: 3.2 },
        ];
        sheet.table(&columns, rows);
    }

    fn print_events(&self, sheet: &mut Sheet) {
        sheet.heading("What happened, in the true order");
        if self.events.is_empty() {
            sheet.strong("No entry of the ledger is recorded for this run. Evidence missing.");
            return;
        }
        let columns = [
            Column { title: "Entry", share: 0.8 },
            Column { title: "When (UTC)", share: 1.8 },
            Column { title: "Who", share: 1.8 },
            Column { title: "What", share: 5.0 },
        ];
        let rows = self.events.iter().map(|event| {
            vec![
                Cell::text(event.seq.to_string()),
                Cell::text(utc(event.at)),
                Cell::text(&event.actor),
                Cell::text(&event.what),
            ]
        });
        sheet.table(&columns, rows);
    }
}

impl SystemRecord {
    fn title(&self) -> String {
        match &self.account {
            Some(account) => format!("{} \u{b7} {account}", self.system),
            None => self.system.clone(),
        }
    }

    fn print(&self, sheet: &mut Sheet, zone: Option<Tz>) {
        sheet.subheading(&self.title());
        let lane = match self.lane {
            Lane::Automatic => "by the connection",
            Lane::Assisted => "by a person, read back by the connection",
            Lane::Manual => "by a person, who confirms it",
        };
        let mut pairs = vec![
            ("Tenant", or_none(self.tenant.as_ref(), "not known"), Face::Sans),
            ("Done", lane.into(), Face::Sans),
        ];
        if let Some(identity) = &self.identity {
            pairs.push(("Is the person's", identity.sentence(), Face::Sans));
        }
        sheet.pairs(pairs);
        if self.steps.is_empty() {
            sheet.strong("No step is recorded. Evidence missing.");
            return;
        }
        let columns = [
            Column { title: "What must be true", share: 2.2 },
            Column { title: "Requested, executed, read back (UTC = worker's clock)", share: 2.9 },
            Column { title: "Known by", share: 2.2 },
            Column { title: "Digests", share: 2.4 },
        ];
        sheet.table(&columns, self.steps.iter().map(|step| step.row(zone)));
    }
}

impl StepRecord {
    fn row(&self, zone: Option<Tz>) -> Vec<Cell> {
        let controls = (!self.controls.is_empty()).then(|| format!("Controls: {}", self.controls.join(", ")));
        let moments = [
            ("requested", self.requested_at),
            ("executed", self.executed_at),
            ("read back", self.read_back_at),
        ];
        let moments = moments.into_iter().flat_map(|(what, at)| match at {
            Some(at) => {
                let mut lines = times(at, zone);
                lines[0] = format!("{what} {}", lines[0]);
                lines
            }
            None => vec![format!("{what} \u{2013}")],
        });
        let known = match &self.outcome {
            Outcome::Settled { assurance: grade } => assurance(*grade),
            Outcome::Attested => "a person's word, see below",
            Outcome::Waived { .. } => "not done; somebody accepted that",
            Outcome::Blocked { .. } => "not done; a person has to act",
            Outcome::Open { .. } => "not done, or not known to be",
        };
        let mut how = vec![known.to_owned(), self.outcome.evidence().words().to_owned()];
        how.push(format!("writes sent: {}", self.attempts));
        how.extend(self.dialect.as_ref().map(|dialect| format!("dialect: {dialect}")));
        let digest = |what: &str, digest: Option<Digest>| {
            format!("{what} {}", digest.map_or_else(|| "\u{2013}".into(), |d| short(&d)))
        };
        vec![
            Cell::lines([self.wish.clone()].into_iter().chain(controls)),
            Cell::lines(moments),
            Cell::lines(how),
            Cell::lines([digest("receipt", self.receipt), digest("observed", self.observation)]),
        ]
    }
}

impl ManualStep {
    fn row(&self, zone: Option<Tz>) -> Vec<Cell> {
        let mut done = vec!["done".to_owned()];
        done.extend(times(self.done_at, zone));
        done.push("recorded".into());
        done.extend(times(self.recorded_at, zone));
        vec![
            Cell::lines([self.system.clone(), self.account.clone()]),
            Cell::text(&self.instruction),
            Cell::lines(done),
            Cell::lines([self.who.clone(), self.note.clone()]),
            Cell::text(or_none(self.file, "no file was given")),
        ]
    }
}

/// UTC, and below it the worker's wall clock where the zone is known.
fn times(at: DateTime<Utc>, zone: Option<Tz>) -> Vec<String> {
    [utc(at)].into_iter().chain(zone.map(|zone| format!("= {}", local(at, zone)))).collect()
}

/// Enough of a digest to find it in the entries, which hold it in full.
fn short(digest: &Digest) -> String {
    format!("{}\u{2026}", &digest.to_string()[..16])
}
