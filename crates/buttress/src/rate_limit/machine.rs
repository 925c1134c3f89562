//! What decides behind a handle: one bucket, or several limits.

use super::standing::{Standing, time_of};
use super::{Config, Limiter, Rate, Rule, TokenBucket, adaptive};
use crate::{InvalidConfig, Reason, Refusal, Tick, clock};
use buttress_core::rate_limit::{AdaptiveRate, Snapshot, reserve_all, try_acquire_all};
use std::borrow::Cow;
use std::time::Duration;

/// One limit, or several of which all must admit a call.
pub(super) enum Machine {
    Bucket(TokenBucket),
    /// A bucket, and what moves its rate.
    Adaptive(TokenBucket, Box<AdaptiveRate>),
    /// At least one.
    Several(Box<[Limiter]>),
}

impl Machine {
    pub(super) fn one(rule: Rule) -> Self {
        match rule {
            Rule::Bucket(config) => Self::Bucket(TokenBucket::new(config, clock::fine())),
            rule => Self::Several(Box::new([Limiter::new(rule, clock::fine())])),
        }
    }

    /// Of none, one bucket by default: several limits of none would admit everything.
    pub(super) fn several(rules: impl IntoIterator<Item = Rule>) -> Self {
        let now = clock::fine();
        let limits: Box<[_]> = rules.into_iter().map(|rule| Limiter::new(rule, now)).collect();
        if limits.is_empty() { Self::one(Rule::default()) } else { Self::Several(limits) }
    }

    pub(super) fn adaptive(config: adaptive::Config) -> Self {
        let adaptive = AdaptiveRate::new(config);
        let bucket = TokenBucket::new(bucket(adaptive.rate()), clock::fine());
        Self::Adaptive(bucket, Box::new(adaptive))
    }

    #[inline]
    pub(super) fn try_acquire(&self, cost: u32, now: Tick) -> Result<(), Refusal> {
        match self {
            Self::Bucket(bucket) | Self::Adaptive(bucket, _) => bucket.try_acquire(cost, now),
            Self::Several(limits) => of_all(limits, cost, now),
        }
    }

    pub(super) fn reserve(&self, cost: u32, max_wait: Duration, now: Tick) -> Result<Duration, Refusal> {
        match self {
            Self::Bucket(bucket) | Self::Adaptive(bucket, _) => bucket.reserve(cost, max_wait, now),
            Self::Several(limits) => reserve_all(limits, cost, max_wait, now),
        }
    }

    /// How long before its turn the first of the queue takes its tokens and makes room for the next.
    ///
    /// A bucket keeps them apart all the same: what is taken early is used when it is due. Of several limits all are taken at
    /// once, and one that has room would count a call before it is made; so without it they let through what the runtime's timer
    /// allows, a burst for each millisecond at most.
    pub(super) const fn lead(&self) -> Duration {
        match self {
            Self::Bucket(_) | Self::Adaptive(..) => LEAD,
            Self::Several(_) => Duration::ZERO,
        }
    }

    /// How long until `cost` is there for one that is behind those who take `ahead` before. Exact where every limit is a bucket,
    /// or nobody is ahead, and near it otherwise.
    pub(super) fn wait_for(&self, cost: u32, ahead: u64, now: Tick) -> Result<Duration, Refusal> {
        match self {
            Self::Bucket(bucket) | Self::Adaptive(bucket, _) => wait_for(&bucket.snapshot(now), cost, ahead),
            Self::Several(limits) => limits.iter().try_fold(Duration::ZERO, |longest, limit| {
                let wait = match limit {
                    Limiter::Bucket(bucket) => wait_for(&bucket.snapshot(now), cost, ahead)?,
                    Limiter::Window(_) => wait_for_window(limit, cost, ahead, now)?,
                };
                Ok(longest.max(wait))
            }),
        }
    }

    /// The settings of a bucket whose owner sets them.
    pub(super) fn settings(&self) -> Result<Config, InvalidConfig> {
        let refuse = |what| InvalidConfig::new("rate", what, "that of one token bucket");
        match self {
            Self::Bucket(bucket) => Ok(bucket.config()),
            Self::Adaptive(..) => Err(refuse("one that follows how long calls take")),
            Self::Several(_) => Err(refuse("one of windows or of several limits")),
        }
    }

    pub(super) fn set(&self, config: Config, now: Tick) -> Result<(), InvalidConfig> {
        self.settings()?;
        if let Self::Bucket(bucket) = self {
            bucket.set(config, now);
        }
        Ok(())
    }

