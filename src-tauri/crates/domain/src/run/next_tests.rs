use std::collections::BTreeMap;

use proptest::prelude::*;
use proptest::test_runner::RngSeed;

use super::super::fixtures::*;
use super::super::{Assurance, Opened, RunEvent};
use super::*;
use crate::access::WishKind;
use crate::capability::{Can, Proof};
use crate::plan::Outline;

/// Containment may take 300 s and evidence 120 s before removal stops waiting.
fn clock() -> WaveClock {
    WaveClock::from(&LeaverPolicy::default())
}

/// A run opened a minute ahead that lived through these events.
fn run(opened: Opened, events: &[(i64, RunEvent)]) -> Run {
    let mut run = Run::open(opened, t(-60));
    for (at, event) in events {
        run.apply(event, t(*at)).unwrap();
    }
    run
}

fn garden(steps: Vec<Outline>) -> Opened {
    Opened { employment_end_at: Some(t(10_000)), ..opened(steps) }
}

const FIRST: [Wave; 3] = [Wave::Contain, Wave::Preserve, Wave::Recover];

/// The first waves opened at 0 s.
fn begun(opened: Opened, events: &[(i64, RunEvent)]) -> Run {
    let first = FIRST.map(|w| (0, wave(w)));
    run(opened, &[&first[..], events].concat())
}

/// All waves opened at 0 s.
fn removing(opened: Opened, events: &[(i64, RunEvent)]) -> Run {
    begun(opened, &[&[(0, wave(Wave::Remove))][..], events].concat())
}

fn done(n: u8) -> (i64, RunEvent) {
    (1, settled(n, Assurance::AlreadyTrue, t(1)))
}

fn opens_first() -> Next {
    Next::Open(FIRST.map(|w| (w, WaveCause::Instant)).to_vec())
}

fn opens_removal(cause: WaveCause) -> Next {
    Next::Open(vec![(Wave::Remove, cause)])
}

#[test]
fn the_first_waves_open_at_the_instant_and_never_before() {
    let usual = || opened(vec![disable(1, "a")]);
    let undated = || Opened { access_end_at: None, ..usual() };
    let now = |o: Opened| Opened { explicit_now: true, ..o };
    let cases = [
        (usual(), -1, Next::WaitUntil(t(0)), "a second too soon is too soon"),
        (usual(), 0, opens_first(), "the instant itself"),
        (usual(), 99_999, opens_first(), "a machine that slept acts when it wakes"),
        (now(usual()), -1, opens_first(), "an operator's explicit act"),
        (now(undated()), -1, opens_first(), "an operator's explicit act"),
        (undated(), 99_999, Next::NeedsPerson, "without an instant only a person can open it"),
    ];
    for (opened, at, expected, because) in cases {
        assert_eq!(run(opened, &[]).next(t(at), clock()), expected, "{because}");
    }
}

#[test]
fn removal_waits_for_the_end_of_employment() {
    let steps = || vec![disable(1, "a"), remove(2, "a", Effect::Lossy)];
    let contained = [done(1)];
    let endless = || Opened { employment_end_at: None, ..opened(steps()) };
    let now = |o: Opened| Opened { explicit_now: true, ..o };
    let cases = [
        (garden(steps()), 9_999, Next::WaitUntil(t(10_000)), "still employed"),
        (garden(steps()), 10_000, opens_removal(WaveCause::Settled), "employment ended"),
        (now(garden(steps())), 9_999, Next::WaitUntil(t(10_000)), "a click ends no employment"),
        (endless(), 99_999, Next::NeedsPerson, "an unknown end is never guessed to be past"),
        (now(endless()), 2, opens_removal(WaveCause::Settled), "HR sets no end to wait for"),
    ];
    for (opened, at, expected, because) in cases {
        assert_eq!(begun(opened, &contained).next(t(at), clock()), expected, "{because}");
    }
    let nothing_to_remove = begun(garden(vec![disable(1, "a")]), &contained);
    assert_eq!(nothing_to_remove.next(t(5), clock()), Next::Sweep, "no need to wait with the seal for that");
}

