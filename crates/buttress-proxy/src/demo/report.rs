//! What the demo tells, as data: one row a second and a summary. The JSON form is these types
//! as they stand, the form for people is drawn from them.

use std::net::SocketAddr;
use std::time::Duration;
use std::{fmt, io};

use buttress::circuit_breaker::State;
use serde::{Serialize, Serializer};

use super::effort::{Effort, Window};
use super::schedule::{NAMES, Phase, Stretch};

/// Tells the demo's story to somebody.
pub(super) trait Report {
    /// Called once, before the first row.
    fn begin(&mut self, scene: &Scene) -> io::Result<()>;
    /// Called for each second in order, once all that arrived in it has ended.
    fn row(&mut self, row: &Row) -> io::Result<()>;
    /// Called once, after the last row.
    fn end(&mut self, summary: &Summary) -> io::Result<()>;
}

/// Who takes part.
#[derive(Debug)]
pub(super) struct Scene {
    pub(super) proxy: SocketAddr,
    pub(super) origins: Vec<(&'static str, SocketAddr)>,
    pub(super) length: Duration,
}

/// One second of arrivals.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Row {
    /// The first second is 1.
    pub(super) second: u64,
    pub(super) stretch: Stretch,
    /// How the origins are.
    #[serde(serialize_with = "as_text")]
    pub(super) phase: Phase,
    /// Requests that arrived in this second.
    pub(super) requests: u64,
    /// Those of them that were answered well in time.
    pub(super) good: u64,
    /// Of all of them, the bad ones included.
    pub(super) p99_ms: Option<f64>,
    #[serde(flatten)]
    pub(super) effort: Effort,
    pub(super) origins: Vec<OriginRow>,
}

/// One origin and its breaker in one second.
#[derive(Clone, Debug, Serialize)]
pub(super) struct OriginRow {
    pub(super) name: &'static str,
    /// At the end of the second.
    #[serde(serialize_with = "as_text")]
    pub(super) state: State,
    /// Attempts at it that ended, whatever came of them.
    pub(super) attempts: u64,
    pub(super) transitions: Vec<Transition>,
}

#[derive(Clone, Debug, Serialize)]
pub(super) struct Transition {
    #[serde(serialize_with = "as_text")]
    pub(super) from: State,
    #[serde(serialize_with = "as_text")]
    pub(super) to: State,
    /// The rule that fired, in words.
    pub(super) cause: String,
}

/// The whole demo.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Summary {
    #[serde(flatten)]
    pub(super) all: Share,
    /// The seconds that belong together, in their order.
    pub(super) stretches: Vec<StretchSummary>,
    pub(super) retries: RetrySummary,
    pub(super) origins: Vec<OriginSummary>,
}

/// One stretch of the demo.
#[derive(Clone, Copy, Debug, Serialize)]
pub(super) struct StretchSummary {
    pub(super) stretch: Stretch,
    #[serde(flatten)]
    pub(super) share: Share,
    /// Attempts at each origin.
    pub(super) attempts: [u64; NAMES.len()],
}

/// What all attempts together came to.
#[derive(Clone, Copy, Debug, Default, Serialize)]
pub(super) struct RetrySummary {
    /// Attempts at the origins.
    pub(super) attempts: u64,
    /// Those of them that were retries.
    pub(super) retries: u64,
    /// Retries that the budget refused.
    pub(super) refused: u64,
    /// The window in which most of what the budget allows was spent.
    pub(super) fullest: Window,
    pub(super) budget_held: bool,
}

/// How many of the requests of some seconds were answered well.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub(super) struct Share {
    pub(super) seconds: u64,
    pub(super) requests: u64,
    pub(super) good: u64,
}

/// What the breaker of one origin did.
#[derive(Clone, Debug, Serialize)]
pub(super) struct OriginSummary {
    pub(super) name: &'static str,
    pub(super) address: SocketAddr,
    /// Transitions into each state.
    pub(super) opened: u64,
    pub(super) half_opened: u64,
    pub(super) closed: u64,
    /// Attempts that its breaker refused before anything was sent.
    pub(super) spared: u64,
}

impl Share {
    /// Both together.
    pub(super) fn plus(&self, other: &Self) -> Self {
        Self {
            seconds: self.seconds + other.seconds,
            requests: self.requests + other.requests,
            good: self.good + other.good,
        }
    }

    /// Between 0 and 1; nothing asked is nothing failed.
    pub(super) fn ratio(&self) -> f64 {
        if self.requests == 0 { 1.0 } else { self.good as f64 / self.requests as f64 }
    }
}

impl Row {
    pub(super) fn share(&self) -> Share {
        Share { seconds: 1, requests: self.requests, good: self.good }
    }
}

fn as_text<S: Serializer>(said: &impl fmt::Display, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(said)
}
