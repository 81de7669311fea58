use std::collections::BTreeMap;

use proptest::prelude::*;
use proptest::strategy::ValueTree;
use serde_json::json;

use super::super::WaveCause;
use super::super::fixtures::*;
use super::*;
use crate::capability::Can;
use crate::digest::Digest;

type History = Vec<(DateTime<Utc>, RunEvent)>;

fn fold(history: &[(DateTime<Utc>, RunEvent)]) -> Result<Run, FoldError> {
    let entries: Vec<Entry> = (1..).zip(history).map(|(seq, (at, event))| entry(seq, *at, event)).collect();
    Run::fold(&entries)
}

/// The events one second after another from 0 s, behind an opening and the first waves.
fn told(steps: Vec<Outline>, events: &[RunEvent]) -> Result<Run, FoldError> {
    told_by(opened(steps), events)
}

fn told_by(opened: Opened, events: &[RunEvent]) -> Result<Run, FoldError> {
    let first = [
        RunEvent::Opened(opened),
        wave(Wave::Contain),
        wave(Wave::Preserve),
        wave(Wave::Recover),
        wave(Wave::Remove),
    ];
    let history: History = (0..).map(t).zip(first.into_iter().chain(events.iter().cloned())).collect();
    fold(&history)
}

fn why(result: Result<Run, FoldError>) -> &'static str {
    match result {
        Err(FoldError::Illegal { what, .. }) => what,
        Err(FoldError::Unreadable { .. }) => "unreadable",
        Ok(_) => "legal",
    }
}

// --- the form of entries ---

fn one_of_each() -> Vec<RunEvent> {
    let digest = Digest::of(b"x");
    vec![
        RunEvent::Opened(opened(vec![disable(1, "a")])),
        RunEvent::Amended { steps: vec![disable(2, "b")] },
        RunEvent::HrReread {},
        RunEvent::Held { why: "legal hold".into() },
        RunEvent::Released {},
        RunEvent::WaveOpened { wave: Wave::Remove, cause: WaveCause::Budget },
        intended(1, 1, 0),
        applied(1, 1),
        failed(1, 1, "auth", true),
        settled(1, Assurance::ReadBack, t(1)),
        deferred(1, t(9)),
        blocked(1),
        RunEvent::Retried { step: id(1) },
        RunEvent::Waived { step: id(1) },
        RunEvent::Attested { step: id(1), done_at: t(3), file: Some(digest) },
        RunEvent::Stored { artefact: "a.pdf".into(), sha256: digest, size: 7, vault: "local".into() },
        swept(),
        RunEvent::Cancelled {},
        sealed(),
    ]
}

#[test]
fn every_event_survives_the_ledger_under_a_kind_that_never_changes() {
    let kinds = [
        "run.opened",
        "run.amended",
        "run.hr_reread",
        "run.held",
        "run.released",
        "wave.opened",
        "step.intended",
        "step.applied",
        "step.failed",
        "step.settled",
        "step.deferred",
        "step.blocked",
        "step.retried",
        "step.waived",
        "step.attested",
        "artefact.stored",
        "run.swept",
        "run.cancelled",
        "run.sealed",
    ];
    let events = one_of_each();
    assert_eq!(events.len(), kinds.len(), "one sample for each kind");
    for (event, pinned) in events.iter().zip(kinds) {
        let (kind, body) = event.to_parts();
        assert_eq!(kind, pinned, "ledgers that exist name it so");
        assert_eq!(
            RunEvent::from_parts(&kind, &body).unwrap(),
            *event,
            "{kind}: what is read is what was written"
        );
        let mut more = body.clone();
        more["surprise"] = json!(1);
        assert!(
            RunEvent::from_parts(&kind, &more).is_err(),
            "{kind}: a field that this version does not know may mean that something else happened"
        );
    }
}

