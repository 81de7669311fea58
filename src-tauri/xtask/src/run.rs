//! Other programs: shown before they run, streamed while they run, judged by their exit code.

use std::ffi::OsStr;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

use crate::{Result, repo};

/// How long output is waited for after the program itself ended: a daemon that it left behind may hold the
/// pipe open for ever.
const GRACE: Duration = Duration::from_secs(2);

/// `cargo` with arguments, in the repository's top folder.
pub(crate) fn cargo(args: &[&str]) -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.args(args).current_dir(repo::root());
    command
}

/// Runs a program whose output goes straight to the terminal. Its input is empty: nothing here asks.
pub(crate) fn stream(command: &mut Command) -> Result {
    announce(command);
    let status = command.stdin(Stdio::null()).status().map_err(|error| cannot_start(command, &error))?;
    if status.success() { Ok(()) } else { Err(format!("`{}` ended with {status}", line(command))) }
}

/// Runs a program and hands each line of its output to `see` after printing it. Gives whether it succeeded.
pub(crate) fn stream_lines(command: &mut Command, mut see: impl FnMut(&str)) -> Result<bool> {
    announce(command);
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .map_err(|error| cannot_start(command, &error))?;
    let Some(output) = child.stdout.take() else {
        return Err(format!("`{}` has no output to read", line(command)));
    };
    let (sender, lines) = mpsc::channel();
    thread::spawn(move || {
        let read = BufReader::new(output).split(b'\n').map_while(std::result::Result::ok);
        for bytes in read {
            if sender.send(String::from_utf8_lossy(&bytes).into_owned()).is_err() {
                return;
            }
        }
    });
    let mut ended = None;
    loop {
        match lines.recv_timeout(Duration::from_millis(200)) {
            Ok(text) => {
                println!("{text}");
                see(&text);
            }
            Err(RecvTimeoutError::Timeout) => {
                if ended.is_none() && has_ended(&mut child)? {
                    ended = Some(Instant::now());
                }
                if ended.is_some_and(|at| at.elapsed() >= GRACE) {
                    break;
                }
            }
            Err(RecvTimeoutError::Disconnected) => break,
        }
    }
    let status = child.wait().map_err(|error| cannot_start(command, &error))?;
    Ok(status.success())
}

/// Runs a program quietly and gives its output, or `None` when it is missing or fails.
pub(crate) fn ask(program: &str, args: &[&str]) -> Option<String> {
    let output = Command::new(program).args(args).stdin(Stdio::null()).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).into_owned())
}

/// A command as one would type it.
fn line(command: &Command) -> String {
    let program = Path::new(command.get_program());
    // Cargo names itself by its full path, which tells nobody anything.
    let program =
        if program.file_stem() == Some("cargo".as_ref()) { "cargo".as_ref() } else { program.as_os_str() };
    let words: Vec<_> =
        std::iter::once(program).chain(command.get_args()).map(OsStr::to_string_lossy).collect();
    self::words(&words)
}

/// Arguments as one would type them, those with special characters in quotes.
pub(crate) fn words(words: &[impl AsRef<str>]) -> String {
    let plain = |c: char| c.is_alphanumeric() || "-_./:=@+~%,".contains(c);
    let shown = words.iter().map(AsRef::as_ref).map(|word| {
        if !word.is_empty() && word.chars().all(plain) { word.to_owned() } else { format!("'{word}'") }
    });
    shown.collect::<Vec<_>>().join(" ")
}

fn announce(command: &Command) {
    println!("$ {}", line(command));
}

fn has_ended(child: &mut Child) -> Result<bool> {
    child
        .try_wait()
        .map(|status| status.is_some())
        .map_err(|error| format!("cannot watch a program: {error}"))
}

fn cannot_start(command: &Command, error: &std::io::Error) -> String {
    format!("cannot run `{}`: {error}", line(command))
}
