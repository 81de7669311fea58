//! The harness itself, against the real SCIM server: a harness that lies would make every test lie.

use lockstep_testkit::{Home, NewUser, ScimServer};

/// A script in the program's place, so that the harness is judged apart from it.
#[cfg(unix)]
fn stand_in(home: &Home) -> lockstep_testkit::Lockstep {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/stand-in.sh");
    lockstep_testkit::Lockstep::at(path.into(), home)
}

#[cfg(unix)]
#[test]
fn a_killed_program_leaves_no_exit_code() {
    let home = Home::new();
    let running = stand_in(&home).spawn(&["hang"]);
    let output = running.kill_after(std::time::Duration::from_millis(300));
    assert_eq!(output.code, None, "an exit code would mean that it ended by itself");
    assert_eq!(output.stdout, "begun\n", "what it did before must be seen");
}

#[cfg(unix)]
#[test]
fn the_program_sees_its_home_its_input_and_nothing_of_the_caller() {
    let home = Home::new();
    let lockstep = stand_in(&home).with_env("GIVEN", "yes");
    let output = lockstep.run_with_stdin(&["sync"], "secret").expect_code(0, "the script just ends");
    let given: Vec<&str> = output.stdout.lines().filter_map(|line| Some(line.split_once('=')?.0)).collect();
    assert!(given.contains(&"GIVEN"), "a test's own variable must arrive: {given:?}");
    assert!(!given.contains(&"CARGO_MANIFEST_DIR"), "the caller's variables must not: {given:?}");
    let expected = format!("args: --home {} sync\nsecret", home.lockstep_dir().display());
    assert!(output.stdout.ends_with(&expected), "home, arguments and input in this order: {output}");
}

#[test]
fn the_server_keeps_what_it_is_told_and_says_so() {
    let server = ScimServer::start();
    let kim = server.create_user(&NewUser::named("kim@acme.test", "Kim", "Doe").with_external_id("E-1"));
    let lee = server.create_user(&NewUser::named("lee@acme.test", "Lee", "Roe"));
    assert_eq!(server.users().len(), 2, "both users must be there, or a test would count wrongly");
    assert_eq!(
        server.user(&kim).map(|user| user["externalId"].clone()),
        Some("E-1".into()),
        "the external id is what a link to HR rests on"
    );

    server.set_active(&kim, false);
    assert_eq!(server.is_active(&kim), Some(false), "the change must be read from the server");
    assert_eq!(server.is_active(&lee), Some(true), "the other user must be untouched");

    let group = server.create_group("Engineering");
    server.add_member(&group, &lee);
    assert_eq!(server.members(&group), std::slice::from_ref(&lee), "membership is read from the group");

    server.delete_user(&lee);
    assert_eq!(server.is_active(&lee), None, "a removed user is told apart from an inactive one");
}

#[test]
fn many_users_come_back_over_several_pages() {
    let server = ScimServer::start();
    for number in 0..130 {
        server.create_user(&NewUser::named(&format!("p{number}@acme.test"), "P", "Q"));
    }
    assert_eq!(server.users().len(), 130, "a list that stops at the first page would hide accounts");
}

#[test]
fn a_home_is_gone_after_the_test() {
    let home = Home::new();
    let path = home.write("export.csv", "a,b\n");
    assert!(path.exists(), "the file was just written");
    assert!(!home.lockstep_dir().exists(), "`lockstep init` makes it, not the harness");
    drop(home);
    assert!(!path.exists(), "a test must leave nothing behind");
}
