//! Verifying a bundle: no database, no network, no clock.

use std::fmt;

use lockstep_domain::digest::Digest;
use serde_json::Value;

use super::archive::{Files, pack, unpack};
use super::contents::{Contents, Leaf};
use super::form::{
    ARTEFACTS, CHECKPOINT, ENTRIES, KEY, MANIFEST, PAYLOADS, PROOFS, README, SUMS, artefact_path, complete,
    payload_paths, sums,
};
use super::report::{Failure, VerifyOptions, VerifyReport};
use crate::bundle::commitment;
use crate::checkpoint::{Checkpoint, origin};
use crate::merkle::{verify_consistency, verify_inclusion};

/// Verifies a bundle. Never fails: what cannot be read is a failure in the report.
pub fn verify(bytes: &[u8], options: &VerifyOptions) -> VerifyReport {
    let mut check = Check::default();
    let contents = match unpack(bytes) {
        Ok(files) => check.files(bytes, &files),
        Err(e) => {
            check.failures.push(Failure::at("zip", e));
            None
        }
    };
    if let Some(contents) = &contents {
        check.origin(contents, options);
    }
    let ok = check.failures.is_empty();
    VerifyReport {
        ok,
        verdict: if ok { verdict(options) } else { format!("not intact: {} found", found(&check.failures)) },
        run: contents.as_ref().map(|c| c.run),
        key: contents.as_ref().map(|c| c.key.to_string()),
        checked: check.checked,
        failures: check.failures,
        not_proven: check.not_proven,
    }
}

fn found(failures: &[Failure]) -> String {
    if failures.len() == 1 { "1 fault".into() } else { format!("{} faults", failures.len()) }
}

fn verdict(options: &VerifyOptions) -> String {
    match (&options.trust, &options.checkpoint) {
        (None, None) => "consistent with the key inside; origin and completeness not proven",
        (Some(_), None) => "consistent and signed by the trusted key; no other checkpoint was compared",
        (None, Some(_)) => {
            "consistent and part of the same ledger as the checkpoint given; no key was compared"
        }
        (Some(_), Some(_)) => {
            "consistent, signed by the trusted key, and part of the same ledger as the checkpoint given"
        }
    }
    .into()
}

#[derive(Default)]
struct Check {
    checked: Vec<String>,
    failures: Vec<Failure>,
    not_proven: Vec<String>,
}

impl Check {
    fn fail(&mut self, place: impl Into<String>, problem: impl fmt::Display) {
        self.failures.push(Failure::at(place, problem));
    }

    /// Runs a group of checks and says what holds when none of them failed.
    fn group(&mut self, holds: impl FnOnce() -> String, checks: impl FnOnce(&mut Self)) {
        let before = self.failures.len();
        checks(self);
        if self.failures.len() == before {
            self.checked.push(holds());
        }
    }

    /// Everything that the bundle itself can answer for.
    fn files(&mut self, bytes: &[u8], files: &Files) -> Option<Contents> {
        self.group(|| format!("{SUMS}: {} files", files.len() - 1), |check| check.sums(files));
        let contents = Contents::read(files, &mut self.failures)?;
        self.group(
            || format!("{ENTRIES}: {} entries, each under the signed root", contents.leaves.len()),
            |check| check.entries(&contents),
        );
        self.group(
            || "artefacts: each as an entry records it".into(),
            |check| check.artefacts(files, &contents.leaves),
        );
        self.group(
            || "payloads: each fits its entry's commitment".into(),
            |check| check.payloads(files, &contents.leaves),
        );
        self.completeness(&contents);
        self.group(
            || "zip: every byte follows from the evidence inside".into(),
            |check| check.form(bytes, files, &contents),
        );
        Some(contents)
    }

    fn sums(&mut self, files: &Files) {
        let Some(listed) = files.get(SUMS) else { return self.fail(SUMS, "is missing") };
        let expected = sums(files);
        if listed == expected.as_bytes() {
            return;
        }
        let listed: Vec<&[u8]> = listed.split(|b| *b == b'\n').collect();
        let changed: Vec<_> = expected.lines().filter(|line| !listed.contains(&line.as_bytes())).collect();
        for line in &changed {
            self.fail(line.split_once("  ").map_or(*line, |(_, path)| path), "is not as SHA256SUMS lists it");
        }
        if changed.is_empty() {
            self.fail(SUMS, "lists other files than there are, or in another form");
        }
    }

