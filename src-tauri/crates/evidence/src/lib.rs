//! Evidence that an auditor can check without us: the Merkle tree over the ledger, signed checkpoints,
//! documents as PDF, the bundle with its verifier, and vaults.
//!
//! Nothing here reads a clock, a database or the network. Times are parameters and the same input always
//! gives the same bytes. What is sealed is tamper-evident: a change is found, not prevented.
//!
//! | to | use |
//! |---|---|
//! | keep the Merkle root while the ledger grows | [`merkle::Frontier`] |
//! | prove many entries | [`merkle::Tree`] |
//! | sign the ledger's head | [`checkpoint::signer`], [`checkpoint::Checkpoint::sign`] |
//! | print | [`document::Snapshot::render`], [`document::RunRecord::render`] |
//! | hand out and check | [`bundle::BundleBuilder::build`], [`bundle::verify`] |
//! | keep | [`vault::Vault`], [`vault::LocalVault`] |
//! | export a table | [`csv_export::export`] |

pub mod bundle;
pub mod checkpoint;
pub mod csv_export;
pub mod document;
pub mod merkle;
pub mod note;
mod pdf;
pub mod vault;

pub use pdf::PdfError;
