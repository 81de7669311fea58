use super::*;
use crate::activity::ActivityActor;

/// Access should have ended at 12:00.
fn end() -> DateTime<Utc> {
    at(12)
}

fn at(hour: u32) -> DateTime<Utc> {
    format!("2026-09-25T{hour:02}:00:00Z").parse().unwrap()
}

fn event(hour: u32, action: Action, kind: ActorKind) -> ActivityRecord {
    ActivityRecord {
        remote_id: format!("e{hour}"),
        at: at(hour),
        action,
        vendor_action: action.to_string(),
        actor: ActivityActor { remote_id: Some("a".into()), kind, name: None },
        account_remote_id: Some("u".into()),
        succeeded: Some(true),
    }
}

fn history(events: &[ActivityRecord]) -> AccountHistory<'_> {
    AccountHistory {
        sign_in: SignIn::Disabled,
        status_changed_at: None,
        cut_by_us_at: None,
        events,
        log_since: Some(at(1)),
    }
}

#[test]
fn the_block_that_still_holds_is_the_cut_and_its_actor_is_named() {
    for (kind, by) in [
        (ActorKind::Person, PerformedBy::Person),
        (ActorKind::Program, PerformedBy::DirectoryAutomation),
        (ActorKind::Unknown, PerformedBy::Unknown),
    ] {
        let events = [
            event(2, Action::Suspended, ActorKind::Program),
            event(3, Action::Reactivated, ActorKind::Program),
            event(13, Action::Suspended, kind),
            event(15, Action::Deactivated, ActorKind::Program),
        ];
        let cut = look_back(&history(&events), end());
        assert_eq!(cut.at, Some(at(13)), "an older block was taken back, a later one found it blocked");
        assert_eq!((cut.precision, cut.performed_by), (CutPrecision::Event, by), "{kind}: who did it");
        assert_eq!(cut.gaps, [], "{kind}: an answer to everything");
        assert_eq!(cut.event.as_deref(), Some("e13"), "an auditor can look the event up");
    }
}

#[test]
fn our_own_cut_is_ours_unless_a_person_was_first() {
    let ours = |events| AccountHistory { cut_by_us_at: Some(at(12)), ..history(events) };
    let echo = [event(12, Action::Suspended, ActorKind::Program)];
    let cut = look_back(&ours(&echo), end());
    assert_eq!(cut.performed_by, PerformedBy::Lockstep, "the log's event of our own write is our write");
    assert_eq!(cut.precision, CutPrecision::ReadBack, "and it was read back");
    let cut = look_back(&ours(&[]), end());
    assert_eq!(
        (cut.performed_by, cut.gaps),
        (PerformedBy::Lockstep, vec![]),
        "a log that lags changes nothing"
    );
    let by_hand = [event(11, Action::Suspended, ActorKind::Person)];
    let cut = look_back(&ours(&by_hand), end());
    assert_eq!((cut.at, cut.performed_by), (Some(at(11)), PerformedBy::Person), "honour to whom it is due");
}

#[test]
fn without_an_event_the_time_is_only_as_good_as_what_it_rests_on() {
    let changed = AccountHistory { status_changed_at: Some(at(14)), ..history(&[]) };
    let cut = look_back(&changed, end());
    assert_eq!(
        (cut.at, cut.precision),
        (Some(at(14)), CutPrecision::StatusChanged),
        "the system's own field"
    );
    assert_eq!(cut.performed_by, PerformedBy::Unknown, "which does not say who");
    assert_eq!(cut.gaps, [Gap::NotInLog], "the log should have told");
    let cut = look_back(&history(&[]), end());
    assert_eq!((cut.at, cut.precision), (None, CutPrecision::Unknown), "no time is made up");
}

#[test]
fn gaps_are_named() {
    let events =
        [event(13, Action::SignedIn, ActorKind::Person), event(14, Action::Reactivated, ActorKind::Person)];
    let open = AccountHistory { sign_in: SignIn::Enabled, ..history(&events) };
    let cut = look_back(&open, end());
    assert_eq!(cut.precision, CutPrecision::NoCut, "what is open was not cut");
    assert_eq!(
        cut.gaps,
        [Gap::StillOpen, Gap::SignedInAfterEnd, Gap::ReopenedInBetween],
        "each is work for a person"
    );
    assert_eq!(cut.sign_ins_after_end, 1, "counted");
    let unsure = AccountHistory { sign_in: SignIn::Unknown, log_since: None, ..history(&[]) };
    assert_eq!(look_back(&unsure, end()).gaps, [Gap::SignInUnknown, Gap::NoLog], "unknown is never good");
    let short = AccountHistory { log_since: Some(at(13)), ..history(&[]) };
    assert_eq!(
        look_back(&short, end()).gaps,
        [Gap::LogBeginsLater],
        "a log that begins later proves nothing"
    );
    let before =
        [event(11, Action::SignedIn, ActorKind::Person), event(13, Action::Suspended, ActorKind::Person)];
    assert_eq!(look_back(&history(&before), end()).sign_ins_after_end, 0, "before the end it is work");
}

#[test]
fn what_failed_did_not_happen() {
    let mut failed = event(13, Action::Suspended, ActorKind::Person);
    failed.succeeded = Some(false);
    let mut refused = event(14, Action::SignedIn, ActorKind::Person);
    refused.succeeded = Some(false);
    let cut = look_back(&history(&[failed, refused]), end());
    assert_eq!((cut.at, cut.sign_ins_after_end), (None, 0), "an attempt is neither a cut nor a sign-in");
}
