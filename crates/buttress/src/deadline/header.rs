//! What is left of a deadline, as it travels over the wire: never a point in time, as no two clocks agree on one.

use crate::classify;
use http::{HeaderMap, HeaderName, HeaderValue};
use std::time::Duration;

/// A header with the time that is left.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Header {
    name: HeaderName,
    form: Form,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    /// At most eight digits and a letter.
    Grpc,
    Whole(Unit),
}

/// What the number in a header counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Unit {
    /// Seconds.
    Seconds,
    /// Milliseconds.
    Millis,
    /// Microseconds.
    Micros,
    /// Nanoseconds.
    Nanos,
}

impl Default for Header {
    /// Whole milliseconds in `buttress-timeout-ms`.
    fn default() -> Self {
        Self::new(HeaderName::from_static("buttress-timeout-ms"), Unit::Millis)
    }
}

impl Header {
    /// Whole numbers of `unit` in `name`.
    #[must_use]
    pub const fn new(name: HeaderName, unit: Unit) -> Self {
        Self { name, form: Form::Whole(unit) }
    }

    /// `grpc-timeout`, as gRPC writes it.
    #[must_use]
    pub const fn grpc() -> Self {
        Self { name: HeaderName::from_static("grpc-timeout"), form: Form::Grpc }
    }

    /// Its name.
    #[must_use]
    pub const fn name(&self) -> &HeaderName {
        &self.name
    }

    /// The time that is left by `headers`: the least, if there are several; `None` if none of them is a time.
    #[must_use]
    pub fn read(&self, headers: &HeaderMap) -> Option<Duration> {
        headers.get_all(&self.name).iter().filter_map(|value| self.form.parse(value.as_bytes())).min()
    }

    /// Tells that `left` is left, rounded down, as the peer is to give up no later than its caller does. Instead of whatever
    /// was told before.
    ///
    /// Never nothing, which some take for no limit.
    pub fn write(&self, headers: &mut HeaderMap, left: Duration) {
        headers.insert(self.name.clone(), self.form.value(left));
    }
}

/// The units of gRPC, finest first, in nanoseconds.
const LETTERS: [(u8, u128); 6] = [
    (b'n', 1),
    (b'u', 1_000),
    (b'm', 1_000_000),
    (b'S', 1_000_000_000),
    (b'M', 60 * 1_000_000_000),
    (b'H', 3_600 * 1_000_000_000),
];

/// The largest number that gRPC takes.
const EIGHT_DIGITS: u128 = 99_999_999;

impl Form {
    fn parse(self, value: &[u8]) -> Option<Duration> {
        let (number, nanos) = match self {
            Self::Whole(unit) => (classify::hint::digits(value)?, unit.nanos()),
            Self::Grpc => {
                let (letter, number) = value.split_last()?;
                let (_, nanos) = LETTERS.into_iter().find(|(unit, _)| unit == letter)?;
                (classify::hint::digits(number).filter(|_| number.len() <= 8)?, nanos)
            }
        };
        // Less than 2^64 hours: 128 bits hold that, and a `Duration` does in seconds.
        let nanos = u128::from(number) * nanos;
        let (secs, rest) = (nanos / Unit::Seconds.nanos(), nanos % Unit::Seconds.nanos());
        Some(Duration::new(u64::try_from(secs).unwrap_or(u64::MAX), rest as u32))
    }

    fn value(self, left: Duration) -> HeaderValue {
        let nanos = left.as_nanos();
        match self {
            Self::Whole(unit) => {
                HeaderValue::from(u64::try_from(nanos / unit.nanos()).unwrap_or(u64::MAX).max(1))
            }
            Self::Grpc => {
                let fits = |(_, unit): &(u8, u128)| nanos / unit <= EIGHT_DIGITS;
                let (letter, unit) = LETTERS.into_iter().find(fits).unwrap_or(LETTERS[5]);
                let number = (nanos / unit).clamp(1, EIGHT_DIGITS);
                let text = format!("{number}{}", char::from(letter));
                HeaderValue::try_from(text).expect("digits and a letter are printable")
            }
        }
    }
}

