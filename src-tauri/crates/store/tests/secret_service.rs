//! The keychain against a real Secret Service (gnome-keyring) on a session bus of its own: present, locked while
//! running, locked since the start, and not there. Needs `dbus-run-session` and `gnome-keyring-daemon`.
//!
//! It has no test harness: the same program is the starter and, inside the bus, the one who asks.

#[cfg(not(target_os = "linux"))]
fn main() {} // other systems have one keychain, which a test must not touch

#[cfg(target_os = "linux")]
fn main() -> Result<(), String> {
    match std::env::var("LOCKSTEP_KEYRING_ACT") {
        Ok(act) => linux::act(&act),
        Err(_) => linux::start(),
    }
}

#[cfg(target_os = "linux")]
mod linux {
    use std::path::Path;
    use std::process::Command;

    use lockstep_domain::ids::OrgId;
    use lockstep_store::{Keychain, Kind, SecretStore};
    use secret_service::EncryptionType;
    use secret_service::blocking::SecretService;

    /// Runs `$2...` beside a keyring; `$1` is the daemon's way of starting. The passphrase comes on its input.
    const BESIDE_KEYRING: &str = r#"
        printf test | gnome-keyring-daemon --foreground --components=secrets $1 >/dev/null 2>&1 & daemon=$!
        for _ in $(seq 100); do
            dbus-send --session --print-reply --dest=org.freedesktop.DBus / org.freedesktop.DBus.NameHasOwner \
                string:org.freedesktop.secrets | grep -q 'boolean true' && break
            sleep 0.1
        done
        "$2"; answer=$?
        kill $daemon; wait $daemon; exit $answer"#;

    pub(super) fn start() -> Result<(), String> {
        let home = tempfile::tempdir().map_err(|e| e.to_string())?;
        beside_keyring(home.path(), "--unlock", "open")?;
        beside_keyring(home.path(), "", "closed since the start")?;
        let exe = std::env::current_exe().map_err(|e| e.to_string())?;
        let mut absent = Command::new(exe);
        absent.env("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nonexistent");
        run(absent, "absent")
    }

    fn beside_keyring(home: &Path, unlock: &str, act: &str) -> Result<(), String> {
        let exe = std::env::current_exe().map_err(|e| e.to_string())?;
        let mut command = Command::new("dbus-run-session");
        command.args(["--", "bash", "-c", BESIDE_KEYRING, "bash", unlock]).arg(exe);
        command.env("HOME", home).env("XDG_RUNTIME_DIR", home).env("XDG_DATA_HOME", home.join("data"));
        run(command, act)
    }

    fn run(mut command: Command, act: &str) -> Result<(), String> {
        let status = command.env("LOCKSTEP_KEYRING_ACT", act).status().map_err(|e| {
            format!("{:?} did not start ({e}): install dbus and gnome-keyring", command.get_program())
        })?;
        if status.success() { Ok(()) } else { Err(format!("act {act:?} failed, see above")) }
    }

    pub(super) fn act(act: &str) -> Result<(), String> {
        let keychain = Keychain::new(OrgId(uuid::Uuid::from_u128(7)));
        match act {
            "open" => open(&keychain),
            "closed since the start" => refused(&keychain, Kind::Locked),
            "absent" => refused(&keychain, Kind::Unavailable),
            other => Err(format!("no act {other}")),
        }
    }

    fn open(keychain: &Keychain) -> Result<(), String> {
        let long = vec![9; 5000];
        keychain.set("long", &long).map_err(told)?;
        same(keychain.get("long").map_err(told)?.as_deref(), Some(&long), "a long value comes back whole")?;
        keychain.set("long", b"short").map_err(told)?;
        same(
            keychain.get("long").map_err(told)?.as_deref(),
            Some(&b"short".to_vec()),
            "a new value replaces it",
        )?;
        same(keychain.get("never").map_err(told)?.as_deref(), None, "missing is no error while unlocked")?;
        keychain.delete("long").map_err(told)?;
        same(keychain.get("long").map_err(told)?.as_deref(), None, "deleted is gone")?;
        keychain.set("kept", &long).map_err(told)?;

        let service = SecretService::connect(EncryptionType::Plain).map_err(|e| e.to_string())?;
        service.get_default_collection().and_then(|c| c.lock()).map_err(|e| e.to_string())?;
        refused(keychain, Kind::Locked)
    }

    /// Every operation must say why it cannot, for a value that is there and for one that is not.
    fn refused(keychain: &Keychain, kind: Kind) -> Result<(), String> {
        for name in ["kept", "never"] {
            same(keychain.get(name).map(drop).map_err(|e| e.kind()), Err(kind), &format!("reading {name}"))?;
            same(keychain.set(name, b"x").map_err(|e| e.kind()), Err(kind), &format!("writing {name}"))?;
            same(keychain.delete(name).map_err(|e| e.kind()), Err(kind), &format!("deleting {name}"))?;
        }
        Ok(())
    }

    fn same<T: PartialEq + std::fmt::Debug>(found: T, expected: T, what: &str) -> Result<(), String> {
        if found == expected { Ok(()) } else { Err(format!("{what}: {found:?}, not {expected:?}")) }
    }

    fn told(error: lockstep_store::Error) -> String {
        format!(
            "{error} ({:?}) {:?}",
            error.kind(),
            std::error::Error::source(&error).map(ToString::to_string)
        )
    }
}
