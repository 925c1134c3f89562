//! Numbers and times as people say them.

use std::time::{Duration, SystemTime};

/// How far a share is cut, not rounded: 100 % is said of nothing less.
pub(crate) fn percent(share: f64) -> String {
    let thousandths = (share * 1000.0 + 1e-9).floor();
    format!("{:.1} %", thousandths / 10.0)
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
    format!("{} {noun}{plural}", crate::terminal::text::grouped(number))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_cut_and_never_rounded_up() {
        for (share, said) in [(0.0, "0.0 %"), (0.37, "37.0 %"), (0.9999, "99.9 %"), (1.0, "100.0 %")] {
            assert_eq!(percent(share), said);
        }
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
}