#[test]
fn an_entry_that_cannot_be_read_stops_the_fold_and_is_named() {
    let mut entries = vec![
        entry(4, t(0), &RunEvent::Opened(opened(vec![disable(1, "a")]))),
        entry(9, t(0), &wave(Wave::Contain)),
    ];
    for (kind, body) in [
        ("step.undone", json!({})),
        ("step.waived", json!({})),
        ("wave.opened", json!({"wave": "later", "cause": "instant"})),
        ("run.hr_reread", json!(null)),
    ] {
        entries[1].kind = kind.into();
        entries[1].body = body;
        let error = Run::fold(&entries).unwrap_err();
        assert!(
            matches!(error, FoldError::Unreadable { seq: 9, .. }),
            "{kind}: skipping it would be a guess"
        );
        assert!(error.to_string().contains(kind), "{error}: says which entry to look at");
    }
    assert!(Run::fold(&[]).is_err(), "no entries, no run");
    assert!(Run::fold(&entries[1..]).is_err(), "a run begins with its opening");
}

// --- what is legal, as a table ---

#[test]
fn a_step_tells_its_story_in_order() {
    let first = || settled(1, Assurance::AlreadyTrue, t(9));
    let read = || settled(1, Assurance::ReadBack, t(9));
    let waived = || RunEvent::Waived { step: id(1) };
    let retried = || RunEvent::Retried { step: id(1) };
    let cases: Vec<(Vec<RunEvent>, &str)> = vec![
        (vec![first()], "legal"),
        (vec![intended(1, 1, 0), applied(1, 1), read()], "legal"),
        (vec![intended(1, 1, 0), read()], "legal"),
        (vec![intended(1, 1, 0), intended(1, 2, 0), applied(1, 2), read()], "legal"),
        (vec![intended(1, 1, 0), first()], "after a write, nothing is already true"),
        (vec![read()], "a read-back needs a write before it"),
        (vec![settled(1, Assurance::AlreadyTrue, t(-1))], "what was seen is older than the run"),
        (vec![intended(1, 2, 0)], "attempts are counted one by one"),
        (vec![intended(1, 1, 7)], "the step has no such way"),
        (vec![applied(1, 1)], "the answer belongs to no open attempt"),
        (vec![intended(1, 1, 0), applied(1, 1), applied(1, 1)], "the attempt was answered before"),
        (vec![intended(1, 1, 0), intended(1, 2, 0), applied(1, 1)], "the answer belongs to no open attempt"),
        (vec![blocked(1), intended(1, 1, 0)], "the step waits for a person"),
        (vec![blocked(1), deferred(1, t(99))], "the step waits for a person"),
        (vec![blocked(1), retried(), intended(1, 1, 0)], "legal"),
        (vec![blocked(1), first()], "legal"),
        (vec![deferred(1, t(99)), retried(), intended(1, 1, 0)], "legal"),
        (vec![retried()], "the step was not waiting for anybody"),
        (vec![first(), first()], "the step was closed before"),
        (vec![first(), waived()], "the step was closed before"),
        (vec![waived(), intended(1, 1, 0)], "the step was closed before"),
        (vec![attested(1, t(5)), deferred(1, t(99))], "the step was closed before"),
        (vec![intended(9, 1, 0)], "the run has no such step"),
    ];
    for (events, expected) in cases {
        assert_eq!(why(told(vec![disable(1, "a")], &events)), expected, "{events:?}");
    }
}

#[test]
fn what_a_vendor_answers_is_kept_when_a_person_closed_the_step_meanwhile() {
    for closing in [RunEvent::Waived { step: id(1) }, attested(1, t(6))] {
        let events = [intended(1, 1, 0), closing.clone(), applied(1, 1)];
        let run = told(vec![disable(1, "a")], &events).unwrap();
        let step = run.step(id(1)).unwrap();
        assert_eq!(step.attempts[0].applied_at, Some(t(7)), "a write that happened must not go missing");
        assert!(step.state.is_closed(), "the person's word stands: {closing:?}");
        let read: Vec<_> = events.into_iter().chain([settled(1, Assurance::ReadBack, t(8))]).collect();
        let run = told(vec![disable(1, "a")], &read).unwrap();
        assert!(
            matches!(run.step(id(1)).unwrap().state, StepState::Settled { .. }),
            "a reading is better than a word"
        );
    }
}

