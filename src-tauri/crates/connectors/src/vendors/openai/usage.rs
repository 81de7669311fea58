//! Use by member, key, model and hour: <https://platform.openai.com/docs/api-reference/usage>. Requests and
//! tokens only; the vendor tells nothing of what was asked or answered.

use std::sync::atomic::{AtomicBool, Ordering};

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use futures_util::stream::{self, TryStreamExt};
use lockstep_domain::activity::UsageRecord;
use serde_json::Value;
use tokio::sync::mpsc;

use super::OpenAi;
use super::facts::text;
use super::ids::{KeyId, is_id};
use crate::api::Document;
use crate::contract::UsageSource;
use crate::error::{Error, Kind, Result};

/// The most buckets of an hour that the vendor sends in a page: a week.
const BUCKETS: &str = "168";
const HOUR: i64 = 3600;
/// Pages that a span may have, so that a server cannot lead us on for ever: ten years of weeks.
const MOST_PAGES: usize = 520;
/// Lists of use that are read side by side.
const KINDS_AT_ONCE: usize = 3;

/// One list of use: its path, what stands for the model where it tells none, and the field with the requests.
struct Series {
    path: &'static str,
    label: Option<&'static str>,
    requests: &'static str,
}

const fn model(path: &'static str) -> Series {
    Series { path, label: None, requests: "num_model_requests" }
}

/// The lists that tell a member or key. Vector stores and code interpreter sessions are told by project only.
const SERIES: &[Series] = &[
    model("completions"),
    model("embeddings"),
    model("moderations"),
    model("images"),
    model("audio_speeches"),
    model("audio_transcriptions"),
    Series { path: "file_search_calls", label: Some("(file search)"), requests: "num_requests" },
    Series { path: "web_search_calls", label: Some("(web search)"), requests: "num_requests" },
];

#[async_trait]
impl UsageSource for OpenAi {
    async fn read_usage(
        &self,
        from: DateTime<Utc>,
        until: DateTime<Utc>,
        out: mpsc::Sender<Vec<UsageRecord>>,
    ) -> Result<()> {
        // Buckets are whole hours; one cut in two would be told as if it were the whole.
        let from = from.timestamp().div_euclid(HOUR) * HOUR;
        let until = until.timestamp().div_euclid(HOUR) * HOUR;
        if from >= until {
            return Ok(());
        }
        let brackets = AtomicBool::new(false);
        let out = &out;
        let reads = SERIES.iter().map(|series| Ok(self.read_series(series, (from, until), &brackets, out)));
        let reads: Vec<Result<_>> = reads.collect();
        stream::iter(reads).try_for_each_concurrent(KINDS_AT_ONCE, |read| read).await
    }
}

impl OpenAi {
    async fn read_series(
        &self,
        series: &Series,
        (from, until): (i64, i64),
        brackets: &AtomicBool,
        out: &mpsc::Sender<Vec<UsageRecord>>,
    ) -> Result<()> {
        let mut page: Option<String> = None;
        for _ in 0..MOST_PAGES {
            let answer = self.usage_page(series, (from, until), page.as_deref(), brackets).await?;
            let records = records(series, &answer.body, (from, until))?;
            if !records.is_empty() {
                out.send(records).await.map_err(|_| {
                    Error::new(Kind::Unavailable, "the read was given up by who asked for it", "Read again.")
                })?;
            }
            let more = answer.body.get("has_more").and_then(Value::as_bool);
            let next = text(&answer.body, "next_page").map(str::to_owned);
            match (more, next) {
                (Some(false), _) => return Ok(()),
                (Some(true), Some(next)) if page.as_deref() != Some(&next) => page = Some(next),
                _ => return Err(malformed(series, "there is said to be more, but not where")),
            }
        }
        Err(malformed(series, "it does not come to an end"))
    }

