//! A limit on bandwidth that follows what the line bears.
//!
//! Answers the failure in which nobody knows the right limit: one that was guessed too high fills the queue in front of the
//! narrowest place, where everything else then waits too, and one that was guessed too low leaves the line unused.
//!
//! # How it decides
//! It looks at the transfers of a short while at a time: how quick the quickest was, how many bytes arrived, and how many
//! transfers failed. What the quickest took longer than the least that is known is the time that *everything* waits:
//!
//! ```text
//! waits = quickest - usual
//! waits < delay / 2 :   limit = limit * 1.1                                    if the limit was used
//! else              :   limit = arrived * (1 + (delay - waits) / (4 * interval))  within limit / 2 ..= limit * 1.1
//! failed > 10 %     :   limit = min(limit, arrived) * (1 - failed / 2)
//! ```
//!
//! - *By the quickest*, as CoDel does (RFC 8289): a queue that stands delays them all, a slow peer or a burst only some.
//! - *To what arrived*, as BBR does: while bytes wait, those that arrive are as many as the line bears. So it need not try
//!   out what it can see, and stands still where the delay is the one that is aimed at: no saw in which each tooth fills the
//!   queue once more. How much less than that it lets through while the queue is too long depends on how long that is.
//! - *A delay is aimed at*, as LEDBAT does (RFC 6817), and whoever else fills the line has precedence.
//! - *What transfers usually take* falls with each that is quicker. It rises only while no more passes than the floor, which
//!   is a promise that so much makes no queue. So a queue is not taken for usual however long it stands, and a new route that
//!   is longer takes the limit to its floor, once, until that has shown.
//! - *Only use raises it*: a limit in whose way nobody was has proved nothing. It falls while the line is congested, also by
//!   others.
//! - *Less than half of it is never taken off at a time*, and never more than a tenth added: what a single look may get wrong.
//!
//! # What to tell it
//! How long a transfer took must not depend on its size: the time until the first byte of a large one came back, or that of a
//! small one from end to end. With transfers of megabytes told from end to end, it would aim at small ones.

use crate::sync::{Mutex, lock};
use buttress_core::bandwidth::{Direction, Lane};
use buttress_core::{InvalidConfig, Tick};
use std::time::Duration;

/// How much of the limit counts as used.
const USED: f64 = 0.8;
/// By how much it grows at a time. Three times the limit takes 12 looks, and what is too much in one of half a second queues for
/// 50 ms.
const GROWTH: f64 = 1.1;
/// The most that it loses at a time.
const LEAST_KEPT: f64 = 0.5;
/// In how many looks a queue that is too long is to be gone. Fewer, and what was seen of the last one counts twice.
const DRAINED_IN: f64 = 4.0;
/// A share of failures that peers have for reasons of their own.
const FAILURES: f64 = 0.1;
/// How much of what a look shows at the floor is believed.
const LEARNT: f64 = 0.25;
/// What is older than so many intervals says nothing about now.
const STALE: u32 = 20;

/// In which direction, between which limits, and how much it looks at before it moves.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Config {
    direction: Direction,
    floor: u64,
    ceiling: u64,
    delay: Duration,
    interval: Duration,
    minimum_transfers: u32,
}

impl Config {
    /// Of `direction`, from `floor` to `ceiling` bytes per second. The floor is a promise that the line bears so much at any
    /// time.
    ///
    /// # Errors
    /// The floor is zero, which would be no limit, or the ceiling is below it.
    pub fn new(direction: Direction, floor: u64, ceiling: u64) -> Result<Self, InvalidConfig> {
        ensure(floor > 0, "floor", &floor.to_string(), "at least 1 byte per second")?;
        ensure(floor <= ceiling, "ceiling", &ceiling.to_string(), "at least the floor")?;
        Ok(Self {
            direction,
            floor,
            ceiling,
            delay: Duration::from_millis(50),
            interval: Duration::from_millis(500),
            minimum_transfers: 5,
        })
    }