#[test]
fn removal_waits_for_containment_and_evidence_until_they_are_settled_or_their_time_is_up() {
    let steps = || vec![disable(1, "a"), evidence(2), remove(3, "b", Effect::Lossy)];
    let waits = |n| (1, deferred(n, t(5_000)));
    let stuck = |n| (1, blocked(n));
    let (settled, budget) = (opens_removal(WaveCause::Settled), opens_removal(WaveCause::Budget));
    let cases = [
        (vec![done(1), done(2)], 2, settled.clone(), "both are settled"),
        (vec![stuck(1), done(2)], 2, settled.clone(), "what waits for a person holds up nothing else"),
        (vec![done(1), stuck(2)], 2, settled, "evidence that is stuck holds up only what is final"),
        (vec![waits(1), done(2)], 299, Next::WaitUntil(t(300)), "containment has its time"),
        (vec![waits(1), done(2)], 300, budget.clone(), "then removal goes on without it"),
        (vec![done(1), waits(2)], 119, Next::WaitUntil(t(120)), "evidence has its time"),
        (vec![done(1), waits(2)], 120, budget.clone(), "then removal goes on without it"),
        (vec![waits(1), waits(2)], 299, Next::WaitUntil(t(300)), "the longer of both"),
        (vec![waits(1), waits(2)], 300, budget, "the longer of both"),
    ];
    for (events, at, expected, because) in cases {
        assert_eq!(begun(opened(steps()), &events).next(t(at), clock()), expected, "{because}");
    }
}

#[test]
fn accounts_go_in_parallel_and_the_steps_of_one_in_order() {
    let steps = || {
        let sessions = |n, lane| outline(n, Wave::Contain, lane, WishKind::SessionsEnded);
        vec![disable(1, "a"), sessions(2, "a"), disable(3, "b"), sessions(4, "b")]
    };
    let go = |steps: &[u8]| Next::Do(steps.iter().map(|n| id(*n)).collect());
    let cases = [
        (vec![], 1, go(&[1, 3]), "one of each account"),
        (vec![done(1)], 2, go(&[2, 3]), "then the next of that account"),
        (vec![(1, blocked(1))], 2, go(&[2, 3]), "a blocked step does not stop the next"),
        (vec![(1, deferred(1, t(50)))], 2, go(&[3]), "a waiting one does: vendors' order matters"),
        (vec![(1, deferred(1, t(50)))], 50, go(&[1, 3]), "until its time has come"),
        (vec![(1, RunEvent::Waived { step: id(1) })], 2, go(&[2, 3]), "an exception is closed"),
    ];
    for (events, at, expected, because) in cases {
        assert_eq!(begun(opened(steps()), &events).next(t(at), clock()), expected, "{because}");
    }
    let both = begun(opened(steps()), &[(1, deferred(1, t(50))), (1, deferred(3, t(40)))]);
    assert_eq!(both.next(t(2), clock()), Next::WaitUntil(t(40)), "the earliest of what is waited for");
    let early = Outline { not_before: Some(t(30)), ..disable(9, "z") };
    let one = begun(opened(vec![early]), &[]);
    assert_eq!(one.next(t(29), clock()), Next::WaitUntil(t(30)), "no step before its own time");
    assert_eq!(one.next(t(30), clock()), go(&[9]), "and then at once");
}

#[test]
fn one_account_is_never_written_to_by_two_waves_at_once() {
    let steps = || vec![disable(1, "a"), remove(2, "a", Effect::Lossy), remove(3, "b", Effect::Lossy)];
    let go = |steps: &[u8]| Next::Do(steps.iter().map(|n| id(*n)).collect());
    let open = removing(opened(steps()), &[]);
    assert_eq!(open.next(t(400), clock()), go(&[1, 3]), "containment of an account before its removal");
    let waiting = removing(opened(steps()), &[(1, deferred(1, t(9_000)))]);
    assert_eq!(
        waiting.next(t(400), clock()),
        go(&[2, 3]),
        "removal was opened since the time was up: a vendor that lags must not keep keys alive"
    );
    let found = RunEvent::Amended { steps: vec![disable(4, "a")] };
    let amended = removing(opened(steps()), &[done(1), (2, found)]);
    assert_eq!(
        amended.next(t(400), clock()),
        go(&[4, 3]),
        "what shuts a door goes first, found later or not"
    );
}

