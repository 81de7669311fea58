//! From rows read one by one to records that may be used together.

use std::collections::{HashMap, HashSet};

use lockstep_domain::digest::Digest;

use super::report::{Fault, Place, Report};

/// One row as read.
#[derive(Debug)]
pub(super) struct ReadRow<T> {
    /// Where it stands.
    pub(super) place: Place,
    /// Who it is about, as far as that could be read.
    pub(super) owner: Option<String>,
    /// What no other row may share: the id of the stint or of the account.
    pub(super) key: Option<String>,
    /// The row as it stands in the file.
    pub(super) raw: Digest,
    /// The record; `None` for a row that is quarantined already.
    pub(super) record: Option<T>,
}

/// Records that may be used, and whose rows may not.
#[derive(Debug)]
pub(super) struct Settled<T> {
    /// The records with their places, in file order.
    pub(super) records: Vec<(Place, T)>,
    /// Owners of whom at least one row is quarantined; none of their records is used.
    pub(super) held_back: HashSet<String>,
}

/// Counts repeats once, quarantines rows that contradict each other, and with one row of an owner all others.
///
/// A person with one readable stint that has ended and one unreadable stint would otherwise look like a leaver.
/// `key_column` names the column in remarks.
pub(super) fn settle<T>(rows: Vec<ReadRow<T>>, key_column: &str, report: &mut Report) -> Settled<T> {
    let (contradicting, repeats) = compare(&rows);
    let is_bad = |i: usize, row: &ReadRow<T>| row.record.is_none() || contradicting.contains_key(&i);
    let held_back: HashSet<String> = rows
        .iter()
        .enumerate()
        .filter(|(i, row)| is_bad(*i, row))
        .filter_map(|(_, row)| row.owner.clone())
        .collect();
    let mut records = Vec::with_capacity(rows.len());
    for (i, row) in rows.into_iter().enumerate() {
        let Some(record) = row.record else { continue };
        if let Some(other) = contradicting.get(&i) {
            let detail = format!("{other} has the same id and other values");
            let remedy = "keep one of the rows, or map the column that tells them apart";
            report.quarantine(row.place, key_column, Fault::new("duplicate_id", detail, remedy));
        } else if row.owner.as_ref().is_some_and(|owner| held_back.contains(owner)) {
            let detail = "another row of the same person or account is quarantined";
            report.quarantine(
                row.place,
                key_column,
                Fault::new("held_with_other_row", detail, "correct that row"),
            );
        } else if let Some(first) = repeats.get(&i) {
            let detail = format!("the same as {first}; counted once");
            report.find(row.place, key_column, Fault::new("repeated_row", detail, "nothing"));
        } else {
            records.push((row.place, record));
        }
    }
    Settled { records, held_back }
}

/// Rows that share a key with a differing row, and rows that repeat an earlier one, each with that other row.
fn compare<T>(rows: &[ReadRow<T>]) -> (HashMap<usize, Place>, HashMap<usize, Place>) {
    let mut first: HashMap<&str, usize> = HashMap::with_capacity(rows.len());
    let (mut contradicting, mut repeats) = (HashMap::new(), HashMap::new());
    let mut contradicted: HashSet<&str> = HashSet::new();
    for (i, row) in rows.iter().enumerate() {
        let Some(key) = row.key.as_deref() else { continue };
        let earlier = *first.entry(key).or_insert(i);
        if earlier == i {
            continue;
        }
        if rows[earlier].raw == row.raw && rows[earlier].owner == row.owner {
            repeats.insert(i, rows[earlier].place);
        } else {
            contradicting.insert(i, rows[earlier].place);
            contradicting.entry(earlier).or_insert(row.place);
            contradicted.insert(key);
        }
    }
    // A repeat of a row that a third one contradicts is contradicted too.
    for (i, row) in rows.iter().enumerate() {
        if row.key.as_deref().is_some_and(|key| contradicted.contains(key)) {
            let place = rows[first[row.key.as_deref().unwrap_or_default()]].place;
            contradicting.entry(i).or_insert(place);
        }
    }
    (contradicting, repeats)
}
