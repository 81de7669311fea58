//! The machine's own packages.

use std::fs;
use std::io::{self, IsTerminal};
use std::process::Command;

use super::Need;
use super::needs::on_path;
use crate::{Result, run};

/// Systems on which the package names were tried.
const TRIED: [(&str, &str); 3] = [("debian", "12"), ("debian", "13"), ("ubuntu", "24.04")];

/// Installs what is missing, or says what to install by hand.
pub(super) fn install(missing: &[Need]) -> Result {
    if cfg!(target_os = "macos") {
        return Err(by_hand(missing, |need| need.facts().macos));
    }
    if cfg!(windows) {
        return Err(by_hand(missing, |need| need.facts().windows));
    }
    let system = System::from_os_release(&fs::read_to_string("/etc/os-release").unwrap_or_default());
    let packages: Vec<&str> = missing.iter().flat_map(|need| need.facts().apt).copied().collect();
    if !system.has_apt {
        return Err(format!(
            "install what your distribution calls these Debian packages, then run this again: {}",
            packages.join(" ")
        ));
    }
    if !TRIED.contains(&(system.id.as_str(), system.version.as_str())) {
        println!("Note: {} {} was not tried; going on as on Debian.", system.id, system.version);
    }
    apt(&packages)
}

fn by_hand(missing: &[Need], how: impl Fn(Need) -> &'static str) -> String {
    let lines: Vec<String> =
        missing.iter().map(|need| format!("  {}: {}", need.facts().name, how(*need))).collect();
    format!("install these, then run this again:\n{}", lines.join("\n"))
}

/// One call for update and install, so that sudo asks for a password at most once.
fn apt(packages: &[&str]) -> Result {
    let script = format!(
        "apt-get update -q && DEBIAN_FRONTEND=noninteractive apt-get install -qy --no-install-recommends {}",
        packages.join(" ")
    );
    let by_hand = format!("run this as root, then try again: {script}");
    println!("Installing with apt: {}", packages.join(" "));
    if run::ask("id", &["-u"]).is_some_and(|id| id.trim() == "0") {
        return run::stream(Command::new("sh").args(["-c", &script]))
            .map_err(|error| format!("{error}; {by_hand}"));
    }
    if !on_path("sudo") {
        return Err(format!("this needs root and there is no sudo; {by_hand}"));
    }
    let mut sudo = Command::new("sudo");
    if !io::stdin().is_terminal() {
        // Nobody is there to type a password.
        sudo.arg("-n");
    }
    run::stream(sudo.args(["sh", "-c", &script])).map_err(|error| format!("{error}; {by_hand}"))
}

/// What `/etc/os-release` says (<https://www.freedesktop.org/software/systemd/man/latest/os-release.html>).
#[derive(Debug, PartialEq)]
struct System {
    id: String,
    version: String,
    has_apt: bool,
}

impl System {
    fn from_os_release(text: &str) -> Self {
        let value = |key: &str| {
            let found = text.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix('='));
            found.unwrap_or_default().trim_matches('"').to_owned()
        };
        let id = value("ID");
        let has_apt = [&id, &value("ID_LIKE")]
            .iter()
            .any(|ids| ids.split(' ').any(|id| matches!(id, "debian" | "ubuntu")));
        Self { version: value("VERSION_ID"), id, has_apt }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn systems_with_apt_are_known_by_their_own_words() {
        let rows = [
            ("ID=debian\nVERSION_ID=\"12\"\nVERSION_CODENAME=bookworm\n", "debian", "12", true),
            (
                "PRETTY_NAME=\"Ubuntu 24.04.1 LTS\"\nVERSION_ID=\"24.04\"\nID=ubuntu\nID_LIKE=debian\n",
                "ubuntu",
                "24.04",
                true,
            ),
            ("ID=linuxmint\nID_LIKE=\"ubuntu debian\"\nVERSION_ID=\"22\"\n", "linuxmint", "22", true),
            ("ID=fedora\nVERSION_ID=43\n", "fedora", "43", false),
            ("", "", "", false),
        ];
        for (text, id, version, has_apt) in rows {
            let expected = System { id: id.into(), version: version.into(), has_apt };
            assert_eq!(
                System::from_os_release(text),
                expected,
                "apt must be run where it exists and nowhere else: {text:?}"
            );
        }
    }
}
