//! The fast walk over the ledger for verification: each line is put together from its columns, without parsing
//! JSON, and hashed.

use std::io::Write as _;

use lockstep_domain::digest::Digest;
use lockstep_domain::ledger::leaf_hash;
use rusqlite::params;
use rusqlite::types::ValueRef;

use crate::error::{Error, Result};
use crate::handle::Reader;
use crate::tables::ledger::integer;

/// How many faults are listed before the walk ends; a ledger with so many is not worth walking on.
const MAX_FAULTS: usize = 100;

/// One row of the ledger, as it is hashed.
#[derive(Clone, Copy, Debug)]
pub struct ScannedRow<'a> {
    /// Position.
    pub seq: u64,
    /// The canonical line, byte for byte as [`lockstep_domain::ledger::Entry::canonical_bytes`] gives it.
    pub line: &'a [u8],
    /// The line's leaf hash, worked out anew.
    pub hash: Digest,
}

/// What is wrong with one position of the ledger.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Where.
    pub seq: u64,
    /// What.
    pub problem: Problem,
}

/// What can be wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Problem {
    /// No entry of this number is there; the next one that is has the number `next`.
    Gap {
        /// The next number that is there.
        next: u64,
    },
    /// The stored hash is not that of the entry's content and of the hash before it: one of them was changed.
    HashMismatch,
    /// A column is not of the form that the ledger writes.
    Malformed(&'static str),
    /// The last entries of the range are not there.
    Cut,
}

/// How a walk ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scanned {
    /// Rows walked over.
    pub rows: u64,
    /// What was found wrong, in order; the walk stops at 100.
    pub faults: Vec<Fault>,
}

impl std::fmt::Display for Fault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let seq = self.seq;
        match self.problem {
            Problem::Gap { next } => write!(f, "entries {seq} to {} are missing", next - 1),
            Problem::HashMismatch => write!(f, "entry {seq} or the hash before it was changed"),
            Problem::Malformed(column) => write!(f, "entry {seq} has a {column} that Lockstep did not write"),
            Problem::Cut => write!(f, "the ledger ends before entry {seq}"),
        }
    }
}

impl Reader<'_> {
    /// Walks over the entries `from_seq..=to_seq`, checks each against its stored hash and hands it over.
    ///
    /// Two halves may be walked on two reads at once: the first row of a range is checked against the stored
    /// hash before it, which the other range checks. What is cut off the end shows only against a head that was
    /// kept elsewhere: give it as `to_seq`.
    ///
    /// # Errors
    /// Those of `visit` and of the database; what is wrong with the ledger is no error but in [`Scanned`].
    pub fn scan_ledger(
        &self,
        from_seq: u64,
        to_seq: u64,
        mut visit: impl FnMut(ScannedRow<'_>) -> Result<()>,
    ) -> Result<Scanned> {
        let doing = "walking over the ledger";
        let sql = "SELECT seq, org_id, id, at, actor, kind, run_id, body, commitment, hash FROM ledger
                   WHERE seq BETWEEN ?1 AND ?2 ORDER BY seq";
        let mut expected = from_seq.max(1);
        let mut prev = self.hash_before(expected)?;
        let mut scanned = Scanned { rows: 0, faults: Vec::new() };
        let mut bytes = Vec::with_capacity(1024);
        let mut statement = self.prepare(doing, sql)?;
        let mut rows =
            statement.query(params![integer(expected), integer(to_seq)]).map_err(|e| Error::sql(doing, e))?;
        while let Some(row) = rows.next().map_err(|e| Error::sql(doing, e))? {
            let seq =
                u64::try_from(row.get::<_, i64>(0).map_err(|e| Error::sql(doing, e))?).unwrap_or_default();
            if seq != expected {
                scanned.faults.push(Fault { seq: expected, problem: Problem::Gap { next: seq } });
            }
            scanned.rows += 1;
            expected = seq + 1;
            let stored = match Line::of(row, seq) {
                Ok((line, stored)) => {
                    line.write(&prev, &mut bytes);
                    let hash = leaf_hash(&bytes);
                    if hash != stored {
                        scanned.faults.push(Fault { seq, problem: Problem::HashMismatch });
                    }
                    visit(ScannedRow { seq, line: &bytes, hash })?;
                    stored
                }
                Err(column) => {
                    scanned.faults.push(Fault { seq, problem: Problem::Malformed(column) });
                    self.hash_before(expected)?
                }
            };
            if scanned.faults.len() >= MAX_FAULTS {
                return Ok(scanned);
            }
            prev = stored;
        }
        if expected <= to_seq {
            scanned.faults.push(Fault { seq: expected, problem: Problem::Cut });
        }
        Ok(scanned)
    }

    /// The stored hash of the entry before `seq`; zeros where there is none or it is not a hash.
    fn hash_before(&self, seq: u64) -> Result<Digest> {
        let before = integer(seq.saturating_sub(1));
        let hash =
            self.one("reading the ledger", "SELECT hash FROM ledger WHERE seq = ?1", [before], |row| {
                Ok(row.digest("hash").unwrap_or(Digest::ZERO))
            })?;
        Ok(hash.unwrap_or(Digest::ZERO))
    }
}

