//! What only changes of state and other rare events touch: what happened, how often, and how long the breaker stays open.

use super::config::OpenTime;
use super::state::State;
use super::transition::{Cause, Transition};
use super::transition_counts::{TransitionCount, TransitionCounts};
use crate::Tick;
use std::collections::VecDeque;
use std::time::Duration;

/// How many changes a breaker remembers. A reader that falls further behind is told how many it missed.
const REMEMBERED: usize = 32;

/// What only changes of state and other rare events touch, under a lock. Most breakers see none, and have no log.
#[derive(Debug)]
pub(super) struct Journal {
    seed: u64,
    pub(super) entered_at: Tick,
    log: Option<Box<Log>>,
}

#[derive(Debug, Default)]
struct Log {
    /// Openings in a row without a successful probe, less one.
    level: u32,
    open_for: Duration,
    opened: u64,
    written: u64,
    /// Changes by the states before and after.
    counts: TransitionCounts,
    /// Leases given up.
    expired: u64,
    /// Calls that panicked.
    panicked: u64,
    recent: VecDeque<Transition>,
}

/// How far a reader has read a breaker's changes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Cursor(u64);

impl Journal {
    pub(super) const fn new(seed: u64, now: Tick) -> Self {
        Self { seed, entered_at: now, log: None }
    }

    fn log(&mut self) -> &mut Log {
        self.log.get_or_insert_default()
    }

    pub(super) const fn seed(&self) -> u64 {
        self.seed
    }

    /// The present open time.
    pub(super) fn open_for(&self) -> Duration {
        self.log.as_ref().map_or(Duration::ZERO, |log| log.open_for)
    }

    pub(super) fn opened(&self) -> u64 {
        self.log.as_ref().map_or(0, |log| log.opened)
    }

    pub(super) fn written(&self) -> u64 {
        self.log.as_ref().map_or(0, |log| log.written)
    }

    pub(super) fn expired(&self) -> u64 {
        self.log.as_ref().map_or(0, |log| log.expired)
    }

    pub(super) fn panicked(&self) -> u64 {
        self.log.as_ref().map_or(0, |log| log.panicked)
    }

    /// Whether an opening at `now` would be for longer than a first one.
    pub(super) fn escalates(&self, calm_after: Duration, now: Tick) -> bool {
        self.level() > 0 && now.since(self.entered_at) < calm_after
    }

    fn level(&self) -> u32 {
        self.log.as_ref().map_or(0, |log| log.level)
    }

    /// The next open time is the first one again.
    pub(super) fn forget_escalation(&mut self) {
        self.log().level = 0;
    }

    /// The next open time is a longer one.
    pub(super) fn escalate(&mut self) {
        let level = &mut self.log().level;
        *level = level.saturating_add(1);
    }

    /// Behind the last change.
    pub(super) fn end(&self) -> Cursor {
        Cursor(self.written())
    }

    /// The next change after `cursor`, and how many are lost before it.
    pub(super) fn next(&self, cursor: &mut Cursor) -> Option<(Transition, u64)> {
        let oldest = self.written() - self.recent().len() as u64;
        let missed = oldest.saturating_sub(cursor.0);
        let next = cursor.0.max(oldest);
        let transition = *self.recent().nth((next - oldest) as usize)?;
        cursor.0 = next + 1;
        Some((transition, missed))
    }

    /// Counts a call that panicked.
    pub(super) fn note_panic(&mut self) {
        self.log().panicked += 1;
    }

    /// Counts leases that were given up.
    pub(super) fn expire(&mut self, leases: u64) {
        self.log().expired += leases;
    }

    /// How often each change happened, of those that did.
    pub(super) fn counts(&self) -> Vec<TransitionCount> {
        self.log.as_ref().map_or_else(Vec::new, |log| log.counts.list())
    }

    /// The latest changes, oldest first.
    pub(super) fn recent(&self) -> impl ExactSizeIterator<Item = &Transition> {
        self.log.as_ref().map_or_else(Default::default, |log| log.recent.iter())
    }

    #[cfg(test)]
    pub(super) fn capacity(&self) -> usize {
        self.log.as_ref().map_or(0, |log| log.recent.capacity())
    }

    pub(super) fn write(&mut self, at: Tick, from: State, to: State, cause: Cause) -> Transition {
        self.entered_at = at;
        let log = self.log();
        log.written += 1;
        log.counts.note(from, to);
        let opens = to == State::Open;
        log.opened += u64::from(opens);
        let open_for = opens.then_some(log.open_for);
        let transition = Transition { number: log.written, at, from, to, cause, open_for };
        if log.recent.len() == REMEMBERED {
            log.recent.pop_front();
        }
        log.recent.push_back(transition);
        transition
    }

    /// Draws the next open time.
    pub(super) fn draw_open_for(&mut self, times: &OpenTime, hint: Option<Duration>) -> Duration {
        let roll = unit(splitmix64(self.seed.wrapping_add(self.opened())));
        let log = self.log();
        log.open_for = times.draw(log.level, roll, hint);
        log.open_for
    }
}

impl OpenTime {
    /// The open time at an escalation level, for a `roll` in `0.0..1.0`: spread, then capped, then raised by the hint.
    pub(super) fn draw(&self, level: u32, roll: f64, hint: Option<Duration>) -> Duration {
        let (base, max) = (self.base.get(), self.max.get());
        let grown = base.as_secs_f64() * self.factor.powf(level.into());
        let spread = grown.min(max.as_secs_f64()) * self.jitter.get().mul_add(2.0 * roll - 1.0, 1.0);
        let own = Duration::try_from_secs_f64(spread).unwrap_or(max).min(max);
        let hint = hint.map_or(Duration::ZERO, |hint| hint.min(self.hint_max.get()));
        own.max(hint).max(Duration::from_nanos(1))
    }
}

/// The mixer of Steele, Lea and Flood, "Fast splittable pseudorandom number generators" (2014).
const fn splitmix64(seed: u64) -> u64 {
    let z = seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// 53 random bits as a number in `0.0..1.0`.
fn unit(bits: u64) -> f64 {
    (bits >> 11) as f64 / (1_u64 << 53) as f64
}