#[test]
fn a_receipt_counts_only_where_nothing_can_be_read() {
    let by = |proof| Outline {
        ways: vec![way(WishKind::SessionsEnded, Effect::Reversible, proof)],
        ..disable(1, "a")
    };
    let receipt = || settled(1, Assurance::Receipt, t(9));
    let cases = [
        (Proof::Receipt, vec![intended(1, 1, 0), applied(1, 1), receipt()], "legal"),
        (Proof::Receipt, vec![intended(1, 1, 0), receipt()], "there is no receipt to rely on"),
        (Proof::Receipt, vec![receipt()], "there is no receipt to rely on"),
        (
            Proof::Receipt,
            vec![intended(1, 1, 0), failed(1, 1, "unavailable", false), receipt()],
            "there is no receipt to rely on",
        ),
        (
            Proof::ReadBack,
            vec![intended(1, 1, 0), applied(1, 1), receipt()],
            "there is no receipt to rely on",
        ),
    ];
    for (proof, events, expected) in cases {
        assert_eq!(why(told(vec![by(proof)], &events)), expected, "{proof}: {events:?}");
    }
}

#[test]
fn a_final_write_is_sent_at_most_once_and_only_after_hr_was_read_again() {
    let step = || remove(1, "a", Effect::Final);
    let second = [intended(1, 1, 0), failed(1, 1, "unavailable", false), intended(1, 2, 0)];
    assert_eq!(why(told(vec![step()], &second)), "a final write is sent at most once", "it may have worked");
    let crashed = [intended(1, 1, 0), intended(1, 2, 0)];
    assert_eq!(why(told(vec![step()], &crashed)), "a final write is sent at most once", "nobody knows");
    let again = [intended(1, 1, 0), blocked(1), RunEvent::Retried { step: id(1) }, intended(1, 2, 0)];
    assert_eq!(why(told(vec![step()], &again)), "a final write is sent at most once", "nor does asking help");
    let refused = [intended(1, 1, 0), failed(1, 1, "rate_limited", true), intended(1, 2, 0)];
    assert_eq!(why(told(vec![step()], &refused)), "legal", "a refused write did not happen");
    let unread = Opened { hr_reread: false, ..opened(vec![step()]) };
    assert_eq!(
        why(told_by(unread.clone(), &[intended(1, 1, 0)])),
        "a final write waits until HR was read again",
        "an HR that cannot be read may have withdrawn it"
    );
    assert_eq!(
        why(told_by(unread, &[RunEvent::HrReread {}, intended(1, 1, 0)])),
        "legal",
        "HR says the same"
    );
}

