//! What can go wrong with a vendor, in kinds that the engine decides by.

use std::fmt;

use chrono::{DateTime, Utc};

/// Shorthand.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// The kind of a failure. The engine branches on this, never on words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The credentials were refused.
    Auth,
    /// A token that we mint ourselves was refused; the next attempt uses a new one.
    TokenExpired,
    /// The credentials are right but may not do this.
    Forbidden,
    /// The vendor asks us to come back later.
    RateLimited {
        /// When to come back (UTC).
        retry_at: DateTime<Utc>,
    },
    /// No answer, or an answer that says "not now".
    Unavailable,
    /// The vendor cannot do this (plan, version, dialect).
    Unsupported,
    /// The answer or the file is not what was agreed.
    Malformed,
    /// The vendor's state forbids this.
    Conflict,
    /// What we asked for is not there.
    NotFound,
    /// A setting of the connection is missing or wrong.
    Setting,
}

impl Kind {
    /// The word that is stored and shown.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Auth => "auth",
            Self::TokenExpired => "token_expired",
            Self::Forbidden => "forbidden",
            Self::RateLimited { .. } => "rate_limited",
            Self::Unavailable => "unavailable",
            Self::Unsupported => "unsupported",
            Self::Malformed => "malformed",
            Self::Conflict => "conflict",
            Self::NotFound => "not_found",
            Self::Setting => "setting",
        }
    }
}

/// A failure: its kind, what was being done, and what the operator can do about it.
///
/// Neither text ever holds a secret; text from a vendor is shortened and stripped of control characters.
#[derive(Debug)]
pub struct Error {
    kind: Kind,
    context: String,
    remedy: String,
    source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

impl Error {
    /// A failure of this kind while doing `context`, which `remedy` can put right.
    pub fn new(kind: Kind, context: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { kind, context: context.into(), remedy: remedy.into(), source: None }
    }

    /// The same, with what caused it.
    #[must_use]
    pub fn caused_by(mut self, source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        self.source = Some(source.into());
        self
    }

    /// The same failure, judged otherwise by who knows more.
    #[must_use]
    pub(crate) fn of_kind(mut self, kind: Kind) -> Self {
        self.kind = kind;
        self
    }

    /// The kind.
    pub fn kind(&self) -> &Kind {
        &self.kind
    }

    /// What was being done, and what was met.
    pub fn context(&self) -> &str {
        &self.context
    }

    /// What the operator can do.
    pub fn remedy(&self) -> &str {
        &self.remedy
    }

    /// Whether the same call may succeed later with nothing changed by a person.
    pub fn is_temporary(&self) -> bool {
        matches!(self.kind, Kind::RateLimited { .. } | Kind::Unavailable | Kind::TokenExpired)
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.context)
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.source.as_deref().map(|e| e as _)
    }
}
