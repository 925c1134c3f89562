//! A limit of calls in flight that follows what the peer bears.
//!
//! Answers the failure in which nobody knows the right limit: one that was guessed too high lets a slow peer drown in calls
//! that nobody waits for any more, and it may never come up again; one that was guessed too low turns callers away from a peer
//! that has time.
//!
//! # How it decides
//! It looks at the calls of a short window at a time: how long they took on average, how many were dropped, and how many
//! were in flight. By default ([`Algorithm::Gradient2`]):
//! ```text
//! tolerated = max(1.5 · usual, usual + 5 ms)
//! keep      = min(tolerated / latency, 1 - dropped / 2)        within 0.5 ..= 1
//! limit     = limit · keep + √limit                            within 10 ..= 1,000
//! ```
//! So it grows while calls take what they usually take, stands where a few wait at the peer, and halves when they all time out.
//!
//! - *Only use moves it.* Unless half of the limit is in flight it stays as it is, so an idle night neither raises nor wears
//!   it. Where half of the calls are dropped it falls below what is in flight all the same: a peer that answers nobody in time is
//!   overloaded, even by less than the limit.
//! - *What calls usually take* is learnt without a rest to measure it in: from windows that are much quicker, and from slower
//!   ones only while no more are in flight than the least limit allows, which are promised not to queue. No dip interrupts the
//!   traffic to find out, and no overload, however long or mild, is taken for the usual. The first window is the first guess,
//!   and three more correct it.
//! - *A peer that is slower by nature* and a queue look alike until the limit falls, and then only a queue gets shorter. So
//!   while calls take more than is tolerated, the headroom `√limit` shrinks to nothing within 16 windows. Behind a queue the
//!   limit then stands where the latency is tolerated, and the peer still has all the work it can do; a peer that is slower
//!   by nature takes it down to its least, once, where four windows tell what is usual from now on.
//! - *After it fell*, calls that had begun before teach nothing: they say again what made it fall. Of those that began later the
//!   quick ones end first, so for the time of three calls what is usual is not learnt either.
//! - *Who teaches*: a success its latency; a timeout and a throttled call that they were dropped. Other failures say nothing
//!   about load, as they come quicker or later than an answer for reasons of their own; nor does what was ignored or cancelled,
//!   nor a refusal, which was never in flight.
//! - *Callers that leave* before they are answered cancel their calls. Why one left is not known: its answer may have come from
//!   elsewhere. If all of them leave sooner than the peer answers, the limit hears of no call and stands still; so below it
//!   belongs a timeout that ends first.
//!
//! # What it is for
//! A peer with a queue that finishes what nobody waits for any more does not recover from an overload by itself: each call that
//! times out leaves work behind, and the next ones wait for that. What is in flight has to stay well under what the peer does
//! within the callers' timeout, at most 0.6 of it, and be less still while the peer is slow. This limit does both without knowing
//! either number, as long as its least is under it too: where a peer does fewer than some twenty calls within a timeout, set a
//! lower least.
//!
//! The names are those of Netflix's concurrency-limits; the estimate of the usual latency and the answer to dropped calls are
//! its own here, for all three algorithms.

mod algorithm;
mod config;
mod estimate;
mod snapshot;

pub use algorithm::Algorithm;
pub use config::Config;
pub use snapshot::Snapshot;

use crate::clock::nanos;
use crate::sync::{AtomicU64, Mutex, Ordering, lock};
use crate::{FailureKind, Outcome, Tick};
use algorithm::Calls;
use estimate::Estimate;
use std::sync::TryLockError;
use std::time::Duration;

/// The machine. Shared by reference or `Arc`; has no clock. A call costs a few additions; who ends a window does the arithmetic,
/// and nobody waits for that.
#[derive(Debug)]
pub struct AdaptiveLimit {
    config: Config,
    limit: AtomicU64,
    /// Calls that began before this teach nothing.
    since: AtomicU64,
    /// When the window may close.
    closes: AtomicU64,
    /// How long the calls of the window took together, in nanoseconds.
    latency: AtomicU64,
    /// How many they are, and above that how many of them were dropped.
    calls: AtomicU64,
    /// The most that were in flight.
    peak: AtomicU64,
    closed: Mutex<Closed>,
}

/// What closed windows taught.
#[derive(Debug)]
struct Closed {
    /// When the window that is open began.
    opened: u64,
    estimate: Estimate,
    latency: Option<Duration>,
    calls: u64,
    dropped: u64,
    raised: u64,
    lowered: u64,
}

/// A call that ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sample {
    /// How long it took since it was admitted.
    pub latency: Duration,
    /// How many were in flight when it ended, itself included.
    pub in_flight: u32,
    /// How it ended.
    pub outcome: Outcome,
}

/// Latencies above this are taken for it, so that no sum of them overflows: an hour, in nanoseconds.
const LONGEST: u64 = 3_600_000_000_000;
const DROPPED: u64 = 1 << 32;