    /// How long bytes may wait in the line, 50 ms by default: people do not notice it, and it is well above what a scheduler
    /// or a radio link takes now and then. From 1 ms to 10 s.
    ///
    /// # Errors
    /// It is outside of that.
    pub fn delay(self, delay: Duration) -> Result<Self, InvalidConfig> {
        let allowed = Duration::from_millis(1)..=Duration::from_secs(10);
        ensure(allowed.contains(&delay), "delay", &format!("{delay:?}"), "1ms to 10s")?;
        Ok(Self { delay, ..self })
    }

    /// How long it looks before it moves, half a second by default, and at how many transfers at least, 5 by default: enough
    /// that one of them met nothing but the queue that all meet. From 10 ms to an hour, and at least one transfer.
    ///
    /// # Errors
    /// They are outside of that.
    pub fn interval(self, interval: Duration, minimum_transfers: u32) -> Result<Self, InvalidConfig> {
        let allowed = Duration::from_millis(10)..=Duration::from_secs(3_600);
        ensure(allowed.contains(&interval), "interval", &format!("{interval:?}"), "10ms to 1h")?;
        ensure(minimum_transfers > 0, "minimum_transfers", "0", "at least 1 transfer")?;
        Ok(Self { interval, minimum_transfers, ..self })
    }
}

fn ensure(holds: bool, knob: &'static str, value: &str, allowed: &'static str) -> Result<(), InvalidConfig> {
    if holds { Ok(()) } else { Err(InvalidConfig::new(knob, value, allowed)) }
}

/// Moves one limit. Shared by reference or `Arc`; has no clock.
#[derive(Debug)]
pub struct Adjuster {
    config: Config,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// What the quickest transfer takes that does not wait.
    usual: Option<Duration>,
    seen: Seen,
    /// Where the look began that is under way.
    began: Option<Began>,
}

/// The transfers of a look.
#[derive(Clone, Copy, Debug, Default)]
struct Seen {
    arrived: u64,
    quickest: Option<Duration>,
    succeeded: u32,
    failed: u32,
}

#[derive(Clone, Copy, Debug)]
struct Began {
    at: Tick,
    passed: u64,
    throttled: u64,
}

/// Why a limit moved.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Why {
    /// Where it is to begin.
    Start,
    /// It was used, and nothing waited.
    Room,
    /// Everything waited.
    Queue,
    /// Too many transfers failed.
    Failures,
}

/// A limit that moved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Adjusted {
    /// What it was, in bytes per second; 0 is no limit.
    pub from: u64,
    /// What it is to be.
    pub to: u64,
    /// What for.
    pub why: Why,
}

impl Adjuster {
    /// One that has seen nothing.
    #[must_use]
    pub fn new(config: Config) -> Self {
        Self { config, state: Mutex::default() }
    }

    /// Its settings.
    #[must_use]
    pub const fn config(&self) -> &Config {
        &self.config
    }

    /// Which limit it moves.
    #[must_use]
    pub const fn direction(&self) -> Direction {
        self.config.direction
    }

    /// A transfer of `bytes` arrived, `took` after it had left.
    pub fn succeeded(&self, bytes: u64, took: Duration) {
        let mut state = lock(&self.state);
        let seen = &mut state.seen;
        seen.arrived = seen.arrived.saturating_add(bytes);
        seen.quickest = Some(seen.quickest.map_or(took, |quickest| quickest.min(took)));
        seen.succeeded = seen.succeeded.saturating_add(1);
    }

    /// A transfer failed in a way that a full line explains: a timeout, a connection that was reset.
    pub fn failed(&self) {
        let failed = &mut lock(&self.state).seen.failed;
        *failed = failed.saturating_add(1);
    }

    /// What transfers take that wait for nothing; `None` before the first look ended.
    #[must_use]
    pub fn usual(&self) -> Option<Duration> {
        lock(&self.state).usual
    }