    /// Whether that made it another.
    pub(super) fn record_latency(&self, latency: Duration, now: Tick) -> bool {
        let Self::Adaptive(limit, adaptive) = self else { return false };
        let changed = adaptive.record(latency);
        if let Some(rate) = changed {
            limit.set(bucket(rate), now);
        }
        changed.is_some()
    }

    pub(super) fn pause_until(&self, until: Tick) {
        match self {
            Self::Bucket(bucket) | Self::Adaptive(bucket, _) => bucket.pause_until(until),
            Self::Several(limits) => limits.iter().for_each(|limit| limit.pause_until(until)),
        }
    }

    /// Fills buckets up and ends a pause. What windows have counted is a fact, and stays.
    pub(super) fn reset(&self) {
        match self {
            Self::Bucket(bucket) | Self::Adaptive(bucket, _) => {
                bucket.refund(u32::MAX);
                bucket.resume();
            }
            Self::Several(limits) => limits.iter().for_each(|limit| {
                if let Limiter::Bucket(bucket) = limit {
                    bucket.refund(u32::MAX);
                }
                limit.resume();
            }),
        }
    }

    pub(super) fn paused_for(&self, now: Tick) -> Duration {
        self.snapshots(now).map(|snapshot| snapshot.paused_for).max().unwrap_or_default()
    }

    /// Tokens a second, of the slowest.
    pub(super) fn rate(&self, now: Tick) -> f64 {
        self.snapshots(now).map(|snapshot| snapshot.rate.per_second_f64()).fold(f64::INFINITY, f64::min)
    }

    /// Of several, each with its number.
    pub(super) fn standings(&self, name: &'static str, now: Tick) -> Vec<Standing> {
        let label = |number: usize| match self {
            Self::Several(limits) if limits.len() > 1 => Cow::Owned(format!("{name}#{}", number + 1)),
            _ => Cow::Borrowed(name),
        };
        self.snapshots(now).enumerate().map(|(number, at)| Standing::new(label(number), &at)).collect()
    }

    fn snapshots(&self, now: Tick) -> impl Iterator<Item = Snapshot> {
        let (one, several) = match self {
            Self::Bucket(bucket) | Self::Adaptive(bucket, _) => (Some(bucket), &[][..]),
            Self::Several(limits) => (None, &**limits),
        };
        let one = one.map(|bucket| bucket.snapshot(now));
        one.into_iter().chain(several.iter().map(move |limit| limit.snapshot(now)))
    }
}

/// Out of line, so that one bucket does not pay for it.
#[inline(never)]
fn of_all(limits: &[Limiter], cost: u32, now: Tick) -> Result<(), Refusal> {
    try_acquire_all(limits, cost, now)
}

/// Two steps of the runtime's timer, as one wakes up to one late: with less, a rate of more than a call each millisecond would
/// lose what it lets through between two steps.
pub(super) const LEAD: Duration = Duration::from_millis(2);

/// How long until `cost` is there behind `ahead` in a bucket that stands like this: what it lacks of the burst now, and what
/// both are more than that.
pub(super) fn wait_for(snapshot: &Snapshot, cost: u32, ahead: u64) -> Result<Duration, Refusal> {
    if cost > snapshot.burst {
        return Err(Refusal::new(Reason::TooLarge));
    }
    let (burst, rate, tokens) = (u64::from(snapshot.burst), snapshot.rate, ahead.saturating_add(cost.into()));
    let wait = match tokens.checked_sub(burst) {
        Some(more) => snapshot.full_in.saturating_add(time_of(more, rate)),
        None => snapshot.full_in.saturating_sub(time_of(burst - tokens, rate)),
    };
    Ok(wait.max(snapshot.paused_for))
}

/// The same of a window, which asks it itself: what is more than it grants at once comes as many windows later.
fn wait_for_window(window: &Limiter, cost: u32, ahead: u64, now: Tick) -> Result<Duration, Refusal> {
    let alone = window.wait(cost, now)?;
    let rate = window.rule().rate();
    let others = ahead.saturating_add(cost.into()).saturating_sub(1);
    let (windows, last) = (others / rate.count(), others % rate.count());
    let last = u32::try_from(last + 1).expect("a window grants fewer at once");
    let later = rate.per().saturating_mul(u32::try_from(windows).unwrap_or(u32::MAX));
    Ok(alone.max(window.wait(last, now)?.saturating_add(later)))
}

/// The bucket of a rate that moves: what comes in a second at once, at least one, and no more than can be kept at every rate.
fn bucket(rate: Rate) -> Config {
    let burst = (rate.per_second_f64() as u32).clamp(1, 10_000_000);
    Config::new(rate, burst).expect("every rate has such a burst")
}
