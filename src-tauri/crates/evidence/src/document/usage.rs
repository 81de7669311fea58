//! What was used before the cut, in short: numbers by key, never what was asked or answered.

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use serde::{Deserialize, Serialize};

use super::words::{both, or_none, utc};
use crate::pdf::{Cell, Column, Sheet};

/// The use of one account, as far as it was collected.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UsageSummary {
    /// The system.
    pub system: String,
    /// What the holder types to sign in.
    pub login: String,
    /// From this hour on (UTC).
    pub since: DateTime<Utc>,
    /// Until the begin of this hour (UTC): what came later is not in the numbers.
    pub until: DateTime<Utc>,
    /// By key, the most recently used first; empty when no use was told.
    pub keys: Vec<UsageLine>,
}

/// Use with one key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UsageLine {
    /// The key's name or id; `None` when the system does not tell the key.
    pub key: Option<String>,
    /// Models used.
    pub models: Vec<String>,
    /// Requests.
    pub requests: u64,
    /// Tokens in.
    pub input_tokens: u64,
    /// Tokens out.
    pub output_tokens: u64,
    /// Begin of the last hour with use (UTC).
    pub last_hour: DateTime<Utc>,
}

/// Prints the section on usage; that nothing was collected is said, too.
pub(super) fn print_usage(sheet: &mut Sheet, usage: &[UsageSummary], zone: Option<Tz>) {
    sheet.heading("Usage");
    if usage.is_empty() {
        sheet.paragraph("Usage: not collected. This document says nothing about what the person did.");
        return;
    }
    sheet.paragraph(
        "Numbers that the systems tell, by hour. They say nothing about what was asked or answered, and the newest \
         hours may have been incomplete when they were read. Accounts not listed here: not collected.",
    );
    usage.iter().for_each(|account| account.print(sheet, zone));
}

impl UsageSummary {
    fn print(&self, sheet: &mut Sheet, zone: Option<Tz>) {
        sheet.subheading(&format!("Use of {} \u{b7} {}", self.system, self.login));
        sheet.paragraph(&format!("From {} until {}.", both(self.since, zone), both(self.until, zone)));
        if self.keys.is_empty() {
            sheet.paragraph("No use was told for that time.");
            return;
        }
        let columns = [
            Column { title: "Key", share: 2.4 },
            Column { title: "Models", share: 2.0 },
            Column { title: "Requests", share: 1.1 },
            Column { title: "Tokens in", share: 1.3 },
            Column { title: "Tokens out", share: 1.3 },
            Column { title: "Last hour used (UTC)", share: 1.9 },
        ];
        let rows = self.keys.iter().map(|line| {
            vec![
                Cell::text(or_none(line.key.as_ref(), "not told")),
                Cell::text(line.models.join(", ")),
                Cell::text(line.requests.to_string()),
                Cell::text(line.input_tokens.to_string()),
                Cell::text(line.output_tokens.to_string()),
                Cell::text(utc(line.last_hour)),
            ]
        });
        sheet.table(&columns, rows);
    }
}