    /// Where the limit goes from how it stands, if it moves. To be asked again and again: before a look has ended, it does not.
    #[must_use = "the limit is moved by who asks"]
    pub fn adjust(&self, lane: &Lane, now: Tick) -> Option<Adjusted> {
        let mut state = lock(&self.state);
        let begins = Began { at: now, passed: lane.bytes, throttled: lane.throttled };
        let within = self.config.floor..=self.config.ceiling;
        let Some(began) = state.began.filter(|_| within.contains(&lane.limit)) else {
            // The first time, or somebody else has set the limit meanwhile.
            state.began = Some(begins);
            state.seen = Seen::default();
            let to = if lane.limit == 0 { self.config.ceiling } else { self.within(lane.limit) };
            return Adjusted::of(lane.limit, to, Why::Start);
        };
        let took = now.since(began.at);
        let transfers = state.seen.succeeded.saturating_add(state.seen.failed);
        if took < self.config.interval {
            return None;
        }
        if transfers < self.config.minimum_transfers {
            if took > self.config.interval * STALE {
                state.began = Some(begins);
                state.seen = Seen::default();
            }
            return None;
        }
        let seen = std::mem::take(&mut state.seen);
        state.began = Some(begins);
        let rate = |bytes: u64| bytes as f64 / took.as_secs_f64();
        let look = Look {
            limit: lane.limit as f64,
            arrived: rate(seen.arrived),
            passed: rate(lane.bytes.saturating_sub(began.passed)),
            throttled: lane.throttled > began.throttled,
            failed: f64::from(seen.failed) / f64::from(transfers),
        };
        let waits = seen.quickest.map(|quickest| self.config.waits(&mut state.usual, quickest, &look));
        let (to, why) = self.config.next(&look, waits)?;
        // Upwards, or a limit of a few bytes would never grow.
        Adjusted::of(lane.limit, self.within(to.ceil() as u64), why)
    }

    fn within(&self, limit: u64) -> u64 {
        limit.clamp(self.config.floor, self.config.ceiling)
    }
}

impl Adjusted {
    fn of(from: u64, to: u64, why: Why) -> Option<Self> {
        (from != to).then_some(Self { from, to, why })
    }
}

/// What one look showed, in bytes per second and shares.
#[derive(Clone, Copy, Debug)]
struct Look {
    limit: f64,
    arrived: f64,
    passed: f64,
    throttled: bool,
    failed: f64,
}

impl Config {
    /// How long everything waited. Learns what is usual.
    fn waits(&self, usual: &mut Option<Duration>, quickest: Duration, look: &Look) -> Duration {
        let known = usual.map_or(quickest, |usual| usual.min(quickest));
        let waits = quickest.saturating_sub(known);
        let at_floor = look.passed <= self.floor as f64;
        *usual = Some(if at_floor { known + waits.mul_f64(LEARNT) } else { known });
        waits
    }

    fn next(&self, look: &Look, waits: Option<Duration>) -> Option<(f64, Why)> {
        if look.failed > FAILURES {
            let kept = look.limit.min(look.arrived) * (1.0 - look.failed / 2.0);
            return Some((kept.max(look.limit * LEAST_KEPT), Why::Failures));
        }
        let (waits, delay) = (waits?.as_secs_f64(), self.delay.as_secs_f64());
        let used = look.throttled || look.passed >= look.limit * USED;
        if waits < delay / 2.0 {
            return used.then_some((look.limit * GROWTH, Why::Room));
        }
        let drained_in = self.interval.as_secs_f64() * DRAINED_IN;
        // Those that failed had passed the line as well, or were as many as it bears more.
        let arrived = look.arrived / (1.0 - look.failed);
        let borne = arrived * (1.0 + (delay - waits) / drained_in);
        let next = borne.clamp(look.limit * LEAST_KEPT, look.limit * GROWTH);
        // Where nobody used it, what arrived is no sign of what could have, and of a short queue somebody else is the cause.
        (used || waits > delay && next < look.limit).then_some((next, Why::Queue))
    }
}

#[cfg(all(test, not(buttress_loom)))]
mod tests;
