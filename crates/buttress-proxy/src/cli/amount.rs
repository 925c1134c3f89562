//! Numbers of things, as they are written on the command line.

use std::num::{NonZeroU32, NonZeroU64};

const NOTHING: &str = "nothing would pass; leave it out to have no limit";

/// A number above 0.
pub(super) fn some(text: &str) -> Result<NonZeroU32, String> {
    let number: u32 = text.parse().map_err(|_| format!("a number from 1 to {} is needed", u32::MAX))?;
    NonZeroU32::new(number).ok_or_else(|| NOTHING.to_owned())
}

/// A number of bytes above 0: 1500, 500K, 10M, 2G with thousands, Ki, Mi, Gi with 1024; with or without a B and a /s behind it.
pub(super) fn bytes_per_second(text: &str) -> Result<NonZeroU64, String> {
    let bare = text.strip_suffix("/s").unwrap_or(text);
    let bare = bare.strip_suffix('B').unwrap_or(bare);
    let at = bare.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(bare.len());
    let (number, unit) = bare.split_at(at);
    let unit: Option<u64> = match unit {
        "" => Some(1),
        "k" | "K" => Some(1_000),
        "M" => Some(1_000_000),
        "G" => Some(1_000_000_000),
        "Ki" => Some(1 << 10),
        "Mi" => Some(1 << 20),
        "Gi" => Some(1 << 30),
        _ => None,
    };
    let number: Option<u64> = number.parse().ok();
    let bytes = unit.and_then(|unit| number?.checked_mul(unit));
    let bytes = bytes.ok_or_else(|| "a number of bytes is needed, as 1500, 500K, 10M or 1Gi".to_owned())?;
    NonZeroU64::new(bytes).ok_or_else(|| NOTHING.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_of_bytes_are_read_with_and_without_units() {
        for (text, expected) in [
            ("1", 1),
            ("1500", 1_500),
            ("1500B", 1_500),
            ("500K", 500_000),
            ("500kB/s", 500_000),
            ("10M", 10_000_000),
            ("2G", 2_000_000_000),
            ("4Ki", 4_096),
            ("1MiB/s", 1_048_576),
            ("1Gi", 1_073_741_824),
        ] {
            assert_eq!(bytes_per_second(text).map(NonZeroU64::get), Ok(expected), "{text}");
        }
        for text in
            ["", "M", "-1", "1.5M", "10 M", "1T", "1m", "fast", "1/s/s", "18446744073709551615K", "１"]
        {
            assert!(bytes_per_second(text).is_err_and(|error| error.contains("500K")), "{text}");
        }
        for text in ["0", "0M", "0B/s"] {
            assert!(
                bytes_per_second(text).is_err_and(|error| error.contains("nothing would pass")),
                "{text}"
            );
        }
    }

    #[test]
    fn a_number_above_nothing_is_needed() {
        assert_eq!(some("7").map(NonZeroU32::get), Ok(7));
        assert!(some("0").is_err_and(|error| error.contains("nothing would pass")));
        for text in ["", "-1", "1.5", "4294967296", "many"] {
            assert!(some(text).is_err_and(|error| error.contains("from 1 to")), "{text}");
        }
    }
}
