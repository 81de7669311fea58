//! A crash at every point of a run, and a second one at every point of the recovery: nothing lost, nothing
//! doubled, nothing unverified.
//!
//! At every point that a process passes, what it would leave by dying there is kept: the files as they are on
//! the disk, the secrets, the vendor's world. From each such state a new process goes on to the end, and the same
//! is done with the states that it passes. States that differ in random ids only are taken up once.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use lockstep_connectors::Clock;
use lockstep_connectors::vendors::sim::{SimGroup, SimState};
use lockstep_domain::access::Wish;
use lockstep_domain::digest::Digest;
use lockstep_domain::ids::RunId;
use lockstep_domain::ledger::Entry;
use lockstep_domain::run::{Run, RunEvent, Standing};
use lockstep_engine::api::{Attestation, RunView, SetSystem, StepView};
use lockstep_engine::{Desk, Result};

use super::fate::Witness;
use super::moment::{Moment, files_below, trace};
use super::office::{Office, approve, key, people};

/// How many threads try futures at the same time.
const THREADS: usize = 2;

/// A leaver with everything: sign-in, sessions that only a receipt proves, two keys that cannot come back,
/// lagging memberships, evidence, and work for a person.
async fn leaver() -> Moment {
    let office = Office::of(2).await;
    office.app.edit(|s| {
        for group in ["g1", "g2"] {
            s.groups.insert(group.into(), SimGroup { name: group.into(), privileged: false });
        }
        let account = s.accounts.get_mut("u1").unwrap();
        account.keys = ["k1".into(), "k2".into()].into();
        account.groups = ["g1".into(), "g2".into()].into();
    });
    let desk = office.desk().await;
    let wiki = SetSystem {
        name: "Wiki".into(),
        owner: Some("Ines".into()),
        everyone: Some(true),
        ..SetSystem::default()
    };
    desk.set_system(wiki).await.unwrap();
    office.leave(&desk, 1).await;
    drop(desk);
    Moment::of(&office)
}

/// What an operator does until nothing is left: start the run if there is none, go on with it if there is,
/// and do by hand what only a person can.
async fn operate(office: &Office, witness: &Witness) -> Result<()> {
    let desk = Desk::open(&office.home(), office.options("olga", witness)).await?;
    if desk.runs().await?.is_empty() {
        desk.start(approve(&desk, people(&[1])).await).await?;
    } else {
        desk.resume(None).await?;
    }
    let run = desk.runs().await?.remove(0).id;
    loop {
        let view = desk.run(run).await?;
        let Some(step) = view.steps.iter().find(|s| s.remedy.is_some()) else { return Ok(()) };
        assert_ne!(step.detail.as_deref(), Some("evidence missing"), "{:?}", desk.notices());
        by_hand(office, step);
        desk.attest(confirmation(office, run, step)).await?;
    }
}

/// A person looks, and does what is not done.
fn by_hand(office: &Office, step: &StepView) {
    let Some(Wish::CredentialRevoked { credential }) = wish_of(step) else {
        assert_eq!(step.state, "pending", "only work for people is left to people: {step:?}");
        return;
    };
    assert_eq!(step.detail.as_deref(), Some("maybe sent"), "only a doubtful final write needs a hand here");
    office.app.edit(|s| s.accounts.get_mut("u1").unwrap().keys.remove(&credential));
}

fn confirmation(office: &Office, run: RunId, step: &StepView) -> Attestation {
    Attestation {
        run,
        step: step.step.id.to_string(),
        account: "p1@acme.test".into(),
        done_at: office.clock.now(),
        note: "looked, and it is gone".into(),
        file: Some(("screen.txt".into(), b"a picture of it".to_vec())),
    }
}

/// What a step's words claim about the account.
fn wish_of(step: &StepView) -> Option<Wish> {
    let words = step.step.wish.as_str();
    let between = |from: &str, to: &str| Some(words.strip_prefix(from)?.strip_suffix(to)?.to_owned());
    if words == "sign-in is blocked" {
        return Some(Wish::Disabled);
    }
    if words == "sessions and tokens are ended" {
        return Some(Wish::SessionsEnded);
    }
    if let Some(credential) = between("key ", " no longer works") {
        return Some(key(&credential));
    }
    between("membership of ", " is removed").map(|entitlement| Wish::GrantAbsent { entitlement })
}

