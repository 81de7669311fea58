//! The register of systems: everything people have access to, connected or not.

use std::collections::BTreeMap;
use std::str::FromStr;

use lockstep_domain::ids::{ConnectionId, SystemId};
use lockstep_domain::systems::{Lane, Sso, System};
use lockstep_store::{ConnectionRow, Reader, Tx, fresh_id};
use serde_json::json;

use crate::api::{RowRemark, SetSystem, SystemImport, SystemView};
use crate::desk::{Act, Desk};
use crate::error::{Code, Error, Result};

/// The columns of a register file; `name` is required, the others may be left out.
const COLUMNS: &[&str] =
    &["name", "owner", "backup_owner", "sso", "data_class", "lane", "how_to", "connection", "everyone"];

impl Desk {
    /// The register, by name.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn systems(&self) -> Result<Vec<SystemView>> {
        Ok(self.store.read(|r| r.systems()?.into_iter().map(|s| view(r, s)).collect()).await?)
    }

    /// Adds a row of the register or changes the one of that name; recorded.
    ///
    /// # Errors
    /// [`Code::Usage`] for a link that is not https; [`Code::NotFound`] for an unknown connection.
    pub async fn set_system(&self, set: SetSystem) -> Result<SystemView> {
        let connection = match set.connection.as_deref().filter(|c| !c.is_empty()) {
            Some(name) => Some(self.connection_row(name).await?.id),
            None => None,
        };
        check(&set).map_err(|(field, what)| {
            Error::new(Code::Usage, format!("{field}: {what}"), "Correct it and set the system again.")
        })?;
        let act = self.act();
        let view = self
            .store
            .write(move |tx| {
                let (system, _) = put(tx, &set, connection, &act)?;
                view(tx, system)
            })
            .await?;
        Ok(view)
    }

    /// Imports a register from CSV: all rows, or, if one is wrong, none.
    ///
    /// # Errors
    /// [`Code::Usage`] when the file is no CSV with a `name` column.
    pub async fn import_systems(&self, csv: &[u8]) -> Result<SystemImport> {
        let connections: BTreeMap<String, ConnectionId> = self
            .store
            .read(|r| Ok(r.connections()?.into_iter().map(|c: ConnectionRow| (c.name, c.id)).collect()))
            .await?;
        let (sets, refused) = parse(csv, &connections)?;
        let nothing = SystemImport { added: 0, changed: 0, unchanged: 0, refused };
        if !nothing.refused.is_empty() {
            return Ok(nothing);
        }
        let act = self.act();
        let done = self
            .store
            .write(move |tx| {
                let mut done = nothing;
                for set in sets {
                    let connection = set.connection.as_ref().and_then(|c| connections.get(c)).copied();
                    match put(tx, &set, connection, &act)?.1 {
                        Change::Added => done.added += 1,
                        Change::Changed => done.changed += 1,
                        Change::None => done.unchanged += 1,
                    }
                }
                Ok(done)
            })
            .await?;
        Ok(done)
    }
}

/// A new connection is a system of its own until somebody says otherwise, so that the register misses none.
pub(crate) fn register_connection(
    tx: &Tx<'_>,
    row: &ConnectionRow,
    acts: bool,
    act: &Act,
) -> lockstep_store::Result<()> {
    let set = SetSystem {
        name: row.name.clone(),
        lane: Some(if acts { Lane::Automatic } else { Lane::Manual }),
        ..SetSystem::default()
    };
    put(tx, &set, Some(row.id), act).map(|_| ())
}

enum Change {
    Added,
    Changed,
    None,
}

fn put(
    tx: &Tx<'_>,
    set: &SetSystem,
    connection: Option<ConnectionId>,
    act: &Act,
) -> lockstep_store::Result<(System, Change)> {
    let old = tx.system_named(&set.name)?;
    let base = match &old {
        Some(system) => system.clone(),
        None => System {
            id: SystemId(fresh_id(act.at)?),
            name: set.name.trim().to_owned(),
            owner: None,
            backup_owner: None,
            sso: Sso::Unknown,
            data_class: None,
            lane: Lane::Manual, // what nobody has arranged is work for a person
            how_to: None,
            connection: None,
            everyone: false,
        },
    };
    let text = |new: &Option<String>, old: &Option<String>| match new {
        Some(t) if t.trim().is_empty() => None,
        Some(t) => Some(t.trim().to_owned()),
        None => old.clone(),
    };
    let system = System {
        owner: text(&set.owner, &base.owner),
        backup_owner: text(&set.backup_owner, &base.backup_owner),
        sso: set.sso.unwrap_or(base.sso),
        data_class: text(&set.data_class, &base.data_class),
        lane: set.lane.unwrap_or(base.lane),
        how_to: text(&set.how_to, &base.how_to),
        connection: connection.or(base.connection),
        everyone: set.everyone.unwrap_or(base.everyone),
        ..base
    };
    if old.as_ref() == Some(&system) {
        return Ok((system, Change::None));
    }
    tx.put_system(&system)?;
    act.append(
        tx,
        "system.set",
        json!({ "system": system.id, "lane": system.lane, "connection": system.connection }),
    )?;
    Ok((system, if old.is_some() { Change::Changed } else { Change::Added }))
}