#[test]
fn no_wave_opens_before_its_instant_and_no_step_before_its_wave() {
    let open = |opened: Opened, waves: &[(i64, Wave)]| {
        let waves = waves.iter().map(|(at, w)| (t(*at), wave(*w)));
        why(fold(&std::iter::once((t(-60), RunEvent::Opened(opened))).chain(waves).collect::<History>()))
    };
    let usual = || opened(vec![disable(1, "a")]);
    let undated = || Opened { access_end_at: None, ..usual() };
    let garden = || Opened { employment_end_at: Some(t(100)), ..usual() };
    let endless = || Opened { employment_end_at: None, ..usual() };
    let now = |o: Opened| Opened { explicit_now: true, ..o };
    let early = "the wave opens before its instant";
    let (contain, remove) = (Wave::Contain, Wave::Remove);
    let cases = [
        (usual(), vec![(0, contain)], "legal", "the instant itself is not early"),
        (usual(), vec![(-1, contain)], early, "a second too soon is too soon"),
        (usual(), vec![(-1, Wave::Recover)], early, "tickets tell people"),
        (usual(), vec![(-1, Wave::Prepare)], "legal", "reading ahead harms nobody"),
        (undated(), vec![(50, contain)], early, "HR gave no instant at all"),
        (now(usual()), vec![(-1, contain)], "legal", "an operator's explicit act"),
        (now(undated()), vec![(-1, contain)], "legal", "an operator's explicit act"),
        (usual(), vec![(0, remove)], early, "removal follows containment"),
        (usual(), vec![(0, contain), (0, remove)], "legal", "both have come"),
        (garden(), vec![(0, contain), (99, remove)], early, "still employed"),
        (garden(), vec![(0, contain), (100, remove)], "legal", "employment ended"),
        (endless(), vec![(0, contain), (100, remove)], early, "unknown is never guessed to be over"),
        (now(garden()), vec![(0, contain), (99, remove)], early, "a click ends no employment"),
        (now(endless()), vec![(0, contain), (0, remove)], "legal", "HR sets no end to wait for"),
        (usual(), vec![(0, contain), (1, contain)], "the wave was open before", "once"),
    ];
    for (opened, waves, expected, because) in cases {
        assert_eq!(open(opened, &waves), expected, "{waves:?}: {because}");
    }
    for (event, expected) in [
        (intended(1, 1, 0), "the step's wave is not open"),
        (settled(1, Assurance::AlreadyTrue, t(0)), "what holds before its wave opens may change until then"),
        (attested(1, t(0)), "legal"),
    ] {
        let history = vec![(t(0), RunEvent::Opened(usual())), (t(0), event.clone())];
        assert_eq!(why(fold(&history)), expected, "{event:?} before the wave");
    }
}

#[test]
fn steps_are_added_once_and_only_what_can_be_undone() {
    let amended = |steps: Vec<Outline>| RunEvent::Amended { steps };
    let run =
        told(vec![disable(1, "a")], &[swept(), amended(vec![disable(2, "b")]), intended(2, 1, 0)]).unwrap();
    assert_eq!(run.steps.len(), 2, "a new account of the same person is cut as well");
    assert_eq!(run.swept, None, "the sweep looked before that account was known");
    let cases = [
        (vec![amended(vec![disable(1, "a")])], "an added step was there before"),
        (vec![amended(vec![disable(2, "b"), disable(2, "b")])], "an added step was there before"),
        (vec![amended(vec![remove(2, "b", Effect::Lossy)])], "an added step may do what nobody approved"),
        (vec![amended(vec![remove(2, "b", Effect::Final)])], "an added step may do what nobody approved"),
    ];
    for (events, expected) in cases {
        assert_eq!(why(told(vec![disable(1, "a")], &events)), expected, "{events:?}");
    }
    let twice = vec![disable(1, "a"), disable(1, "a")];
    assert_eq!(why(told(twice, &[])), "a step is there twice", "the second could never be closed");
    assert_eq!(
        why(told(vec![], &[RunEvent::Opened(opened(vec![]))])),
        "the run was opened before",
        "one opening"
    );
}

#[test]
fn evidence_means_every_vault_in_whatever_order_and_never_an_exception() {
    let stored = |n| settled(n, Assurance::AlreadyTrue, t(9));
    let waived = |n| RunEvent::Waived { step: id(n) };
    let cases = [
        (vec![evidence(1)], vec![], false, "nothing yet"),
        (vec![evidence(1)], vec![stored(1)], true, "stored and read back"),
        (vec![evidence(1)], vec![intended(1, 1, 0), settled(1, Assurance::ReadBack, t(9))], true, "the same"),
        (vec![evidence(1)], vec![waived(1)], false, "an exception is no evidence"),
        (vec![evidence(1)], vec![attested(1, t(9))], false, "a word is no evidence"),
        (vec![evidence(1), evidence(2)], vec![stored(1)], false, "one of two"),
        (vec![evidence(1), evidence(2)], vec![stored(1), waived(2)], false, "one of two"),
        (vec![evidence(1), evidence(2)], vec![waived(2), stored(1)], false, "in any order"),
        (vec![evidence(1), evidence(2)], vec![stored(2), stored(1)], true, "both"),
        (vec![disable(1, "a")], vec![stored(1)], false, "no vault, no evidence"),
    ];
    for (steps, events, expected, because) in cases {
        assert_eq!(
            told(steps, &events).unwrap().evidence_stored,
            expected,
            "{because}: it unlocks final steps"
        );
    }
}

