//! The preview for people: what it cuts and may break, what speaks against it, how to approve it.

use lockstep_engine::api::{OffboardRequest, PersonPreview, PreviewStep, PreviewView};

use super::refusal_words;
use super::step_page::{residuals, short_id, target};
use crate::text::{Page, count, plain, then, utc, utc_with_local};

/// Shows a preview and the command that approves it.
pub(super) fn show(page: &mut Page, preview: &PreviewView, request: &OffboardRequest) {
    for person in &preview.people {
        show_person(page, person);
    }
    let ready = preview.people.iter().all(|person| person.refusals.is_empty());
    page.heading(if ready {
        "To start exactly this"
    } else {
        "To start exactly this, once nothing speaks against it"
    });
    let people: Vec<_> = preview.people.iter().map(|person| person.person.to_string()).collect();
    let now = if request.now { " --now --reason \"…\"" } else { "" };
    page.line(format!("lockstep offboard start {}{now} --approve {}", people.join(" "), preview.digest));
}

fn show_person(page: &mut Page, person: &PersonPreview) {
    page.heading(&person.name);
    page.fields(&[
        ("Work e-mail", super::or_dash(person.work_email.as_ref())),
        ("State", plain(&person.state)),
        ("Access ends", utc_with_local(person.access_end_at, person.access_end_local.as_deref())),
        ("Employment ends", utc(person.employment_end_at)),
    ]);
    page.heading("What this cuts and may break");
    page.line(totals(person));
    page.table(
        ["Step", "Wave", "Where", "What becomes true", "Undo", "Due", "Owner"],
        person.steps.iter().map(row).collect(),
        "Nothing: no account of this person is known.",
    );
    let refused = person.steps.iter().filter_map(|step| {
        let fallback = step.step.fallback.as_ref()?;
        Some(format!("{} ({}): {fallback}", target(&step.step), step.step.wish))
    });
    page.points("Where the system refuses that, and only then", refused);
    let blocked = person.steps.iter().filter_map(|step| {
        let (why, remedy) = step.blocked.as_ref()?;
        Some(format!("{} ({}): {}", target(&step.step), step.step.wish, then(&plain(why), remedy)))
    });
    page.points("Would be blocked as things are now", blocked);
    residuals(page, &person.residuals);
    let refusals = person.refusals.iter().map(|r| format!("{} {}", refusal_words(&r.refusal), r.remedy));
    page.points("Cannot start as things are now", refusals);
}

fn totals(person: &PersonPreview) -> String {
    let radius = &person.blast_radius;
    [
        count(radius.accounts, "account", "accounts"),
        count(radius.credentials, "key or token", "keys and tokens"),
        count(radius.grants, "membership", "memberships"),
        format!("{} that cannot be undone", count(radius.irreversible, "step", "steps")),
        format!("{} by hand", count(radius.manual, "step", "steps")),
    ]
    .join(", ")
}

fn row(step: &PreviewStep) -> [String; 7] {
    let named = &step.step;
    [
        short_id(named),
        named.wave.clone(),
        target(named),
        named.wish.clone(),
        named.effect.clone(),
        named.due.map_or_else(|| "-".to_owned(), |due| utc(Some(due))),
        super::or_dash(named.owner.as_ref()),
    ]
}
