//! What a file says of one peer.

use crate::Score;
use crate::peer::{Counts, Kept, KeptBan, Tries};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

/// What a file says of one peer: plain values, how long things last yet, and when they were by the clock on the wall.
///
/// It is taken with care: what is missing is as of a new peer.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Past {
    /// As it was when it was saved.
    score: Option<f64>,
    syncs: [u32; 2],
    messages: [u32; 2],
    calls: [u32; 2],
    /// How long it takes to answer, in seconds.
    latency: Option<f64>,
    /// That it was sent, and that it sent.
    bytes: [u64; 2],
    ban: Option<PastBan>,
    /// How often it was banned, as far as that counts for the next time.
    bans: u32,
    /// How long its breaker stays open; `None` if it does not.
    open_for: Option<Span>,
    /// How far the open time has grown.
    open_level: u32,
    first_seen: At,
    last_seen: At,
}

/// What a file says of a ban.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
struct PastBan {
    /// `None` of one that came by itself.
    reason: Option<Arc<str>>,
    since: At,
    /// How long it goes on; `None` until somebody lifts it.
    left: Option<Span>,
}

/// A time span, in milliseconds where it is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
struct Span(Duration);

/// A point in time by the clock on the wall, in milliseconds since 1970 where it is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct At(SystemTime);

/// As long as a span gets, so that no sum of it and a time overflows: a hundred years.
const LONGEST: Duration = Duration::from_secs(100 * 366 * 24 * 3600);

/// More bytes than anybody sends, and far from where a counter begins anew.
const MOST_BYTES: u64 = 1 << 60;

impl Past {
    /// A peer as it is kept at `now`.
    pub(super) fn new(kept: Kept, bytes: [u64; 2], now: SystemTime) -> Self {
        let ago = |ago: Duration| At(now.checked_sub(ago).unwrap_or(SystemTime::UNIX_EPOCH));
        let pair = |tries: Tries| [tries.succeeded, tries.failed];
        let ban = kept.ban.map(|ban| PastBan {
            reason: ban.reason,
            since: ago(ban.lasted),
            left: ban.left.map(Span),
        });
        Self {
            score: Some(kept.score.get()),
            syncs: pair(kept.counts.syncs),
            messages: pair(kept.counts.messages),
            calls: pair(kept.counts.calls),
            latency: kept.latency.map(|latency| latency.as_secs_f64()),
            bytes,
            ban,
            bans: kept.times_banned,
            open_for: kept.open_for.map(Span),
            open_level: kept.open_level,
            first_seen: ago(kept.first_seen),
            last_seen: ago(kept.last_seen),
        }
    }

    /// What is kept of it when `elapsed` has passed since, and it is `now`, without nonsense; and the bytes.
    ///
    /// A score decays by all of the time, which brings it nearer to that of a new peer. Whatever the file, the clock or `decay` says,
    /// it is no better than both that and what it was. A ban is shortened by at most half of what was left; an open breaker is
    /// the better for all of the time.
    pub(super) fn aged(
        self,
        elapsed: Duration,
        now: SystemTime,
        decay: impl FnOnce(Score, Duration) -> Score,
    ) -> (Kept, [u64; 2]) {
        let elapsed = elapsed.min(LONGEST);
        let score = self.known_score();
        let ago = |at: At| now.duration_since(at.0).unwrap_or_default().min(LONGEST);
        let tries = |[succeeded, failed]: [u32; 2]| Tries { succeeded, failed };
        let ban = self.ban.map(|ban| KeptBan {
            reason: ban.reason,
            lasted: ago(ban.since),
            left: ban.left.map(|left| shortened(left.sane(), elapsed)),
        });
        let kept = Kept {
            score: decay(score, elapsed).min(score.max(Score::START)),
            counts: Counts {
                syncs: tries(self.syncs),
                messages: tries(self.messages),
                calls: tries(self.calls),
            },
            latency: self.latency.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok()),
            ban,
            times_banned: self.bans,
            open_for: self.open_for.map(|open| open.sane().saturating_sub(elapsed)),
            open_level: self.open_level,
            first_seen: ago(self.first_seen.min(self.last_seen)),
            last_seen: ago(self.last_seen),
        };
        (kept, self.bytes.map(|bytes| bytes.min(MOST_BYTES)))
    }

    /// Whether something is held against it that it would be rid of as a new peer.
    pub(super) fn is_penalised(&self) -> bool {
        let remembered = self.ban.is_some() || self.bans > 0 || self.open_for.is_some();
        remembered || self.known_score() < Score::START
    }

    /// When it was heard of last.
    pub(super) fn last_seen(&self) -> SystemTime {
        self.last_seen.0
    }

    /// Of two that are said of one peer what is worse of either: the lower score, the longer ban, the breaker that is open for
    /// longer. What is neither good nor bad is of the one that was heard of last.
    pub(super) fn worse(self, other: Self) -> Self {
        let (earlier, later) = if other.last_seen > self.last_seen { (self, other) } else { (other, self) };
        // A ban without an end lasts longest.
        let lasts = |ban: &PastBan| ban.left.map_or(LONGEST, Span::sane);
        Self {
            score: Some(earlier.known_score().min(later.known_score()).get()),
            ban: earlier.ban.into_iter().chain(later.ban).max_by_key(lasts),
            bans: earlier.bans.max(later.bans),
            open_for: earlier.open_for.max(later.open_for),
            open_level: earlier.open_level.max(later.open_level),
            first_seen: earlier.first_seen.min(later.first_seen),
            ..later
        }
    }

    /// The score that is written, which may be none: what is no number or more than there is says nothing.
    fn known_score(&self) -> Score {
        let score = self.score.filter(|score| *score <= Score::MAX.get());
        score.map_or(Score::START, Score::new)
    }
}

/// What is left of a ban after a time without a process.
fn shortened(left: Duration, elapsed: Duration) -> Duration {
    left - elapsed.min(left / 2)
}

impl Span {
    fn sane(self) -> Duration {
        self.0.min(LONGEST)
    }
}

impl Default for At {
    fn default() -> Self {
        Self(SystemTime::UNIX_EPOCH)
    }
}

impl Serialize for Span {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_u64(millis(self.0))
    }
}

impl<'de> Deserialize<'de> for Span {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        u64::deserialize(from).map(|millis| Self(Duration::from_millis(millis)))
    }
}

impl Serialize for At {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_u64(millis(self.0.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default()))
    }
}

impl<'de> Deserialize<'de> for At {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let since = Duration::from_millis(u64::deserialize(from)?);
        Ok(Self(SystemTime::UNIX_EPOCH.checked_add(since).unwrap_or(SystemTime::UNIX_EPOCH)))
    }
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests;