/// Whether the world is as a wish wants it, since the run began.
fn is_true(wish: &Wish, world: &SimState, run: &Run) -> bool {
    let account = &world.accounts["u1"];
    match wish {
        Wish::Disabled => !account.enabled,
        Wish::SessionsEnded => account.sessions_ended_at.is_some_and(|at| at >= run.since),
        Wish::CredentialRevoked { credential } => !account.keys.contains(credential),
        Wish::GrantAbsent { entitlement } => !account.groups.contains(entitlement),
        Wish::EvidenceStored | Wish::TaskDone => true,
    }
}

/// Everything that must hold at the end, whatever happened on the way.
async fn check(office: &Office, crashes: usize, when: &str) {
    let desk = office.desk().await;
    let runs = desk.runs().await.unwrap();
    assert_eq!(runs.len(), 1, "{when}: one run per event, however often it was tried");
    let view = desk.run(runs[0].id).await.unwrap();
    assert_eq!(view.row.standing, Standing::Closed, "{when}: nothing is lost: {:#?}", view.steps);
    let entries = office.entries().await;
    let of_run: Vec<&Entry> = entries.iter().filter(|e| e.run == Some(view.row.id)).collect();
    let run = Run::fold(of_run.iter().copied()).unwrap();
    nothing_doubled(office, crashes, when);
    nothing_unverified(office, &view, &run, &of_run, when);
    sealed_once(office, &desk, &view, &of_run, when).await;
    let ledger = desk.verify_ledger().await.unwrap();
    assert!(ledger.ok, "{when}: the ledger verifies: {:?}", ledger.failures);
}

fn nothing_doubled(office: &Office, crashes: usize, when: &str) {
    let log = office.sent.log();
    assert_eq!(
        log.without_intent,
        Vec::<String>::new(),
        "{when}: no effect without a durable intent before it"
    );
    let writes = office.app_writes();
    for wish in writes.iter().map(|w| &w.wish) {
        let times = writes.iter().filter(|w| w.wish == *wish).count();
        let most = if matches!(wish, Wish::CredentialRevoked { .. }) { 1 } else { 1 + crashes };
        assert!(
            times <= most,
            "{when}: {wish:?} was written {times} times; a final one never repeats, another only after a crash"
        );
    }
    assert!(writes.iter().all(|w| w.account == "u1"), "{when}: nobody else was touched");
}

fn nothing_unverified(office: &Office, view: &RunView, run: &Run, entries: &[&Entry], when: &str) {
    let world = office.app.truth();
    let claims = view.steps.iter().filter(|s| wish_of(s).is_some()).count();
    assert_eq!(
        claims, 6,
        "{when}: sign-in, sessions, two keys and two memberships are held against the world"
    );
    for step in &view.steps {
        let Some(wish) = wish_of(step) else { continue };
        let by_hand = step.detail.as_deref() == Some("confirmed by hand");
        assert!(by_hand || step.state == "done", "{when}: {wish:?} is {}", step.state);
        assert!(is_true(&wish, &world, run), "{when}: {wish:?} is called done, and is not so");
        if wish == Wish::SessionsEnded {
            assert_eq!(
                step.detail.as_deref(),
                Some("vendor's receipt only"),
                "{when}: no more is claimed than known"
            );
            let taken = entries
                .iter()
                .any(|e| e.kind == "step.applied" && e.body["step"] == step.step.id.to_string());
            assert!(taken, "{when}: a receipt is claimed, so there is one in the ledger");
        }
        let attempts = office.app_writes().iter().filter(|w| w.wish == wish).count();
        assert!(step.attempts >= attempts, "{when}: every write to the vendor is counted in the ledger");
    }
}