/// The columns of a row, checked to be of a form that needs no escaping in JSON and cannot run into one another.
pub(crate) struct Line<'a> {
    pub(crate) seq: u64,
    pub(crate) org: &'a str,
    pub(crate) id: &'a str,
    pub(crate) at: &'a str,
    pub(crate) actor: &'a str,
    pub(crate) kind: &'a str,
    pub(crate) run: Option<&'a str>,
    /// Canonical JSON, as it was written.
    pub(crate) body: &'a str,
    /// 32 bytes.
    pub(crate) commitment: Option<&'a [u8]>,
}

impl<'a> Line<'a> {
    /// The line and its stored hash, or the name of the column that is not of its form.
    fn of(row: &'a rusqlite::Row<'_>, seq: u64) -> Result<(Self, Digest), &'static str> {
        let text = |index: usize, name: &'static str, fits: fn(&str) -> bool| {
            let value = row.get_ref(index).map_err(|_| name)?.as_str().map_err(|_| name)?;
            if fits(value) { Ok(value) } else { Err(name) }
        };
        let blob = |index: usize, name: &'static str| match row.get_ref(index) {
            Ok(ValueRef::Blob(bytes)) if bytes.len() == 32 => Ok(bytes),
            _ => Err(name),
        };
        let empty = |index: usize| matches!(row.get_ref(index), Ok(ValueRef::Null));
        let line = Self {
            seq,
            org: text(1, "org", is_id)?,
            id: text(2, "id", is_id)?,
            at: text(3, "time", is_instant)?,
            actor: text(4, "actor", is_word)?,
            kind: text(5, "kind", is_word)?,
            run: if empty(6) { None } else { Some(text(6, "run", is_id)?) },
            body: text(7, "body", |body| !body.is_empty())?,
            commitment: if empty(8) { None } else { Some(blob(8, "commitment")?) },
        };
        let stored = Digest(blob(9, "hash")?.try_into().map_err(|_| "hash")?);
        Ok((line, stored))
    }

    /// Writes the canonical line into `out`, replacing what was there.
    pub(crate) fn write(&self, prev: &Digest, out: &mut Vec<u8>) {
        out.clear();
        let mut part = |bytes: &[u8]| out.extend_from_slice(bytes);
        part(br#"{"actor":""#);
        part(self.actor.as_bytes());
        part(br#"","at":""#);
        part(self.at.as_bytes());
        part(br#"","body":"#);
        part(self.body.as_bytes());
        match self.commitment {
            Some(commitment) => {
                part(br#","commitment":""#);
                hex(commitment, &mut part);
                part(br#"","id":""#);
            }
            None => part(br#","commitment":null,"id":""#),
        }
        part(self.id.as_bytes());
        part(br#"","kind":""#);
        part(self.kind.as_bytes());
        part(br#"","org":""#);
        part(self.org.as_bytes());
        part(br#"","prev":""#);
        hex(&prev.0, &mut part);
        match self.run {
            Some(run) => {
                part(br#"","run":""#);
                part(run.as_bytes());
                part(br#"","seq":"#);
            }
            None => part(br#"","run":null,"seq":"#),
        }
        // Writing into a Vec cannot fail.
        let _ = write!(out, "{},\"v\":1}}", self.seq);
    }
}

fn hex(bytes: &[u8], part: &mut impl FnMut(&[u8])) {
    let mut digits = [0; 64];
    // 32 bytes always fit; `Line::of` and `Digest` see to it.
    if hex::encode_to_slice(bytes, &mut digits).is_ok() {
        part(&digits);
    }
}

fn is_id(text: &str) -> bool {
    text.len() == 36 && all(text, |b| b.is_ascii_digit() | (b'a'..=b'f').contains(&b) | (b == b'-'))
}

fn is_word(text: &str) -> bool {
    let sign = |b| (b == b'-') | (b == b'_') | (b == b'.') | (b == b':');
    !text.is_empty() && all(text, |b| b.is_ascii_alphanumeric() | sign(b))
}

fn is_instant(text: &str) -> bool {
    let sign = |b| (b == b'-') | (b == b':') | (b == b'.') | (b == b'T') | (b == b'Z');
    text.len() == 27 && all(text, |b| b.is_ascii_digit() | sign(b))
}

/// Without an early exit, so that the processor looks at many bytes at once: this is asked for every row.
fn all(text: &str, fits: impl Fn(u8) -> bool) -> bool {
    text.bytes().fold(true, |so_far, byte| so_far & fits(byte))
}
