//! What a leaver's accounts were used for in the last two weeks, as far as it was read: part of the state before
//! the cut.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, TimeDelta, Utc};
use lockstep_domain::access::AccountRecord;
use lockstep_domain::activity::UsageRecord;
use lockstep_domain::ids::ConnectionId;
use lockstep_evidence::document::{UsageLine, UsageSummary};
use lockstep_store::Reader;
use serde::{Deserialize, Serialize};

use super::dossier::KnownAccount;

/// How far back a leaver's use is told.
pub(crate) const LOOK_BACK: TimeDelta = TimeDelta::days(14);

/// The use of one account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct KnownUsage {
    /// From this hour on (UTC).
    pub(crate) since: DateTime<Utc>,
    /// Until the begin of this hour (UTC).
    pub(crate) until: DateTime<Utc>,
    /// By key, the most recently used first.
    pub(crate) keys: Vec<KeyUsage>,
}

/// Use with one key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct KeyUsage {
    /// The key's vendor id; `None` when the vendor does not tell it.
    pub(crate) credential: Option<String>,
    pub(crate) models: BTreeSet<String>,
    pub(crate) requests: u64,
    pub(crate) input_tokens: u64,
    pub(crate) output_tokens: u64,
    /// Begin of the last hour with use (UTC).
    pub(crate) last_hour: DateTime<Utc>,
}

/// The use of an account and of its keys up to the last hour that was read; `None` when none was ever read.
pub(crate) fn usage_of(
    r: &Reader<'_>,
    connection: ConnectionId,
    record: &AccountRecord,
) -> lockstep_store::Result<Option<KnownUsage>> {
    let Some(span) = r.usage_span(connection)? else { return Ok(None) };
    let since = span.since.max(span.until - LOOK_BACK);
    let keys: Vec<String> = record.credentials.iter().map(|c| c.remote_id.clone()).collect();
    let used = r.usage_of(connection, &record.remote_id, &keys, since, span.until)?;
    Ok(Some(KnownUsage { since, until: span.until, keys: by_key(used) }))
}

fn by_key(used: Vec<UsageRecord>) -> Vec<KeyUsage> {
    let mut keys: BTreeMap<Option<String>, KeyUsage> = BTreeMap::new();
    for record in used {
        let credential = record.credential_remote_id;
        let key = keys.entry(credential.clone()).or_insert_with(|| KeyUsage {
            credential,
            models: BTreeSet::new(),
            requests: 0,
            input_tokens: 0,
            output_tokens: 0,
            last_hour: record.hour,
        });
        key.models.extend(record.model);
        key.requests = key.requests.saturating_add(record.requests);
        key.input_tokens = key.input_tokens.saturating_add(record.input_tokens);
        key.output_tokens = key.output_tokens.saturating_add(record.output_tokens);
        key.last_hour = key.last_hour.max(record.hour);
    }
    let mut keys: Vec<KeyUsage> = keys.into_values().collect();
    keys.sort_by(|a, b| (b.last_hour, &a.credential).cmp(&(a.last_hour, &b.credential)));
    keys
}

/// The use as the documents print it.
pub(crate) fn usage_summary(known: &KnownAccount) -> Option<UsageSummary> {
    let usage = known.usage.as_ref()?;
    let name = |id: &String| {
        let key = known.record.credentials.iter().find(|c| c.remote_id == *id);
        key.and_then(|c| c.name.clone()).unwrap_or_else(|| id.clone())
    };
    let line = |key: &KeyUsage| UsageLine {
        key: key.credential.as_ref().map(name),
        models: key.models.iter().cloned().collect(),
        requests: key.requests,
        input_tokens: key.input_tokens,
        output_tokens: key.output_tokens,
        last_hour: key.last_hour,
    };
    Some(UsageSummary {
        system: known.system.clone(),
        login: known.account.login.clone(),
        since: usage.since,
        until: usage.until,
        keys: usage.keys.iter().map(line).collect(),
    })
}
