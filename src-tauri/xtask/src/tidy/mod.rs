//! The rules of ARCHITECTURE.md and CONTRIBUTING.md that no compiler knows. Reads files, starts nothing.

mod arrows;
mod forbidden;
mod links;
mod requirements;
mod sizes;
mod tree;
mod vendors;

use crate::{Result, repo};
use tree::Tree;

/// Looks at the whole tree and prints every finding; one finding is a failure.
pub(crate) fn run() -> Result {
    let tree = Tree::read(repo::root())?;
    let findings = findings(&tree);
    for finding in &findings {
        println!("tidy: {finding}");
    }
    match findings.len() {
        0 => {
            println!("tidy: {} files, nothing to say", tree.files.len());
            Ok(())
        }
        1 => Err("tidy has a finding, printed above".into()),
        many => Err(format!("tidy has {many} findings, printed above")),
    }
}

fn findings(tree: &Tree) -> Vec<String> {
    let rules: [fn(&Tree) -> Vec<String>; 7] = [
        top_level,
        arrows::findings,
        sizes::findings,
        vendors::findings,
        requirements::findings,
        forbidden::findings,
        links::findings,
    ];
    rules.iter().flat_map(|rule| rule(tree)).collect()
}

/// The customer fixed these entries (requirement D-04); the documents are what a newcomer looks for.
fn top_level(tree: &Tree) -> Vec<String> {
    const FOLDERS: [&str; 4] = ["src-tauri", "ui", "assets", "tests"];
    const FILES: [&str; 11] = [
        "Cargo.toml",
        "tauri.conf.json",
        "README.md",
        "ARCHITECTURE.md",
        "DESIGN.md",
        "CONTRIBUTING.md",
        "CHANGELOG.md",
        "SECURITY.md",
        "LICENSE",
        "docs/cli.md",
        ".ci/run",
    ];
    let has_folder = |name: &str| tree.files.keys().any(|path| path.starts_with(&format!("{name}/")));
    let folders =
        FOLDERS.iter().filter(|name| !has_folder(name)).map(|name| format!("{name}/ is missing or empty"));
    let files = FILES.iter().filter(|name| tree.text(name).trim().is_empty());
    folders.chain(files.map(|name| format!("{name} is missing or empty"))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_tree_is_told_every_missing_entry() {
        let findings = top_level(&Tree::of(&[]));
        assert_eq!(findings.len(), 15, "the fixed entries would vanish unseen otherwise: {findings:?}");
    }

    #[test]
    fn a_present_entry_is_not_reported() {
        let tree = Tree::of(&[("ui/index.html", "<html>"), ("LICENSE", "Apache"), ("README.md", " \n")]);
        let findings = top_level(&tree);
        assert!(!findings.iter().any(|it| it.contains("ui/") || it.contains("LICENSE")), "{findings:?}");
        assert!(findings.iter().any(|it| it.contains("README.md")), "an empty document is a missing one");
    }
}
