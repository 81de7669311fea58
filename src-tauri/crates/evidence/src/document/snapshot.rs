//! The snapshot: the state before the cut.

use chrono::{DateTime, Utc};
use lockstep_domain::access::{CredentialState, SignIn};
use lockstep_domain::digest::Digest;
use serde::{Deserialize, Serialize};

use super::common::{Ends, Fact, Header, IdentityLink, print_facts};
use super::usage::{UsageSummary, print_usage};
use super::words::{both, credential, or_none, sign_in, utc};
use crate::pdf::{Cell, Column, Face, PdfError, Sheet};

/// The state before the cut, as it was observed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Snapshot {
    /// Where the document comes from.
    pub header: Header,
    /// Who the person is.
    pub person: Vec<Fact>,
    /// Their employment.
    pub employment: Vec<Fact>,
    /// When it ends.
    pub ends: Ends,
    /// Their accounts.
    pub accounts: Vec<AccountSnapshot>,
    /// Systems that could not be read, so that nothing is known of accounts there.
    pub unread: Vec<UnreadSystem>,
    /// What the accounts were used for before, where that was collected.
    pub usage: Vec<UsageSummary>,
}

/// One account before the cut.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccountSnapshot {
    /// The system.
    pub system: String,
    /// The tenant.
    pub tenant: Option<String>,
    /// What the holder types to sign in.
    pub login: String,
    /// The vendor's immutable id.
    pub remote_id: String,
    /// Whether sign-in worked.
    pub sign_in: SignIn,
    /// Whether it administered the system; `None` when that could not be read.
    pub admin: Option<bool>,
    /// Why it is taken for the person's.
    pub identity: IdentityLink,
    /// What it was granted; `None` when that could not be read completely.
    pub grants: Option<Vec<GrantLine>>,
    /// Its keys and tokens; `None` when they could not be read completely.
    pub credentials: Option<Vec<CredentialLine>>,
    /// Last sign-in or use that the system told of (UTC).
    pub last_used_at: Option<DateTime<Utc>>,
    /// When all this was observed (UTC).
    pub observed_at: DateTime<Utc>,
}

/// Something granted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GrantLine {
    /// Its name.
    pub name: String,
    /// The vendor's id.
    pub remote_id: String,
    /// Whether it gives power over others' access.
    pub privileged: bool,
}

/// A key or token; never its secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CredentialLine {
    /// Its name.
    pub name: Option<String>,
    /// The vendor's id.
    pub remote_id: String,
    /// Whether it worked.
    pub state: CredentialState,
    /// Its last use (UTC).
    pub last_used_at: Option<DateTime<Utc>>,
}

/// A system that could not be read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UnreadSystem {
    /// The system.
    pub system: String,
    /// Why, in words.
    pub why: String,
}

impl Snapshot {
    /// The document as PDF; the same bytes for the same snapshot.
    ///
    /// # Errors
    /// When the page writer fails.
    pub fn render(&self) -> Result<Vec<u8>, PdfError> {
        let identity = Digest::of_json(self).map_err(|e| PdfError(e.to_string()))?;
        let facts = [&self.person[..], &self.employment[..]];
        let mut sheet = self.header.open("Access snapshot", "State before access was cut", identity, &facts);
        sheet.heading("Person");
        print_facts(&mut sheet, &self.person);
        sheet.heading("Employment");
        print_facts(&mut sheet, &self.employment);
        self.ends.print(&mut sheet, self.header.zone);
        self.print_overview(&mut sheet);
        for account in &self.accounts {
            account.print(&mut sheet, self.header.zone);
        }
        print_usage(&mut sheet, &self.usage, self.header.zone);
        self.header.print_sources(&mut sheet);
        self.header.close(&mut sheet);
        sheet.finish()
    }

    fn print_overview(&self, sheet: &mut Sheet) {
        sheet.heading("Accounts");
        if self.accounts.is_empty() {
            sheet.paragraph("No account is known.");
        }
        let columns = [
            Column { title: "System", share: 2.0 },
            Column { title: "Login", share: 2.4 },
            Column { title: "Sign-in", share: 1.6 },
            Column { title: "Administrator", share: 1.5 },
            Column { title: "Observed at (UTC)", share: 1.9 },
        ];
        let rows = self.accounts.iter().map(|account| {
            vec![
                Cell::text(&account.system),
                Cell::text(&account.login),
                Cell::text(sign_in(account.sign_in)),
                Cell::text(match account.admin {
                    Some(true) => "yes",
                    Some(false) => "no",
                    None => "not readable",
                }),
                Cell::text(utc(account.observed_at)),
            ]
        });
        sheet.table(&columns, rows);
        if !self.unread.is_empty() {
            sheet.strong("Systems that could not be read; accounts there are not known:");
            let lines: Vec<_> = self.unread.iter().map(|u| format!("{}: {}", u.system, u.why)).collect();
            sheet.list(lines.iter().map(String::as_str));
        }
    }
}

impl AccountSnapshot {
    fn print(&self, sheet: &mut Sheet, zone: Option<chrono_tz::Tz>) {
        sheet.subheading(&format!("{} \u{b7} {}", self.system, self.login));
        let last_used = self.last_used_at.map_or("not told by the system".into(), |at| both(at, zone));
        sheet.pairs([
            ("Tenant", or_none(self.tenant.as_ref(), "not known"), Face::Sans),
            ("Vendor's id", self.remote_id.clone(), Face::Mono),
            ("Is the person's", self.identity.sentence(), Face::Sans),
            ("Last used", last_used, Face::Sans),
            ("Observed at", both(self.observed_at, zone), Face::Sans),
        ]);
        match self.grants.as_deref() {
            None => sheet.strong("Grants could not be read completely. Evidence missing."),
            Some([]) => sheet.paragraph("No grants."),
            Some(grants) => {
                let columns = [
                    Column { title: "Granted", share: 3.0 },
                    Column { title: "Vendor's id", share: 3.0 },
                    Column { title: "Power over others' access", share: 1.6 },
                ];
                let rows = grants.iter().map(|grant| {
                    let power = if grant.privileged { Cell::strong("yes") } else { Cell::text("no") };
                    vec![Cell::text(&grant.name), Cell::text(&grant.remote_id), power]
                });
                sheet.table(&columns, rows);
            }
        }
        match self.credentials.as_deref() {
            None => sheet.strong("Credentials could not be read completely. Evidence missing."),
            Some([]) => sheet.paragraph("No keys or tokens of its own."),
            Some(credentials) => {
                let columns = [
                    Column { title: "Key or token", share: 2.4 },
                    Column { title: "Vendor's id", share: 3.0 },
                    Column { title: "State", share: 1.4 },
                    Column { title: "Last used (UTC)", share: 1.9 },
                ];
                let rows = credentials.iter().map(|line| {
                    vec![
                        Cell::text(or_none(line.name.as_ref(), "without name")),
                        Cell::text(&line.remote_id),
                        Cell::text(credential(line.state)),
                        Cell::text(line.last_used_at.map_or("not told".into(), utc)),
                    ]
                });
                sheet.table(&columns, rows);
            }
        }
    }
}
