//! Connections: what a tenant of a vendor is told, how far it may go, and opening it.

use std::collections::BTreeMap;
use std::path::Path;

use lockstep_connectors::{Connector, Field, FieldKind, OpenContext, Vendor};
use lockstep_domain::capability::Mode;
use lockstep_domain::ids::ConnectionId;
use lockstep_store::{ConnectionRow, ReadKind, Trouble, fresh_id};
use serde_json::json;
use zeroize::Zeroizing;

use crate::api::{AddConnection, ConnectionView, ProbeView, SetMode};
use crate::date_settings::date_rules;
use crate::desk::Desk;
use crate::error::{Code, Error, Result};
use crate::pause::said;
use crate::schedule::every;
use crate::systems::register_connection;
use crate::vendors;

/// A setting that cannot be taken, by name.
pub(crate) fn wrong(field: &str, what: String, remedy: &str) -> Error {
    Error::new(Code::Usage, format!("setting {field}: {what}"), remedy)
}

impl Desk {
    /// Adds a connection in mode *observe*. It is opened once, so that a wrong setting is told now.
    ///
    /// # Errors
    /// [`Code::Usage`] for a missing or wrong setting, [`Code::SecretsLocked`].
    pub async fn add_connection(&self, add: AddConnection) -> Result<ConnectionView> {
        let vendor = vendors::find(&self.vendors, &add.vendor)?;
        let name = add.name.trim().to_owned();
        if name.is_empty() {
            return Err(Error::new(Code::Usage, "the connection has no name", "Give it one with --name."));
        }
        if self
            .store
            .read({
                let name = name.clone();
                move |r| r.connection_named(&name)
            })
            .await?
            .is_some()
        {
            return Err(Error::new(
                Code::Usage,
                format!("there is a connection named {name:?} already"),
                "Choose another name, or remove that one first.",
            ));
        }
        check_settings(vendor, &add.settings, &add.secrets)?;
        let settings = add.settings;
        let connector = self.open_with(vendor, settings.clone(), add.secrets.clone())?;
        if connector.workers.is_some() {
            date_rules(&settings)?;
        }
        let (lists_accounts, acts) = (connector.accounts.is_some(), connector.access.is_some());
        let act = self.act();
        let id = ConnectionId(fresh_id(act.at)?);
        for (field, secret) in &add.secrets {
            self.secrets.set(&secret_name(id, field), secret.as_bytes())?;
        }
        let row = ConnectionRow {
            id,
            vendor: add.vendor.clone(),
            tenant: connector.tenant,
            name,
            settings,
            mode: Mode::Observe,
            trouble: None,
            created_at: act.at,
            removed_at: None,
        };
        let saved = row.clone();
        self.store
            .write(move |tx| {
                tx.add_connection(&saved)?;
                act.append(
                    tx,
                    "connection.added",
                    json!({ "connection": id, "vendor": saved.vendor, "mode": saved.mode }),
                )?;
                if lists_accounts {
                    register_connection(tx, &saved, acts, &act)?;
                }
                Ok(())
            })
            .await?;
        self.connection_view(row).await
    }

