//! When a class is new, when it has regressed, and when it spikes.

use super::classes::Entry;
use super::line::{HOUR, Line, MINUTE, millis};
use super::{Config, Flags};

/// Over how long a spike is looked for.
const WINDOW: i64 = 5;
/// The time that what is usual is taken from: a day at most, and not less than an hour, which is short enough to have an answer
/// soon after a start, and long enough for twelve windows to compare with.
const DAY: i64 = 24 * 60;
const LEAST: i64 = HOUR / MINUTE;

/// What the settings say about it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Knobs {
    pub(super) new_for: i64,
    pub(super) regressed_after: i64,
    spike_factor: u64,
    spike_minimum: u64,
    /// Since when failures are counted.
    pub(super) since: Line,
}

impl Knobs {
    pub(super) fn of(config: &Config, since: Line) -> Self {
        Self {
            new_for: millis(config.new_for),
            regressed_after: millis(config.regressed_after),
            spike_factor: config.spike_factor.into(),
            spike_minimum: config.spike_minimum.into(),
            since,
        }
    }

    /// What is remarkable about a class at `now`.
    pub(super) fn flags(&self, entry: &Entry, now: Line) -> Flags {
        let lately = |since: Option<Line>| since.is_some_and(|since| now.since(since) < self.new_for);
        Flags {
            new: lately(entry.new),
            regressed: lately(entry.back),
            spiking: entry.spiking && now.minute() - entry.last.minute() < WINDOW,
        }
    }

    /// Whether the class has spiked in the five minutes up to `minute`: `spike_factor` times what is usual. It goes on until it
    /// is below half of that, so that it does not begin anew with every other failure.
    pub(super) fn is_spiking(&self, entry: &Entry, minute: i64) -> bool {
        if entry.day < self.spike_minimum {
            return false;
        }
        let recent = entry.counts.last_minutes(minute - WINDOW + 1);
        if recent < self.spike_minimum {
            return false;
        }
        // A class that had its place taken knows of nothing before that.
        let since = if entry.known { entry.first } else { self.since };
        let compared = minute - WINDOW - since.minute().max(minute - DAY);
        if compared < LEAST || (entry.new.is_some() && entry.first.minute() > minute - WINDOW) {
            return false;
        }
        let usual = entry.day.saturating_sub(recent).saturating_mul(WINDOW.unsigned_abs());
        let factor = if entry.spiking { self.spike_factor / 2 } else { self.spike_factor };
        recent.saturating_mul(compared.unsigned_abs()) >= factor.max(1).saturating_mul(usual)
    }
}