    fn entries(&mut self, contents: &Contents) {
        let Contents { leaves, proofs, key, .. } = contents;
        let Some(first) = leaves.first() else { return self.fail(ENTRIES, "has no entries") };
        let org = first.entry.org;
        if key.name() != origin(org) {
            self.fail(KEY, format!("is for {:?}, the entries are of {:?}", key.name(), origin(org)));
        }
        let checkpoint = match Checkpoint::open(&contents.checkpoint, key) {
            Ok(checkpoint) => checkpoint,
            Err(e) => return self.fail(CHECKPOINT, e),
        };
        let proven: Vec<u64> = proofs.inclusion.iter().map(|proof| proof.seq).collect();
        if proofs.v != 1 || proven != leaves.iter().map(|leaf| leaf.entry.seq).collect::<Vec<_>>() {
            return self.fail(PROOFS, "does not hold exactly one proof for each entry, in order");
        }
        for (leaf, proof) in leaves.iter().zip(&proofs.inclusion) {
            let seq = leaf.entry.seq;
            let index = seq.checked_sub(1);
            let included = index.is_some_and(|index| {
                verify_inclusion(&leaf.hash, index, checkpoint.size, &proof.path, &checkpoint.root)
            });
            if !included {
                self.fail(format!("seq {seq}"), "is not in the ledger that the checkpoint signs");
            }
            if leaf.entry.org != org || leaf.entry.v != 1 {
                self.fail(format!("seq {seq}"), "is of another organisation or of an unknown version");
            }
        }
        for pair in leaves.windows(2) {
            let [before, after] = pair else { continue };
            if before.entry.seq + 1 == after.entry.seq && after.entry.prev != before.hash {
                self.fail(format!("seq {}", after.entry.seq), "does not follow the entry before it");
            }
        }
    }

    fn artefacts(&mut self, files: &Files, leaves: &[Leaf]) {
        let recorded: Vec<_> = leaves.iter().flat_map(recorded).collect();
        for (path, bytes) in files.iter().filter(|(path, _)| path.starts_with(ARTEFACTS)) {
            let sha256 = Digest::of(bytes);
            let fits = |r: &Recorded| {
                r.sha256 == sha256 && r.name.as_ref().is_none_or(|name| artefact_path(name, &sha256) == *path)
            };
            if !recorded.iter().any(fits) {
                self.fail(path, "no entry records a file of this name and SHA-256");
            }
        }
        let held: Vec<Digest> = files.values().map(|bytes| Digest::of(bytes)).collect();
        for missing in recorded.iter().filter(|r| !held.contains(&r.sha256)) {
            let name = missing.name.as_deref().unwrap_or("a file");
            self.not_proven.push(format!(
                "{name} with SHA-256 {}, recorded by seq {}, is not in the bundle",
                missing.sha256, missing.seq
            ));
        }
    }

    fn payloads(&mut self, files: &Files, leaves: &[Leaf]) {
        let mut known = Vec::new();
        for Leaf { entry, .. } in leaves {
            let (payload_path, salt_path) = payload_paths(entry.seq);
            let (payload, salt) = (files.get(&payload_path), files.get(&salt_path));
            if payload.is_none() && salt.is_none() {
                if entry.commitment.is_some() {
                    self.not_proven.push(format!("the payload of seq {} is not disclosed", entry.seq));
                }
                continue;
            }
            let salt = salt.and_then(|text| text.strip_suffix(b"\n")).and_then(|text| {
                let mut bytes = [0; 32];
                hex::decode_to_slice(text, &mut bytes).ok().map(|()| bytes)
            });
            let fits = payload
                .zip(salt)
                .is_some_and(|(bytes, salt)| Some(commitment(&salt, bytes)) == entry.commitment);
            if !fits {
                self.fail(&payload_path, format!("does not fit the commitment of seq {}", entry.seq));
            }
            known.extend([payload_path, salt_path]);
        }
        for path in files.keys().filter(|path| path.starts_with(PAYLOADS) && !known.contains(path)) {
            self.fail(path, "belongs to no entry of the bundle");
        }
    }

    /// A seal says how many entries the run had; what came after the last seal nobody vouches for.
    fn completeness(&mut self, contents: &Contents) {
        let of_run = || contents.leaves.iter().filter(|leaf| leaf.entry.run == Some(contents.run));
        if of_run().next().is_none() {
            return self.fail(MANIFEST, format!("names run {}, of which there is no entry", contents.run));
        }
        let mut sealed_to = None;
        for seal in of_run().filter(|leaf| leaf.entry.kind == "run.sealed") {
            let body = |key: &str| seal.entry.body.get(key).and_then(Value::as_u64);
            let (Some(claimed), Some(first), Some(last)) =
                (body("entries"), body("first_seq"), body("last_seq"))
            else {
                self.fail(format!("seq {}", seal.entry.seq), "is a seal that does not say what it covers");
                continue;
            };
            let held = of_run().filter(|leaf| (first..=last).contains(&leaf.entry.seq)).count() as u64;
            let ends = [first, last].iter().all(|end| of_run().any(|leaf| leaf.entry.seq == *end));
            if held == claimed && ends {
                self.checked.push(format!(
                    "run: complete from seq {first} to {last}, {held} entries, as sealed by seq {}",
                    seal.entry.seq
                ));
                sealed_to = Some(seal.entry.seq);
            } else {
                self.fail(
                    format!("seq {}", seal.entry.seq),
                    format!("seals {claimed} entries from seq {first} to {last}; {held} are here"),
                );
            }
        }
        self.not_proven.push(match sealed_to {
            Some(seq) => format!("that the run has no entries after its seal (seq {seq}) beyond those here"),
            None => "that the run's entries are complete: no seal is among them".into(),
        });
    }

