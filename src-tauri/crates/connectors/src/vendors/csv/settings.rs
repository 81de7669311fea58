//! What a connection says about its file, parsed once.

use std::collections::BTreeMap;
use std::path::PathBuf;

use chrono_tz::Tz;
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::columns::{ColumnMap, Field, fold};
use super::dates::DateFormat;
use super::words::Words;
use crate::error::{Error, Kind, Result};

/// What the rows of the file are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Stints of people, from an HR system.
    Workers,
    /// Accounts of some system.
    Accounts,
}

/// How the bytes of a text file become characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Encoding {
    /// By byte-order mark, else UTF-8, else refused.
    Auto,
    /// UTF-8.
    Utf8,
    /// Windows-1252, of which Latin-1's letters are a part.
    Windows1252,
}

/// The settings of a connection.
#[derive(Debug)]
pub(super) struct Settings {
    pub(super) path: PathBuf,
    pub(super) role: Role,
    pub(super) tenant: String,
    /// The saved column map; `None` lets the headers speak.
    pub(super) columns: Option<ColumnMap>,
    pub(super) dates: DateFormat,
    pub(super) words: Words,
    /// The delimiter; `None` finds it in the header.
    pub(super) delimiter: Option<u8>,
    pub(super) encoding: Encoding,
    /// The sheet of a workbook; `None` takes the only visible one.
    pub(super) sheet: Option<String>,
    /// Folded name of a place to its zone.
    pub(super) zone_aliases: BTreeMap<String, Tz>,
}

impl Settings {
    /// Parses what the operator saved. Nothing is read from disk yet.
    ///
    /// # Errors
    /// `Setting`, naming the setting and what may stand in it.
    pub(super) fn parse(raw: &BTreeMap<String, String>) -> Result<Self> {
        let get = |name: &str| raw.get(name).map(|v| v.trim()).filter(|v| !v.is_empty());
        let path = get("path").ok_or_else(|| wrong("path", "it is missing", "name the file to read"))?;
        let role = match get("role").unwrap_or("workers") {
            "workers" => Role::Workers,
            "accounts" => Role::Accounts,
            _ => return Err(wrong("role", "it is not a role", "use workers or accounts")),
        };
        let delimiter = match get("delimiter").unwrap_or("auto") {
            "auto" => None,
            "tab" => Some(b'\t'),
            "," => Some(b','),
            ";" => Some(b';'),
            "|" => Some(b'|'),
            _ => return Err(wrong("delimiter", "it is not a known delimiter", "use auto , ; tab or |")),
        };
        let encoding = match fold(get("encoding").unwrap_or("auto")).as_str() {
            "auto" => Encoding::Auto,
            "utf8" => Encoding::Utf8,
            "windows1252" | "latin1" => Encoding::Windows1252,
            _ => return Err(wrong("encoding", "it is not known", "use auto, utf-8, windows-1252 or latin1")),
        };
        let columns = get("columns").map(|text| json::<ColumnMap>("columns", text)).transpose()?;
        if let Some(unknown) = columns.iter().flat_map(|m| m.keys()).find(|k| !is_field(role, k)) {
            let known = Field::of(role).iter().map(|f| f.name()).collect::<Vec<_>>().join(", ");
            return Err(wrong("columns", &format!("{unknown:?} is not a field"), &format!("use: {known}")));
        }
        let words = match get("status_map") {
            Some(text) => Words::new(role, &json("status_map", text)?)?,
            None => Words::new(role, &BTreeMap::new())?,
        };
        let zone_aliases = match get("zone_aliases") {
            Some(text) => zones(json("zone_aliases", text)?)?,
            None => BTreeMap::new(),
        };
        Ok(Self {
            path: path.into(),
            role,
            tenant: get("tenant").unwrap_or("file").to_owned(),
            columns,
            dates: DateFormat::parse(get("date_format").unwrap_or("iso"))?,
            words,
            delimiter,
            encoding,
            sheet: get("sheet").map(str::to_owned),
            zone_aliases,
        })
    }
}

/// A setting that cannot be used.
pub(super) fn wrong(name: &str, problem: &str, remedy: &str) -> Error {
    Error::new(Kind::Setting, format!("the setting `{name}` cannot be used: {problem}"), remedy)
}

fn is_field(role: Role, name: &str) -> bool {
    Field::of(role).iter().any(|f| f.name() == name)
}

fn json<T: DeserializeOwned>(name: &str, text: &str) -> Result<T> {
    serde_json::from_str(text).map_err(|e| {
        wrong(name, "it is not a JSON object of texts", r#"write it as {"one": "other"}"#).caused_by(e)
    })
}

fn zones(named: BTreeMap<String, String>) -> Result<BTreeMap<String, Tz>> {
    let parsed = named.into_iter().map(|(alias, zone)| match zone.parse() {
        Ok(zone) => Ok((fold(&alias), zone)),
        Err(_) => Err(wrong(
            "zone_aliases",
            &format!("{zone:?} is no IANA time zone"),
            "use names such as Europe/Berlin",
        )),
    });
    parsed.collect()
}
