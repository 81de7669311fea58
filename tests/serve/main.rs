//! The real program, there with nobody at the keyboard, against a SCIM server that nobody of this project wrote.

#![expect(clippy::panic, clippy::unwrap_used, reason = "a test reports by failing")]

mod timer;
