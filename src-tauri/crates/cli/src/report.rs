//! What goes to standard error: failures, notices, wrong usage. And the one form of our JSON.

use std::error::Error as _;
use std::io::{self, IsTerminal, Write};

use clap::error::ErrorKind;
use lockstep_engine::api::RefusalView;
use lockstep_engine::{Code, Error, Result};
use serde::Serialize;

use crate::exit::Exit;
use crate::text::{clean, clean_json, colour_wanted};

/// A failure as `--json` tells it, on one line.
#[derive(Serialize)]
struct Failure<'a> {
    code: Code,
    message: String,
    remedy: &'a str,
    refusals: Vec<RefusalView>,
    causes: Vec<String>,
}

/// A remark as `--json` tells it, on one line.
#[derive(Serialize)]
struct Notice<'a> {
    notice: &'a str,
}

/// Says what failed and what to do about it.
pub(crate) fn failure(error: &Error, json: bool) {
    let refusals: Vec<_> = error.refusals().iter().cloned().map(RefusalView::from).collect();
    let causes = causes(error);
    if json {
        let failure = Failure {
            code: error.code(),
            message: error.to_string(),
            remedy: error.remedy(),
            refusals,
            causes,
        };
        return json_line(&failure);
    }
    labelled("error", &error.to_string());
    for cause in &causes {
        labelled("cause", cause);
    }
    for refusal in &refusals {
        labelled("refused", &crate::commands::refusal_words(&refusal.refusal));
        labelled("remedy", &refusal.remedy);
    }
    if refusals.is_empty() && !error.remedy().is_empty() {
        labelled("remedy", error.remedy());
    }
}

/// What lies behind a failure, outermost first; what only repeats the line above it is left out.
fn causes(error: &Error) -> Vec<String> {
    let mut lines = vec![error.to_string()];
    let mut cause = error.source();
    while let Some(error) = cause {
        lines.push(error.to_string());
        cause = error.source();
    }
    lines.dedup();
    lines.split_off(1)
}

/// Says what the operator must see.
pub(crate) fn notices(notices: &[String], json: bool) {
    for notice in notices {
        if json { json_line(&Notice { notice }) } else { labelled("note", notice) }
    }
}

/// Shows clap's own message: help and version on standard output, everything else as an error.
pub(crate) fn usage(error: &clap::Error) -> Exit {
    if !error.use_stderr() {
        // A reader that has gone away does not make asking for help a failure.
        let _ = error.print();
        return Exit::Done;
    }
    // The arguments could not be parsed, so that nobody can tell us where `--json` stands.
    let json = std::env::args_os().any(|argument| argument == "--json");
    match error.kind() {
        ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand if json => {
            usage_line("The command line names no command, or a noun without its verb.");
        }
        // clap's help in its own colours; nothing of it comes from outside.
        ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => drop(error.print()),
        _ => {
            let text = error.render().to_string();
            // The first paragraph says what is wrong; usage and tips follow it.
            let what = text.split("\n\n").next().unwrap_or(&text);
            if json {
                usage_line(what.trim_start_matches("error: "));
            } else {
                text.trim_end().lines().for_each(|line| write_err(&format!("{}\n", clean(line))));
            }
        }
    }
    Exit::Usage
}

fn usage_line(message: &str) {
    json_line(&Failure {
        code: Code::Usage,
        message: message.to_owned(),
        remedy: "See `lockstep help`.",
        refusals: Vec::new(),
        causes: Vec::new(),
    });
}

/// A view as the document that `--json` prints.
///
/// # Errors
/// When the view has no JSON form; that is a defect of ours.
pub(crate) fn json_document<T: Serialize + ?Sized>(view: &T) -> Result<String> {
    let document = serde_json::to_string_pretty(view).map_err(|error| {
        Error::new(
            Code::Failed,
            "The answer could not be written as JSON.",
            "Ask again without --json and report this.",
        )
        .caused_by(error)
    })?;
    Ok(format!("{}\n", clean_json(&document)))
}

fn json_line<T: Serialize>(value: &T) {
    // These structs hold nothing but strings and enums, which always have a JSON form.
    if let Ok(line) = serde_json::to_string(value) {
        write_err(&format!("{}\n", clean_json(&line)));
    }
}

fn labelled(label: &str, text: &str) {
    let colour = io::stderr().is_terminal() && colour_wanted();
    let (on, off) = match label {
        _ if !colour => ("", ""),
        "error" | "refused" => ("\u{1b}[1;31m", "\u{1b}[0m"),
        _ => ("\u{1b}[1m", "\u{1b}[0m"),
    };
    write_err(&format!("{on}{label}:{off} {}\n", clean(text)));
}

/// When nobody reads standard error there is nobody left to tell; the exit code stays.
fn write_err(text: &str) {
    let _ = io::stderr().lock().write_all(text.as_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cause_is_told_once() {
        let wrapped = |text: &str, cause| Error::new(Code::Store, text, "").caused_by(cause);
        let disk = Error::new(Code::Store, "no space left", "");
        let error = wrapped("cannot write", wrapped("cannot write", disk));
        assert_eq!(causes(&error), ["no space left"], "the same sentence twice hides the one that helps");
    }
}
