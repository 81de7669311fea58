//! Where things are.

use std::env;
use std::path::{Path, PathBuf};

use crate::Result;

/// The repository's top folder.
pub(crate) fn root() -> &'static Path {
    // This package lies two folders below it, see ARCHITECTURE.md.
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.ancestors().nth(2).unwrap_or(here)
}

/// Cargo's folder of debug programs: this very program came from there, wherever cargo was told to build.
pub(crate) fn debug_dir() -> Result<PathBuf> {
    let exe = env::current_exe().map_err(|error| format!("cannot find my own program file: {error}"))?;
    Ok(exe.parent().unwrap_or_else(|| Path::new("")).to_owned())
}

/// Tools that only this repository uses, beside the build's own files.
pub(crate) fn tools_dir() -> Result<PathBuf> {
    let debug = debug_dir()?;
    Ok(debug.parent().unwrap_or(&debug).join("tools"))
}

/// The name of a program file on this platform.
pub(crate) fn program(name: &str) -> String {
    format!("{name}{}", env::consts::EXE_SUFFIX)
}
