use std::path::{Path, PathBuf};
use std::{env, fs};

use crate::{repo, run};

/// Something outside the repository that a verb cannot do without.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Need {
    CCompiler,
    Python,
    PdfText,
    Keychain,
    ShiftedClock,
}

/// What is said about a need, and what installs it.
pub(crate) struct Facts {
    pub(crate) name: &'static str,
    pub(crate) why: &'static str,
    /// Package names, the same on Debian 12, Debian 13 and Ubuntu 24.04.
    pub(crate) apt: &'static [&'static str],
    pub(crate) macos: &'static str,
    pub(crate) windows: &'static str,
}

impl Need {
    pub(crate) fn facts(self) -> Facts {
        match self {
            Self::CCompiler => Facts {
                name: "a C compiler",
                why: "compiles SQLite, which is built in",
                apt: &["gcc", "libc6-dev"],
                macos: "xcode-select --install",
                windows: "winget install Microsoft.VisualStudio.2022.BuildTools, with the C++ workload",
            },
            Self::Python => Facts {
                name: "Python 3 with venv",
                why: "runs the SCIM server of the tests, in an environment of its own",
                apt: &["python3", "python3-venv"],
                macos: "brew install python",
                windows: "winget install Python.Python.3.12",
            },
            Self::PdfText => Facts {
                name: "pdftotext",
                why: "reads back what the PDFs say",
                apt: &["poppler-utils"],
                macos: "brew install poppler",
                windows: "winget install oschwartz10612.Poppler",
            },
            Self::Keychain => Facts {
                name: "a Secret Service",
                why: "the tests of the keychain use the real gnome-keyring in a session bus of their own",
                apt: &["gnome-keyring", "dbus-daemon", "libsecret-tools"],
                macos: "nothing: the Keychain is built in",
                windows: "nothing: the Credential Manager is built in",
            },
            Self::ShiftedClock => Facts {
                name: "libfaketime",
                why: "shifts the clock of the program under test, so that weeks pass in a second",
                apt: &["libfaketime"],
                macos: "brew install libfaketime",
                windows: "nothing: there is no such library; the stories told over weeks run elsewhere",
            },
        }
    }

    pub(crate) fn is_met(self) -> bool {
        match self {
            // On Windows rustc finds the compiler by itself, and this program could not have been linked without it.
            Self::CCompiler => cfg!(windows) || on_path("cc"),
            Self::Python => run::ask(python(), &["-c", "import venv, ensurepip"]).is_some(),
            Self::PdfText => on_path("pdftotext"),
            Self::Keychain => {
                let programs = ["gnome-keyring-daemon", "dbus-run-session", "secret-tool"];
                !cfg!(target_os = "linux") || programs.iter().all(|name| on_path(name))
            }
            Self::ShiftedClock => cfg!(windows) || shifted_clock().is_some(),
        }
    }
}

/// The library that shifts a program's clock.
pub(crate) fn shifted_clock() -> Option<PathBuf> {
    let folders = fs::read_dir("/usr/lib").into_iter().flatten().flatten().map(|entry| entry.path());
    let debian = folders.map(|folder| folder.join("faketime/libfaketimeMT.so.1"));
    let homebrew = ["/opt/homebrew/lib/faketime", "/usr/local/lib/faketime"];
    let homebrew = homebrew.iter().map(|folder| Path::new(folder).join("libfaketimeMT.1.dylib"));
    debian.chain(homebrew).find(|library| library.is_file())
}

/// The name under which Python 3 is installed.
pub(super) fn python() -> &'static str {
    if cfg!(windows) { "python" } else { "python3" }
}

/// Whether a program would be found by its bare name.
pub(super) fn on_path(name: &str) -> bool {
    let path = env::var_os("PATH").unwrap_or_default();
    env::split_paths(&path).any(|dir| dir.join(repo::program(name)).is_file())
}
