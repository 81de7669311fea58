//! What happens to the home itself: another passphrase, a broken or newer database, no room.

use std::fs;
use std::path::PathBuf;

use lockstep_testkit::{Company, Home, LONG_OVER, Lockstep, PASSPHRASE, set_up};

fn database(home: &Home) -> PathBuf {
    home.lockstep_dir().join("lockstep.db")
}

#[test]
fn a_wrong_passphrase_is_told_apart_from_damage_and_changes_nothing() {
    let (home, lockstep) = set_up();
    let before = fs::read(database(&home)).unwrap();
    let wrong = lockstep.clone().with_env("LOCKSTEP_PASSPHRASE", "guessed");
    let output = wrong.run(&["--json", "person", "list"]).expect_code(3, "a person has the right one");
    assert!(output.stderr.contains("secrets_locked"), "locked is not broken:\n{output}");
    assert!(!output.stderr.contains("guessed"), "a passphrase is never repeated:\n{output}");
    assert_eq!(fs::read(database(&home)).unwrap(), before, "trying must change nothing");
    lockstep.run(&["person", "list"]).expect_code(0, "the right one still opens it");
}

#[test]
fn a_database_that_is_not_ours_broken_or_newer_stops_clearly_and_is_left_as_it_is() {
    type Damage = fn(&mut Vec<u8>);
    // https://www.sqlite.org/fileformat.html#the_database_header: user_version stands at 60, big-endian.
    let newer: Damage = |bytes| bytes[60..64].copy_from_slice(&9_999_u32.to_be_bytes());
    let other: Damage = |bytes| bytes[..16].copy_from_slice(b"not a database..");
    let half: Damage = |bytes| bytes.truncate(bytes.len() / 2);
    let holes: Damage = |bytes| bytes[4096..].iter_mut().step_by(3).for_each(|byte| *byte ^= 0x5a);
    for (what, damage, word) in [
        ("newer", newer, "newer"),
        ("not ours", other, "not a Lockstep database"),
        ("cut off", half, "damaged"),
        ("scrambled", holes, "damaged"),
    ] {
        let (home, lockstep) = set_up();
        let mut bytes = fs::read(database(&home)).unwrap();
        damage(&mut bytes);
        fs::write(database(&home), &bytes).unwrap();
        for args in [&["person", "list"][..], &["sync"], &["ledger", "verify"]] {
            let output = lockstep.run(args).expect_code(1, what);
            assert!(output.stderr.contains(word), "{what}: {args:?} must say so:\n{output}");
            assert!(output.stderr.contains("remedy: "), "{what}: {args:?} must say what to do:\n{output}");
        }
        let after = fs::read(database(&home)).unwrap();
        assert!(after == bytes, "{what}: what can be saved must stay as it is, to the byte");
    }
}

/// The program with no file allowed to grow beyond so many KiB, as on a disk that is full. The signal for it is
/// ignored, so that writing fails instead.
#[cfg(unix)]
fn with_room_for(kib: u64, company: &Company) -> Lockstep {
    use std::os::unix::fs::PermissionsExt;
    let program = std::env::var("LOCKSTEP_BIN").unwrap();
    // POSIX counts in blocks of 512 bytes.
    let script = format!("#!/bin/sh\ntrap '' XFSZ\nulimit -f {}\nexec '{program}' \"$@\"\n", kib * 2);
    let path = company.home.write("limited.sh", script);
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    Lockstep::at(path, &company.home)
        .with_env("LOCKSTEP_PASSPHRASE", PASSPHRASE)
        .with_env("TOKEN", company.server.token())
}

#[cfg(unix)]
#[test]
fn a_full_disk_stops_clearly_and_loses_nothing() {
    let company = Company::of(&["Kim", "Lee"]);
    company.hr_says(&[("Kim", "terminated", LONG_OVER)]);
    company.lockstep.run(&["sync"]).expect_code(0, "there is room yet");
    company.let_it_act();
    let digest = company.digest(&["kim@acme.test"]);
    let start = ["offboard", "start", "kim@acme.test", "--approve", &digest];
    let (mut stopped, mut begun) = (0, false);
    for kib in [0, 4, 16, 40, 64, 100, 160, 250, 400] {
        let args = if begun { &["run", "resume", "--all"][..] } else { &start };
        let output = with_room_for(kib, &company).run(args);
        assert!(matches!(output.code, Some(0 | 1 | 3)), "{kib} KiB must end in a clear stop:\n{output}");
        if output.code != Some(0) {
            stopped += 1;
            assert!(output.stderr.contains("remedy: "), "{kib} KiB: what to do must be said:\n{output}");
            assert!(!output.stderr.contains("panicked"), "{kib} KiB: a full disk is no defect:\n{output}");
        }
        let runs = company.lockstep.run(&["--json", "run", "list"]);
        let runs = runs.expect_code(0, "with room again the home must open").json();
        let count = runs.as_array().map_or(0, Vec::len);
        begun = count == 1;
        assert!(count <= 1, "{kib} KiB: no second run may come of it: {runs}");
        company.lockstep.run(&["ledger", "verify"]).expect_code(0, "what was written must stay whole");
    }
    assert!(stopped >= 3, "the disk must really have been full: {stopped}");
    let args = if begun { &["run", "resume", "--all"][..] } else { &start };
    company.lockstep.run(args).expect_code(0, "with room the run must come to its end");
    assert!(!company.may_sign_in("Kim") && company.may_sign_in("Lee"), "the one leaver must be out");
}
