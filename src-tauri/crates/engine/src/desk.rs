//! The Desk: an open home. Its verbs stand in a file per noun.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use chrono::{DateTime, Utc};
use lockstep_connectors::{Clock, Vendor};
use lockstep_domain::ids::{EntryId, OrgId, PersonId, RunId};
use lockstep_domain::ledger::{Actor, Draft, Entry};
use lockstep_store::SecretStore;
use lockstep_store::{Fuse, MasterKey, PolicyVersion, Store, StoreOptions, Tx, fresh_id};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use zeroize::Zeroizing;

use crate::api::Progress;
use crate::error::{Code, Error, Result};
use crate::home::{Home, HomeFile};
use crate::keys::{self, Keys};
use crate::ledger::CHECK_DUE;
use crate::policy::{self, LoadedPolicy};
use crate::schedule::{ClockWatch, Hindrances, Stop};

/// Where progress goes while long work is under way.
pub type ProgressSink = Arc<dyn Fn(Progress) + Send + Sync>;

/// Which secret store a home uses; chosen at `init`, written in the home.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SecretsKind {
    /// The operating system's keychain.
    Keychain,
    /// A sealed file in the home, opened by a passphrase. Only by explicit choice.
    SealedFile,
}

/// How to reach the secrets of this home.
pub enum SecretsChoice {
    /// The keychain.
    Keychain,
    /// The sealed file, with its passphrase.
    SealedFile(Zeroizing<String>),
    /// A store that the caller keeps, as tests do. Its home calls itself one with a sealed file.
    Given(Arc<dyn SecretStore>),
}

/// What a Desk is opened with.
pub struct DeskOptions {
    /// The clock.
    pub clock: Arc<dyn Clock>,
    /// The vendors of this build.
    pub vendors: Vec<Vendor>,
    /// The operator, as the operating system names them.
    pub operator: String,
    /// How to reach the secrets.
    pub secrets: SecretsChoice,
    /// Where progress goes.
    pub progress: Option<ProgressSink>,
    /// Stops the store at a chosen commit; for crash tests.
    pub fuse: Option<Arc<dyn Fuse>>,
}

/// A new home.
#[derive(Clone, Debug, Deserialize)]
pub struct Init {
    /// The organisation's name.
    pub organisation: String,
    /// The operator's own work e-mail, so that nobody cuts themselves off.
    pub operator_email: Option<String>,
}

/// The operator at this Desk.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Operator {
    /// Opaque id; what the ledger carries.
    pub(crate) id: String,
    /// As the operating system names them.
    pub(crate) name: String,
    /// Their own work e-mail.
    pub(crate) email: Option<String>,
}

/// An open home: the one API that window, CLI and service call.
pub struct Desk {
    pub(crate) home: Home,
    pub(crate) file: HomeFile,
    pub(crate) store: Store,
    pub(crate) secrets: Arc<dyn SecretStore>,
    pub(crate) keys: Keys,
    pub(crate) clock: Arc<dyn Clock>,
    /// Tells whether that clock can be relied on.
    pub(crate) clock_watch: ClockWatch,
    /// Asked when this process shall end.
    pub(crate) stop: Stop,
    pub(crate) vendors: Vec<Vendor>,
    pub(crate) operator: Operator,
    pub(crate) policy: LoadedPolicy,
    pub(crate) progress: Option<ProgressSink>,
    /// The check of the whole database file after an unclean stop, while it is under way.
    pub(crate) file_check: tokio::sync::Mutex<Option<FileCheck>>,
    /// Held while a run is taken up: one after the other.
    pub(crate) taking_up: tokio::sync::Mutex<()>,
    /// The runs that this Desk is driving: its lease tells it apart from other processes, not from itself.
    driving: Mutex<BTreeSet<RunId>>,
    /// What was said of hindered timers.
    pub(crate) hindrances: Hindrances,
    notices: Mutex<Vec<String>>,
}

type FileCheck = tokio::task::JoinHandle<lockstep_store::Result<Vec<String>>>;

