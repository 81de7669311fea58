//! Lists: `limit`, `after`, `has_more`; `first_id` and `last_id` are optional and may be null.

use serde_json::{Value, json};

use super::error;
use super::state::State;
use crate::answer::{Answer, json};
use crate::strict::Asked;

const LARGEST_PAGE: usize = 100;

/// The page that was asked for.
pub(super) fn page(state: &State, asked: &Asked, records: &[Value]) -> Answer {
    let limit = match asked.query("limit").map_or(Ok(20), str::parse::<usize>) {
        Ok(limit) if (1..=LARGEST_PAGE).contains(&limit) => limit,
        _ => return error(400, "Invalid 'limit': expected a value between 1 and 100."),
    };
    let id = |record: &Value| record["id"].clone();
    let start = match asked.query("after") {
        None => 0,
        Some(after) => match records.iter().position(|r| r["id"] == after) {
            Some(place) => place + 1,
            None => return error(400, "Invalid 'after': no such object."),
        },
    };
    let data: Vec<Value> = records.iter().skip(start).take(limit).cloned().collect();
    let has_more = start + data.len() < records.len();
    let mut answer = json!({"object": "list", "has_more": has_more});
    if !state.manner.no_cursors {
        answer["first_id"] = data.first().map(id).unwrap_or_default();
        answer["last_id"] = data.last().map(id).unwrap_or_default();
    }
    answer["data"] = data.into();
    json(200, &answer)
}
