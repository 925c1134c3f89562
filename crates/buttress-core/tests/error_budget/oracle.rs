//! The same by a plain list of calls, each with its time, and windows that are counted through.

use super::*;
use buttress_core::error_budget::{Change, Level};

/// How a budget is set, in whole numbers.
#[derive(Clone, Debug)]
pub(crate) struct Settings {
    /// Of a thousand calls, those that may be bad.
    pub(crate) allowed: u64,
    pub(crate) window: u64,
    pub(crate) tumbling: bool,
    /// A tenth of the burn rate, the long and the short time.
    pub(crate) alerts: Vec<(u64, u64, u64)>,
    pub(crate) minimum_calls: u64,
    /// Percent: low, exhausted, and how much more it takes to be over.
    pub(crate) thresholds: [u64; 3],
}

impl Settings {
    /// All windows, and the length of the buckets each of them is made of. In tenths of a second, of which every bucket is a
    /// whole number.
    fn pitches(&self) -> Vec<(u64, u64)> {
        let mut windows: Vec<_> = self.alerts.iter().flat_map(|(_, long, short)| [*long, *short]).collect();
        windows.extend((!self.tumbling).then_some(self.window));
        windows.sort_unstable();
        let mut first = 0;
        let pitch = |window: u64| {
            if first == 0 || window > 12 * first {
                first = window;
            }
            (window * PARTS, first * PARTS / 30)
        };
        windows.into_iter().map(pitch).collect()
    }
}

/// Of a second.
pub(crate) const PARTS: u64 = 10;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Window {
    pub(crate) good: u64,
    pub(crate) bad: u64,
}

impl Window {
    const fn total(self) -> u64 {
        self.good + self.bad
    }

    /// Whether less than so many percent of the budget remain.
    const fn leaves_less_than(self, percent: u64, allowed: u64) -> bool {
        self.bad as u128 * 100_000 > (100 - percent) as u128 * allowed as u128 * self.total() as u128
    }

    pub(crate) const fn is_met(self, allowed: u64) -> bool {
        self.bad * 1_000 <= allowed * self.total()
    }

    /// Whether it burns at a tenth of `rate` or faster. An objective of 1 burns as one of a billionth.
    const fn burns(self, rate: u64, allowed: u64) -> bool {
        let allowed = if allowed == 0 { 1 } else { allowed as u128 * 1_000_000 };
        self.bad > 0 && self.bad as u128 * 10_000_000_000 >= rate as u128 * allowed * self.total() as u128
    }
}

pub(crate) struct Oracle {
    settings: Settings,
    pitches: Vec<(u64, u64)>,
    /// When it began, and all calls since: in tenths of a second.
    began: u64,
    calls: Vec<(u64, bool)>,
    now: u64,
    pub(crate) level: Level,
    pub(crate) firing: Vec<bool>,
}

impl Oracle {
    pub(crate) fn new(settings: Settings, now: u64) -> Self {
        let firing = vec![false; settings.alerts.len()];
        let pitches = settings.pitches();
        Self { settings, pitches, began: now, calls: Vec::new(), now, level: Level::Normal, firing }
    }

    fn sum(&self, from: u64) -> Window {
        let since = self.calls.iter().filter(|(at, _)| *at >= from);
        since.fold(Window::default(), |sum, (_, good)| Window {
            good: sum.good + u64::from(*good),
            bad: sum.bad + u64::from(!*good),
        })
    }

    fn rolling(&self, window: u64) -> Window {
        let (_, pitch) = *self.pitches.iter().find(|(length, _)| *length == window * PARTS).unwrap();
        let since = self.now - self.began;
        let buckets = (window * PARTS).div_ceil(pitch);
        self.sum(self.began + (since / pitch).saturating_sub(buckets) * pitch)
    }

    pub(crate) fn window(&self) -> Window {
        if !self.settings.tumbling {
            return self.rolling(self.settings.window);
        }
        let window = self.settings.window * PARTS;
        self.sum(self.began + (self.now - self.began) / window * window)
    }

