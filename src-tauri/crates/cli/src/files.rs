//! Files on this machine. The Desk knows no paths: it takes and gives bytes.

use std::fs::File;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};

use lockstep_engine::{Code, Error, Result};
use tempfile::NamedTempFile;

/// Larger files are refused before they fill the memory; the largest bundle is far below.
const LIMIT: u64 = 512 * 1024 * 1024;

/// The bytes of a file.
///
/// # Errors
/// When it cannot be read or is larger than 512 MiB.
pub(crate) fn read(path: &Path) -> Result<Vec<u8>> {
    let unreadable = |error| {
        Error::new(
            Code::Failed,
            format!("The file {} cannot be read.", path.display()),
            "Check the path and that you may read it.",
        )
        .caused_by(error)
    };
    let mut bytes = Vec::new();
    File::open(path).and_then(|file| file.take(LIMIT + 1).read_to_end(&mut bytes)).map_err(unreadable)?;
    if bytes.len() as u64 > LIMIT {
        return Err(Error::new(
            Code::Failed,
            format!("The file {} is larger than {} MiB.", path.display(), LIMIT / 1024 / 1024),
            "Check that it is the right file.",
        ));
    }
    Ok(bytes)
}

/// The text of a file.
///
/// # Errors
/// As [`read`], and when it is not UTF-8.
pub(crate) fn read_text(path: &Path) -> Result<String> {
    String::from_utf8(read(path)?).map_err(|error| {
        Error::new(
            Code::Failed,
            format!("The file {} is not text in UTF-8.", path.display()),
            "Check that it is the right file.",
        )
        .caused_by(error)
    })
}

/// Writes a file that is there as a whole or not at all, readable by this account only.
///
/// # Errors
/// When it is there already and `replace` is false, or when it cannot be written.
pub(crate) fn write(path: &Path, bytes: &[u8], replace: bool) -> Result<()> {
    let unwritable = |error| {
        Error::new(
            Code::Failed,
            format!("The file {} cannot be written.", path.display()),
            "Check the folder, the rights and the room on the disk, or name another file with --out.",
        )
        .caused_by(error)
    };
    let mut file = NamedTempFile::new_in(folder_of(path)).map_err(unwritable)?;
    file.write_all(bytes).and_then(|()| file.as_file().sync_all()).map_err(unwritable)?;
    if replace {
        file.persist(path).map_err(|error| unwritable(error.error))?;
        return Ok(());
    }
    file.persist_noclobber(path).map(drop).map_err(|error| {
        if path.exists() {
            return Error::new(
                Code::Failed,
                format!("The file {} is there already and was left as it is.", path.display()),
                "Name another file with --out, or replace it with --force.",
            );
        }
        unwritable(error.error)
    })
}

fn folder_of(path: &Path) -> PathBuf {
    match path.parent() {
        Some(folder) if folder != Path::new("") => folder.to_owned(),
        _ => PathBuf::from("."),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_never_replaced_unasked_and_nothing_is_left_beside_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("bundle.zip");
        write(&path, b"first", false).unwrap();
        let error = write(&path, b"second", false).unwrap_err();
        assert!(error.remedy().contains("--force"), "the remedy must name the way: {}", error.remedy());
        assert_eq!(read(&path).unwrap(), b"first", "evidence must not be overwritten by accident");
        write(&path, b"third", true).unwrap();
        assert_eq!(read(&path).unwrap(), b"third", "--force means it");
        let files = std::fs::read_dir(folder.path()).unwrap().count();
        assert_eq!(files, 1, "a refused write must not leave half a file behind");
    }

    #[test]
    fn what_cannot_be_read_or_written_names_the_file() {
        let folder = tempfile::tempdir().unwrap();
        let missing = folder.path().join("no").join("such.csv");
        for error in [read(&missing).unwrap_err(), write(&missing, b"", false).unwrap_err()] {
            assert!(error.to_string().contains("such.csv"), "the operator must see which file: {error}");
            assert_eq!(error.code(), Code::Failed, "a missing file is a failure, not wrong usage");
        }
        let latin = folder.path().join("latin.txt");
        std::fs::write(&latin, [0xe9]).unwrap();
        assert!(read_text(&latin).is_err(), "bytes that are no text must not be guessed at");
    }
}
