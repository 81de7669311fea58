//! The text files of a bundle and how each is written. Version 1; a change of form is a new version.

use std::fmt::Write as _;

use lockstep_domain::digest::{Digest, canonical_json};
use lockstep_domain::ids::{OrgId, RunId};
use serde::{Deserialize, Serialize};

use super::archive::Files;

pub(super) const README: &str = "README.txt";
pub(super) const SUMS: &str = "SHA256SUMS";
pub(super) const MANIFEST: &str = "manifest.json";
pub(super) const ENTRIES: &str = "entries.jsonl";
pub(super) const PROOFS: &str = "proofs.json";
pub(super) const CHECKPOINT: &str = "checkpoint.txt";
pub(super) const KEY: &str = "key.txt";
pub(super) const ARTEFACTS: &str = "artefacts/";
pub(super) const PAYLOADS: &str = "payloads/";

/// Frozen with the version of the form, as the verifier compares it.
const README_TEXT: &str = include_str!("readme.txt");

/// What is inside, for people and programs that do not read the entries.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Manifest {
    pub v: u8,
    pub purpose: String,
    pub org: OrgId,
    pub run: RunId,
    /// Sequence numbers of the entries.
    pub entries: Vec<u64>,
    pub artefacts: Vec<ManifestFile>,
    pub payloads: Vec<ManifestFile>,
}

#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ManifestFile {
    pub path: String,
    pub sha256: Digest,
    pub size: u64,
}

/// The inclusion proofs.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Proofs {
    pub v: u8,
    pub inclusion: Vec<Inclusion>,
}

/// One entry's way to the root, from the leaf up.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Inclusion {
    pub seq: u64,
    pub path: Vec<Digest>,
}

/// The one line of a JSON file.
pub(super) fn json_line<T: Serialize>(value: &T) -> Result<Vec<u8>, String> {
    let mut line = canonical_json(value).map_err(|e| e.to_string())?;
    line.push(b'\n');
    Ok(line)
}

/// Adds the files that follow from the others.
pub(super) fn complete(mut files: Files, org: OrgId, run: RunId, entries: Vec<u64>) -> Result<Files, String> {
    let listed = |folder: &str| {
        let inside = files.iter().filter(|(path, _)| path.starts_with(folder));
        inside
            .map(|(path, bytes)| ManifestFile {
                path: path.clone(),
                sha256: Digest::of(bytes),
                size: bytes.len() as u64,
            })
            .collect()
    };
    let (artefacts, payloads) = (listed(ARTEFACTS), listed(PAYLOADS));
    let manifest =
        Manifest { v: 1, purpose: "lockstep/bundle".into(), org, run, entries, artefacts, payloads };
    files.insert(MANIFEST.into(), json_line(&manifest)?);
    files.insert(README.into(), README_TEXT.into());
    let sums = sums(&files);
    files.insert(SUMS.into(), sums.into_bytes());
    Ok(files)
}

/// In the form of `sha256sum`: digest, two spaces, path.
pub(super) fn sums(files: &Files) -> String {
    files.iter().filter(|(path, _)| *path != SUMS).fold(String::new(), |mut text, (path, bytes)| {
        // Writing to a string does not fail.
        let _ = writeln!(text, "{}  {path}", Digest::of(bytes));
        text
    })
}

/// Where an artefact stands: a part of its digest keeps equal names apart; the name, which may come from
/// outside, keeps only letters, digits, dots and dashes.
pub(super) fn artefact_path(name: &str, sha256: &Digest) -> String {
    let keep = |c: char| if c.is_ascii_alphanumeric() || ".-_".contains(c) { c } else { '_' };
    let name: String = name.chars().take(100).map(keep).collect();
    format!("{ARTEFACTS}{}-{name}", &sha256.to_string()[..12])
}

/// Where a disclosed payload and its salt stand.
pub(super) fn payload_paths(seq: u64) -> (String, String) {
    (format!("{PAYLOADS}{seq}.payload"), format!("{PAYLOADS}{seq}.salt"))
}
