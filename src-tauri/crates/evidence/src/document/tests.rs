//! The documents as a reader gets them: their text is taken out with pdftotext (poppler-utils).

use std::fs;
use std::process::Command;

use super::{Evidence, Outcome, RunRecord, Snapshot, UsageSummary, samples};

/// The text of a PDF as another program reads it, page by page.
fn pages(pdf: &[u8]) -> Vec<String> {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("document.pdf");
    fs::write(&file, pdf).unwrap();
    let run = Command::new("pdftotext").args(["-layout", "-enc", "UTF-8"]).arg(&file).arg("-").output();
    let run = run.expect("pdftotext is needed: apt-get install poppler-utils (cargo xtask test does it)");
    assert!(run.status.success(), "pdftotext could not read it: {}", String::from_utf8_lossy(&run.stderr));
    let text = String::from_utf8(run.stdout).unwrap();
    text.trim_end_matches('\u{c}').split('\u{c}').map(Into::into).collect()
}

/// Text with all white space made one space, so that line ends do not matter.
fn flat(pdf: &[u8]) -> String {
    pages(pdf).join(" ").split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn the_run_record_says_everything_that_an_auditor_asks() {
    let text = flat(&samples::run_record().render().unwrap());
    for expected in [
        "Acme Prüfstand GmbH (00000000-0000-0000-0000-000000000001)",
        "run 0199a1b2-0000-7000-8000-00000000002a",
        "2026-09-25T14:15:00Z = 2026-09-25T16:15:00+02:00",
        "Worker's clock Europe/Berlin",
        "3 values as read, 1 inferred, 1 entered by hand (marked as such), 1 not known",
        "2 of 3 accounts: not all are cut",
        "open, 2 steps left",
        "7 steps: 4 evidence complete, 1 exception, 2 evidence missing",
        "read again just before the run",
        "Zoë Müller-Łukasik",
        "not known",
        "Αθήνα / Київ [inferred]",
        "none [entered by hand]",
        "Ирина Петрова",
        "Directory · zoe.mueller (u-1)",
        "98 of 100 (same employee number; same work e-mail)",
        "writes sent: 2",
        "dialect: replace_object",
        "receipt only; the state",
        "Wiki ⟨U+5F20 U+202E⟩",
        "accepted by Irina: moved to the",
        "Access tokens already given out work until they expire.",
        "These rest on a person's word.",
        "<b>now</b>",
        "Usage: not collected.",
        "incomplete",
        "left out: 2 (no employment)",
        "4711",
    ] {
        assert!(text.contains(expected), "the record must say {expected:?}; it says:\n{text}");
    }
    for verdict in ["pass", "fail", "compliant", "tamper-proof"] {
        assert!(
            !text.to_lowercase().contains(verdict),
            "a document states evidence, never a verdict: {verdict}"
        );
    }
}

#[test]
fn every_page_is_numbered_and_no_event_is_lost_at_a_page_end() {
    let record = samples::run_record();
    let pages = pages(&record.render().unwrap());
    assert!(pages.len() > 3, "the sample is long enough to break pages: {}", pages.len());
    for (number, page) in pages.iter().enumerate() {
        let expected = format!("page {} of {}", number + 1, pages.len());
        assert!(page.contains(&expected), "a page that is taken out must be missed: {expected}");
        assert!(page.contains("Run record"), "and be known for what it is");
    }
    for event in &record.events {
        let seq = event.seq.to_string();
        assert_eq!(
            pages.iter().flat_map(|page| page.lines()).filter(|line| line.trim().starts_with(&seq)).count(),
            1,
            "entry {seq} must stand there exactly once"
        );
    }
    let with_header = pages.iter().filter(|page| page.contains("Entry") && page.contains("What")).count();
    assert!(with_header >= 2, "the events run over a page, and the header row with them");
}

#[test]
fn the_snapshot_says_what_was_and_what_could_not_be_read() {
    let text = flat(&samples::snapshot().render().unwrap());
    for expected in [
        "State before access was cut",
        "can sign in",
        "not readable",
        "Все сотрудники",
        "8f14e45f-ceea-467f-9f3b-5d0a8c1f0001",
        "Grants could not be read completely. Evidence missing.",
        "Credentials could not be read completely. Evidence missing.",
        "Finance: the credentials were refused",
        "Usage: not collected.",
        "None were recorded.",
    ] {
        assert!(text.contains(expected), "the snapshot must say {expected:?}; it says:\n{text}");
    }
}

#[test]
fn collected_use_is_told_with_its_span_and_by_key() {
    let usage = || vec![samples::usage()];
    let unused = UsageSummary { login: "z2".into(), keys: vec![], ..samples::usage() };
    let record = RunRecord { usage: usage(), ..samples::run_record() };
    let snapshot = Snapshot { usage: [usage(), vec![unused]].concat(), ..samples::snapshot() };
    for text in [flat(&record.render().unwrap()), flat(&snapshot.render().unwrap())] {
        for expected in
            ["4242", "gpt-5, gpt-5-mini", "2026-09-25T13:00:00Z", "2026-09-25T12:00:00Z", "not told"]
        {
            assert!(text.contains(expected), "{expected:?} in\n{text}");
        }
        assert!(text.contains("nothing about what was asked"), "numbers are no judgement:\n{text}");
        assert!(!text.contains("Usage: not collected."), "what was collected is not denied:\n{text}");
    }
    let text = flat(&snapshot.render().unwrap());
    assert!(text.contains("No use was told"), "no use is not the same as not collected:\n{text}");
}

#[test]
fn the_same_input_gives_the_same_bytes() {
    let (record, snapshot) = (samples::run_record(), samples::snapshot());
    assert_eq!(record.render().unwrap(), record.render().unwrap(), "its digest is the ledger's word for it");
    assert_eq!(snapshot.render().unwrap(), snapshot.render().unwrap(), "a resumed run stores the same bytes");
    let other = RunRecord { hr_reread: false, ..samples::run_record() };
    assert_ne!(record.render().unwrap(), other.render().unwrap(), "another fact, another document");
}

#[test]
fn a_record_of_nothing_never_reads_as_complete() {
    let empty = RunRecord {
        approvals: vec![],
        systems: vec![],
        events: vec![],
        residuals: vec![],
        manual: vec![],
        person: vec![],
        hr_reread: false,
        ..samples::run_record()
    };
    assert_eq!(empty.evidence(), Evidence::Missing, "nothing shown is nothing proven");
    let text = flat(&empty.render().unwrap());
    for expected in ["No approval is recorded", "No system is part of this run", "HR NOT RE-READ"] {
        assert!(text.contains(expected), "{expected:?} in\n{text}");
    }
}

#[test]
fn the_evidence_word_is_the_weakest_of_all_steps() {
    let mut record = samples::run_record();
    assert_eq!(record.evidence(), Evidence::Missing, "two steps have nothing to show");
    for step in record.systems.iter_mut().flat_map(|system| &mut system.steps) {
        if step.outcome.evidence() == Evidence::Missing {
            step.outcome = Outcome::Attested;
        }
    }
    assert_eq!(record.evidence(), Evidence::Exception, "one was accepted as an exception");
}

#[test]
fn a_hostile_field_of_any_size_stays_inside_its_cells() {
    let mut record = samples::run_record();
    record.events[0].what = "x".repeat(100_000);
    record.events[1].what = "\u{202e}".repeat(3000);
    record.systems[0].system = "=cmd|' /C calc'!A0 ".repeat(200);
    record.header.organisation = "Ω".repeat(5000);
    let pages = pages(&record.render().unwrap());
    assert!(pages.len() < 60, "one field must not drown the document: {} pages", pages.len());
    assert!(pages.concat().contains("more characters are not printed here"), "and what is cut is said");
}

#[test]
fn the_fonts_are_embedded_as_subsets() {
    let pdf = samples::run_record().render().unwrap();
    assert!(pdf.len() < 200_000, "whole fonts would be a megabyte: {} bytes", pdf.len());
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("document.pdf");
    fs::write(&file, pdf).unwrap();
    let fonts = Command::new("pdffonts").arg(&file).output().expect("pdffonts comes with poppler-utils");
    let fonts = String::from_utf8_lossy(&fonts.stdout).into_owned();
    let lines: Vec<_> = fonts.lines().skip(2).collect();
    assert!(lines.len() >= 2, "Sans and Bold at least:\n{fonts}");
    for line in lines {
        let embedded: Vec<_> = line.split_whitespace().rev().skip(2).take(3).collect();
        assert_eq!(embedded, ["yes", "yes", "yes"], "embedded, subset, with text to copy out:\n{fonts}");
    }
}
