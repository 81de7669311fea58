//! Ctrl-C while a system does not answer.

use std::net::TcpListener;
use std::process::Command;

use crate::set_up;

#[test]
fn ctrl_c_ends_a_wait_and_says_how_to_go_on() {
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let base_url = format!("base_url=http://{}/v2", silent.local_addr().unwrap());
    let (_home, lockstep) = set_up();
    let lockstep = lockstep.with_env("TOKEN", "t");
    let add =
        ["connection", "add", "scim", "--name", "silent", "--set", &base_url, "--set", "allow_local=true"];
    let add: Vec<_> = add.into_iter().chain(["--secret", "token=env:TOKEN"]).collect();
    lockstep.run(&add).expect_code(0, "adding asks nobody");

    let mut sync = lockstep.spawn(&["sync"]);
    let asked = silent.accept().unwrap();
    let interrupt = Command::new("kill").args(["-INT", &sync.id().to_string()]).status();
    assert!(interrupt.is_ok_and(|status| status.success()), "the signal must have been sent");
    let output = sync.wait().expect_code(130, "scripts know Ctrl-C by this number");
    drop(asked);
    assert!(output.stderr.contains("run resume"), "the operator must learn that nothing is lost:\n{output}");

    let json = lockstep.run(&["--json", "ledger", "verify"]).expect_code(0, "the home must be whole").json();
    assert_eq!(json["ok"], true, "an interruption must not harm the ledger: {json}");
}
