//! docs/requirements.md: every requirement is there once, with a proof that exists or a reason why not.

use std::collections::BTreeSet;

use super::tree::Tree;

const FILE: &str = "docs/requirements.md";

/// Series of requirement ids and the last number of each; the first is 1.
const SERIES: [(&str, usize); 7] =
    [("S1", 80), ("S2", 73), ("S3", 52), ("S4", 50), ("D", 16), ("C", 36), ("E", 38)];

pub(super) fn findings(tree: &Tree) -> Vec<String> {
    let expected: BTreeSet<String> = SERIES
        .iter()
        .flat_map(|(name, last)| (1..=*last).map(move |number| format!("{name}-{number:02}")))
        .collect();
    let mut seen = BTreeSet::new();
    let mut findings = Vec::new();
    for (number, line) in tree.text(FILE).lines().enumerate() {
        let at = number + 1;
        let cells: Vec<&str> = line.trim().trim_matches('|').split(" | ").map(str::trim).collect();
        let [id, words, proof] = cells[..] else {
            if line.starts_with("| ") {
                findings
                    .push(format!("{FILE}:{at}: a row has three cells: id, requirement, proof or reason"));
            }
            continue;
        };
        if id == "id" {
            continue;
        }
        if !expected.contains(id) {
            findings.push(format!("{FILE}:{at}: {id} is no known requirement"));
        }
        if !seen.insert(id.to_owned()) {
            findings.push(format!("{FILE}:{at}: {id} stands there twice"));
        }
        if words.is_empty() {
            findings.push(format!("{FILE}:{at}: {id} says nothing"));
        }
        findings.extend(missing_proof(tree, proof).map(|why| format!("{FILE}:{at}: {id}: {why}")));
    }
    findings.extend(expected.difference(&seen).map(|id| format!("{FILE}: {id} is missing")));
    findings
}

/// Why a proof does not hold: it must be tests that exist, a document that exists, or a stated reason.
fn missing_proof(tree: &Tree, proof: &str) -> Option<String> {
    for reason in ["not yet: ", "not built: "] {
        if let Some(text) = proof.strip_prefix(reason) {
            return text.trim().is_empty().then(|| format!("`{reason}` without a reason"));
        }
    }
    if let Some(path) = proof.strip_prefix("document: ") {
        let path = path.split('#').next().unwrap_or(path);
        return tree.text(path).is_empty().then(|| format!("there is no document {path}"));
    }
    if proof.is_empty() {
        return Some("neither a test nor a reason".into());
    }
    proof.split(", ").find_map(|test| missing_test(tree, test.trim_matches('`')))
}

/// A test is named `path/to/file.rs::function`.
fn missing_test(tree: &Tree, name: &str) -> Option<String> {
    let Some((path, function)) = name.split_once(".rs::") else {
        return Some(format!(
            "{name:?} is no test (`file.rs::name`), `document: …`, `not yet: …` or `not built: …`"
        ));
    };
    let declared = format!("fn {function}(");
    (!tree.text(&format!("{path}.rs")).contains(&declared)).then(|| format!("there is no test {name}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_proof_must_exist() {
        let tree = Tree::of(&[("a/b.rs", "#[test]\nfn it_holds() {}"), ("DESIGN.md", "# Why")]);
        let rows = [
            ("`a/b.rs::it_holds`", true),
            ("`a/b.rs::it_holds`, `a/b.rs::it_holds`", true),
            ("document: DESIGN.md#why", true),
            ("not yet: comes with the window", true),
            ("not built: advertising", true),
            ("`a/b.rs::it_hold`", false),
            ("`a/b.rs::it_holds`, `a/c.rs::it_holds`", false),
            ("document: NOWHERE.md", false),
            ("not yet: ", false),
            ("later", false),
            ("", false),
        ];
        for (proof, holds) in rows {
            assert_eq!(
                missing_proof(&tree, proof).is_none(),
                holds,
                "a false proof is worse than none: {proof:?}"
            );
        }
    }

    #[test]
    fn a_missing_doubled_or_unknown_id_is_found() {
        let rows = "| id | requirement | proof |\n|---|---|---|\n\
                    | S1-01 | a | not yet: b |\n| S1-01 | a | not yet: b |\n| X-1 | a | not yet: b |\n| S1-02 | a |\n";
        let findings = findings(&Tree::of(&[(FILE, rows)]));
        for expected in [
            "S1-01 stands there twice",
            "X-1 is no known",
            "three cells",
            "S1-02 is missing",
            "E-38 is missing",
        ] {
            assert!(
                findings.iter().any(|it| it.contains(expected)),
                "{expected:?} must be told, or a requirement is lost: {:?}",
                &findings[..5.min(findings.len())]
            );
        }
    }
}
