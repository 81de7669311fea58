//! `lockstep connection add`: settings as arguments, secrets never.

use std::collections::BTreeMap;
use std::path::Path;

use clap::Args;
use lockstep_engine::api::{AddConnection, FieldView};
use lockstep_engine::{Code, Error, Result};

use super::vendor;
use crate::context::Context;
use crate::exit::Stop;
use crate::{files, secrets};

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  lockstep connection add csv --name hr --set path=people.csv --set zone=Europe/Berlin
  lockstep connection add csv --name hr --set path=people.csv --set zone=Europe/Berlin --set columns=@columns.json
  lockstep connection add scim --name okta --set base_url=https://… --secret token=env:OKTA_TOKEN
  lockstep connection add scim --name okta --set base_url=https://… --secret token=stdin < token.txt

`lockstep vendor show VENDOR` lists the fields. A required secret that is not named is asked for on a
terminal, without showing it. A secret is never written as an argument: other programs could read it.")]
pub(crate) struct Add {
    /// The vendor, as `lockstep vendor list` names it
    vendor: String,
    /// A unique name for the connection
    #[arg(long)]
    name: String,
    /// A setting; a column map may be read from a file (FIELD=@FILE)
    #[arg(long, value_name = "FIELD=VALUE")]
    set: Vec<String>,
    /// Where a secret comes from: FIELD=env:VARIABLE or FIELD=stdin
    #[arg(long, value_name = "FIELD=SOURCE")]
    secret: Vec<String>,
}

impl Add {
    pub(super) async fn run(self, context: &Context) -> Result<(), Stop> {
        let vendor = vendor::find(&self.vendor)?;
        let settings = settings(&vendor.fields, &self.set)?;
        let secrets = secrets::for_connection(&vendor.fields, &self.secret)?;
        let add = AddConnection { vendor: self.vendor, name: self.name, settings, secrets };
        let connection = context.desk().await?.add_connection(add).await?;
        context.answer(&connection, |page| {
            let name = &connection.name;
            page.line(format!("{name} is added in mode {}.", connection.mode));
            page.line(format!("Next: `lockstep connection test {name}`, then `lockstep sync`."));
        })?;
        Ok(())
    }
}

fn settings(fields: &[FieldView], given: &[String]) -> Result<BTreeMap<String, String>> {
    let mut settings = BTreeMap::new();
    for setting in given {
        let (name, value) = setting.split_once('=').ok_or_else(|| {
            usage("A --set does not name a field and its value.", "Write --set FIELD=VALUE.")
        })?;
        let Some(field) = fields.iter().find(|field| field.name == name) else {
            let names: Vec<_> = fields.iter().filter(|f| !f.secret).map(|f| f.name.as_str()).collect();
            let remedy = format!("The vendor's settings are: {}.", names.join(", "));
            return Err(usage(format!("The vendor has no setting \"{name}\"."), remedy));
        };
        if field.secret {
            return Err(usage(
                format!("\"{name}\" is a secret and was written as an argument."),
                format!(
                    "Use --secret {name}=env:VARIABLE or --secret {name}=stdin. What you wrote stands in the \
                     shell's history: replace it at the vendor."
                ),
            ));
        }
        if settings.insert(name.to_owned(), value_of(field, value)?).is_some() {
            return Err(usage(format!("The setting \"{name}\" is given twice."), "Give each setting once."));
        }
    }
    Ok(settings)
}

/// A path is kept whole, since the next command may run in another folder; a map may stand in a file.
fn value_of(field: &FieldView, value: &str) -> Result<String> {
    match (field.kind.as_str(), value.strip_prefix('@')) {
        ("column map", Some(file)) => files::read_text(Path::new(file)),
        ("file", _) => {
            let path = std::path::absolute(value).map_err(|error| {
                usage(format!("\"{}\" is not a path.", field.name), "Name a file.").caused_by(error)
            })?;
            path.into_os_string().into_string().map_err(|_| {
                usage(format!("\"{}\" is not text in UTF-8.", field.name), "Move the file to a plain path.")
            })
        }
        _ => Ok(value.to_owned()),
    }
}

fn usage(context: impl Into<String>, remedy: impl Into<String>) -> Error {
    Error::new(Code::Usage, context, remedy)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn field(name: &str, kind: &str) -> FieldView {
        FieldView {
            name: name.into(),
            label: name.into(),
            help: String::new(),
            kind: kind.into(),
            secret: kind == "secret",
            required: false,
            default: None,
            example: String::new(),
        }
    }

    fn take(given: &[&str]) -> Result<BTreeMap<String, String>> {
        let fields = [field("path", "file"), field("columns", "column map"), field("token", "secret")];
        settings(&fields, &given.iter().map(|&text| text.to_owned()).collect::<Vec<_>>())
    }

    #[test]
    fn what_cannot_be_meant_is_refused_without_repeating_a_secret() {
        for (given, names) in [
            (&["path"][..], "--set"),
            (&["pth=a"], "\"pth\""),
            (&["path=a", "path=b"], "twice"),
            (&["token=hunter2"], "secret"),
        ] {
            let error = take(given).unwrap_err();
            assert_eq!(error.code(), Code::Usage, "{given:?}: nothing may be added");
            assert!(error.to_string().contains(names), "{given:?} must be explained: {error}");
            assert!(!format!("{error}{}", error.remedy()).contains("hunter2"), "a secret must not spread");
        }
    }

    #[test]
    fn a_relative_path_is_kept_whole_and_a_map_comes_from_its_file() {
        let folder = tempfile::tempdir().unwrap();
        let map = folder.path().join("map.json");
        std::fs::write(&map, "{}").unwrap();
        let taken = take(&["path=people.csv", &format!("columns=@{}", map.display())]).unwrap();
        assert!(Path::new(&taken["path"]).is_absolute(), "serve runs in another folder: {}", taken["path"]);
        assert_eq!(taken["columns"], "{}", "a map is too long to type");
    }
}