    /// Whether a bucket begins between the last call or look and `now`.
    fn begins_a_bucket(&self, then: u64, now: u64) -> bool {
        let tumbling = self.settings.tumbling.then_some((0, self.settings.window * PARTS));
        self.pitches
            .iter()
            .copied()
            .chain(tumbling)
            .any(|(_, pitch)| (now - self.began) / pitch > (then - self.began) / pitch)
    }

    pub(crate) fn record(&mut self, good: bool, now: u64) -> Vec<Change> {
        let now = now.max(self.now);
        let marks = self.begins_a_bucket(self.now, now);
        self.now = now;
        self.calls.push((now, good));
        let [low, exhausted, _] = self.settings.thresholds;
        let window = self.window();
        let enough = window.total() >= self.settings.minimum_calls;
        let begins = |percent| enough && window.leaves_less_than(percent, self.settings.allowed);
        let worse = match self.level {
            Level::Normal => begins(low),
            Level::Careful => begins(exhausted),
            Level::Spent => false,
        };
        if marks || (!good && worse) { self.judge() } else { Vec::new() }
    }

    pub(crate) fn check(&mut self, now: u64) -> Vec<Change> {
        self.now = now.max(self.now);
        self.judge()
    }

    pub(crate) fn reset(&mut self, now: u64) -> Vec<Change> {
        self.calls.clear();
        (self.began, self.now) = (now, now);
        self.judge()
    }

    fn next_level(&self) -> Level {
        let window = self.window();
        let [low, exhausted, hysteresis] = self.settings.thresholds;
        let less_than = |percent| window.leaves_less_than(percent, self.settings.allowed);
        let spent = self.level == Level::Spent;
        let enough = window.total() >= self.settings.minimum_calls;
        // It can become better with too few calls, and stay as it is, and not become worse.
        if (less_than(exhausted) && (enough || spent)) || (spent && less_than(exhausted + hysteresis)) {
            Level::Spent
        } else if self.level == Level::Normal {
            if enough && less_than(low) { Level::Careful } else { Level::Normal }
        } else if less_than(low + hysteresis) {
            Level::Careful
        } else {
            Level::Normal
        }
    }

    pub(crate) fn alerts(&self) -> Vec<(bool, Window, Window)> {
        let alert = |(rate, long, short): &(u64, u64, u64)| {
            let [long, short] = [*long, *short].map(|window| self.rolling(window));
            let allowed = self.settings.allowed;
            let enough = long.total() >= self.settings.minimum_calls;
            (enough && long.burns(*rate, allowed) && short.burns(*rate, allowed), long, short)
        };
        self.settings.alerts.iter().map(alert).collect()
    }

    /// What changed, by kind: the numbers in it are looked at elsewhere.
    fn judge(&mut self) -> Vec<Change> {
        let mut changes = Vec::new();
        let (from, to) = (self.level, self.next_level());
        let window = self.window();
        self.level = to;
        let remaining = Ratio::ZERO;
        match (from, to) {
            (from, to) if from == to => {}
            (_, Level::Spent) => changes.push(Change::Exhausted { bad: window.bad, total: window.total() }),
            (Level::Normal, _) => changes.push(Change::Low { remaining }),
            (from, to) => changes.push(Change::Recovered { from, to, remaining }),
        }
        for (index, (fires, ..)) in self.alerts().into_iter().enumerate() {
            let pair = pair(self.settings.alerts[index]);
            match (self.firing[index], fires) {
                (false, true) => changes.push(Change::Burning { pair }),
                (true, false) => changes.push(Change::Cooled { pair }),
                _ => {}
            }
            self.firing[index] = fires;
        }
        changes
    }
}

pub(crate) fn pair((rate, long, short): (u64, u64, u64)) -> buttress_core::error_budget::Pair {
    buttress_core::error_budget::Pair { rate: rate as f64 / 10.0, long: secs(long), short: secs(short) }
}

/// A change without how much is left.
pub(crate) fn kind(change: Change) -> Change {
    let remaining = Ratio::ZERO;
    match change {
        Change::Low { .. } => Change::Low { remaining },
        Change::Recovered { from, to, .. } => Change::Recovered { from, to, remaining },
        other => other,
    }
}
