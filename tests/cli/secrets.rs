//! Secrets: handed over by a variable or standard input, never repeated, never guessed.

use lockstep_testkit::{Home, Lockstep};

use crate::set_up;

const ADD: [&str; 7] =
    ["connection", "add", "scim", "--name", "okta", "--set", "base_url=https://scim.example.test/v2"];

fn add_with<'a>(secret: &[&'a str]) -> Vec<&'a str> {
    ADD.iter().chain(secret).copied().collect()
}

#[test]
fn a_secret_comes_from_a_variable_or_standard_input() {
    let (_home, lockstep) = set_up();
    let with_token = lockstep.clone().with_env("OKTA_TOKEN", "hunter2-by-variable");
    let output = with_token
        .run(&add_with(&["--secret", "token=env:OKTA_TOKEN"]))
        .expect_code(0, "a named variable is enough");
    assert!(!format!("{output}").contains("hunter2"), "an answer must not show a secret:\n{output}");
    lockstep
        .run(&["connection", "remove", "okta", "--reason", "next way"])
        .expect_code(0, "the name is needed again");
    let output = lockstep
        .run_with_stdin(&add_with(&["--secret", "token=stdin"]), "hunter2-by-stdin\n")
        .expect_code(0, "standard input is enough");
    assert!(!format!("{output}").contains("hunter2"), "an answer must not show a secret:\n{output}");
    let list = lockstep.run(&["--json", "connection", "list"]).expect_code(0, "it was added");
    assert!(!list.stdout.contains("hunter2"), "nor may any later answer:\n{list}");
    assert_eq!(list.json()[0]["secrets"][0], "token", "its name is no secret");
    assert_eq!(list.json()[0]["mode"], "observe", "a new connection writes nothing");
}

#[test]
fn a_missing_or_misplaced_secret_is_refused_and_not_repeated() {
    let (_home, lockstep) = set_up();
    for (secret, names) in [
        (&[][..], "env:VARIABLE"),
        (&["--secret", "token=hunter2"], "env:VARIABLE"),
        (&["--set", "token=hunter2"], "token=env:VARIABLE"),
        (&["--secret", "token=env:NO_SUCH_VARIABLE"], "export the variable"),
        (&["--secret", "hunter2=stdin"], "token"),
    ] {
        let output = lockstep.run(&add_with(secret)).expect_code(2, "nothing can be added without it");
        assert!(output.stderr.contains(names), "{secret:?} must name the way ({names}):\n{output}");
        assert!(!output.stderr.contains("hunter2"), "{secret:?}: a secret must not spread:\n{output}");
    }
    let list = lockstep.run(&["--json", "connection", "list"]).expect_code(0, "the home is fine").json();
    assert_eq!(list, serde_json::json!([]), "a refused connection must not half exist");
}

#[test]
fn a_sealed_home_without_its_passphrase_asks_for_a_person() {
    let home = Home::new();
    let lockstep = Lockstep::new(&home);
    let init = ["init", "--org", "Acme", "--secrets", "sealed-file"];
    let output = lockstep.run(&init).expect_code(3, "nobody is there to type it");
    assert!(output.stderr.contains("LOCKSTEP_PASSPHRASE"), "the way must be named:\n{output}");

    let given = lockstep.clone().with_env("LOCKSTEP_PASSPHRASE", "right");
    let output = given.run(&init).expect_code(0, "given by a variable");
    assert!(output.stdout.contains("WARNING"), "a sealed file is weaker than a keychain; say so:\n{output}");

    lockstep.run(&["person", "list"]).expect_code(3, "locked is told apart from broken");
    let wrong = lockstep.clone().with_env("LOCKSTEP_PASSPHRASE", "wrong");
    let output = wrong.run(&["person", "list"]).expect_code(3, "a wrong passphrase opens nothing");
    assert!(!output.stderr.contains("wrong\""), "the passphrase must not be repeated:\n{output}");

    let folder = home.path().join("credentials");
    std::fs::create_dir(&folder).unwrap();
    std::fs::write(folder.join("lockstep-passphrase"), "right\n").unwrap();
    lockstep
        .with_env("CREDENTIALS_DIRECTORY", folder)
        .run(&["person", "list"])
        .expect_code(0, "a systemd credential opens it for a service");
}
