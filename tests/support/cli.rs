use std::env;
use std::ffi::OsString;
use std::fs::OpenOptions;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::Duration;

use serde_json::Value;

use crate::{Home, ShiftedClock, process};

/// Names the program under test; `cargo xtask test` sets it.
const BIN: &str = "LOCKSTEP_BIN";

/// The real `lockstep` program, run on one home with an environment that holds nothing of the caller's.
#[derive(Debug, Clone)]
pub struct Lockstep {
    program: PathBuf,
    home: PathBuf,
    around: PathBuf,
    env: Vec<(OsString, OsString)>,
}

impl Lockstep {
    /// The program that `LOCKSTEP_BIN` names.
    ///
    /// # Panics
    /// Without the variable: a test must never find an older build by chance.
    pub fn new(home: &Home) -> Self {
        let Some(program) = env::var_os(BIN) else {
            panic!(
                "{BIN} does not name the program under test. Run the tests with `cargo xtask test`, \
                 which builds it and sets the variable."
            );
        };
        Self::at(program.into(), home)
    }

    /// A program at a known path.
    pub fn at(program: PathBuf, home: &Home) -> Self {
        Self { program, home: home.lockstep_dir(), around: home.path().to_owned(), env: Vec::new() }
    }

    /// Adds a variable to the program's environment, for instance the one a secret is read from.
    #[must_use]
    pub fn with_env(mut self, name: impl Into<OsString>, value: impl Into<OsString>) -> Self {
        self.env.push((name.into(), value.into()));
        self
    }

    /// Puts the program on a clock that the test moves.
    #[must_use]
    pub fn on(self, clock: &ShiftedClock) -> Self {
        clock.env().into_iter().fold(self, |lockstep, (name, value)| lockstep.with_env(name, value))
    }

    /// Runs one command to its end with nothing on its input.
    pub fn run(&self, args: &[&str]) -> Output {
        self.spawn(args).wait()
    }

    /// Runs one command to its end and gives it `input` to read, as a secret is handed over.
    pub fn run_with_stdin(&self, args: &[&str], input: &str) -> Output {
        let mut child = self.start(args, Stdio::piped());
        let mut stdin = child.stdin.take().unwrap_or_else(|| panic!("the program's input was piped"));
        // A program that refuses before it reads has closed its end; its exit code tells the story.
        stdin.write_all(input.as_bytes()).ok();
        drop(stdin);
        Running { child: Some(child) }.wait()
    }

    /// Starts one command and returns at once, so that the test can kill it or run another beside it.
    pub fn spawn(&self, args: &[&str]) -> Running {
        Running { child: Some(self.start(args, Stdio::null())) }
    }

    /// The same with its messages added to a file, where they can be read while it runs, however many they are.
    pub fn spawn_logging(&self, args: &[&str], log: &Path) -> Running {
        let file = OpenOptions::new().create(true).append(true).open(log);
        let file = file.unwrap_or_else(|error| panic!("cannot write {}: {error}", log.display()));
        Running { child: Some(self.start_telling(args, Stdio::null(), file.into())) }
    }

    fn start(&self, args: &[&str], stdin: Stdio) -> Child {
        self.start_telling(args, stdin, Stdio::piped())
    }

    fn start_telling(&self, args: &[&str], stdin: Stdio, stderr: Stdio) -> Child {
        self.command(args)
            .stdin(stdin)
            .stdout(Stdio::piped())
            .stderr(stderr)
            .spawn()
            .unwrap_or_else(|error| panic!("cannot start {}: {error}", self.program.display()))
    }

    /// The command as it will be started: a temporary HOME, UTF-8, and of the caller's variables only
    /// those without which programs do not start or cannot find the session's keychain.
    fn command(&self, args: &[&str]) -> Command {
        const KEPT: [&str; 5] =
            ["PATH", "SystemRoot", "TMPDIR", "DBUS_SESSION_BUS_ADDRESS", "XDG_RUNTIME_DIR"];
        let mut command = Command::new(&self.program);
        command.env_clear().current_dir(&self.around).env("HOME", &self.around).env("LC_ALL", "C.UTF-8");
        command.envs(KEPT.iter().filter_map(|name| Some((name, env::var_os(name)?))));
        command.envs(self.env.iter().map(|(name, value)| (name, value)));
        command.arg("--home").arg(&self.home).args(args);
        command
    }
}

/// A command that has been started. Dropped while it still runs, it is killed.
#[derive(Debug)]
pub struct Running {
    child: Option<Child>,
}

impl Running {
    /// Kills the program at once, as a power cut would (SIGKILL on Unix), after letting it run for `delay`.
    /// The output shows how far it came; its code is `None` unless it had already ended by itself.
    pub fn kill_after(mut self, delay: Duration) -> Output {
        process::pause(delay);
        // Already ended is fine: then the code says so.
        self.child_mut().kill().ok();
        self.wait()
    }

    /// Waits for the end and collects what the program wrote.
    pub fn wait(mut self) -> Output {
        let child = self.child.take().unwrap_or_else(|| panic!("a command is waited for once"));
        let output = child
            .wait_with_output()
            .unwrap_or_else(|error| panic!("cannot read the program's output: {error}"));
        Output::new(output.status, &output.stdout, &output.stderr)
    }

    /// Asks the program to end, as a service manager does, and waits for it.
    pub fn end(mut self) -> Output {
        self.signal("TERM");
        self.wait()
    }

    /// Sends a signal by its name. Stopped (`STOP`) and continued (`CONT`), the program sees what it sees when the
    /// machine sleeps: nothing.
    pub fn signal(&mut self, name: &str) {
        let sent = Command::new("kill").args([&format!("-{name}"), &self.id().to_string()]).status();
        assert!(sent.is_ok_and(|status| status.success()), "{name} could not be sent");
    }

    /// The process id, for tests that look at the process from outside.
    pub fn id(&mut self) -> u32 {
        self.child_mut().id()
    }

    fn child_mut(&mut self) -> &mut Child {
        self.child.as_mut().unwrap_or_else(|| panic!("the command was already waited for"))
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if let Some(mut child) = self.child.take() {
            child.kill().ok();
            child.wait().ok();
        }
    }
}

/// What a finished command left.
#[derive(Debug, Clone)]
pub struct Output {
    /// The exit code; `None` when a signal ended the program.
    pub code: Option<i32>,
    /// Everything it wrote to its output.
    pub stdout: String,
    /// Everything it wrote to its error output: messages and progress.
    pub stderr: String,
}

impl Output {
    fn new(status: ExitStatus, stdout: &[u8], stderr: &[u8]) -> Self {
        Self {
            code: status.code(),
            stdout: String::from_utf8_lossy(stdout).into_owned(),
            stderr: String::from_utf8_lossy(stderr).into_owned(),
        }
    }

    /// The output of a command that ran with `--json`.
    ///
    /// # Panics
    /// When it is not exactly one JSON document.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.stdout)
            .unwrap_or_else(|error| panic!("the output is not one JSON document ({error}):\n{self}"))
    }

    /// Requires an exit code and returns the output for further questions.
    ///
    /// # Panics
    /// On another code, with `why` and everything that the program said.
    #[track_caller]
    pub fn expect_code(self, code: i32, why: &str) -> Self {
        assert!(self.code == Some(code), "expected exit code {code}: {why}\n{self}");
        self
    }
}

impl std::fmt::Display for Output {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { code, stdout, stderr } = self;
        write!(f, "exit code {code:?}\n--- stdout ---\n{stdout}\n--- stderr ---\n{stderr}")
    }
}
