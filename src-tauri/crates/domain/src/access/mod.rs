//! Accounts, what hangs on them, what we wish of them, and the judge.

mod account;
mod judge;
mod observation;
mod target;
mod wish;

pub use account::{
    AccountDetail, AccountRecord, CredentialRecord, EntitlementRecord, GrantRecord, OwnerKind,
};
pub use judge::{Verdict, holds_in};
pub use observation::{AccountFacts, CredentialState, Observation, Presence, Sessions, SignIn};
pub use target::{AccountRef, Target, TaskRef};
pub use wish::{Wish, WishKind};
