//! The only door to the network.
//!
//! Whatever reaches a vendor goes through [`Api`]: it decides which addresses may be reached, logs in, paces,
//! retries reads (never writes), limits time and size, and turns every refusal into an [`Error`](crate::Error)
//! that names what to do. Nothing it says or logs holds a secret or a body.

mod address;
mod auth;
mod body;
mod client;
mod exchange;
mod hook;
mod link;
mod mail;
mod pace;
mod retry;
mod signer;
mod status;
pub(crate) mod text;
mod token;
mod transport;

pub use auth::Auth;
pub use client::Api;
pub use exchange::{ApiOptions, Document, Write};
pub use hook::Hook;
pub use link::PageLink;
pub use mail::{Mailbox, Mailer, Relay, Security};
pub use token::ServiceApp;
