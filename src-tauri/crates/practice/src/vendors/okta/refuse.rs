//! Okta's own words of refusal (<https://developer.okta.com/docs/reference/error-codes/>).

use serde_json::json;

use crate::answer::{Answer, json as json_answer};
use crate::strict::Refusal;

/// A refusal, before it is put into an answer.
pub(super) struct No {
    status: u16,
    code: &'static str,
    summary: String,
    cause: Option<String>,
}

impl No {
    pub(super) fn new(status: u16, code: &'static str, summary: impl Into<String>) -> Self {
        Self { status, code, summary: summary.into(), cause: None }
    }

    pub(super) fn answer(&self) -> Answer {
        let causes: Vec<_> = self.cause.iter().map(|c| json!({"errorSummary": c})).collect();
        json_answer(
            self.status,
            &json!({
                "errorCode": self.code, "errorSummary": self.summary, "errorLink": self.code,
                "errorId": "oaePractice", "errorCauses": causes,
            }),
        )
    }
}

pub(super) fn expired() -> No {
    No::new(401, "E0000011", "Invalid token provided")
}

pub(super) fn forbidden() -> No {
    No::new(403, "E0000006", "You do not have permission to perform the requested action")
}

pub(super) fn not_found(what: &str) -> No {
    No::new(404, "E0000007", format!("Not found: Resource not found: {what}"))
}

/// The one refusal for every status that cannot be suspended, the suspended one too.
pub(super) fn cannot(change: &str) -> No {
    let cause = Some(format!("Cannot {change} a user that is not active"));
    No { cause, ..No::new(400, "E0000001", format!("Api validation failed: {change}User")) }
}

pub(super) fn invalid(what: &str) -> No {
    No::new(400, "E0000001", format!("Api validation failed: {what}"))
}

pub(super) fn of(refusal: &Refusal) -> No {
    match refusal {
        Refusal::UnknownPath => not_found("endpoint"),
        Refusal::WrongMethod => {
            No::new(405, "E0000022", "The endpoint does not support the provided HTTP method")
        }
        Refusal::UnknownParameter(name) => {
            No::new(400, "E0000031", format!("Invalid search criteria: {name}"))
        }
        Refusal::WrongContentType => No::new(415, "E0000021", "Bad request. Content-Type not supported"),
        Refusal::MalformedBody => No::new(400, "E0000003", "The request body was not well-formed"),
        Refusal::MissingCredentials | Refusal::WrongCredentials | Refusal::ExpiredCredentials => expired(),
    }
}
