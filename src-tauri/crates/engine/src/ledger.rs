//! The ledger's health: the anchor outside the database, signed checkpoints, and verifying all of it.

use lockstep_domain::digest::Digest;
use lockstep_evidence::bundle::Consistency;
use lockstep_evidence::checkpoint::{self, Checkpoint};
use lockstep_evidence::merkle::{self, Frontier};
use lockstep_evidence::note::VerifierKey;
use lockstep_store::{Checkpoint as CheckpointRow, Scanned};
use serde::{Deserialize, Serialize};

use crate::api::{CheckpointView, KeyView, LedgerView};
use crate::desk::Desk;
use crate::error::{Code, Error, Result};

/// For how many leaves room is made before they are read: 64 MiB of them.
const MOST_LEAVES_AHEAD: usize = 1 << 21;

/// The name of the anchor in the secret store.
const ANCHOR: &str = "ledger-anchor";

/// Set while a check of the whole file is due.
pub(crate) const CHECK_DUE: &str = "file-check-due";

/// Entries that are checked at every start after a crash.
const TAIL: u64 = 1000;

/// The last head that is known outside the database.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
struct Anchor {
    size: u64,
    head: Digest,
}

/// A checkpoint that was just made.
pub(crate) struct MadeCheckpoint {
    pub(crate) note: String,
    pub(crate) size: u64,
}

impl Desk {
    /// Verifies the whole ledger: every entry against the chain, every checkpoint, and the anchor.
    ///
    /// # Errors
    /// [`Code::Store`] when the database cannot be read at all. What is wrong with the ledger is in the answer.
    pub async fn verify_ledger(&self) -> Result<LedgerView> {
        // Anchor and checkpoints first: another process may append and sign while the ledger is read, and what
        // is newer than the head that is looked at is no fault of it.
        let anchor = self.anchor()?;
        let (signed, head) = self.store.read(|r| Ok((r.checkpoints()?, r.head()?))).await?;
        let (leaves, mut failures) = self.scan(1, head.seq).await?;
        if let Some(anchor) = &anchor {
            failures.extend(beside_anchor(anchor, &leaves));
        }
        let (checkpoints, bad) = self.check_checkpoints(signed, &leaves)?;
        failures.extend(bad);
        Ok(LedgerView {
            ok: failures.is_empty(),
            entries: head.seq,
            head: head.hash,
            root: merkle::root(&leaves),
            failures,
            anchor: anchor.map(|a| (a.size, a.head)),
            checkpoints,
        })
    }

    /// Signs what the ledger is now, for somebody outside to keep. With the note that they kept before, also
    /// proves that nothing of what they knew was changed or taken away since.
    ///
    /// # Errors
    /// [`Code::Usage`] when `since` is no note of this ledger; [`Code::Tampered`] when the ledger is not what
    /// it was.
    pub async fn checkpoint(&self, since: Option<&str>) -> Result<CheckpointView> {
        let made = self.make_checkpoint().await?;
        let since = match since {
            None => None,
            Some(note) => Some(self.prove_since(note, made.size).await?),
        };
        Ok(CheckpointView { entries: made.size, note: made.note, since })
    }

    async fn prove_since(&self, note: &str, size: u64) -> Result<String> {
        let key = self.keys.signer(self.org())?.verifier().clone();
        let not_ours = |what: String| {
            Error::new(
                Code::Usage,
                format!("the checkpoint given is not one of this ledger: {what}"),
                "Give the file as `lockstep ledger checkpoint` or a bundle's checkpoint.txt had it.",
            )
        };
        let earlier = Checkpoint::open(note, &key).map_err(|e| not_ours(e.to_string()))?;
        let leaves = self.leaves(size).await?;
        let proof =
            merkle::consistency_proof(&leaves, earlier.size, size).map_err(|e| not_ours(e.to_string()))?;
        let covered = usize::try_from(earlier.size).ok().and_then(|n| leaves.get(..n));
        if covered.map(merkle::root) != Some(earlier.root) {
            return Err(tampered(&format!(
                "its first {} entries are not what was signed then",
                earlier.size
            )));
        }
        let file = Consistency { checkpoint: note.to_owned(), proof }.to_file();
        let file =
            file.map_err(|e| Error::new(Code::Failed, e.to_string(), "Report this; it is a defect."))?;
        Ok(String::from_utf8_lossy(&file).into_owned())
    }

    /// The public evidence key.
    ///
    /// # Errors
    /// [`Code::SecretsLocked`] when the key is damaged.
    pub async fn key(&self) -> Result<KeyView> {
        self.key_view()
    }

    pub(crate) fn key_view(&self) -> Result<KeyView> {
        let signer = self.keys.signer(self.org())?;
        Ok(KeyView {
            verifier_key: signer.verifier().to_string(),
            ed25519_hex: signer.verifier().key_hex(),
            origin: checkpoint::origin(self.org()),
        })
    }

