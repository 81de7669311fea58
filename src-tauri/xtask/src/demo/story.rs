//! What the demonstration shows, in order. `{name}` stands for a value that is known only when it runs.

use std::time::Duration;

use super::truth::Cut;

/// One thing that happens, with the sentence that introduces it.
pub(super) struct Step {
    pub(super) say: &'static str,
    pub(super) act: Act,
}

/// What happens.
pub(super) enum Act {
    /// An operator sets up a home for the practice company.
    SetUp,
    /// An operator connects HR, directory and models' provider of the practice company.
    ConnectCompany,
    /// An operator types a command.
    Run(&'static [&'static str]),
    /// The same, where the answer is that a person has to look (exit code 3).
    Asks(&'static [&'static str]),
    /// The same with `--json`, to take along the value at a path of the answer.
    Learn { args: &'static [&'static str], path: &'static [&'static str], as_name: &'static str },
    /// An operator confirms what is proposed as the leaver's accounts.
    ConfirmLinks,
    /// HR enters the leaver's last day, this many days from now, in place of one that it entered before.
    HrPlansEnd { days: i64 },
    /// Every system is asked directly: the leaver is cut so far, and nobody else is touched.
    Ask(Cut),
    /// The same, as soon as it is so.
    WaitUntilCut(Cut),
    /// The directory's own log of what was done to the leaver.
    DirectoryLog,
    /// OpenAI answers 503.
    OpenAiFails,
    /// OpenAI answers again.
    OpenAiAnswers,
    /// `lockstep serve` is started beside the story.
    Serve,
    /// Time passes until this long before the leaver's access ends.
    PassUntilBeforeEnd { seconds: i64 },
    /// Time passes.
    Pass(Duration),
    /// `serve` reads every connection.
    WaitUntilRead,
    /// A command is asked until the value at a path of its answer is this; then it is shown.
    WaitUntil { args: &'static [&'static str], path: &'static [&'static str], says: &'static str },
    /// The steps of the run in the order in which they came true.
    TrueOrder,
    /// `serve` is asked to end.
    EndServe,
}

const fn step(say: &'static str, act: Act) -> Step {
    Step { say, act }
}

const PREVIEW: &[&str] = &["offboard", "preview", "{leaver}"];
const LEARN_DIGEST: Act = Act::Learn { args: PREVIEW, path: &["digest"], as_name: "digest" };
const ARM: Act = Act::Run(&["offboard", "arm", "{leaver}", "--approve", "{digest}"]);
const SYNC: Act = Act::Run(&["sync"]);
const SHOW_RUN: &[&str] = &["run", "show", "{run}"];