impl AdaptiveLimit {
    /// One that has seen no call.
    #[must_use]
    pub fn new(config: Config, now: Tick) -> Self {
        let zero = || AtomicU64::new(0);
        Self {
            config,
            limit: AtomicU64::new(config.start().get().into()),
            since: AtomicU64::new(now.as_nanos()),
            closes: AtomicU64::new((now + Duration::from_nanos(config.window_nanos())).as_nanos()),
            latency: zero(),
            calls: zero(),
            peak: zero(),
            closed: Mutex::new(Closed {
                opened: now.as_nanos(),
                estimate: Estimate::new(&config),
                latency: None,
                calls: 0,
                dropped: 0,
                raised: 0,
                lowered: 0,
            }),
        }
    }

    /// Its settings.
    #[must_use]
    pub const fn config(&self) -> &Config {
        &self.config
    }

    /// How many calls may be in flight now.
    #[inline]
    #[must_use]
    pub fn limit(&self) -> u32 {
        self.limit.load(Ordering::Relaxed) as u32
    }

    /// A call ended. The new limit, if that changed it: what it is to be passed on to is then told [`Self::limit`].
    #[inline]
    pub fn record(&self, sample: Sample, now: Tick) -> Option<u32> {
        let dropped = match sample.outcome {
            Outcome::Success => self.config.rule().drops(sample.latency),
            Outcome::Failure(FailureKind::Timeout) | Outcome::Throttled => true,
            Outcome::Failure(_) | Outcome::Ignored | Outcome::Cancelled => return None,
        };
        let latency = nanos(sample.latency).min(LONGEST);
        if now.as_nanos().saturating_sub(latency) < self.since.load(Ordering::Relaxed) {
            return None;
        }
        if self.peak.load(Ordering::Relaxed) < sample.in_flight.into() {
            self.peak.fetch_max(sample.in_flight.into(), Ordering::Relaxed);
        }
        self.latency.fetch_add(latency, Ordering::Relaxed);
        let calls = self.calls.fetch_add(if dropped { DROPPED + 1 } else { 1 }, Ordering::Relaxed) + 1;
        let enough = calls as u32 >= self.config.minimum_calls().get();
        if enough && now.as_nanos() >= self.closes.load(Ordering::Relaxed) { self.close(now) } else { None }
    }

    /// Goes on from another limit, or from the nearest one between its least and its greatest. What calls usually take is
    /// known as before; what is under way teaches nothing if the limit falls.
    pub fn set(&self, limit: u32, now: Tick) {
        let limit = limit.clamp(self.config.min().get(), self.config.max().get());
        let mut closed = lock(&self.closed);
        closed.estimate.set(limit);
        if limit < self.limit() {
            self.since.store(now.as_nanos(), Ordering::Relaxed);
        }
        self.limit.store(limit.into(), Ordering::Relaxed);
    }

    /// How it stands.
    #[must_use]
    pub fn snapshot(&self) -> Snapshot {
        let closed = lock(&self.closed);
        Snapshot {
            limit: self.limit(),
            usual: closed.estimate.usual().map(|usual| Duration::from_nanos(usual as u64)),
            latency: closed.latency,
            calls: closed.calls,
            dropped: closed.dropped,
            raised: closed.raised,
            lowered: closed.lowered,
        }
    }

    /// Ends the window, unless somebody else is at it. A call that is recorded meanwhile counts in this window or in the next;
    /// its latency may count in the one and the call in the other, which is as little as one call in a window.
    #[cold]
    #[inline(never)]
    fn close(&self, now: Tick) -> Option<u32> {
        let mut closed = match self.closed.try_lock() {
            Ok(closed) => closed,
            Err(TryLockError::Poisoned(poisoned)) => poisoned.into_inner(),
            Err(TryLockError::WouldBlock) => return None,
        };
        // Somebody else may have closed it since this call was counted.
        if now.as_nanos() < self.closes.load(Ordering::Relaxed) {
            return None;
        }
        let calls = self.calls.swap(0, Ordering::Relaxed);
        let latency = self.latency.swap(0, Ordering::Relaxed);
        let peak = self.peak.swap(0, Ordering::Relaxed);
        let (count, dropped) = (calls as u32, (calls / DROPPED) as u32);
        if count == 0 {
            return None;
        }
        let mean = Duration::from_nanos(latency / u64::from(count));
        let since = self.since.load(Ordering::Relaxed);
        // A clock that has not ticked is no proof that a call took no time.
        let calls = Calls {
            count,
            dropped,
            latency: (latency as f64 / f64::from(count)).max(1.0),
            peak: peak as u32,
            settled: closed.opened.saturating_sub(since) >= 3 * nanos(mean),
        };
        let (before, after) = (self.limit(), closed.estimate.close(&self.config, &calls));
        closed.opened = now.as_nanos();
        closed.latency = Some(mean);
        closed.calls += u64::from(count);
        closed.dropped += u64::from(dropped);
        closed.raised += u64::from(after > before);
        closed.lowered += u64::from(after < before);
        if after < before {
            self.since.store(now.as_nanos(), Ordering::Relaxed);
        }
        self.limit.store(after.into(), Ordering::Relaxed);
        self.closes.store(now.as_nanos().saturating_add(self.config.length_after(mean)), Ordering::Relaxed);
        (after != before).then_some(after)
    }
}

#[cfg(all(test, not(buttress_loom)))]
mod tests;
