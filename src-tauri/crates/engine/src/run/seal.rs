//! Sealing: the run record is made, stored, read back, and its hash goes into the ledger under a signed
//! checkpoint.

use lockstep_domain::digest::Digest;
use lockstep_domain::run::RunEvent;
use lockstep_evidence::vault::VaultKey;

use super::control::Scene;
use super::journal::{Journal, Record};
use super::record::{RECORD, Until, papers};
use crate::error::Result;

/// Makes, stores and seals the run record. Name and bytes follow from the run's entries alone, so that a
/// crash leads to the same file again.
pub(crate) async fn seal(scene: &Scene<'_>, journal: &Journal) -> Result<()> {
    let desk = scene.desk;
    let (id, person) = (journal.id(), journal.ask(|run| run.opened.person).await);
    let papers = papers(desk, scene.dossier, id, Until::Now).await?;
    let at = papers.told_until();
    let bytes = papers.record().await?;
    let (record, size) = (Digest::of(&bytes), u64::try_from(bytes.len()).unwrap_or(u64::MAX));
    desk.put_away(VaultKey::record(desk.org(), person, at), bytes).await?;
    let entries = desk.store.read(move |r| r.entries_of_run(id)).await?;
    let stored = entries.iter().any(|e| {
        matches!(RunEvent::from_parts(&e.kind, &e.body), Ok(RunEvent::Stored { sha256, .. }) if sha256 == record)
    });
    if !stored {
        let artefact = RECORD.to_owned();
        journal
            .record(vec![Record::of(RunEvent::Stored {
                artefact,
                sha256: record,
                size,
                vault: "local".into(),
            })])
            .await?;
    }
    // How many entries it seals is counted where it is appended.
    let sealed = RunEvent::Sealed { record, entries: 0, first_seq: 0, last_seq: 0 };
    journal.record(vec![Record::of(sealed)]).await?;
    desk.make_checkpoint().await.map(|_| ())
}