impl Unit {
    const fn nanos(self) -> u128 {
        match self {
            Self::Seconds => 1_000_000_000,
            Self::Millis => 1_000_000,
            Self::Micros => 1_000,
            Self::Nanos => 1,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(header: &Header, value: &[u8]) -> Option<Duration> {
        let mut headers = HeaderMap::new();
        headers.insert(header.name(), HeaderValue::from_bytes(value).ok()?);
        header.read(&headers)
    }

    fn written(header: &Header, left: Duration) -> String {
        let mut headers = HeaderMap::new();
        header.write(&mut headers, left);
        headers[header.name()].to_str().expect("digits").to_owned()
    }

    #[test]
    fn grpc_timeouts_are_read_in_every_unit() {
        let grpc = Header::grpc();
        for (value, left) in [
            ("1H", Duration::from_secs(3_600)),
            ("2M", Duration::from_secs(120)),
            ("99999999S", Duration::from_secs(99_999_999)),
            ("1500m", Duration::from_millis(1_500)),
            ("7u", Duration::from_micros(7)),
            ("00000009n", Duration::from_nanos(9)),
            ("0n", Duration::ZERO),
        ] {
            assert_eq!(read(&grpc, value.as_bytes()), Some(left), "{value}");
        }
    }

    #[test]
    fn e5_what_is_no_time_is_not_there_and_nothing_is_too_large() {
        let long = "9".repeat(900_000);
        let (grpc, millis) = (Header::grpc(), Header::default());
        for value in ["", "S", "5", "5s", "-1S", "+1S", "1.5S", " 1S", "1 S", "100000000n", "1S1S", &long] {
            assert_eq!(read(&grpc, value.as_bytes()), None, "{value:.20}");
        }
        for value in ["", "-1", "+1", "1.5", "1e3", "0x10", "1,2", " 1", "NaN", "\u{661}"] {
            assert_eq!(read(&millis, value.as_bytes()), None, "{value:.20}");
        }
        assert_eq!(read(&grpc, b"\xff\xffS"), None);
        for unit in [Unit::Seconds, Unit::Millis, Unit::Micros, Unit::Nanos] {
            let header = Header::new(HeaderName::from_static("x-left"), unit);
            for value in ["18446744073709551615", "18446744073709551616", &long] {
                assert!(read(&header, value.as_bytes()) > Some(Duration::from_secs(86_400 * 365 * 500)));
            }
        }
    }

    #[test]
    fn of_several_the_least_holds() {
        let millis = Header::default();
        let mut headers = HeaderMap::new();
        for value in ["800", "none", "200", "99999999999999999999"] {
            headers.append(millis.name(), HeaderValue::from_static(value));
        }
        assert_eq!(millis.read(&headers), Some(Duration::from_millis(200)));
        millis.write(&mut headers, Duration::from_secs(1));
        assert_eq!(millis.read(&headers), Some(Duration::from_secs(1)), "what was told before is gone");
    }

    #[test]
    fn what_is_written_fits_and_is_no_more_than_what_is_left() {
        let (grpc, millis) = (Header::grpc(), Header::default());
        let mut left = Duration::from_nanos(1);
        while left < Duration::MAX / 4 {
            for header in [&grpc, &millis] {
                let text = written(header, left);
                let told = read(header, text.as_bytes()).expect("it reads what it writes");
                let exact = Duration::from_nanos(left.as_nanos().min(u64::MAX.into()) as u64);
                assert!(told <= exact.max(Duration::from_millis(1)) || left > exact, "{left:?} as {text}");
            }
            assert!(written(&grpc, left).len() <= 9, "{left:?}");
            left = left * 3 + Duration::from_nanos(1);
        }
        assert_eq!(written(&grpc, Duration::from_micros(99_999)), "99999000n");
        assert_eq!(written(&grpc, Duration::from_millis(100)), "100000u");
        assert_eq!(written(&grpc, Duration::from_secs(30)), "30000000u");
        assert_eq!(written(&grpc, Duration::ZERO), "1n");
        assert_eq!(written(&grpc, Duration::MAX), "99999999H");
        assert_eq!(written(&millis, Duration::from_micros(1_999)), "1");
        assert_eq!(written(&millis, Duration::ZERO), "1");
    }
}
