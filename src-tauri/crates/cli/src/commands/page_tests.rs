//! The two pages that decisions rest on, word for word, with a hostile name in them.

use lockstep_engine::api::{
    NamedStep, OffboardRequest, PersonPreview, PreviewStep, PreviewView, RunRow, RunView, StepView,
};
use lockstep_engine::domain::digest::Digest;
use lockstep_engine::domain::guards::Refusal;
use lockstep_engine::domain::plan::{BlastRadius, Residual, StepId};
use lockstep_engine::domain::run::{AccessCut, Standing};

use super::{preview_page, run_page};
use crate::exit::Exit;
use crate::text::Page;

const ID: &str = "01998000-0000-7000-8000-000000000001";

fn text(show: impl FnOnce(&mut Page)) -> String {
    let mut page = Page::new(false);
    show(&mut page);
    page.into_text()
}

fn step() -> NamedStep {
    NamedStep {
        id: StepId(Digest::ZERO),
        wave: "contain".into(),
        system: "okta".into(),
        account: Some("kim@acme.test".into()),
        wish: "sign-in blocked".into(),
        effect: "reversible".into(),
        fallback: None,
        owner: None,
        due: "2026-09-25T21:00:00Z".parse().ok(),
    }
}

fn residuals() -> Vec<Residual> {
    vec![Residual { system: "okta".into(), what: "sessions live until 18:00".into() }]
}

fn preview() -> PreviewView {
    let person = PersonPreview {
        person: ID.parse().unwrap(),
        name: "Kim \u{202e}eoD".into(),
        work_email: Some("kim@acme.test".into()),
        state: "notice_period".into(),
        access_end_at: "2026-09-25T21:00:00Z".parse().ok(),
        access_end_local: Some("2026-09-25T17:00:00-04:00 (America/New_York)".into()),
        employment_end_at: "2026-09-26T04:00:00Z".parse().ok(),
        authority: Digest::ZERO,
        blast_radius: BlastRadius {
            accounts: 1,
            credentials: 2,
            grants: 0,
            irreversible: 1,
            manual: 0,
            systems: vec![],
        },
        steps: vec![PreviewStep {
            step: step(),
            blocked: Some(("The connection only observes.".into(), "Raise its mode.".into())),
        }],
        residuals: residuals(),
        refusals: vec![Refusal::ProtectedPerson.into()],
    };
    PreviewView { people: vec![person], digest: Digest::ZERO }
}

fn run(standing: Standing) -> RunView {
    RunView {
        row: RunRow {
            id: ID.parse().unwrap(),
            person: ID.parse().unwrap(),
            name: "Kim \u{202e}eoD".into(),
            opened_at: "2026-09-25T21:00:00Z".parse().unwrap(),
            standing,
            access_cut: AccessCut { cut: 1, of: 2, at: None },
            open_steps: 1,
            sealed_at: None,
        },
        access_end_at: "2026-09-25T21:00:00Z".parse().ok(),
        authority: Digest::ZERO,
        hr_reread: false,
        late_s: None,
        held: None,
        steps: vec![StepView {
            step: step(),
            state: "blocked".into(),
            detail: Some("forbidden".into()),
            remedy: Some("Grant the right, then resume.".into()),
            attempts: 1,
            at: None,
        }],
        residuals: residuals(),
        record_sha256: None,
    }
}

#[test]
fn a_preview_says_what_it_cuts_what_stops_it_and_how_to_approve_it() {
    let preview = preview();
    let shown = text(|page| preview_page::show(page, &preview, &OffboardRequest::default()));
    let zero = Digest::ZERO;
    for line in [
        "Kim ⟦U+202E⟧eoD".to_owned(),
        "Access ends:      2026-09-25 21:00:00Z = 2026-09-25T17:00:00-04:00 (America/New_York)".to_owned(),
        "1 account, 2 keys and tokens, 0 memberships, 1 step that cannot be undone, 0 steps by hand"
            .to_owned(),
        "- okta: kim@acme.test (sign-in blocked): The connection only observes. Raise its mode.".to_owned(),
        "- okta: sessions live until 18:00".to_owned(),
        "- The person is on the protected list. Take the person off the protected list in the policy first."
            .to_owned(),
        format!("lockstep offboard start {ID} --approve {zero}"),
    ] {
        assert!(
            shown.lines().any(|shown| shown == line),
            "the operator must see {line:?} before approving:\n{shown}"
        );
    }
    let now = OffboardRequest { now: true, ..OffboardRequest::default() };
    assert!(
        text(|page| preview_page::show(page, &preview, &now)).contains("--now --reason"),
        "what was previewed for now must be started for now"
    );
}

#[test]
fn a_run_shows_both_facts_first_and_never_calls_a_blocked_one_done() {
    let blocked = run(Standing::NeedsPerson);
    let shown = text(|page| run_page::show(page, &blocked));
    for line in [
        "Kim ⟦U+202E⟧eoD: needs a person",
        "Access cut:     1 of 2",
        "Case:           open, 1 step left",
        "HR read again:  no, HR not re-read",
        "- 000000000000 okta: kim@acme.test (sign-in blocked): Grant the right, then resume.",
    ] {
        assert!(shown.lines().any(|shown| shown == line), "the run must show {line:?}:\n{shown}");
    }
    let list = text(|page| run_page::list(page, std::slice::from_ref(&blocked.row)));
    assert!(list.contains(ID), "the list must name the run for the next command:\n{list}");
}

#[test]
fn only_a_run_that_waits_for_a_decision_asks_for_a_person() {
    for (standing, exit) in [
        (Standing::Working, Exit::Done),
        (Standing::NeedsPerson, Exit::NeedsPerson),
        (Standing::TasksOpen, Exit::Done),
        (Standing::Closed, Exit::Done),
        (Standing::Cancelled, Exit::Done),
    ] {
        let runs = [run(Standing::Closed), run(standing)];
        assert_eq!(Exit::of_runs(&runs), exit, "{standing}: a script must not miss a blocked step");
    }
    assert_eq!(Exit::of_runs(&[]), Exit::Done, "nothing to resume is no failure");
}
