//! What all documents have in common: the header that an auditor asks of any report (who made it, from
//! what, when, how complete), identity, instants.

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use lockstep_domain::digest::Digest;
use lockstep_domain::ids::OrgId;
use serde::{Deserialize, Serialize};

use super::words::{both, or_none, utc};
use crate::pdf::{Cell, Column, Face, Frame, Sheet};

/// Where a document comes from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Header {
    /// The organisation's name.
    pub organisation: String,
    /// Its id.
    pub org: OrgId,
    /// What the document is about, by our id ("run 0199…").
    pub subject: String,
    /// When it was made (UTC).
    pub generated_at: DateTime<Utc>,
    /// The worker's IANA zone, where known; local times are printed in it.
    pub zone: Option<Tz>,
    /// Who had it made: an operator's name, or that Lockstep did so by itself.
    pub operator: String,
    /// The machine.
    pub host: String,
    /// Version of Lockstep.
    pub tool_version: String,
    /// "production", or what else it was ("practice company").
    pub environment: String,
    /// Digest of the policy version in force.
    pub policy: Digest,
    /// Every read that the document rests on.
    pub sources: Vec<Source>,
    /// What the document cannot say, in sentences.
    pub known_limits: Vec<String>,
    /// The ledger when the document was made.
    pub ledger: LedgerHead,
}

/// The ledger at one size.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LedgerHead {
    /// Sequence number of the last entry.
    pub size: u64,
    /// Its leaf hash.
    pub head: Digest,
    /// The organisation's public key in signed-note form.
    pub key: String,
}

/// One read of one system.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Source {
    /// The system.
    pub system: String,
    /// Its tenant, instance or file.
    pub instance: String,
    /// Connector with its version.
    pub connector: String,
    /// What was asked: query, parameters, filters.
    pub query: String,
    /// Begin of the read (UTC).
    pub started_at: DateTime<Utc>,
    /// End of the read (UTC).
    pub ended_at: DateTime<Utc>,
    /// How many rows the system says it has.
    pub reported_total: Option<u64>,
    /// How many came.
    pub fetched: u64,
    /// Rows left out, with the reason.
    pub left_out: Vec<(String, u64)>,
    /// Whether the read was complete.
    pub complete: bool,
}

/// Where a value comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Origin {
    /// Read from a system as it stands there.
    Read,
    /// Concluded from other values.
    Inferred,
    /// Entered by a person.
    Manual,
}

/// A value with its label.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fact {
    /// What it is.
    pub label: String,
    /// The value; `None` prints "not known".
    pub value: Option<String>,
    /// Where it comes from.
    pub origin: Origin,
}

/// The two instants that everything follows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ends {
    /// When access ends (UTC).
    pub access_end_at: Option<DateTime<Utc>>,
    /// When employment ends (UTC).
    pub employment_end_at: Option<DateTime<Utc>>,
    /// What HR gave: "a date", "a date and time", …
    pub precision: String,
    /// Which rule and zone made an instant of it, in a sentence.
    pub basis: String,
    /// An operator said "now", whatever the dates.
    pub explicit_now: bool,
}

/// Why an account is taken for the person's.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct IdentityLink {
    /// 0 to 100.
    pub confidence: u8,
    /// The matches that speak for it.
    pub reasons: Vec<String>,
    /// Who confirmed it, where a person did.
    pub confirmed_by: Option<String>,
}

impl IdentityLink {
    pub(super) fn sentence(&self) -> String {
        let reasons =
            if self.reasons.is_empty() { "no reason recorded".to_owned() } else { self.reasons.join("; ") };
        match &self.confirmed_by {
            Some(who) => format!("{} of 100 ({reasons}); confirmed by {who}", self.confidence),
            None => format!("{} of 100 ({reasons})", self.confidence),
        }
    }
}

impl Header {
    /// The first page, up to and with the header block.
    pub(super) fn open(&self, title: &str, subtitle: &str, identity: Digest, facts: &[&[Fact]]) -> Sheet {
        let frame = Frame {
            title: title.into(),
            organisation: self.organisation.clone(),
            subject: self.subject.clone(),
            note:
                "Times ending in Z are UTC. The SHA-256 of this file stands in the ledger: a change can be \
                   found."
                    .into(),
            made_at: self.generated_at,
            identity,
        };
        let mut sheet = Sheet::new(frame, subtitle);
        sheet.pairs([
            ("Organisation", format!("{} ({})", self.organisation, self.org), Face::Sans),
            ("Subject", self.subject.clone(), Face::Sans),
            ("Made at", both(self.generated_at, self.zone), Face::Sans),
            ("Worker's clock", or_none(self.zone, "zone not known; times are UTC only"), Face::Sans),
            ("Made by", format!("{}, on {}", self.operator, self.host), Face::Sans),
            ("Made with", format!("Lockstep {} ({})", self.tool_version, self.environment), Face::Sans),
            ("Policy in force", self.policy.to_string(), Face::Mono),
            ("Origin of values", origins(facts), Face::Sans),
        ]);
        sheet
    }

