//! What the Desk answers when it cannot: kind, context, remedy. Kinds exist where a shell branches on them.

use std::fmt;

use lockstep_domain::guards::Refusal;
use serde::Serialize;

/// Shorthand.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// The kind of a failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Code {
    /// The request itself is wrong.
    Usage,
    /// Nothing of that name is there.
    NotFound,
    /// A person must decide: a guard refused, a step is blocked, a read is incomplete.
    NeedsPerson,
    /// The keychain or the sealed store is locked or not there.
    SecretsLocked,
    /// The home has not been set up.
    NoHome,
    /// The database cannot be used: corrupt, newer, full.
    Store,
    /// The ledger is not what it was.
    Tampered,
    /// A system did not answer as it should.
    Vendor,
    /// Another process is driving this run.
    Busy,
    /// Anything else.
    Failed,
}

/// A failure.
#[derive(Debug)]
pub struct Error {
    code: Code,
    context: String,
    remedy: String,
    refusals: Vec<Refusal>,
    source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

impl Error {
    /// A failure of this kind while doing `context`, which `remedy` can put right.
    pub fn new(code: Code, context: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { code, context: context.into(), remedy: remedy.into(), refusals: Vec::new(), source: None }
    }

    /// Guards refused.
    pub fn refused(context: impl Into<String>, refusals: Vec<Refusal>) -> Self {
        let remedy = refusals.first().map_or("", Refusal::remedy).to_owned();
        Self { refusals, ..Self::new(Code::NeedsPerson, context, remedy) }
    }

    /// The same, with what caused it.
    #[must_use]
    pub fn caused_by(mut self, source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        self.source = Some(source.into());
        self
    }

    /// The kind.
    pub fn code(&self) -> Code {
        self.code
    }

    /// What the operator can do.
    pub fn remedy(&self) -> &str {
        &self.remedy
    }

    /// What the guards said, if they refused.
    pub fn refusals(&self) -> &[Refusal] {
        &self.refusals
    }
}

impl From<lockstep_store::Error> for Error {
    fn from(error: lockstep_store::Error) -> Self {
        use lockstep_store::Kind;
        let code = match error.kind() {
            Kind::LeaseLost => Code::Busy,
            Kind::NoKey | Kind::Unreadable | Kind::Locked | Kind::Unavailable | Kind::Denied => {
                Code::SecretsLocked
            }
            Kind::Missing => Code::NotFound,
            Kind::Guarded => Code::Tampered,
            _ => Code::Store,
        };
        Self::new(code, error.to_string(), error.remedy()).caused_by(error)
    }
}

impl From<lockstep_connectors::Error> for Error {
    fn from(error: lockstep_connectors::Error) -> Self {
        let code =
            if *error.kind() == lockstep_connectors::Kind::Setting { Code::Usage } else { Code::Vendor };
        Self::new(code, error.to_string(), error.remedy()).caused_by(error)
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
