//! The vendors. To add one: a module here, and one line in [`all`].

pub mod bamboohr;
pub mod csv;
mod given;
pub mod okta;
pub mod openai;
pub mod scim;
#[cfg(feature = "sim")]
pub mod sim;
pub mod smtp;
pub mod webhook;

use crate::contract::Vendor;

/// Every vendor of this build, in the order in which they are listed.
pub fn all() -> Vec<Vendor> {
    vec![
        csv::vendor(),
        bamboohr::vendor(),
        okta::vendor(),
        scim::vendor(),
        openai::vendor(),
        webhook::vendor(),
        smtp::vendor(),
    ]
}
