//! How much is left, in the fields of an answer.

use super::after::{After, Task};
use super::source::Kept;
use super::standing::Standing;
use crate::whole_seconds;
use http::{HeaderMap, HeaderName, HeaderValue, Response};
use std::fmt::Write as _;

/// Tells in every answer how much of the limit is left, as the draft "RateLimit header fields for HTTP" has it:
///
/// ```text
/// RateLimit-Policy: "api";q=100;w=60
/// RateLimit: "api";r=12;t=1
/// ```
///
/// The first says that 100 requests pass in 60 seconds, where a full burst is back in that time; the second that 12 of the
/// burst are left now, and that in one second there is more. Of several limits each is an item with its own name. What an
/// answer has of these fields from beneath stays, and these are added to it. `Retry-After` of a refused request says when that
/// very request is admitted.
#[derive(Clone, Copy, Debug, Default)]
pub struct Fields;

impl Fields {
    /// Adds the fields that tell of these limits to `headers`: for answers that no layer makes. Nothing of no limits.
    pub fn write(standings: &[Standing], headers: &mut HeaderMap) {
        if standings.is_empty() {
            return;
        }
        let (policy, limit) = fields(standings);
        headers.append(POLICY, policy);
        headers.append(LIMIT, limit);
    }
}

impl After for Fields {
    type Task<K: Kept> = Tell<K>;

    fn task<K: Kept>(&self, keep: impl FnOnce() -> K) -> Tell<K> {
        Tell(Some(keep()))
    }
}

/// Tells in one answer how much is left.
#[derive(Clone, Copy, Debug)]
pub struct Tell<K>(Option<K>);

/// Of a call that passed the limit by, and has nothing to tell.
impl<K> Default for Tell<K> {
    fn default() -> Self {
        Self(None)
    }
}

const POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");
const LIMIT: HeaderName = HeaderName::from_static("ratelimit");

impl<K: Kept, B> Task<Response<B>> for Tell<K> {
    fn answered(&mut self, response: &mut Response<B>) {
        let Some(kept) = &self.0 else { return };
        Fields::write(&kept.standings(), response.headers_mut());
    }
}

/// The values of `RateLimit-Policy` and `RateLimit`.
fn fields(standings: &[Standing]) -> (HeaderValue, HeaderValue) {
    let (mut policy, mut limit) = (String::new(), String::new());
    for standing in standings {
        let comma = if policy.is_empty() { "" } else { ", " };
        let name = quoted(&standing.name);
        let (quota, window) = quota(standing);
        write!(policy, "{comma}{name};q={quota};w={window}").expect(TAKES);
        write!(limit, "{comma}{name};r={}", whole(standing.remaining)).expect(TAKES);
        if let Some(more_in) = standing.more_in {
            write!(limit, ";t={}", whole(whole_seconds(more_in))).expect(TAKES);
        }
    }
    [policy, limit].map(|text| HeaderValue::try_from(text).expect("printable characters alone")).into()
}

const TAKES: &str = "a string takes everything";

/// What passes in how many seconds: the shortest whole ones in which a full burst comes back.
fn quota(standing: &Standing) -> (u64, u64) {
    let window = whole(whole_seconds(standing.refill()));
    let nanos = u128::from(window) * 1_000_000_000;
    let passes = u128::from(standing.rate.count()) * nanos / standing.rate.per().as_nanos();
    (whole(u64::try_from(passes).unwrap_or(u64::MAX)), window)
}

/// An integer of a structured field has at most fifteen digits.
fn whole(number: u64) -> u64 {
    number.min(999_999_999_999_999)
}

/// A string of a structured field: printable ASCII in quotes, with a question mark for each other character.
fn quoted(name: &str) -> String {
    let mut quoted = String::with_capacity(name.len() + 2);
    quoted.push('"');
    for character in if name.is_empty() { "default" } else { name }.chars() {
        match character {
            '"' | '\\' => quoted.extend(['\\', character]),
            ' '..='~' => quoted.push(character),
            _ => quoted.push('?'),
        }
    }
    quoted.push('"');
    quoted
}