impl Desk {
    /// Sets up a new home in an empty or missing folder and opens it.
    ///
    /// # Errors
    /// [`Code::Usage`] where there is a home already; [`Code::SecretsLocked`]; [`Code::Failed`].
    pub async fn init(dir: &Path, init: Init, options: DeskOptions) -> Result<Self> {
        let organisation = init.organisation.trim().to_owned();
        if organisation.is_empty() {
            return Err(Error::new(Code::Usage, "the organisation has no name", "Give it one with --org."));
        }
        let home = Home::at(dir);
        home.create()?;
        let org = OrgId(fresh_id(options.clock.now())?);
        let kind = match options.secrets {
            SecretsChoice::Keychain => SecretsKind::Keychain,
            SecretsChoice::SealedFile(_) | SecretsChoice::Given(_) => SecretsKind::SealedFile,
        };
        let secrets = keys::open_secrets(&home, org, &options.secrets, true)?;
        let keys = Keys::create(secrets.as_ref())?;
        let store = open_store(&home, &keys, options.fuse.clone())?.store;
        let at = options.clock.now();
        let operator = Operator {
            id: format!("op:{}", fresh_id(at)?),
            name: options.operator.clone(),
            email: init.operator_email.map(|e| e.trim().to_owned()).filter(|e| !e.is_empty()),
        };
        let (name, who) = (organisation.clone(), operator.clone());
        let verifier = keys.verifier_key(org)?;
        store
            .write(move |tx| {
                tx.create_org(&lockstep_store::Org { id: org, name, created_at: at })?;
                save_operator(tx, &who)?;
                tx.append(draft(at, &who.id, "org.created", json!({ "verifier_key": verifier }))?)?;
                Ok(())
            })
            .await?;
        home.write(&HomeFile { org, organisation, secrets: kind })?;
        drop(store);
        Self::open(dir, options).await
    }

    /// Opens a home.
    ///
    /// # Errors
    /// [`Code::NoHome`], [`Code::SecretsLocked`], [`Code::NeedsPerson`] when the secret store is open and holds no
    /// key of this home, [`Code::Store`] (corrupt, newer, full), [`Code::Tampered`] when the ledger ends before the
    /// anchor that is kept outside the database.
    pub async fn open(dir: &Path, options: DeskOptions) -> Result<Self> {
        let home = Home::at(dir);
        let file = home.read()?;
        let secrets = keys::open_secrets(&home, file.org, &options.secrets, false)?;
        let keys = Keys::load(secrets.as_ref())?;
        let policy = policy::load(&home)?;
        let opened = open_store(&home, &keys, options.fuse)?;
        let operator = known_operator(&opened.store, &options.operator, options.clock.now()).await?;
        let desk = Self {
            home,
            file,
            store: opened.store,
            secrets,
            keys,
            clock_watch: ClockWatch::new(options.clock.clone()),
            clock: options.clock,
            stop: Stop::default(),
            vendors: options.vendors,
            operator,
            policy,
            progress: options.progress,
            file_check: tokio::sync::Mutex::new(None),
            taking_up: tokio::sync::Mutex::new(()),
            driving: Mutex::new(BTreeSet::new()),
            hindrances: Hindrances::default(),
            notices: Mutex::new(Vec::new()),
        };
        desk.check_anchor().await?;
        let due = desk.store.read(|r| r.setting(CHECK_DUE)).await?.is_some_and(|due| due == "yes");
        if opened.unclean_stop || due {
            desk.check_after_unclean_stop().await?;
        }
        desk.note_policy().await?;
        Ok(desk)
    }

    /// Which secret store a home uses; asked before a Desk can be opened.
    ///
    /// # Errors
    /// [`Code::NoHome`].
    pub fn secrets_kind(dir: &Path) -> Result<SecretsKind> {
        Ok(Home::at(dir).read()?.secrets)
    }

    /// The organisation.
    pub fn org(&self) -> OrgId {
        self.file.org
    }

    /// The organisation's name.
    pub fn organisation(&self) -> &str {
        &self.file.organisation
    }

    /// Remarks that the operator must see and was not told yet: from opening the home and from what was done since.
    pub fn notices(&self) -> Vec<String> {
        std::mem::take(&mut *self.notices.lock().unwrap_or_else(PoisonError::into_inner))
    }

    pub(crate) fn notice(&self, line: impl Into<String>) {
        self.notices.lock().unwrap_or_else(PoisonError::into_inner).push(line.into());
    }

