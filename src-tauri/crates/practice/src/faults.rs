//! Bad days: switches per vendor and request, set by a test in-process or over the control address.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde::{Deserialize, Serialize};

/// What happens instead of, or to, the vendor's answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "fault", rename_all = "snake_case")]
pub enum Fault {
    /// The vendor is not asked; this is answered.
    Status {
        /// The status.
        status: u16,
        /// Headers, such as `retry-after`.
        #[serde(default)]
        headers: BTreeMap<String, String>,
        /// The body.
        #[serde(default)]
        body: String,
    },
    /// The vendor acts, then the answer waits this long in real time.
    Delay {
        /// Milliseconds.
        millis: u64,
    },
    /// The vendor is not asked; the connection is reset.
    Reset,
    /// The vendor acts; the connection is reset instead of an answer.
    AnswerLost,
    /// The vendor acts; the answer promises more bytes than come.
    Truncated,
    /// The vendor acts; the answer comes byte by byte.
    Dribbled {
        /// Milliseconds of real time before each byte.
        millis: u64,
    },
    /// The vendor says that the credentials have expired.
    CredentialsExpired,
}

impl Fault {
    /// This status, with nothing else.
    pub fn status(status: u16) -> Self {
        Self::Status { status, headers: BTreeMap::new(), body: String::new() }
    }

    /// 429 or 503 that asks for a pause of so many seconds.
    pub fn busy(status: u16, retry_after_s: u32) -> Self {
        let headers = BTreeMap::from([("retry-after".to_owned(), retry_after_s.to_string())]);
        Self::Status { status, headers, body: String::new() }
    }
}

/// A fault, where it strikes and how often.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FaultRule {
    /// `METHOD /path`, where `*` is any method, `{anything}` any one segment and a last `/*` any rest.
    pub on: String,
    /// What happens.
    #[serde(flatten)]
    pub fault: Fault,
    /// For how many requests; without it until it is cleared.
    #[serde(default)]
    pub times: Option<u32>,
}

/// The switches of one vendor; clones share them.
#[derive(Clone, Debug, Default)]
pub struct Faults(Arc<Mutex<Vec<FaultRule>>>);

impl Faults {
    /// Lets a fault strike until it is cleared.
    pub fn always(&self, on: &str, fault: Fault) {
        self.add(FaultRule { on: on.into(), fault, times: None });
    }

    /// Lets a fault strike the next `times` requests.
    pub fn next(&self, times: u32, on: &str, fault: Fault) {
        self.add(FaultRule { on: on.into(), fault, times: Some(times) });
    }

    /// Adds a rule after the others; the first one that fits a request strikes.
    pub fn add(&self, rule: FaultRule) {
        self.lock().push(rule);
    }

    /// Good days again.
    pub fn clear(&self) {
        self.lock().clear();
    }

    /// What is switched on.
    pub fn all(&self) -> Vec<FaultRule> {
        self.lock().clone()
    }

    /// The fault for this request; it is counted as struck.
    pub(crate) fn strike(&self, method: &str, path: &str) -> Option<Fault> {
        let mut rules = self.lock();
        let place = rules.iter().position(|rule| fits(&rule.on, method, path) && rule.times != Some(0))?;
        let rule = rules.get_mut(place)?;
        rule.times = rule.times.map(|left| left - 1);
        Some(rule.fault.clone())
    }

    fn lock(&self) -> MutexGuard<'_, Vec<FaultRule>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn fits(on: &str, method: &str, path: &str) -> bool {
    let (wanted, pattern) = on.split_once(' ').unwrap_or(("*", on));
    if wanted != "*" && wanted != method {
        return false;
    }
    let (pattern, rest) = pattern.strip_suffix("/*").map_or((pattern, false), |head| (head, true));
    let pattern: Vec<&str> = pattern.split('/').collect();
    let path: Vec<&str> = path.split('/').collect();
    let long_enough = if rest { path.len() >= pattern.len() } else { path.len() == pattern.len() };
    let same = |(p, s): (&&str, &&str)| p == s || (p.starts_with('{') && p.ends_with('}'));
    long_enough && pattern.iter().zip(&path).all(same)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_strikes_where_it_was_set_and_as_often() {
        for (on, method, path, strikes) in [
            ("GET /a/{id}", "GET", "/a/7", true),
            ("GET /a/{id}", "POST", "/a/7", false),
            ("GET /a/{id}", "GET", "/a/7/b", false),
            ("GET /a/7", "GET", "/a/8", false),
            ("* /a/*", "DELETE", "/a/8/c", true),
            ("* /*", "GET", "/", true),
            ("/a", "GET", "/a", true),
        ] {
            let faults = Faults::default();
            faults.always(on, Fault::Reset);
            assert_eq!(faults.strike(method, path).is_some(), strikes, "{on} and {method} {path}");
        }
        let faults = Faults::default();
        faults.next(2, "* /*", Fault::status(500));
        faults.always("* /*", Fault::Reset);
        let struck: Vec<_> = (0..3).map(|_| faults.strike("GET", "/x")).collect();
        assert_eq!(
            struck,
            [Some(Fault::status(500)), Some(Fault::status(500)), Some(Fault::Reset)],
            "a fault that is used up makes room for the next"
        );
    }

    #[test]
    fn a_rule_is_written_as_json_as_the_documentation_says() {
        let rule: FaultRule = serde_json::from_str(
            r#"{"on":"GET /x","fault":"status","status":503,"headers":{"retry-after":"2"},"times":3}"#,
        )
        .unwrap();
        let expected = FaultRule { on: "GET /x".into(), fault: Fault::busy(503, 2), times: Some(3) };
        assert_eq!(rule, expected, "the control address takes what people write by hand");
    }
}
