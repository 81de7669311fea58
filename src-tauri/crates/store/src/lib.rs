//! The store: one SQLite file per home, with the ledger, its projections and staged imports; and the secrets,
//! which never lie in that file. The only crate with SQL, and the only one that touches the keychain.
//!
//! A [`Store`] has one writing thread and a few readers. Work goes in as a closure and gets a typed handle, never a
//! database connection: a [`Tx`] in [`Store::write`], which is ONE transaction, durable when the call returns `Ok`;
//! a [`Reader`] in [`Store::read`], which is one consistent state. Everything that a `Reader` can, a `Tx` can.
//! Several processes may have the same home open; each appends in transactions that read the head inside.
//!
//! ```
//! # use chrono::{DateTime, TimeDelta, Utc};
//! # use lockstep_domain::ids::{EntryId, OrgId, PersonId};
//! # use lockstep_domain::ledger::{Actor, Draft};
//! use lockstep_store::{Error, Kind, MasterKey, Org, Store, StoreOptions, fresh_id};
//!
//! # async fn demo(home: &std::path::Path, now: DateTime<Utc>) -> lockstep_store::Result<()> {
//! let options = StoreOptions { master_key: Some(MasterKey::generate()?), ..StoreOptions::default() };
//! let opened = Store::open(home, options)?;
//! if opened.unclean_stop {
//!     assert_eq!(opened.store.check_integrity().await?, Vec::<String>::new(), "a damaged file is not used");
//! }
//! let store = opened.store;
//!
//! let org = Org { id: OrgId(fresh_id(now)?), name: "Acme".into(), created_at: now };
//! store.write(move |tx| tx.create_org(&org)).await?;
//!
//! let person = PersonId(fresh_id(now)?);
//! let draft = Draft {
//!     id: EntryId(fresh_id(now)?),
//!     at: now,
//!     actor: Actor::engine(),
//!     kind: "run.held".into(),
//!     run: None, // in a run: `tx.check_lease(run, holder, epoch)?` comes first, in the same transaction
//!     body: serde_json::json!({"why": "drill"}),
//!     commitment: None,
//! };
//! let entry = store.write(move |tx| tx.append_with_payload(draft, person, b"Kim Doe asked for it")).await?;
//!
//! let (head, payload) = store.read(move |r| Ok((r.head()?, r.payload(entry.id)?))).await?;
//! assert_eq!((head.seq, payload.as_deref()), (1, Some(&b"Kim Doe asked for it"[..])));
//!
//! // Giving up for a reason of one's own rolls everything back.
//! let given_up: Result<(), Error> = store.write(|_tx| Err(Error::abandon(std::fmt::Error))).await;
//! assert_eq!(given_up.unwrap_err().kind(), Kind::Abandoned);
//! # Ok(()) }
//! # let home = tempfile::tempdir().unwrap();
//! # tokio::runtime::Builder::new_current_thread().build().unwrap()
//! #     .block_on(demo(home.path(), "2026-09-25T14:00:00Z".parse().unwrap())).unwrap();
//! ```

mod crypto;
mod error;
mod handle;
mod health;
mod open;
mod options;
mod presence;
mod random;
mod schema;
mod secrets;
mod store;
mod tables;
mod writer;

pub use error::{Error, Kind, Result};
pub use handle::{Reader, Tx};
pub use options::{Fuse, MasterKey, StoreOptions};
pub use random::fresh_id;
pub use secrets::{Keychain, SealedFile, SecretStore, Unlock};
pub use store::{Opened, Store};
pub use tables::account_detail::DetailRow;
pub use tables::accounts::{AccountRow, Admins, Held};
pub use tables::activity::ActivityLog;
pub use tables::artefact::{Artefact, Location};
pub use tables::checkpoint::Checkpoint;
pub use tables::connection::{ConnectionRow, Trouble};
pub use tables::cursor::CursorRow;
pub use tables::flip::Flipped;
pub use tables::lease::Lease;
pub use tables::ledger::Head;
pub use tables::links::{LinkRow, LinkState};
pub use tables::org::Org;
pub use tables::outbox::OutboxRow;
pub use tables::pause::Pause;
pub use tables::people::{EmploymentRow, Ends, PersonRow};
pub use tables::policy::PolicyVersion;
pub use tables::reads::{NewRead, QuarantinedRow, ReadEnd, ReadKind, ReadRow};
pub use tables::runs::{NewRun, RunRow};
pub use tables::scan::{Fault, Problem, Scanned, ScannedRow};
pub use tables::timer::{NewTimer, TimerRow, TimerState};
pub use tables::usage::UsageSpan;
