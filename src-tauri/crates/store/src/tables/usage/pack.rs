//! A day of use in few bytes: for each hour with use its number, then requests, tokens in and tokens out as
//! variable-length numbers (LEB128: seven bits a byte, the lowest first). Stored data: the form never changes.

use crate::error::{Error, Result};

/// Use within one hour.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Hour {
    pub(super) requests: u64,
    pub(super) input_tokens: u64,
    pub(super) output_tokens: u64,
}

/// A day by its hours (UTC).
pub(super) type Day = [Hour; 24];

impl Hour {
    pub(super) fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    fn numbers(&self) -> [u64; 3] {
        [self.requests, self.input_tokens, self.output_tokens]
    }
}

pub(super) fn pack(day: &Day) -> Vec<u8> {
    let mut bytes = Vec::new();
    for (number, hour) in (0_u8..).zip(day).filter(|(_, hour)| !hour.is_empty()) {
        bytes.push(number);
        hour.numbers().into_iter().for_each(|n| put(&mut bytes, n));
    }
    bytes
}

pub(super) fn unpack(mut bytes: &[u8]) -> Result<Day> {
    let mut day = Day::default();
    while let Some((number, rest)) = bytes.split_first() {
        bytes = rest;
        let hour = day.get_mut(usize::from(*number)).ok_or_else(broken)?;
        let Hour { requests, input_tokens, output_tokens } = hour;
        for count in [requests, input_tokens, output_tokens] {
            *count = take(&mut bytes)?;
        }
    }
    Ok(day)
}

fn put(bytes: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        bytes.push((number & 0x7f) as u8 | 0x80);
        number >>= 7;
    }
    bytes.push(number as u8);
}

fn take(bytes: &mut &[u8]) -> Result<u64> {
    let mut number = 0_u64;
    for shift in (0..64).step_by(7) {
        let (byte, rest) = bytes.split_first().ok_or_else(broken)?;
        *bytes = rest;
        let bits = u64::from(byte & 0x7f);
        number |= bits.checked_shl(shift).filter(|n| n >> shift == bits).ok_or_else(broken)?;
        if byte & 0x80 == 0 {
            return Ok(number);
        }
    }
    Err(broken())
}

fn broken() -> Error {
    Error::malformed("a day of use is not of the expected form".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_comes_back_as_it_was() {
        let mut day = Day::default();
        assert_eq!(pack(&day), Vec::<u8>::new(), "no use takes no room");
        day[0] = Hour { requests: 1, input_tokens: 127, output_tokens: 128 };
        day[23] = Hour { requests: u64::MAX, input_tokens: 0, output_tokens: 1 << 63 };
        assert_eq!(unpack(&pack(&day)).unwrap(), day, "evidence is not rounded");
        assert_eq!(pack(&day)[..5], [0, 1, 0x7f, 0x80, 1], "golden: what is stored must stay readable");
    }

    #[test]
    fn a_broken_day_is_told_and_never_taken_for_little_use() {
        for bytes in [
            &[24, 1, 1, 1][..],
            &[0],
            &[0, 1, 1],
            &[0, 0x80],
            &[0, 255, 255, 255, 255, 255, 255, 255, 255, 255, 2, 0, 0],
        ] {
            assert!(unpack(bytes).is_err(), "{bytes:?} is no day");
        }
    }
}
