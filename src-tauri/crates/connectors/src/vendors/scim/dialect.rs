//! The bodies by which servers let themselves be told the same thing.
//!
//! RFC 7644 §3.5.2 allows several; servers made for one identity provider often know only its own. Who
//! speaks what: `docs/vendors/scim.md`.

use serde_json::{Value, json};

/// Ways to say "this account is not active".
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Deactivation {
    /// `PATCH` replace without a path, the value an object: Okta and servers made for it.
    ReplaceObject,
    /// `PATCH` replace of path `active` with a boolean: the RFC's example form.
    ReplacePathBool,
    /// `PATCH` `Replace` of path `active` with the text `False`: Entra without its `aadOptscim062020` flag.
    ReplacePathString,
    /// The whole account read and `PUT` back, not active: servers without `PATCH`.
    PutFull,
}

impl Deactivation {
    /// In the order in which they are tried.
    pub(super) const ALL: [Self; 4] =
        [Self::ReplaceObject, Self::ReplacePathBool, Self::ReplacePathString, Self::PutFull];

    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::ReplaceObject => "replace_object",
            Self::ReplacePathBool => "replace_path_bool",
            Self::ReplacePathString => "replace_path_string",
            Self::PutFull => "put_full",
        }
    }

    pub(super) fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|d| d.word() == word)
    }

    /// The `PATCH` body; `None` for the dialect that is no `PATCH`.
    pub(super) fn patch(self) -> Option<Value> {
        let operation = match self {
            Self::ReplaceObject => json!({"op": "replace", "value": {"active": false}}),
            Self::ReplacePathBool => json!({"op": "replace", "path": "active", "value": false}),
            Self::ReplacePathString => json!({"op": "Replace", "path": "active", "value": "False"}),
            Self::PutFull => return None,
        };
        Some(patch_op(&operation))
    }
}

/// Ways to take a member out of a group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum MemberRemoval {
    /// `remove` with the member named by a filter in the path (RFC 7644 §3.5.2.2).
    PathFilter,
    /// `remove` of path `members` with the member named in the value. By the RFC a `remove` has no value and
    /// this empties the group, so it is spoken only where a setting says that the server needs it.
    ValueArray,
}

impl MemberRemoval {
    pub(super) const WORDS: &'static [&'static str] = &[Self::PathFilter.word(), Self::ValueArray.word()];

    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::PathFilter => "path_filter",
            Self::ValueArray => "value_array",
        }
    }

    pub(super) fn parse(word: &str) -> Option<Self> {
        [Self::PathFilter, Self::ValueArray].into_iter().find(|d| d.word() == word)
    }

    pub(super) fn patch(self, member: &str) -> Value {
        patch_op(&match self {
            // A filter's string is a JSON string (RFC 7644 §3.4.2.2), so a hostile id stays one value.
            Self::PathFilter => {
                json!({"op": "remove", "path": format!("members[value eq {}]", json!(member))})
            }
            Self::ValueArray => json!({"op": "remove", "path": "members", "value": [{"value": member}]}),
        })
    }
}

fn patch_op(operation: &Value) -> Value {
    json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], "Operations": [operation]})
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_dialect_is_found_again_by_its_word() {
        for dialect in Deactivation::ALL {
            assert_eq!(Deactivation::parse(dialect.word()), Some(dialect), "the engine saves the word");
        }
        for word in MemberRemoval::WORDS {
            assert_eq!(MemberRemoval::parse(word).map(MemberRemoval::word), Some(*word), "so here");
        }
    }

    #[test]
    fn a_hostile_id_cannot_widen_the_filter() {
        let body = MemberRemoval::PathFilter.patch(r#"x" or value pr or value eq "y\"#);
        assert_eq!(
            body["Operations"][0]["path"],
            json!(r#"members[value eq "x\" or value pr or value eq \"y\\"]"#),
            "an id from outside must never remove somebody else"
        );
    }
}