    /// Leaf hashes of the first `size` entries, for proofs.
    ///
    /// # Errors
    /// [`Code::Tampered`] when one of them is not what it was.
    pub(crate) async fn leaves(&self, size: u64) -> Result<Vec<Digest>> {
        let (leaves, failures) = self.scan(1, size).await?;
        failures.first().map_or(Ok(leaves), |first| Err(tampered(first)))
    }

    /// Leaf hashes of a range of entries, worked out anew in two halves at once, and what is wrong.
    async fn scan(&self, from: u64, to: u64) -> Result<(Vec<Digest>, Vec<String>)> {
        let middle = from + to.saturating_sub(from) / 2;
        let walk = |from: u64, to: u64| {
            self.store.read(move |r| {
                // The number of the last entry may be a tamperer's: it must not say how much is set aside.
                let expected = usize::try_from((to + 1).saturating_sub(from)).unwrap_or(usize::MAX);
                let mut leaves = Vec::with_capacity(expected.min(MOST_LEAVES_AHEAD));
                let scanned = r.scan_ledger(from, to, |row| {
                    leaves.push(row.hash);
                    Ok(())
                })?;
                Ok((leaves, scanned))
            })
        };
        let ((mut leaves, first), (rest, second)) =
            tokio::try_join!(walk(from, middle.min(to)), walk(middle + 1, to))?;
        leaves.extend(rest);
        let told = |s: Scanned| s.faults.into_iter().map(|f| f.to_string());
        Ok((leaves, told(first).chain(told(second)).collect()))
    }

    fn check_checkpoints(&self, rows: Vec<CheckpointRow>, leaves: &[Digest]) -> Result<(usize, Vec<String>)> {
        let key: VerifierKey = self.keys.signer(self.org())?.verifier().clone();
        let mut good = 0;
        let mut bad = Vec::new();
        for row in rows {
            match judge_checkpoint(&row, &key, leaves) {
                Ok(()) => good += 1,
                Err(why) => bad.push(format!("checkpoint of {} entries: {why}", row.size)),
            }
        }
        Ok((good, bad))
    }

    /// Signs what the ledger is now and keeps it; the anchor moves with it. Only what came since the last
    /// checkpoint is read: what that one signed stands behind its tree's edge.
    pub(crate) async fn make_checkpoint(&self) -> Result<MadeCheckpoint> {
        let (head, last) = self.store.read(|r| Ok((r.head()?, r.last_checkpoint()?))).await?;
        if let Some(last) = last.as_ref().filter(|last| last.size == head.seq) {
            let note = String::from_utf8(last.note.clone())
                .map_err(|_| tampered("the last checkpoint is no text"))?;
            return Ok(MadeCheckpoint { note, size: last.size });
        }
        let mut frontier = match &last {
            None => Frontier::default(),
            Some(last) => edge_of(last)
                .ok_or_else(|| tampered("the last checkpoint's tree is not the one it signed"))?,
        };
        let (since, failures) = self.scan(frontier.size() + 1, head.seq).await?;
        if let Some(first) = failures.first() {
            return Err(tampered(first));
        }
        since.into_iter().for_each(|leaf| frontier.append(leaf));
        let root = frontier.root();
        let signer = self.keys.signer(self.org())?;
        let note = Checkpoint { origin: checkpoint::origin(self.org()), size: head.seq, root }
            .sign(&signer)
            .map_err(|e| {
                Error::new(Code::Failed, "the checkpoint cannot be signed", "Report this; it is a defect.")
                    .caused_by(e)
            })?;
        let row = CheckpointRow {
            size: head.seq,
            root,
            note: note.clone().into_bytes(),
            frontier: frontier.to_bytes(),
            at: self.clock.now(),
        };
        self.store
            .write(move |tx| {
                // Another process may have signed the same or more meanwhile; both signatures are good.
                if tx.last_checkpoint()?.is_none_or(|last| last.size < row.size) {
                    tx.add_checkpoint(&row)?;
                }
                Ok(())
            })
            .await?;
        self.move_anchor().await?;
        Ok(MadeCheckpoint { note, size: head.seq })
    }

    /// Tells the secret store how far the ledger is, so that a database that lost its end is noticed. One
    /// process after the other: two that write the same entry of a keychain at once can leave it torn, and the
    /// anchor never goes back.
    pub(crate) async fn move_anchor(&self) -> Result<()> {
        let failed = |e: Box<dyn std::error::Error + Send + Sync>| {
            Error::new(Code::Failed, "the anchor could not be moved", "Try again.").caused_by(e)
        };
        let lock = self.home.anchor_lock();
        let locked = tokio::task::spawn_blocking(move || {
            let file = std::fs::File::options().create(true).write(true).truncate(false).open(lock)?;
            file.lock().map(|()| file)
        });
        let turn = locked.await.map_err(|e| failed(e.into()))?.map_err(|e| failed(e.into()))?;
        let head = self.store.read(|r| r.head()).await?;
        let anchor = Anchor { size: head.seq, head: head.hash };
        // A struct of a number and a digest always has a JSON form.
        let text = serde_json::to_vec(&anchor).unwrap_or_default();
        let secrets = self.secrets.clone();
        let moved = tokio::task::spawn_blocking(move || secrets.set(ANCHOR, &text)).await;
        drop(turn);
        Ok(moved.map_err(|e| failed(e.into()))??)
    }

