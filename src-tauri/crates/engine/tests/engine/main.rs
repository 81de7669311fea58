//! The engine as a whole: a Desk over a real home in a temporary folder, simulated vendors, a clock that the
//! tests move.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "helpers of tests, too, report by failing the test"
)]

mod baseline;
mod changes;
mod crash;
mod fate;
mod found_later;
mod guards;
mod lookback;
mod moment;
mod notices;
mod office;
mod okta;
mod openai;
mod people;
mod serve;
mod tamper;
mod timers;
mod vendor_trouble;
mod wrap;
