//! A document must not point at something that is not there.

use super::tree::Tree;

pub(super) fn findings(tree: &Tree) -> Vec<String> {
    let documents = tree.files.iter().filter(|(path, _)| path.ends_with(".md"));
    documents.flat_map(|(path, text)| dead_links(tree, path, text)).collect()
}

fn dead_links(tree: &Tree, path: &str, text: &str) -> Vec<String> {
    let targets = text.split("](").skip(1).filter_map(|rest| rest.split_once(')')).map(|(target, _)| target);
    let local = targets.filter(|target| !target.contains("://") && !target.starts_with('#'));
    let dead = local.filter(|target| !exists(tree, &resolve(path, target)));
    dead.map(|target| format!("{path}: the link to {target} leads nowhere")).collect()
}

/// The path that a link means, seen from the document that holds it.
fn resolve(document: &str, target: &str) -> String {
    let target = target.split('#').next().unwrap_or(target);
    let mut parts: Vec<&str> = document.split('/').collect();
    parts.pop();
    for part in target.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()),
            name => parts.push(name),
        }
    }
    parts.join("/")
}

fn exists(tree: &Tree, path: &str) -> bool {
    tree.files.contains_key(path) || tree.files.keys().any(|file| file.starts_with(&format!("{path}/")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dead_link_is_found_and_a_live_one_is_not() {
        let text = "[a](b.md) [b](../README.md#top) [c](vendors/) [d](https://example.com/x) [e](#here) [f](gone.md)";
        let tree = Tree::of(&[
            ("docs/a.md", text),
            ("docs/b.md", "x"),
            ("docs/vendors/csv.md", "x"),
            ("README.md", "x"),
        ]);
        let findings = findings(&tree);
        assert_eq!(
            findings,
            ["docs/a.md: the link to gone.md leads nowhere"],
            "a newcomer follows every link"
        );
    }
}
