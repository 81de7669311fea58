//! Minimum versions of what the README asks for.

use std::fs;

use crate::{Result, repo, run};

/// What the window's build needs (vite 8); nothing before it uses Node.
const NODE: (u32, u32) = (20, 19);

/// Stops when Rust is too old. Node is only reported, since no verb uses it yet.
pub(super) fn check() -> Result {
    let needed = minimum_rust()?;
    let found = run::ask("rustc", &["--version"]).as_deref().and_then(version);
    if found.is_none_or(|found| found < needed) {
        let (major, minor) = needed;
        return Err(format!(
            "Rust {major}.{minor} or newer is needed. Run `rustup update`, or see https://rustup.rs"
        ));
    }
    let node = run::ask("node", &["--version"]).as_deref().and_then(version);
    if node.is_none_or(|node| node < NODE) {
        println!(
            "Note: Node {}.{} or newer was not found. The window will need it (https://nodejs.org); this does not.",
            NODE.0, NODE.1
        );
    }
    Ok(())
}

/// The workspace states it once, in its Cargo.toml.
fn minimum_rust() -> Result<(u32, u32)> {
    let path = repo::root().join("Cargo.toml");
    let text =
        fs::read_to_string(&path).map_err(|error| format!("cannot read {}: {error}", path.display()))?;
    let manifest: toml::Table =
        toml::from_str(&text).map_err(|error| format!("{}: {error}", path.display()))?;
    let stated = manifest.get("workspace").and_then(|it| it.get("package")?.get("rust-version")?.as_str());
    stated.and_then(version).ok_or_else(|| format!("{} states no rust-version", path.display()))
}

/// The first two numbers of `rustc 1.95.0 (…)`, `v20.20.2` or `1.90`.
fn version(text: &str) -> Option<(u32, u32)> {
    let numbers = &text[text.find(|c: char| c.is_ascii_digit())?..];
    let mut parts = numbers.split(|c: char| !c.is_ascii_digit());
    Some((parts.next()?.parse().ok()?, parts.next()?.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_compared_as_numbers() {
        let rows = [
            ("rustc 1.95.0 (59807616e 2026-04-14)", Some((1, 95))),
            ("v20.20.2\n", Some((20, 20))),
            ("1.90", Some((1, 90))),
            ("unknown", None),
            ("7", None),
        ];
        for (text, expected) in rows {
            assert_eq!(version(text), expected, "a misread version would refuse a good machine: {text:?}");
        }
        assert!(version("1.100") > version("1.90"), "1.100 is newer than 1.90, though not as text");
    }

    #[test]
    fn the_workspace_states_its_minimum() {
        assert!(minimum_rust().is_ok(), "the check has nothing to compare with otherwise");
    }
}
