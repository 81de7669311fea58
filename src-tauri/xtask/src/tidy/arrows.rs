//! Which crate may see which: ARCHITECTURE.md's arrows, read from every Cargo.toml.

use super::tree::Tree;

/// A package of this workspace, and the packages of this workspace that it may see. Tests may also use the testkit,
/// the practice company, and their own package with another feature.
const ARROWS: [(&str, &[&str]); 10] = [
    ("lockstep-domain", &[]),
    ("lockstep-connectors", &["lockstep-domain"]),
    ("lockstep-store", &["lockstep-domain"]),
    ("lockstep-evidence", &["lockstep-domain"]),
    ("lockstep-engine", &["lockstep-domain", "lockstep-connectors", "lockstep-store", "lockstep-evidence"]),
    ("lockstep-cli", &["lockstep-engine"]),
    (PRACTICE, &[]),
    ("lockstep-shell", &["lockstep-engine"]),
    (TESTKIT, &[PRACTICE]),
    ("xtask", &[TESTKIT, PRACTICE]),
];

const TESTKIT: &str = "lockstep-desktop";

/// Simulated vendors. Nothing that is shipped may see them; tests may.
const PRACTICE: &str = "lockstep-practice";

/// Libraries with one home each. Only what is shipped counts: a test may open the database to damage it.
const HOMES: [(&str, &str); 6] = [
    ("rusqlite", "lockstep-store"),
    ("keyring", "lockstep-store"),
    ("reqwest", "lockstep-connectors"),
    ("printpdf", "lockstep-evidence"),
    ("ed25519-dalek", "lockstep-evidence"),
    ("tauri", "lockstep-shell"),
];

pub(super) fn findings(tree: &Tree) -> Vec<String> {
    let manifests = tree.files.iter().filter(|(path, _)| path.ends_with("Cargo.toml"));
    manifests.flat_map(|(path, text)| of_manifest(path, text)).collect()
}

fn of_manifest(path: &str, text: &str) -> Vec<String> {
    let manifest: toml::Table = match toml::from_str(text) {
        Ok(manifest) => manifest,
        Err(error) => return vec![format!("{path}: {error}")],
    };
    let Some(name) = manifest.get("package").and_then(|it| it.get("name")?.as_str()) else {
        return vec![format!("{path}: names no package")];
    };
    let Some((_, allowed)) = ARROWS.iter().find(|(package, _)| *package == name) else {
        return vec![format!(
            "{path}: {name} is a new package; give it its arrows in tidy/arrows.rs and ARCHITECTURE.md"
        )];
    };
    let mut findings = Vec::new();
    for (section, dependency) in dependencies(&manifest) {
        let for_tests = section == "dev-dependencies";
        let ours = ARROWS.iter().any(|(package, _)| *package == dependency);
        if ours
            && !allowed.contains(&dependency)
            && !(for_tests && [TESTKIT, PRACTICE, name].contains(&dependency))
        {
            findings
                .push(format!("{path}: {name} must not see {dependency} ([{section}], see ARCHITECTURE.md)"));
        }
        for (library, home) in HOMES {
            if is_or_extends(dependency, library) && name != home && !for_tests {
                findings.push(format!("{path}: only {home} may use {dependency}, not {name} ([{section}])"));
            }
        }
    }
    findings
}

/// `tauri-build` belongs where `tauri` belongs.
fn is_or_extends(dependency: &str, library: &str) -> bool {
    dependency.strip_prefix(library).is_some_and(|rest| rest.is_empty() || rest.starts_with('-'))
}

/// Every dependency with its section, also those of one platform.
fn dependencies(manifest: &toml::Table) -> Vec<(&'static str, &str)> {
    const SECTIONS: [&str; 3] = ["dependencies", "build-dependencies", "dev-dependencies"];
    let platforms = manifest.get("target").and_then(toml::Value::as_table);
    let platform_tables = platforms.into_iter().flat_map(|it| it.values().filter_map(toml::Value::as_table));
    let mut found = Vec::new();
    for table in std::iter::once(manifest).chain(platform_tables) {
        for section in SECTIONS {
            let listed = table.get(section).and_then(toml::Value::as_table);
            // A renamed dependency is judged by the name of its package.
            found.extend(listed.into_iter().flatten().map(|(key, value)| {
                (section, value.get("package").and_then(toml::Value::as_str).unwrap_or(key))
            }));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn manifest(name: &str, rest: &str) -> String {
        format!("[package]\nname = \"{name}\"\n{rest}")
    }

    #[test]
    fn a_wrong_arrow_is_found_wherever_it_stands() {
        let rows = [
            (
                "lockstep-domain",
                "[dependencies]\nlockstep-store.workspace = true",
                "must not see lockstep-store",
            ),
            (
                "lockstep-store",
                "[dev-dependencies]\nlockstep-evidence = \"1\"",
                "must not see lockstep-evidence",
            ),
            ("lockstep-cli", "[build-dependencies]\nlockstep-domain = \"1\"", "must not see lockstep-domain"),
            (
                "lockstep-cli",
                "[dependencies]\nshort = { package = \"lockstep-store\", path = \"x\" }",
                "lockstep-store",
            ),
            ("lockstep-engine", "[target.'cfg(unix)'.dependencies]\nrusqlite = \"1\"", "only lockstep-store"),
            ("lockstep-engine", "[dependencies]\ntauri-plugin-log = \"2\"", "only lockstep-shell"),
            ("lockstep-new", "", "new package"),
        ];
        for (name, rest, expected) in rows {
            let findings = of_manifest("x/Cargo.toml", &manifest(name, rest));
            assert!(
                findings.len() == 1 && findings[0].contains(expected),
                "{name} with {rest:?} breaks a layer and must be told: {findings:?}"
            );
        }
    }

    #[test]
    fn what_the_architecture_allows_is_not_reported() {
        let rows = [
            ("lockstep-engine", "[dependencies]\nlockstep-store = \"1\"\nlockstep-domain = \"1\""),
            ("lockstep-store", "[dependencies]\nrusqlite = \"1\"\nkeyring = \"1\""),
            (
                "lockstep-connectors",
                "[dev-dependencies]\nlockstep-connectors = { path = \".\", features = [\"sim\"] }",
            ),
            ("lockstep-cli", "[dev-dependencies]\nlockstep-desktop = \"1\"\nrusqlite = \"1\""),
        ];
        for (name, rest) in rows {
            let findings = of_manifest("x/Cargo.toml", &manifest(name, rest));
            assert!(findings.is_empty(), "{name} with {rest:?} is in order: {findings:?}");
        }
    }
}
