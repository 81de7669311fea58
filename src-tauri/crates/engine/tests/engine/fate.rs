//! The points at which a process may die: before and after every durable commit, every write to a vendor and
//! every write to the secret store. A test may look at the world at each of them.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use lockstep_store::{Fuse, Result, SecretStore};
use zeroize::Zeroizing;

/// Who is told of every point that a process passes.
#[derive(Clone, Default)]
pub(crate) struct Witness(Option<Arc<dyn Fn() + Send + Sync>>);

impl Witness {
    /// Nobody looks.
    pub(crate) fn none() -> Self {
        Self::default()
    }

    /// `look` is called at every point, while nothing else of the process that passes it goes on.
    pub(crate) fn who(look: impl Fn() + Send + Sync + 'static) -> Self {
        Self(Some(Arc::new(look)))
    }

    pub(crate) fn point(&self) {
        if let Some(look) = &self.0 {
            look();
        }
    }
}

impl std::fmt::Debug for Witness {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Witness")
    }
}

impl Fuse for Witness {
    fn before_commit(&self) -> bool {
        self.point();
        true
    }

    fn after_commit(&self) -> bool {
        self.point();
        true
    }
}

/// Secrets that outlive the process that uses them.
#[derive(Clone, Debug, Default)]
pub(crate) struct Keyring(Arc<Mutex<BTreeMap<String, Vec<u8>>>>);

impl Keyring {
    /// Everything in it.
    pub(crate) fn contents(&self) -> BTreeMap<String, Vec<u8>> {
        self.with(|all| all.clone())
    }

    /// A keyring with these contents.
    pub(crate) fn of(contents: BTreeMap<String, Vec<u8>>) -> Self {
        Self(Arc::new(Mutex::new(contents)))
    }

    /// The keyring as one process sees it.
    pub(crate) fn seen_by(&self, witness: &Witness) -> Arc<dyn SecretStore> {
        Arc::new(Seen { keyring: self.clone(), witness: witness.clone() })
    }

    fn with<T>(&self, work: impl FnOnce(&mut BTreeMap<String, Vec<u8>>) -> T) -> T {
        work(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

#[derive(Debug)]
struct Seen {
    keyring: Keyring,
    witness: Witness,
}

impl SecretStore for Seen {
    fn get(&self, name: &str) -> Result<Option<Zeroizing<Vec<u8>>>> {
        Ok(self.keyring.with(|all| all.get(name).cloned().map(Zeroizing::new)))
    }

    fn set(&self, name: &str, value: &[u8]) -> Result<()> {
        self.witness.point();
        self.keyring.with(|all| all.insert(name.into(), value.into()));
        self.witness.point();
        Ok(())
    }

    fn delete(&self, name: &str) -> Result<()> {
        self.keyring.with(|all| all.remove(name));
        Ok(())
    }
}
