//! The System Log. Without an `until` it is polled: a next page is always named, even after the last event.

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::Value;

use super::refuse::No;
use super::state::Org;
use super::{Call, Okta, refuse};
use crate::answer::{Answer, json};
use crate::strict::{Asked, Route};

pub(super) fn routes() -> Vec<Route<Okta>> {
    vec![Route::get("/api/v1/logs", Okta::logs).query(&[
        "since",
        "until",
        "filter",
        "limit",
        "sortOrder",
        "after",
    ])]
}

impl Okta {
    fn logs(&self, asked: &Asked) -> Answer {
        self.serve(asked, "okta.logs.read", |org, call| {
            let limit: usize = match asked.query("limit").map(str::parse) {
                None => 100,
                Some(Ok(n)) if n <= 1000 => n,
                Some(_) => return Err(refuse::invalid("limit")),
            };
            let until = instant(asked, "until")?;
            let end = until.unwrap_or(DateTime::<Utc>::MAX_UTC);
            let since = instant(asked, "since")?.unwrap_or(end.min(call.now) - TimeDelta::days(7));
            let wanted = conditions(asked.query("filter"))?;
            // Whatever arrived last is told last, whenever it was published, so that polling loses nothing.
            let mut shown: Vec<(DateTime<Utc>, usize)> = org
                .log
                .iter()
                .enumerate()
                .filter(|(_, (at, _))| *at <= call.now)
                .map(|(n, (at, _))| (*at, n))
                .collect();
            shown.sort_unstable();
            let after = match asked.query("after") {
                None => 0,
                Some(after) => after.parse::<usize>().map_err(|_| refuse::invalid("after"))?,
            };
            let fits = |n: usize| {
                let event = &org.log[n].1;
                let at: Option<DateTime<Utc>> = event["published"].as_str().and_then(|t| t.parse().ok());
                at.is_some_and(|at| since <= at && at <= end) && matches(event, &wanted)
            };
            let found: Vec<(usize, usize)> = shown
                .iter()
                .enumerate()
                .skip(after)
                .map(|(place, (_, n))| (place, *n))
                .filter(|(_, n)| fits(*n))
                .take(limit)
                .collect();
            let next = found.last().map_or(after.max(shown.len()), |(place, _)| place + 1);
            Ok(answer(org, call, &found, next, until.is_none() || found.len() == limit))
        })
    }
}

fn answer(org: &Org, call: &Call<'_>, found: &[(usize, usize)], next: usize, more: bool) -> Answer {
    let events: Vec<Value> = found.iter().map(|(_, n)| org.log[*n].1.clone()).collect();
    let mut answer = json(200, &Value::Array(events));
    if more {
        call.link(&mut answer, "next", Some(&next.to_string()));
    }
    answer
}

fn instant(asked: &Asked, name: &str) -> Result<Option<DateTime<Utc>>, No> {
    asked.query(name).map(|text| text.parse().map_err(|_| refuse::invalid(name))).transpose()
}

/// `field eq "value"`, joined by `and`: the part of the filter language that is understood here.
fn conditions(filter: Option<&str>) -> Result<Vec<(&str, &str)>, No> {
    let parts = filter.into_iter().flat_map(|f| f.split(" and "));
    parts
        .map(|part| {
            let (field, value) = part.split_once(" eq ")?;
            let value = value.strip_prefix('"')?.strip_suffix('"')?;
            ["eventType", "target.id", "actor.id"].contains(&field).then_some((field, value))
        })
        .collect::<Option<Vec<_>>>()
        .ok_or_else(|| refuse::invalid("filter"))
}

fn matches(event: &Value, wanted: &[(&str, &str)]) -> bool {
    let targets = event["target"].as_array().map(Vec::as_slice).unwrap_or_default();
    wanted.iter().all(|(field, value)| match *field {
        "target.id" => targets.iter().any(|t| t["id"] == *value),
        "actor.id" => event["actor"]["id"] == *value,
        _ => event["eventType"] == *value,
    })
}
