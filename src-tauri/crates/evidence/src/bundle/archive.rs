//! The zip in its one form: sorted names, stored bytes, no times, no comments, no extra fields.

use std::collections::BTreeMap;
use std::io::{Cursor, Read, Write};

use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, System, ZipArchive, ZipWriter};

/// File name → bytes.
pub(super) type Files = BTreeMap<String, Vec<u8>>;

const MAX_FILES: usize = 10_000;
const MAX_BYTES: usize = 1 << 30;

/// Packs files into the one form.
pub(super) fn pack(files: &Files) -> Result<Vec<u8>, String> {
    let options = SimpleFileOptions::DEFAULT
        .compression_method(CompressionMethod::Stored)
        .last_modified_time(DateTime::DEFAULT)
        .system(System::Unix)
        .unix_permissions(0o644);
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in files {
        writer.start_file(name, options).map_err(|e| format!("{name}: {e}"))?;
        writer.write_all(bytes).map_err(|e| format!("{name}: {e}"))?;
    }
    writer.finish().map(Cursor::into_inner).map_err(|e| e.to_string())
}

/// Unpacks hostile bytes into memory. Nothing compressed is taken, so the files cannot be larger than the
/// zip, and nothing is ever written to disk.
pub(super) fn unpack(bytes: &[u8]) -> Result<Files, String> {
    if bytes.len() > MAX_BYTES {
        return Err("larger than 1 GiB; no bundle is".into());
    }
    let mut archive = ZipArchive::new(Cursor::new(bytes)).map_err(|e| format!("not a readable zip: {e}"))?;
    if archive.len() > MAX_FILES {
        return Err(format!("{} files; at most {MAX_FILES} are looked at", archive.len()));
    }
    let mut files = Files::new();
    let mut left = bytes.len() as u64;
    for index in 0..archive.len() {
        let mut file = archive.by_index(index).map_err(|e| format!("file number {}: {e}", index + 1))?;
        let name = file.name().map_err(|e| format!("file number {}: {e}", index + 1))?.into_owned();
        if !is_plain(&name) {
            return Err(format!("{name:?} is no name that a bundle has"));
        }
        if file.compression() != CompressionMethod::Stored || file.encrypted() {
            return Err(format!("{name}: compressed or encrypted; a bundle is neither"));
        }
        let mut content = Vec::new();
        (&mut file).take(left + 1).read_to_end(&mut content).map_err(|e| format!("{name}: {e}"))?;
        left = left
            .checked_sub(content.len() as u64)
            .ok_or_else(|| format!("{name}: the files claim more bytes than the zip has"))?;
        if files.insert(name.clone(), content).is_some() {
            return Err(format!("{name} is there twice"));
        }
    }
    Ok(files)
}

/// At most one folder deep, plain ASCII, nothing that a file system could take for a way out.
fn is_plain(name: &str) -> bool {
    let parts: Vec<&str> = name.split('/').collect();
    parts.len() <= 2
        && parts.iter().all(|part| {
            !part.is_empty()
                && part.len() <= 160
                && !part.starts_with('.')
                && part.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-".contains(&b))
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_leave_the_folder_are_no_names() {
        for bad in [
            "/etc/passwd",
            "../a",
            "a/../b",
            "a/b/c",
            "a//b",
            "",
            "a/",
            ".a",
            "a/.b",
            "C:\\a",
            "a\\b",
            "a\0",
            "ä",
            "a b",
        ] {
            assert!(!is_plain(bad), "{bad:?} must not reach a file system");
        }
        assert!(is_plain("artefacts/0123-run-record.pdf"), "what we write is accepted");
    }

    #[test]
    fn compressed_files_are_refused() {
        let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
        let options = SimpleFileOptions::DEFAULT.compression_method(CompressionMethod::Deflated);
        writer.start_file("a", options).unwrap();
        writer.write_all(&[0; 1 << 20]).unwrap();
        let error = unpack(&writer.finish().unwrap().into_inner()).unwrap_err();
        assert!(error.contains("compressed"), "a zip bomb needs compression: {error}");
    }
}
