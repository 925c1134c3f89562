//! One limit of either kind, and several at once.

use super::{Config, Rate, Snapshot, TokenBucket, Window, WindowConfig};
use crate::{InvalidConfig, Reason, Refusal, Tick};
use std::time::Duration;

/// How a limit reckons, and its settings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rule {
    /// A bucket of tokens: a burst at once, then the rate.
    Bucket(Config),
    /// So many in any window.
    Window(WindowConfig),
}

impl Rule {
    /// How many over time.
    #[must_use]
    pub const fn rate(&self) -> Rate {
        match self {
            Self::Bucket(config) => config.rate(),
            Self::Window(config) => config.rate(),
        }
    }
}

impl Default for Rule {
    /// A bucket with its own defaults.
    fn default() -> Self {
        Self::Bucket(Config::default())
    }
}

impl From<Config> for Rule {
    fn from(config: Config) -> Self {
        Self::Bucket(config)
    }
}

impl From<WindowConfig> for Rule {
    fn from(config: WindowConfig) -> Self {
        Self::Window(config)
    }
}

/// One limit of either kind.
#[derive(Debug)]
pub enum Limiter {
    /// A bucket of tokens.
    Bucket(TokenBucket),
    /// A window.
    Window(Window),
}

/// Asks the limit of either kind the same.
macro_rules! either {
    ($limiter:expr, $limit:ident => $ask:expr) => {
        match $limiter {
            Self::Bucket($limit) => $ask,
            Self::Window($limit) => $ask,
        }
    };
}

impl Limiter {
    /// A limit that nobody has used yet.
    #[must_use]
    pub fn new(rule: impl Into<Rule>, now: Tick) -> Self {
        match rule.into() {
            Rule::Bucket(config) => Self::Bucket(TokenBucket::new(config, now)),
            Rule::Window(config) => Self::Window(Window::new(config)),
        }
    }

    /// How it reckons.
    #[must_use]
    pub fn rule(&self) -> Rule {
        either!(self, limit => limit.config().into())
    }

    /// Admits `cost`, or nothing and tells why and when to ask again.
    ///
    /// # Errors
    /// There is no room for so many, now or ever.
    #[inline]
    pub fn try_acquire(&self, cost: u32, now: Tick) -> Result<(), Refusal> {
        either!(self, limit => limit.try_acquire(cost, now))
    }

    /// Admits `cost`, also in the future, and tells how long to wait for it.
    ///
    /// # Errors
    /// It would be later than after `max_wait`, or never.
    pub fn reserve(&self, cost: u32, max_wait: Duration, now: Tick) -> Result<Duration, Refusal> {
        either!(self, limit => limit.reserve(cost, max_wait, now))
    }

    /// How long until `cost` would be admitted, if nothing else is; takes nothing.
    ///
    /// # Errors
    /// Never.
    pub fn wait(&self, cost: u32, now: Tick) -> Result<Duration, Refusal> {
        either!(self, limit => limit.wait(cost, now))
    }

    /// Takes back what was admitted for `at` and is not used: the time of asking and the wait that was told. A bucket takes it
    /// back at the end, which [says](TokenBucket::refund) what becomes of later reservations.
    pub fn refund(&self, cost: u32, at: Tick) {
        match self {
            Self::Bucket(bucket) => bucket.refund(cost),
            Self::Window(window) => window.refund(cost, at),
        }
    }

    /// Changes the settings; what was admitted counts on.
    ///
    /// # Errors
    /// The rule is of the other kind.
    pub fn set(&self, rule: impl Into<Rule>, now: Tick) -> Result<(), InvalidConfig> {
        match (self, rule.into()) {
            (Self::Bucket(bucket), Rule::Bucket(config)) => bucket.set(config, now),
            (Self::Window(window), Rule::Window(config)) => window.set(config),
            (_, rule) => {
                let allowed = "of the kind that the limit was made with";
                return Err(InvalidConfig::new("rule", format_args!("{rule:?}"), allowed));
            }
        }
        Ok(())
    }

    /// Admits nothing before `until`, as a peer asked for; a pause that lasts longer stays.
    pub fn pause_until(&self, until: Tick) {
        either!(self, limit => limit.pause_until(until));
    }

    /// Ends a pause.
    pub fn resume(&self) {
        either!(self, limit => limit.resume());
    }

    /// How it stands at `now`.
    #[must_use]
    pub fn snapshot(&self, now: Tick) -> Snapshot {
        either!(self, limit => limit.snapshot(now))
    }
}

/// Asks several limits for the same call, of all of which it takes `cost`, or of none.
///
/// The limits can be of several owners: one of all, one of each client. Beside another thread that empties one of them at this
/// very moment, what the others gave goes back at once, and a third may be refused for it; more than each limit allows is never
/// admitted.
///
/// # Errors
/// One of them never admits so many, or not yet: then with the longest wait of all.
pub fn try_acquire_all<'a>(
    limits: impl IntoIterator<Item = &'a Limiter, IntoIter: Clone>,
    cost: u32,
    now: Tick,
) -> Result<(), Refusal> {
    reserve_all(limits, cost, Duration::ZERO, now).map(drop)
}

/// The same with a wait: of all limits `cost` is taken, also from the future, or of none. Tells how long to wait for the last of
/// them.
///
/// # Errors
/// As [`try_acquire_all`], where one is later than after `max_wait`.
pub fn reserve_all<'a>(
    limits: impl IntoIterator<Item = &'a Limiter, IntoIter: Clone>,
    cost: u32,
    max_wait: Duration,
    now: Tick,
) -> Result<Duration, Refusal> {
    let limits = limits.into_iter();
    // Asked first, so that a refusal does not even take something for a moment, and tells the longest wait of all.
    let mut longest = Duration::ZERO;
    for limit in limits.clone() {
        longest = longest.max(limit.wait(cost, now)?);
    }
    if longest > max_wait {
        return Err(Refusal::after(Reason::RateLimited, longest));
    }
    take_all(limits, cost, max_wait, now)
}

/// Takes from one after the other, and gives back when one that had room was emptied meanwhile.
fn take_all<'a>(
    mut limits: impl Iterator<Item = &'a Limiter>,
    cost: u32,
    max_wait: Duration,
    now: Tick,
) -> Result<Duration, Refusal> {
    let Some(limit) = limits.next() else { return Ok(Duration::ZERO) };
    let wait = limit.reserve(cost, max_wait, now)?;
    match take_all(limits, cost, max_wait, now) {
        Ok(longest) => Ok(longest.max(wait)),
        Err(refusal) => {
            limit.refund(cost, now + wait);
            Err(refusal)
        }
    }
}