#[test]
fn what_is_final_waits_for_evidence_and_for_hr_for_ever() {
    let steps = || vec![evidence(1), remove(2, "a", Effect::Final), remove(3, "a", Effect::Lossy)];
    let unread = || Opened { hr_reread: false, ..opened(steps()) };
    let rest = || vec![done(3), (1, swept())];
    let years = 99_999_999;
    let final_goes = Next::Do(vec![id(2)]);
    let with = |event: RunEvent| [vec![(1, event)], rest()].concat();
    let stored = || settled(1, Assurance::AlreadyTrue, t(1));
    let cases = [
        (opened(steps()), with(blocked(1)), Next::NeedsPerson, "no time lifts it"),
        (opened(steps()), with(RunEvent::Waived { step: id(1) }), Next::NeedsPerson, "no exception does"),
        (opened(steps()), with(attested(1, t(1))), Next::NeedsPerson, "no word does"),
        (opened(steps()), with(stored()), final_goes.clone(), "evidence does"),
        (unread(), with(stored()), Next::NeedsPerson, "HR may have withdrawn it"),
        (
            unread(),
            [with(stored()), vec![(2, RunEvent::HrReread {})]].concat(),
            final_goes,
            "HR says the same",
        ),
    ];
    for (opened, events, expected, because) in cases {
        assert_eq!(removing(opened, &events).next(t(years), clock()), expected, "{because}");
    }
    let beside = removing(opened(steps()), &[(1, blocked(1))]);
    assert_eq!(beside.next(t(5), clock()), Next::Do(vec![id(3)]), "what is not final does not wait for it");
}

#[test]
fn the_end_of_a_run() {
    let steps = || vec![disable(1, "a"), task(2)];
    let cancelled = (1, RunEvent::Cancelled {});
    let held = (1, RunEvent::Held { why: "legal hold".into() });
    let cases = [
        (vec![done(1)], Next::Sweep, "look for what is left; tasks do not hold it up"),
        (vec![done(1), (2, swept())], Next::Seal, "work for people does not hold the seal"),
        (vec![done(1), (2, swept()), (3, sealed())], Next::Done, "nothing more"),
        (vec![(1, blocked(1))], Next::NeedsPerson, "only a person can bring it further"),
        (vec![cancelled.clone()], Next::Seal, "what was done is on record"),
        (vec![cancelled, (2, sealed())], Next::Done, "nothing more"),
        (vec![held.clone()], Next::NeedsPerson, "nothing is written under a hold"),
        (vec![held, (2, RunEvent::Released {})], Next::Do(vec![id(1)]), "a person let it go on"),
        (
            vec![done(1), (2, swept()), (3, RunEvent::Amended { steps: vec![disable(7, "late")] })],
            Next::Do(vec![id(7)]),
            "an account that the sweep found is cut",
        ),
        (
            vec![
                done(1),
                (2, swept()),
                (3, RunEvent::Amended { steps: vec![disable(7, "late")] }),
                (4, settled(7, Assurance::AlreadyTrue, t(4))),
            ],
            Next::Sweep,
            "and looked for again before the seal",
        ),
    ];
    for (events, expected, because) in cases {
        assert_eq!(removing(opened(steps()), &events).next(t(400), clock()), expected, "{because}");
    }
}

// --- a world in which steps sometimes fail ---

/// What a vendor does with one step, try after try; the last entry goes on for ever.
#[derive(Clone, Debug)]
struct Temper {
    tries: Vec<Answer>,
}

