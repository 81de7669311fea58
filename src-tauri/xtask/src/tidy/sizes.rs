//! A file past this size is asked to split; most should be far smaller.

use super::tree::Tree;

const LIMIT: usize = 500;

/// Longer on purpose, with the reason.
const ALLOWED: &[(&str, &str)] = &[];

pub(super) fn findings(tree: &Tree) -> Vec<String> {
    judge(tree, ALLOWED)
}

fn judge(tree: &Tree, allowed: &[(&str, &str)]) -> Vec<String> {
    let code = ["src-tauri/", "tests/support/"].into_iter().flat_map(|below| tree.rust(below));
    let too_long: Vec<(&str, usize)> = code
        .filter(|(path, _)| !is_test(path))
        .map(|(path, text)| (path, lines_without_tests(text)))
        .filter(|(_, lines)| *lines > LIMIT)
        .collect();
    let long = too_long.iter().filter(|(path, _)| !allowed.iter().any(|(name, _)| name == path)).map(
        |(path, lines)| {
            format!("{path}: {lines} lines without its tests; past {LIMIT} a file wants splitting")
        },
    );
    let stale =
        allowed.iter().filter(|(name, _)| !too_long.iter().any(|(path, _)| path == name)).map(|(name, _)| {
            format!("{name} is allowed to be long (tidy/sizes.rs) but is not: remove it from the list")
        });
    long.chain(stale).collect()
}

fn is_test(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    path.contains("/tests/")
        || path.contains("/benches/")
        || name == "tests.rs"
        || name.ends_with("_tests.rs")
}

/// The lines above the file's own test module, which stands last by custom.
fn lines_without_tests(text: &str) -> usize {
    let lines: Vec<&str> = text.lines().collect();
    let tests =
        lines.windows(2).position(|pair| pair[0] == "#[cfg(test)]" && pair[1].starts_with("mod tests"));
    tests.unwrap_or(lines.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_code_counts() {
        let long = "let x = 1;\n".repeat(LIMIT + 1);
        let tested = format!("fn a() {{}}\n#[cfg(test)]\nmod tests {{\n{long}}}\n");
        let tree = Tree::of(&[
            ("src-tauri/crates/a/src/long.rs", &long),
            ("src-tauri/crates/a/src/tested.rs", &tested),
            ("src-tauri/crates/a/src/fold_tests.rs", &long),
            ("src-tauri/crates/a/tests/suite.rs", &long),
            ("src-tauri/crates/a/src/allowed.rs", &long),
        ]);
        let allowed =
            [("src-tauri/crates/a/src/allowed.rs", "one table"), ("src-tauri/gone.rs", "one table")];
        let findings = judge(&tree, &allowed);
        assert_eq!(findings.len(), 2, "a long file and a stale permission, nothing else: {findings:?}");
        assert!(findings[0].starts_with("src-tauri/crates/a/src/long.rs"), "{findings:?}");
        assert!(findings[1].starts_with("src-tauri/gone.rs"), "{findings:?}");
    }
}
