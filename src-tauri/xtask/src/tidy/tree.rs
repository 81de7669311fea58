use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use crate::Result;

/// Folders that others make, by path or by name: never looked at.
const SKIPPED_PATHS: [&str; 4] = [".git", "target", "ui/dist", "src-tauri/gen"];
const SKIPPED_NAMES: [&str; 3] = ["node_modules", ".venv", "__pycache__"];
/// A larger file is data, not something that a person wrote.
const READ_LIMIT: u64 = 2 * 1024 * 1024;

/// The repository's files by path, `/` between the parts, and their text where they are text.
pub(super) struct Tree {
    pub(super) files: BTreeMap<String, String>,
}

impl Tree {
    pub(super) fn read(root: &Path) -> Result<Self> {
        let mut files = BTreeMap::new();
        collect(root, "", &mut files)?;
        Ok(Self { files })
    }

    /// The text of a file; empty when there is none.
    pub(super) fn text(&self, path: &str) -> &str {
        self.files.get(path).map_or("", String::as_str)
    }

    /// The Rust files below a folder.
    pub(super) fn rust<'a>(&'a self, below: &'a str) -> impl Iterator<Item = (&'a str, &'a str)> {
        let all = self.files.iter().map(|(path, text)| (path.as_str(), text.as_str()));
        all.filter(move |(path, _)| path.starts_with(below) && path.ends_with(".rs"))
    }

    #[cfg(test)]
    pub(super) fn of(files: &[(&str, &str)]) -> Self {
        Self { files: files.iter().map(|(path, text)| ((*path).into(), (*text).into())).collect() }
    }
}

fn collect(folder: &Path, prefix: &str, files: &mut BTreeMap<String, String>) -> Result {
    let cannot = |error: std::io::Error| format!("cannot read {}: {error}", folder.display());
    for entry in fs::read_dir(folder).map_err(cannot)? {
        let entry = entry.map_err(cannot)?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let path = if prefix.is_empty() { name.clone() } else { format!("{prefix}/{name}") };
        let kind = entry.file_type().map_err(cannot)?;
        if SKIPPED_NAMES.contains(&name.as_str()) || SKIPPED_PATHS.contains(&path.as_str()) {
            continue;
        }
        if kind.is_dir() {
            collect(&entry.path(), &path, files)?;
        } else if kind.is_file() {
            let small = entry.metadata().is_ok_and(|it| it.len() <= READ_LIMIT);
            let text = if small { fs::read(entry.path()).map_err(cannot)? } else { Vec::new() };
            files.insert(path, String::from_utf8(text).unwrap_or_default());
        }
    }
    Ok(())
}
