//! Somebody who has to go now.

use lockstep_practice::Case;
use lockstep_testkit::Practice;

use super::{at_okta, edit_okta, now, somebody, step, writes_about};

#[test]
fn an_operators_explicit_act_cuts_at_once_and_the_evidence_verifies() {
    let practice = Practice::of(30);
    let person = somebody(&practice);
    now(&practice, &person).expect_code(0, "nothing speaks against it");
    let account = at_okta(&practice, &person);
    assert_eq!(account.status, "SUSPENDED", "told by the directory itself");
    assert!(!account.session && account.clients.is_empty(), "nobody is still inside: {account:?}");
    let run = practice.run_of(&person).unwrap();
    let bundle = practice.home.path().join("bundle.zip");
    let bundle = bundle.to_str().unwrap();
    let id = run["id"].as_str().unwrap();
    practice.lockstep.run(&["evidence", "export", id, "--out", bundle]).expect_code(0, "it is sealed");
    practice.lockstep.run(&["evidence", "verify", bundle]).expect_code(0, "and stands without us");
}

#[test]
fn the_last_administrator_is_held() {
    let practice = Practice::of(30);
    let last = practice.person(Case::LastAdmin);
    // The other administrators are gone; nobody else could let anybody in again.
    for person in practice.office.population.people.iter().filter(|p| p.is_admin() && p.number != last.number)
    {
        edit_okta(&practice, person, |user| user.roles.clear());
    }
    practice.lockstep.run(&["sync"]).expect_code(0, "every system answers");
    now(&practice, &last).expect_code(3, "a person must decide");
    assert_eq!(
        at_okta(&practice, &last).status,
        "ACTIVE",
        "nobody may lock the company out of its directory"
    );
    assert_eq!(writes_about(&practice, &last), Vec::<String>::new(), "nothing was even tried");
}

#[test]
fn where_suspending_is_refused_the_approved_fallback_is_taken() {
    let practice = Practice::of(30);
    let person = somebody(&practice);
    edit_okta(&practice, &person, |user| user.status = "LOCKED_OUT");
    practice.lockstep.run(&["sync"]).expect_code(0, "every system answers");
    let preview =
        practice.lockstep.run(&["offboard", "preview", &person.work_email, "--now", "--reason", "x"]);
    let preview = preview.expect_code(0, "a preview changes nothing").stdout;
    assert!(preview.contains("deactivate"), "what may be lost is named before it is approved:\n{preview}");
    now(&practice, &person).expect_code(0, "the vendor takes the second way");
    assert_eq!(
        at_okta(&practice, &person).status,
        "DEPROVISIONED",
        "a locked-out account comes back by itself"
    );
    let run = practice.run_of(&person).unwrap();
    assert_eq!(step(&run, "sign-in")["attempts"], 2, "refused once, then the fallback: {run:#}");
}