pub(super) const STORY: &[Step] = &[
    step("A home for one organisation.", Act::SetUp),
    step(
        "Connect HR, the directory and OpenAI. Secrets come from variables, never from the command line.",
        Act::ConnectCompany,
    ),
    step(
        "Connect one application by SCIM.",
        Act::Run(&[
            "connection",
            "add",
            "scim",
            "--name",
            "scim",
            "--set",
            "base_url={scim_url}",
            "--set",
            "allow_local=true",
            "--set",
            "admin_group=Administrators",
            "--secret",
            "token=env:DEMO_SCIM_TOKEN",
        ]),
    ),
    step(
        "A system without an API, where its owner has to act.",
        Act::Run(&[
            "system",
            "set",
            "Payroll portal",
            "--lane",
            "manual",
            "--owner",
            "payroll@practice.example",
            "--everyone",
            "true",
        ]),
    ),
    step(
        "Who are we there, and what may we do? This changes nothing.",
        Act::Run(&["connection", "test", "okta"]),
    ),
    step("The first read is the baseline. It never starts anything.", SYNC),
    step("Who left before the first read and still has access.", Act::Run(&["backlog", "list"])),
    step("An operator confirms which accounts are {name}'s.", Act::ConfirmLinks),
    step(
        "A connection begins as observer. Letting it act is a recorded decision.",
        Act::Run(&["connection", "mode", "okta", "full", "--reason", "links were looked at"]),
    ),
    step(
        "The same for the application,",
        Act::Run(&["connection", "mode", "scim", "full", "--reason", "links were looked at"]),
    ),
    step(
        "and for OpenAI.",
        Act::Run(&["connection", "mode", "openai", "full", "--reason", "links were looked at"]),
    ),
    step("HR enters that {name} leaves in two months.", Act::HrPlansEnd { days: 61 }),
    step("Read what changed.", SYNC),
    step("Who leaves, and when access ends.", Act::Run(&["leaver", "list"])),
    step(
        "See before approving: what this cuts and may break, and what is done where a system refuses.",
        Act::Run(PREVIEW),
    ),
    step("The preview has a digest: the approval is for exactly this.", LEARN_DIGEST),
    step("Approve it for the instant at which access ends.", ARM),
    step("The timer waits.", Act::Run(&["timer", "list"])),
    step("HR moves the end three weeks forward.", Act::HrPlansEnd { days: 40 }),
    step("Read what changed.", SYNC),
    step(
        "Approved was another day: the timer is void and says that it needs a new approval.",
        Act::Run(&["timer", "list", "--all"]),
    ),
    step("Look again: the new day has a digest of its own.", LEARN_DIGEST),
    step("Approve that.", ARM),
    step("From now on nobody is at the keyboard: the service is there.", Act::Serve),
    step("Weeks pass, until an hour before the instant.", Act::PassUntilBeforeEnd { seconds: 3600 }),
    step("The service reads every system.", Act::WaitUntilRead),
    step(
        "Is everything ready? Others left meanwhile whom nobody approved; that is said too.",
        Act::Asks(&["timer", "check"]),
    ),
    step("OpenAI has a bad day.", Act::OpenAiFails),
    step("Ten seconds before the instant:", Act::PassUntilBeforeEnd { seconds: 10 }),
    step("Nothing is cut early. Asked directly:", Act::Ask(Cut::Nothing)),
    step(
        "The instant comes. Okta and the application are dark; OpenAI delays only itself. Asked directly:",
        Act::WaitUntilCut(Cut::SignIn),
    ),
    step(
        "What the directory was told: first the door, then who was inside, and nothing early.",
        Act::DirectoryLog,
    ),
    step("The run has an id.", Act::Learn { args: &["run", "list"], path: &["0", "id"], as_name: "run" }),
    step("What is done, and what waits.", Act::Run(SHOW_RUN)),
    step("OpenAI is back.", Act::OpenAiAnswers),
    step("Minutes pass.", Act::Pass(Duration::from_secs(300))),
    step(
        "The service goes on by itself: with the evidence stored, the keys go. Asked directly:",
        Act::WaitUntilCut(Cut::All),
    ),
    step(
        "Only people's tasks are left.",
        Act::WaitUntil { args: SHOW_RUN, path: &["standing"], says: "tasks_open" },
    ),
    step(
        "What happened, in its true order: nothing early, and nothing final before the evidence was stored.",
        Act::TrueOrder,
    ),
    step("The service is asked to end, and ends cleanly.", Act::EndServe),
    step(
        "The payroll portal waits for its owner; the task has an id.",
        Act::Learn { args: SHOW_RUN, path: &["steps", "system=Payroll portal", "id"], as_name: "task" },
    ),
    step(
        "Its owner did it and says so, with a file as proof.",
        Act::Run(&[
            "run",
            "attest",
            "{run}",
            "{task}",
            "--account",
            "{leaver}",
            "--done-at",
            "{now}",
            "--note",
            "Access to the portal removed",
            "--file",
            "{proof}",
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
    step(
        "Who left since last month, before Lockstep came too, and who cut what when.",
        Act::Run(&["lookback", "--from", "{month_ago}"]),
    ),
    step("And the whole ledger is as it was written.", Act::Run(&["ledger", "verify"])),
];
