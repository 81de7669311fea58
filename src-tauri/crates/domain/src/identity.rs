//! Whose account is it? A judgement with reasons, from immutable ids first. An e-mail alone never suffices,
//! and a name is never looked at.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::access::AccountRecord;
use crate::ids::PersonId;
use crate::people::words;

/// What a person can be recognised by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PersonKeys {
    /// The person.
    pub person: PersonId,
    /// Ids that HR gave: person id, employee number.
    pub numbers: Vec<String>,
    /// Work e-mails.
    pub work_emails: Vec<String>,
    /// When the last employment ended, if all have (UTC).
    pub left_at: Option<DateTime<Utc>>,
}

words! {
    /// Why an account is thought to be a person's, or why it is in doubt.
    Reason {
        /// The id that our side gave the account is a number of the person.
        NumberMatches = "number_matches",
        /// The work e-mail is on the account.
        EmailMatches = "email_matches",
        /// Several people have that e-mail.
        EmailShared = "email_shared",
        /// The account was made after the person had left: perhaps a successor's.
        MadeAfterLeaving = "made_after_leaving",
        /// Another person matches the account as well.
        AnotherMatches = "another_matches",
        /// A person said so.
        SaidByOperator = "said_by_operator",
    }
}

/// A person who may hold an account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Candidate {
    /// The person.
    pub person: PersonId,
    /// 0–100.
    pub confidence: u8,
    /// Why.
    pub reasons: Vec<Reason>,
}

/// People by what they can be recognised by. Comparison folds case and trims white space.
#[derive(Debug, Default)]
pub struct Directory {
    people: BTreeMap<PersonId, PersonKeys>,
    by_number: BTreeMap<String, BTreeSet<PersonId>>,
    by_email: BTreeMap<String, BTreeSet<PersonId>>,
}

impl Directory {
    /// Takes a person in.
    pub fn add(&mut self, keys: PersonKeys) {
        for number in &keys.numbers {
            self.by_number.entry(fold(number)).or_default().insert(keys.person);
        }
        for email in &keys.work_emails {
            self.by_email.entry(fold(email)).or_default().insert(keys.person);
        }
        self.people.insert(keys.person, keys);
    }

    /// Who may hold the account, likeliest first.
    pub fn candidates(&self, account: &AccountRecord) -> Vec<Candidate> {
        let none = BTreeSet::new();
        let by_number =
            account.external_id.as_deref().and_then(|id| self.by_number.get(&fold(id))).unwrap_or(&none);
        let by_email: BTreeSet<PersonId> = account
            .emails
            .iter()
            .chain(std::iter::once(&account.login))
            .filter_map(|email| self.by_email.get(&fold(email)))
            .flatten()
            .copied()
            .collect();
        let everybody: BTreeSet<PersonId> = by_number.union(&by_email).copied().collect();
        let contested = everybody.len() > 1;
        let mut candidates: Vec<Candidate> = everybody
            .into_iter()
            .map(|person| {
                let (number, email) = (by_number.contains(&person), by_email.contains(&person));
                self.judge(person, account, number, email, by_email.len() > 1, contested)
            })
            .collect();
        candidates.sort_by_key(|c| (std::cmp::Reverse(c.confidence), c.person));
        candidates
    }

    fn judge(
        &self,
        person: PersonId,
        account: &AccountRecord,
        number: bool,
        email: bool,
        shared: bool,
        contested: bool,
    ) -> Candidate {
        let mut reasons = Vec::new();
        let mut confidence: u8 = match (number, email) {
            (true, true) => 99,
            (true, false) => 90,
            (false, _) => 70,
        };
        let mut doubt = |reason, most: u8| {
            reasons.push(reason);
            confidence = confidence.min(most);
        };
        if number {
            doubt(Reason::NumberMatches, 100);
        }
        if email {
            doubt(Reason::EmailMatches, 100);
        }
        if email && shared {
            doubt(Reason::EmailShared, 40);
        }
        let left_at = self.people.get(&person).and_then(|p| p.left_at);
        if left_at.is_some_and(|left| account.created_at.is_some_and(|made| made > left)) {
            doubt(Reason::MadeAfterLeaving, 30);
        }
        if contested {
            doubt(Reason::AnotherMatches, 50);
        }
        Candidate { person, confidence, reasons }
    }
}

