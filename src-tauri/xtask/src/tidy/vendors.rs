//! Every vendor module is registered and has a page.

use std::collections::BTreeSet;

use super::tree::Tree;

const FOLDER: &str = "src-tauri/crates/connectors/src/vendors/";

/// Modules beside the vendors that are none, with the reason.
const NO_VENDORS: [(&str, &str); 2] = [
    ("given", "how vendors read their settings"),
    ("sim", "the tests' simulated connector; no system stands behind it"),
];

pub(super) fn findings(tree: &Tree) -> Vec<String> {
    let register = tree.text(&format!("{FOLDER}mod.rs"));
    let modules: BTreeSet<&str> = tree.rust(FOLDER).filter_map(|(path, _)| module(path)).collect();
    let mut findings = Vec::new();
    for name in modules {
        if NO_VENDORS.iter().any(|(known, _)| *known == name) {
            continue;
        }
        if !mentions(register, name) {
            findings.push(format!("{FOLDER}{name} is not registered in {FOLDER}mod.rs"));
        }
        let page = format!("docs/vendors/{}.md", name.replace('_', "-"));
        if tree.text(&page).trim().is_empty() {
            findings.push(format!("{FOLDER}{name} has no page {page}"));
        }
    }
    findings
}

/// `scim` of `…/vendors/scim.rs` and of everything below `…/vendors/scim/`, not of tests beside them.
fn module(path: &str) -> Option<&str> {
    let inside = path.strip_prefix(FOLDER)?;
    let name = inside.split_once('/').map_or(inside.strip_suffix(".rs")?, |(folder, _)| folder);
    (name != "mod" && !name.ends_with("_tests")).then_some(name)
}

/// Whether the register calls something of the module: a bare `mod x;` registers nothing.
fn mentions(register: &str, name: &str) -> bool {
    let path = format!("{name}::");
    register
        .match_indices(&path)
        .any(|(at, _)| !register[..at].ends_with(|before: char| before.is_alphanumeric() || before == '_'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unregistered_or_undocumented_vendor_is_found() {
        let files = |register: &'static str| {
            Tree::of(&[
                ("src-tauri/crates/connectors/src/vendors/mod.rs", register),
                ("src-tauri/crates/connectors/src/vendors/scim/read.rs", ""),
                ("src-tauri/crates/connectors/src/vendors/big_corp.rs", ""),
                ("src-tauri/crates/connectors/src/vendors/big_corp_tests.rs", ""),
                ("src-tauri/crates/connectors/src/vendors/sim.rs", ""),
                ("docs/vendors/scim.md", "# SCIM"),
                ("docs/vendors/big-corp.md", "# Big"),
            ])
        };
        let good = findings(&files("vec![scim::vendor(), big_corp::vendor()]"));
        assert!(good.is_empty(), "all are registered and described: {good:?}");
        let forgotten = findings(&files("pub mod big_corp; vec![my_big_corp::vendor(), scim::vendor()]"));
        assert_eq!(forgotten.len(), 1, "a module that nobody lists would silently not exist: {forgotten:?}");
        let undocumented = findings(&Tree::of(&[
            ("src-tauri/crates/connectors/src/vendors/mod.rs", "vec![scim::vendor()]"),
            ("src-tauri/crates/connectors/src/vendors/scim.rs", ""),
        ]));
        assert_eq!(undocumented.len(), 1, "an operator needs the page: {undocumented:?}");
    }
}
