//! Times, digests and states in the words of the documents.

use chrono::{DateTime, SecondsFormat, Utc};
use chrono_tz::Tz;
use lockstep_domain::access::{CredentialState, SignIn};
use lockstep_domain::run::Assurance;

/// UTC to the second, with Z.
pub(super) fn utc(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Secs, true)
}

/// The same instant on the worker's wall clock, with its offset; the header names the zone.
pub(super) fn local(at: DateTime<Utc>, zone: Tz) -> String {
    at.with_timezone(&zone).to_rfc3339_opts(SecondsFormat::Secs, false)
}

/// Both, or UTC alone where the zone is not known.
pub(super) fn both(at: DateTime<Utc>, zone: Option<Tz>) -> String {
    match zone {
        Some(zone) => format!("{} = {}", utc(at), local(at, zone)),
        None => utc(at),
    }
}

pub(super) fn or_none<T: ToString>(value: Option<T>, otherwise: &str) -> String {
    value.map_or_else(|| otherwise.to_owned(), |value| value.to_string())
}

pub(super) fn sign_in(state: SignIn) -> &'static str {
    match state {
        SignIn::Enabled => "can sign in",
        SignIn::Disabled => "sign-in blocked",
        SignIn::Unknown => "not told by the system",
    }
}

pub(super) fn credential(state: CredentialState) -> &'static str {
    match state {
        CredentialState::Active => "works",
        CredentialState::Inactive => "switched off",
        CredentialState::Revoked => "revoked",
        CredentialState::Unknown => "not told by the system",
    }
}

pub(super) fn assurance(assurance: Assurance) -> &'static str {
    match assurance {
        Assurance::ReadBack => "read back after the change",
        Assurance::AlreadyTrue => "was so before, as read",
        Assurance::Receipt => "receipt only; the state cannot be read",
    }
}
