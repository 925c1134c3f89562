//! Wall clock times as sums, as JSON and as people read them.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// The end of the year 9999, which is as far as dates are written with four digits.
const LAST: u64 = 253_402_300_799_999;

/// Milliseconds since 1970; none before.
pub(super) fn millis(at: SystemTime) -> u64 {
    let since = at.duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(LAST).min(LAST)
}

/// The other way.
pub(super) fn from_millis(millis: u64) -> SystemTime {
    UNIX_EPOCH + Duration::from_millis(millis.min(LAST))
}

/// Such as `2026-03-04 17:30`, in UTC.
pub(super) fn minute(at: SystemTime) -> String {
    let text = humantime::format_rfc3339_seconds(from_millis(millis(at))).to_string();
    format!("{} {}", &text[..10], &text[11..16])
}

/// Such as `2026-03-04 17:30:05.250`, in UTC.
pub(super) fn instant(at: SystemTime) -> String {
    let text = humantime::format_rfc3339_millis(from_millis(millis(at))).to_string();
    format!("{} {}", &text[..10], &text[11..23])
}

/// Such as `17:30`, in UTC.
pub(super) fn time_of_day(at: SystemTime) -> String {
    minute(at).split_off(11)
}

/// A length of time in its one or two largest units: `1d 6h`, `30m`, `45s`, `120ms`.
pub(super) fn length(of: Duration) -> String {
    let seconds = of.as_secs();
    let (large, large_word, small, small_word) = match seconds {
        0 => return format!("{}ms", of.as_millis()),
        1..60 => return format!("{seconds}s"),
        60..3_600 => (seconds / 60, "m", seconds % 60, "s"),
        3_600..86_400 => (seconds / 3_600, "h", seconds % 3_600 / 60, "m"),
        _ => (seconds / 86_400, "d", seconds % 86_400 / 3_600, "h"),
    };
    if small == 0 {
        format!("{large}{large_word}")
    } else {
        format!("{large}{large_word} {small}{small_word}")
    }
}

/// As exactly as it is told, and no more: what is written as JSON is read back as it was.
pub(super) fn rounded(of: f64, decimals: i32) -> f64 {
    let scale = 10_f64.powi(decimals);
    (of * scale).round() / scale
}

/// A number as people read it: `12,345`.
pub(super) fn number(of: u64) -> String {
    let digits = of.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(all(test, not(buttress_loom)))]
mod tests {
    use super::*;

    #[test]
    fn times_are_written_in_utc_and_none_is_out_of_range() {
        let at = from_millis(1_772_645_405_250);
        assert_eq!(millis(at), 1_772_645_405_250);
        assert_eq!(instant(at), "2026-03-04 17:30:05.250");
        assert_eq!((minute(at).as_str(), time_of_day(at).as_str()), ("2026-03-04 17:30", "17:30"));
        assert_eq!(minute(UNIX_EPOCH - Duration::from_secs(9)), "1970-01-01 00:00");
        assert_eq!(minute(UNIX_EPOCH + Duration::from_secs(1 << 40)), "9999-12-31 23:59");
    }

    #[test]
    fn large_numbers_are_grouped() {
        let numbers = [(0, "0"), (999, "999"), (1_000, "1,000"), (12_345_678, "12,345,678")];
        for (of, text) in numbers {
            assert_eq!(number(of), text);
        }
    }

    #[test]
    fn lengths_have_two_units_at_most() {
        let lengths =
            [(0.25, "250ms"), (45.0, "45s"), (90.0, "1m 30s"), (1800.0, "30m"), (108_000.0, "1d 6h")];
        for (seconds, text) in lengths {
            assert_eq!(length(Duration::from_secs_f64(seconds)), text);
        }
    }
}
