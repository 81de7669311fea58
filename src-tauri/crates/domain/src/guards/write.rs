//! Judged before every single write, on facts read just then; shown in the preview with the same words.

use serde::{Deserialize, Serialize};

use crate::access::OwnerKind;
use crate::capability::{Effect, Mode};
use crate::people::words;
use crate::plan::Wave;
use crate::policy::Protected;

words! {
    /// Why a step does not go on until a person has acted.
    Blocker {
        /// Everything is paused.
        Paused = "paused",
        /// The connection only observes.
        ModeObserve = "mode_observe",
        /// The connection may only contain.
        ModeContainOnly = "mode_contain_only",
        /// It would leave the system without an administrator.
        LastAdmin = "last_admin",
        /// The account belongs to Lockstep's own credentials.
        OwnAccount = "own_account",
        /// The account belongs to the operator who runs this.
        OperatorAccount = "operator_account",
        /// The account is on the protected list.
        Protected = "protected",
        /// A program signs in with the account.
        ServiceAccount = "service_account",
        /// Nobody has confirmed that the account is this person's.
        UnconfirmedLink = "unconfirmed_link",
        /// The vendor took every dialect and nothing changed.
        NothingWorked = "nothing_worked",
        /// The vendor cannot do it.
        Unsupported = "unsupported",
        /// The credentials were refused.
        Auth = "auth",
        /// The credentials may not do it.
        Forbidden = "forbidden",
        /// The vendor's answers make no sense.
        Malformed = "malformed",
        /// The vendor's state forbids it.
        Conflict = "conflict",
        /// It cannot be read back, and there is no receipt to rely on.
        CannotVerify = "cannot_verify",
        /// A write that cannot be undone may have been sent; it is not sent twice.
        MaybeSent = "maybe_sent",
        /// The connection was removed or cannot be opened.
        ConnectionGone = "connection_gone",
        /// Evidence of the state before the cut is not stored.
        EvidenceMissing = "evidence_missing",
        /// Our clock is too far from the vendor's, and the run rests on the time.
        ClockOff = "clock_off",
    }
}

impl Blocker {
    /// Whether it may be over without anybody having acted.
    pub fn passes_by_itself(self) -> bool {
        matches!(self, Self::Paused | Self::ClockOff)
    }

    /// What a person can do about it.
    pub fn remedy(self) -> &'static str {
        match self {
            Self::Paused => "Wait, or end the pause (`lockstep pause off`), then resume the run.",
            Self::ModeObserve | Self::ModeContainOnly => {
                "Raise the connection's mode (`lockstep connection mode`), then resume the run; or confirm the step by hand."
            }
            Self::LastAdmin => {
                "Give another person the administrator role in that system and sync, then resume the run."
            }
            Self::OwnAccount => "Give Lockstep credentials of another account, then resume the run.",
            Self::OperatorAccount => "Let another operator run this.",
            Self::Protected => {
                "Take the account off the protected list in the policy, or confirm the step by hand."
            }
            Self::ServiceAccount => {
                "Rotate the account's secrets with its owner and confirm the step by hand."
            }
            Self::UnconfirmedLink => {
                "Confirm or reject the link (`lockstep link confirm`), then resume the run."
            }
            Self::NothingWorked | Self::Unsupported | Self::CannotVerify => {
                "Do it in the system itself and confirm the step by hand (`lockstep run attest`)."
            }
            Self::Auth => {
                "Give the connection new credentials (`lockstep connection test` shows them working), then resume the run."
            }
            Self::Forbidden => {
                "Give the connection's credentials the rights that `lockstep vendor show` lists, then resume the run."
            }
            Self::Malformed | Self::Conflict => {
                "Look at the account in the system itself, then resume the run or confirm by hand."
            }
            Self::MaybeSent => "Look in the system whether it is done, then confirm the step by hand.",
            Self::ConnectionGone => {
                "Restore the connection, or do it in the system itself and confirm the step by hand."
            }
            Self::ClockOff => "Set this machine's clock right, then resume the run.",
            Self::EvidenceMissing => "Make room or access for the evidence vault, then resume the run.",
        }
    }
}

/// What is known just before a write.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct WriteFacts {
    /// Whether everything is paused.
    pub paused: bool,
    /// How far the connection may go.
    pub mode: Mode,
    /// The wave of the step.
    pub wave: Wave,
    /// What the write costs.
    pub effect: Effect,
    /// Whether the account was read as an administrator just now; `None` counts as one in doubt.
    pub admin: Option<bool>,
    /// Other administrators of that system whose sign-in works, by the last complete read; `None` when the
    /// vendor never tells who administers it, so that no reading could ever answer.
    pub other_admins: Option<usize>,
    /// Whether the account belongs to our own credentials.
    pub own_account: bool,
    /// Whether the account is linked to the operator.
    pub operator_account: bool,
    /// Human or service.
    pub owner_kind: OwnerKind,
    /// Whether the link to the leaver is confirmed, by rule or by a person, and no other person's is.
    pub link_confirmed: bool,
    /// Names by which the protected list may mention the account.
    pub names: Vec<String>,
}