fn check(set: &SetSystem) -> Result<(), (&'static str, String)> {
    if set.name.trim().is_empty() {
        return Err(("name", "a system needs a name".into()));
    }
    match set.how_to.as_deref().map(str::trim) {
        Some(link) if !link.is_empty() && !link.starts_with("https://") => {
            Err(("how_to", format!("{link:?} is no https address")))
        }
        _ => Ok(()),
    }
}

type Parsed = (Vec<SetSystem>, Vec<RowRemark>);

fn parse(bytes: &[u8], connections: &BTreeMap<String, ConnectionId>) -> Result<Parsed> {
    let no_csv = |what: String| {
        Error::new(
            Code::Usage,
            format!("the register cannot be read: {what}"),
            format!(
                "Give a CSV file in UTF-8 with these columns, of which only name is required: {}.",
                COLUMNS.join(", ")
            ),
        )
    };
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(bytes);
    let headers: Vec<String> =
        reader.headers().map_err(|e| no_csv(e.to_string()))?.iter().map(str::to_lowercase).collect();
    if !headers.iter().any(|h| h == "name") {
        return Err(no_csv(format!("there is no column name among {}", headers.join(", "))));
    }
    if let Some(unknown) = headers.iter().find(|h| !COLUMNS.contains(&h.as_str())) {
        return Err(no_csv(format!("column {unknown:?} is not known")));
    }
    let (mut sets, mut refused) = (Vec::new(), Vec::new());
    let mut names = std::collections::BTreeSet::new();
    for record in reader.records() {
        let record = record.map_err(|e| no_csv(e.to_string()))?;
        let row = record.position().map_or(0, csv::Position::line);
        let cell = |name: &str| {
            let at = headers.iter().position(|h| h == name)?;
            record.get(at).filter(|c| !c.is_empty()).map(str::to_owned)
        };
        match one(&cell, connections) {
            Ok(set) if names.insert(set.name.to_lowercase()) => sets.push(set),
            Ok(set) => refused.push(remark(row, "name", format!("{:?} stands in the file twice", set.name))),
            Err((column, what)) => refused.push(remark(row, column, what)),
        }
    }
    Ok((sets, refused))
}

fn remark(row: u64, column: &str, reason: String) -> RowRemark {
    RowRemark {
        row: format!("row {row}"),
        column: column.into(),
        reason,
        remedy: "Correct the row and import the file again.".into(),
    }
}

fn one(
    cell: &dyn Fn(&str) -> Option<String>,
    connections: &BTreeMap<String, ConnectionId>,
) -> Result<SetSystem, (&'static str, String)> {
    let set = SetSystem {
        name: cell("name").unwrap_or_default(),
        owner: cell("owner"),
        backup_owner: cell("backup_owner"),
        sso: word(cell("sso"), "sso")?,
        data_class: cell("data_class"),
        lane: word(cell("lane"), "lane")?,
        how_to: cell("how_to"),
        connection: cell("connection"),
        everyone: match cell("everyone").map(|c| c.to_lowercase()).as_deref() {
            None => None,
            Some("yes" | "true" | "1") => Some(true),
            Some("no" | "false" | "0") => Some(false),
            Some(other) => return Err(("everyone", format!("{other:?} is neither yes nor no"))),
        },
    };
    if let Some(name) = set.connection.as_ref().filter(|c| !connections.contains_key(*c)) {
        return Err(("connection", format!("there is no connection {name:?}")));
    }
    check(&set)?;
    Ok(set)
}

fn word<T: FromStr<Err = lockstep_domain::UnknownWord>>(
    cell: Option<String>,
    column: &'static str,
) -> Result<Option<T>, (&'static str, String)> {
    cell.map(|text| {
        text.to_lowercase().parse().map_err(|e: lockstep_domain::UnknownWord| (column, e.to_string()))
    })
    .transpose()
}

fn view(r: &Reader<'_>, system: System) -> lockstep_store::Result<SystemView> {
    let (connection_name, accounts) = match system.connection {
        None => (None, 0),
        Some(id) => (r.connection(id)?.map(|c| c.name), r.account_count(id)?),
    };
    Ok(SystemView { system, connection_name, accounts: usize::try_from(accounts).unwrap_or(usize::MAX) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wrong_row_is_named_with_its_column_and_nothing_is_taken() {
        let csv = b"name,lane,sso,how_to,everyone\nWiki,manual,none,https://wiki.test/off,yes\n\
            Bank,by hand,none,,\nWiki,manual,,,\nDoor,manual,,http://door.test,\nMail,manual,,,maybe\n";
        let (sets, refused) = parse(csv, &BTreeMap::new()).unwrap();
        assert_eq!(sets.len(), 1, "only the first row is right");
        let named: Vec<(&str, &str)> = refused.iter().map(|r| (r.row.as_str(), r.column.as_str())).collect();
        assert_eq!(
            named,
            [("row 3", "lane"), ("row 4", "name"), ("row 5", "how_to"), ("row 6", "everyone")],
            "the person who keeps the sheet must find the cell"
        );
    }

    #[test]
    fn a_file_that_is_no_register_is_refused_with_the_columns_it_needs() {
        for bad in [&b""[..], b"system;owner\n", b"name,ownr\nWiki,Kim\n", b"\xff\xfe\x00"] {
            let error = parse(bad, &BTreeMap::new()).unwrap_err();
            assert!(error.remedy().contains("backup_owner"), "{error}: the columns are listed");
        }
    }
}
