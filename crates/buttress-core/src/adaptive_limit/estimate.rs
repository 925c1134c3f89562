//! What is known of a peer from window to window.

use super::algorithm::Calls;
use super::config::Config;

/// A share of dropped calls from which on the latency of the others is not what calls usually take.
const TROUBLED: f64 = 0.1;
/// A share of dropped calls that is an overload, whoever causes it.
const OVERLOADED: f64 = 0.5;
/// How many times quicker than usual one window can be by chance.
const CHANCE: f64 = 1.5;
/// Windows that make an estimate: with 20 calls each, their mean is off by a tenth where calls scatter widely.
const LEARNT: u8 = 4;
/// Windows that an estimate remembers.
const REMEMBERED: u8 = 8;
/// Slow windows in a row over which the headroom is used up. More than there are by chance, and yet a few seconds.
const PATIENCE: u8 = 16;

/// Only ever touched by who closes a window.
#[derive(Debug)]
pub(super) struct Estimate {
    limit: f64,
    /// What a call takes when it does not wait, in nanoseconds.
    usual: Option<f64>,
    /// Windows that taught it, as far as they are remembered.
    windows: u8,
    /// Windows in a row in which the limit was in use and calls took longer than is tolerated.
    slow: u8,
}

impl Estimate {
    pub(super) fn new(config: &Config) -> Self {
        Self { limit: config.start().get().into(), usual: None, windows: 0, slow: 0 }
    }

    pub(super) const fn usual(&self) -> Option<f64> {
        self.usual
    }

    /// Goes on from another limit.
    pub(super) fn set(&mut self, limit: u32) {
        self.limit = limit.into();
        self.slow = 0;
    }

    /// The limit after a window of `calls`.
    pub(super) fn close(&mut self, config: &Config, calls: &Calls) -> u32 {
        // Half of it in use is as near as bursts let one see.
        let busy = f64::from(calls.peak) * 2.0 >= self.limit;
        let from = if busy {
            Some(self.limit)
        } else {
            // So many calls time out that fewer are in flight than the limit allows, and even those are too many.
            (calls.dropped_share() >= OVERLOADED).then(|| self.limit.min(f64::from(calls.peak)))
        };
        let usual = self.learn(config, calls, busy);
        if let Some(from) = from {
            let slack = config.slack_nanos() as f64;
            let tolerated = config.rule().tolerated(usual, slack);
            // The calls that end soon after a fall are the quick ones, and prove nothing.
            self.slow = match calls.latency > tolerated {
                true => (self.slow + 1).min(PATIENCE),
                false if calls.settled => 0,
                false => self.slow,
            };
            let headroom = 1.0 - f64::from(self.slow) / f64::from(PATIENCE);
            let next = config.rule().next(from, calls, usual, slack, headroom);
            let most = if self.measures(config) { config.min() } else { config.max() };
            self.limit = next.clamp(config.min().get().into(), most.get().into());
        }
        self.limit as u32
    }

    /// Whether the limit is at its least.
    fn at_least(&self, config: &Config) -> bool {
        self.limit as u32 <= config.min().get()
    }

    /// Whether it stays at its least until it is known what calls take there.
    fn measures(&self, config: &Config) -> bool {
        self.windows < LEARNT && self.at_least(config)
    }

    /// Follows what calls take, and returns it. Up only where no more were in flight than the least limit allows, which is a
    /// promise that they make no queue: so however long one stands behind a higher limit, it is not taken for what is usual.
    /// Down anywhere, as nothing makes calls quicker than they are, but not for what may be chance: of the windows of a busy
    /// peer the quickest would remain.
    fn learn(&mut self, config: &Config, calls: &Calls, busy: bool) -> f64 {
        let usual = self.usual.unwrap_or(calls.latency);
        if calls.dropped_share() >= TROUBLED {
            return usual;
        }
        if !calls.settled {
            if self.usual.is_none() {
                // The best guess there is, and the nearest to the truth where a beginning meets an overload.
                self.usual = Some(usual);
                self.windows = 1;
            }
            return usual;
        }
        let slack = config.slack_nanos() as f64;
        if busy && self.at_least(config) && calls.latency > config.rule().tolerated(usual, slack) {
            // What was known does not hold any more.
            self.windows = 0;
        }
        let promised = calls.peak <= config.min().get() || self.at_least(config);
        let learnt = if promised || self.windows < LEARNT {
            self.windows = (self.windows + 1).min(REMEMBERED);
            usual + (calls.latency - usual) / f64::from(self.windows)
        } else if calls.latency * CHANCE < usual {
            usual + (calls.latency - usual) / f64::from(REMEMBERED)
        } else {
            usual
        };
        self.usual = Some(learnt);
        learnt
    }
}
