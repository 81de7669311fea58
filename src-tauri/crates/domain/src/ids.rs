//! Our own ids: UUIDv7, made outside the domain and opaque everywhere. Vendors' ids stay strings, verbatim.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident),+ $(,)?) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub Uuid);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl FromStr for $name {
            type Err = uuid::Error;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Uuid::parse_str(text).map(Self)
            }
        }
    )+};
}

ids! {
    /// The organisation that a home belongs to; made once by `init`, carried by every row.
    OrgId,
    /// A human being as we know them, whatever their employments, e-mails and accounts.
    PersonId,
    /// One stint of employment. A rehire is a new one.
    EmploymentId,
    /// A configured tie to one tenant of one vendor.
    ConnectionId,
    /// A row of the register of systems, connected or not.
    SystemId,
    /// An account that a vendor lets somebody hold.
    AccountId,
    /// The statement that an account belongs to a person.
    LinkId,
    /// One execution of a plan.
    RunId,
    /// A ledger entry.
    EntryId,
    /// One complete or broken-off read of a source.
    ReadId,
}
