//! Use by the hour: made up from key and hour, the same for the same company, and none after a key is gone.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use super::state::{Key, Owner, State};
use super::{OpenAi, error};
use crate::answer::{Answer, json};
use crate::strict::{Asked, Route};

const HOUR: i64 = 3600;
const QUERY: &[&str] = &[
    "start_time",
    "end_time",
    "bucket_width",
    "limit",
    "page",
    "group_by",
    "group_by[]",
    "project_ids",
    "user_ids",
    "api_key_ids",
    "models",
    "batch",
];

/// The lists of use: all but the first two stay empty.
pub(super) fn routes() -> Vec<Route<OpenAi>> {
    let mut routes = vec![
        Route::get("/v1/organization/usage/completions", OpenAi::completions).query(QUERY),
        Route::get("/v1/organization/usage/embeddings", OpenAi::embeddings).query(QUERY),
    ];
    for path in [
        "/v1/organization/usage/moderations",
        "/v1/organization/usage/images",
        "/v1/organization/usage/audio_speeches",
        "/v1/organization/usage/audio_transcriptions",
        "/v1/organization/usage/file_search_calls",
        "/v1/organization/usage/web_search_calls",
    ] {
        routes.push(Route::get(path, OpenAi::unused).query(QUERY));
    }
    routes
}

/// What one key used in one hour.
struct Used<'a> {
    project: &'a str,
    key: &'a Key,
    model: &'static str,
    requests: u64,
}

impl OpenAi {
    fn completions(&self, asked: &Asked) -> Answer {
        self.usage(asked, "completions", 7, &["gpt-5", "gpt-5-mini"])
    }

    fn embeddings(&self, asked: &Asked) -> Answer {
        self.usage(asked, "embeddings", 41, &["text-embedding-3-small"])
    }

    fn unused(&self, asked: &Asked) -> Answer {
        self.usage(asked, "unused", u64::MAX, &[""])
    }

    fn usage(&self, asked: &Asked, list: &str, one_in: u64, models: &[&'static str]) -> Answer {
        let (state, now) = (self.state(), self.now().timestamp());
        let number = |name: &str| asked.query(name).and_then(|v| v.parse::<i64>().ok());
        let Some(start) = number("start_time") else {
            return error(400, "Missing required parameter: 'start_time'.");
        };
        if asked.query("bucket_width").unwrap_or("1d") != "1h" {
            return error(400, "The practice company keeps buckets of an hour only.");
        }
        let limit = number("limit").unwrap_or(24);
        if !(1..=168).contains(&limit) {
            return error(400, "Invalid 'limit': expected a value between 1 and 168 for 1h.");
        }
        if !state.manner.brackets && asked.query("group_by[]").is_some() {
            return error(400, "Unknown parameter: 'group_by[]'.");
        }
        let dimensions = dimensions(asked, state.manner.brackets);
        let end = number("end_time").unwrap_or(now).min(now);
        let first = asked.query("page").and_then(|p| p.strip_prefix("page_")?.parse().ok()).unwrap_or(start);
        let mut buckets = Vec::new();
        let mut hour = first.div_euclid(HOUR) * HOUR;
        while hour < end && buckets.len() < usize::try_from(limit).unwrap_or(0) {
            let used = used_in(&state, hour, one_in, models);
            buckets.push(json!({"object": "bucket", "start_time": hour, "end_time": (hour + HOUR).min(end.max(hour + 1)),
                "results": grouped(&used, list, &dimensions)}));
            hour += HOUR;
        }
        let next = (hour < end).then(|| format!("page_{hour}"));
        json(200, &json!({"object": "page", "data": buckets, "has_more": next.is_some(), "next_page": next}))
    }
}

/// The dimensions asked for in the form that this company takes; the other form is overlooked.
fn dimensions(asked: &Asked, brackets: bool) -> Vec<&str> {
    let taken = if brackets { "group_by[]" } else { "group_by" };
    asked.query.iter().filter(|(key, _)| key == taken).map(|(_, v)| v.as_str()).collect()
}

fn used_in<'a>(state: &'a State, hour: i64, one_in: u64, models: &[&'static str]) -> Vec<Used<'a>> {
    let mut used = Vec::new();
    for project in &state.projects {
        for key in project.keys.iter().filter(|k| works_in(k, hour)) {
            let chance = chance(&key.id, hour);
            if chance.is_multiple_of(one_in) {
                let model = models[usize::try_from(chance % 3).unwrap_or(0) % models.len()];
                used.push(Used { project: &project.id, key, model, requests: chance % 40 + 1 });
            }
        }
    }
    used
}

fn works_in(key: &Key, hour: i64) -> bool {
    let until = key.gone_at.map(|at: DateTime<Utc>| at.timestamp());
    until.is_none_or(|gone| hour + HOUR <= gone)
}

/// The same for the same key and hour, and spread over both.
fn chance(key: &str, hour: i64) -> u64 {
    let bytes = key.bytes().chain(hour.to_be_bytes());
    let mixed =
        bytes.fold(0xcbf2_9ce4_8422_2325_u64, |h, b| (h ^ u64::from(b)).wrapping_mul(0x0100_0000_01b3));
    (mixed >> 17) + 1
}

/// Results by the dimensions asked for; the others are null.
fn grouped(used: &[Used<'_>], list: &str, dimensions: &[&str]) -> Vec<Value> {
    let mut sums: BTreeMap<[Option<&str>; 4], u64> = BTreeMap::new();
    for one in used {
        let by = |name: &str, value: Option<&'static str>| value.filter(|_| dimensions.contains(&name));
        let told = |name: &str| dimensions.contains(&name);
        let user = match &one.key.owner {
            Owner::User(id) => Some(id.as_str()),
            Owner::Service(_) => None,
        };
        let place = [
            Some(one.project).filter(|_| told("project_id")),
            user.filter(|_| told("user_id")),
            Some(one.key.id.as_str()).filter(|_| told("api_key_id")),
            by("model", Some(one.model)),
        ];
        *sums.entry(place).or_default() += one.requests;
    }
    let told = |([project, user, key, model], requests): ([Option<&str>; 4], u64)| {
        json!({"object": format!("organization.usage.{list}.result"), "num_model_requests": requests,
            "input_tokens": requests * 1200, "output_tokens": requests * 300, "project_id": project,
            "user_id": user, "api_key_id": key, "model": model})
    };
    sums.into_iter().map(told).collect()
}
