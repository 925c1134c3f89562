//! The names of the files: `failures-2026-11-22.000017.jsonl`.
//!
//! The number grows from file to file and orders them, whatever the clock did; the day is for people, and says when a file is
//! too old. Days are those of UTC.

use std::time::SystemTime;

/// A day, such as `2026-11-22`: days in order are texts in order.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Day(String);

impl Day {
    pub(super) fn of(at: SystemTime) -> Self {
        use std::fmt::Write;
        let mut text = String::new();
        // A clock before 1970 or beyond the year 9999 is wrong, and all days there are one.
        let at = at.max(SystemTime::UNIX_EPOCH);
        match write!(text, "{}", humantime::format_rfc3339_seconds(at)) {
            Ok(()) => text.truncate(10),
            Err(_) => "9999-12-31".clone_into(&mut text),
        }
        Self(text)
    }
}

pub(super) fn compose(name: &str, day: &Day, number: u64) -> String {
    format!("{name}-{}.{number:06}.jsonl", day.0)
}

/// The day and the number of a file, if it is one of these.
pub(super) fn parse(name: &str, file: &str) -> Option<(Day, u64)> {
    let rest = file.strip_prefix(name)?.strip_prefix('-')?.strip_suffix(".jsonl")?;
    let (day, number) = rest.split_once('.')?;
    let is_day = day.len() == 10
        && day.bytes().enumerate().all(|(at, byte)| match at {
            4 | 7 => byte == b'-',
            _ => byte.is_ascii_digit(),
        });
    let is_number = number.len() >= 6 && number.bytes().all(|byte| byte.is_ascii_digit());
    (is_day && is_number).then_some(())?;
    Some((Day(day.to_owned()), number.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn a_name_is_read_as_it_was_composed_and_no_other_is() {
        let day = Day::of(SystemTime::UNIX_EPOCH + Duration::from_secs(1_795_305_600));
        let file = compose("failures", &day, 17);
        assert_eq!(file, "failures-2026-11-22.000017.jsonl");
        assert_eq!(parse("failures", &file), Some((day, 17)));
        for other in [
            "failures.jsonl",
            "failures-2026-11-22.jsonl",
            "failures-2026-11-22.17.jsonl",
            "failures-2026-11-22.000017.jsonl.gz",
            "failures-2026-11-2x.000017.jsonl",
            "others-2026-11-22.000017.jsonl",
        ] {
            assert_eq!(parse("failures", other), None, "{other}");
        }
        let end = SystemTime::UNIX_EPOCH + Duration::from_secs(400_000_000_000);
        assert_eq!(Day::of(end).0, "9999-12-31");
        assert_eq!(Day::of(SystemTime::UNIX_EPOCH - Duration::from_secs(1)).0, "1970-01-01");
    }
}