    /// Every connection.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn connections(&self) -> Result<Vec<ConnectionView>> {
        let mut views = Vec::new();
        for row in self.store.read(|r| r.connections()).await? {
            views.push(self.connection_view(row).await?);
        }
        Ok(views)
    }

    /// Tries a connection without changing anything; a notice sink is sent a test.
    ///
    /// # Errors
    /// The vendor's, which is also kept on the connection.
    pub async fn test_connection(&self, name: &str) -> Result<ProbeView> {
        let row = self.connection_row(name).await?;
        let tried = self.probe(&row).await;
        self.keep_trouble(&row, tried.as_ref().err()).await?;
        let probe = tried?;
        Ok(ProbeView {
            connection: row.name,
            summary: probe.summary,
            held: probe.held,
            missing: probe.missing,
            excess: probe.excess,
        })
    }

    async fn probe(&self, row: &ConnectionRow) -> lockstep_connectors::Result<lockstep_connectors::Probe> {
        let connector = self.connector(row).map_err(|e| {
            lockstep_connectors::Error::new(
                lockstep_connectors::Kind::Setting,
                e.to_string(),
                e.remedy().to_owned(),
            )
        })?;
        match (&connector.workers, &connector.accounts, &connector.notices) {
            (Some(workers), ..) => workers.probe().await,
            (None, Some(accounts), _) => accounts.probe().await,
            (None, None, Some(sink)) => self.send_test_notice(sink.as_ref()).await,
            (None, None, None) => Err(lockstep_connectors::Error::new(
                lockstep_connectors::Kind::Setting,
                "with these settings the connection plays no role",
                "Look at its settings with `lockstep connection list`.",
            )),
        }
    }

    /// Raises or lowers how far a connection may go; a logged act.
    ///
    /// # Errors
    /// [`Code::NotFound`], [`Code::Usage`] without a reason.
    pub async fn set_mode(&self, set: SetMode) -> Result<ConnectionView> {
        let reason = said(&set.reason)?;
        let row = self.connection_row(&set.connection).await?;
        let (act, id, from, to) = (self.act(), row.id, row.mode, set.mode);
        self.store
            .write(move |tx| {
                tx.set_connection_mode(id, to)?;
                act.append_said(
                    tx,
                    "connection.mode",
                    json!({ "connection": id, "from": from, "to": to }),
                    None,
                    &reason,
                )?;
                Ok(())
            })
            .await?;
        self.connection_view(ConnectionRow { mode: to, ..row }).await
    }

    /// Removes a connection and its secrets. What was read stays, for the evidence.
    ///
    /// # Errors
    /// [`Code::NotFound`], [`Code::Usage`] without a reason.
    pub async fn remove_connection(&self, name: &str, reason: &str) -> Result<()> {
        let reason = said(reason)?;
        let row = self.connection_row(name).await?;
        let (act, id) = (self.act(), row.id);
        self.store
            .write(move |tx| {
                tx.remove_connection(id, act.at)?;
                act.append_said(tx, "connection.removed", json!({ "connection": id }), None, &reason)?;
                Ok(())
            })
            .await?;
        for field in self.secret_fields(&row.vendor)? {
            self.secrets.delete(&secret_name(id, field))?;
        }
        Ok(())
    }

    /// A connection by name or id.
    pub(crate) async fn connection_row(&self, name: &str) -> Result<ConnectionRow> {
        let wanted = name.to_owned();
        self.store
            .read(move |r| {
                Ok(r.connections()?.into_iter().find(|c| c.name == wanted || c.id.to_string() == wanted))
            })
            .await?
            .ok_or_else(|| {
                Error::new(
                    Code::NotFound,
                    format!("there is no connection {name:?}"),
                    "`lockstep connection list` shows them.",
                )
            })
    }

    /// Opens a connection with its secrets from the secret store.
    pub(crate) fn connector(&self, row: &ConnectionRow) -> Result<Connector> {
        let vendor = vendors::find(&self.vendors, &row.vendor)?;
        let mut secrets = BTreeMap::new();
        for field in self.secret_fields(&row.vendor)? {
            if let Some(bytes) = self.secrets.get(&secret_name(row.id, field))? {
                let text = String::from_utf8(bytes.to_vec()).map_err(|_| {
                    Error::new(
                        Code::SecretsLocked,
                        format!("the secret {field} of {} is damaged", row.name),
                        "Remove the connection and add it again.",
                    )
                })?;
                secrets.insert(field.to_owned(), Zeroizing::new(text));
            }
        }
        self.open_with(vendor, row.settings.clone(), secrets)
    }

    fn open_with(
        &self,
        vendor: &Vendor,
        settings: BTreeMap<String, String>,
        secrets: BTreeMap<String, Zeroizing<String>>,
    ) -> Result<Connector> {
        Ok((vendor.open)(OpenContext { settings, secrets, clock: self.clock.clone() })?)
    }

    fn secret_fields(&self, vendor: &str) -> Result<Vec<&'static str>> {
        let fields = vendors::find(&self.vendors, vendor)?.descriptor.fields;
        Ok(fields.iter().filter(|f| f.kind == FieldKind::Secret).map(|f| f.name).collect())
    }

    /// Marks a connection as failing, or as working again.
    pub(crate) async fn keep_trouble(
        &self,
        row: &ConnectionRow,
        error: Option<&lockstep_connectors::Error>,
    ) -> Result<()> {
        let trouble = error.map(|e| Trouble {
            kind: e.kind().as_str().into(),
            context: e.context().into(),
            remedy: e.remedy().into(),
            at: self.clock.now(),
        });
        let id = row.id;
        Ok(self.store.write(move |tx| tx.set_connection_trouble(id, trouble.as_ref())).await?)
    }

    async fn connection_view(&self, row: ConnectionRow) -> Result<ConnectionView> {
        let id = row.id;
        let last = self
            .store
            .read(move |r| {
                let workers = r.complete_reads(id, ReadKind::Workers, 1)?;
                let accounts = r.complete_reads(id, ReadKind::Accounts, 1)?;
                Ok(workers.into_iter().chain(accounts).filter_map(|read| read.end).map(|end| end.at).max())
            })
            .await?;
        let can = self.connector(&row).ok().and_then(|c| c.access).map(|a| a.can()).unwrap_or_default();
        let mut secrets = Vec::new();
        for field in self.secret_fields(&row.vendor)? {
            if self.secrets.get(&secret_name(id, field))?.is_some() {
                secrets.push(field.to_owned());
            }
        }
        Ok(ConnectionView {
            id,
            name: row.name,
            vendor: row.vendor,
            tenant: row.tenant,
            mode: row.mode,
            settings: row.settings,
            secrets,
            can,
            last_complete_read: last,
            trouble: row.trouble.map(|t| format!("{} {}", t.context, t.remedy)),
        })
    }
}

