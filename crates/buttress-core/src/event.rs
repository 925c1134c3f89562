//! What a machine tells those who watch it.

use crate::bandwidth::{Direction, Scope};
use crate::circuit_breaker::Transition;
use crate::error_budget::Change;
use crate::failure_log::{Fingerprint, Standing};
use crate::health;
use crate::retry::GiveUp;
use crate::{PeerChange, Refusal, Tick, Trigger};
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

/// One thing that happened, in the envelope that all layers share.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Event {
    /// When it happened. `buttress::clock::system_time` tells what the clock on the wall said.
    pub at: Tick,
    /// The kind of layer, such as `"circuit_breaker"`.
    pub layer: &'static str,
    /// The name its owner gave to that one.
    pub name: &'static str,
    /// The key it happened to, where that one keeps a state per key.
    pub key: Option<Arc<str>>,
    /// What happened.
    pub kind: EventKind,
}

/// What happened; each layer adds its own.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum EventKind {
    /// A circuit breaker changed its state.
    Transition(Transition),
    /// A call was refused.
    Rejected(Refusal),
    /// The limit of a bulkhead moved, by itself or by an operator's hand.
    LimitChanged {
        /// What it was.
        from: u32,
        /// What it is.
        to: u32,
    },
    /// An attempt failed and another follows.
    Retried {
        /// The attempt that failed, counted from 1.
        attempt: u32,
        /// The wait before the next one.
        delay: Duration,
    },
    /// A call failed for good.
    GaveUp {
        /// The attempts it had.
        attempts: u32,
        /// Why there is no other.
        why: GiveUp,
    },
    /// An error budget is low, exhausted or recovered, or it burns too fast or no more.
    Budget(Change),
    /// Bytes had to wait, or did not pass, as there was no room for them.
    Throttled {
        /// Which way they go.
        direction: Direction,
        /// Whose limit has no room.
        scope: Scope,
    },
    /// A class of failures became remarkable.
    Failing {
        /// Its number.
        fingerprint: Fingerprint,
        /// In what way.
        standing: Standing,
    },
    /// A fallback was asked in the place of a call.
    FellBack {
        /// Why.
        trigger: Trigger,
        /// Where its answers come from.
        source: &'static str,
        /// Whether it had one.
        answered: bool,
    },
    /// Checks found something to be well, or not to be, and not what it was before.
    HealthChanged(health::Change),
    /// A peer of a ledger, which the key names, stands otherwise than before.
    Peer {
        /// Greater than that of whatever happened to the same peer before: threads may tell what they did in another order.
        number: u64,
        /// In what way.
        change: PeerChange,
    },
}

impl Event {
    /// The event `kind` of the layer `layer` named `name`.
    #[must_use]
    pub const fn new(at: Tick, layer: &'static str, name: &'static str, kind: EventKind) -> Self {
        Self { at, layer, name, key: None, kind }
    }

    /// The same, of one of its keys.
    #[must_use]
    pub fn of_key(self, key: Option<Arc<str>>) -> Self {
        Self { key, ..self }
    }
}

impl fmt::Display for Event {
    /// `circuit_breaker orders: closed -> open (…)`, with the key in brackets where there is one.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.layer, self.name)?;
        if let Some(key) = &self.key {
            write!(f, "[{}]", key.escape_debug())?;
        }
        write!(f, ": {}", self.kind)
    }
}

impl fmt::Display for EventKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Transition(transition) => transition.fmt(f),
            Self::Rejected(refusal) => write!(f, "rejected: {refusal}"),
            Self::LimitChanged { from, to } => write!(f, "limit {from} -> {to}"),
            Self::Retried { attempt, delay } => {
                write!(f, "attempt {attempt} failed, the next in {delay:.1?}")
            }
            Self::GaveUp { attempts, why } => {
                let plural = if *attempts == 1 { "" } else { "s" };
                write!(f, "gave up after {attempts} attempt{plural}: {why}")
            }
            Self::Budget(change) => change.fmt(f),
            Self::Throttled { direction, scope } => write!(f, "{direction} throttled by the {scope} limit"),
            Self::Failing { fingerprint, standing } => write!(f, "failures {fingerprint} are {standing}"),
            Self::FellBack { trigger, source, answered: true } => {
                write!(f, "{trigger}: answered by {source}")
            }
            Self::FellBack { trigger, source, answered: false } => {
                write!(f, "{trigger}: {source} failed too")
            }
            Self::Peer { change, .. } => change.fmt(f),
            Self::HealthChanged(health::Change { from, to }) => write!(f, "{from} -> {to}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn retries_and_their_end_are_told_in_words() {
        let told = |kind| Event::new(Tick::ZERO, "retry", "orders", kind).to_string();
        let retried = EventKind::Retried { attempt: 2, delay: Duration::from_millis(87) };
        assert_eq!(told(retried), "retry orders: attempt 2 failed, the next in 87.0ms");
        for (why, attempts, text) in [
            (GiveUp::Attempts, 3, "gave up after 3 attempts: no attempts left"),
            (GiveUp::Budget, 1, "gave up after 1 attempt: the retry budget is spent"),
        ] {
            assert_eq!(told(EventKind::GaveUp { attempts, why }), format!("retry orders: {text}"));
        }
        let mut names: Vec<_> = GiveUp::ALL.map(GiveUp::as_str).into();
        names.dedup();
        assert_eq!(names.len(), GiveUp::ALL.len());
    }
}