/// What may follow, by what came before: after the seal or a stop nothing is written to a vendor.
#[test]
fn after_seal_stop_and_hold_only_what_people_do_and_late_answers() {
    let steps = || vec![disable(1, "a"), task(2), disable(3, "c")];
    let next: Vec<(&str, RunEvent)> = vec![
        ("intended", intended(1, 2, 0)),
        ("applied", applied(1, 1)),
        ("failed", failed(1, 1, "unavailable", false)),
        ("settled", settled(1, Assurance::ReadBack, t(9))),
        ("deferred", deferred(1, t(99))),
        ("blocked", blocked(1)),
        ("waived", RunEvent::Waived { step: id(2) }),
        ("attested", attested(2, t(1))),
        (
            "stored",
            RunEvent::Stored { artefact: "x".into(), sha256: Digest::ZERO, size: 1, vault: "local".into() },
        ),
        ("sealed", sealed()),
        ("swept", swept()),
        ("amended", RunEvent::Amended { steps: vec![disable(9, "z")] }),
        ("hr_reread", RunEvent::HrReread {}),
        ("held", RunEvent::Held { why: "x".into() }),
        ("cancelled", RunEvent::Cancelled {}),
    ];
    let legal_after = |events: &[RunEvent]| -> Vec<&str> {
        assert!(told(steps(), events).is_ok(), "the story before is legal");
        let follows = |e: &RunEvent| told(steps(), &[events, std::slice::from_ref(e)].concat()).is_ok();
        next.iter().filter(|(_, e)| follows(e)).map(|(name, _)| *name).collect()
    };
    let under_way = intended(1, 1, 0);
    assert_eq!(
        legal_after(&[under_way.clone(), RunEvent::Cancelled {}]),
        ["applied", "failed", "settled", "waived", "attested", "stored", "sealed"],
        "stopped: what is done stays done, and is told"
    );
    let closing = [1, 3].map(|n| RunEvent::Waived { step: id(n) });
    let through = [std::slice::from_ref(&under_way), &closing[..], &[swept(), sealed()]].concat();
    assert_eq!(
        legal_after(&through),
        ["waived", "attested", "stored", "sealed"],
        "sealed: people's work is closed and sealed again, vendors are left alone"
    );
    assert_eq!(
        legal_after(&[under_way, RunEvent::Held { why: "legal hold".into() }]),
        [
            "applied",
            "failed",
            "settled",
            "deferred",
            "blocked",
            "waived",
            "attested",
            "stored",
            "swept",
            "amended",
            "hr_reread",
            "held",
            "cancelled"
        ],
        "held: nothing new is written, all else goes on"
    );
    let released = [RunEvent::Held { why: "x".into() }, RunEvent::Released {}, intended(1, 1, 0)];
    assert_eq!(why(told(steps(), &released)), "legal", "a person let it go on");
    assert_eq!(why(told(steps(), &[RunEvent::Released {}])), "the run was not held", "nothing to let go on");
}

#[test]
fn a_run_is_sealed_only_when_it_is_through_or_stopped() {
    let done = || settled(1, Assurance::AlreadyTrue, t(9));
    let cases = [
        (vec![sealed()], false, "the leaver still has access"),
        (vec![done(), sealed()], false, "nobody looked for what is left"),
        (vec![swept(), sealed()], false, "a step is open"),
        (vec![blocked(1), swept(), sealed()], false, "a person has to act first"),
        (vec![done(), swept(), sealed()], true, "work for people does not hold the seal"),
        (vec![done(), swept(), sealed(), attested(2, t(2)), sealed()], true, "and is sealed when it is done"),
        (vec![RunEvent::Cancelled {}, sealed()], true, "a stopped run is on record as it is"),
    ];
    for (events, legal, because) in cases {
        assert_eq!(told(vec![disable(1, "a"), task(2)], &events).is_ok(), legal, "{because}");
    }
}

