//! From findings to a status.

use super::{Change, Config, Finding, Status};
use crate::{Ratio, Tick};
use std::time::Duration;

/// How many of the last answers the latency is the mean of.
const ANSWERS: usize = 10;

/// How something stands that is looked at. Whoever looks tells it what was found, one after the other.
#[derive(Clone, Debug)]
pub struct Standing {
    unhealthy_after: u32,
    healthy_after: u32,
    degraded_over: Option<Duration>,
    status: Status,
    since: Option<Tick>,
    runs: Runs,
    totals: Totals,
    took: Option<Duration>,
    answers: Answers,
    checked_at: Option<Tick>,
    healthy_at: Option<Tick>,
    unhealthy_at: Option<Tick>,
}

/// How many findings in a row were of a kind. One that is [`Finding::Unknown`] ends no run.
#[derive(Clone, Copy, Debug, Default)]
struct Runs {
    /// Healthy.
    good: u32,
    /// Healthy or degraded.
    fair: u32,
    /// Degraded or unhealthy.
    poor: u32,
    /// Unhealthy.
    bad: u32,
}

/// Findings since it was made. The numbers only ever grow.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Totals {
    /// It was well.
    pub healthy: u64,
    /// It answered, and not as it should, or too slowly.
    pub degraded: u64,
    /// It did not answer, or was unwell.
    pub unhealthy: u64,
    /// It could not be asked.
    pub unknown: u64,
}

/// How it stood at one instant.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct Snapshot {
    /// The status.
    pub status: Status,
    /// How long it has been that; `None` before anything was found.
    pub in_status_for: Option<Duration>,
    /// When it was last looked at.
    pub checked_at: Option<Tick>,
    /// When it was last found healthy or degraded.
    pub healthy_at: Option<Tick>,
    /// When it was last found unhealthy.
    pub unhealthy_at: Option<Tick>,
    /// The run of findings that were healthy or degraded.
    pub consecutive_successes: u32,
    /// The run of findings that were unhealthy.
    pub consecutive_failures: u32,
    /// All findings.
    pub totals: Totals,
    /// How long the last look took.
    pub took: Option<Duration>,
    /// The mean of how long the last 10 looks took that had an answer; `None` without any.
    pub latency: Option<Duration>,
}

impl Standing {
    /// Nothing found yet.
    #[must_use]
    pub const fn new(config: Config) -> Self {
        Self {
            unhealthy_after: config.unhealthy_after,
            healthy_after: config.healthy_after,
            degraded_over: config.degraded_over,
            status: Status::Unknown,
            since: None,
            runs: Runs { good: 0, fair: 0, poor: 0, bad: 0 },
            totals: Totals { healthy: 0, degraded: 0, unhealthy: 0, unknown: 0 },
            took: None,
            answers: Answers { nanos: [0; ANSWERS], count: 0 },
            checked_at: None,
            healthy_at: None,
            unhealthy_at: None,
        }
    }

    /// The status.
    #[must_use]
    pub const fn status(&self) -> Status {
        self.status
    }

    /// What `finding` counts as that took so long: one that is healthy and slow is degraded.
    #[must_use]
    pub fn weigh(&self, finding: Finding, took: Duration) -> Finding {
        match finding {
            Finding::Healthy if self.degraded_over.is_some_and(|limit| took > limit) => Finding::Degraded,
            finding => finding,
        }
    }

    /// A look found this and took so long. Says what that changed.
    pub fn record(&mut self, finding: Finding, took: Duration, now: Tick) -> Option<Change> {
        let finding = self.weigh(finding, took);
        (self.checked_at, self.took) = (Some(now), Some(took));
        let count = match finding {
            Finding::Healthy => &mut self.totals.healthy,
            Finding::Degraded => &mut self.totals.degraded,
            Finding::Unhealthy => &mut self.totals.unhealthy,
            Finding::Unknown => &mut self.totals.unknown,
        };
        *count += 1;
        match finding {
            Finding::Healthy | Finding::Degraded => {
                self.healthy_at = Some(now);
                self.answers.push(took);
            }
            Finding::Unhealthy => self.unhealthy_at = Some(now),
            Finding::Unknown => {}
        }
        self.runs.count(finding);
        self.change_to(self.due(), now)
    }

    /// Nothing found yet, once more. What was counted stays.
    pub fn reset(&mut self, now: Tick) -> Option<Change> {
        self.runs = Runs::default();
        self.answers = Answers::default();
        self.change_to(Status::Unknown, now)
    }

    /// How it stands.
    #[must_use]
    pub fn snapshot(&self, now: Tick) -> Snapshot {
        Snapshot {
            status: self.status,
            in_status_for: self.since.map(|since| now.since(since)),
            checked_at: self.checked_at,
            healthy_at: self.healthy_at,
            unhealthy_at: self.unhealthy_at,
            consecutive_successes: self.runs.fair,
            consecutive_failures: self.runs.bad,
            totals: self.totals,
            took: self.took,
            latency: self.answers.mean(),
        }
    }

    /// The status that the runs make of the one it is.
    const fn due(&self) -> Status {
        let Runs { good, fair, poor, bad } = self.runs;
        let was_unhealthy = matches!(self.status, Status::Unhealthy);
        let stays_so = was_unhealthy && fair < self.healthy_after;
        if bad >= self.unhealthy_after || stays_so {
            Status::Unhealthy
        } else if good >= self.healthy_after {
            Status::Healthy
        } else if poor >= self.unhealthy_after || was_unhealthy {
            Status::Degraded
        } else {
            self.status
        }
    }

    fn change_to(&mut self, to: Status, now: Tick) -> Option<Change> {
        self.since.get_or_insert(now);
        if to == self.status {
            return None;
        }
        self.since = Some(now);
        let from = std::mem::replace(&mut self.status, to);
        Some(Change { from, to })
    }
}

impl Runs {
    const fn count(&mut self, finding: Finding) {
        let (good, fair) = match finding {
            Finding::Healthy => (true, true),
            Finding::Degraded => (false, true),
            Finding::Unhealthy => (false, false),
            Finding::Unknown => return,
        };
        Self::go_on(&mut self.good, good);
        Self::go_on(&mut self.fair, fair);
        Self::go_on(&mut self.poor, !good);
        Self::go_on(&mut self.bad, !fair);
    }

    const fn go_on(run: &mut u32, one_more: bool) {
        *run = if one_more { run.saturating_add(1) } else { 0 };
    }
}

impl Totals {
    /// How often it was looked at.
    #[must_use]
    pub const fn checks(&self) -> u64 {
        self.healthy + self.degraded + self.unhealthy + self.unknown
    }

    /// The share of the answers, good or not as they should be, in all findings that say something; `None` without any.
    #[must_use]
    pub fn success_rate(&self) -> Option<Ratio> {
        let answered = self.healthy + self.degraded;
        Ratio::of(answered, answered + self.unhealthy)
    }
}

/// How long the last answers took, in a ring.
#[derive(Clone, Debug, Default)]
struct Answers {
    nanos: [u64; ANSWERS],
    count: usize,
}

impl Answers {
    fn push(&mut self, took: Duration) {
        self.nanos[self.count % ANSWERS] = crate::clock::nanos(took);
        self.count += 1;
    }

    fn mean(&self) -> Option<Duration> {
        let kept = &self.nanos[..self.count.min(ANSWERS)];
        let sum: u128 = kept.iter().copied().map(u128::from).sum();
        let mean = sum.checked_div(kept.len() as u128)?;
        Some(Duration::from_nanos(u64::try_from(mean).unwrap_or(u64::MAX)))
    }
}