    fn anchor(&self) -> Result<Option<Anchor>> {
        let Some(bytes) = self.secrets.get(ANCHOR)? else { return Ok(None) };
        let anchor = serde_json::from_slice(&bytes).map_err(|e| {
            Error::new(
                Code::Tampered,
                "the ledger's anchor in the secret store is damaged",
                "Find out who changed the secret store; `lockstep ledger verify` checks the ledger itself.",
            )
            .caused_by(e)
        })?;
        Ok(Some(anchor))
    }

    /// A database behind the anchor was cut or is an older copy: stop. Ahead of it, after a crash, is normal.
    pub(crate) async fn check_anchor(&self) -> Result<()> {
        let Some(anchor) = self.anchor()? else { return Ok(()) };
        if anchor.size == 0 {
            return Ok(());
        }
        let seq = anchor.size;
        let (head, there) = self.store.read(move |r| Ok((r.head()?, r.entries(seq..=seq)?))).await?;
        match there.first().map(lockstep_domain::ledger::Entry::hash) {
            Some(Ok(hash)) if hash == anchor.head => Ok(()),
            Some(_) => Err(tampered(&format!("entry {seq} is not the one that the anchor names"))),
            None => Err(tampered(&format!(
                "the ledger ends at entry {}, and entry {seq} was written: its end was cut or an older copy was restored",
                head.seq
            ))),
        }
    }

    /// After a stop without closing, the tail (all that a crash can hurt) is checked at once and the whole file
    /// beside whatever is done next: a leaver is not kept in while a large file is read. That the check is due
    /// stays noted until it was passed.
    pub(crate) async fn check_after_unclean_stop(&self) -> Result<()> {
        let tail = self.store.read(|r| r.check_tail(TAIL)).await?;
        if let Some(fault) = tail.first() {
            return Err(tampered(&fault.to_string()));
        }
        self.store.write(|tx| tx.set_setting(CHECK_DUE, "yes")).await?;
        let store = self.store.clone();
        let check = tokio::spawn(async move { store.check_integrity().await });
        *self.file_check.lock().await = Some(check);
        self.notice(
            "Lockstep did not close well the last time. The database is being checked; runs that were under way can be resumed (`lockstep run list`).",
        );
        Ok(())
    }

    /// Waits for the check of the database file, if one is under way, and tells what it found.
    ///
    /// # Errors
    /// [`Code::Store`] when the file is damaged.
    pub(crate) async fn sound(&self) -> Result<()> {
        let mut check = self.file_check.lock().await;
        let Some(under_way) = check.as_mut() else { return Ok(()) };
        let problems = under_way.await.map_err(|e| {
            Error::new(Code::Failed, "the database could not be checked", "Open the home again.").caused_by(e)
        })??;
        *check = None;
        if problems.is_empty() {
            self.store.write(|tx| tx.set_setting(CHECK_DUE, "no")).await?;
            return Ok(());
        }
        Err(Error::new(
            Code::Store,
            format!("the database is damaged: {}", problems.join("; ")),
            "Keep this home as it is and restore the newest backup beside it.",
        ))
    }
}

/// The right edge of the tree that a checkpoint signed; `None` when it is not that.
fn edge_of(row: &CheckpointRow) -> Option<Frontier> {
    Frontier::from_bytes(&row.frontier).ok().filter(|edge| edge.size() == row.size && edge.root() == row.root)
}

fn judge_checkpoint(row: &CheckpointRow, key: &VerifierKey, leaves: &[Digest]) -> Result<(), String> {
    let note = std::str::from_utf8(&row.note).map_err(|_| "it is no text".to_owned())?;
    let checkpoint = Checkpoint::open(note, key).map_err(|e| e.to_string())?;
    if checkpoint.size != row.size || checkpoint.root != row.root || edge_of(row).is_none() {
        return Err("the row is not what was signed".into());
    }
    let size = usize::try_from(checkpoint.size).unwrap_or(usize::MAX);
    let covered = leaves.get(..size).ok_or("the ledger is shorter than what was signed")?;
    if merkle::root(covered) == checkpoint.root {
        Ok(())
    } else {
        Err("the ledger is not what was signed".into())
    }
}

fn beside_anchor(anchor: &Anchor, leaves: &[Digest]) -> Option<String> {
    let size = usize::try_from(anchor.size).unwrap_or(usize::MAX);
    match size.checked_sub(1).and_then(|last| leaves.get(last)) {
        _ if size == 0 => None,
        Some(head) if *head == anchor.head => None,
        Some(_) => Some(format!("entry {size} is not the one that the anchor names")),
        None => Some(format!("the ledger ends before entry {size}, which the anchor names")),
    }
}

fn tampered(what: &str) -> Error {
    Error::new(
        Code::Tampered,
        format!("the ledger is not what it was: {what}"),
        "Stop using this home. Keep it as it is, restore the newest backup beside it, and find out who had access.",
    )
}