// --- mutations of one step's story ---

/// Which losses, repetitions and swaps within a step's story the fold cannot notice by itself (the chain
/// does), each with the reason why it does no harm.
#[test]
fn an_altered_story_is_an_error_or_claims_no_more_than_the_true_one() {
    let story = [
        ("deferred", deferred(1, t(3))),
        ("intended", intended(1, 1, 0)),
        ("failed", failed(1, 1, "unavailable", true)),
        ("blocked", blocked(1)),
        ("retried", RunEvent::Retried { step: id(1) }),
        ("intended again", intended(1, 2, 0)),
        ("applied", applied(1, 2)),
        ("settled", settled(1, Assurance::ReadBack, t(20))),
    ];
    let names: Vec<&str> = story.iter().map(|(name, _)| *name).collect();
    let mut altered: Vec<(String, Vec<RunEvent>)> = Vec::new();
    let events: Vec<RunEvent> = story.iter().map(|(_, e)| e.clone()).collect();
    for i in 0..events.len() {
        let mut dropped = events.clone();
        dropped.remove(i);
        altered.push((format!("drop {}", names[i]), dropped));
        let mut doubled = events.clone();
        doubled.insert(i, events[i].clone());
        altered.push((format!("repeat {}", names[i]), doubled));
        if i + 1 < events.len() {
            let mut swapped = events.clone();
            swapped.swap(i, i + 1);
            altered.push((format!("swap {} and {}", names[i], names[i + 1]), swapped));
        }
    }
    assert!(told(vec![disable(1, "a")], &events).is_ok(), "the true story is legal");
    let unnoticed: Vec<String> = altered
        .iter()
        .filter(|(_, events)| told(vec![disable(1, "a")], events).is_ok())
        .map(|(name, _)| name.clone())
        .collect();
    assert_eq!(
        unnoticed,
        [
            "drop deferred",              // waiting claims nothing
            "repeat deferred",            // the same wait
            "swap deferred and intended", // the next event ends the wait either way
            "drop failed",                // the write then counts as one that may have happened
            "swap failed and blocked",    // both are told, and a person decides either way
            "repeat blocked",             // the same block
            "drop applied",               // a crash looks like this; the read-back proves the state itself
            "drop settled",               // claims less: the step is open and is looked at again
        ],
        "whatever else is altered is an error"
    );
}

// --- properties over many stories ---

const STEPS: u8 = 5;

/// Five steps of different kinds; the second's ways are both final, the third has a receipt only.
fn cast(count: u8) -> Vec<Outline> {
    let wish = WishKind::CredentialRevoked;
    let finals: Vec<Can> = (0..2).map(|_| way(wish, Effect::Final, Proof::ReadBack)).collect();
    let receipt = vec![way(WishKind::SessionsEnded, Effect::Reversible, Proof::Receipt)];
    let all = vec![
        disable(0, "a"),
        Outline { ways: finals, ..remove(1, "a", Effect::Final) },
        Outline { ways: receipt, ..outline(2, Wave::Contain, "b", WishKind::SessionsEnded) },
        evidence(3),
        task(4),
    ];
    all.into_iter().take(count.into()).collect()
}

