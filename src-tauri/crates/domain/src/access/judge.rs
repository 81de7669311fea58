//! The only place that decides whether a wish holds.

use chrono::{DateTime, Utc};

use super::observation::{AccountFacts, CredentialState, Observation, Presence, Sessions, SignIn};
use super::wish::Wish;

/// What an observation says about a wish.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It holds.
    Satisfied,
    /// It does not; the words say what was seen.
    Unsatisfied(&'static str),
    /// The observation cannot tell; the words say what was missing. Never treated as good.
    Unknowable(&'static str),
}

/// Judges a wish by what was read. `since` is the start of the run (UTC): an older read, or a session cut
/// from before it, proves nothing about this leaver.
pub fn holds_in(wish: &Wish, seen: &Observation, since: DateTime<Utc>) -> Verdict {
    if seen.at < since {
        return Verdict::Unknowable("the observation is older than the run");
    }
    match &seen.presence {
        Presence::Absent => absent(wish),
        Presence::Present(facts) => present(wish, facts, since),
    }
}

fn absent(wish: &Wish) -> Verdict {
    match wish {
        Wish::Disabled | Wish::CredentialRevoked { .. } | Wish::GrantAbsent { .. } => Verdict::Satisfied,
        Wish::SessionsEnded => Verdict::Unknowable("the account is gone; its old sessions cannot be read"),
        Wish::EvidenceStored | Wish::TaskDone => Verdict::Unknowable("not a fact about an account"),
    }
}

fn present(wish: &Wish, facts: &AccountFacts, since: DateTime<Utc>) -> Verdict {
    match wish {
        Wish::Disabled => match facts.sign_in {
            SignIn::Disabled => Verdict::Satisfied,
            SignIn::Enabled => Verdict::Unsatisfied("sign-in still works"),
            SignIn::Unknown => Verdict::Unknowable("the vendor did not say whether sign-in works"),
        },
        Wish::SessionsEnded => match facts.sessions {
            Sessions::NoneLive => Verdict::Satisfied,
            Sessions::EndedAt(at) if at >= since => Verdict::Satisfied,
            Sessions::EndedAt(_) => Verdict::Unsatisfied("sessions were last ended before this run"),
            Sessions::Live => Verdict::Unsatisfied("sessions are live"),
            Sessions::Unknown => Verdict::Unknowable("the vendor does not list sessions"),
        },
        Wish::CredentialRevoked { credential } => match &facts.credentials {
            None => Verdict::Unknowable("credentials could not be read"),
            Some(all) => match all.get(credential) {
                None | Some(CredentialState::Revoked | CredentialState::Inactive) => Verdict::Satisfied,
                Some(CredentialState::Active) => Verdict::Unsatisfied("the credential still works"),
                Some(CredentialState::Unknown) => Verdict::Unknowable("the credential's state is not told"),
            },
        },
        Wish::GrantAbsent { entitlement } => match &facts.grants {
            None => Verdict::Unknowable("grants could not be read"),
            Some(held) if held.contains(entitlement) => Verdict::Unsatisfied("the grant is still held"),
            Some(_) => Verdict::Satisfied,
        },
        Wish::EvidenceStored | Wish::TaskDone => Verdict::Unknowable("not a fact about an account"),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use super::*;

    fn at(minute: u32) -> DateTime<Utc> {
        format!("2026-09-25T14:{minute:02}:00Z").parse().unwrap()
    }

    fn facts() -> AccountFacts {
        AccountFacts {
            sign_in: SignIn::Enabled,
            sessions: Sessions::Unknown,
            grants: Some(BTreeSet::from(["g1".into()])),
            credentials: Some(BTreeMap::from([
                ("on".into(), CredentialState::Active),
                ("off".into(), CredentialState::Inactive),
                ("odd".into(), CredentialState::Unknown),
            ])),
            admin: None,
        }
    }

    fn judge(wish: &Wish, facts: AccountFacts) -> Verdict {
        holds_in(wish, &Observation { at: at(5), presence: Presence::Present(facts) }, at(0))
    }

    fn satisfied(v: Verdict) -> bool {
        v == Verdict::Satisfied
    }

    #[test]
    fn sign_in_is_judged_by_what_was_read_and_unknown_is_never_good() {
        for (seen, good) in [(SignIn::Disabled, true), (SignIn::Enabled, false), (SignIn::Unknown, false)] {
            let verdict = judge(&Wish::Disabled, AccountFacts { sign_in: seen, ..facts() });
            assert_eq!(satisfied(verdict), good, "{seen:?} must decide whether a leaver is called cut off");
        }
        assert!(
            matches!(
                judge(&Wish::Disabled, AccountFacts { sign_in: SignIn::Unknown, ..facts() }),
                Verdict::Unknowable(_)
            ),
            "unknown must not trigger a second write either"
        );
    }

    #[test]
    fn a_session_cut_from_before_the_run_proves_nothing() {
        for (ended, good) in [(at(0), true), (at(4), true)] {
            let f = AccountFacts { sessions: Sessions::EndedAt(ended), ..facts() };
            assert_eq!(satisfied(judge(&Wish::SessionsEnded, f)), good, "cut at {ended} within the run");
        }
        let old =
            AccountFacts { sessions: Sessions::EndedAt("2026-09-25T13:59:59Z".parse().unwrap()), ..facts() };
        assert!(!satisfied(judge(&Wish::SessionsEnded, old)), "a newer session may exist since that cut");
        let live = AccountFacts { sessions: Sessions::Live, ..facts() };
        assert!(!satisfied(judge(&Wish::SessionsEnded, live)), "live sessions are access");
    }

    #[test]
    fn an_observation_from_before_the_run_is_not_a_read_back() {
        let seen = Observation { at: at(0), presence: Presence::Absent };
        assert!(
            matches!(holds_in(&Wish::Disabled, &seen, at(1)), Verdict::Unknowable(_)),
            "the account may have been made since"
        );
    }

    #[test]
    fn an_absent_account_has_no_sign_in_but_may_have_sessions() {
        let seen = Observation { at: at(1), presence: Presence::Absent };
        assert!(satisfied(holds_in(&Wish::Disabled, &seen, at(0))), "already gone is success");
        assert!(
            matches!(holds_in(&Wish::SessionsEnded, &seen, at(0)), Verdict::Unknowable(_)),
            "deleting an account does not end its sessions everywhere"
        );
    }

    #[test]
    fn grants_and_credentials_need_a_complete_read() {
        let grant = |g: &str| Wish::GrantAbsent { entitlement: g.into() };
        let credential = |c: &str| Wish::CredentialRevoked { credential: c.into() };
        assert!(!satisfied(judge(&grant("g1"), facts())), "still a member");
        assert!(satisfied(judge(&grant("g2"), facts())), "not a member");
        assert!(!satisfied(judge(&credential("on"), facts())), "the key works");
        assert!(satisfied(judge(&credential("off"), facts())), "an inactive key does not work");
        assert!(satisfied(judge(&credential("gone"), facts())), "a missing key does not work");
        assert!(!satisfied(judge(&credential("odd"), facts())), "unknown is never good");
        let unread = AccountFacts { grants: None, credentials: None, ..facts() };
        for wish in [grant("g1"), credential("on")] {
            assert!(
                matches!(judge(&wish, unread.clone()), Verdict::Unknowable(_)),
                "{wish:?}: a failed read must not look like an empty list"
            );
        }
    }
}
