//! Evidence that an auditor can check without us: the Merkle tree over the ledger, signed checkpoints,
//! documents as PDF, the bundle with its verifier, and vaults.
//!
//! Nothing here reads a clock, a database or the network. Times are parameters and the same input always
//! gives the same bytes. What is sealed is tamper-evident: a change is found, not prevented.

pub mod bundle;
pub mod checkpoint;
pub mod csv_export;
pub mod document;
pub mod merkle;
pub mod note;
mod pdf;
pub mod vault;

pub use pdf::PdfError;
