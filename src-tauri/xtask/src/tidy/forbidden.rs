//! What must not be in the tree: unfinished code, tests that do not run, files that look like secrets.

use super::tree::Tree;

/// Words that have no place in code. They are put together here so that this file does not hold them.
const WORDS: [(&str, &str); 6] = [
    (concat!("to", "do!("), "unfinished code"),
    (concat!("unimple", "mented!("), "unfinished code"),
    (concat!("#[ig", "nore"), "a test that does not run proves nothing"),
    (concat!("// TO", "DO"), "do it, or open an issue"),
    (concat!("FIX", "ME"), "do it, or open an issue"),
    (concat!("dbg", "!("), "left over from debugging"),
];

/// The first line of a private key in PEM form, whatever its kind.
const PRIVATE_KEY: &str = concat!("PRIVATE", " KEY-----");

pub(super) fn findings(tree: &Tree) -> Vec<String> {
    let mut findings = Vec::new();
    for (path, text) in &tree.files {
        if is_code(path) {
            findings.extend(words(path, text));
        }
        if looks_secret(path) || text.contains(PRIVATE_KEY) {
            findings.push(format!("{path}: looks like a secret; keys belong into the keychain"));
        }
    }
    findings
}

fn words<'a>(path: &'a str, text: &'a str) -> impl Iterator<Item = String> + 'a {
    text.lines().enumerate().flat_map(move |(number, line)| {
        let found = WORDS.iter().filter(|(word, _)| line.contains(word));
        found.map(move |(word, why)| format!("{path}:{}: {word} ({why})", number + 1))
    })
}

fn is_code(path: &str) -> bool {
    [".rs", ".ts", ".tsx", ".toml", ".sql"].iter().any(|end| path.ends_with(end))
}

fn looks_secret(path: &str) -> bool {
    const ENDS: [&str; 7] = [".pem", ".key", ".p12", ".pfx", ".jks", ".kdbx", ".ppk"];
    const NAMES: [&str; 5] = [".env", "id_rsa", "id_ed25519", "credentials", ".netrc"];
    let name = path.rsplit('/').next().unwrap_or(path);
    ENDS.iter().any(|end| name.ends_with(end)) || NAMES.contains(&name) || name.starts_with(".env.")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unfinished_and_secret_things_are_found() {
        let unfinished = format!("fn a() {{ {} }}", WORDS[0].0);
        let skipped = format!("{}]\nfn a() {{}}", WORDS[2].0);
        let key = format!("-----BEGIN {PRIVATE_KEY}");
        let tree = Tree::of(&[
            ("a.rs", &unfinished),
            ("b.rs", &skipped),
            ("c.txt", &key),
            ("config/.env", "x"),
            ("keys/server.pem", "x"),
            ("fine.rs", "fn key() {}"),
            ("docs/keychain.md", "private keys live in the keychain"),
        ]);
        let findings = findings(&tree);
        assert_eq!(findings.len(), 5, "each of the first five files, nothing of the others: {findings:?}");
    }
}
