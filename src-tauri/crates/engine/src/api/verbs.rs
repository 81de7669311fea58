//! Every verb of the Desk, declared once. A test compares the CLI with this list.

/// One verb.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Verb {
    /// The noun on the command line; empty for verbs that stand alone.
    pub noun: &'static str,
    /// The verb.
    pub verb: &'static str,
    /// Whether it can change something.
    pub changes: bool,
}

const fn reads(noun: &'static str, verb: &'static str) -> Verb {
    Verb { noun, verb, changes: false }
}

const fn changes(noun: &'static str, verb: &'static str) -> Verb {
    Verb { noun, verb, changes: true }
}

/// Every verb.
pub const VERBS: &[Verb] = &[
    changes("", "init"),
    reads("vendor", "list"),
    reads("vendor", "show"),
    changes("connection", "add"),
    reads("connection", "list"),
    reads("connection", "test"),
    changes("connection", "mode"),
    changes("connection", "remove"),
    reads("system", "list"),
    changes("system", "set"),
    changes("system", "import"),
    changes("", "sync"),
    reads("person", "list"),
    reads("person", "show"),
    reads("link", "list"),
    changes("link", "confirm"),
    changes("link", "reject"),
    reads("leaver", "list"),
    reads("backlog", "list"),
    reads("", "lookback"),
    reads("offboard", "preview"),
    changes("offboard", "start"),
    changes("offboard", "arm"),
    changes("offboard", "disarm"),
    changes("offboard", "cancel"),
    reads("timer", "list"),
    reads("timer", "check"),
    changes("timer", "fire"),
    changes("", "serve"),
    reads("run", "list"),
    reads("run", "show"),
    changes("run", "resume"),
    changes("run", "release"),
    changes("run", "waive"),
    changes("run", "attest"),
    reads("evidence", "export"),
    reads("evidence", "verify"),
    reads("ledger", "verify"),
    changes("ledger", "checkpoint"),
    reads("key", "export"),
    reads("policy", "show"),
    changes("pause", "on"),
    changes("pause", "off"),
    reads("pause", "status"),
];
