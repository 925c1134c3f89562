//! Numbers and times as people say them.

use std::time::{Duration, SystemTime};

/// Cut, not rounded: 100 % is said of nothing less.
pub(crate) fn percent(share: f64) -> String {
    cut(share, 1)
}

/// The same with three digits, as what is promised has as many.
pub(crate) fn fine_percent(share: f64) -> String {
    cut(share, 3)
}

fn cut(share: f64, digits: i32) -> String {
    let parts = 10_f64.powi(digits);
    // 0.29 of 100,000 is less than 29,000 by what a float cannot hold.
    let cut = (share * 100.0 * parts + 1e-9).floor() / parts;
    format!("{cut:.*} %", digits.unsigned_abs() as usize)
}

/// A time in its largest unit, with three digits at most.
pub(crate) fn span(span: Duration) -> String {
    let seconds = span.as_secs_f64();
    match seconds {
        ..0.001 => format!("{:.0} µs", seconds * 1e6),
        ..0.01 => format!("{:.1} ms", seconds * 1e3),
        ..1.0 => format!("{:.0} ms", seconds * 1e3),
        ..10.0 => format!("{seconds:.1} s"),
        ..120.0 => format!("{seconds:.0} s"),
        ..7_200.0 => format!("{:.0} min", seconds / 60.0),
        ..172_800.0 => format!("{:.0} h", seconds / 3_600.0),
        _ => format!("{:.0} d", seconds / 86_400.0),
    }
}

/// The same of a number of seconds; `None` if that is no time.
pub(crate) fn seconds(seconds: f64) -> Option<String> {
    Duration::try_from_secs_f64(seconds).ok().map(span)
}

/// How long ago a point in time is.
pub(crate) fn ago(at: SystemTime, now: SystemTime) -> String {
    match now.duration_since(at) {
        Ok(since) if since >= Duration::from_secs(1) => format!("{} ago", span(since)),
        // Two clocks of one machine agree to within less than anybody cares for.
        _ => "just now".to_owned(),
    }
}

/// A number with its noun: `1 call`, `2 calls`.
pub(crate) fn count(number: u64, noun: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{} {noun}{plural}", grouped(number))
}

/// 1234567 as 1,234,567.
pub(crate) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut grouped = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

/// A number of bytes in its largest unit of thousands, with two digits at least.
pub(crate) fn bytes(bytes: u64) -> String {
    let mut size = bytes as f64;
    let mut units = ["B", "kB", "MB", "GB", "TB", "PB", "EB"].into_iter();
    let mut unit = units.next();
    // From where it would be rounded to a thousand.
    while size >= 999.5
        && let Some(larger) = units.next()
    {
        size /= 1_000.0;
        unit = Some(larger);
    }
    let digits = usize::from(size < 9.95 && bytes >= 1_000);
    format!("{size:.digits$} {}", unit.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_cut_and_never_rounded_up() {
        for (share, said) in [(0.0, "0.0 %"), (0.37, "37.0 %"), (0.9999, "99.9 %"), (1.0, "100.0 %")] {
            assert_eq!(percent(share), said);
        }
        let fine = [0.29, 0.99999, 1.0, 0.9999999].map(fine_percent);
        assert_eq!(fine, ["29.000 %", "99.999 %", "100.000 %", "99.999 %"]);
    }

    #[test]
    fn times_are_said_in_their_largest_unit() {
        for (micros, said) in [
            (0, "0 µs"),
            (250, "250 µs"),
            (1_250, "1.2 ms"),
            (74_000, "74 ms"),
            (1_500_000, "1.5 s"),
            (75_000_000, "75 s"),
            (600_000_000, "10 min"),
            (86_400_000_000, "24 h"),
            (30 * 86_400_000_000, "30 d"),
        ] {
            assert_eq!(span(Duration::from_micros(micros)), said);
        }
    }

    #[test]
    fn what_seems_to_come_is_now() {
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(100);
        assert_eq!(ago(now - Duration::from_secs(90), now), "90 s ago");
        assert_eq!(ago(now + Duration::from_secs(90), now), "just now");
    }

    #[test]
    fn long_numbers_are_grouped() {
        assert_eq!([0, 999, 1_000, 1_234_567].map(grouped), ["0", "999", "1,000", "1,234,567"]);
    }

    #[test]
    fn bytes_are_said_in_their_largest_unit() {
        for (number, said) in [
            (0, "0 B"),
            (999, "999 B"),
            (1_000, "1.0 kB"),
            (1_234_567, "1.2 MB"),
            (9_960_000, "10 MB"),
            (999_600, "1.0 MB"),
            (u64::MAX, "18 EB"),
        ] {
            assert_eq!(bytes(number), said);
        }
    }
}
