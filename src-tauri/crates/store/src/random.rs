//! Randomness: keys, nonces and fresh ids.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use crate::error::{Error, Kind, Result};

/// Fills `bytes` from the operating system.
pub(crate) fn fill(bytes: &mut [u8]) -> Result<()> {
    getrandom::fill(bytes).map_err(|e| {
        Error::new(
            Kind::Internal,
            "the operating system gave no randomness",
            "Restart the machine; report this if it comes back.",
        )
        .caused_by(std::io::Error::other(e.to_string()))
    })
}

/// A fresh UUIDv7 for something that begins at `at` (UTC), to be put into one of the domain's ids.
///
/// # Errors
/// When the operating system has no randomness to give.
pub fn fresh_id(at: DateTime<Utc>) -> Result<Uuid> {
    Ok(Ids::new(at)?.next_id())
}

/// A random id (UUIDv4) for something that has no instant.
pub(crate) fn nameless_id() -> Result<Uuid> {
    let mut random = [0; 16];
    fill(&mut random)?;
    Ok(uuid::Builder::from_random_bytes(random).into_uuid())
}

/// Many fresh UUIDv7 of one instant, counting up from a random start (RFC 9562 §6.2, method 2), so that a
/// bulk insert fills indexes from left to right.
pub(crate) struct Ids {
    millis: u64,
    /// 74 bits: 12 of them before the variant, 62 behind it.
    counter: u128,
}

impl Ids {
    pub(crate) fn new(at: DateTime<Utc>) -> Result<Self> {
        let mut random = [0; 16];
        fill(&mut random)?;
        // The top bit of the 74 starts clear, so that counting never wraps.
        let counter = u128::from_be_bytes(random) & ((1 << 73) - 1);
        Ok(Self { millis: u64::try_from(at.timestamp_millis()).unwrap_or(0), counter })
    }

    pub(crate) fn next_id(&mut self) -> Uuid {
        self.counter += 1;
        let (high, low) = (self.counter >> 62, self.counter & ((1 << 62) - 1));
        Uuid::from_u128((u128::from(self.millis) << 80) | (7 << 76) | (high << 64) | (0b10 << 62) | low)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_version_7_of_the_instant_and_ascend() {
        let at = "2026-09-25T14:00:00.123Z".parse().unwrap();
        let mut ids = Ids::new(at).unwrap();
        let (first, second) = (ids.next_id(), ids.next_id());
        assert!(first < second, "bulk inserts rely on ascending ids");
        assert_eq!(first.get_version_num(), 7, "every row carries a UUIDv7");
        assert_eq!(first.get_variant(), uuid::Variant::RFC4122, "and of the right variant");
        let (seconds, nanos) = first.get_timestamp().unwrap().to_unix();
        assert_eq!((seconds, nanos), (1_790_344_800, 123_000_000), "the instant that was handed in");
        assert_ne!(fresh_id(at).unwrap(), fresh_id(at).unwrap(), "two ids of one instant differ");
    }
}