#[derive(Clone, Copy, Debug)]
enum Answer {
    Works,
    WorksUnseen,
    Refuses,
    Loses,
    AsksForPatience,
    Blocks,
}

fn tempers() -> impl Strategy<Value = Temper> {
    use Answer::{AsksForPatience, Blocks, Loses, Refuses, Works, WorksUnseen};
    let any = prop::sample::select(vec![Works, WorksUnseen, Refuses, Loses, AsksForPatience, Blocks]);
    let end = prop::sample::select(vec![Works, Blocks]);
    (prop::collection::vec(any, 0..4), end).prop_map(|(mut tries, end)| {
        tries.push(end);
        Temper { tries }
    })
}

fn worlds() -> impl Strategy<Value = (Opened, BTreeMap<u8, Temper>)> {
    let step = (0..7u8, 0..3u8, tempers(), 0..3i64);
    (prop::collection::vec(step, 1..9), any::<bool>(), any::<bool>(), prop::option::of(0..2_000i64)).prop_map(
        |(drawn, hr_reread, explicit_now, employment)| {
            let mut steps = Vec::new();
            let mut world = BTreeMap::new();
            for (n, (kind, lane, temper, delay)) in (1u8..).zip(drawn) {
                let lane = format!("account-{lane}");
                let step = match kind {
                    0 | 1 => disable(n, &lane),
                    2 => outline(n, Wave::Contain, &lane, WishKind::SessionsEnded),
                    3 => remove(n, &lane, Effect::Final),
                    4 => remove(n, &lane, Effect::Lossy),
                    5 => evidence(n),
                    _ => task(n),
                };
                steps.push(Outline { not_before: (delay > 0).then(|| t(delay * 40)), ..step });
                world.insert(n, temper);
            }
            steps.sort_by_key(|s| s.wave);
            let employment_end_at = employment.map(t);
            (Opened { hr_reread, explicit_now, employment_end_at, ..opened(steps) }, world)
        },
    )
}

