//! The behaviours that every connector shows. What it cannot do is not asked of it; what it says it can do is.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use lockstep_connectors::{AccessTarget, Completeness, Connector, Kind, ManualClock, Order, Receipt};
use lockstep_domain::access::{AccountFacts, Presence, SignIn, Wish, WishKind};
use lockstep_domain::capability::{Can, Effect, Proof};
use lockstep_domain::digest::Digest;

use super::support::{failed, read_all};

/// A connector with a world behind it that can be asked without the connector.
pub(crate) struct Subject<'a> {
    pub(crate) name: &'a str,
    pub(crate) connector: Connector,
    pub(crate) clock: Arc<ManualClock>,
    /// Logins of all accounts.
    pub(crate) logins: Vec<String>,
    /// The account to cut, and a group that it is in.
    pub(crate) account: String,
    pub(crate) group: String,
    /// Keys of that account.
    pub(crate) keys: Vec<String>,
    /// Whether an account can sign in, told by the world.
    pub(crate) can_sign_in: &'a dyn Fn(&str) -> bool,
    /// The members of a group, told by the world.
    pub(crate) members: &'a dyn Fn(&str) -> Vec<String>,
}

/// Runs every behaviour that the subject's capabilities call for.
pub(crate) async fn behaves(subject: &Subject<'_>) {
    list_is_complete(subject).await;
    let Some(access) = &subject.connector.access else { return };
    can_is_consistent(subject.name, &access.can());
    absent_is_a_value(subject, access.as_ref()).await;
    unknown_dialects_are_refused(subject, access.as_ref()).await;
    let others: BTreeSet<String> = (subject.members)(&subject.group).into_iter().collect();
    for way in distinct_wishes(&access.can()) {
        match way.wish {
            WishKind::Disabled => disable(subject, access.as_ref(), &way).await,
            WishKind::GrantAbsent => ungrant(subject, access.as_ref(), &way, &others).await,
            WishKind::CredentialRevoked => revoke(subject, access.as_ref(), &way).await,
            WishKind::SessionsEnded => end_sessions(subject, access.as_ref(), &way).await,
            WishKind::EvidenceStored | WishKind::TaskDone => {
                panic!("{}: {} is nothing that a vendor does", subject.name, way.wish)
            }
        }
    }
}

async fn list_is_complete(subject: &Subject<'_>) {
    let Some(source) = &subject.connector.accounts else { return };
    let (all, summary) = read_all(source.as_ref()).await.expect("a healthy source can be read");
    let mut logins: Vec<_> = all.accounts.iter().map(|a| a.login.clone()).collect();
    logins.sort();
    let mut expected = subject.logins.clone();
    expected.sort();
    assert_eq!(logins, expected, "{}: whoever is missing keeps access unseen", subject.name);
    assert_eq!(summary.completeness, Completeness::Complete, "{}: nothing was wrong", subject.name);
    assert_eq!(summary.rows, logins.len() as u64, "{}: rows are what was passed on", subject.name);
    if let Some(total) = summary.claimed_total {
        assert_eq!(total, summary.rows, "{}: a complete read agrees with the source", subject.name);
    }
    let again = read_all(source.as_ref()).await.expect("a second read works like the first").1;
    assert_eq!(
        again.source_sha256, summary.source_sha256,
        "{}: the same bytes read twice are one",
        subject.name
    );
    let probe = source.probe().await.expect("what can be read can be tried");
    assert!(!probe.summary.is_empty(), "{}: the operator wants to see what answered", subject.name);
}

fn can_is_consistent(name: &str, can: &[Can]) {
    let mut seen = BTreeSet::new();
    for way in can {
        assert!(seen.insert((way.wish, way.dialect.clone())), "{name}: {way:?} is listed twice");
    }
    assert!(!can.is_empty(), "{name}: a target that can do nothing is a list");
}

fn distinct_wishes(can: &[Can]) -> Vec<Can> {
    let mut seen = BTreeSet::new();
    // The final wishes last, and of these the account's own end: it must not hide what the others do.
    let mut first: Vec<Can> = can.iter().filter(|c| seen.insert(c.wish)).cloned().collect();
    first.sort_by_key(|c| {
        (c.effect == Effect::Final, c.effect == Effect::Final && c.wish == WishKind::Disabled)
    });
    first
}

async fn absent_is_a_value(subject: &Subject<'_>, access: &dyn AccessTarget) {
    let seen = access.observe("no-such-account").await.expect("not being there is a value");
    assert_eq!(seen.presence, Presence::Absent, "{}: an id that nobody has", subject.name);
    let error =
        failed(access.apply(&order("no-such-account", Wish::Disabled, None)).await, "nothing to act on");
    assert_eq!(error.kind(), &Kind::NotFound, "{}: a write to nobody is no success", subject.name);
}

async fn unknown_dialects_are_refused(subject: &Subject<'_>, access: &dyn AccessTarget) {
    if access.can().iter().all(|c| c.dialect.is_none()) {
        return;
    }
    let error = failed(
        access.apply(&order(&subject.account, Wish::Disabled, Some("klingon".into()))).await,
        "a dialect that is not listed",
    );
    assert_eq!(error.kind(), &Kind::Unsupported, "{}: no dialect is replaced by another", subject.name);
    assert!((subject.can_sign_in)(&subject.account), "{}: and nothing happened", subject.name);
}

