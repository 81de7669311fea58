//! What is read out of a bundle's files, with everything that is wrong named by file, line or seq.

use lockstep_domain::digest::Digest;
use lockstep_domain::ids::RunId;
use lockstep_domain::ledger::{Entry, leaf_hash};

use super::archive::Files;
use super::form::{CHECKPOINT, ENTRIES, KEY, MANIFEST, Manifest, PROOFS, Proofs, json_line};
use super::report::Failure;
use crate::note::VerifierKey;

/// An entry and its leaf hash.
pub(super) struct Leaf {
    pub entry: Entry,
    pub hash: Digest,
}

/// The evidence inside, parsed but not yet believed.
pub(super) struct Contents {
    pub leaves: Vec<Leaf>,
    pub proofs: Proofs,
    pub checkpoint: String,
    pub key: VerifierKey,
    pub run: RunId,
}

impl Contents {
    /// Parses the files. `None`, with failures, when something that all else rests on cannot be read.
    pub(super) fn read(files: &Files, failures: &mut Vec<Failure>) -> Option<Self> {
        let manifest = json::<Manifest>(files, MANIFEST, failures);
        let proofs = json::<Proofs>(files, PROOFS, failures);
        let checkpoint = text(files, CHECKPOINT, failures);
        let key = text(files, KEY, failures).and_then(|line| {
            let parsed = line.strip_suffix('\n').unwrap_or(&line).parse();
            parsed.map_err(|e| failures.push(Failure::at(KEY, e))).ok()
        });
        let leaves = text(files, ENTRIES, failures).and_then(|lines| leaves(&lines, failures));
        Some(Self {
            leaves: leaves?,
            proofs: proofs?,
            checkpoint: checkpoint?,
            key: key?,
            run: manifest?.run,
        })
    }
}

fn text(files: &Files, name: &str, failures: &mut Vec<Failure>) -> Option<String> {
    let Some(bytes) = files.get(name) else {
        failures.push(Failure::at(name, "is missing"));
        return None;
    };
    String::from_utf8(bytes.clone()).map_err(|e| failures.push(Failure::at(name, e))).ok()
}

fn json<T>(files: &Files, name: &str, failures: &mut Vec<Failure>) -> Option<T>
where
    T: serde::Serialize + serde::de::DeserializeOwned,
{
    let text = text(files, name, failures)?;
    let value: T = serde_json::from_str(&text).map_err(|e| failures.push(Failure::at(name, e))).ok()?;
    if json_line(&value).as_deref() != Ok(text.as_bytes()) {
        failures.push(Failure::at(name, "is not in canonical form"));
        return None;
    }
    Some(value)
}

fn leaves(lines: &str, failures: &mut Vec<Failure>) -> Option<Vec<Leaf>> {
    if !lines.ends_with('\n') {
        failures.push(Failure::at(ENTRIES, "the last line is cut off"));
        return None;
    }
    let mut leaves: Vec<Leaf> = Vec::new();
    for (number, line) in lines[..lines.len() - 1].split('\n').enumerate() {
        let place = || format!("{ENTRIES}, line {}", number + 1);
        let entry: Entry = match serde_json::from_str(line) {
            Ok(entry) => entry,
            Err(e) => {
                failures.push(Failure::at(place(), e));
                continue;
            }
        };
        if entry.canonical_bytes().ok().as_deref() != Some(line.as_bytes()) {
            failures.push(Failure::at(place(), "is not the canonical form of the entry that it holds"));
        }
        if leaves.last().is_some_and(|before| before.entry.seq >= entry.seq) {
            failures.push(Failure::at(place(), format!("seq {} is twice or out of order", entry.seq)));
        }
        leaves.push(Leaf { entry, hash: leaf_hash(line.as_bytes()) });
    }
    Some(leaves)
}