    /// Writes the bundle anew; whatever is not evidence must come out the same.
    fn form(&mut self, bytes: &[u8], files: &Files, contents: &Contents) {
        let Some(org) = contents.leaves.first().map(|leaf| leaf.entry.org) else { return };
        let seqs = contents.leaves.iter().map(|leaf| leaf.entry.seq).collect();
        let evidence = |path: &str| {
            [ENTRIES, PROOFS, CHECKPOINT, KEY].contains(&path)
                || path.starts_with(ARTEFACTS)
                || path.starts_with(PAYLOADS)
        };
        let kept = files.iter().filter(|(path, _)| evidence(path));
        let kept: Files = kept.map(|(path, bytes)| (path.clone(), bytes.clone())).collect();
        let anew = match complete(kept, org, contents.run, seqs) {
            Ok(anew) => anew,
            Err(e) => return self.fail(MANIFEST, e),
        };
        for path in files.keys().filter(|path| !anew.contains_key(*path)) {
            self.fail(path, "is no part of a bundle");
        }
        for derived in [MANIFEST, README, SUMS] {
            if files.get(derived) != anew.get(derived) {
                self.fail(derived, "does not follow from what is inside");
            }
        }
        if contents.key.to_string() + "\n" != String::from_utf8_lossy(&files[KEY]) {
            self.fail(KEY, "holds more than the key");
        }
        if pack(&anew).as_deref() != Ok(bytes) {
            self.fail("zip", "its headers are not as Lockstep writes them");
        }
    }

    /// What only something from elsewhere can answer for.
    fn origin(&mut self, contents: &Contents, options: &VerifyOptions) {
        match &options.trust {
            Some(trusted) if *trusted == contents.key => {
                self.checked.push(format!("{KEY}: is the trusted key"));
            }
            Some(trusted) => {
                self.fail(KEY, format!("is {}, the trusted key is {trusted}", contents.key));
            }
            None => self.not_proven.push("that the key belongs to the organisation".into()),
        }
        let Some(other) = &options.checkpoint else {
            self.not_proven.push("that this ledger is the only one that the key signed".into());
            return;
        };
        let place = "the checkpoint given";
        let theirs = match Checkpoint::open(&other.checkpoint, &contents.key) {
            Ok(theirs) => theirs,
            Err(e) => return self.fail(place, e),
        };
        // A checkpoint inside that cannot be opened was reported already.
        let Ok(ours) = Checkpoint::open(&contents.checkpoint, &contents.key) else { return };
        let (smaller, larger) = if ours.size <= theirs.size { (&ours, &theirs) } else { (&theirs, &ours) };
        let proof = &other.proof;
        if verify_consistency(smaller.size, &smaller.root, larger.size, &larger.root, proof) {
            self.checked.push(format!("{place}: size {}, the same ledger", theirs.size));
        } else if proof.is_empty() && ours.size != theirs.size {
            self.fail(
                place,
                format!(
                    "is of size {}, the bundle's of size {}, and no consistency proof came with it; \
                     ask for one between these sizes",
                    theirs.size, ours.size
                ),
            );
        } else {
            self.fail(place, "is of another ledger: the two trees do not continue one another");
        }
    }
}

/// A SHA-256 that an entry vouches for.
struct Recorded {
    seq: u64,
    name: Option<String>,
    sha256: Digest,
}

/// Bodies record files as `artefact` with `sha256`, as `record` of a seal, and as `file` of an attestation.
fn recorded(leaf: &Leaf) -> Vec<Recorded> {
    let body = &leaf.entry.body;
    let text = |key: &str| body.get(key).and_then(Value::as_str);
    let name = text("artefact").map(String::from);
    let named = name.is_some().then(|| (text("sha256"), name));
    named
        .into_iter()
        .chain([(text("record"), None), (text("file"), None)])
        .filter_map(|(sha256, name)| {
            Some(Recorded { seq: leaf.entry.seq, name, sha256: sha256?.parse().ok()? })
        })
        .collect()
}
