//! One suite of behaviours over every connector, chosen by what it says it can do, and the network's bad
//! days. The SCIM server that nobody here wrote is named by `SCIM2_SERVER`; `cargo xtask test` sets it.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "helpers of tests, too, report by failing the test"
)]

mod bamboohr;
mod connectors;
mod dialects;
mod lists;
mod mail;
mod network;
mod okta;
mod openai;
mod openai_usage;
mod scim_server;
mod server;
mod suite;
mod support;
mod webhook;
mod writes;
