//! The small tables: what is written reads back, and their rules hold.

use std::collections::BTreeMap;

use crate::support::{append, connection, draft, home, hours, id, now, run};
use lockstep_domain::access::WishKind;
use lockstep_domain::capability::Mode;
use lockstep_domain::digest::Digest;
use lockstep_domain::ids::{ConnectionId, EmploymentId, OrgId, PersonId, RunId, SystemId};
use lockstep_domain::systems::{Lane, Sso, System};
use lockstep_store::{Artefact, Kind, Location, NewRun, Org, Pause, PolicyVersion, Trouble};
use serde_json::json;

#[tokio::test]
async fn a_home_has_one_organisation() {
    let (_dir, store) = home().await;
    let other = Org { id: OrgId(id()), name: "Other".into(), created_at: now() };
    let error = store.write(move |tx| tx.create_org(&other)).await.unwrap_err();
    assert_eq!(error.kind(), Kind::Conflict, "two organisations must never share a ledger");
    assert_eq!(store.read(|r| r.org()).await.unwrap().unwrap().name, "Acme", "the first one stays");
    store
        .write(|tx| {
            tx.set_setting("operator_email", "a@acme.test")?;
            tx.set_setting("operator_email", "b@acme.test")
        })
        .await
        .unwrap();
    let read = store.read(|r| Ok((r.setting("operator_email")?, r.setting("nothing")?))).await.unwrap();
    assert_eq!(read, (Some("b@acme.test".into()), None), "the last word counts");
}

#[tokio::test]
async fn a_connection_keeps_what_it_was_told_and_frees_its_name_when_removed() {
    let (_dir, store) = home().await;
    let first = connection(&store, "HR").await;
    let trouble =
        Trouble { kind: "auth".into(), context: "401".into(), remedy: "new token".into(), at: now() };
    let expected = trouble.clone();
    store
        .write(move |tx| {
            tx.set_connection_mode(first, Mode::Full)?;
            tx.set_connection_trouble(first, Some(&trouble))?;
            tx.set_connection_settings(first, &BTreeMap::from([("url".into(), "https://x.test".into())]))?;
            tx.save_dialect(first, WishKind::Disabled, "replace_object")?;
            tx.save_dialect(first, WishKind::Disabled, "replace_path")
        })
        .await
        .unwrap();
    let (row, dialects) =
        store.read(move |r| Ok((r.connection_named("HR")?.unwrap(), r.dialects(first)?))).await.unwrap();
    assert_eq!((row.mode, row.trouble), (Mode::Full, Some(expected)), "mode and trouble");
    assert_eq!(row.settings["url"], "https://x.test", "settings");
    assert_eq!(
        dialects,
        BTreeMap::from([(WishKind::Disabled, "replace_path".into())]),
        "the dialect found last"
    );

    store.write(move |tx| tx.set_connection_trouble(first, None)).await.unwrap();
    store.write(move |tx| tx.remove_connection(first, hours(1))).await.unwrap();
    let second = connection(&store, "HR").await;
    store
        .read(move |r| {
            assert_eq!(
                r.connections()?.iter().map(|c| c.id).collect::<Vec<_>>(),
                [second],
                "only what is in use"
            );
            let old = r.connection(first)?.unwrap();
            assert_eq!(
                (old.removed_at, old.trouble),
                (Some(hours(1)), None),
                "evidence may still name the old one"
            );
            Ok(())
        })
        .await
        .unwrap();
    let nobody = ConnectionId(id());
    let error = store.write(move |tx| tx.set_connection_mode(nobody, Mode::Full)).await.unwrap_err();
    assert_eq!(error.kind(), Kind::Missing, "a mode for nothing is told");
}

#[tokio::test]
async fn the_register_of_systems_has_unique_names() {
    let (_dir, store) = home().await;
    let system = |name: &str| System {
        id: SystemId(id()),
        name: name.into(),
        owner: None,
        backup_owner: None,
        sso: Sso::Unknown,
        data_class: None,
        lane: Lane::Manual,
        how_to: None,
        connection: None,
        everyone: true,
    };
    let (wiki, twin) = (system("Wiki"), system("Wiki"));
    let changed = System { owner: Some("Ada".into()), ..wiki.clone() };
    let (first, second) = (wiki.clone(), changed.clone());
    store.write(move |tx| tx.put_system(&first)).await.unwrap();
    store.write(move |tx| tx.put_system(&second)).await.unwrap();
    assert_eq!(
        store.read(|r| r.systems()).await.unwrap(),
        std::slice::from_ref(&changed),
        "replaced, not doubled"
    );
    let found = store.read(move |r| Ok((r.system(wiki.id)?, r.system_named("Wiki")?))).await.unwrap();
    assert_eq!(found, (Some(changed.clone()), Some(changed)), "by id and by name");
    let error = store.write(move |tx| tx.put_system(&twin)).await.unwrap_err();
    assert_eq!(error.kind(), Kind::Conflict, "a step names its system by name");
}

