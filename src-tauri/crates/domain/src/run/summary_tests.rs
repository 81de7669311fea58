use super::super::fixtures::*;
use super::super::{Opened, RunEvent};
use super::*;
use crate::capability::{Effect, Proof};
use crate::plan::Outline;

fn run_by(opened: Opened, events: &[RunEvent]) -> Run {
    let mut run = Run::open(opened, t(0));
    let first = [Wave::Contain, Wave::Preserve, Wave::Recover, Wave::Remove].map(wave);
    for (seconds, event) in (1..).zip(first.iter().chain(events)) {
        run.apply(event, t(seconds)).unwrap();
    }
    run
}

fn run(steps: Vec<Outline>, events: &[RunEvent]) -> Run {
    run_by(opened(steps), events)
}

fn seen(n: u8, seconds: i64) -> RunEvent {
    settled(n, Assurance::AlreadyTrue, t(seconds))
}

#[test]
fn access_cut_counts_accounts_whose_sign_in_was_read_to_be_blocked() {
    let sessions = |n, lane| outline(n, Wave::Contain, lane, WishKind::SessionsEnded);
    let steps = || vec![disable(1, "a"), sessions(2, "a"), disable(3, "b"), evidence(4), task(5)];
    let by_receipt = || {
        let ways = vec![way(WishKind::Disabled, Effect::Reversible, Proof::Receipt)];
        vec![Outline { ways, ..disable(1, "a") }]
    };
    let receipt = vec![intended(1, 1, 0), applied(1, 1), settled(1, Assurance::Receipt, t(9))];
    let read = vec![intended(1, 1, 0), settled(1, Assurance::ReadBack, t(9))];
    let cases = [
        (steps(), vec![], (0, 2, None), "one per account, work for people apart"),
        (steps(), vec![seen(1, 7)], (1, 2, None), "no time before the last one is cut"),
        (steps(), vec![seen(2, 7)], (0, 2, None), "ended sessions leave the door open"),
        (steps(), vec![seen(3, 9), seen(1, 7)], (2, 2, Some(t(9))), "the last of them, sessions apart"),
        (steps(), vec![seen(1, 7), RunEvent::Waived { step: id(3) }], (1, 2, None), "an exception is open"),
        (steps(), vec![seen(1, 7), attested(3, t(8))], (1, 2, None), "a word is no reading"),
        (steps(), vec![seen(1, 7), blocked(3)], (1, 2, None), "a blocked one is open"),
        (by_receipt(), receipt, (0, 1, None), "a receipt is no reading"),
        (vec![disable(1, "a")], read, (1, 1, Some(t(9))), "a read-back is"),
        (
            vec![disable(1, "a"), remove(2, "b", Effect::Final)],
            vec![seen(1, 7)],
            (1, 2, None),
            "an account whose sign-in nobody can block is not left out of the count",
        ),
        (vec![task(1)], vec![], (0, 0, None), "nothing to cut, no time"),
    ];
    for (steps, events, (cut, of, at), because) in cases {
        assert_eq!(run(steps, &events).access_cut(), AccessCut { cut, of, at }, "{because}: {events:?}");
    }
}

#[test]
fn standing_names_what_is_needed_next() {
    let steps = || vec![disable(1, "a"), task(2)];
    let held = RunEvent::Held { why: "legal hold".into() };
    let cases = [
        (vec![], Standing::Working, "to be done"),
        (vec![deferred(1, t(99))], Standing::Working, "waits by itself"),
        (vec![blocked(1)], Standing::NeedsPerson, "stuck"),
        (vec![blocked(2)], Standing::NeedsPerson, "work that a person is stuck with"),
        (vec![seen(1, 9), blocked(2), swept()], Standing::NeedsPerson, "the same after the cut"),
        (vec![held.clone()], Standing::NeedsPerson, "held"),
        (vec![held, RunEvent::Released {}], Standing::Working, "goes on"),
        (vec![seen(1, 9)], Standing::Working, "nobody has looked for what is left"),
        (vec![seen(1, 9), swept()], Standing::TasksOpen, "work for people is left"),
        (vec![seen(1, 9), attested(2, t(9))], Standing::Working, "nobody has looked for what is left"),
        (vec![seen(1, 9), attested(2, t(9)), swept()], Standing::Closed, "nothing is left"),
        (vec![seen(1, 9), swept(), sealed(), attested(2, t(9))], Standing::Closed, "closed after the seal"),
        (vec![seen(1, 9), RunEvent::Cancelled {}], Standing::Cancelled, "stopped, whatever is left"),
    ];
    for (events, expected, because) in cases {
        let run = run(steps(), &events);
        assert_eq!(run.standing(), expected, "{because}: {events:?}");
        let open = run.open_steps();
        assert!(expected != Standing::Closed || open == 0, "{because}: {open} open steps are no closed case");
    }
}

#[test]
fn a_final_step_that_waits_for_evidence_or_hr_waits_for_a_person() {
    let steps = || vec![evidence(1), remove(2, "a", Effect::Final)];
    let waived = RunEvent::Waived { step: id(1) };
    assert_eq!(run(steps(), &[waived]).standing(), Standing::NeedsPerson, "no time lifts it, so it is said");
    let stored = [seen(1, 9)];
    assert_eq!(run(steps(), &stored).standing(), Standing::Working, "stored: it goes on by itself");
    let unread = Opened { hr_reread: false, ..opened(steps()) };
    assert_eq!(run_by(unread, &stored).standing(), Standing::NeedsPerson, "HR has to be readable again");
}
