//! What a detector remembers of one peer from interval to interval.

use super::Config;
use super::verdict::Tally;
use crate::Tick;
use crate::sync::{Mutex, lock};
use std::time::Duration;

/// What one detector remembers of one peer. Nobody waits for it, as only whoever has the detector's lock comes here.
#[derive(Debug, Default)]
pub(crate) struct Standing(Mutex<Memory>);

#[derive(Debug, Default)]
struct Memory {
    /// The interval in which it was counted last; 0 if it never was.
    interval: u32,
    /// Calls and failures in all, as they were then.
    seen: (u32, u32),
    /// What it did in that interval.
    tally: Tally,
    /// How often it was left out, less what it made up for.
    times: u32,
    /// The same before the last interval made up for anything.
    times_before: u32,
}

impl Standing {
    /// What it did between the last interval and this one, of so many calls and failures in all; the same answer however often it
    /// is asked in one interval. What was before it was first looked at is nobody's interval.
    pub(super) fn count(&self, interval: u32, in_all: (u32, u32), out: bool) -> Tally {
        let mut memory = lock(&self.0);
        if memory.interval != interval {
            let first = memory.interval == 0;
            let since = |now: u32, seen: u32| if first { 0 } else { now.wrapping_sub(seen) };
            let calls = since(in_all.0, memory.seen.0);
            // Of two counters that are read one after the other.
            let failures = since(in_all.1, memory.seen.1).min(calls);
            memory.times_before = memory.times;
            if !out && !memory.tally.out {
                // A whole interval among the others makes up for one time that it was left out.
                memory.times = memory.times.saturating_sub(1);
            }
            (memory.interval, memory.seen, memory.tally) = (interval, in_all, Tally { calls, failures, out });
        }
        memory.tally
    }

    /// It is left out once more: until when.
    pub(super) fn eject(&self, config: &Config, now: Tick) -> Tick {
        let mut memory = lock(&self.0);
        // Such an interval makes up for nothing.
        memory.times = memory.times_before.saturating_add(1);
        memory.tally.out = true;
        now + lasts(config, memory.times)
    }
}

/// How long a peer is left out for the so-manieth time.
fn lasts(config: &Config, times: u32) -> Duration {
    config.base_ejection.saturating_mul(times).min(config.max_ejection)
}
