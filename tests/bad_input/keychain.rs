//! The keychain locked, empty and not there, with a real gnome-keyring on a session bus of its own.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

use lockstep_testkit::{Home, Lockstep, Output};
use serde_json::Value;

/// Starts the keyring, tells the bus's address when it is there, and ends both when its input is closed.
const SESSION: &str = r#"
    printf test | gnome-keyring-daemon --foreground --components=secrets --unlock >/dev/null 2>&1 & daemon=$!
    for _ in $(seq 100); do
        dbus-send --session --print-reply --dest=org.freedesktop.DBus / org.freedesktop.DBus.NameHasOwner \
            string:org.freedesktop.secrets | grep -q 'boolean true' && break
        sleep 0.1
    done
    echo "$DBUS_SESSION_BUS_ADDRESS"
    cat >/dev/null
    kill $daemon; wait $daemon"#;

/// An open keyring of its own.
struct Keyring {
    session: Child,
    address: String,
    _folder: Home,
}

impl Keyring {
    fn start() -> Self {
        let folder = Home::new();
        let mut session = Command::new("dbus-run-session")
            .args(["--", "bash", "-c", SESSION])
            .env("HOME", folder.path())
            .env("XDG_RUNTIME_DIR", folder.path())
            .env("XDG_DATA_HOME", folder.path().join("data"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap_or_else(|error| panic!("install dbus and gnome-keyring: {error}"));
        let mut address = String::new();
        BufReader::new(session.stdout.take().unwrap()).read_line(&mut address).unwrap();
        Self { session, address: address.trim().to_owned(), _folder: folder }
    }

    fn lockstep(&self, home: &Home) -> Lockstep {
        Lockstep::new(home).with_env("DBUS_SESSION_BUS_ADDRESS", &self.address)
    }

    fn told(&self, home: &Home) -> Output {
        self.lockstep(home).run(&["--json", "person", "list"])
    }

    /// As when the desktop's screen is locked.
    fn lock(&self) {
        let status = Command::new("dbus-send")
            .args(["--session", "--print-reply", "--dest=org.freedesktop.secrets"])
            .args(["/org/freedesktop/secrets", "org.freedesktop.Secret.Service.Lock"])
            .arg("array:objpath:/org/freedesktop/secrets/collection/login")
            .env("DBUS_SESSION_BUS_ADDRESS", &self.address)
            .stdout(Stdio::null())
            .status();
        assert!(status.is_ok_and(|status| status.success()), "the keyring must be locked for this test");
    }
}

impl Drop for Keyring {
    fn drop(&mut self) {
        drop(self.session.stdin.take()); // ends keyring and bus
        self.session.wait().ok();
    }
}

#[test]
fn a_locked_keychain_a_missing_entry_and_no_keychain_are_told_apart_and_lose_nothing() {
    let home = Home::new();
    let keyring = Keyring::start();
    let lockstep = keyring.lockstep(&home);
    lockstep.run(&["init", "--org", "Acme"]).expect_code(0, "the keychain is open");
    lockstep.run(&["person", "list"]).expect_code(0, "and holds what the home needs");
    let before = std::fs::read(home.lockstep_dir().join("lockstep.db")).unwrap();

    let empty = Keyring::start().told(&home);
    let nowhere = Lockstep::new(&home).with_env("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nonexistent");
    let nowhere = nowhere.run(&["--json", "person", "list"]);
    keyring.lock();
    let locked = keyring.told(&home);

    assert_eq!(locked.code, Some(3), "a person can unlock it:\n{locked}");
    assert_eq!(error(&locked)["code"], "secrets_locked", "locked is not missing:\n{locked}");
    assert_eq!(error(&empty)["code"], "needs_person", "what is missing cannot be unlocked:\n{empty}");
    assert_eq!(empty.code, Some(3), "without its keys the home must not be used:\n{empty}");
    assert_ne!(nowhere.code, Some(0), "without a keychain the home must not be used:\n{nowhere}");
    for output in [&locked, &empty, &nowhere] {
        let error = error(output);
        assert!(
            error["remedy"].as_str().is_some_and(|text| !text.is_empty()),
            "what to do must be said: {error}"
        );
    }
    assert!(locked.stderr != empty.stderr && empty.stderr != nowhere.stderr, "three causes, three messages");
    let after = std::fs::read(home.lockstep_dir().join("lockstep.db")).unwrap();
    assert!(after == before, "being locked out must change nothing");
}

fn error(output: &Output) -> Value {
    let lines = output.stderr.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let mut errors = lines.filter(|line| line["code"].is_string());
    errors.next().unwrap_or_else(|| panic!("no error as JSON:\n{output}"))
}
