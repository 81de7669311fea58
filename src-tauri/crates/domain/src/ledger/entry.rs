//! A ledger entry: what is hashed, byte for byte.
//!
//! An entry is one line of canonical JSON (RFC 8785). Its RFC 6962 leaf hash is also its link of the chain,
//! since the line names the leaf hash before it. Entries carry opaque ids only; personal data stands in a
//! payload of its own, of which the entry holds a salted commitment.

use chrono::{DateTime, SecondsFormat, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use crate::digest::{Digest, NotCanonical, canonical_json};
use crate::ids::{EntryId, OrgId, RunId};

/// Who did it: an operator's opaque id or a part of Lockstep ("engine").
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Actor(String);

impl Actor {
    /// Lockstep itself.
    pub fn engine() -> Self {
        Self("engine".into())
    }

    /// An operator or component by its opaque id: letters, digits and `-_.:` only.
    ///
    /// # Errors
    /// When the id is empty, longer than 80 bytes, or has other characters.
    pub fn new(id: &str) -> Result<Self, Malformed> {
        if word(id) { Ok(Self(id.into())) } else { Err(Malformed("actor")) }
    }

    /// The id.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

fn word(text: &str) -> bool {
    !text.is_empty()
        && text.len() <= 80
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.:".contains(&b))
}

/// What a caller wants to append; the ledger adds sequence number and chain.
#[derive(Clone, Debug, PartialEq)]
pub struct Draft {
    /// A fresh UUIDv7.
    pub id: EntryId,
    /// When it happened, by our clock (UTC, stored to the microsecond).
    pub at: DateTime<Utc>,
    /// Who did it.
    pub actor: Actor,
    /// What happened ("step.intended").
    pub kind: String,
    /// The run it belongs to.
    pub run: Option<RunId>,
    /// Everything that the fold needs, under opaque ids.
    pub body: Value,
    /// Commitment to the payload, where there is one.
    pub commitment: Option<Digest>,
}

/// An entry as it stands in the ledger.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    /// Who did it.
    pub actor: Actor,
    /// When (UTC, microseconds).
    #[serde(with = "micros")]
    pub at: DateTime<Utc>,
    /// What the fold needs.
    pub body: Value,
    /// Commitment to the payload.
    pub commitment: Option<Digest>,
    /// The entry's id.
    pub id: EntryId,
    /// What happened.
    pub kind: String,
    /// The organisation.
    pub org: OrgId,
    /// Leaf hash of the entry before; zeros for the first.
    pub prev: Digest,
    /// The run it belongs to.
    pub run: Option<RunId>,
    /// Position, from 1, without gaps.
    pub seq: u64,
    /// Version of this form.
    pub v: u8,
}

/// A part of an entry is not in the form that the ledger takes.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("ledger entry has a malformed {0}")]
pub struct Malformed(pub &'static str);

impl Draft {
    /// Puts the draft at its place of the chain.
    ///
    /// # Errors
    /// When `kind` is not a plain word.
    pub fn place(self, org: OrgId, seq: u64, prev: Digest) -> Result<Entry, Malformed> {
        if !word(&self.kind) {
            return Err(Malformed("kind"));
        }
        Ok(Entry {
            actor: self.actor,
            at: DateTime::from_timestamp_micros(self.at.timestamp_micros()).ok_or(Malformed("at"))?,
            body: self.body,
            commitment: self.commitment,
            id: self.id,
            kind: self.kind,
            org,
            prev,
            run: self.run,
            seq,
            v: 1,
        })
    }
}

impl Entry {
    /// The line that is hashed.
    ///
    /// # Errors
    /// When the body has no canonical form.
    pub fn canonical_bytes(&self) -> Result<Vec<u8>, NotCanonical> {
        canonical_json(self)
    }

    /// The entry's leaf hash, which is also the next entry's `prev`.
    ///
    /// # Errors
    /// When the body has no canonical form.
    pub fn hash(&self) -> Result<Digest, NotCanonical> {
        Ok(leaf_hash(&self.canonical_bytes()?))
    }
}

/// RFC 6962 §2.1: SHA-256 over a zero byte and the leaf's bytes.
pub fn leaf_hash(bytes: &[u8]) -> Digest {
    let mut hasher = Sha256::new();
    hasher.update([0]);
    hasher.update(bytes);
    Digest(hasher.finalize().into())
}

mod micros {
    use serde::{Deserializer, Serializer};

    use super::{DateTime, Deserialize, SecondsFormat, Utc};

    pub(super) fn serialize<S: Serializer>(at: &DateTime<Utc>, s: S) -> Result<S::Ok, S::Error> {
        s.serialize_str(&at.to_rfc3339_opts(SecondsFormat::Micros, true))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(d: D) -> Result<DateTime<Utc>, D::Error> {
        let text = String::deserialize(d)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use uuid::Uuid;

    use super::*;

    fn draft() -> Draft {
        Draft {
            id: EntryId(Uuid::from_u128(7)),
            at: "2026-09-25T14:00:00.1234567Z".parse().unwrap(),
            actor: Actor::engine(),
            kind: "run.opened".into(),
            run: None,
            body: json!({"b": 1, "a": [true, null]}),
            commitment: None,
        }
    }

    #[test]
    fn the_hashed_line_is_pinned() {
        let entry = draft().place(OrgId(Uuid::from_u128(1)), 1, Digest::ZERO).unwrap();
        let line = String::from_utf8(entry.canonical_bytes().unwrap()).unwrap();
        assert_eq!(
            line,
            concat!(
                r#"{"actor":"engine","at":"2026-09-25T14:00:00.123456Z","body":{"a":[true,null],"b":1},"#,
                r#""commitment":null,"id":"00000000-0000-0000-0000-000000000007","kind":"run.opened","#,
                r#""org":"00000000-0000-0000-0000-000000000001","prev":"00000000000000000000000000000000"#,
                r#"00000000000000000000000000000000","run":null,"seq":1,"v":1}"#
            ),
            "an auditor recomputes this line; a change of form is a new version"
        );
        let back: Entry = serde_json::from_str(&line).unwrap();
        assert_eq!(back, entry, "what was exported reads back as what was stored");
    }

    #[test]
    fn words_that_could_break_a_log_line_are_refused() {
        for bad in ["", "a b", "a\n", "\"", "é"] {
            assert!(Actor::new(bad).is_err(), "{bad:?} as actor");
            assert!(
                Draft { kind: bad.into(), ..draft() }.place(OrgId(Uuid::nil()), 1, Digest::ZERO).is_err(),
                "{bad:?} as kind"
            );
        }
    }
}
