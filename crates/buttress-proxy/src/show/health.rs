//! How a proxy and its origins are.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::time::SystemTime;

use serde::Deserialize;

use super::budget::Budgets;
use crate::terminal::words::{ago, count, grouped, percent, seconds};
use crate::terminal::{Cell, Ink, Screen};

/// What is read of `/status`. What another version leaves out is empty.
#[derive(Debug, Deserialize)]
pub(crate) struct Status {
    health: Health,
    circuit_breakers: BTreeMap<String, Breaker>,
    #[serde(default)]
    health_monitors: BTreeMap<String, Monitor>,
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
struct Monitor {
    latency: Option<f64>,
    advice: Advice,
    checks: BTreeMap<String, Check>,
}

#[derive(Clone, Copy, Debug, Deserialize)]
struct Advice {
    batch_size: u64,
    concurrency: u64,
    retries: u64,
}

#[derive(Debug, Deserialize)]
struct Check {
    status: String,
    reason: Option<String>,
    in_status_for: Option<f64>,
    latency: Option<f64>,
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

    /// The verdict, then each origin with its breaker and its limit, what looks at it found, and what all of them share.
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
        self.health_monitors.values().try_for_each(|monitor| monitor.show(screen))?;
        self.shared(screen)?;
        self.budgets.summarize(screen)
    }

    fn origin(&self, name: &str, breaker: &Breaker, now: SystemTime) -> [Cell; 7] {
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

impl Monitor {
    /// What was found where it looks, and how much to ask for meanwhile.
    fn show(&self, screen: &mut Screen<impl Write>) -> io::Result<()> {
        screen.heading("Health checks")?;
        let none = || "–".to_owned();
        let checks = self.checks.iter().map(|(name, Check { status, reason, in_status_for, latency })| {
            [
                Cell::text(name),
                Cell::text(status).ink(verdict_ink(status)),
                Cell::number(in_status_for.and_then(seconds).unwrap_or_else(none)),
                Cell::number(latency.and_then(seconds).unwrap_or_else(none)),
                Cell::text(reason.clone().unwrap_or_default()),
            ]
        });
        screen.table(["check", "status", "for", "answers in", "why"], checks.collect())?;
        let Advice { batch_size, concurrency, retries } = self.advice;
        let slowest = self.latency.and_then(seconds);
        let slowest =
            slowest.map_or_else(String::new, |latency| format!("The slowest answers in {latency}. "));
        let batches = format!("batches of {batch_size}, {concurrency} at a time");
        let again = format!("and what fails again up to {}", count(retries, "time"));
        screen.paragraph("  ", &format!("{slowest}Work is best sent in {batches}, {again}."))
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
