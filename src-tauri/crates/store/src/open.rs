//! Opening the database file, or refusing to.

use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};

use crate::error::{Error, Kind, Result};
use crate::options::StoreOptions;
use crate::schema;

const FILE: &str = "lockstep.db";
/// <https://sqlite.org/fileformat2.html#the_database_header>
const MAGIC: &[u8; 16] = b"SQLite format 3\0";
/// Bytes per page.
const PAGE: u32 = 8192;
/// An import of 100,000 people touches about so much; SQLite's own 2 MiB make it read pages again and again.
const WRITER_CACHE_KIB: i64 = 64 * 1024;
const READER_CACHE_KIB: i64 = 16 * 1024;
const APPLICATION_ID_AT: usize = 68;

/// Where the database of a home lies.
pub(crate) fn database(home: &Path) -> PathBuf {
    home.join(FILE)
}

/// Makes the home's folder, for its owner only.
pub(crate) fn make_home(home: &Path) -> Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(home).map_err(|e| Error::io("making the home's folder", e))
}

/// The writing connection of a database that is ours and up to date. A file that is not is left untouched.
pub(crate) fn writer(path: &Path, options: &StoreOptions) -> Result<Connection> {
    let fresh = !is_ours(path)?;
    if !fresh {
        // Looked at read-only first, so that a newer file stays as it is to the byte.
        let conn = connect(path, OpenFlags::SQLITE_OPEN_READ_ONLY, options.busy_timeout)?;
        schema::refuse_newer(schema::version(&conn)?)?;
    }
    let conn = connect(
        path,
        OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE,
        options.busy_timeout,
    )?;
    if fresh {
        // Half the system calls of a walk over the ledger, against SQLite's 4096.
        pragma(&conn, "page_size", PAGE)?;
        // Before anything else and outside the write-ahead log, so that the header itself tells whose file it is.
        pragma(&conn, "application_id", schema::APPLICATION_ID)?;
    }
    pragma(&conn, "journal_mode", "WAL")?;
    pragma(&conn, "synchronous", "FULL")?;
    pragma(&conn, "foreign_keys", true)?;
    schema::migrate(&conn)?;
    // What is staged is about people: it never lies in a temporary file outside the home.
    pragma(&conn, "temp_store", "MEMORY")?;
    schema::make_stage(&conn)?;
    if let Some(pages) = options.max_pages {
        pragma(&conn, "max_page_count", pages)?;
    }
    pragma(&conn, "cache_size", -WRITER_CACHE_KIB)?;
    conn.set_prepared_statement_cache_capacity(128);
    Ok(conn)
}

/// A reading connection.
pub(crate) fn reader(path: &Path, options: &StoreOptions) -> Result<Connection> {
    let conn = connect(path, OpenFlags::SQLITE_OPEN_READ_WRITE, options.busy_timeout)?;
    pragma(&conn, "query_only", true)?;
    pragma(&conn, "cache_size", -READER_CACHE_KIB)?;
    conn.set_prepared_statement_cache_capacity(64);
    Ok(conn)
}

fn connect(path: &Path, mode: OpenFlags, busy: Duration) -> Result<Connection> {
    let conn = Connection::open_with_flags(path, mode | OpenFlags::SQLITE_OPEN_NO_MUTEX)
        .map_err(|e| Error::sql("opening the database", e))?;
    conn.busy_timeout(busy).map_err(|e| Error::sql("opening the database", e))?;
    // A kept statement keeps its plan; otherwise SQLite compiles most of them anew whenever a value is bound.
    conn.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)
        .map_err(|e| Error::sql("opening the database", e))?;
    Ok(conn)
}

fn pragma(conn: &Connection, name: &str, value: impl rusqlite::ToSql) -> Result<()> {
    // Some pragmas answer with a row, some do not.
    conn.pragma_update_and_check(None, name, value, |_| Ok(()))
        .or_else(|e| if e == rusqlite::Error::QueryReturnedNoRows { Ok(()) } else { Err(e) })
        .map_err(|e| Error::sql("setting up the database", e))
}

/// Whether the file holds one of our databases; `false` when there is none yet.
fn is_ours(path: &Path) -> Result<bool> {
    let mut header = Vec::with_capacity(100);
    match fs::File::open(path) {
        Ok(file) => {
            file.take(100).read_to_end(&mut header).map_err(|e| Error::io("reading the database", e))?
        }
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(false),
        Err(e) => return Err(Error::io("opening the database", e)),
    };
    if header.is_empty() {
        return Ok(false); // a crash between making the file and its first page
    }
    let id = header.get(APPLICATION_ID_AT..APPLICATION_ID_AT + 4);
    if header.starts_with(MAGIC) && id == Some(&schema::APPLICATION_ID.to_be_bytes()) {
        return Ok(true);
    }
    Err(Error::new(
        Kind::Foreign,
        format!("{} is not a Lockstep database", path.display()),
        "Choose another home with `--home`, or restore `lockstep.db` from a backup. Nothing was changed.",
    ))
}
