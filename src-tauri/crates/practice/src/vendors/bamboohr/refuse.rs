//! Refusals as BambooHR words them: a status, a header, and no body.

use crate::answer::{Answer, with};
use crate::strict::Refusal;

pub(super) fn refuse(refusal: &Refusal) -> Answer {
    match refusal {
        Refusal::UnknownPath => error(404, "Not Found"),
        Refusal::WrongMethod => error(405, "Method Not Allowed"),
        Refusal::UnknownParameter(name) => error(400, &format!("Unknown parameter {name}")),
        // What is not exactly `application/json` is parsed as XML.
        Refusal::WrongContentType | Refusal::MalformedBody => error(400, "Malformed XML"),
        Refusal::MissingCredentials => error(401, "Missing API key"),
        Refusal::WrongCredentials => error(401, "Invalid API key"),
        Refusal::ExpiredCredentials => error(401, "Expired token"),
    }
}

pub(super) fn error(status: u16, words: &str) -> Answer {
    with(status, &[("x-bamboohr-error-message", words)], String::new())
}