/// What could be said next of a step; most of it is legal at some time.
fn about(run: &Run, n: u8, choice: u8, at: DateTime<Utc>) -> RunEvent {
    let attempts = run.step(id(n)).map_or(0, |s| s.attempts.len());
    let last = u32::try_from(attempts).unwrap();
    match choice % 13 {
        0 | 1 => intended(n, last + 1, usize::from(choice % 2)),
        2 | 3 => applied(n, last),
        4 => failed(n, last, "unavailable", false),
        5 => failed(n, last, "rate_limited", true),
        6 => settled(n, Assurance::ReadBack, at),
        7 => settled(n, Assurance::AlreadyTrue, at),
        8 => settled(n, Assurance::Receipt, at),
        9 => deferred(n, at + chrono::TimeDelta::seconds(5)),
        10 => blocked(n),
        11 => RunEvent::Retried { step: id(n) },
        _ if choice < 128 => RunEvent::Waived { step: id(n) },
        _ => attested(n, at),
    }
}

/// Something that happens to the run as a whole.
fn about_the_run(run: &Run, choice: u8) -> RunEvent {
    match choice % 9 {
        0 => RunEvent::HrReread {},
        1 | 2 if run.held.is_some() => RunEvent::Released {},
        1 => RunEvent::Held { why: "hold".into() },
        2 | 3 => wave(Wave::Remove),
        4 => RunEvent::Amended { steps: vec![disable(100 + choice / 9, "late")] },
        5 => swept(),
        6 if choice > 200 => RunEvent::Cancelled {},
        _ => sealed(),
    }
}

/// A legal story: the choices that are illegal where they stand are left out. Whether an event is about a
/// step or the run is told by the first number.
fn legal(count: u8, hr_reread: bool, choices: &[(u8, u8)]) -> History {
    let opened = Opened { hr_reread, ..opened(cast(count)) };
    let mut run = Run::open(opened.clone(), t(0));
    let mut history = vec![(t(0), RunEvent::Opened(opened))];
    let first = [wave(Wave::Contain), wave(Wave::Preserve), wave(Wave::Recover)].map(Some);
    let told = first.into_iter().chain(choices.iter().map(|_| None));
    for ((seconds, given), (who, what)) in (1..).zip(told).zip([(0, 0); 3].iter().chain(choices)) {
        let at = t(seconds);
        let event = given.unwrap_or_else(|| {
            if *who < STEPS * 9 { about(&run, who % count, *what, at) } else { about_the_run(&run, *what) }
        });
        if run.apply(&event, at).is_ok() {
            history.push((at, event));
        }
    }
    history
}

/// Another order of the same story: between events of the run as a whole, steps are interleaved anew.
fn interleaved(history: &History, picks: &[usize]) -> History {
    let mut picks = picks.iter().cycle();
    let mut out = Vec::new();
    let mut lanes: BTreeMap<StepId, Vec<(DateTime<Utc>, RunEvent)>> = BTreeMap::new();
    let mut flush = |lanes: &mut BTreeMap<StepId, Vec<_>>, out: &mut History| {
        while !lanes.is_empty() {
            let pick = picks.next().map_or(0, |p| p % lanes.len());
            let step = *lanes.keys().nth(pick).unwrap();
            let lane = lanes.get_mut(&step).unwrap();
            out.push(lane.remove(0));
            if lane.is_empty() {
                lanes.remove(&step);
            }
        }
    };
    for (at, event) in history {
        match event.step() {
            Some(step) => lanes.entry(step).or_default().push((*at, event.clone())),
            None => {
                flush(&mut lanes, &mut out);
                out.push((*at, event.clone()));
            }
        }
    }
    flush(&mut lanes, &mut out);
    out
}

fn finals_maybe_sent(run: &Run, n: u8) -> usize {
    let Some(step) = run.step(id(n)) else { return 0 };
    step.attempts.iter().filter(|a| !a.refused && step.outline.ways[a.way].effect == Effect::Final).count()
}

fn stories() -> impl Strategy<Value = History> {
    (2..=STEPS, any::<bool>(), prop::collection::vec((0..STEPS * 10, any::<u8>()), 0..90))
        .prop_map(|(count, hr, choices)| legal(count, hr, &choices))
}

