//! How long a peer asks to be left alone: the one place that reads it.
//!
//! What it reads comes from outside and may be anything. A value that does not make sense is no hint; one that asks for a
//! thousand years is told as it is, as whoever acts on it has a limit of their own.

use crate::clock;
use crate::refuse::grpc::PUSHBACK;
use http::{HeaderMap, HeaderValue, StatusCode, header};
use std::time::{Duration, SystemTime};

/// The hint of an HTTP response: `Retry-After`, in seconds or as a date in any of the three forms there are; without one,
/// when the limit of the caller is renewed, if the answer is 429 or the limit is used up. That stands in `RateLimit`, or in
/// `RateLimit-Reset`, `X-RateLimit-Reset` or `X-Rate-Limit-Reset` beside a field for what remains.
///
/// A date that is past is no time at all. Of several values the longest counts.
pub(crate) fn of_http(status: StatusCode, headers: &HeaderMap) -> Option<Duration> {
    at(status, headers, clock::wall())
}

/// When the limit of the caller is renewed, if it is used up, whatever the answer is otherwise.
pub(crate) fn used_up(headers: &HeaderMap) -> Option<Duration> {
    renewal(headers, false, clock::wall())
}

fn at(status: StatusCode, headers: &HeaderMap, now: SystemTime) -> Option<Duration> {
    retry_after(headers, now).or_else(|| renewal(headers, status == StatusCode::TOO_MANY_REQUESTS, now))
}

fn retry_after(headers: &HeaderMap, now: SystemTime) -> Option<Duration> {
    headers.get_all(header::RETRY_AFTER).iter().filter_map(|value| seconds_or_date(value, now)).max()
}

fn seconds_or_date(value: &HeaderValue, now: SystemTime) -> Option<Duration> {
    let seconds = digits(value.as_bytes()).map(Duration::from_secs);
    seconds.or_else(|| {
        let date = httpdate::parse_http_date(value.to_str().ok()?).ok()?;
        Some(date.duration_since(now).unwrap_or_default())
    })
}

/// A limit that the peer has for the caller.
#[derive(Clone, Copy, Default)]
struct Limit {
    remaining: Option<u64>,
    renewed_in: Option<Duration>,
}

/// When the longest limit that is used up is renewed. A 429 that does not say which means all of them.
fn renewal(headers: &HeaderMap, throttled: bool, now: SystemTime) -> Option<Duration> {
    let used_up = limits(headers, now).filter(|limit| limit.remaining == Some(0));
    let longest = used_up.filter_map(|limit| limit.renewed_in).max();
    longest.or_else(|| limits(headers, now).filter(|_| throttled).filter_map(|limit| limit.renewed_in).max())
}

fn limits(headers: &HeaderMap, now: SystemTime) -> impl Iterator<Item = Limit> {
    let number = |name| digits(headers.get(name)?.as_bytes());
    let standard = Limit {
        remaining: number("ratelimit-remaining"),
        renewed_in: number("ratelimit-reset").map(Duration::from_secs),
    };
    let own = ["x-ratelimit", "x-rate-limit"].map(|prefix| {
        let number = |what| digits(headers.get(format!("{prefix}-{what}"))?.as_bytes());
        Limit {
            remaining: number("remaining"),
            renewed_in: number("reset").map(|seconds| seconds_or_epoch(seconds, now)),
        }
    });
    let combined = headers.get_all("ratelimit").iter().filter_map(|value| value.to_str().ok());
    std::iter::once(standard).chain(own).chain(combined.flat_map(in_one_field))
}

/// The limits of a field `RateLimit`: in its present form each with a name in quotes, `"day";r=0;t=30`; before that one,
/// as `limit=100, remaining=0, reset=30`.
fn in_one_field(value: &str) -> impl Iterator<Item = Limit> {
    let mut unnamed = Limit::default();
    for part in unquoted(value, ',').filter(|part| !part.starts_with('"')) {
        unnamed.read(part);
    }
    let named = unquoted(value, ',').filter(|part| part.starts_with('"')).map(|part| {
        let mut limit = Limit::default();
        unquoted(part, ';').for_each(|part| limit.read(part));
        limit
    });
    named.chain(std::iter::once(unnamed))
}

/// The parts of `value` between `separator`s that stand in no quotes.
fn unquoted(value: &str, separator: char) -> impl Iterator<Item = &str> {
    let (mut quoted, mut escaped) = (false, false);
    let parts = value.split(move |character| {
        let is_escaped = escaped;
        escaped = quoted && !is_escaped && character == '\\';
        quoted ^= character == '"' && !is_escaped;
        !quoted && character == separator
    });
    parts.map(str::trim)
}

impl Limit {
    fn read(&mut self, parameter: &str) {
        let Some((name, value)) = parameter.split_once('=') else { return };
        match name {
            "r" | "remaining" => self.remaining = digits(value.as_bytes()),
            "t" | "reset" => self.renewed_in = digits(value.as_bytes()).map(Duration::from_secs),
            _ => {}
        }
    }
}

/// Some peers write the seconds that are left, some the seconds since 1970. A number that lies around now as a date can
/// only be the latter, as a wait it would be half a century.
fn seconds_or_epoch(seconds: u64, now: SystemTime) -> Duration {
    const DAY: u64 = 24 * 3600;
    let now = now.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    let around_now = now.as_secs().saturating_sub(DAY)..now.as_secs() + 366 * DAY;
    let seconds_as_they_are = Duration::from_secs(seconds);
    // In the first years after 1970 nobody could tell.
    if around_now.contains(&seconds) && seconds > 366 * DAY {
        seconds_as_they_are.saturating_sub(now)
    } else {
        seconds_as_they_are
    }
}

/// What a gRPC server says about another attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Pushback {
    /// Nothing.
    Silent,
    /// It may be made after this time.
    After(Duration),
    /// There must not be one: by the specification a value that is negative, or none at all.
    Never,
}

/// The pushback in a head or in trailers.
pub(crate) fn pushback(headers: &HeaderMap) -> Pushback {
    let mut values = headers.get_all(PUSHBACK).iter();
    match (values.next(), values.next()) {
        (None, _) => Pushback::Silent,
        (Some(value), None) => digits(value.as_bytes())
            .map_or(Pushback::Never, |millis| Pushback::After(Duration::from_millis(millis))),
        (Some(_), Some(_)) => Pushback::Never,
    }
}

/// The number that these bytes are, if they are digits and no others.
pub(crate) fn digits(bytes: &[u8]) -> Option<u64> {
    if bytes.is_empty() || !bytes.iter().all(u8::is_ascii_digit) {
        return None;
    }
    // All digits, so the only way to fail is a number beyond any meaning.
    Some(std::str::from_utf8(bytes).ok()?.parse().unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests;
