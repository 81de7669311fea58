//! What a connector says it can do: plain data that the planner, the wizard, the docs and the tests read.

use serde::{Deserialize, Serialize};

use crate::access::{Wish, WishKind};
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
    /// Taken only once the vendor has refused every other way for good, and only because the approval bound it.
    #[serde(default, skip_serializing_if = "is_false")]
    pub fallback: bool,
    /// Serves only objects whose vendor id begins so ("role:"), where a vendor's objects differ in what they
    /// cost; `None`: all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub only: Option<String>,
    /// Entitlements whose vendor id begins so are applications behind this system that it tells nothing: their
    /// own sessions and keys live on when this wish holds here.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub spares: Vec<String>,
}

fn is_false(flag: &bool) -> bool {
    !flag
}

impl Can {
    /// A way that any object of the wish can take, without dialect and at once visible.
    pub fn new(wish: WishKind, effect: Effect, proof: Proof) -> Self {
        Self { wish, effect, proof, lag_s: 0, dialect: None, fallback: false, only: None, spares: Vec::new() }
    }

    /// Whether this way serves that very wish.
    pub fn serves(&self, wish: &Wish) -> bool {
        let object = wish.object().unwrap_or_default();
        self.wish == wish.kind() && self.only.as_deref().is_none_or(|begin| object.starts_with(begin))
    }
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
    fn a_way_serves_only_the_objects_it_is_about() {
        let way = |only: Option<&str>| Can {
            only: only.map(Into::into),
            ..Can::new(WishKind::GrantAbsent, Effect::Reversible, Proof::ReadBack)
        };
        let wish = |id: &str| Wish::GrantAbsent { entitlement: id.into() };
        assert!(way(Some("role:")).serves(&wish("role:r1")), "what it was made for");
        assert!(!way(Some("role:")).serves(&wish("app:a1")), "taking an app away may destroy data there");
        assert!(way(None).serves(&wish("app:a1")), "without a limit, all");
        assert!(!way(None).serves(&Wish::Disabled), "and no other wish");
    }

    #[test]
    fn what_is_not_said_is_not_written() {
        let can = Can::new(WishKind::Disabled, Effect::Reversible, Proof::ReadBack);
        let text = serde_json::to_string(&can).unwrap();
        assert_eq!(
            text, r#"{"wish":"disabled","effect":"reversible","proof":"read_back","lag_s":0,"dialect":null}"#,
            "golden: entries written before these fields existed must hash the same"
        );
        assert_eq!(serde_json::from_str::<Can>(&text).unwrap(), can, "and be read the same");
    }

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
