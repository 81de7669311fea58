//! Which member our own admin key belongs to, so that no run saws off the branch it sits on.

use std::collections::BTreeSet;

use serde_json::Value;

use super::OpenAi;
use super::facts::{Key, admin_key, text};
use super::list::List;
use crate::error::{Error, Kind, Result};

/// As much of the key as the vendor itself shows of it.
pub(super) struct KeyEnds {
    start: String,
    end: String,
}

/// Characters at the end of a key that we keep.
const END: usize = 4;
/// Fewer shown characters at a key's end tell nothing.
const LEAST: usize = 3;

impl KeyEnds {
    pub(super) fn of(secret: &str) -> Self {
        let secret = secret.trim();
        let count = secret.chars().count();
        // A key that is all ends would be kept whole.
        if count < 32 {
            return Self { start: String::new(), end: String::new() };
        }
        Self { start: secret.chars().take(8).collect(), end: secret.chars().skip(count - END).collect() }
    }

    /// Whether a redacted value ("sk-admin...def") can be of this key.
    fn fits(&self, redacted: &str) -> bool {
        let hidden = |c: char| matches!(c, '.' | '*' | '…');
        let (Some(from), Some(to)) = (redacted.find(hidden), redacted.rfind(hidden)) else { return false };
        let (start, end) = (&redacted[..from], redacted[to..].trim_start_matches(hidden));
        let starts = start.starts_with(&self.start) || self.start.starts_with(start);
        let ends = end.ends_with(&self.end) || self.end.ends_with(end);
        !self.end.is_empty() && end.chars().count() >= LEAST && starts && ends
    }
}

impl OpenAi {
    /// Every member to whom our key may belong: one where the setting or the key's end tells, else every owner
    /// of an admin key. Asked once per connection.
    pub(super) async fn own(&self) -> Result<&BTreeSet<String>> {
        self.own
            .get_or_try_init(|| async {
                if let Some(named) = &self.settings.own_account {
                    return Ok(BTreeSet::from([self.named(named).await?]));
                }
                let keys: Vec<Key> = self.admin_keys().await?.0;
                let ours = |key: &&Key| key.redacted.as_deref().is_some_and(|r| self.ends.fits(r));
                let owners = |keys: Vec<&Key>| keys.iter().map(|k| k.owner.id.clone()).collect();
                let matching: BTreeSet<String> = owners(keys.iter().filter(ours).collect());
                Ok(if matching.is_empty() { owners(keys.iter().collect()) } else { matching })
            })
            .await
    }

    /// All admin keys, and the records that could not be used.
    pub(super) async fn admin_keys(&self) -> Result<(Vec<Key>, Vec<crate::contract::Quarantined>)> {
        let records = List::of(&self.api, &["organization", "admin_api_keys"], &[]).all().await?.records;
        let (mut keys, mut aside) = (Vec::new(), Vec::new());
        for record in &records {
            match admin_key(record, self.clock.now()) {
                Ok(key) => keys.push(key),
                Err(fault) => aside.push(fault.quarantine("admin_api_keys", record)),
            }
        }
        Ok((keys, aside))
    }

    /// The id of the member with this id or e-mail.
    async fn named(&self, named: &str) -> Result<String> {
        // Whether the filter minds the case of letters is not told, so everybody is looked at after it.
        let is_it = |u: &Value| {
            text(u, "id") == Some(named) || text(u, "email").is_some_and(|e| e.eq_ignore_ascii_case(named))
        };
        for filter in [&[("emails", named)][..], &[]] {
            let mut list = List::of(&self.api, &["organization", "users"], filter);
            while let Some(page) = list.next().await? {
                if let Some(id) = page.iter().find(|u| is_it(u)).and_then(|u| text(u, "id")) {
                    return Ok(id.to_owned());
                }
            }
        }
        match self.api.get(&["organization", "users", named], &[]).await {
            Ok(user) if text(&user.body, "id") == Some(named) => Ok(named.to_owned()),
            Err(e) if !matches!(e.kind(), Kind::NotFound | Kind::Unsupported) => Err(e),
            _ => Err(Error::new(
                Kind::Setting,
                "the setting own_account names no member of this organisation",
                "Set the id or e-mail of the owner of the admin key, or leave the setting empty.",
            )),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shown_end_is_matched_and_a_short_one_proves_nothing() {
        let ends = KeyEnds::of("sk-admin-0123456789-0123456789-abcdWXYZ");
        for (redacted, fits) in [
            ("sk-admin...XYZ", true),
            ("sk-admin-012***bcdWXYZ", true),
            ("sk-admin...xyz", false),
            ("sk-admin...YZ", false),
            ("sk-proj-...WXYZ", false),
            ("sk-admin", false),
            ("", false),
        ] {
            assert_eq!(ends.fits(redacted), fits, "{redacted:?} decides whose account is guarded");
        }
        assert!(!KeyEnds::of("short").fits("sk-admin...ort"), "a secret that is all end is not kept");
    }
}