fn secret_name(connection: ConnectionId, field: &str) -> String {
    format!("connection/{connection}/{field}")
}

/// Every required field is told, and nothing is told that the vendor does not know.
fn check_settings(
    vendor: &Vendor,
    settings: &BTreeMap<String, String>,
    secrets: &BTreeMap<String, Zeroizing<String>>,
) -> Result<()> {
    let dates = vendors::date_fields(&vendor.descriptor);
    let fields: Vec<&Field> = vendor
        .descriptor
        .fields
        .iter()
        .chain(dates)
        .chain(vendors::common_fields(&vendor.descriptor))
        .collect();
    every(settings)?;
    let ask = format!("`lockstep vendor show {}` lists what it takes.", vendor.descriptor.id);
    for (name, value) in settings {
        match fields.iter().find(|f| f.name == name) {
            None => return Err(wrong(name, "this vendor does not know it".into(), &ask)),
            Some(field) if field.kind == FieldKind::Secret => {
                return Err(wrong(
                    name,
                    "it is a secret and must not be given as a setting".into(),
                    "Give it with --secret, from standard input or a named variable.",
                ));
            }
            // A relative one would be another file from another folder.
            Some(field) if field.kind == FieldKind::Path && !Path::new(value).is_absolute() => {
                return Err(wrong(name, format!("{value:?} is no absolute path"), "Give the whole path."));
            }
            Some(_) => {}
        }
    }
    for name in secrets.keys() {
        if !fields.iter().any(|f| f.name == name && f.kind == FieldKind::Secret) {
            return Err(wrong(name, "this vendor has no such secret".into(), &ask));
        }
    }
    for field in fields.iter().filter(|f| f.required) {
        let told = if field.kind == FieldKind::Secret {
            secrets.get(field.name).is_some_and(|s| !s.is_empty())
        } else {
            settings.get(field.name).is_some_and(|s| !s.trim().is_empty()) || field.default.is_some()
        };
        // The dates of an account list concern nobody.
        let needed = !dates.iter().any(|d| d.name == field.name)
            || settings.get("role").is_none_or(|r| r == "workers");
        if !told && needed {
            return Err(wrong(field.name, format!("it is missing ({})", field.label), field.help));
        }
    }
    Ok(())
}
