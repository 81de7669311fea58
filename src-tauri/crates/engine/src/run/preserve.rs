//! Preserving: the state before the cut goes into the vault, is read back, and only then counts as stored.

use lockstep_domain::digest::Digest;
use lockstep_domain::guards::Blocker;
use lockstep_domain::plan::Step;
use lockstep_domain::run::{Assurance, RunEvent};
use lockstep_evidence::vault::VaultKey;

use super::control::Scene;
use super::journal::{Journal, Record};
use super::record::{Until, papers};
use crate::error::Result;

/// Stores the snapshot and settles the step, or says what hinders it. The snapshot's name and bytes follow
/// from the run alone, so that a crash leads to the same file again and never to a second one.
pub(crate) async fn preserve(scene: &Scene<'_>, journal: &Journal, step: &Step) -> Result<()> {
    let (since, person, attempts) = journal
        .ask(|run| (run.since, run.opened.person, run.step(step.id).map_or(0, |s| s.attempts.len())))
        .await;
    let attempt = u32::try_from(attempts + 1).unwrap_or(u32::MAX);
    if !journal.record(vec![Record::of(RunEvent::Intended { step: step.id, attempt, way: 0 })]).await? {
        return Ok(());
    }
    let id = step.id;
    // A snapshot that cannot be made must not end the drive: accounts are being cut beside it.
    match snapshot(scene, journal, VaultKey::snapshot(scene.desk.org(), person, since)).await {
        Ok((sha256, size)) => {
            let seen_at = scene.desk.clock.now();
            let settled =
                RunEvent::Settled { step: id, assurance: Assurance::ReadBack, seen_at, observation: sha256 };
            let artefact = "snapshot.pdf".to_owned();
            journal
                .record(vec![
                    Record::of(RunEvent::Stored { artefact, sha256, size, vault: "local".into() }),
                    Record::of(settled),
                ])
                .await?;
        }
        Err(e) => {
            scene.desk.notice(format!("{e}. {}", e.remedy()));
            let failed = RunEvent::Failed { step: id, attempt, error: "vault".into(), refused: true };
            let blocked = RunEvent::Blocked { step: id, blocker: Blocker::EvidenceMissing };
            journal.record(vec![Record::of(failed), Record::of(blocked)]).await?;
        }
    }
    Ok(())
}

/// Makes the snapshot and stores it, read back; answers with its hash and its size in bytes.
async fn snapshot(scene: &Scene<'_>, journal: &Journal, key: VaultKey) -> Result<(Digest, u64)> {
    let bytes = papers(scene.desk, scene.dossier, journal.id(), Until::Opening).await?.snapshot().await?;
    let told = (Digest::of(&bytes), u64::try_from(bytes.len()).unwrap_or(u64::MAX));
    scene.desk.put_away(key, bytes).await?;
    Ok(told)
}
