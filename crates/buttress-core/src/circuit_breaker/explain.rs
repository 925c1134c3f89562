//! Why a breaker is open, and why it is not.

use super::{CircuitBreaker, Rule, Snapshot, State};
use crate::{Ratio, Tick};
use std::fmt;

/// The state, what led to it, and how far each rule is from opening. For people: see its [`Display`](fmt::Display).
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Explanation {
    /// How the breaker stands.
    pub snapshot: Snapshot,
    /// Each rule that is on, in the order they are asked; empty unless the breaker is closed.
    pub rules: Vec<Standing>,
}

/// How far one rule is from opening.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum Standing {
    /// A number and the number that opens.
    Count {
        /// The rule.
        rule: Rule,
        /// What was counted.
        count: u64,
        /// What opens.
        limit: u64,
    },
    /// A share of calls and the share that opens.
    Share {
        /// The rule.
        rule: Rule,
        /// Calls of that kind.
        part: u64,
        /// All calls in the window.
        calls: u64,
        /// The share that opens.
        threshold: Ratio,
        /// The number of calls from which the share counts.
        minimum_calls: u64,
    },
}

impl CircuitBreaker {
    /// Why it stands where it stands: also why it has not opened.
    #[must_use]
    pub fn explain(&self, now: Tick) -> Explanation {
        let snapshot = self.snapshot(now);
        let rules = if snapshot.state == State::Closed { self.standings(&snapshot) } else { Vec::new() };
        Explanation { snapshot, rules }
    }

    fn standings(&self, snapshot: &Snapshot) -> Vec<Standing> {
        let config = self.config();
        let window = snapshot.window;
        let share = |rule, part, threshold| Standing::Share {
            rule,
            part,
            calls: window.calls,
            threshold,
            minimum_calls: config.minimum_calls.into(),
        };
        let run = config.run_limit(window.calls).map(|limit| Standing::Count {
            rule: Rule::ConsecutiveFailures,
            count: snapshot.consecutive_failures,
            limit,
        });
        let count = config.failure_count.map(|limit| Standing::Count {
            rule: Rule::FailuresInWindow,
            count: window.failures,
            limit: limit.get().into(),
        });
        let rate = config.failure_rate.map(|rate| share(Rule::FailureRate, window.failures, rate));
        let slow = config.slow_calls.map(|slow| share(Rule::SlowCallRate, window.slow, slow.rate));
        [run, count, rate, slow].into_iter().flatten().collect()
    }
}

impl fmt::Display for Explanation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Snapshot { state, in_state_for, .. } = &self.snapshot;
        write!(f, "{state} for {in_state_for:.1?}")?;
        if let Some(last) = self.snapshot.history.last() {
            write!(f, ", since {}", last.cause)?;
        }
        if let Some(wait) = self.snapshot.retry_after {
            write!(f, "; probes in {wait:.1?}")?;
        }
        if *state == State::HalfOpen {
            let probes = self.snapshot.probes;
            write!(
                f,
                "; probes: {} out, {} successful, {} failed",
                probes.in_flight, probes.successes, probes.failures
            )?;
        }
        if self.snapshot.shadow {
            f.write_str("; in shadow, so it refuses nothing")?;
        }
        for rule in &self.rules {
            write!(f, "\n  not open by {rule}")?;
        }
        Ok(())
    }
}

impl fmt::Display for Standing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Count { rule, count, limit } => write!(f, "{rule}: {count} of {limit}"),
            Self::Share { rule, calls, minimum_calls, .. } if calls < minimum_calls => {
                write!(f, "{rule}: counts from {minimum_calls} calls on, so far {calls}")
            }
            Self::Share { rule, part, calls, threshold, .. } => {
                let share = Ratio::of(*part, *calls).unwrap_or(Ratio::ZERO);
                write!(f, "{rule}: {part} of {calls} calls are {share}, threshold {threshold}")
            }
        }
    }
}
