//! The harness of the whole-system tests: a home, the real `lockstep` program, and a real SCIM server.
//!
//! Nothing here knows the inside of Lockstep. A test drives the program as an operator would and asks the
//! target system itself what became of an account. `cargo xtask test` prepares what the harness needs and
//! names it in two variables: `LOCKSTEP_BIN` (the freshly built program) and `SCIM2_SERVER` (the server).
//!
//! ```no_run
//! use lockstep_testkit::{Home, Lockstep, NewUser, ScimServer};
//!
//! let home = Home::new();
//! let server = ScimServer::start();
//! let id = server.create_user(&NewUser::named("kim.doe@acme.test", "Kim", "Doe"));
//! let lockstep = Lockstep::new(&home).with_env("DEMO_TOKEN", server.token());
//! lockstep.run(&["vendor", "list"]).expect_code(0, "a fresh build must list its vendors");
//! assert_eq!(server.is_active(&id), Some(true), "nothing was asked of this account yet");
//! ```
#![expect(clippy::panic, reason = "a harness reports by failing the test that uses it")]

mod cli;
mod clock;
mod company;
mod home;
mod practice;
mod process;
mod scim;

pub use cli::{Lockstep, Output, Running};
pub use clock::ShiftedClock;
pub use company::{
    Company, FAR_AHEAD, LONG_OVER, PASSPHRASE, PATIENT, Says, connect_directory, connect_hr, connect_scim,
    hr_export, number, set_up,
};
pub use home::Home;
pub use practice::Practice;
pub use process::wait_for;
pub use scim::{NewUser, ScimServer};