    /// One page. Lists in parameters are described without brackets; servers of the vendor have wanted them, and
    /// one that does not know the form refuses it or mixes everybody's use together.
    async fn usage_page(
        &self,
        series: &Series,
        (from, until): (i64, i64),
        page: Option<&str>,
        brackets: &AtomicBool,
    ) -> Result<Document> {
        let (start, end) = (from.to_string(), until.to_string());
        let with_brackets = brackets.load(Ordering::Relaxed);
        let ask = async |group: &str| {
            let mut query = vec![
                ("start_time", start.as_str()),
                ("end_time", &end),
                ("bucket_width", "1h"),
                ("limit", BUCKETS),
            ];
            let by = ["project_id", "user_id", "api_key_id"];
            query.extend(by.map(|dimension| (group, dimension)));
            // File search knows no models; an unknown dimension is refused.
            query.extend((series.path != "file_search_calls").then_some((group, "model")));
            query.extend(page.map(|p| ("page", p)));
            self.api.get(&["organization", "usage", series.path], &query).await
        };
        if with_brackets {
            return told_apart(series, ask("group_by[]").await?);
        }
        let plain = match ask("group_by").await {
            Ok(answer) => told_apart(series, answer),
            Err(e) => Err(e),
        };
        match plain {
            Err(e) if matches!(e.kind(), Kind::Unsupported | Kind::Malformed) => {
                // What the plain form said is the better word if the other fails as well.
                let Ok(answer) = ask("group_by[]").await else { return Err(e) };
                let answer = told_apart(series, answer)?;
                brackets.store(true, Ordering::Relaxed);
                Ok(answer)
            }
            other => other,
        }
    }
}

/// Refuses an answer that does not tell whose the use was: the dimensions are null unless asked for.
fn told_apart(series: &Series, answer: Document) -> Result<Document> {
    let results: Vec<&Value> = buckets(&answer.body).flat_map(results_of).collect();
    let mixed = |r: &&Value| ["user_id", "api_key_id", "project_id"].iter().all(|d| text(r, d).is_none());
    if !results.is_empty() && results.iter().all(mixed) {
        return Err(malformed(series, "it does not tell members and keys apart"));
    }
    Ok(answer)
}

fn records(series: &Series, body: &Value, (from, until): (i64, i64)) -> Result<Vec<UsageRecord>> {
    if body.get("data").and_then(Value::as_array).is_none() {
        return Err(malformed(series, "data is no list"));
    }
    let mut records = Vec::new();
    for bucket in buckets(body) {
        let at = |field: &str| bucket.get(field).and_then(Value::as_i64);
        let (Some(start), Some(end)) = (at("start_time"), at("end_time")) else {
            return Err(malformed(series, "a bucket has no time"));
        };
        // The bucket that is under way may end early; one of another width or grid is not what was asked for.
        if start % HOUR != 0 || end - start > HOUR || !(from..until).contains(&start) {
            return Err(malformed(series, "a bucket is no hour of the span asked for"));
        }
        let hour =
            DateTime::from_timestamp(start, 0).ok_or_else(|| malformed(series, "an impossible time"))?;
        for result in results_of(bucket) {
            records.extend(record(series, hour, result)?);
        }
    }
    Ok(records)
}

fn record(series: &Series, hour: DateTime<Utc>, result: &Value) -> Result<Option<UsageRecord>> {
    let count = |field: &str| match result.get(field) {
        None | Some(Value::Null) => Ok(0),
        Some(number) => number.as_u64().ok_or_else(|| malformed(series, "a count is no number")),
    };
    let used = (count(series.requests)?, count("input_tokens")?, count("output_tokens")?);
    if used == (0, 0, 0) {
        return Ok(None);
    }
    let (project, key) = (text(result, "project_id"), text(result, "api_key_id"));
    let named = project.zip(key).filter(|(p, k)| is_id(p) && is_id(k));
    Ok(Some(UsageRecord {
        hour,
        account_remote_id: text(result, "user_id").map(str::to_owned),
        credential_remote_id: named.map(|(project, key)| KeyId::Project { project, key }.to_string()),
        model: series.label.or_else(|| text(result, "model")).map(str::to_owned),
        requests: used.0,
        input_tokens: used.1,
        output_tokens: used.2,
    }))
}

fn buckets(body: &Value) -> impl Iterator<Item = &Value> {
    body.get("data").and_then(Value::as_array).into_iter().flatten()
}

fn results_of(bucket: &Value) -> impl Iterator<Item = &Value> {
    bucket.get("results").and_then(Value::as_array).into_iter().flatten()
}

fn malformed(series: &Series, what: &str) -> Error {
    Error::new(
        Kind::Malformed,
        format!("reading use ({}): {what}", series.path),
        "Read again; if it stays, report it. Nothing of this span was used.",
    )
}