async fn disable(subject: &Subject<'_>, access: &dyn AccessTarget, way: &Can) {
    let before = facts(subject, access).await;
    assert_eq!(before.sign_in, SignIn::Enabled, "{}: nobody has acted yet", subject.name);
    assert!((subject.can_sign_in)(&subject.account), "{}: the world says so, too", subject.name);
    let others = |cut: BTreeSet<String>| {
        cut.into_iter().filter(|id| *id != subject.account).collect::<BTreeSet<String>>()
    };
    let cut_before = others(cut(subject).await);
    apply(subject, access, way, Wish::Disabled).await;
    for attempt in ["the first", "a second, of what is already so,"] {
        if attempt != "the first" {
            again(subject, access, way).await;
        }
        is_cut(subject, access, attempt).await;
    }
    let cut_after = cut(subject).await;
    assert!(cut_after.contains(&subject.account), "{}: the list agrees", subject.name);
    assert_eq!(others(cut_after), cut_before, "{}: a leaver's run cuts the leaver", subject.name);
}

/// Ids of all accounts that the list shows without sign-in.
async fn cut(subject: &Subject<'_>) -> BTreeSet<String> {
    let all = read_all(subject.connector.accounts.as_deref().unwrap()).await.unwrap().0.accounts;
    all.into_iter().filter(|a| a.sign_in == SignIn::Disabled).map(|a| a.remote_id).collect()
}

/// Asks for what is already so: a vendor takes that, or refuses it for good; it is no trouble that passes.
async fn again(subject: &Subject<'_>, access: &dyn AccessTarget, way: &Can) {
    if let Err(error) = access.apply(&order(&subject.account, Wish::Disabled, way.dialect.clone())).await {
        // Where blocking means removing, there is nothing left to remove.
        let gone = way.effect == Effect::Final && *error.kind() == Kind::NotFound;
        let for_good = gone || matches!(error.kind(), Kind::Unsupported | Kind::Conflict);
        assert!(for_good, "{}: {error} would be tried again for ever", subject.name);
    }
    subject.clock.advance(Duration::from_secs(way.lag_s.into()));
}

async fn is_cut(subject: &Subject<'_>, access: &dyn AccessTarget, attempt: &str) {
    let seen = access.observe(&subject.account).await.expect("the account can be read back");
    let cut = match seen.presence {
        Presence::Absent => true,
        Presence::Present(facts) => facts.sign_in == SignIn::Disabled,
    };
    assert!(cut, "{}: read back after {attempt} write", subject.name);
    assert!(!(subject.can_sign_in)(&subject.account), "{}: the world agrees", subject.name);
}

async fn ungrant(subject: &Subject<'_>, access: &dyn AccessTarget, way: &Can, before: &BTreeSet<String>) {
    assert!(before.contains(&subject.account) && before.len() > 1, "{}: others are in it", subject.name);
    let held = facts(subject, access).await.grants.expect("groups are readable");
    assert!(held.contains(&subject.group), "{}: held so far", subject.name);
    apply(subject, access, way, Wish::GrantAbsent { entitlement: subject.group.clone() }).await;
    let held = facts(subject, access).await.grants.expect("groups are readable");
    assert!(!held.contains(&subject.group), "{}: read back", subject.name);
    let mut expected = before.clone();
    expected.remove(&subject.account);
    let left: BTreeSet<String> = (subject.members)(&subject.group).into_iter().collect();
    assert_eq!(left, expected, "{}: the world agrees, and nobody else lost anything", subject.name);
}

async fn revoke(subject: &Subject<'_>, access: &dyn AccessTarget, way: &Can) {
    let (gone, kept) = (&subject.keys[0], &subject.keys[1]);
    apply(subject, access, way, Wish::CredentialRevoked { credential: gone.clone() }).await;
    let keys = facts(subject, access).await.credentials.expect("keys are readable");
    assert!(!keys.contains_key(gone), "{}: read back", subject.name);
    assert!(keys.contains_key(kept), "{}: a final act hits only what was named", subject.name);
}

async fn end_sessions(subject: &Subject<'_>, access: &dyn AccessTarget, way: &Can) {
    let receipt = apply(subject, access, way, Wish::SessionsEnded).await;
    if way.proof == Proof::Receipt {
        assert!(!receipt.status.is_empty(), "{}: the receipt is all the proof there is", subject.name);
    }
}

/// Sends one write and lets the vendor's lag pass.
async fn apply(subject: &Subject<'_>, access: &dyn AccessTarget, way: &Can, wish: Wish) -> Receipt {
    let order = order(&subject.account, wish, way.dialect.clone());
    let receipt = access
        .apply(&order)
        .await
        .unwrap_or_else(|e| panic!("{}: {order:?} failed: {e} {e:?}", subject.name));
    subject.clock.advance(Duration::from_secs(way.lag_s.into()));
    receipt
}

async fn facts(subject: &Subject<'_>, access: &dyn AccessTarget) -> AccountFacts {
    let seen = access.observe(&subject.account).await.expect("the account can be read back");
    match seen.presence {
        Presence::Present(facts) => facts,
        Presence::Absent => panic!("{}: {} is there", subject.name, subject.account),
    }
}

pub(crate) fn order(account: &str, wish: Wish, dialect: Option<String>) -> Order {
    Order { step: Digest::of(b"step"), account_remote_id: account.into(), wish, dialect }
}
