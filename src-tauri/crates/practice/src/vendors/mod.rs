//! The simulated vendors. A vendor is built from its documentation, not from what our connector happens to send.

pub mod bamboohr;
pub mod okta;
pub mod openai;
