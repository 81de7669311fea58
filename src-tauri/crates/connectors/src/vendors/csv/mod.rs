//! CSV and XLSX files: workers from an HR export, or the account list of any system.
//!
//! A file is believed as a whole or not at all: what throws doubt on its structure refuses it, what throws doubt
//! on a row quarantines that row and every other row of the same person. Nothing is ever written to it.

mod accounts;
mod cells;
mod columns;
mod dates;
mod delimited;
mod layout;
mod report;
mod settings;
mod settle;
mod source;
mod table;
mod text;
mod words;
mod workbook;
mod workers;

use std::sync::Arc;

pub use columns::{Proposal, propose_columns};
pub use settings::Role;
pub use workers::SHARED_EMAIL;

use crate::contract::{Connector, OpenContext, Vendor};
use crate::descriptor::{Descriptor, Field, FieldKind, Pace, RoleKind};
use crate::error::Result;

/// The vendor "csv".
pub fn vendor() -> Vendor {
    Vendor { descriptor: DESCRIPTOR, open: Arc::new(open) }
}

fn open(context: OpenContext) -> Result<Connector> {
    let settings = Arc::new(settings::Settings::parse(&context.settings)?);
    let mut connector = Connector { tenant: settings.tenant.clone(), ..Connector::default() };
    let role = settings.role;
    let source = Arc::new(source::FileSource { settings });
    match role {
        Role::Workers => connector.workers = Some(source),
        Role::Accounts => connector.accounts = Some(source),
    }
    Ok(connector)
}

const DESCRIPTOR: Descriptor = Descriptor {
    id: "csv",
    name: "CSV or Excel file",
    about: "Reads workers from an HR export, or the accounts of any system, from a file on this machine.",
    roles: &[RoleKind::Workers, RoleKind::Accounts],
    fields: &[
        Field {
            required: true,
            ..field(
                "path",
                "File",
                "The export; it is only read. Let the export write it whole, then rename it.",
                FieldKind::Path,
                "/srv/hr/people.csv",
                None,
            )
        },
        field(
            "role",
            "What the rows are",
            "Stints of people, or accounts of a system.",
            FieldKind::Choice(&["workers", "accounts"]),
            "workers",
            Some("workers"),
        ),
        field(
            "tenant",
            "Name of the source",
            "The HR system or the system whose accounts these are; tells one file from another.",
            FieldKind::Text,
            "bamboo-export",
            Some("file"),
        ),
        field(
            "columns",
            "Column map",
            "JSON: our field to the header text. Without it the headers must speak for themselves.",
            FieldKind::ColumnMap,
            r#"{"remote_person_id": "Staff no."}"#,
            None,
        ),
        field(
            "date_format",
            "Form of dates",
            "iso, dmy, mdy, serial (days as spreadsheets count them) or a pattern; several with || between.",
            FieldKind::Text,
            "dmy",
            Some("iso"),
        ),
        field(
            "status_map",
            "Status words",
            "JSON: a word of the file to active, pending, on_leave, suspended or terminated (accounts: enabled, disabled).",
            FieldKind::Text,
            r#"{"inactive": "terminated"}"#,
            None,
        ),
        field(
            "delimiter",
            "Delimiter",
            "What stands between two cells of a text file.",
            FieldKind::Choice(&["auto", ",", ";", "tab", "|"]),
            ";",
            Some("auto"),
        ),
        field(
            "encoding",
            "Encoding",
            "auto reads UTF-8, and UTF-16 with a mark; old Western files have to be declared.",
            FieldKind::Choice(&["auto", "utf-8", "windows-1252", "latin1"]),
            "windows-1252",
            Some("auto"),
        ),
        field(
            "sheet",
            "Sheet",
            "The sheet of a workbook; needed when it has several.",
            FieldKind::Text,
            "Employees",
            None,
        ),
        field(
            "zone_aliases",
            "Names of time zones",
            "JSON: a name used in the file to its IANA zone.",
            FieldKind::Text,
            r#"{"Berlin office": "Europe/Berlin"}"#,
            None,
        ),
    ],
    scopes: &[],
    pace: Pace { parallel: 1, per_second: 1 },
    docs: "https://www.rfc-editor.org/rfc/rfc4180",
};

/// A field that a connection can do without.
const fn field(
    name: &'static str,
    label: &'static str,
    help: &'static str,
    kind: FieldKind,
    example: &'static str,
    default: Option<&'static str>,
) -> Field {
    Field { name, label, help, kind, required: false, default, example }
}
