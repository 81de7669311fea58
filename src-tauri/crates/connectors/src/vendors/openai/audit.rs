//! Who made service accounts. The accounts themselves do not tell, only the audit log, where that is switched on:
//! <https://platform.openai.com/docs/api-reference/audit-logs>.

use std::collections::BTreeMap;

use serde_json::Value;

use super::OpenAi;
use super::facts::text;
use super::list::List;
use crate::error::{Kind, Result};

const MADE: &str = "service_account.created";

impl OpenAi {
    /// The e-mails of those who made service accounts, by the account's id; `None` when the log cannot be read.
    /// The actor may be null, and an act of an admin key has no e-mail.
    pub(super) async fn makers(&self) -> Result<Option<BTreeMap<String, String>>> {
        let filter = [("event_types[]", MADE)];
        let events = match List::of(&self.api, &["organization", "audit_logs"], &filter).all().await {
            Ok(list) => list.records,
            // Off, or not for this key. The rest of the organisation is read all the same.
            Err(e) if matches!(e.kind(), Kind::Forbidden | Kind::NotFound | Kind::Unsupported) => {
                return Ok(None);
            }
            Err(e) => return Err(e),
        };
        Ok(Some(events.iter().filter_map(maker).collect()))
    }
}

fn maker(event: &Value) -> Option<(String, String)> {
    let made = text(event, "type").filter(|kind| *kind == MADE).and_then(|kind| event.get(kind))?;
    let email = text(event.pointer("/actor/session/user")?, "email")?;
    Some((text(made, "id")?.to_owned(), email.to_owned()))
}
