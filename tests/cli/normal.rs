//! What differs from run to run, replaced: ids, digests, the present, this machine's places.

use std::collections::HashMap;

use lockstep_testkit::{Home, ScimServer};
use regex::{Captures, Regex};

/// Dates of this year are the journey's own; every other instant is the present.
const JOURNEY: &str = "2030-";

pub(crate) struct Normal {
    places: Vec<(String, &'static str)>,
}

impl Normal {
    pub(crate) fn new(server: &ScimServer, home: &Home) -> Self {
        let base_url = server.base_url().to_owned();
        let host = base_url.trim_start_matches("http://").split('/').next().unwrap_or_default().to_owned();
        let home = home.path().display().to_string();
        Self { places: vec![(base_url, "<server>"), (host, "<host>"), (home, "<home>")] }
    }

    /// A page for people; what a column is wide depends on what stands in it.
    pub(crate) fn text(&self, text: &str) -> String {
        regex(" {2,}").replace_all(&self.json(text), "  ").into_owned()
    }

    /// A JSON document.
    pub(crate) fn json(&self, text: &str) -> String {
        let mut text = text.to_owned();
        for (place, name) in &self.places {
            text = text.replace(place, name);
        }
        let text = numbered(&text, "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", "id");
        let text = regex(r"\+[0-9a-f]{8}\+[A-Za-z0-9+/]+=*").replace_all(&text, "+<key>");
        let text = regex(r"\b[0-9a-f]{64}\b").replace_all(&text, "<digest>");
        let text = numbered(&text, r"\b[0-9a-f]{32}\b", "remote");
        let text = numbered(&text, r"\b[0-9a-f]{12}\b", "step");
        let text = regex(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")
            .replace_all(&text, |found: &Captures| kept(&found[0], "<time>"));
        // Steps of different accounts are written down in the order in which they end.
        let text = regex(r"\bseq \d+( to \d+)?").replace_all(&text, "seq <n>");
        regex(r#"(\(|"bytes": )\d+( bytes\))?"#)
            .replace_all(&text, |found: &Captures| match (&found[1], found.get(2)) {
                ("(", None) => found[0].to_owned(),
                (before, after) => format!("{before}<n>{}", after.map_or("", |it| it.as_str())),
            })
            .into_owned()
    }
}

fn kept(text: &str, otherwise: &str) -> String {
    if text.starts_with(JOURNEY) { text } else { otherwise }.to_owned()
}

/// Replaces each different match by a number of its own, so that it stays visible which are the same.
fn numbered(text: &str, pattern: &str, name: &str) -> String {
    let mut seen = HashMap::new();
    regex(pattern)
        .replace_all(text, |found: &Captures| {
            let next = seen.len() + 1;
            format!("<{name}-{}>", seen.entry(found[0].to_owned()).or_insert(next))
        })
        .into_owned()
}

fn regex(pattern: &str) -> Regex {
    Regex::new(pattern).unwrap_or_else(|error| panic!("{pattern}: {error}"))
}

#[test]
fn only_what_differs_is_replaced() {
    let normal = Normal { places: vec![("/tmp/x".into(), "<home>")] };
    for (text, wanted) in [
        ("run 01998000-0000-7000-8000-000000000001", "run <id-1>"),
        ("at 2026-11-21 14:00:00Z, due 2030-02-01T00:00:00Z", "at <time>, due 2030-02-01T00:00:00Z"),
        ("acme+0a1b2c3d+AbC/d+e=", "acme+<key>"),
        ("0123456789ab ba9876543210 0123456789ab", "<step-1> <step-2> <step-1>"),
        ("f91c3ed6267f485f82ef178c8bf73f1f", "<remote-1>"),
        ("/tmp/x/a.zip (1234 bytes)", "<home>/a.zip (<n> bytes)"),
        ("complete from seq 14 to 25", "complete from seq <n>"),
        ("(2030-01-31) (100 %)", "(2030-01-31) (100 %)"),
    ] {
        assert_eq!(normal.json(text), wanted, "a golden file must neither flicker nor hide");
    }
}
