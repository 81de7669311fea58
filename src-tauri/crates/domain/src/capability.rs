//! What a connector says it can do: plain data that the planner, the wizard, the docs and the tests read.

use serde::{Deserialize, Serialize};

use crate::access::WishKind;
use crate::people::words;

words! {
    /// What making a wish true costs. A fact of the vendor, not of the wish. Ordered by strength.
    Effect {
        /// Can be undone with nothing lost.
        Reversible = "reversible",
        /// Can be undone, but something is lost on the way.
        Lossy = "lossy",
        /// Cannot be undone.
        Final = "final",
    }
}

words! {
    /// How the vendor lets us know that it is so.
    Proof {
        /// The state can be read back.
        ReadBack = "read_back",
        /// Only the answer to the write exists.
        Receipt = "receipt",
    }
}

/// One way in which a connector can make one kind of wish true.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Can {
    /// The wish it serves.
    pub wish: WishKind,
    /// What it costs.
    pub effect: Effect,
    /// How it is proven.
    pub proof: Proof,
    /// For how many seconds after a write the vendor may still show the old state. Until then
    /// "not yet" means wait, never a second write.
    pub lag_s: u32,
    /// The vendor's dialect this is about, where vendors of one protocol differ ("replace_object").
    /// Dialects of one wish are tried in the order in which they are listed.
    pub dialect: Option<String>,
}

words! {
    /// How far a connection may go. Every connection starts in `observe`.
    Mode {
        /// Reads only.
        Observe = "observe",
        /// May also do what is reversible and denies access.
        ContainOnly = "contain_only",
        /// May do everything that a run was approved for.
        Full = "full",
    }
}

impl Mode {
    /// Whether a write of this effect in this kind of wave is allowed.
    pub fn allows(self, containing: bool, effect: Effect) -> bool {
        match self {
            Self::Observe => false,
            Self::ContainOnly => containing && effect == Effect::Reversible,
            Self::Full => true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn observe_writes_nothing_and_contain_only_loses_nothing() {
        for &effect in Effect::ALL {
            for containing in [true, false] {
                assert!(!Mode::Observe.allows(containing, effect), "observe means read only");
                assert!(Mode::Full.allows(containing, effect), "full means what was approved");
                assert_eq!(
                    Mode::ContainOnly.allows(containing, effect),
                    containing && effect == Effect::Reversible,
                    "contain only must be undoable: {effect}"
                );
            }
        }
    }
}
