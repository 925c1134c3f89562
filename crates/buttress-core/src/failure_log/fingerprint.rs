//! The same number for the same fault, in every process and every version.

use crate::InvalidConfig;
use std::fmt;
use std::str::FromStr;

/// What tells classes of failures apart: a number made of the operation, the component, the type of the error and its masked
/// message. It is the same on every machine and in every version, so that what was written yesterday is found today.
///
/// Not a secret and not a proof: who chooses the messages can make two that have the same number.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Fingerprint(u64);

impl Fingerprint {
    /// The fingerprint of these texts. `template` is the message, masked.
    #[must_use]
    pub fn of(operation: &str, component: &str, error_type: &str, template: &str) -> Self {
        let texts = [operation, component, error_type, template];
        let mixed = texts.iter().fold(SEED, |state, text| mix_text(state, text.as_bytes()));
        Self(finish(mixed))
    }

    /// The number.
    #[must_use]
    pub const fn get(self) -> u64 {
        self.0
    }
}

/// Any odd numbers with about as many ones as zeros do; these are the fractions of the golden ratio and of the square root
/// of three.
const SEED: u64 = 0x9E37_79B9_7F4A_7C15;
const FACTOR: u64 = 0xBB67_AE85_84CA_A73B;

/// Takes a text in, eight bytes at a time. Its length goes in as well, so that what ends one text cannot begin the next.
fn mix_text(state: u64, text: &[u8]) -> u64 {
    let (words, rest) = text.as_chunks::<8>();
    let state = words.iter().fold(state, |state, word| mix(state, u64::from_le_bytes(*word)));
    let mut last = [0; 8];
    last[..rest.len()].copy_from_slice(rest);
    mix(mix(state, u64::from_le_bytes(last)), text.len() as u64)
}

const fn mix(state: u64, word: u64) -> u64 {
    let mixed = (state ^ word).wrapping_mul(FACTOR);
    mixed ^ (mixed >> 32)
}

/// The last two steps of `MurmurHash3`'s 64-bit mixer: every bit of the number depends on every bit taken in.
const fn finish(mixed: u64) -> u64 {
    let mixed = (mixed ^ (mixed >> 33)).wrapping_mul(0xFF51_AFD7_ED55_8CCD);
    let mixed = (mixed ^ (mixed >> 33)).wrapping_mul(0xC4CE_B9FE_1A85_EC53);
    mixed ^ (mixed >> 33)
}

impl fmt::Display for Fingerprint {
    /// 16 hexadecimal digits.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

impl fmt::Debug for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Fingerprint({self})")
    }
}

impl FromStr for Fingerprint {
    type Err = InvalidConfig;

    fn from_str(digits: &str) -> Result<Self, InvalidConfig> {
        let hexadecimal = digits.len() == 16 && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
        let number = hexadecimal.then(|| u64::from_str_radix(digits, 16).ok()).flatten();
        let refusal = || InvalidConfig::new("fingerprint", digits.escape_debug(), "16 hexadecimal digits");
        number.map(Self).ok_or_else(refusal)
    }
}

#[cfg(feature = "serde")]
impl serde::Serialize for Fingerprint {
    fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}

#[cfg(feature = "serde")]
impl<'de> serde::Deserialize<'de> for Fingerprint {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let digits = <std::borrow::Cow<'de, str>>::deserialize(from)?;
        digits.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(all(test, not(buttress_loom)))]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn s0_63_the_fingerprint_of_yesterday_is_that_of_today() {
        // Numbers that were written down once: whoever changes them loses the history of every log there is.
        let known = [
            (["", "", "", ""], "090e6b58033b124e"),
            (["charge", "payments", "io::TimedOut", "no answer in <duration>"], "9ea9d6247a618efe"),
        ];
        for ([operation, component, error_type, template], digits) in known {
            assert_eq!(Fingerprint::of(operation, component, error_type, template).to_string(), digits);
        }
    }

    #[test]
    fn texts_that_differ_anywhere_have_other_fingerprints() {
        let mut seen = HashSet::new();
        for at in 0..4 {
            for length in 0..40 {
                for letter in ["a", "b", "\0"] {
                    let mut texts = ["op", "comp", "type", "template"].map(str::to_owned);
                    texts[at] = letter.repeat(length);
                    let [a, b, c, d] = &texts;
                    assert!(seen.insert(Fingerprint::of(a, b, c, d)) || length == 0, "{texts:?}");
                }
            }
        }
        assert_ne!(Fingerprint::of("ab", "c", "", ""), Fingerprint::of("a", "bc", "", ""));
    }

    #[test]
    fn a_fingerprint_reads_back_and_nothing_else_does() {
        let some = Fingerprint::of("charge", "payments", "", "");
        assert_eq!(some.to_string().parse(), Ok(some));
        for wrong in ["", "12", "+123456789abcdef", "g123456789abcdef", "0123456789abcdef0"] {
            assert!(wrong.parse::<Fingerprint>().is_err(), "{wrong}");
        }
    }
}
