//! What the demonstration shows, in order. `{name}` stands for a value that is known only when it runs.

/// One thing that happens, with the sentence that introduces it.
pub(super) struct Step {
    pub(super) say: &'static str,
    pub(super) act: Act,
}

/// What happens.
pub(super) enum Act {
    /// HR writes its export: a file of `tests/fixtures/demo`.
    HrExports(&'static str),
    /// An operator types a command.
    Run(&'static [&'static str]),
    /// The same with `--json`, to take along the value at a path of the answer.
    Learn { args: &'static [&'static str], path: &'static [&'static str], as_name: &'static str },
    /// The server is asked directly about every account; those in `cut` must have no access, all others theirs.
    AskServer { cut: &'static [&'static str] },
}

/// Accounts on the server: login, given name, family name, and HR's number.
pub(super) const PEOPLE: [[&str; 4]; 4] = [
    ["kim.doe@acme.test", "Kim", "Doe", "E-1001"],
    ["lee.roe@acme.test", "Lee", "Roe", "E-1002"],
    ["ana.petrova@acme.test", "Ана", "Петрова", "E-1003"],
    ["olaf.gone@acme.test", "Olaf", "Gone", "E-0007"],
];

/// Who administers the server, so that a last administrator can be told.
pub(super) const ADMINISTRATOR: &str = "lee.roe@acme.test";

const fn step(say: &'static str, act: Act) -> Step {
    Step { say, act }
}

pub(super) const STORY: &[Step] = &[
    step(
        "A home for one organisation.",
        Act::Run(&["init", "--org", "Acme", "--operator-email", "it@acme.test", "--secrets", "sealed-file"]),
    ),
    step("HR's export: three people work here, one left long ago.", Act::HrExports("hr-before.csv")),
    step(
        "Connect the export as the source of workers.",
        Act::Run(&[
            "connection",
            "add",
            "csv",
            "--name",
            "hr",
            "--set",
            "path={export}",
            "--set",
            "zone=Europe/Berlin",
        ]),
    ),
    step(
        "Connect the server. The token comes from a variable, never from the command line.",
        Act::Run(&[
            "connection",
            "add",
            "scim",
            "--name",
            "directory",
            "--set",
            "base_url={base_url}",
            "--set",
            "allow_local=true",
            "--set",
            "admin_group=Administrators",
            "--secret",
            "token=env:DEMO_SCIM_TOKEN",
        ]),
    ),
    step("Try it; this changes nothing.", Act::Run(&["connection", "test", "directory"])),
    step(
        "A system without a connector, where people have to act.",
        Act::Run(&[
            "system",
            "set",
            "Payroll portal",
            "--lane",
            "manual",
            "--owner",
            "payroll@acme.test",
            "--everyone",
            "true",
        ]),
    ),
    step("The first read is the baseline. It never starts anything.", Act::Run(&["sync"])),
    step("Which account is whose, and how sure that is.", Act::Run(&["link", "list", "--all"])),
    step("Who left before the first read and still has access.", Act::Run(&["backlog", "list"])),
    step(
        "A connection begins as observer. Letting it act is a recorded decision.",
        Act::Run(&["connection", "mode", "directory", "full", "--reason", "links were looked at"]),
    ),
    step("HR enters that Kim's last day was yesterday.", Act::HrExports("hr-after.csv")),
    step("Read again.", Act::Run(&["sync"])),
    step("Kim is a leaver.", Act::Run(&["leaver", "list"])),
    step(
        "See before acting: what would be done, and what stays.",
        Act::Run(&["offboard", "preview", "kim.doe@acme.test"]),
    ),
    step(
        "The preview has a digest: the approval is for exactly this.",
        Act::Learn {
            args: &["offboard", "preview", "kim.doe@acme.test"],
            path: &["digest"],
            as_name: "digest",
        },
    ),
    step("Before the cut, asked directly:", Act::AskServer { cut: &[] }),
    step(
        "Approve and start. HR is read once more, then each step is done and read back.",
        Act::Run(&["offboard", "start", "kim.doe@acme.test", "--approve", "{digest}"]),
    ),
    step("After the cut, asked directly:", Act::AskServer { cut: &["kim.doe@acme.test"] }),
    step("The run has an id.", Act::Learn { args: &["run", "list"], path: &["0", "id"], as_name: "run" }),
    step("What happened, step by step.", Act::Run(&["run", "show", "{run}"])),
    step(
        "The payroll portal waits for its owner; the task has an id.",
        Act::Learn {
            args: &["run", "show", "{run}"],
            path: &["steps", "system=Payroll portal", "id"],
            as_name: "task",
        },
    ),
    step(
        "Its owner did it, and says so.",
        Act::Run(&[
            "run",
            "attest",
            "{run}",
            "{task}",
            "--account",
            "kim.doe",
            "--done-at",
            "{now}",
            "--note",
            "Access to the portal removed",
        ]),
    ),
    step(
        "Evidence for an auditor: one file.",
        Act::Run(&["evidence", "export", "{run}", "--out", "{bundle}"]),
    ),
    step(
        "It verifies without the home and without a network.",
        Act::Run(&["evidence", "verify", "{bundle}"]),
    ),
    step(
        "The key, which an auditor gets by another way than the file.",
        Act::Learn { args: &["key", "export"], path: &["verifier_key"], as_name: "key" },
    ),
    step(
        "With that key the origin is proven too.",
        Act::Run(&["evidence", "verify", "{bundle}", "--trust", "{key}"]),
    ),
    step("And the whole ledger is as it was written.", Act::Run(&["ledger", "verify"])),
];