    /// The sources that the document rests on.
    pub(super) fn print_sources(&self, sheet: &mut Sheet) {
        sheet.heading("Information this document rests on");
        if self.sources.is_empty() {
            sheet.strong("No read of any system is recorded. Evidence missing.");
            return;
        }
        let columns = [
            Column { title: "System, instance", share: 2.2 },
            Column { title: "Connector, query", share: 2.8 },
            Column { title: "Read from, to (UTC)", share: 2.0 },
            Column { title: "Rows", share: 1.8 },
            Column { title: "Read was", share: 1.3 },
        ];
        sheet.table(&columns, self.sources.iter().map(Source::row));
    }

    /// Limits, ledger and how to check.
    pub(super) fn close(&self, sheet: &mut Sheet) {
        sheet.heading("Known limits");
        if self.known_limits.is_empty() {
            sheet.paragraph("None were recorded.");
        }
        sheet.list(self.known_limits.iter().map(String::as_str));
        sheet.heading("Where this is recorded");
        sheet.pairs([
            ("Ledger entries", self.ledger.size.to_string(), Face::Sans),
            ("Ledger head", self.ledger.head.to_string(), Face::Mono),
            ("Key", self.ledger.key.clone(), Face::Mono),
        ]);
        sheet.paragraph(
            "This document follows from the ledger of the organisation, in which every entry is chained to \
             the one before and signed checkpoints stand. To check it, export the evidence bundle and run: \
             lockstep evidence verify BUNDLE.zip --trust KEY.txt",
        );
        sheet.paragraph(
            "Characters that cannot be printed here as they are (other scripts, invisible or direction \
             marks) stand as their Unicode code points in angle brackets. The ledger and the payloads hold \
             them as they were read.",
        );
    }
}

/// Counts by origin, so that nobody takes a conclusion for a reading.
fn origins(facts: &[&[Fact]]) -> String {
    let facts = || facts.iter().copied().flatten();
    let count = |origin| facts().filter(|fact| fact.value.is_some() && fact.origin == origin).count();
    format!(
        "{} values as read, {} inferred, {} entered by hand (marked as such), {} not known",
        count(Origin::Read),
        count(Origin::Inferred),
        count(Origin::Manual),
        facts().filter(|fact| fact.value.is_none()).count()
    )
}

/// Facts as labels with values, the origin marked where it is not a reading.
pub(super) fn print_facts(sheet: &mut Sheet, facts: &[Fact]) {
    sheet.pairs(facts.iter().map(|fact| {
        let value = fact.value.as_deref().unwrap_or("not known");
        let value = match fact.origin {
            Origin::Read => value.to_owned(),
            Origin::Inferred => format!("{value}  [inferred]"),
            Origin::Manual => format!("{value}  [entered by hand]"),
        };
        (fact.label.as_str(), value, Face::Sans)
    }));
}

impl Ends {
    pub(super) fn print(&self, sheet: &mut Sheet, zone: Option<Tz>) {
        let instant = |at: Option<DateTime<Utc>>| at.map_or("not known".into(), |at| both(at, zone));
        let mut pairs = vec![
            ("Access ends", instant(self.access_end_at), Face::Sans),
            ("Employment ends", instant(self.employment_end_at), Face::Sans),
            ("HR gave", self.precision.clone(), Face::Sans),
            ("Reckoned by", self.basis.clone(), Face::Sans),
        ];
        if self.explicit_now {
            pairs.push(("Started", "at once, by an operator's explicit act".into(), Face::Bold));
        }
        sheet.pairs(pairs);
    }
}

impl Source {
    fn row(&self) -> Vec<Cell> {
        let left_out = self.left_out.iter().map(|(why, count)| format!("left out: {count} ({why})"));
        let rows = [
            format!("system says: {}", or_none(self.reported_total, "not told")),
            format!("fetched: {}", self.fetched),
        ];
        vec![
            Cell::lines([self.system.clone(), self.instance.clone()]),
            Cell::lines([self.connector.clone(), self.query.clone()]),
            Cell::lines([utc(self.started_at), utc(self.ended_at)]),
            Cell::lines(rows.into_iter().chain(left_out)),
            if self.complete { Cell::text("complete") } else { Cell::strong("incomplete") },
        ]
    }
}