fn fold(text: &str) -> String {
    text.trim().to_lowercase()
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::access::{OwnerKind, SignIn};

    fn person(id: u128, number: &str, email: &str) -> PersonKeys {
        PersonKeys {
            person: PersonId(Uuid::from_u128(id)),
            numbers: vec![number.into()],
            work_emails: vec![email.into()],
            left_at: None,
        }
    }

    fn account(external_id: Option<&str>, email: &str) -> AccountRecord {
        AccountRecord {
            remote_id: "u-1".into(),
            login: email.into(),
            display_name: Some("Kim Lee".into()),
            emails: vec![],
            external_id: external_id.map(Into::into),
            sign_in: SignIn::Enabled,
            admin: None,
            owner_kind: OwnerKind::Human,
            created_at: Some("2026-06-01T00:00:00Z".parse().unwrap()),
            last_used_at: None,
            status_changed_at: None,
            credentials: vec![],
        }
    }

    fn best(people: &[PersonKeys], account: &AccountRecord) -> Option<(u128, u8)> {
        let mut directory = Directory::default();
        people.iter().cloned().for_each(|p| directory.add(p));
        directory.candidates(account).first().map(|c| (c.person.0.as_u128(), c.confidence))
    }

    const AUTOMATIC: u8 = 95; // the default policy's line

    #[test]
    fn two_strong_keys_agree_or_a_person_has_to_look() {
        let kim = || person(1, "1007", "Kim@acme.test");
        let twin = || person(2, "1008", "kim@ACME.test ");
        let other = || person(3, "1009", "lee@acme.test");
        let successor = || PersonKeys { left_at: Some("2026-01-01T00:00:00Z".parse().unwrap()), ..kim() };
        type Case = (&'static str, Vec<PersonKeys>, AccountRecord, Option<u128>, bool);
        let cases: Vec<Case> = vec![
            ("number and e-mail agree", vec![kim()], account(Some("1007"), "kim@acme.test"), Some(1), true),
            ("e-mail alone", vec![kim()], account(None, "kim@acme.test"), Some(1), false),
            ("number alone", vec![kim()], account(Some("1007"), "k.lee@old.test"), Some(1), false),
            ("e-mail shared by two", vec![kim(), twin()], account(None, "kim@acme.test"), Some(1), false),
            (
                "number of one, e-mail of another",
                vec![kim(), other()],
                account(Some("1007"), "lee@acme.test"),
                Some(1),
                false,
            ),
            (
                "e-mail handed to a successor",
                vec![successor()],
                account(None, "kim@acme.test"),
                Some(1),
                false,
            ),
            (
                "made after leaving, both keys",
                vec![successor()],
                account(Some("1007"), "kim@acme.test"),
                Some(1),
                false,
            ),
            ("a name is not looked at", vec![kim()], account(None, "kim.lee@acme.test"), None, false),
        ];
        for (case, people, account, who, automatic) in cases {
            let found = best(&people, &account);
            assert_eq!(found.map(|f| f.0), who, "{case}: the right person comes first");
            assert_eq!(
                found.is_some_and(|f| f.1 >= AUTOMATIC),
                automatic,
                "{case}: the wrong person's access is cut if this is too generous"
            );
        }
    }

    #[test]
    fn a_shared_mailbox_lists_everybody_it_could_belong_to() {
        let mut directory = Directory::default();
        directory.add(person(1, "1", "team@acme.test"));
        directory.add(person(2, "2", "team@acme.test"));
        let candidates = directory.candidates(&account(None, "team@acme.test"));
        assert_eq!(candidates.len(), 2, "the operator must see both");
        assert!(
            candidates.iter().all(|c| c.reasons.contains(&Reason::EmailShared)),
            "and why neither is certain"
        );
    }
}