#[tokio::test]
async fn an_event_has_exactly_one_run() {
    let (_dir, store) = home().await;
    let first = run(&store).await;
    let row = store.read(move |r| r.run(first)).await.unwrap().unwrap();
    assert_eq!(
        (row.opened_seq, row.opened_at, row.is_open, row.sealed_seq),
        (1, now(), true, None),
        "as opened"
    );
    let again = NewRun { id: RunId(id()), ..row.run.clone() };
    let next = NewRun { id: RunId(id()), generation: 2, counts: false, ..row.run.clone() };
    for (new, kind) in [(again, Some(Kind::Conflict)), (next, None)] {
        let opened = store
            .write(move |tx| {
                let entry = tx.append(draft(json!({})))?;
                tx.open_run(&new, &entry)
            })
            .await;
        assert_eq!(opened.err().map(|e| e.kind()), kind, "one run per stint, generation and event");
    }
    assert_eq!(store.read(|r| r.head()).await.unwrap().seq, 2, "a refused run leaves no entry either");
    store
        .write(move |tx| {
            let sealed = tx.append(draft(json!({})))?;
            tx.seal_run(first, &sealed)?;
            tx.set_run_open(first, false)
        })
        .await
        .unwrap();
    let person: PersonId = row.run.person;
    let employment: EmploymentId = row.run.employment;
    store
        .read(move |r| {
            assert_eq!(r.run(first)?.unwrap().sealed_seq, Some(3), "sealed by that entry");
            assert_eq!(
                r.open_runs()?.iter().map(|r| r.run.generation).collect::<Vec<_>>(),
                [2],
                "to be resumed"
            );
            assert_eq!(r.runs()?.len(), 2, "all of them");
            assert_eq!(r.runs_of(person)?[0].run.generation, 2, "newest first");
            assert_eq!(r.runs_of_employment(employment, "leaver")?.len(), 2, "of that stint");
            assert_eq!(r.runs_of_employment(employment, "mover")?, [], "and event");
            assert_eq!(
                (r.counting_runs_since(now())?, r.counting_runs_since(hours(1))?),
                (1, 0),
                "for the breaker"
            );
            Ok(())
        })
        .await
        .unwrap();
}

#[tokio::test]
async fn artefacts_pause_and_policy_read_back() {
    let (_dir, store) = home().await;
    let run = run(&store).await;
    append(&store, 1).await;
    let artefact = Artefact {
        run,
        name: "run-record.pdf".into(),
        kind: "run_record".into(),
        sha256: Digest::of(b"pdf"),
        size: 3,
        locations: vec![Location { vault: "local".into(), key: "a/b".into(), version: None }],
        stored_at: now(),
    };
    let pause = Pause { reason: "drill".into(), since: now(), until: hours(2), set_by: "op:1".into() };
    let policy = PolicyVersion { sha256: Digest::of(b"toml"), toml: "toml".into(), seen_at: now() };
    let later = PolicyVersion { seen_at: hours(9), ..policy.clone() };
    let (a, p, v) = (artefact.clone(), pause.clone(), policy.clone());
    let kept = store
        .write(move |tx| {
            tx.put_artefact(&a)?;
            tx.put_artefact(&a)?;
            tx.set_pause(Some(&p))?;
            tx.set_pause(Some(&p))?;
            Ok((tx.keep_policy(&v)?, tx.keep_policy(&later)?))
        })
        .await
        .unwrap();
    assert_eq!(kept, (true, false), "a version is kept once, with the instant it was first seen");
    let digest = policy.sha256;
    let read =
        store.read(move |r| Ok((r.artefacts(run)?, r.pause()?, r.policy_version(digest)?))).await.unwrap();
    assert_eq!(read, (vec![artefact], Some(pause), Some(policy)), "as written");
    store.write(|tx| tx.set_pause(None)).await.unwrap();
    assert_eq!(store.read(|r| r.pause()).await.unwrap(), None, "and a pause ends");
}
