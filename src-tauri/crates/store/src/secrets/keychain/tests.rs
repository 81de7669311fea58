use std::cell::Cell;
use std::collections::BTreeMap;

use super::*;

/// A keychain that loses power after a number of changes.
#[derive(Default)]
struct Fake {
    entries: Mutex<BTreeMap<String, Vec<u8>>>,
    changes_left: Mutex<Option<usize>>,
}

impl Fake {
    fn change(&self, change: impl FnOnce(&mut BTreeMap<String, Vec<u8>>)) -> Result<()> {
        let mut left = self.changes_left.lock().unwrap();
        if *left == Some(0) {
            return Err(Error::stopped());
        }
        *left = left.map(|n| n - 1);
        change(&mut self.entries.lock().unwrap());
        Ok(())
    }

    fn power(&self, changes_left: Option<usize>) {
        *self.changes_left.lock().unwrap() = changes_left;
    }
}

impl Entries for Fake {
    fn read(&self, name: &str) -> Result<Option<Zeroizing<Vec<u8>>>> {
        Ok(self.entries.lock().unwrap().get(name).cloned().map(Zeroizing::new))
    }

    fn write(&self, name: &str, value: &[u8]) -> Result<()> {
        assert!(value.len() <= 2560, "Windows takes no more than 2560 bytes in one entry");
        assert!(value.is_ascii(), "KWallet keeps text only");
        self.change(|entries| drop(entries.insert(name.to_owned(), value.to_vec())))
    }

    fn remove(&self, name: &str) -> Result<()> {
        self.change(|entries| drop(entries.remove(name)))
    }
}

fn split() -> Split<Fake> {
    Split::new(Fake::default(), "org".into())
}

fn value(byte: u8, length: usize) -> Vec<u8> {
    vec![byte; length]
}

#[test]
fn values_of_every_length_come_back_whole() {
    for length in [0, 1, PART - 1, PART, PART + 1, 3 * PART, 100_000] {
        let split = split();
        split.set("aws", &value(7, length)).unwrap();
        let back = split.get("aws").unwrap().unwrap();
        assert_eq!(back.len(), length, "a service account's key of {length} bytes must not be cut");
        assert!(back.iter().all(|b| *b == 7), "and must be the same bytes");
    }
    assert!(split().get("aws").unwrap().is_none(), "nothing stored is no error");
}

#[test]
fn power_lost_at_any_point_leaves_the_old_or_the_new_value_whole() {
    for (old, new) in [(0, 3000), (3000, 5000), (5000, 100), (5000, 5000), (100, 0)] {
        let died = Cell::new(true);
        for changes in 0.. {
            let split = split();
            split.set("key", &value(1, old)).unwrap();
            split.entries.power(Some(changes));
            died.set(split.set("key", &value(2, new)).is_err());
            split.entries.power(None);
            let found = split.get("key").unwrap().unwrap();
            assert!(
                *found == value(1, old) || *found == value(2, new),
                "{old} to {new} bytes, power lost after {changes} changes: a torn secret locks everybody out"
            );
            // The next change clears whatever the crash left.
            split.set("key", &value(3, 10)).unwrap();
            assert_eq!(*split.get("key").unwrap().unwrap(), value(3, 10), "the store goes on working");
            assert_eq!(
                split.entries.entries.lock().unwrap().len(),
                2,
                "no old secret lies about: head and one part"
            );
            if !died.get() {
                break;
            }
        }
        assert!(!died.get(), "the loop ends only after a change that went through");
    }
}

#[test]
fn power_lost_while_deleting_leaves_nothing_usable_and_deleting_again_clears_it() {
    for changes in 0..6 {
        let split = split();
        split.set("key", &value(1, 3000)).unwrap();
        split.entries.power(Some(changes));
        let died = split.delete("key").is_err();
        split.entries.power(None);
        let whole = split.get("key").unwrap();
        assert_eq!(whole.is_some(), changes == 0, "after {changes} changes the head is gone or all is there");
        split.delete("key").unwrap();
        assert!(split.entries.entries.lock().unwrap().is_empty(), "died: {died}; a deleted secret is gone");
    }
}

#[test]
fn a_damaged_entry_is_named_and_never_quoted() {
    for (entry, text) in [("org/key", "hunter2"), ("org/key#0.0", "hunter2"), ("org/key#0.0", "")] {
        let split = split();
        split.set("key", b"a secret").unwrap();
        split.entries.entries.lock().unwrap().insert(entry.into(), text.into());
        let error = split.get("key").unwrap_err();
        assert_eq!(error.kind(), Kind::Corrupt, "{entry}: not missing, not locked");
        let words = format!("{error:?} {error} {}", error.remedy());
        assert!(
            words.contains("key") && !words.contains("hunter2"),
            "names the entry, not its content: {words}"
        );
    }
}

#[test]
fn debug_shows_no_value() {
    let keychain = Keychain::new(OrgId(uuid::Uuid::nil()));
    assert!(format!("{keychain:?}").starts_with("Keychain { org: "), "an org id is all there is to show");
}
