//! The command line as a whole: well formed, complete, documented.

use std::collections::BTreeSet;

use clap::{Command, CommandFactory, Parser};
use lockstep_engine::api::VERBS;

use crate::args::Cli;

/// Every "noun verb" of the command line, without clap's own `help` and the shell's completions.
fn verbs() -> BTreeSet<String> {
    let own = |command: &&Command| !matches!(command.get_name(), "help" | "completions");
    let cli = Cli::command();
    cli.get_subcommands()
        .filter(own)
        .flat_map(|noun| {
            let name = noun.get_name().to_owned();
            let verbs: Vec<_> = noun
                .get_subcommands()
                .filter(own)
                .map(|verb| format!("{name} {}", verb.get_name()))
                .collect();
            if verbs.is_empty() { vec![name] } else { verbs }
        })
        .collect()
}

#[test]
fn the_command_line_is_well_formed() {
    Cli::command().debug_assert();
}

#[test]
fn every_verb_of_the_desk_and_no_other_is_on_the_command_line() {
    let desk: BTreeSet<_> =
        VERBS.iter().map(|verb| format!("{} {}", verb.noun, verb.verb).trim().to_owned()).collect();
    assert_eq!(verbs(), desk, "what the window can do, the command line can do");
}

#[test]
fn the_documentation_names_every_verb_flag_and_variable() {
    let docs = include_str!("../../../../docs/cli.md");
    for verb in verbs().into_iter().chain(["completions".to_owned()]) {
        let heading = format!("### `lockstep {verb}");
        assert!(docs.contains(&heading), "docs/cli.md has no section {heading:?}");
        let section = docs.split(&heading).nth(1).unwrap_or_default();
        let section = section.split("\n### ").next().unwrap_or_default();
        let command = verb.split(' ').fold(Cli::command(), |command, name| {
            command.find_subcommand(name).unwrap_or_else(|| panic!("{name} was listed before")).clone()
        });
        for flag in command.get_arguments().filter_map(clap::Arg::get_long) {
            assert!(section.contains(&format!("--{flag}")), "docs/cli.md says nothing of {verb} --{flag}");
        }
    }
    for name in
        ["--home", "--json", "--quiet", "LOCKSTEP_HOME", "LOCKSTEP_LOG", "LOCKSTEP_PASSPHRASE", "NO_COLOR"]
    {
        assert!(docs.contains(name), "docs/cli.md does not mention {name}");
    }
}

#[test]
fn what_needs_a_reason_or_an_approval_cannot_be_asked_for_without() {
    let digest = "0".repeat(64);
    for (line, ok) in [
        ("offboard start kim --approve DIGEST", true),
        ("offboard start kim", false),
        ("offboard start kim --approve abc", false),
        ("offboard start --approve DIGEST", false),
        ("offboard preview kim --now", false),
        ("offboard preview kim --reason x", false),
        ("offboard preview kim lee --now --reason x", true),
        ("offboard arm kim --approve DIGEST", true),
        ("offboard arm kim", false),
        ("offboard disarm kim", false),
        ("offboard cancel 0199", false),
        ("connection mode okta full", false),
        ("connection mode okta everything --reason x", false),
        ("connection mode okta contain-only --reason x", true),
        ("connection mode okta contain_only --reason x", true),
        ("run resume", false),
        ("run resume --all", true),
        ("run resume 0199 --all", false),
        ("run waive 0199 4be2", false),
        ("pause on --hours 0 --reason x", false),
        ("pause on --hours 4 --reason x", true),
        ("link confirm not-an-id --reason x", false),
    ] {
        let line = line.replace("DIGEST", &digest);
        let parsed = Cli::try_parse_from(format!("lockstep {line}").split(' '));
        assert_eq!(parsed.is_ok(), ok, "{line}: a slip must not start, stop or loosen anything");
    }
}
