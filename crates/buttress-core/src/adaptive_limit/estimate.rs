//! What is known of a peer from window to window.

use super::algorithm::Calls;
use super::config::Config;

/// A share of dropped calls from which on the latency of the others is not what calls usually take.
const TROUBLED: f64 = 0.1;
/// A share of dropped calls that is an overload, whoever causes it.
const OVERLOADED: f64 = 0.5;

/// Only ever touched by who closes a window.
#[derive(Debug)]
pub(super) struct Estimate {
    limit: f64,
    /// What a call takes when it does not wait, in nanoseconds.
    usual: Option<f64>,
}

impl Estimate {
    pub(super) fn new(config: &Config) -> Self {
        Self { limit: config.start().get().into(), usual: None }
    }

    pub(super) const fn usual(&self) -> Option<f64> {
        self.usual
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
            let next = config.rule().next(from, calls, usual, config.slack_nanos() as f64);
            self.limit = next.clamp(config.min().get().into(), config.max().get().into());
        }
        self.limit as u32
    }

    /// Follows what calls take, and returns it. Down at once, a step at a time. Up only where the latency is not of our own
    /// making: while half of the limit is free, or when even the least limit does not bring it down. A busy peer whose queue
    /// grows is thus never taken for one that is slow by nature; and as waiting for free half of the limit makes less than the
    /// tolerated latency for all of it, what is learnt cannot lift itself.
    fn learn(&mut self, config: &Config, calls: &Calls, busy: bool) -> f64 {
        let Some(usual) = self.usual else {
            self.usual = Some(calls.latency);
            return calls.latency;
        };
        let at_least = self.limit <= f64::from(config.min().get());
        let step = match calls.latency - usual {
            _ if calls.dropped_share() >= TROUBLED => 0.0,
            lower if lower < 0.0 => lower / 8.0,
            higher if !busy => higher / 8.0,
            higher if at_least => higher,
            _ => 0.0,
        };
        self.usual = Some(usual + step);
        usual + step
    }
}