async fn sealed_once(office: &Office, desk: &Desk, view: &RunView, entries: &[&Entry], when: &str) {
    let events: Vec<RunEvent> =
        entries.iter().map(|e| RunEvent::from_parts(&e.kind, &e.body).unwrap()).collect();
    let sealed: Vec<Digest> = events
        .iter()
        .filter_map(|e| match e {
            RunEvent::Sealed { record, .. } => Some(*record),
            _ => None,
        })
        .collect();
    assert_eq!(sealed.len(), 1, "{when}: one record is sealed, and only one");
    let named: Vec<Digest> = events
        .iter()
        .filter_map(|e| match e {
            RunEvent::Stored { sha256, .. } => Some(*sha256),
            _ => None,
        })
        .collect();
    assert!(named.contains(&sealed[0]), "{when}: what was sealed was stored before");
    // What a crash broke off in the middle of writing never bears a file's own name.
    let whole = |path: &std::path::Path| !path.to_string_lossy().contains(".partial-");
    let stored: Vec<Digest> = files_below(&office.home().join("vault"))
        .iter()
        .filter(|(path, _)| whole(path))
        .map(|(_, bytes)| Digest::of(bytes))
        .collect();
    assert!(named.iter().all(|n| stored.contains(n)), "{when}: what the ledger says is stored is there");
    assert!(
        stored.iter().all(|s| named.contains(s)),
        "{when}: nothing lies in the vault that the ledger does not know"
    );
    let bundle = desk.export_evidence(view.row.id).await.unwrap();
    let trust = desk.key().await.unwrap().verifier_key;
    let verified = Desk::verify_evidence(&bundle.bytes, Some(&trust), None);
    assert!(verified.ok, "{when}: the bundle verifies on its own: {:?}", verified.failures);
}

/// Goes on from a moment to the end and checks everything there. Answers with the moments on the way, at which
/// a crash leaves what no crash before has left, and with the number of all.
fn future_of(moment: &Moment, crashes: usize, seen: &Arc<Mutex<BTreeSet<String>>>) -> (Vec<Moment>, usize) {
    let office = Arc::new(moment.thaw());
    let found = Arc::new(Mutex::new((Vec::new(), 0)));
    let witness = Witness::who({
        let (office, found, seen) = (office.clone(), found.clone(), seen.clone());
        move || {
            let mut found = found.lock().unwrap();
            found.1 += 1;
            if seen.lock().unwrap().insert(trace(&office)) {
                found.0.push(Moment::of(&office));
            }
        }
    });
    let when = format!("after {crashes} crashes, the last at [{}]", moment.trace);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        if let Err(e) = operate(&office, &witness).await {
            panic!("{when}: the recovery failed by itself: {e}. {}", e.remedy());
        }
        check(&office, crashes, &when).await;
    });
    drop(runtime);
    let mut found = found.lock().unwrap();
    (std::mem::take(&mut found.0), found.1)
}

/// The futures of several moments, on several threads.
fn futures_of(
    moments: Vec<Moment>,
    crashes: usize,
    seen: &Arc<Mutex<BTreeSet<String>>>,
) -> (Vec<Moment>, usize) {
    let left = Mutex::new(moments);
    let all = Mutex::new((Vec::new(), 0));
    std::thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                loop {
                    let Some(moment) = left.lock().unwrap().pop() else { return };
                    let (found, points) = future_of(&moment, crashes, seen);
                    let mut all = all.lock().unwrap();
                    all.0.extend(found);
                    all.1 += points;
                }
            });
        }
    });
    all.into_inner().unwrap()
}

#[test]
fn a_crash_anywhere_and_another_in_the_recovery_lose_double_and_guess_nothing() {
    let start = tokio::runtime::Runtime::new().unwrap().block_on(leaver());
    let seen = Arc::new(Mutex::new(BTreeSet::from([start.trace.clone()])));
    let (crashed, points) = futures_of(vec![start], 0, &seen);
    assert!(
        crashed.len() > 30,
        "a run of this size leaves many states, {} in {points} points",
        crashed.len()
    );
    let (crashed_twice, pairs) = futures_of(crashed, 1, &seen);
    assert!(pairs > points * 10, "every recovery is crashed everywhere: {pairs} pairs of {points} points");
    let second = crashed_twice.len();
    assert!(second > 0, "a second crash leaves what one does not: writes repeated twice");
    futures_of(crashed_twice, 2, &seen);
}