/// Does one step as the engine would: a write for what has ways, then what the vendor's temper brings.
fn act(run: &mut Run, n: u8, temper: &Temper, now: DateTime<Utc>) -> Result<(), crate::run::FoldError> {
    let step = run.step(id(n)).unwrap().clone();
    if step.final_maybe_sent() {
        return run.apply(&blocked(n), now);
    }
    let attempt = u32::try_from(step.attempts.len() + 1).unwrap();
    let answer = temper.tries.get(step.attempts.len()).or(temper.tries.last()).unwrap();
    run.apply(&intended(n, attempt, 0), now)?;
    let wait = |seconds| deferred(n, now + TimeDelta::seconds(seconds));
    let then = match answer {
        Answer::Works => vec![applied(n, attempt), settled(n, Assurance::ReadBack, now)],
        Answer::WorksUnseen => vec![applied(n, attempt), wait(30)],
        Answer::Refuses => vec![failed(n, attempt, "rate_limited", true), wait(20)],
        Answer::Loses => vec![failed(n, attempt, "unavailable", false), wait(2)],
        Answer::AsksForPatience => vec![failed(n, attempt, "rate_limited", true), wait(600)],
        Answer::Blocks => vec![blocked(n)],
    };
    then.iter().try_for_each(|event| run.apply(event, now))
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 500,
        failure_persistence: None,
        rng_seed: RngSeed::Fixed(26_925),
        ..ProptestConfig::default()
    })]

    #[test]
    fn whatever_fails_a_run_ends_and_never_acts_early_twice_or_on_one_account_at_once(
        (opened, world) in worlds(),
    ) {
        let mut run = Run::open(opened.clone(), t(-100));
        let mut now = t(-100);
        let mut end = None;
        for _round in 0..200 {
            match run.next(now, clock()) {
                Next::Open(waves) => {
                    for (wave, cause) in waves {
                        run.apply(&RunEvent::WaveOpened { wave, cause }, now).unwrap();
                    }
                }
                Next::Do(steps) => {
                    let mut lanes = BTreeSet::new();
                    for step in steps {
                        let progress = run.step(step).unwrap().clone();
                        let Outline { lane, wave, not_before, .. } = progress.outline.clone();
                        prop_assert!(!lane.starts_with("task"), "people's work is not done for them");
                        prop_assert!(lanes.insert(lane), "two writes at once to one account");
                        prop_assert!(run.wave_opened(wave).is_some_and(|at| at <= now), "before its wave");
                        let instant = opened.explicit_now || now >= t(0);
                        prop_assert!(instant, "nothing acts before HR's instant without an explicit act");
                        let ended = opened.employment_end_at.map_or(opened.explicit_now, |at| at <= now);
                        prop_assert!(wave != Wave::Remove || ended, "removal before employment ended");
                        let waived = opened.explicit_now && wave != Wave::Remove;
                        prop_assert!(waived || not_before.is_none_or(|at| at <= now), "before its own time");
                        let n = step.0.0[0];
                        let result = act(&mut run, n, &world[&n], now);
                        prop_assert!(result.is_ok(), "what `next` asks for must be legal: {result:?}");
                    }
                }
                Next::WaitUntil(at) => {
                    prop_assert!(at > now, "waiting that does not end would never act");
                    now = at;
                }
                Next::Sweep => run.apply(&swept(), now).unwrap(),
                Next::Seal => run.apply(&sealed(), now).unwrap(),
                stop @ (Next::NeedsPerson | Next::Done) => {
                    end = Some(stop);
                    break;
                }
            }
        }
        prop_assert!(end.is_some(), "a run that neither ends nor asks for a person is lost");
        let open: Vec<_> = run.automatic_open().collect();
        if end == Some(Next::Done) {
            prop_assert!(open.is_empty(), "a sealed run has cut everything");
        } else {
            prop_assert!(!open.is_empty(), "a person is asked for a reason");
            for step in open {
                let blocked = matches!(step.state, StepState::Blocked { .. });
                let unopened = run.wave_opened(step.outline.wave).is_none();
                prop_assert!(
                    blocked || run.must_wait_for_evidence(step) || unopened && opened.employment_end_at.is_none(),
                    "{step:?} could have been done"
                );
            }
        }
        for step in &run.steps {
            let sent = step.attempts.iter().filter(|a| !a.refused).count();
            let is_final = step.outline.ways.iter().any(|w| w.effect == Effect::Final);
            prop_assert!(!is_final || sent <= 1, "a final step was sent {sent} times");
            prop_assert!(
                !is_final || step.attempts.is_empty() || run.evidence_stored && run.hr_reread,
                "a final step went before its evidence"
            );
        }
    }
}

#[test]
fn a_fallback_opens_only_after_a_lasting_refusal_of_every_other_way() {
    let mut step = disable(1, "a");
    step.ways.push(Can { fallback: true, ..way(WishKind::Disabled, Effect::Lossy, Proof::ReadBack) });
    let cases = [
        ("refused by its state", vec![failed(1, 1, "unsupported", true)], Some(1)),
        ("in conflict", vec![failed(1, 1, "conflict", true)], Some(1)),
        ("a time-out", vec![failed(1, 1, "unavailable", false)], Some(0)),
        ("too many requests", vec![failed(1, 1, "rate_limited", true)], Some(0)),
        ("no rights", vec![failed(1, 1, "forbidden", true)], Some(0)),
        ("an old token", vec![failed(1, 1, "token_expired", true)], Some(0)),
        ("an answer without sense", vec![failed(1, 1, "malformed", false)], None),
        ("taken without effect", vec![applied(1, 1)], None),
        ("gone", vec![failed(1, 1, "not_found", true)], None),
    ];
    for (name, answer, expected) in cases {
        let mut events = vec![(0, wave(Wave::Contain)), (1, intended(1, 1, 0))];
        events.extend(answer.into_iter().map(|e| (2, e)));
        let run = run(garden(vec![step.clone()]), &events);
        assert_eq!(run.steps[0].next_way(), expected, "{name}: only a refusal may cost somebody's data");
    }
}