/// Whether this write may be sent.
///
/// # Errors
/// The first blocker, worst first.
pub fn may_write(facts: &WriteFacts, protected: &Protected) -> Result<(), Blocker> {
    if facts.paused {
        return Err(Blocker::Paused);
    }
    if Protected::lists(&protected.accounts, facts.names.iter().map(String::as_str)) {
        return Err(Blocker::Protected);
    }
    if facts.own_account {
        return Err(Blocker::OwnAccount);
    }
    if facts.operator_account {
        return Err(Blocker::OperatorAccount);
    }
    if facts.owner_kind == OwnerKind::Service {
        return Err(Blocker::ServiceAccount);
    }
    if !facts.link_confirmed {
        return Err(Blocker::UnconfirmedLink);
    }
    if facts.admin != Some(false) && facts.other_admins == Some(0) {
        return Err(Blocker::LastAdmin);
    }
    match facts.mode {
        mode if mode.allows(facts.wave == Wave::Contain, facts.effect) => Ok(()),
        Mode::Observe => Err(Blocker::ModeObserve),
        Mode::ContainOnly | Mode::Full => Err(Blocker::ModeContainOnly),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn harmless() -> WriteFacts {
        WriteFacts {
            paused: false,
            mode: Mode::Full,
            wave: Wave::Contain,
            effect: Effect::Reversible,
            admin: Some(false),
            other_admins: Some(2),
            own_account: false,
            operator_account: false,
            owner_kind: OwnerKind::Human,
            link_confirmed: true,
            names: vec!["kim@acme.test".into(), "u-1".into()],
        }
    }

    #[test]
    fn each_guard_blocks_alone() {
        let admin = WriteFacts { admin: Some(true), ..harmless() };
        let cases = [
            (harmless(), None, "nothing speaks against it"),
            (admin.clone(), None, "two administrators remain"),
            (
                WriteFacts { other_admins: Some(0), ..admin.clone() },
                Some(Blocker::LastAdmin),
                "nobody could let people in again",
            ),
            (
                WriteFacts { other_admins: Some(0), admin: None, ..admin.clone() },
                Some(Blocker::LastAdmin),
                "an unread role is one in doubt where nobody else is an administrator",
            ),
            (
                WriteFacts { other_admins: Some(1), admin: None, ..admin.clone() },
                None,
                "whatever the role is, somebody can let people in again",
            ),
            (
                WriteFacts { other_admins: None, admin: None, ..admin },
                None,
                "where the vendor never tells, a doubt would keep every leaver in",
            ),
            (
                WriteFacts { other_admins: Some(0), ..harmless() },
                None,
                "a plain user is never the last administrator",
            ),
            (
                WriteFacts { paused: true, ..harmless() },
                Some(Blocker::Paused),
                "a pause also holds a run that is under way",
            ),
            (
                WriteFacts { own_account: true, ..harmless() },
                Some(Blocker::OwnAccount),
                "we would cut ourselves off",
            ),
            (
                WriteFacts { operator_account: true, ..harmless() },
                Some(Blocker::OperatorAccount),
                "self-inflicted",
            ),
            (
                WriteFacts { owner_kind: OwnerKind::Service, ..harmless() },
                Some(Blocker::ServiceAccount),
                "production may hang on it",
            ),
            (WriteFacts { owner_kind: OwnerKind::Unknown, ..harmless() }, None, "vendors that do not tell"),
            (
                WriteFacts { link_confirmed: false, ..harmless() },
                Some(Blocker::UnconfirmedLink),
                "wrong person",
            ),
            (WriteFacts { mode: Mode::Observe, ..harmless() }, Some(Blocker::ModeObserve), "observe first"),
            (
                WriteFacts { mode: Mode::ContainOnly, wave: Wave::Remove, ..harmless() },
                Some(Blocker::ModeContainOnly),
                "removal needs full",
            ),
            (WriteFacts { mode: Mode::ContainOnly, ..harmless() }, None, "containment is what it allows"),
        ];
        for (facts, expected, why) in cases {
            assert_eq!(may_write(&facts, &Protected::default()).err(), expected, "{why}");
        }
    }

    #[test]
    fn the_protected_list_knows_logins_and_ids_without_case() {
        for name in ["KIM@acme.test ", "u-1"] {
            let protected = Protected { accounts: vec![name.into()], ..Protected::default() };
            assert_eq!(
                may_write(&harmless(), &protected),
                Err(Blocker::Protected),
                "{name:?}: a break-glass account must survive every run"
            );
        }
    }
}