#[test]
fn the_stories_reach_every_kind_of_event() {
    // Otherwise the properties below would hold for want of anything happening.
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let mut kinds = BTreeSet::new();
    let mut finals = 0;
    for _ in 0..600 {
        let story = stories().new_tree(&mut runner).unwrap().current();
        kinds.extend(story.iter().map(|(_, e)| e.to_parts().0));
        finals += finals_maybe_sent(&fold(&story).unwrap(), 1);
    }
    let missing: Vec<String> =
        one_of_each().iter().map(|e| e.to_parts().0).filter(|k| !kinds.contains(k)).collect();
    assert_eq!(missing, ["artefact.stored"], "only what never changes a run is left out");
    assert!(finals > 10, "final writes happen in these stories ({finals})");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, rng_seed: proptest::test_runner::RngSeed::Fixed(26_925), ..ProptestConfig::default() })]

    #[test]
    fn the_order_of_different_steps_does_not_matter(
        story in stories(),
        picks in prop::collection::vec(0..60usize, 1..80),
    ) {
        let other = interleaved(&story, &picks);
        prop_assert_eq!(other.len(), story.len(), "the same events");
        prop_assert_eq!(fold(&other).unwrap(), fold(&story).unwrap(), "processes append in any order");
    }

    #[test]
    fn every_beginning_of_a_story_folds_to_what_was_known_then(story in stories()) {
        let mut known: Option<Run> = None;
        for end in 1..=story.len() {
            let (at, event) = &story[end - 1];
            match (&mut known, event) {
                (None, RunEvent::Opened(opened)) => known = Some(Run::open(opened.clone(), *at)),
                (Some(run), event) => run.apply(event, *at).unwrap(),
                (None, _) => prop_assert!(false, "a story begins with its opening"),
            }
            let folded = fold(&story[..end]).unwrap();
            prop_assert_eq!(Some(&folded), known.as_ref(), "a crash leaves a beginning, and resume folds it");
            prop_assert!(finals_maybe_sent(&folded, 1) <= 1, "a final write is sent at most once");
        }
    }

    #[test]
    fn an_altered_story_never_claims_what_it_does_not_tell(
        story in stories(),
        place in any::<prop::sample::Index>(),
        kind in 0..3u8,
    ) {
        let mut altered = story.clone();
        let i = place.index(altered.len());
        match kind {
            0 => { altered.remove(i); }
            1 => altered.insert(i, story[i].clone()),
            _ => {
                let next = story[i + 1..].iter().position(|(_, e)| e.step() == story[i].1.step());
                let Some(next) = next else { return Ok(()) };
                altered.swap(i, i + 1 + next);
            }
        }
        let Ok(run) = fold(&altered) else { return Ok(()) };
        let tells = |wanted: &dyn Fn(&RunEvent) -> bool| altered.iter().filter(|(_, e)| wanted(e)).count();
        for step in &run.steps {
            let this = Some(step.outline.id);
            let writes = tells(&|e| e.step() == this && matches!(e, RunEvent::Intended { .. }));
            prop_assert_eq!(step.attempts.len(), writes, "no write is hidden or made up");
            let proof = tells(&|e| {
                e.step() == this
                    && match &step.state {
                        StepState::Settled { .. } => matches!(e, RunEvent::Settled { .. }),
                        StepState::Waived => matches!(e, RunEvent::Waived { .. }),
                        StepState::Attested { .. } => matches!(e, RunEvent::Attested { .. }),
                        _ => true,
                    }
            });
            let closed = step.state.is_closed();
            prop_assert!(!closed || proof > 0, "no 'done' without a read-back, a receipt or an attestation");
            if closed {
                let before = run.wave_opened(step.outline.wave).is_some();
                let by_word = matches!(step.state, StepState::Waived | StepState::Attested { .. });
                prop_assert!(before || by_word, "nothing holds before its wave opened");
            }
        }
        prop_assert!(finals_maybe_sent(&run, 1) <= 1, "a final write is sent at most once");
    }
}
