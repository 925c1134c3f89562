//! How a proxy and its origins are.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::time::{Duration, SystemTime};

use serde::Deserialize;

use super::budget::Budgets;
use super::words::{ago, count, percent, span};
use crate::terminal::text::grouped;
use crate::terminal::{Cell, Ink, Screen};

/// What is read of `/status`. What another version leaves out is empty.
#[derive(Debug, Deserialize)]
pub(crate) struct Status {
    health: Health,
    circuit_breakers: BTreeMap<String, Breaker>,
    #[serde(default)]
    bulkheads: BTreeMap<String, Bulkhead>,
    #[serde(default)]
    rate_limits: BTreeMap<String, RateLimit>,
    #[serde(default)]
    retries: BTreeMap<String, Retry>,
    #[serde(flatten)]
    budgets: Budgets,
}

#[derive(Debug, Deserialize)]
struct Health {
    verdict: String,
    #[serde(default)]
    reasons: Vec<Concern>,
}

#[derive(Debug, Deserialize)]
struct Concern {
    kind: String,
    name: String,
    state: String,
}

#[derive(Debug, Deserialize)]
struct Breaker {
    state: String,
    failure_rate: Option<f64>,
    totals: Totals,
    #[serde(default)]
    opened: u64,
    durations: Option<Durations>,
    last_failure: Option<LastFailure>,
}

#[derive(Debug, Deserialize)]
struct Totals {
    successes: u64,
    failures: u64,
    #[serde(default)]
    rejected: u64,
}

#[derive(Debug, Deserialize)]
struct Durations {
    mean: Option<f64>,
}

#[derive(Debug, Deserialize)]
struct LastFailure {
    kind: String,
    at: String,
}

#[derive(Debug, Deserialize)]
struct Bulkhead {
    limit: u64,
    in_flight: u64,
    #[serde(default)]
    queued: u64,
}

#[derive(Debug, Deserialize)]
struct RateLimit {
    #[serde(default)]
    admitted: u64,
    #[serde(default)]
    limited: u64,
    #[serde(default)]
    rejected: u64,
}

#[derive(Debug, Deserialize)]
struct Retry {
    #[serde(default)]
    attempts: Vec<u64>,
    /// In percent.
    success_rate: Option<f64>,
}

impl Status {
    /// Whether nothing refuses.
    pub(crate) fn is_healthy(&self) -> bool {
        self.health.verdict == "healthy"
    }

    /// The verdict, then each origin with its breaker and its limit, then what all of them share.
    pub(crate) fn show(&self, screen: &mut Screen<impl Write>, now: SystemTime) -> io::Result<()> {
        let verdict = screen.paint.with(verdict_ink(&self.health.verdict), &self.health.verdict);
        screen.line(verdict)?;
        for Concern { kind, name, state } in &self.health.reasons {
            screen.line(format_args!("  {kind} {name} is {state}"))?;
        }
        screen.heading("Origins")?;
        let origins = self.circuit_breakers.iter().map(|(name, breaker)| self.origin(name, breaker, now));
        screen.table(
            ["origin", "breaker", "calls", "failing", "answers in", "at a time", "last failure"],
            origins.collect(),
        )?;
        self.shared(screen)?;
        self.budgets.summarize(screen)
    }

    fn origin(&self, name: &str, breaker: &Breaker, now: SystemTime) -> [Cell; 7] {
        let seconds = |seconds: f64| Duration::try_from_secs_f64(seconds).ok().map(span);
        let Totals { successes, failures, .. } = breaker.totals;
        let latency = breaker.durations.as_ref().and_then(|durations| durations.mean).and_then(seconds);
        let room = self.bulkheads.get(name).map(|Bulkhead { limit, in_flight, queued }| match queued {
            0 => format!("{in_flight} of {limit}"),
            queued => format!("{in_flight} of {limit}, {queued} wait"),
        });
        let failed =
            breaker.last_failure.as_ref().map(|last| match humantime::parse_rfc3339_weak(&last.at) {
                Ok(at) => format!("{} {}", last.kind, ago(at, now)),
                Err(_) => last.kind.clone(),
            });
        let rate = breaker.failure_rate.map(percent);
        let none = || "–".to_owned();
        [
            Cell::text(name),
            Cell::text(&breaker.state).ink(state_ink(&breaker.state)),
            Cell::number(grouped(successes.saturating_add(failures))),
            Cell::number(rate.unwrap_or_else(none)),
            Cell::number(latency.unwrap_or_else(none)),
            Cell::number(room.unwrap_or_else(none)),
            Cell::text(failed.unwrap_or_else(none)),
        ]
    }

    fn shared(&self, screen: &mut Screen<impl Write>) -> io::Result<()> {
        let refused: u64 = self.circuit_breakers.values().map(|breaker| breaker.totals.rejected).sum();
        let opened: u64 = self.circuit_breakers.values().map(|breaker| breaker.opened).sum();
        screen.line("")?;
        if opened > 0 {
            screen.line(format_args!(
                "Breakers opened {} and refused {}.",
                count(opened, "time"),
                count(refused, "call")
            ))?;
        }
        for Retry { attempts, success_rate } in self.retries.values() {
            let again: u64 = attempts.iter().skip(1).sum();
            if let (Some(share), true) = (success_rate, again > 0) {
                screen.line(format_args!(
                    "Requests were sent again {}; {} of all had a good answer in the end.",
                    count(again, "time"),
                    percent(*share / 100.0)
                ))?;
            }
        }
        for (name, RateLimit { admitted, limited, rejected }) in &self.rate_limits {
            let refused = limited.max(rejected);
            if *refused > 0 {
                screen.line(format_args!(
                    "The rate limit {name} let {} through and refused {}.",
                    grouped(*admitted),
                    grouped(*refused)
                ))?;
            }
        }
        Ok(())
    }
}

fn verdict_ink(verdict: &str) -> Ink {
    match verdict {
        "healthy" => Ink::Green,
        "degraded" => Ink::Yellow,
        _ => Ink::Red,
    }
}

fn state_ink(state: &str) -> Ink {
    match state {
        "closed" | "forced_closed" => Ink::Green,
        "half_open" => Ink::Yellow,
        _ => Ink::Red,
    }
}
