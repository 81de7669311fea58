use std::time::Duration;

/// Numbers that are the same in every run of the test (xorshift64*).
pub(crate) struct Random(pub(crate) u64);

impl Random {
    /// Some time up to `limit`.
    pub(crate) fn up_to(&mut self, limit: Duration) -> Duration {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        let thousandth = self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 32;
        limit * u32::try_from(thousandth % 1000).unwrap() / 1000
    }
}