    /// Claims a run for one drive; `None` while another drive of this Desk has it.
    pub(crate) fn claim(&self, run: RunId) -> Option<Claim<'_>> {
        let fresh = self.driving.lock().unwrap_or_else(PoisonError::into_inner).insert(run);
        // Made only then: one that is made and thrown away would end the claim of the drive that has it.
        fresh.then(|| Claim { desk: self, run })
    }

    pub(crate) fn tell(&self, progress: Progress) {
        if let Some(sink) = &self.progress {
            sink(progress);
        }
    }

    /// Appends an act of the operator at this Desk.
    pub(crate) fn act(&self) -> Act {
        Act { at: self.clock.now(), operator: self.operator.id.clone(), org: self.org() }
    }

    /// The first time that a policy is seen, its text is kept and its version ledgered.
    async fn note_policy(&self) -> Result<()> {
        let (version, text, act) = (self.policy.version, self.policy.text.clone(), self.act());
        self.store
            .write(move |tx| {
                if tx.keep_policy(&PolicyVersion { sha256: version, toml: text, seen_at: act.at })? {
                    act.append(tx, "policy.seen", json!({ "version": version }))?;
                }
                Ok(())
            })
            .await?;
        Ok(())
    }
}

/// A run that is being driven; given up when dropped.
pub(crate) struct Claim<'a> {
    desk: &'a Desk,
    run: RunId,
}

impl Drop for Claim<'_> {
    fn drop(&mut self) {
        self.desk.driving.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.run);
    }
}

/// Who acts now.
#[derive(Clone)]
pub(crate) struct Act {
    pub(crate) at: DateTime<Utc>,
    pub(crate) operator: String,
    org: OrgId,
}

impl Act {
    /// Appends an entry that belongs to no run; the body holds opaque ids only.
    pub(crate) fn append(&self, tx: &Tx<'_>, kind: &str, body: Value) -> lockstep_store::Result<Entry> {
        tx.append(draft(self.at, &self.operator, kind, body)?)
    }

    /// Appends what follows from HR's word and from no operator's.
    pub(crate) fn append_as_engine(
        &self,
        tx: &Tx<'_>,
        kind: &str,
        body: Value,
    ) -> lockstep_store::Result<Entry> {
        tx.append(Draft { actor: Actor::engine(), ..draft(self.at, &self.operator, kind, body)? })
    }

    /// The same with the operator's own words. They may name people, so they go into a payload that can be
    /// erased: that of the person they are about, or of the organisation.
    pub(crate) fn append_said(
        &self,
        tx: &Tx<'_>,
        kind: &str,
        body: Value,
        about: Option<PersonId>,
        words: &str,
    ) -> lockstep_store::Result<Entry> {
        let draft = draft(self.at, &self.operator, kind, body)?;
        tx.append_with_payload(draft, about.unwrap_or(PersonId(self.org.0)), words.as_bytes())
    }
}

fn draft(at: DateTime<Utc>, operator: &str, kind: &str, body: Value) -> lockstep_store::Result<Draft> {
    let actor = Actor::new(operator).unwrap_or_else(|_| Actor::engine());
    Ok(Draft { id: EntryId(fresh_id(at)?), at, actor, kind: kind.into(), run: None, body, commitment: None })
}

fn open_store(home: &Home, keys: &Keys, fuse: Option<Arc<dyn Fuse>>) -> Result<lockstep_store::Opened> {
    let master_key = Some(MasterKey::from_bytes(keys.master())?);
    Ok(Store::open(home.dir(), StoreOptions { master_key, fuse, ..StoreOptions::default() })?)
}

/// The key under which an operator of this name is kept.
fn operator_key(name: &str) -> String {
    format!("operator:{name}")
}

fn save_operator(tx: &Tx<'_>, operator: &Operator) -> lockstep_store::Result<()> {
    // A struct of strings always has a JSON form.
    let text = serde_json::to_string(operator).unwrap_or_default();
    tx.set_setting(&operator_key(&operator.name), &text)
}

/// The operator of this name, taken in when first seen.
pub(crate) async fn known_operator(store: &Store, name: &str, now: DateTime<Utc>) -> Result<Operator> {
    let key = operator_key(name);
    let known = store.read(move |r| r.setting(&key)).await?;
    if let Some(operator) = known.and_then(|text| serde_json::from_str(&text).ok()) {
        return Ok(operator);
    }
    let operator = Operator { id: format!("op:{}", fresh_id(now)?), name: name.into(), email: None };
    let fresh = operator.clone();
    store.write(move |tx| save_operator(tx, &fresh)).await?;
    Ok(operator)
}
